"""A range test and a ledger on another backend: `KERAS_BACKEND=jax pytest -m backend tests/evidence`, or torch."""

import keras
import numpy as np
import pytest

import kescape
from tests.support.falling_weight import falling_weight, ones

pytestmark = pytest.mark.backend


def test_rates_and_losses_are_exact_and_nothing_is_left_behind():
    """The loss of a step is the weight before it, and each step takes its rate away."""
    model, data = falling_weight(kescape.sgd_momentum(0.5, 0.0)), ones(40)
    found = kescape.find_learning_rate(model, data, data, low=1e-4, high=1e-2, steps=60, batch_size=2)

    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 1e-2, 60), rtol=1e-12)
    np.testing.assert_allclose(found.losses, 1 - np.cumsum(found.rates) + found.rates, atol=1e-5)
    assert model.get_weights()[0].item() == 1
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == 0.5
    assert int(model.optimizer.iterations) == 0


def test_velocity_and_moving_means_are_given_back():
    """And a test that fails gives them back, too."""
    rows = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    model.compile(kescape.sgd_momentum(0.01), loss="mse")
    model.fit(rows, rows[:, :1], epochs=2, verbose=0)

    def state():
        variables = [*model.variables, *model.optimizer.variables]
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]

    class Wrong(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, batch):
            return rows[:16, : 3 if batch < 3 else 2], rows[:16, :1]  # a column is missing

    before = state()
    kescape.find_learning_rate(model, rows, rows[:, :1], steps=30)
    for one, other in zip(before, state(), strict=True):
        np.testing.assert_array_equal(one, other)

    with pytest.raises(Exception, match=r"hape|ncompatible"):
        kescape.find_learning_rate(model, Wrong(), steps=30)
    for one, other in zip(before, state(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("normalised", [False, True])
def test_a_ledger_judges_the_weights_at_the_ends_and_changes_nothing(normalised):
    """The losses at both minima as Keras evaluates them, and the weights of a fit without a ledger."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(128, 4)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int32)

    def trained(*callbacks):
        keras.utils.set_random_seed(1)
        norm = [keras.layers.BatchNormalization(momentum=0.0), keras.layers.Dropout(0.2)] if normalised else []
        model = keras.Sequential(
            [keras.layers.Input((4,)), keras.layers.Dense(8, "tanh"), *norm, keras.layers.Dense(2)]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(kescape.sgd_momentum(0.1), loss=loss)
        plan = kescape.SGDR(t_0=2, t_mult=1)
        model.fit(x, y, batch_size=128, epochs=6, verbose=0, callbacks=[plan, *callbacks])
        return model

    ledger = kescape.EscapeLedger(x, y, rows=128)
    judged, plain = trained(ledger), trained()

    assert [(row.cycle, row.step, row.end_step) for row in ledger.rows] == [(1, 2, 4), (2, 4, 6)]
    assert ledger.rows[0].loss_after == pytest.approx(ledger.rows[1].loss_before, rel=1e-5)
    for one, other in zip(plain.variables, judged.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))
    # With a momentum of 0 the moving statistics are those of the last batch, before its step: renewed by a step at 0.
    judged.optimizer.learning_rate = 0.0
    for variable in judged.optimizer.variables:
        if "momentum" in variable.path:
            variable.assign(np.zeros(variable.shape))
    judged.fit(x, y, batch_size=128, verbose=0)
    assert judged.evaluate(x, y, batch_size=128, verbose=0) == pytest.approx(ledger.rows[1].loss_after, rel=1e-4)
