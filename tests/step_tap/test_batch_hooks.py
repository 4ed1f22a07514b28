"""Rate and loss by Keras' batch hooks, on whatever backend runs."""

import keras
import numpy as np
import pytest

from kescape.step_tap.batch_hooks import BatchHooks
from kescape.step_tap.step_tap import StepTap
from tests.step_tap.watcher import Rising, Watcher, loss_of, rate_of
from tests.support.falling_weight import falling_weight, fit

pytestmark = [] if keras.backend.backend() == "tensorflow" else [pytest.mark.backend]


@pytest.fixture(autouse=True)
def _hooks_only(monkeypatch):
    """Every model made in this test has batch hooks."""
    monkeypatch.setattr(
        "kescape.step_tap.step_tap._wrapped_step", lambda model: BatchHooks(model, 8, reason="the test wants it")
    )


def test_batch_hooks_are_exact_and_say_why_they_are_used():
    model = falling_weight()
    watcher = Watcher(Rising(20))

    fit(model, [watcher], batches=20, epochs=2)

    watcher.assert_exact(40)
    assert StepTap.of(model).fallback_reason == "the test wants it"


def test_the_loss_of_a_batch_is_what_it_added_to_the_mean():
    """Batches of 2, 2 and 1 samples, unweighted mean of each batch; an evaluation in between empties the mean."""

    class Evaluates(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.evaluate(np.ones((2, 1)), np.ones((2, 1)), verbose=0)

    x = np.float32([[1], [3], [5], [7], [9]])
    for others in ([], [Evaluates()]):
        model = falling_weight(keras.optimizers.SGD(0.25))
        watcher = Watcher()
        model.fit(x, x, batch_size=2, callbacks=[watcher, *others], verbose=0, shuffle=False)
        # w is 1, then 1 - 0.25 * 2 = 0.5, then 0.5 - 0.25 * 6 = -1.
        np.testing.assert_array_equal(watcher.column("loss"), [1 * 2, 0.5 * 6, -1 * 9])


def test_a_model_without_a_mean_called_loss_shows_what_its_step_returns():
    model = falling_weight()
    hooks = BatchHooks(model, 8, reason="the test wants it")
    model.compile(keras.optimizers.SGD(0.5))

    hooks.before_batch(0)
    hooks.after_batch(0, {"loss": 3.0})

    assert hooks.loss_kind == "running mean"
    assert hooks.read()[0] == 1
    np.testing.assert_array_equal(hooks.read()[1][0], [0.5, 0.5, 3.0])


@pytest.mark.filterwarnings("ignore:something else changed the learning rate:RuntimeWarning")
def test_a_rate_set_behind_the_plans_back_is_recorded_as_it_was_used():
    class SetsTheRate(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 1:
                self.model.optimizer.learning_rate = 0.25

    watcher = Watcher(Rising(3))

    fit(falling_weight(), [watcher, SetsTheRate()], batches=3)

    np.testing.assert_array_equal(watcher.column("learning_rate"), [rate_of(0), 0.25, rate_of(2)])
    np.testing.assert_array_equal(watcher.column("loss"), [1, loss_of(1), loss_of(1) - 0.25])
    assert [(hand.step, hand.found, hand.expected) for hand in watcher.hands] == [(1, 0.25, rate_of(1))]
