"""What holds on TensorFlow, JAX and PyTorch alike; on the last two run with KERAS_BACKEND=... pytest -m backend."""

import gc
import weakref

import keras
import numpy as np
import pytest

from kescape.optimizers import sgd_momentum
from kescape.step_tap import StepTap
from tests.step_tap.watcher import Rising, Watcher, loss_of, rate_of
from tests.support.falling_weight import falling_weight, fit, ones, weight_as_loss

BACKEND = keras.backend.backend()
pytestmark = [] if BACKEND == "tensorflow" else [pytest.mark.backend]
several_steps = pytest.mark.skipif(BACKEND == "torch", reason="Keras runs one step an execution on PyTorch")


def weight(model):
    return model.get_weights()[0].item()


@pytest.fixture
def small_ring(monkeypatch):
    """Table and ring of 8 steps."""
    monkeypatch.setattr("kescape.step_tap.step_tap.RING_STEPS", 8)


# -- executions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps_per_execution",
    [1, *(pytest.param(steps, marks=several_steps) for steps in (2, 3, 5, 16))],
)
def test_every_step_has_its_rate_and_its_loss(steps_per_execution):
    """One step an execution, several, a last execution that is not full, an epoch shorter than one execution."""
    model = falling_weight(steps_per_execution=steps_per_execution)
    watcher = Watcher(Rising(5))

    fit(model, [watcher], batches=5, epochs=3)

    watcher.assert_exact(15)
    assert weight(model) == loss_of(15)
    assert [block.epoch for block in watcher.blocks] == sorted(block.epoch for block in watcher.blocks)
    assert watcher.tap.loss_kind == "batch loss"


@pytest.mark.skipif(BACKEND != "torch", reason="only PyTorch cannot")
def test_several_steps_an_execution_are_refused_by_name_on_torch():
    """By Keras itself, before any callback begins."""
    with pytest.raises(ValueError, match="`steps_per_execution` must be 1 with the PyTorch backend"):
        fit(falling_weight(steps_per_execution=2), [Watcher(Rising(4))])


@pytest.mark.parametrize("options", [{"run_eagerly": True}, {"jit_compile": False}])
def test_eager_and_uncompiled_steps_are_as_exact(options):
    model = falling_weight(**options)
    watcher = Watcher(Rising(4))

    fit(model, [watcher], epochs=2)

    watcher.assert_exact(8)


@pytest.mark.parametrize("steps_per_execution", [1, pytest.param(3, marks=several_steps)])
@pytest.mark.usefixtures("small_ring")
def test_an_epoch_may_be_longer_than_the_ring(steps_per_execution):
    model = falling_weight(steps_per_execution=steps_per_execution)
    watcher = Watcher(Rising(50))

    fit(model, [watcher], batches=50, epochs=2)

    watcher.assert_exact(100)


@several_steps
@pytest.mark.usefixtures("small_ring")
def test_an_execution_may_be_longer_than_the_ring():
    """The ring grows; also where no plan is followed."""
    model = falling_weight(steps_per_execution=20)
    ruled, bare = Watcher(Rising(50)), Watcher()

    fit(model, [ruled], batches=50)
    ruled.assert_exact(50)

    fit(model, [bare], batches=50)
    np.testing.assert_array_equal(bare.column("learning_rate"), np.full(50, rate_of(49)))


@pytest.mark.parametrize("steps_per_execution", [1, pytest.param(7, marks=several_steps)])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_an_epoch_of_unknown_length_is_exact(steps_per_execution):
    """A generator of 11 batches: Keras finds out by asking for a twelfth."""

    def batches():
        for _ in range(11):
            yield ones(1), ones(1)

    model = falling_weight(steps_per_execution=steps_per_execution)
    watcher = Watcher(Rising(11))

    model.fit(batches(), callbacks=[watcher], verbose=0, shuffle=False)

    watcher.assert_exact(11)


@several_steps
def test_repeating_data_may_run_more_steps_than_promised():
    """Ten steps an epoch, four an execution: Keras runs three executions, twelve steps."""
    model = falling_weight(steps_per_execution=4)
    watcher = Watcher(Rising(12))

    def forever():
        while True:
            yield ones(1), ones(1)

    model.fit(forever(), steps_per_epoch=10, epochs=2, callbacks=[watcher], verbose=0, shuffle=False)

    watcher.assert_exact(24)


def test_the_last_smaller_batch_counts_as_one_step():
    """A batch of 2 and a batch of 1."""
    model = falling_weight()
    watcher = Watcher(Rising(3))

    model.fit(ones(5, 1), ones(5, 1), batch_size=2, epochs=2, callbacks=[watcher], verbose=0)

    watcher.assert_exact(6)


# -- optimizers ----------------------------------------------------------------------------------------------------


def test_a_loss_scale_optimizer_follows_too():
    """The scale is a power of two, so that the gradient stays exactly 1."""
    model = falling_weight(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), initial_scale=8.0))
    watcher = Watcher(Rising(4))

    fit(model, [watcher], epochs=2)

    watcher.assert_exact(8)
    assert weight(model) == loss_of(8)


def test_mixed_float16_is_exact():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = falling_weight()
    finally:
        keras.config.set_dtype_policy("float32")
    watcher = Watcher(Rising(4))

    fit(model, [watcher], epochs=2)

    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    watcher.assert_exact(8)


def test_gradient_accumulation_updates_every_other_step_at_that_steps_rate():
    """Steps 1, 3, 5 move the weight by their own rates; the loss stays the same for two steps."""
    model = falling_weight(keras.optimizers.SGD(0.5, gradient_accumulation_steps=2))
    watcher = Watcher(Rising(6))

    fit(model, [watcher], batches=6)

    np.testing.assert_array_equal(watcher.column("learning_rate"), rate_of(np.arange(6)))
    after = 1 - np.cumsum([0, rate_of(1), rate_of(3)])
    np.testing.assert_array_equal(watcher.column("loss"), np.repeat(after, 2))


def test_momentum_is_set_and_recorded():
    """Momentum 0.5 and 0.25 in turn, rate 1/4: velocities -1/4, -1/4 * 1/4 - 1/4, ..."""

    class Alternating(Rising):
        def rates(self, epoch, first_batch, count):
            return np.full(count, 0.25)

        def momenta(self, epoch, first_batch, count):
            return np.where((first_batch + np.arange(count)) % 2, 0.25, 0.5)

    model = falling_weight(sgd_momentum(0.5, cycle_momentum=(0.25, 0.5)))
    watcher = Watcher(Alternating(4))

    fit(model, [watcher], batches=4)

    np.testing.assert_array_equal(watcher.column("momentum"), [0.5, 0.25, 0.5, 0.25])
    velocity, expected = 0.0, [1.0]
    for momentum in (0.5, 0.25, 0.5):
        velocity = momentum * velocity - 0.25
        expected.append(expected[-1] + velocity)
    np.testing.assert_array_equal(watcher.column("loss"), expected)


def test_without_a_plan_the_optimizer_is_left_alone():
    model = falling_weight(keras.optimizers.SGD(0.25, momentum=0.5))
    watcher = Watcher()

    fit(model, [watcher], batches=3)

    np.testing.assert_array_equal(watcher.column("learning_rate"), [0.25] * 3)
    np.testing.assert_array_equal(watcher.column("momentum"), [0.5] * 3)
    np.testing.assert_array_equal(watcher.column("loss"), [1.0, 0.75, 0.375])


def test_a_rate_that_a_schedule_computes_is_recorded():
    halving = keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=1, decay_rate=0.5)
    model = falling_weight(keras.optimizers.SGD(halving))
    watcher = Watcher()

    fit(model, [watcher], batches=4)

    np.testing.assert_allclose(watcher.column("learning_rate"), [0.5, 0.25, 0.125, 0.0625], rtol=1e-6)
    np.testing.assert_allclose(watcher.column("loss"), [1.0, 0.5, 0.25, 0.125], rtol=1e-6)


# -- the fit itself is not changed ------------------------------------------------------------------------------------


def test_history_metrics_and_weights_are_those_of_a_bare_fit():
    x = np.linspace(-1, 1, 48, dtype=np.float32).reshape(24, 2)
    y = (x[:, :1] > 0).astype(np.float32)
    histories, weights = [], []
    for callbacks in ([], [Watcher()]):
        keras.utils.set_random_seed(7)
        model = keras.Sequential(
            [
                keras.layers.Input((2,)),
                keras.layers.Dense(4, activation="tanh", kernel_regularizer="l2"),
                keras.layers.Dropout(0.25),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(keras.optimizers.SGD(0.5, momentum=0.9), loss="mse", metrics=["accuracy"])
        history = model.fit(x, y, batch_size=5, epochs=3, callbacks=callbacks, verbose=0, shuffle=False)
        histories.append(history.history)
        weights.append(model.get_weights())

    assert histories[0].keys() == histories[1].keys()
    for key, values in histories[0].items():
        np.testing.assert_allclose(histories[1][key], values, rtol=1e-6)
    for bare, tapped in zip(*weights, strict=True):
        np.testing.assert_allclose(tapped, bare, rtol=1e-5, atol=1e-7)


def test_batch_logs_are_those_of_a_bare_fit():
    """The running mean that the progress bar shows."""

    class Shown(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.losses = []

        def on_train_batch_end(self, batch, logs=None):
            self.losses.append(float(logs["loss"]))

    shown = Shown()
    fit(falling_weight(), [Watcher(Rising(4)), shown], batches=4)

    np.testing.assert_allclose(shown.losses, np.cumsum(loss_of(np.arange(4))) / (1 + np.arange(4)), rtol=1e-6)


def test_validation_and_evaluation_inside_the_fit_are_no_steps():
    class EvaluatesInTheMiddle(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.evaluate(ones(2), ones(2), verbose=0)

    model = falling_weight()
    watcher = Watcher(Rising(4))

    fit(model, [watcher, EvaluatesInTheMiddle()], epochs=2, validation_data=(ones(3), ones(3)))

    watcher.assert_exact(8)


def test_a_batch_that_a_callback_trains_is_no_step():
    """It moves the weight at the rate that is set, shifts no rate of the plan, and is not recorded."""

    class TrainsOnItsOwn(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                self.model.train_on_batch(ones(1), ones(1))

    model = falling_weight()
    watcher = Watcher(Rising(4))

    fit(model, [watcher, TrainsOnItsOwn()])

    np.testing.assert_array_equal(watcher.column("learning_rate"), rate_of(np.arange(4)))
    extra = np.where(np.arange(4) > 1, rate_of(1), 0)
    np.testing.assert_array_equal(watcher.column("loss"), loss_of(np.arange(4)) - extra)


def test_a_fit_inside_the_fit_is_a_clear_error():
    class FitsInside(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            fit(self.model, [], batches=1)

    with pytest.raises(RuntimeError, match="another fit of the same model began inside it"):
        fit(falling_weight(), [Watcher(Rising(4)), FitsInside()])


def test_stopping_early_records_what_ran():
    class Stops(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    watcher = Watcher(Rising(8))

    fit(falling_weight(), [watcher, Stops()], batches=8, epochs=2)

    watcher.assert_exact(3)


# -- data ----------------------------------------------------------------------------------------------------------


def test_sample_weights_and_class_weights():
    """The loss of a batch is the weighted one that is minimised."""
    model = falling_weight()
    watcher = Watcher(Rising(2))

    model.fit(ones(2), ones(2), batch_size=2, sample_weight=np.array([2.0, 0.0, 1.0, 1.0]), callbacks=[watcher],
              verbose=0, shuffle=False)  # fmt: skip

    watcher.assert_exact(2)


def test_inputs_may_be_dicts_and_targets_may_be_missing():
    class SumsItsInputs(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")

        def call(self, inputs):
            return self.dense(inputs["a"]) + 0 * inputs["b"]["c"]

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(y_pred)

    model = SumsItsInputs()
    model.compile(keras.optimizers.SGD(0.5))
    watcher = Watcher(Rising(2))

    model.fit({"a": ones(2), "b": {"c": ones(2)}}, batch_size=2, epochs=2, callbacks=[watcher], verbose=0)

    watcher.assert_exact(4)


# -- several fits ----------------------------------------------------------------------------------------------------


def test_a_second_fit_takes_the_traced_function_again():
    traces = []

    def counted(y_true, y_pred):
        traces.append(1)
        return weight_as_loss(y_true, y_pred)

    model = falling_weight()
    model.compile(keras.optimizers.SGD(0.5), loss=counted)
    fit(model, [Watcher(Rising(4))], epochs=2)
    first = len(traces)
    watcher = Watcher(Rising(4))

    fit(model, [watcher])

    np.testing.assert_array_equal(watcher.column("learning_rate"), rate_of(np.arange(4)))
    np.testing.assert_array_equal(watcher.column("loss"), loss_of(8) - 1 + loss_of(np.arange(4)))
    if BACKEND != "torch":
        assert len(traces) == first


def test_the_model_may_be_compiled_anew_between_fits():
    model = falling_weight()
    fit(model, [Watcher(Rising(4))])
    before = weight(model)
    model.compile(keras.optimizers.SGD(0.25), loss=lambda y_true, y_pred: 2 * y_pred[:, 0])
    watcher = Watcher(Rising(4))

    fit(model, [watcher])

    rates = rate_of(np.arange(4))
    np.testing.assert_array_equal(watcher.column("learning_rate"), rates)
    np.testing.assert_array_equal(watcher.column("loss"), 2 * (before - 2 * np.cumsum([0, *rates[:-1]])))


def test_a_bare_fit_afterwards_is_bare():
    model = falling_weight()
    fit(model, [Watcher(Rising(4))])
    model.optimizer.learning_rate = 0.5
    before = weight(model)

    fit(model, [], batches=3)

    assert weight(model) == before - 1.5
    assert not {"train_step", "compute_loss", "make_train_function", "train_on_batch"} & vars(model).keys()


def test_a_plan_does_not_rule_the_next_fit_that_has_none():
    model = falling_weight()
    fit(model, [Watcher(Rising(4))])
    model.optimizer.learning_rate = 0.5
    watcher = Watcher()

    fit(model, [watcher])

    np.testing.assert_array_equal(watcher.column("learning_rate"), [0.5] * 4)


def test_two_models_have_two_taps():
    one, other = falling_weight(), falling_weight()
    first, second = Watcher(Rising(4)), Watcher(Rising(4))

    class FitsTheOther(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                fit(other, [second])

    fit(one, [first, FitsTheOther()])

    first.assert_exact(4)
    second.assert_exact(4)


def test_two_members_share_one_tap():
    model = falling_weight()
    watcher, other = Watcher(Rising(4)), Watcher()

    fit(model, [watcher, other], epochs=2)

    watcher.assert_exact(8)
    other.assert_exact(8)


class Fails(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise KeyError("of the user")


def test_after_a_fit_that_died_a_bare_fit_has_its_own_rate():
    model = falling_weight()
    with pytest.raises(KeyError, match="of the user"):
        fit(model, [Watcher(Rising(4)), Fails()])
    model.optimizer.learning_rate = 0.5
    before = weight(model)

    fit(model, [], batches=3)

    assert weight(model) == before - 1.5


def test_after_a_fit_that_died_the_plan_begins_anew():
    model = falling_weight()
    dead = Watcher(Rising(4))
    with pytest.raises(KeyError, match="of the user"):
        fit(model, [dead, Fails()])
    before = weight(model)
    watcher = Watcher(Rising(4))

    fit(model, [watcher])

    np.testing.assert_array_equal(watcher.column("learning_rate"), rate_of(np.arange(4)))
    np.testing.assert_array_equal(watcher.column("loss"), before - 1 + loss_of(np.arange(4)))
    assert sum(len(block) for block in dead.blocks) <= 2


# -- foreign hands -------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:something else changed the learning rate:RuntimeWarning")
def test_a_rate_set_before_a_batch_is_reported_with_its_step():
    """Step 6 is batch 2 of epoch 1."""

    class SetsTheRate(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            if (self.epoch, batch) == (1, 2):
                self.model.optimizer.learning_rate = 0.125

    model = falling_weight()
    watcher = Watcher(Rising(4))

    fit(model, [watcher, SetsTheRate()], epochs=2)

    assert [(hand.epoch, hand.batch, hand.step, hand.found) for hand in watcher.hands] == [(1, 2, 6, 0.125)]
    rates = watcher.column("learning_rate")
    # Batch hooks set the rate before the callbacks that come later: the step used the other rate, and says so.
    assert rates[6] == (0.125 if watcher.tap.fallback_reason else rate_of(6))
    np.testing.assert_array_equal(np.delete(rates, 6), rate_of(np.delete(np.arange(8), 6)))
    np.testing.assert_array_equal(watcher.column("loss"), 1 - np.cumsum([0, *rates[:-1]]))


def test_a_rate_set_at_an_epochs_end_is_reported_and_has_no_effect():
    class HalvesTheRate(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.25

    model = falling_weight()
    watcher = Watcher(Rising(4))

    with pytest.warns(RuntimeWarning, match=r"changed the learning rate from 0\.00390625 to 0\.25 before step 4"):
        fit(model, [watcher, HalvesTheRate()], epochs=2)

    assert [(hand.step, hand.found, hand.expected) for hand in watcher.hands] == [(4, 0.25, rate_of(3))]
    np.testing.assert_array_equal(watcher.column("learning_rate"), rate_of(np.arange(8)))


# -- models that are saved, and that are gone --------------------------------------------------------------------------


def test_a_model_can_be_saved_and_copied_while_the_tap_is_in_place(tmp_path):
    """The copies are bare: they have the weight of that moment, and train at their own rate."""
    copies = {}

    class Copies(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                self.model.save(tmp_path / "model.keras")
                self.model.save_weights(tmp_path / "model.weights.h5")
                copies["clone"] = keras.models.clone_model(self.model)
                copies["clone"].set_weights(self.model.get_weights())
                self.model.to_json()

    with keras.saving.custom_object_scope({"weight_as_loss": weight_as_loss}):
        fit(falling_weight(), [Watcher(Rising(4)), Copies()])
        copies["loaded"] = keras.saving.load_model(tmp_path / "model.keras")
    copies["weights"] = falling_weight()
    copies["weights"].load_weights(tmp_path / "model.weights.h5")
    for copy in copies.values():
        assert weight(copy) == loss_of(2)
        copy.compile(keras.optimizers.SGD(0.5), loss=weight_as_loss)
        fit(copy, [], batches=1)
        assert weight(copy) == loss_of(2) - 0.5


def test_variables_of_the_model_are_its_own():
    seen = []

    class Counts(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            model = self.model
            seen.append((len(model.variables), len(model.metrics), len(model.optimizer.variables)))

    fit(falling_weight(), [Counts()], batches=1)
    fit(falling_weight(), [Watcher(Rising(4)), Counts()], batches=1)

    assert seen[0] == seen[1]


def test_a_model_that_is_no_longer_used_is_freed():
    gc.freeze()  # what other tests left behind takes seconds to look through
    try:
        model = falling_weight()
        fit(model, [Watcher(Rising(4))])
        alive = weakref.ref(model)

        del model
        gc.collect()
    finally:
        gc.unfreeze()

    assert alive() is None


# -- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps_per_execution", [1, pytest.param(4, marks=several_steps)])
def test_time_never_runs_backwards(steps_per_execution):
    model = falling_weight(steps_per_execution=steps_per_execution)
    watcher = Watcher(Rising(10))

    fit(model, [watcher], batches=10, epochs=3)

    assert np.all(np.diff(watcher.column("seconds")) >= 0)


def test_only_one_source_can_set_the_rate():
    with pytest.raises(ValueError, match="callbacks must hold one learning rate plan"):
        fit(falling_weight(), [Watcher(Rising(4)), Watcher(Rising(4))])


def test_the_tap_is_found_through_the_model():
    model = falling_weight()

    assert StepTap.of(model) is StepTap.of(model)
