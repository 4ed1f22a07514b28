"""SGDR in real fits. The rate that a step really used is what it moved the weight by."""

import csv
import json
import math

import keras
import numpy as np
import pytest

import kescape
from tests.support.falling_weight import Weights, falling_weight, fit, ones, weight_as_loss

BATCHES = 4


def sgdr_formula(t, *, t_0, t_mult, eta_max, eta_min=0.0):
    """Equation 5 of the paper, with the cycles walked one by one."""
    start, length = 0.0, float(t_0)
    while t >= start + length:
        start, length = start + length, length * t_mult
    return eta_min + (eta_max - eta_min) * (1 + math.cos(math.pi * (t - start) / length)) / 2


def formula_rates(epochs, batches=BATCHES, **plan):
    return np.array([sgdr_formula(step / batches, **plan) for step in range(epochs * batches)])


def test_every_step_uses_the_rate_of_the_formula():
    """Cycles of 1, 2 and 4 epochs: 28 steps, each moves the weight by minus its rate."""
    weights = Weights()

    fit(falling_weight(), [kescape.SGDR(t_0=1, t_mult=2, eta_min=0.01), weights], epochs=7)

    expected = formula_rates(7, t_0=1, t_mult=2, eta_max=0.5, eta_min=0.01)
    assert weights.rates() == pytest.approx(expected, abs=1e-6)
    assert weights.rates()[[0, 4, 12]] == pytest.approx([0.5] * 3, abs=1e-6)


def test_a_restart_may_lie_inside_an_epoch():
    """With t_0 = 1.5 epochs of 4 steps the second cycle begins with step 6."""
    weights = Weights()

    fit(falling_weight(), [kescape.SGDR(t_0=1.5, t_mult=1), weights], epochs=3)

    assert weights.rates() == pytest.approx(formula_rates(3, t_0=1.5, t_mult=1, eta_max=0.5), abs=1e-6)


def test_per_epoch_holds_the_rate_of_the_epochs_start():
    """T_0 = 4 per epoch: 1, 0.853553, 0.5, 0.146447 of the peak, then the peak again (golden values)."""
    weights = Weights()

    history = fit(falling_weight(), [kescape.SGDR(t_0=4, t_mult=1, per="epoch"), weights], epochs=5)

    expected = 0.5 * np.repeat([1, 0.853553, 0.5, 0.146447, 1], BATCHES)
    assert weights.rates() == pytest.approx(expected, abs=1e-6)
    assert history.history["restart"] == [0, 0, 0, 0, 1]
    assert history.history["cycle"] == [0, 0, 0, 0, 1]


def test_the_logs_hold_rate_and_cycle_of_the_last_step_and_whether_a_restart_began():
    """T_0 = 1, T_mult = 2: epochs 1 and 3 begin with a restart."""
    history = fit(falling_weight(), [kescape.SGDR(t_0=1, t_mult=2)], epochs=4).history

    rates = formula_rates(4, t_0=1, t_mult=2, eta_max=0.5)
    assert history["learning_rate"] == pytest.approx(rates[BATCHES - 1 :: BATCHES], abs=1e-12)
    assert history["cycle"] == [0, 1, 1, 2]
    assert history["restart"] == [0.0, 1.0, 0.0, 1.0]


def test_callbacks_in_front_of_sgdr_read_its_logs_too(tmp_path):
    """A CSVLogger, listed first, writes learning_rate, cycle and restart."""
    file = tmp_path / "log.csv"

    fit(falling_weight(), [keras.callbacks.CSVLogger(file), kescape.SGDR(t_0=1)], epochs=2)

    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["cycle"] for row in rows] == ["0", "1"]
    assert [float(row["restart"]) for row in rows] == [0.0, 1.0]
    assert all(float(row["learning_rate"]) > 0 for row in rows)


def test_initial_epoch_continues_exactly():
    """Epochs 3 to 6 of one fit are those of a fit that begins at epoch 3."""
    whole, second = Weights(), Weights()
    fit(falling_weight(), [kescape.SGDR(t_0=2, t_mult=1.5), whole], epochs=7)

    fit(falling_weight(), [kescape.SGDR(t_0=2, t_mult=1.5), second], epochs=7, initial_epoch=3)

    assert second.rates() == pytest.approx(whole.rates()[3 * BATCHES :], abs=1e-6)


class Dies(keras.callbacks.Callback):
    """Ends a fit as a crash does, with an exception in a given epoch and batch."""

    def __init__(self, epoch, batch=0):
        super().__init__()
        self.at = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise InterruptedError("killed")


def test_backup_and_restore_continues_exactly(tmp_path):
    """Killed in the middle of epoch 2, resumed by a new model: the rates of the plan from epoch 2 on, and its peak."""

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path)

    with pytest.raises(InterruptedError):
        fit(falling_weight(), [backup(), kescape.SGDR(t_0=3), Dies(2, batch=1)], epochs=5)
    weights = Weights()
    model = falling_weight()

    fit(model, [backup(), kescape.SGDR(t_0=3), weights], epochs=5)

    expected = formula_rates(5, t_0=3, t_mult=2, eta_max=0.5)[2 * BATCHES :]
    # The first weight is from before the restore.
    assert weights.rates()[1:] == pytest.approx(expected[1:], abs=1e-6)
    assert len(weights.rates()) == len(expected)
    assert float(model.optimizer.learning_rate.numpy()) == 0.5


def test_backup_within_an_epoch_is_said_to_replay_its_epoch(tmp_path):
    """`save_freq=3` resumes at the epoch's first batch; one warning says so, and the plan follows Keras."""
    backup = keras.callbacks.BackupAndRestore(tmp_path, save_freq=3)
    with pytest.warns(UserWarning, match=r"BackupAndRestore\(save_freq=3\) resumes at the start") as said:
        fit(falling_weight(), [backup, kescape.SGDR(t_0=3)], epochs=2)
    assert len([warning for warning in said if "BackupAndRestore" in str(warning.message)]) == 1


def unknown_length():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((ones(BATCHES), ones(BATCHES))).batch(2)
    return data.filter(lambda x, y: True)  # a filter hides the length


# Keras itself warns that the data ran out, in the epoch in which it counts them.
ran_out = pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")


@ran_out
def test_unknown_length_holds_the_first_epoch_and_counts_it():
    """Epoch 0 keeps the plan's value at its start, epochs 1 and 2 follow the plan on the 4 counted steps; said once."""
    weights = Weights()
    with pytest.warns(UserWarning, match="length of an epoch is not known") as said:
        falling_weight().fit(
            unknown_length(), epochs=3, callbacks=[kescape.SGDR(t_0=3, t_mult=1), weights], verbose=0, shuffle=False
        )

    expected = formula_rates(3, t_0=3, t_mult=1, eta_max=0.5)
    expected[:BATCHES] = 0.5
    assert weights.rates() == pytest.approx(expected, abs=1e-6)
    assert len([w for w in said if "length of an epoch" in str(w.message)]) == 1


@ran_out
def test_steps_per_epoch_makes_up_for_an_unknown_length():
    """With `steps_per_epoch=4` the plan is followed from the first step, and nothing is said."""
    weights = Weights()
    falling_weight().fit(
        unknown_length(),
        epochs=3,
        callbacks=[kescape.SGDR(t_0=3, t_mult=1, steps_per_epoch=BATCHES), weights],
        verbose=0,
        shuffle=False,
    )

    assert weights.rates() == pytest.approx(formula_rates(3, t_0=3, t_mult=1, eta_max=0.5), abs=1e-6)


def test_a_longer_epoch_never_runs_into_the_next():
    """A plan on 3 steps an epoch, epochs of 4: the fourth step holds the third's rate."""
    weights = Weights()

    fit(falling_weight(), [kescape.SGDR(t_0=1, t_mult=1, steps_per_epoch=3), weights], epochs=2)

    three = formula_rates(1, batches=3, t_0=1, t_mult=1, eta_max=0.5)
    assert weights.rates() == pytest.approx(np.tile([*three, three[-1]], 2), abs=1e-6)


@pytest.mark.parametrize("real", [3, 4, 6])
def test_a_restart_between_two_epochs_begins_with_the_next_epoch(real):
    """Epochs of 3, 4 or 6 batches under a plan that counts 4: the first step after the restart has the peak."""

    class Restarts(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                sgdr.restart_now()

    sgdr, weights = kescape.SGDR(t_0=5, t_mult=1, steps_per_epoch=4), Weights()
    history = fit(falling_weight(), [sgdr, Restarts(), weights], batches=real, epochs=2)

    assert weights.rates()[real] == pytest.approx(0.5, abs=1e-6)
    assert weights.rates()[real - 1] < 0.49
    assert history.history["restart"] == [0.0, 1.0]


def test_the_optimizer_gets_its_rate_back_and_a_second_fit_starts_from_the_same_peak():
    """After 2 epochs of falling rate the optimizer has 0.5 again; the next fit's first step uses it."""
    model, sgdr, weights = falling_weight(), kescape.SGDR(t_0=2), Weights()

    fit(model, [sgdr], epochs=2)
    assert float(model.optimizer.learning_rate.numpy()) == 0.5
    fit(model, [sgdr, weights], epochs=1)

    assert weights.rates()[0] == pytest.approx(0.5, abs=1e-6)


def test_a_fit_that_died_does_not_lower_the_peak_of_the_next():
    """The exception leaves the optimizer at some rate of the plan; the compiled one is remembered."""
    model, weights = falling_weight(), Weights()
    with pytest.raises(InterruptedError):
        fit(model, [kescape.SGDR(t_0=2), Dies(1, batch=2)], epochs=2)

    fit(model, [kescape.SGDR(t_0=2), weights], epochs=1)

    assert weights.rates() == pytest.approx(formula_rates(1, t_0=2, t_mult=2, eta_max=0.5), abs=1e-6)


@pytest.mark.parametrize(("by_hand", "expected"), [(None, 0.5), (0.3, 0.3)], ids=["left alone", "set by hand"])
def test_a_plain_fit_after_one_that_died_does_not_train_at_a_rate_of_the_plan(by_hand, expected):
    """The compiled rate, or what was set by hand since then."""
    model, weights = falling_weight(), Weights()
    with pytest.raises(InterruptedError):
        fit(model, [kescape.SGDR(t_0=2), Dies(1, batch=2)], epochs=2)
    if by_hand is not None:
        model.optimizer.learning_rate = by_hand

    fit(model, [weights])

    assert weights.rates() == pytest.approx([expected] * BATCHES, abs=1e-6)


def test_a_rate_set_between_fits_is_the_new_peak():
    """Whoever sets the optimizer's rate between two fits means it."""
    model, weights = falling_weight(), Weights()
    fit(model, [kescape.SGDR(t_0=2)], epochs=1)

    model.optimizer.learning_rate = 0.25
    fit(model, [kescape.SGDR(t_0=2), weights], epochs=1)

    assert weights.rates()[0] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize("epoch", [1, 2], ids=["in the middle", "at the end"])
def test_weights_loaded_between_fits_do_not_lower_the_peak(tmp_path, epoch):
    """A checkpoint holds the optimizer too, and so the plan's rate of its moment; the peak stays the compiled one."""
    model, weights = falling_weight(), Weights()
    saved = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    fit(model, [kescape.SGDR(t_0=4), saved], epochs=2)

    model.load_weights(tmp_path / f"{epoch}.weights.h5")
    assert float(model.optimizer.learning_rate.numpy()) < 0.5
    fit(model, [kescape.SGDR(t_0=4), weights], epochs=1)

    assert weights.rates()[0] == pytest.approx(0.5, abs=1e-6)


def test_a_loaded_optimizer_needs_eta_max(tmp_path):
    """A file saved in mid-cycle keeps the rate of that moment: with eta_max=None that would be a wrong peak."""
    model = falling_weight(keras.optimizers.SGD(0.5))
    file = tmp_path / "model.keras"
    fit(model, [kescape.SGDR(t_0=2), keras.callbacks.ModelCheckpoint(file)], epochs=1)
    loaded = keras.saving.load_model(file, custom_objects={"weight_as_loss": weight_as_loss})

    with pytest.raises(ValueError, match=r"eta_max must be given for an optimizer that was loaded after 4 steps"):
        fit(loaded, [kescape.SGDR(t_0=2)])

    weights = Weights()
    fit(loaded, [kescape.SGDR(t_0=2, eta_max=0.5), weights])
    assert weights.rates()[0] == pytest.approx(0.5, abs=1e-6)


def test_a_trained_optimizer_of_this_process_keeps_its_peak():
    """Plain training before does not make the compiled rate unknown."""
    model, weights = falling_weight(), Weights()
    fit(model, [])

    fit(model, [kescape.SGDR(t_0=2), weights])

    assert weights.rates()[0] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    "rate", [keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9), lambda: 0.1], ids=["schedule", "function"]
)
def test_a_rate_that_cannot_be_set_is_refused(rate):
    """A schedule or a function sets the rate itself; the sentence names the cure."""
    model = falling_weight(keras.optimizers.SGD(rate))

    with pytest.raises(ValueError, match="SGDR needs an optimizer whose learning_rate is a number"):
        fit(model, [kescape.SGDR(eta_max=0.1)])


def test_two_plans_are_refused():
    """Two SGDRs would set the rate of the same step."""
    model = falling_weight()
    with pytest.raises(ValueError, match="callbacks must hold one learning rate plan"):
        fit(model, [kescape.SGDR(t_0=1), kescape.SGDR(t_0=2)])

    fit(model, [kescape.SGDR(t_0=1)])  # nothing of the failed fit is left


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (lambda: keras.callbacks.ReduceLROnPlateau(monitor="loss"), "ReduceLROnPlateau has no effect beside SGDR"),
        (lambda: keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate), "a second scheduler"),
        (
            lambda: keras.callbacks.EarlyStopping(monitor="loss", patience=3),
            r"EarlyStopping\(patience=3\) can end the training inside a cycle of 4 epochs",
        ),
    ],
)
def test_a_callback_that_would_defeat_the_plan_is_named(other, sentence):
    """Each conflict is one warning at the start that names its cure."""
    with pytest.warns(UserWarning, match=sentence):
        fit(falling_weight(), [other(), kescape.SGDR(t_0=2)], epochs=6)


def test_early_stopping_with_patience_for_a_cycle_is_fine():
    """No warning (which would fail this test)."""
    stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=4)
    fit(falling_weight(), [stopping, kescape.SGDR(t_0=2)], epochs=6)


@pytest.mark.parametrize(
    "callback",
    [
        lambda: kescape.FollowPlan(kescape.Constant(0.1)),
        lambda: kescape.FollowPlan(kescape.StepDecay(0.1, milestones=(1,))),
        lambda: kescape.SGDR(t_0=1, t_mult=1, cycles=2),
    ],
)
def test_early_stopping_where_no_cycle_is_left_to_end_is_fine(callback):
    """No warning (which would fail this test): a constant rate has no cycle, two cycles of an epoch leave a low one."""
    stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=2)
    fit(falling_weight(), [stopping, callback()], epochs=6)


def test_a_foreign_hand_is_reported_with_its_step_and_has_no_effect():
    """Another callback sets the rate before batch 2 of epoch 1, step 6: said with the step; the plan goes on."""

    class Meddles(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            if (self.epoch, batch) == (1, 2):
                self.model.optimizer.learning_rate = 9.0

    weights = Weights()
    with pytest.warns(RuntimeWarning, match=r"to 9 before step 6 \(epoch 1, batch 2\)"):
        fit(falling_weight(), [kescape.SGDR(t_0=2), Meddles(), weights], epochs=2)

    assert weights.rates() == pytest.approx(formula_rates(2, t_0=2, t_mult=2, eta_max=0.5), abs=1e-6)


def test_the_config_makes_an_equal_callback():
    """`get_config` is JSON-safe and round trips, with an explicit list of lengths too."""
    sgdr = kescape.SGDR(
        t_0=[2, 3], t_mult=1.5, eta_max=0.1, eta_min=0.01, eta_max_decay=0.5, warmup=1, cycles=2, steps_per_epoch=7
    )
    config = json.loads(json.dumps(sgdr.get_config()))

    again = kescape.SGDR.from_config(config)

    assert again.get_config() == config
    assert again.plan == sgdr.plan


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"t_0": 0}, "t_0 must be > 0"),
        ({"t_mult": -1}, "t_mult must be > 0"),
        ({"eta_max": 0.1, "eta_min": 0.2}, "eta_m.. must be"),
        ({"eta_min": -0.1}, "eta_min must be >= 0"),
        ({"per": "step"}, "per must be 'batch' or 'epoch'; got per='step'"),
        ({"steps_per_epoch": 0}, "steps_per_epoch must be an integer >= 1"),
    ],
)
def test_wrong_arguments_are_refused_when_they_are_given(arguments, sentence):
    """Not only when training begins, and by the name that the user typed."""
    with pytest.raises(ValueError, match=sentence):
        kescape.SGDR(**arguments)


def test_sgdr_is_a_learning_rate_scheduler():
    """The user asked for one, and other tools look for one."""
    assert isinstance(kescape.SGDR(eta_max=0.1), keras.callbacks.LearningRateScheduler)


def test_momentum_moves_against_the_rate():
    """cycle_momentum=(0.5, 0.9): 0.5 at the peak, 0.9 at the floor, linear in the rate; the velocity by hand."""
    optimizer = kescape.sgd_momentum(0.1, cycle_momentum=(0.5, 0.9))
    weights = Weights()

    fit(falling_weight(optimizer), [kescape.SGDR(t_0=2, t_mult=1), weights], epochs=3)

    weight, velocity, expected = 1.0, 0.0, [1.0]
    for rate in formula_rates(3, t_0=2, t_mult=1, eta_max=0.1):
        momentum = 0.9 - (0.9 - 0.5) * rate / 0.1
        velocity = momentum * velocity - rate * 1.0
        weight += velocity
        expected.append(weight)
    assert weights.weights == pytest.approx(expected, abs=1e-5)


def test_cycle_momentum_needs_a_plan_between_two_rates():
    """Against a constant rate nothing can move."""
    model = falling_weight(kescape.sgd_momentum(0.1, cycle_momentum=(0.5, 0.9)))
    with pytest.raises(ValueError, match="cycle_momentum needs a plan between two rates"):
        fit(model, [kescape.FollowPlan(kescape.Constant(0.1))])


def test_the_baselines_are_followed_too():
    """Step decay by 0.1 at epoch 1."""
    weights = Weights()

    fit(falling_weight(), [kescape.FollowPlan(kescape.StepDecay(0.5, factor=0.1, milestones=(1,))), weights], epochs=2)

    assert weights.rates() == pytest.approx([0.5] * 4 + [0.05] * 4, abs=1e-6)


def test_verbose_prints_the_rate_of_each_epoch(capsys):
    """As Keras' own scheduler does."""
    fit(falling_weight(), [kescape.SGDR(t_0=1, verbose=1)], epochs=2)

    assert capsys.readouterr().out.count("SGDR sets the learning rate to 0.5.") == 2
