"""Steering a real fit from outside: what each command does, and what is recorded of it."""

import shutil
import threading
import time

import keras
import numpy as np
import pytest

import kescape
from kescape import CosineRestarts, PlanEdit
from kescape.run.commands import send_command
from kescape.run.errors import RunUnwritable
from tests.support.falling_weight import Weights, falling_weight, fit

BATCHES = 10


class Helm(keras.callbacks.Callback):
    """Sends each command once so many steps have run; what comes after a pause from outside, each after an answer."""

    def __init__(self, folder, *commands):
        super().__init__()
        self.folder, self.commands, self.steps, self.sent = folder, list(commands), 0, []
        self.outside = threading.Thread(target=self.send_the_rest)

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        while self.commands and self.commands[0][0] == self.steps:
            if self.send() == "pause":
                self.outside.start()
                break

    def on_train_end(self, logs=None):
        if self.outside.is_alive():
            self.outside.join()

    def send(self):
        _, kind, *args = self.commands.pop(0)
        self.sent.append(send_command(self.folder, kind, **dict(args)))
        return kind

    def send_the_rest(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.answer(self.sent[-1]) is None:
                time.sleep(0.01)
            elif self.commands:
                self.send()
            else:
                return

    def answer(self, command):
        with kescape.open_run(self.folder) as run:
            return next((ack for ack in run.acks() if ack.command_id == command), None)

    @property
    def answers(self):
        return [self.answer(command) for command in self.sent]


@pytest.fixture(autouse=True)
def looks_after_each_step(monkeypatch):
    """A command is obeyed at the end of the step in which it came."""
    monkeypatch.setattr("kescape.step_tap.step_tap.LOOK_SECONDS", 0.0)


def steered(tmp_path, plan, *commands, epochs=6, **options):
    """A fit of some epochs of 10 steps that is told these commands; returns the run, the answers and the weights."""
    folder = tmp_path / "first"
    helm, weights = Helm(folder, *commands), Weights()
    fit(falling_weight(), [plan, kescape.RunRecorder(folder), helm, weights], batches=BATCHES, epochs=epochs, **options)
    return kescape.open_run(folder), helm.answers, weights


def test_a_new_peak_holds_from_the_next_restart_and_can_be_derived_again(tmp_path):
    """Cycles of 15 steps, told at step 3: those at 15, 30 and 45 begin at 0.25; the plan gives it all."""
    run, [answer], weights = steered(
        tmp_path, kescape.SGDR(t_0=1.5, t_mult=1), (3, "eta_max", ("value", 0.25)), epochs=5
    )

    rates = run.curves()["learning_rate"]
    assert (answer.outcome, answer.step) == ("done", 15)
    assert rates[[0, 15, 30, 45]].tolist() == [0.5, 0.25, 0.25, 0.25]
    np.testing.assert_array_equal(run.placed.learning_rates(0, 50), rates)
    assert weights.rates() == pytest.approx(rates, abs=1e-6)
    [edit] = run.plan_edits()
    assert (edit.kind, edit.value) == ("eta_max", 0.25)
    assert edit.step == 3
    [event] = [event for event in run.events() if event.kind == "eta_max"]
    assert (event.step, event.data) == (edit.step, {"eta_max": 0.25, "from_step": 15})
    assert "from the next cycle on, which begins at step 15, it is 0.25" in event.text


def test_a_restart_with_a_new_peak(tmp_path):
    """One command, one step: the cycle that begins there has the peak that was asked for."""
    run, [answer], _ = steered(tmp_path, kescape.SGDR(t_0=4, t_mult=1), (5, "restart", ("eta_max", 0.25)))

    rates = run.curves()["learning_rate"]
    assert (answer.outcome, answer.step) == ("done", 5)
    assert rates[answer.step] == 0.25
    assert rates[answer.step - 1] > 0.25
    assert [(edit.step, edit.kind) for edit in run.plan_edits()] == [
        (answer.step, "eta_max"),
        (answer.step, "restart"),
    ]
    np.testing.assert_array_equal(run.placed.learning_rates(0, 60), rates)


def test_a_note_and_a_snapshot_are_kept_with_their_step(tmp_path):
    """The note in its own words; the weights as they were after that step, ready for `load_weights`."""
    run, [noted, kept], weights = steered(
        tmp_path, kescape.SGDR(t_0=4), (3, "note", ("text", " a lower rate\nhelped ")), (6, "snapshot")
    )

    events = {event.kind: event for event in run.events()}
    assert (noted.outcome, noted.reason) == ("done", "Noted.")
    assert (events["note"].step, events["note"].text) == (noted.step, "a lower rate\nhelped")
    assert (noted.step, kept.step) == (3, 6)
    file = events["snapshot"].data["file"]
    assert file == f"snapshots/step-{kept.step:09d}.weights.h5"
    [row] = run.snapshots()
    assert (row.step, row.kind, row.file) == (kept.step, "hand", file)
    model = falling_weight()
    model.load_weights(run.path / file)
    assert model.get_weights()[0].item() == pytest.approx(weights.weights[kept.step], abs=1e-6)
    assert [path.name for path in (run.path / "snapshots").iterdir()] == [file.removeprefix("snapshots/")]


def test_a_paused_fit_obeys_and_steps_nowhere(tmp_path):
    """Held at one step: a note, a snapshot, a new peak and a restart there, then it goes on, at the new peak."""
    commands = [
        (3, "pause"),
        (3, "note", ("text", "hm")),
        (3, "snapshot"),
        (3, "eta_max", ("value", 0.25)),
        (3, "restart"),
        (3, "resume"),
    ]
    run, answers, _ = steered(tmp_path, kescape.SGDR(t_0=4, t_mult=1), *commands)

    [paused] = {answer.step for answer in answers if answer.command != "eta_max"}
    assert paused == 3
    assert {answer.outcome for answer in answers} == {"done"}
    rates = run.curves()["learning_rate"]
    assert rates[paused] == 0.25
    assert run.restarts()[0] == paused
    assert run.status == "finished"
    np.testing.assert_array_equal(run.placed.learning_rates(0, 60), rates)


def test_a_paused_fit_is_stopped(tmp_path):
    """Not one step more."""
    run, [paused, stopped], _ = steered(tmp_path, kescape.SGDR(t_0=4), (3, "pause"), (3, "stop"))

    assert paused.step == stopped.step == run.steps
    assert run.status == "stopped"


def test_a_paused_fit_whose_folder_goes_away_ends_with_that_cause(tmp_path):
    """It would wait for ever for a command that cannot come."""

    class DeletesTheRest(Helm):
        def send_the_rest(self):
            super().send_the_rest()
            shutil.rmtree(self.folder)

    folder = tmp_path / "first"
    helm = DeletesTheRest(folder, (3, "pause"))
    with pytest.raises(RunUnwritable, match="is gone: it was deleted or moved while recording"):
        fit(falling_weight(), [kescape.RunRecorder(folder), helm], batches=BATCHES, epochs=6)
    helm.outside.join()


def test_edits_of_a_plan_that_begins_in_a_later_epoch(tmp_path):
    """From epoch 2 on, with a restart in the epoch before and one at step 25 of the plan, the run's step 5."""
    recorder = kescape.RunRecorder(tmp_path / "first")
    sgdr = kescape.SGDR(t_0=9, t_mult=1, edits=[PlanEdit(15), PlanEdit(25)])
    fit(falling_weight(), [sgdr, recorder], batches=BATCHES, epochs=4, initial_epoch=2)

    with kescape.open_run(recorder.folder) as run:
        rates = run.curves()["learning_rate"]
        assert run.restarts() == [5]
        np.testing.assert_array_equal(run.placed.learning_rates(20, 20), rates)
        assert run.placed.edits == sgdr.edits
    assert rates[5] == 0.5
    assert rates[0] == CosineRestarts(9, 1, 0.5).on_steps(10).learning_rate(5)


def test_per_epoch_a_change_begins_with_the_next_epoch(tmp_path):
    """Told in epoch 0 of a cycle of 9 epochs: restart and peak belong to epoch 1, step 10, and the answer says so."""
    run, answers, weights = steered(
        tmp_path,
        kescape.SGDR(t_0=9, per="epoch"),
        (2, "eta_max", ("value", 0.25)),
        (2, "restart"),
        epochs=3,
    )

    assert [(answer.outcome, answer.step) for answer in answers] == [("done", 90), ("done", 10)]
    assert run.curves()["learning_rate"][[9, 10]].tolist() == [0.5, 0.25]
    assert run.restarts() == [10]
    assert weights.rates()[[9, 10]] == pytest.approx([0.5, 0.25], abs=1e-6)


@pytest.mark.parametrize(
    ("plan", "command", "reason"),
    [
        (
            kescape.FollowPlan(kescape.Constant(0.5)),
            ("eta_max", ("value", 0.25)),
            "for a Constant plan, because it has",
        ),
        (kescape.SGDR(t_0=9, cycles=1), ("eta_max", ("value", 0.25)), "step must lie before the plan's last cycle"),
        (kescape.SGDR(t_0=9, cycles=1), ("restart",), "step must lie before the plan's last cycle"),
        (kescape.SGDR(t_0=9, eta_min=0.1), ("eta_max", ("value", 0.05)), "eta_max must be > eta_min=0.1, because"),
        (kescape.SGDR(t_0=9, eta_min=0.1), ("restart", ("eta_max", 0.05)), "eta_max must be > eta_min=0.1, because"),
        (keras.callbacks.Callback(), ("eta_max", ("value", 0.25)), "the run follows no plan with cycles"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(tmp_path, plan, command, reason):
    """In a sentence, and the training goes on as it would have."""
    run, [answer], _ = steered(tmp_path, plan, (2, *command), epochs=2)

    assert answer.outcome == "refused"
    assert reason in answer.reason
    assert run.status == "finished"
    assert run.plan_edits() == []
    if run.placed is not None:
        np.testing.assert_array_equal(run.curves()["learning_rate"], run.plan.on_steps(10).learning_rates(0, 20))


def test_a_snapshot_that_cannot_be_written_is_refused(tmp_path):
    """Where `snapshots` is a file, say; the training goes on."""

    class Blocks(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            (tmp_path / "first" / "snapshots").touch()

    folder = tmp_path / "first"
    helm = Helm(folder, (2, "snapshot"))
    fit(falling_weight(), [kescape.RunRecorder(folder), Blocks(), helm], batches=BATCHES, epochs=1)

    [answer] = helm.answers
    assert answer.outcome == "refused"
    assert "cannot be written" in answer.reason
    with kescape.open_run(folder) as run:
        assert run.status == "finished"
        assert run.snapshots() == []
