"""Early stopping at the ends of cycles, in real fits whose losses are known."""

import math

import keras
import numpy as np
import pytest

import kescape
from tests.support.falling_weight import falling_weight, fit


class Says(keras.callbacks.Callback):
    """Puts a value of its own into the logs of each epoch; None: it is missing."""

    def __init__(self, *values, name="val_loss"):
        super().__init__()
        self.values, self.name = values, name

    def on_epoch_end(self, epoch, logs=None):
        if self.values[epoch] is not None:
            logs[self.name] = self.values[epoch]


def run(values, stopping, *, t_0=1, name="val_loss", model=None):
    history = fit(
        model or falling_weight(),
        [kescape.SGDR(t_0=t_0, t_mult=1), Says(*values, name=name), stopping],
        epochs=len(values),
    )
    return len(history.epoch)


def test_only_the_ends_of_cycles_are_judged():
    """Cycles of 2 epochs end with 5, 3, 4: the third is not better, although an epoch between had 0."""
    stopping = kescape.CycleEarlyStopping(patience=1)

    assert run([9, 5, 9, 3, 0, 4, 1, 1], stopping, t_0=2) == 6
    assert (stopping.best, stopping.best_cycle, stopping.stopped_cycle) == (3, 1, 2)


def test_patience_is_counted_in_cycles():
    stopping = kescape.CycleEarlyStopping(patience=2)

    assert run([3, 4, 2, 3, 3, 1], stopping) == 5
    assert (stopping.best_cycle, stopping.stopped_cycle) == (2, 4)


def test_a_gain_smaller_than_min_delta_is_none():
    assert run([3, 2.9, 1], kescape.CycleEarlyStopping(min_delta=0.2)) == 2
    assert run([3, 2.7, 2.7], kescape.CycleEarlyStopping(min_delta=0.2)) == 3


def test_accuracies_are_better_if_they_are_higher():
    stopping = kescape.CycleEarlyStopping(monitor="val_accuracy")

    assert run([0.5, 0.6, 0.6], stopping, name="val_accuracy") == 3
    assert (stopping.best, stopping.stopped_cycle) == (0.6, 2)


def test_a_loss_that_is_no_number_is_not_better():
    stopping = kescape.CycleEarlyStopping()

    assert run([2, math.nan, 1], stopping) == 2
    assert stopping.best == 2


def test_the_best_weights_are_those_of_the_end_of_the_best_cycle():
    """Cosine cycles of 4 steps move the weight by 0.5 * (1 + 0.854 + 0.5 + 0.146) = 1.25: 1, -0.25, -1.5, -2.75."""
    model = falling_weight()
    stopping = kescape.CycleEarlyStopping(patience=2, restore_best_weights=True)

    run([3, 2, 4, 5], stopping, model=model)

    assert (stopping.best_cycle, stopping.stopped_cycle) == (1, 3)
    assert model.get_weights()[0].item() == pytest.approx(-1.5, abs=1e-6)


def test_without_it_the_last_weights_stay():
    model = falling_weight()

    run([3, 2, 4, 5], kescape.CycleEarlyStopping(patience=2), model=model)

    assert model.get_weights()[0].item() == pytest.approx(1 - 4 * 1.25, abs=1e-6)


def test_a_second_fit_begins_anew():
    stopping = kescape.CycleEarlyStopping()

    assert run([1, 2], stopping) == 2
    assert run([9, 8, 7], stopping) == 3
    assert (stopping.best, stopping.stopped_cycle) == (7, None)


def test_epochs_make_cycles_where_there_is_no_plan():
    stopping = kescape.CycleEarlyStopping(every=2)

    history = fit(falling_weight(), [Says(9, 5, 9, 6, 1, 1), stopping], epochs=6)

    assert len(history.epoch) == 4
    assert stopping.stopped_cycle == 1


def test_validation_that_is_missing_at_the_end_of_a_cycle_is_an_error():
    """Validated every second epoch, cycles of 3: the first ends with epoch 3, which is not."""
    data = np.ones((8, 1), np.float32)
    stopping = kescape.CycleEarlyStopping()

    with pytest.raises(ValueError, match=r"got monitor='val_loss' after cycle 1, but the logs of epoch 3 hold .*loss"):
        falling_weight().fit(
            data, data, epochs=6, verbose=0, validation_data=(data, data), validation_freq=2,
            callbacks=[kescape.SGDR(t_0=3, t_mult=1), stopping],
        )  # fmt: skip


def test_a_cycle_that_ends_inside_an_epoch_is_an_error():
    with pytest.raises(ValueError, match="it ended inside an epoch"):
        run([1, 1, 1], kescape.CycleEarlyStopping(), t_0=1.5)


def test_a_plan_without_cycles_and_no_plan_at_all_are_errors():
    for callbacks in ([kescape.FollowPlan(kescape.Constant(0.1))], []):
        with pytest.raises(ValueError, match="CycleEarlyStopping needs cycles"):
            fit(falling_weight(), [*callbacks, kescape.CycleEarlyStopping()], epochs=2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"patience": 0}, "patience must be >= 1"),
        ({"min_delta": -1}, "min_delta must be >= 0"),
        ({"mode": "lowest"}, "mode must be 'auto', 'min' or 'max'"),
        ({"monitor": "val_regret"}, "mode must be 'min' or 'max' for monitor='val_regret'"),
    ],
)
def test_wrong_uses_are_named(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        kescape.CycleEarlyStopping(**arguments)
