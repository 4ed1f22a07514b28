"""RunRecorder in real fits, read back from the run folder."""

import gc
import os
import shutil
import threading
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import kescape
from kescape.run.commands import send_command
from kescape.run.errors import RunUnwritable
from tests.support.falling_weight import Weights, falling_weight, fit

BATCHES = 4


def read(recorder):
    return kescape.open_run(recorder.folder)


def test_every_step_is_recorded_with_its_true_loss_and_its_rate(tmp_path):
    """The loss of a step is the weight before it, its rate the distance to the next; 12 steps in 3 epochs of 4."""
    recorder, weights = kescape.RunRecorder(tmp_path / "first"), Weights()

    fit(falling_weight(), [recorder, kescape.SGDR(t_0=1, t_mult=2), weights], epochs=3)

    with read(recorder) as run:
        curves = run.curves()
        assert run.status == "finished"
        assert run.name == "first"
    assert curves["step"].tolist() == list(range(12))
    assert curves["epoch"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert curves["loss"] == pytest.approx(weights.weights[:-1], abs=1e-6)
    assert curves["learning_rate"] == pytest.approx(weights.rates(), abs=1e-6)
    assert curves["momentum"].tolist() == [0.0] * 12
    assert np.all(np.diff(curves["time"]) >= 0)


def test_the_plans_own_numbers_are_kept_not_their_float32(tmp_path):
    """The recorded rates equal the plan bit for bit, in float64."""
    recorder, sgdr = kescape.RunRecorder(tmp_path / "first"), kescape.SGDR(t_0=1, t_mult=2, eta_max=0.3)

    fit(falling_weight(), [recorder, sgdr], epochs=3)

    with read(recorder) as run:
        np.testing.assert_array_equal(
            run.curves()["learning_rate"], sgdr.plan.on_steps(BATCHES).learning_rates(0, 3 * BATCHES)
        )
        assert run.plan == sgdr.plan


def test_metrics_of_each_epoch_and_restarts_as_events(tmp_path):
    """Validation loss, learning rate and cycle per epoch; the restart at step 4, where cycle 1 begins."""
    recorder = kescape.RunRecorder(tmp_path / "first")
    data = np.ones((2, 1), np.float32)

    history = fit(falling_weight(), [recorder, kescape.SGDR(t_0=1)], epochs=2, validation_data=(data, data)).history

    with read(recorder) as run:
        epochs = run.epochs()
        restarts = [event for event in run.events() if event.kind == "restart"]
    assert [row.epoch for row in epochs] == [0, 1]
    assert [row.last_step for row in epochs] == [3, 7]
    for name in ("loss", "val_loss", "learning_rate", "cycle", "restart"):
        assert [row.values[name] for row in epochs] == pytest.approx(history[name], abs=1e-12)
    assert [(event.step, event.data["cycle"]) for event in restarts] == [(4, 1)]


def test_metrics_that_other_callbacks_add_are_recorded(tmp_path):
    """The recorder reads the logs last, wherever it stands in the list."""

    class Adds(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = 7.0 + epoch

    recorder = kescape.RunRecorder(tmp_path / "first")
    fit(falling_weight(), [recorder, Adds()], epochs=2)

    with read(recorder) as run:
        assert [row.values["mine"] for row in run.epochs()] == [7.0, 8.0]


@pytest.mark.parametrize(
    "rate",
    [0.25, keras.optimizers.schedules.PiecewiseConstantDecay([2, 5], [0.5, 0.25, 0.125])],
    ids=["constant", "schedule"],
)
def test_a_fit_without_a_plan_is_recorded_as_it_is(tmp_path, rate):
    """The recorder alone touches nothing: the rates that moved the weight are those of Keras, and those recorded."""
    recorder, weights = kescape.RunRecorder(tmp_path / "first"), Weights()

    fit(falling_weight(keras.optimizers.SGD(rate)), [weights, recorder], epochs=2)

    # Keras' boundaries belong to the value before them.
    expected = [0.25] * 8 if rate == 0.25 else [0.5] * 3 + [0.25] * 3 + [0.125] * 2
    assert weights.rates() == pytest.approx(expected, abs=1e-6)
    with read(recorder) as run:
        assert run.curves()["learning_rate"] == pytest.approx(expected, abs=1e-7)
        assert run.plan is None


def test_a_second_fit_is_a_second_segment(tmp_path):
    """Steps go on counting; the plan begins anew where the second fit begins."""
    recorder, sgdr, model = kescape.RunRecorder(tmp_path / "first"), kescape.SGDR(t_0=1), falling_weight()

    fit(model, [recorder, sgdr], epochs=2)
    fit(model, [recorder, sgdr], epochs=1)

    with read(recorder) as run:
        curves = run.curves()
        assert len(run.sessions) == 2
        assert curves["step"].tolist() == list(range(12))
        assert curves["learning_rate"][8] == curves["learning_rate"][0] == 0.5
        assert run.placed.learning_rate(8 - run.sessions[-1].plan_step) == 0.5
        assert [event.step for event in run.events() if event.kind == "segment"] == [8]


def generated(*batches):
    """Data of unknown length; the epochs have so many batches, one after the other."""
    epochs = iter(batches)

    def generate():
        for _ in range(next(epochs)):
            yield np.ones((2, 1), np.float32), np.ones((2, 1), np.float32)

    ones = tf.TensorSpec((2, 1), tf.float32)
    return tf.data.Dataset.from_generator(generate, output_signature=(ones, ones))


@pytest.mark.filterwarnings("ignore:the length of an epoch is not known", "ignore:Your input ran out of data")
@pytest.mark.parametrize(
    ("lengths", "sgdr", "restarts"),
    [
        ((4, 5, 4, 4), {"t_0": 2, "t_mult": 1, "steps_per_epoch": 4}, [9]),
        ((4, 5), {"t_0": 2, "t_mult": 1, "steps_per_epoch": 4}, []),
        ((4, 3, 4, 4), {"t_0": 1, "t_mult": 1, "steps_per_epoch": 4}, [4, 7, 11]),
        ((4, 4, 4), {"t_0": 0.5, "t_mult": 1}, [4, 6, 8, 10]),
        ((4, 4, 4), {"t_0": 1, "t_mult": 1}, [4, 8]),
    ],
    ids=["a longer epoch", "a longer last epoch", "a shorter epoch", "counted, cycles within an epoch", "counted"],
)
def test_restarts_are_where_the_peak_was_used(tmp_path, lengths, sgdr, restarts):
    """Whatever the epochs' real lengths, the run's restarts are the steps whose rate jumped up to the peak."""
    recorder = kescape.RunRecorder(tmp_path / "first")

    falling_weight().fit(
        generated(*lengths),
        epochs=len(lengths),
        shuffle=False,
        verbose=0,
        callbacks=[kescape.SGDR(**sgdr), recorder],
    )

    with read(recorder) as run:
        rate = run.curves()["learning_rate"]
        assert run.restarts() == restarts
    jumps = (np.flatnonzero(np.diff(rate) > 0) + 1).tolist()
    assert set(jumps) <= set(restarts)
    assert (rate[restarts] == 0.5).all()


def test_cycles_per_epoch_are_those_of_the_logs(tmp_path):
    """A warm-up epoch, then cycle 0: no restart says so, the epochs' own record does."""
    recorder, sgdr = kescape.RunRecorder(tmp_path / "first"), kescape.SGDR(t_0=10, warmup=1, per="epoch")
    fit(falling_weight(), [recorder, sgdr], epochs=3)
    with read(recorder) as run:
        assert [(start.step, start.cycle) for start in run.cycles()] == [(0, -1), (4, 0)]

    recorder, sgdr = kescape.RunRecorder(tmp_path / "later"), kescape.SGDR(t_0=1, per="epoch")
    fit(falling_weight(), [recorder, sgdr], epochs=6, initial_epoch=4)
    with read(recorder) as run:
        assert [(start.step, start.cycle) for start in run.cycles()] == [(0, 2)]


def test_a_run_folder_that_goes_away_ends_the_fit_with_one_sentence(tmp_path):
    """The cause, once: no second error from tidying up (it would fail this test)."""

    class Deletes(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                shutil.rmtree(recorder.folder)

    recorder = kescape.RunRecorder(tmp_path / "first")
    with pytest.raises(RunUnwritable, match="is gone: it was deleted or moved while recording"):
        fit(falling_weight(), [recorder, Deletes()], epochs=3)
    gc.collect()


def test_a_synced_folder_is_warned_about(tmp_path):
    """Syncing a database while it is written can damage it."""
    with pytest.warns(UserWarning, match="seems to be synced by 'Dropbox'"):
        fit(falling_weight(), [kescape.RunRecorder(tmp_path / "Dropbox" / "first")])


def test_an_existing_run_is_never_overwritten(tmp_path, capsys):
    """A new recorder on the same path becomes `first-2`, and says so."""
    for _ in range(2):
        recorder = kescape.RunRecorder(tmp_path / "first")
        fit(falling_weight(), [recorder])

    assert recorder.folder == tmp_path / "first-2"
    assert "holds a run already; this one is recorded as" in capsys.readouterr().out
    with kescape.open_run(tmp_path / "first") as run:
        assert run.steps == BATCHES


def test_a_bare_name_goes_to_the_runs_folder():
    """`RunRecorder("first")` is `$KESCAPE_RUNS/first`; None makes a name from the model's."""
    named, unnamed = kescape.RunRecorder("first"), kescape.RunRecorder()
    fit(falling_weight(), [named])
    fit(falling_weight(), [unnamed])

    runs = Path(os.environ["KESCAPE_RUNS"])
    assert named.folder == runs / "first"
    assert unnamed.folder.parent == runs
    assert {run.name for run in kescape.list_runs(runs)} >= {"first", unnamed.folder.name}


def test_a_run_elsewhere_is_found_by_the_app(tmp_path):
    """Its path is remembered, so the list of any runs folder shows it."""
    recorder = kescape.RunRecorder(tmp_path / "elsewhere")
    fit(falling_weight(), [recorder])

    assert tmp_path / "elsewhere" in {run.path for run in kescape.list_runs(remembered=True)}


def test_a_fit_that_died_shows_as_interrupted(tmp_path):
    """The exception reaches the user unchanged, what ran is there, and the folder is given back."""

    class Dies(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                raise InterruptedError("killed")

    recorder = kescape.RunRecorder(tmp_path / "first")
    with pytest.raises(InterruptedError, match="killed"):
        fit(falling_weight(), [recorder, Dies()])
    gc.collect()

    with read(recorder) as run:
        assert run.status == "interrupted"
    fit(falling_weight(), [recorder])
    with read(recorder) as run:
        assert run.status == "finished"


def test_a_fit_that_died_is_closed_by_the_next_one_at_the_latest(tmp_path):
    """As in a notebook, where the last traceback keeps everything of the failed fit alive."""

    class Dies(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                raise InterruptedError("killed")

    recorder, model = kescape.RunRecorder(tmp_path / "first"), falling_weight()
    with pytest.raises(InterruptedError) as kept:
        fit(model, [recorder, Dies()])
    fit(model, [])

    with read(recorder) as run:
        assert run.status == "interrupted"
    del kept


def test_a_recorder_whose_folder_is_taken_says_by_whom(tmp_path):
    """Two recorders cannot write into one run at the same time."""
    recorder = kescape.RunRecorder(tmp_path / "first")
    fit(falling_weight(), [recorder])
    from kescape.run.errors import RunLocked
    from kescape.run.writer import RunWriter

    writer = RunWriter.open(recorder.folder, kind="recorder", resume=True)
    try:
        with pytest.raises(RunLocked, match="first"):
            fit(falling_weight(), [recorder])
    finally:
        writer.close()


def test_a_custom_train_step_without_a_loss_of_its_batch_is_named(tmp_path):
    """Its recorded loss is what it returns, and an event says that it is no batch loss."""

    class Own(keras.Sequential):
        def train_step(self, data):
            return {"loss": keras.ops.convert_to_tensor(3.0)}

    model = Own([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5))
    recorder = kescape.RunRecorder(tmp_path / "first")
    fit(model, [recorder])

    with read(recorder) as run:
        assert run.curves()["loss"].tolist() == [3.0] * BATCHES
        (event,) = [event for event in run.events() if event.kind == "loss_kind"]
        assert run.loss_kind == "running mean"
        (column,) = [column for column in run.columns if column.name == "loss"]
        run.export(tmp_path / "curves.svg")
    assert event.data == {"loss": "running mean"}
    assert column.description == "running mean that the model's own train step returns"
    assert "thin: running mean of the loss" in (tmp_path / "curves.svg").read_text("utf-8")


@pytest.mark.filterwarnings("ignore:something else changed the learning rate:RuntimeWarning")
def test_a_foreign_hand_is_an_event_and_many_are_not_a_flood(tmp_path):
    """Changed before each of 30 steps: the first 20 by step and value, the rest as a number."""

    class Meddles(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate = 9.0

    recorder = kescape.RunRecorder(tmp_path / "first")
    fit(falling_weight(), [kescape.SGDR(t_0=5), recorder, Meddles()], batches=10, epochs=3)

    with read(recorder) as run:
        events = [event for event in run.events() if event.kind == "foreign_hand"]
    assert [event.step for event in events] == [*range(20), 30]
    assert {event.data["found"] for event in events[:-1]} == {9.0}
    assert events[-1].text == "The learning rate was changed at 10 further steps."


class Slow(keras.callbacks.Callback):
    """Leaves time to send commands; tells when a step has been reached."""

    def __init__(self):
        super().__init__()
        self.steps = 0

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        time.sleep(0.01)


def steered(tmp_path, *, epochs, sgdr, commands):
    """A fit steered from another thread: `commands` are (kind, how many steps have to be done before)."""
    recorder, slow, ids = kescape.RunRecorder(tmp_path / "first"), Slow(), []

    def steer():
        for kind, after in commands:
            while slow.steps < after:
                time.sleep(0.002)
            ids.append(send_command(tmp_path / "first", kind))
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with kescape.open_run(tmp_path / "first") as run:
                    if any(ack.command_id == ids[-1] for ack in run.acks()):
                        break
                time.sleep(0.01)

    helm = threading.Thread(target=steer)
    helm.start()
    history = fit(falling_weight(), [recorder, sgdr, slow], batches=10, epochs=epochs)
    helm.join()
    with read(recorder) as run:
        return history, run, {ack.command: ack for ack in run.acks()}, run.curves(), run.status, run.events()


def test_stop_after_cycle_stops_at_the_last_step_of_the_cycle(tmp_path):
    """Cycles of 15 steps, epochs of 10: told at step 3 it stops after step 14, in the middle of epoch 1."""
    _, _, acks, curves, status, _ = steered(
        tmp_path, epochs=20, sgdr=kescape.SGDR(t_0=1.5, t_mult=1), commands=[("stop_after_cycle", 3)]
    )

    assert acks["stop_after_cycle"].outcome == "done"
    assert len(curves["step"]) % 15 == 0
    assert len(curves["step"]) < 200
    assert status == "stopped"


def test_a_stop_after_the_last_cycle_is_no_stop(tmp_path):
    """The cycle ends with the training: every step ran, so the run has finished."""
    _, _, acks, curves, status, _ = steered(
        tmp_path, epochs=4, sgdr=kescape.SGDR(t_0=4), commands=[("stop_after_cycle", 15)]
    )

    assert acks["stop_after_cycle"].outcome == "done"
    assert len(curves["step"]) == 40
    assert status == "finished"


def test_stop_stops_now(tmp_path):
    """Within a look's time, and the answer names the step."""
    _, _, acks, curves, status, _ = steered(tmp_path, epochs=20, sgdr=kescape.SGDR(t_0=50), commands=[("stop", 5)])

    assert status == "stopped"
    assert 5 <= acks["stop"].step <= len(curves["step"]) <= acks["stop"].step + 1


def test_pause_holds_and_resume_goes_on_and_nothing_is_lost(tmp_path):
    """Paused, resumed, finished: all steps are there, with the rates of the plan."""
    sgdr = kescape.SGDR(t_0=1)
    _, _, acks, curves, status, events = steered(tmp_path, epochs=4, sgdr=sgdr, commands=[("pause", 5), ("resume", 5)])

    assert status == "finished"
    assert acks["pause"].step == acks["resume"].step
    assert [event.kind for event in events if event.kind in ("pause", "resume")] == ["pause", "resume"]
    np.testing.assert_array_equal(curves["learning_rate"], sgdr.plan.on_steps(10).learning_rates(0, 40))


def test_restart_now_begins_the_next_cycle_and_can_be_derived_again(tmp_path):
    """The step of the answer has exactly the peak; plan and recorded edits give every recorded rate again."""
    sgdr = kescape.SGDR(t_0=4, t_mult=1)
    _, _, acks, curves, _, events = steered(tmp_path, epochs=6, sgdr=sgdr, commands=[("restart", 5)])

    step = acks["restart"].step
    assert 5 <= step < 40
    assert curves["learning_rate"][step] == 0.5
    assert curves["learning_rate"][step - 1] < 0.5
    with kescape.open_run(tmp_path / "first") as run:
        np.testing.assert_array_equal(curves["learning_rate"], run.placed.learning_rates(0, 60))
    assert step in [event.step for event in events if event.kind == "restart" and event.data]


@pytest.mark.parametrize(
    ("kind", "reason"), [("resume", "neither paused nor about to stop"), ("restart", "follows no plan with cycles")]
)
def test_what_cannot_be_done_is_refused_with_a_reason(tmp_path, kind, reason):
    """And the training goes on."""
    recorder_only = keras.callbacks.Callback()
    _, _, acks, curves, status, _ = steered(tmp_path, epochs=4, sgdr=recorder_only, commands=[(kind, 5)])

    assert acks[kind].outcome == "refused"
    assert reason in acks[kind].reason
    assert status == "finished"
    assert len(curves["step"]) == 40


def test_all_steps_of_the_epoch_are_on_disk_while_it_is_validated(tmp_path):
    """A validation may take long; a crash in it shall not cost the steps before."""
    recorder, found = kescape.RunRecorder(tmp_path / "first"), []

    class Reads(keras.callbacks.Callback):
        def on_test_batch_begin(self, batch, logs=None):
            with kescape.open_run(tmp_path / "first") as run:
                found.append(run.steps)

    data = np.ones((2, 1), np.float32)
    fit(falling_weight(), [recorder, Reads()], epochs=2, validation_data=(data, data))

    assert found == [BATCHES, 2 * BATCHES]


class Interrupts(keras.callbacks.Callback):
    """Presses Ctrl+C in a hook: at this call of it, counted from 0."""

    def __init__(self, hook, call):
        super().__init__()
        self.calls = 0

        def press(*args, **kwargs):
            self.calls += 1
            if self.calls == call + 1:
                raise KeyboardInterrupt

        setattr(self, hook, press)


def interrupted_by_a_step(call):
    """A model whose train step is interrupted when it is called for the given time, as Ctrl+C does it."""
    model = falling_weight(run_eagerly=True)
    calls = iter(range(100))
    step = model.train_step

    def train_step(data):
        if next(calls) == call:
            raise KeyboardInterrupt
        return step(data)

    vars(model)["train_step"] = train_step
    return model


@pytest.mark.parametrize("plan", [[], [kescape.SGDR(t_0=1)]], ids=["no plan", "a plan"])
@pytest.mark.parametrize(
    ("hook", "call", "steps"),
    [
        ("on_train_batch_begin", 6, 6),
        ("on_train_batch_end", 6, 7),
        ("on_epoch_begin", 1, 4),
        ("on_epoch_end", 0, 4),
        ("on_test_batch_end", 1, 8),
        ("on_train_end", 0, 12),
        ("train_step", 6, 6),
        ("test_step", 1, 8),
    ],
)
def test_an_interrupted_fit_is_given_back_at_once(tmp_path, plan, hook, call, steps):
    """Wherever Ctrl+C comes, and although a notebook holds its traceback: every step that ended is there."""
    recorder, model, callbacks = kescape.RunRecorder(tmp_path / "first"), falling_weight(), []
    if hook == "train_step":
        model = interrupted_by_a_step(call)
    elif hook == "test_step":
        calls, function = iter(range(100)), model.make_test_function

        def make_test_function(force=False):
            function(force)
            test = model.test_function

            def interrupted(iterator):
                if next(calls) == call:
                    raise KeyboardInterrupt
                return test(iterator)

            model.test_function = interrupted

        vars(model)["make_test_function"] = make_test_function
    else:
        callbacks = [Interrupts(hook, call)]
    data = np.ones((2, 1), np.float32)

    with pytest.raises(KeyboardInterrupt) as held:
        fit(model, [recorder, *callbacks, *plan], epochs=3, validation_data=(data, data))

    with read(recorder) as run:
        assert run.status == "interrupted"
        assert run.steps == steps
        assert len(run.curves()["loss"]) == steps
    assert float(model.optimizer.learning_rate.numpy()) == 0.5
    del held


def test_what_a_callback_tries_and_catches_ends_nothing(tmp_path):
    """A validation of its own that fails, and a fit of another model: this one goes on to its end."""

    class Tries(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            with pytest.raises(ValueError, match="of the wrong shape"):
                self.model.evaluate(Wrong(), verbose=0)

    class Wrong(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            raise ValueError("of the wrong shape")

    recorder = kescape.RunRecorder(tmp_path / "first")
    fit(falling_weight(), [kescape.SGDR(t_0=1), Tries(), recorder], epochs=2)

    with read(recorder) as run:
        assert run.status == "finished"
        assert run.steps == 8


@pytest.mark.filterwarnings("ignore:the length of an epoch is not known", "ignore:Your input ran out of data")
def test_the_end_of_data_of_unknown_length_ends_no_fit(tmp_path):
    """Keras learns of it by an exception in the train function."""
    recorder = kescape.RunRecorder(tmp_path / "first")
    falling_weight().fit(generated(4, 3, 4), epochs=3, shuffle=False, verbose=0, callbacks=[recorder])

    with read(recorder) as run:
        assert run.status == "finished"
        assert run.steps == 11


def test_data_that_fails_ends_the_fit_with_its_cause_and_every_step(tmp_path):
    """A generator that raises in the fourth batch: three steps are there, and the traceback is held."""

    def generate():
        for _ in range(3):
            yield np.ones((2, 1), np.float32), np.ones((2, 1), np.float32)
        raise KeyboardInterrupt("in the data")

    spec = tf.TensorSpec((2, 1), tf.float32)
    data = tf.data.Dataset.from_generator(generate, output_signature=(spec, spec))
    recorder = kescape.RunRecorder(tmp_path / "first")
    with pytest.raises(tf.errors.OpError, match="in the data") as held:
        falling_weight().fit(data, epochs=1, steps_per_epoch=5, verbose=0, shuffle=False, callbacks=[recorder])

    with read(recorder) as run:
        assert run.status == "interrupted"
        assert run.steps == 3
    del held
