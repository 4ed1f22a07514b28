"""sgd_momentum and WarmRestarts, against hand calculations and Keras' own SGD."""

import json

import keras
import numpy as np
import pytest

import kescape
from kescape.optimizers import MomentumSGD
from kescape.schedule import CosineRestarts
from tests.support.falling_weight import Weights, falling_weight, fit, ones, weight_as_loss


@pytest.mark.parametrize(
    ("nesterov", "expected"),
    [(False, [0.9, 0.72, 0.522, 0.2916]), (True, [0.81, 0.5751, 0.3819555, 0.1614334])],
    ids=["classical", "nesterov"],
)
@pytest.mark.parametrize("cycle_momentum", [None, (0.8, 0.9)], ids=["plain", "variable"])
def test_golden_steps_on_a_parabola(nesterov, expected, cycle_momentum):
    """f = w^2 / 2 from w = 1, momentum 0.9, rates 0.1, 0.1, 0.05, 0.1 (by hand; float32 agrees to 1e-7)."""
    optimizer = kescape.sgd_momentum(0.1, 0.9, nesterov=nesterov, cycle_momentum=cycle_momentum)
    weight = keras.Variable(1.0)
    found = []
    for rate in (0.1, 0.1, 0.05, 0.1):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(weight)], [weight])
        found.append(float(weight.numpy()))

    assert found == pytest.approx(expected, abs=1e-7)


def test_it_is_a_plain_sgd_where_nothing_more_is_needed():
    """So that saved models load anywhere; exclusions matter only where there is decay."""
    assert type(kescape.sgd_momentum()) is keras.optimizers.SGD
    assert type(kescape.sgd_momentum(weight_decay=1e-4, exclude_from_weight_decay=())) is keras.optimizers.SGD
    assert type(kescape.sgd_momentum(weight_decay=1e-4)) is MomentumSGD


def test_numbers_of_any_kind_are_accepted():
    """Keras itself refuses 0, 1 and np.float32."""
    optimizer = kescape.sgd_momentum(learning_rate=1, momentum=0)
    assert float(optimizer.learning_rate.numpy()) == 1.0
    assert optimizer.momentum == 0.0
    assert kescape.sgd_momentum(np.float32(0.5), np.float32(0.5)).momentum == 0.5
    assert kescape.sgd_momentum(gradient_accumulation_steps=np.int64(2)).gradient_accumulation_steps == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"momentum": 1}, r"momentum must be in \[0, 1\), because .*; got momentum=1"),
        ({"momentum": -0.1}, r"momentum must be in \[0, 1\), because .*; got momentum=-0.1"),
        ({"momentum": float("nan")}, r"momentum must be in \[0, 1\), because .*; got momentum=nan"),
        ({"learning_rate": 0}, "learning_rate must be > 0, because .*; got learning_rate=0"),
        ({"learning_rate": float("inf")}, "learning_rate must be > 0"),
        ({"weight_decay": -1}, "weight_decay must be >= 0, because .*; got weight_decay=-1"),
        ({"weight_decay": 1e-4, "l2_equivalent": 1e-4}, "weight_decay and l2_equivalent exclude each other"),
        ({"clipnorm": 0}, "clipnorm must be > 0, because .*; got clipnorm=0"),
        ({"clipvalue": float("inf")}, "clipvalue must be finite, or None .*; got clipvalue=inf"),
        ({"clipnorm": 1, "clipvalue": 2}, "only one of clipnorm, clipvalue and global_clipnorm"),
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps must be an integer >= 2"),
        ({"cycle_momentum": (0.9, 0.5)}, r"cycle_momentum must be \(low, high\) with low < high"),
        ({"cycle_momentum": 0.9}, r"cycle_momentum must be a pair \(low, high\); got cycle_momentum=0.9"),
        ({"cycle_momentum": (0.5, 1)}, r"cycle_momentum high must be in \[0, 1\)"),
    ],
)
def test_wrong_values_are_refused_by_name_and_value(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        kescape.sgd_momentum(**arguments)


def test_one_name_to_exclude_is_still_a_list():
    """As a text, each letter of "bias" would exclude whatever weight has it in its name."""
    with pytest.raises(TypeError, match=r"exclude_from_weight_decay must be a list .*='bias'"):
        kescape.sgd_momentum(weight_decay=0.1, exclude_from_weight_decay="bias")


@pytest.mark.parametrize("name", ["learning_rate", "momentum"])
@pytest.mark.parametrize("value", [True, "0.1", None])
def test_what_is_no_number_is_refused(name, value):
    with pytest.raises(TypeError, match=f"{name} must be a number; got {name}={value!r}"):
        kescape.sgd_momentum(**{name: value})


def test_l2_equivalent_shrinks_weights_as_l2_in_the_gradient_does():
    """2000 steps at rate 0.05, momentum 0.9, L2 5e-4: 0.6065 in the gradient's form, 0.6072 by decay."""
    optimizer = kescape.sgd_momentum(0.05, 0.9, l2_equivalent=5e-4)
    assert optimizer.weight_decay == pytest.approx(5e-3)
    weight = keras.Variable(1.0, name="kernel")
    for _ in range(2000):
        optimizer.apply([keras.ops.zeros(())], [weight])

    velocity, by_gradient = 0.0, 1.0
    for _ in range(2000):
        velocity = 0.9 * velocity - 0.05 * 5e-4 * by_gradient
        by_gradient += velocity
    assert float(weight.numpy()) == pytest.approx(by_gradient, rel=2e-3)
    assert by_gradient == pytest.approx(0.607, abs=1e-3)


def test_biases_do_not_decay():
    """A step with a zero gradient shrinks the kernel by rate * decay = 1 %, and not the bias."""
    model = keras.Sequential(
        [keras.layers.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")]
    )
    optimizer = kescape.sgd_momentum(0.1, weight_decay=0.1)
    optimizer.build(model.trainable_variables)
    optimizer.apply([keras.ops.zeros_like(v) for v in model.trainable_variables])

    kernel, bias = (float(v.numpy().item()) for v in model.trainable_variables)
    assert kernel == pytest.approx(0.99)
    assert bias == 1.0


def test_the_subclass_survives_saving_with_its_options_and_its_state(tmp_path):
    """After load: the same class, exclusions, momentum range, momentum of that moment and velocity."""
    optimizer = kescape.sgd_momentum(0.1, weight_decay=1e-3, cycle_momentum=(0.5, 0.9))
    model = falling_weight(optimizer)
    fit(model, [kescape.SGDR(t_0=2)], epochs=1)
    model.save(tmp_path / "model.keras")

    loaded = keras.saving.load_model(
        tmp_path / "model.keras", custom_objects={"weight_as_loss": weight_as_loss}
    ).optimizer

    assert type(loaded) is MomentumSGD
    assert loaded.get_config() == optimizer.get_config()
    for before, after in zip(optimizer.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(before.numpy(), after.numpy())
    # At the end of the first half of a cycle: rate 0.05 and above, so momentum between the two bounds.
    assert 0.5 < float(loaded.momentum_variable.numpy()) < 0.9


@pytest.mark.parametrize(
    "plan",
    [
        CosineRestarts(2, 1.5, 0.3, 0.01, warmup=0.5, restart_warmup=0.3, cycles=3),
        CosineRestarts(1, 1, 0.1),
        CosineRestarts(3, 0.5, 0.1),
        CosineRestarts(10, 1.1, 0.7, eta_max_decay=0.9),
        CosineRestarts([1, 2, 1], 1, 0.1),
    ],
    ids=["warmups", "equal", "shrinking", "growing", "listed"],
)
def test_the_schedule_gives_the_plans_rates(plan):
    """Step by step what the placed plan says, to float32; restarts exactly the float32 peak."""
    schedule = kescape.WarmRestarts(plan, 7)
    placed = plan.on_steps(7)

    rates = np.array([float(schedule(step)) for step in range(300)])

    assert rates == pytest.approx(placed.learning_rates(0, 300), abs=2e-7)
    if plan.restart_warmup == 0:
        for step in placed.restarts(300):
            assert rates[step] == float(np.float32(placed.learning_rate(step)))


def test_the_schedule_trains_and_is_saved(tmp_path):
    """In a real fit the steps move the weight by its rates; loaded, it is the same schedule."""
    plan = CosineRestarts(1, 2, 0.5)
    model, weights = falling_weight(keras.optimizers.SGD(kescape.WarmRestarts(plan, 4))), Weights()
    fit(model, [weights], epochs=3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", custom_objects={"weight_as_loss": weight_as_loss})

    assert weights.rates() == pytest.approx(plan.on_steps(4).learning_rates(0, 12), abs=1e-6)
    config = loaded.optimizer.get_config()["learning_rate"]["config"]
    assert config == {"plan": plan.to_dict(), "steps_per_epoch": 4}
    again = Weights()
    loaded.fit(ones(4), ones(4), batch_size=2, callbacks=[again], verbose=0)
    assert again.rates() == pytest.approx(plan.on_steps(4).learning_rates(12, 4), abs=1e-6)


def test_the_schedules_config_is_plain_json():
    schedule = kescape.WarmRestarts(CosineRestarts([1, 2], 1, 0.1), 3)
    config = json.loads(json.dumps(keras.optimizers.schedules.serialize(schedule)))
    assert keras.optimizers.schedules.deserialize(config).plan == schedule.plan


def test_the_schedule_needs_warm_restarts():
    with pytest.raises(TypeError, match="plan must be a CosineRestarts"):
        kescape.WarmRestarts(kescape.Constant(0.1), 3)
