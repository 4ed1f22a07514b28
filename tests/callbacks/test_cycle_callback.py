"""When the end of a cycle is looked at, in real fits."""

import keras
import numpy as np
import pytest

import kescape
from kescape.callbacks.cycle_callback import CycleCallback

ROWS, BATCH = 40, 10  # 4 steps an epoch


class Looks(CycleCallback):
    """Notes each end: the cycle, the epochs trained, the steps that the optimizer has taken, and the rate after."""

    def __init__(self, every=None, then=None):
        super().__init__(every)
        self.seen = []
        self._then = then

    def on_cycle_end(self, cycle, epoch, logs):
        steps = int(self.model.optimizer.iterations.numpy())
        self.seen.append((cycle, epoch, steps, sorted(logs)))
        if self._then:
            self._then(self.model, cycle)


def model():
    built = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    built.compile(kescape.sgd_momentum(0.01), loss="mse")
    return built


def fit(looks, epochs, plan=None, trained=None, **more):
    x = np.linspace(-1, 1, ROWS)[:, None].astype("float32")
    trained = trained or model()
    callbacks = [looks] if plan is None else [plan, looks]
    trained.fit(x, 2 * x, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=callbacks, **more)
    return looks.seen


def ends(seen):
    return [(cycle, steps) for cycle, _, steps, _ in seen]


def test_cycles_that_end_with_epochs():
    """Cycles of 1, 2 and 4 epochs of 4 steps; the fourth, of 8, is not finished."""
    seen = fit(Looks(), 9, kescape.SGDR(t_0=1, t_mult=2))
    assert ends(seen) == [(0, 4), (1, 12), (2, 28)]
    assert [epoch for _, epoch, _, _ in seen] == [1, 3, 7]
    assert all("loss" in logs for *_, logs in seen)


def test_cycles_that_end_inside_an_epoch_are_looked_at_there():
    """1.5 epochs are 6 steps; the next cycle ends with step 12, which ends epoch 3."""
    seen = fit(Looks(), 4, kescape.SGDR(t_0=1.5, t_mult=1))
    assert ends(seen) == [(0, 6), (1, 12)]
    assert seen[0][3] == []


def test_the_last_cycle_that_ends_with_the_training_is_looked_at():
    assert ends(fit(Looks(), 2, kescape.SGDR(t_0=1, t_mult=1))) == [(0, 4), (1, 8)]


def test_a_warm_up_is_no_cycle():
    assert ends(fit(Looks(), 3, kescape.SGDR(t_0=1, t_mult=1, warmup=1))) == [(0, 8), (1, 12)]


def test_a_plan_by_epochs():
    assert ends(fit(Looks(), 6, kescape.SGDR(t_0=2, t_mult=1, per="epoch"))) == [(0, 8), (1, 16), (2, 24)]


def test_a_fit_that_begins_later():
    assert ends(fit(Looks(), 5, kescape.SGDR(t_0=1, t_mult=2), initial_epoch=1)) == [(1, 8)]


def test_every_fit_of_the_same_instance_counts_anew():
    looks, plan, trained = Looks(), kescape.SGDR(t_0=1, t_mult=1), model()
    fit(looks, 2, plan, trained)
    fit(looks, 1, plan, trained)
    assert ends(looks.seen) == [(0, 4), (1, 8), (0, 12)]


def test_a_training_that_is_stopped_inside_a_cycle_has_no_end_of_it():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    looks = Looks()
    x = np.ones((ROWS, 1), "float32")
    callbacks = [kescape.SGDR(t_0=1), looks, Stop()]
    model().fit(x, x, batch_size=BATCH, epochs=3, verbose=0, callbacks=callbacks)
    assert looks.seen == []


def test_a_restart_by_hand_ends_the_cycle_where_it_was():
    class RestartAt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations.numpy()) == 6:
                plan.restart_now()

    plan, looks = kescape.SGDR(t_0=10), Looks()
    x = np.ones((ROWS, 1), "float32")
    model().fit(x, x, batch_size=BATCH, epochs=3, verbose=0, callbacks=[plan, looks, RestartAt()])
    assert ends(looks.seen) == [(0, 6)]


def test_steps_that_are_executed_together_are_looked_at_after_them_and_said():
    """Cycles of 6 steps in executions of 4: the first ends 2 steps before its execution does."""
    trained = model()
    trained.compile(kescape.sgd_momentum(0.01), loss="mse", steps_per_execution=4)
    with pytest.warns(UserWarning, match="Looks looks at a cycle 2 steps after its end"):
        seen = fit(Looks(), 3, kescape.SGDR(t_0=1.5, t_mult=10), trained)
    assert ends(seen) == [(0, 8)]


def test_executions_longer_than_the_epoch():
    trained = model()
    trained.compile(kescape.sgd_momentum(0.01), loss="mse", steps_per_execution=7)
    assert ends(fit(Looks(), 4, kescape.SGDR(t_0=2, t_mult=1), trained)) == [(0, 8), (1, 16)]


def test_without_a_plan_epochs_make_cycles():
    assert ends(fit(Looks(every=2), 5)) == [(0, 8), (1, 16)]


def test_without_a_plan_an_epoch_that_was_stopped_inside_is_no_end_of_a_cycle():
    class Stops(Looks):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self.model.stop_training = self._position == (1, 2)

    assert ends(fit(Stops(every=1), 5)) == [(0, 4)]


def test_a_fit_without_cycles_is_refused_with_the_cure():
    with pytest.raises(ValueError, match=r"Looks needs cycles.*add kescape.SGDR.*got every=None and no plan"):
        fit(Looks(), 1)


def test_batches_from_a_generator():

    def batches():
        while True:
            yield np.ones((BATCH, 1), "float32"), np.ones((BATCH, 1), "float32")

    looks = Looks()
    plan = kescape.SGDR(t_0=1, t_mult=1, steps_per_epoch=4)
    model().fit(batches(), steps_per_epoch=4, epochs=2, verbose=0, shuffle=False, callbacks=[plan, looks])
    assert ends(looks.seen) == [(0, 4), (1, 8)]


def unknown_length(looks, plan, epochs):
    """A data set that does not know that it has 4 batches; where looked at: cycle, whole epochs, whether with logs."""
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices(np.ones((ROWS, 1), "float32")).filter(lambda _: True)
    batches = rows.map(lambda row: (row, row)).batch(BATCH)
    model().fit(batches, epochs=epochs, verbose=0, shuffle=False, callbacks=[plan, looks])
    return [(cycle, epoch, "loss" in logs) for cycle, epoch, _, logs in looks.seen]


@pytest.mark.filterwarnings("ignore:Your input ran out of data", "ignore:the length of an epoch is not known")
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed")
@pytest.mark.parametrize(
    ("plan", "wanted"),
    [
        ({"t_0": 1}, [(0, 1, True), (1, 2, True), (2, 3, True)]),
        # Half an epoch: the first end lies where the length is not known yet.
        ({"t_0": 0.5}, [(1, 1, True), (2, 1, False), (3, 2, True), (4, 2, False), (5, 3, True)]),
        ({"t_0": 1, "steps_per_epoch": 4}, [(0, 1, True), (1, 2, True), (2, 3, True)]),
        # The fourth step, which the plan does not know of, is still one of the cycle.
        ({"t_0": 1, "steps_per_epoch": 3}, [(0, 1, True), (1, 2, True), (2, 3, True)]),
    ],
)
def test_epochs_of_unknown_length(plan, wanted):
    assert unknown_length(Looks(), kescape.SGDR(t_mult=1, **plan), 3) == wanted


def at_step(wanted, then):
    """Does something when so many steps have run."""

    class At(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations.numpy()) == wanted:
                then(self.model)

    return At()


def with_hand(plan, step, then, epochs=3):
    looks, x = Looks(), np.ones((ROWS, 1), "float32")
    callbacks = [plan, looks, at_step(step, then)]
    model().fit(x, x, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=callbacks)
    return ends(looks.seen)


@pytest.mark.parametrize(
    ("settings", "step", "wanted"),
    [
        ({"t_0": 10}, 8, [(0, 8)]),  # with the end of an epoch
        ({"t_0": 10}, 12, [(0, 12)]),  # with the last step: cycle 0 is over
        ({"t_0": 1, "t_mult": 1}, 6, [(0, 4), (1, 6), (2, 10)]),
        ({"t_0": 1, "t_mult": 1, "warmup": 1}, 2, [(0, 6), (1, 10)]),  # the warm-up is cut short, and no cycle
        ({"t_0": 2, "t_mult": 1, "per": "epoch"}, 3, [(0, 4), (1, 12)]),  # by epochs: holds from the next on
    ],
)
def test_restarts_by_hand(settings, step, wanted):
    plan = kescape.SGDR(**settings)
    assert with_hand(plan, step, lambda _: plan.restart_now()) == wanted


@pytest.mark.parametrize(
    ("t_0", "step", "wanted"),
    [
        (1.5, 6, [(0, 6)]),  # with the last step of a cycle, inside an epoch
        (1.5, 7, [(0, 6)]),
        (1, 4, [(0, 4)]),  # with the last step of an epoch
        (1, 5, [(0, 4)]),
    ],
)
def test_trainings_that_are_stopped(t_0, step, wanted):
    def stop(trained):
        trained.stop_training = True

    assert with_hand(kescape.SGDR(t_0=t_0, t_mult=1), step, stop) == wanted


def test_a_fit_that_begins_inside_a_cycle():
    """Cycles of 6 steps: epoch 2 begins with step 8; the ends at 12 and 18 are 4 and 10 steps from there."""
    assert ends(fit(Looks(), 5, kescape.SGDR(t_0=1.5, t_mult=1), initial_epoch=2)) == [(1, 4), (2, 10)]


def test_epochs_make_the_same_cycles_in_a_fit_that_begins_later():
    assert ends(fit(Looks(every=2), 6, initial_epoch=3)) == [(1, 4), (2, 12)]


def test_after_the_last_cycle_of_a_plan_there_is_nothing_to_look_at():
    assert ends(fit(Looks(), 5, kescape.SGDR(t_0=1, t_mult=1, cycles=2))) == [(0, 4), (1, 8)]
