"""A range test of a model: exact, and leaving nothing behind."""

import random

import keras
import numpy as np
import pytest

import kescape
from kescape.engine.checkpoint import Kept
from tests.support.falling_weight import falling_weight, ones

ROWS = np.random.default_rng(0).normal(size=(90, 4)).astype(np.float32)
TARGETS = (ROWS.sum(axis=1, keepdims=True) > 0).astype(np.float32)


def network(optimizer=None, **compile_options):
    """Dropout and batch normalisation, so that random state and moving means are at stake."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer or kescape.sgd_momentum(0.05), **{"loss": "binary_crossentropy", **compile_options})
    return model


def fit(model, **options):
    return model.fit(ROWS, TARGETS, batch_size=16, epochs=2, verbose=0, **options).history["loss"]


def state(model):
    kept = Kept.of(model, 0, 0, "")
    return [value for values in kept.state.values() for value in values]


def assert_same(before, after):
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_rates_and_losses_of_every_step_are_exact():
    """The loss of a step is the weight before it, and each step takes its rate away."""
    data = ones(40)
    found = kescape.find_learning_rate(falling_weight(), data, data, low=1e-4, high=1e-2, steps=60, batch_size=2)

    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 1e-2, 60), rtol=1e-12)
    np.testing.assert_allclose(found.losses, 1 - np.cumsum(found.rates) + found.rates, atol=1e-6)


@pytest.mark.parametrize("fitted", [False, True], ids=["fresh", "trained before"])
def test_a_fit_gives_what_it_would_have_given_without_the_test(fitted):
    """Bit for bit, with the order of the data, dropout, moving means and velocity."""
    losses = []
    for tested in (False, True):
        model = network()
        if fitted:
            fit(model)
        if tested:
            kescape.find_learning_rate(model, ROWS, TARGETS, steps=40)
        drawn = (random.random(), np.random.rand(), float(keras.random.uniform(())))  # noqa: NPY002
        losses.append((fit(model), drawn, float(model.optimizer.learning_rate)))

    assert losses[0] == losses[1]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, ZeroDivisionError])
def test_what_ends_the_test_early_leaves_nothing_behind_either(ending):
    """Ctrl+C, say, in the middle of the 25th step."""
    calls = []

    def loss(y_true, y_pred):
        calls.append(None)
        if len(calls) == 36:
            raise ending
        return keras.losses.binary_crossentropy(y_true, y_pred)

    model = network(run_eagerly=True, loss=loss)
    fit(model)  # twelve steps
    del calls[:-11]
    before, history = state(model), model.history

    with pytest.raises(ending):
        kescape.find_learning_rate(model, ROWS, TARGETS, steps=40)

    assert len(calls) == 36
    assert_same(before, state(model))
    assert model.history is history
    assert "train_step" not in vars(model)
    assert len(fit(model)) == 2


def test_a_rate_set_afterwards_is_the_peak_of_the_next_plan():
    """The plan takes the compiled rate, and nothing of the test is taken for it."""
    model = network()
    kescape.find_learning_rate(model, ROWS, TARGETS, steps=40)
    model.optimizer.learning_rate = 0.25
    follow = kescape.SGDR(t_0=1)
    fit(model, callbacks=[follow])

    assert follow.plan.eta_max == 0.25


def test_the_test_ends_when_the_loss_explodes():
    """Steps long after it would cost time and tell nothing."""
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), loss="mse", run_eagerly=True)
    found = kescape.find_learning_rate(model, ROWS, 3 * ROWS.sum(axis=1), high=1e6, steps=400)

    assert found.edge is not None
    assert len(found.losses) < 400
    assert 0.01 < found.suggestion < 1


def test_batches_of_a_data_set_are_gone_through_again():
    """As TensorFlow's or Keras' own; ten batches for forty steps."""
    import tensorflow as tf

    class Own(keras.utils.PyDataset):
        def __len__(self):
            return 10

        def __getitem__(self, batch):
            return data[2 * batch : 2 * batch + 2], data[2 * batch : 2 * batch + 2]

    data = ones(10)
    options = {"low": 1e-4, "high": 1e-2, "steps": 40}
    expected = kescape.find_learning_rate(falling_weight(), data, data, batch_size=2, **options).losses

    for batches in (Own(), tf.data.Dataset.from_tensor_slices((data, data)).batch(2)):
        np.testing.assert_array_equal(kescape.find_learning_rate(falling_weight(), batches, **options).losses, expected)


def test_batches_that_never_end_and_none_at_all():
    """Keras' word for no end is None batches."""

    class Own(keras.utils.PyDataset):
        def __init__(self, count):
            super().__init__()
            self.count = count

        num_batches = property(lambda self: self.count)

        def __getitem__(self, batch):
            return data[2 * batch : 2 * batch + 2], data[2 * batch : 2 * batch + 2]

    data = ones(40)
    options = {"low": 1e-4, "high": 1e-2, "steps": 20}
    expected = kescape.find_learning_rate(falling_weight(), data, data, batch_size=2, **options).losses

    np.testing.assert_array_equal(kescape.find_learning_rate(falling_weight(), Own(None), **options).losses, expected)
    with pytest.raises(ValueError, match="x must be at least one batch long"):
        kescape.find_learning_rate(falling_weight(), Own(0), **options)


def test_inputs_by_name_and_weights_of_rows():
    """Rows of weight 0 are not seen: the loss is 0 from the first step on."""
    left, right = keras.layers.Input((2,), name="left"), keras.layers.Input((2,), name="right")
    model = keras.Model(
        {"left": left, "right": right}, keras.layers.Dense(1)(keras.layers.Concatenate()([left, right]))
    )
    model.compile(kescape.sgd_momentum(0.1), loss="mse")
    x = {"left": ROWS[:, :2], "right": ROWS[:, 2:]}

    assert kescape.find_learning_rate(model, x, TARGETS, steps=30).losses.min() > 0
    weightless = kescape.find_learning_rate(model, x, TARGETS, sample_weight=np.zeros(90), steps=30)
    assert weightless.losses.tolist() == [0.0] * 30
    assert weightless.suggestion is None


def test_fewer_rows_than_a_batch():
    found = kescape.find_learning_rate(network(), ROWS[:3], TARGETS[:3], steps=30, batch_size=64)

    assert len(found.losses) == 30


@pytest.mark.parametrize("options", [{"steps_per_execution": 7}, {"jit_compile": True}, {"run_eagerly": True}])
def test_however_the_steps_are_compiled(options):
    data = ones(40)
    model = falling_weight(**options)
    found = kescape.find_learning_rate(model, data, data, low=1e-4, high=1e-2, steps=40, batch_size=2)

    np.testing.assert_allclose(found.losses, 1 - np.cumsum(found.rates) + found.rates, atol=1e-6)


def test_momentum_that_cycles_is_at_its_lowest():
    """As at the peak of a cycle, for which the rate is sought; afterwards it is what it was."""
    model = network(kescape.sgd_momentum(0.1, cycle_momentum=(0.8, 0.95)))
    fit(model)
    before = state(model)
    kescape.find_learning_rate(model, ROWS, TARGETS, steps=30)

    assert_same(before, state(model))


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"steps": 5}, ValueError, "steps must be >= 20, because fewer tell nothing; got steps=5"),
        ({"low": 0}, ValueError, "low must be > 0, because a rate of 0 times any factor is 0; got low=0"),
        ({"high": 1e-9}, ValueError, "high must be > low=1e-06, because the rate rises; got high=1e-09"),
        ({"batch_size": 0}, ValueError, "batch_size must be >= 1"),
        ({"y": None}, ValueError, "y must hold the targets"),
        ({"y": TARGETS[:5]}, ValueError, r"x, y and sample_weight must have as many rows.*got \[90, 5\] rows"),
        ({"x": ROWS[:0], "y": TARGETS[:0]}, ValueError, "x must be at least one row long"),
        ({"x": (row for row in ROWS)}, TypeError, r"x and y must be arrays, a tf.data.Dataset.*got generator"),
    ],
)
def test_wrong_arguments(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        kescape.find_learning_rate(network(), **{"x": ROWS, "y": TARGETS, **arguments})


def test_models_that_cannot_be_tested():
    """Not compiled, or with a rate that nobody can set."""
    with pytest.raises(ValueError, match="model must be compiled"):
        kescape.find_learning_rate(keras.Sequential([keras.layers.Dense(1)]), ROWS, TARGETS)
    scheduled = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100))
    with pytest.raises(ValueError, match="find_learning_rate needs an optimizer whose learning_rate is a number"):
        kescape.find_learning_rate(network(scheduled), ROWS, TARGETS)
