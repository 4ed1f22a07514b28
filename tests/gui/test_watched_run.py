"""A run as the window follows it while others write into its folder; no Qt."""

import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from kescape_gui import watched_run
from kescape_gui.curve_reader import CurveReader
from kescape_gui.engine_end import EngineEnd
from kescape_gui.notice import notice_of
from kescape_gui.run_state import RunState
from kescape_gui.run_words import run_words
from kescape_gui.watched_run import WatchedRun

from kescape.engine.launch import write_config
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts
from tests.gui.recorded import COLUMNS, CONFIG, LENGTH, append, engine_run, go_on, record

PLAN = CosineRestarts(1, 2, 0.1)
PLACED = CONFIG.plan().on_steps(LENGTH)


def same_as_opened_now(run):
    """A run that was followed all along shows what one opened now shows."""
    fresh = WatchedRun(run.path)
    fresh.poll()
    for name in ("loss", "learning_rate", "time", "smoothed", "validation", "validation_steps"):
        assert np.array_equal(getattr(run.curve, name), getattr(fresh.curve, name), equal_nan=True), name
    assert run.curve.restarts == fresh.curve.restarts
    assert run.events == fresh.events
    assert run.config == fresh.config
    assert (run.state, run.error, run.marks) == (fresh.state, fresh.error, fresh.marks)
    fresh.close()
    return True


def test_a_run_followed_from_its_start_has_the_settings_of_one_opened_later(tmp_path):
    """The file that asks for a run leaves out what is off; the run's own facts do not. Repeats are told by them."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_config(folder, CONFIG)
    run = WatchedRun(folder)
    run.poll()
    writer = RunWriter.open(folder, kind="engine", config=CONFIG.model_dump(), plan=CONFIG.plan().to_dict())
    run.poll()

    assert same_as_opened_now(run)
    writer.close()
    run.close()


def in_two_goes(folder, *, epochs):
    """300 steps of a plan, and 300 of another one that begins behind them, with cycles of 200 and 400 steps."""
    facts = {"kind": "recorder", "config": {"epochs": epochs}, "steps_per_epoch": 100}
    for plan, begin in ((PLAN, 0), (CosineRestarts(2, 2, 0.3), 300)):
        writer = RunWriter.open(folder, plan=plan.to_dict(), plan_step=begin, resume=begin > 0, **facts)
        writer.describe_columns(COLUMNS)
        append(writer, plan.on_steps(100), np.ones(300))
        writer.close()
    return folder


def test_the_plan_of_a_script_that_trains_on_with_another_one_begins_where_it_trains_on(tmp_path):
    run = WatchedRun(in_two_goes(tmp_path / "run", epochs=10))
    run.poll()

    assert run.plan_step == 300
    assert run.planned_restarts == [500, 900]
    assert run.highest_rate == 0.3
    assert run.total_steps == 1000
    run.close()


def test_a_script_that_trains_longer_than_it_said_at_first_has_no_length_that_is_known(tmp_path):
    """Its first training was to be three epochs long; six are there."""
    run = WatchedRun(in_two_goes(tmp_path / "run", epochs=3))
    run.poll()

    assert (run.total_steps, run.planned_restarts) == (0, [])
    run.close()


@pytest.mark.parametrize("trained", [3, 40])
def test_a_run_that_goes_on_is_cut_back_to_its_checkpoint(tmp_path, trained):
    """Noticed, too, where 40 new steps have outgrown the 30 old ones before the window looked again."""
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=13)
    run = WatchedRun(folder)
    run.poll()
    assert (len(run.curve), run.state) == (30, RunState.INTERRUPTED)
    assert len(run.curve.validation) == 3

    writer = go_on(folder, 13)
    append(writer, PLACED, np.full(trained, 0.25))
    writer.flush()
    run.poll()

    assert len(run.curve) == 13 + trained
    assert run.curve.loss[12] != 0.25
    assert set(run.curve.loss[13:]) == {0.25}
    assert run.state is RunState.RUNNING
    assert [(mark.step, mark.label) for mark in run.marks] == [(13, "resumed at step 13")]
    assert same_as_opened_now(run)
    run.close()
    writer.close()


def test_what_only_the_session_before_knew_is_forgotten(tmp_path):
    """Its error, its unanswered stop, its number of epochs and the restarts behind the checkpoint."""
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=9)
    writer = go_on(folder, 9)
    append(writer, PLACED, [1.0] * 21)
    run = WatchedRun(folder)
    run.poll()
    assert run.curve.restarts == [9, 27]
    run.send("stop_after_cycle")
    assert run.state is RunState.FINISHING_CYCLE
    writer.end("failed", error="no space left on device")
    writer.close()
    run.poll()
    assert (run.state, run.error) == (RunState.FAILED, "no space left on device")

    longer = CONFIG.changed(epochs=15)
    writer = go_on(folder, 9, config=longer)
    append(writer, PLACED, [1.0] * 5)
    writer.flush()
    run.poll()

    assert (run.state, run.error, run.curve.restarts) == (RunState.RUNNING, None, [9])
    assert run.total_steps == 15 * LENGTH
    assert same_as_opened_now(run)
    run.close()
    writer.close()


def test_a_run_asked_to_go_on_is_starting_until_the_engine_comes_and_failed_if_it_does_not(tmp_path, monkeypatch):
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=13, outcome="stopped")
    run = WatchedRun(folder)
    run.poll()
    assert run.state is RunState.STOPPED

    (folder / "go-on.json").write_text("{}")
    run.goes_on()
    assert run.state is RunState.STARTING
    run.engine_ended(EngineEnd(folder, 1))
    assert run.state is RunState.FAILED
    assert notice_of(run).cause == "The engine process ended with code 1."
    (folder / "engine.log").write_text(
        "Traceback (most recent call last):\nImportError: no keras\n"
        "2026-01-01 12:00:00.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.\n"
    )
    assert notice_of(run).cause == "ImportError: no keras"

    run.goes_on()
    assert (run.state, run.error) == (RunState.STARTING, None)
    run.close()


def test_a_start_that_was_given_up_is_no_failure_when_it_is_looked_at_again(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    write_config(folder, CONFIG)
    run = WatchedRun(folder)
    run.poll()
    assert run.state is RunState.STARTING

    run.engine_ended(EngineEnd(folder, -9, was_wanted=True))

    assert (run.state, notice_of(run)) == (RunState.STOPPED, None)
    run.close()


def test_a_run_that_was_killed_half_way_names_memory_as_the_likely_cause(tmp_path):
    """Unless this window ended it, as the user asked for; what is known of an end does not outlive the next start."""
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=13)
    run = WatchedRun(folder)
    run.poll()
    assert run.state is RunState.INTERRUPTED
    plain = notice_of(run)

    run.engine_ended(EngineEnd(folder, -9, was_wanted=True))
    assert notice_of(run) == plain

    run.engine_ended(EngineEnd(folder, -9))
    killed = notice_of(run)
    assert run.state is RunState.INTERRUPTED
    assert "the memory was full" in killed.cause
    assert "smaller batch size" in killed.advice
    assert killed.advice.endswith(plain.advice)

    (folder / "go-on.json").write_text("{}")
    run.goes_on()
    assert run.engine_end is None
    run.close()


def test_a_run_that_goes_on_says_what_it_is_at(tmp_path):
    """What an engine was at that died at its start says nothing of the next one."""
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=13, outcome="stopped")
    writer = go_on(folder, 13)
    writer.event("stage", 13, "Compiling the first step")
    writer.close()
    run = WatchedRun(folder)
    run.poll()
    (folder / "go-on.json").write_text("{}")
    run.goes_on()

    def said():
        return run_words(run, datetime(2026, 1, 1, tzinfo=UTC)).time

    assert said() == "waiting for the engine, 0 s"
    writer = go_on(folder, 13)
    writer.event("stage", 13, "Building the model")
    run.poll()
    assert said() == "Building the model, 0 s"
    writer.close()
    run.close()


def test_only_what_an_engine_left_a_checkpoint_of_can_go_on(tmp_path):
    kept = engine_run(tmp_path / "kept", steps=30, checkpoint=13, outcome="stopped")
    none = engine_run(tmp_path / "none", steps=3)
    planned = engine_run(
        tmp_path / "cosine", steps=30, checkpoint=30, outcome="finished", config=CONFIG.changed(schedule="cosine")
    )

    found = {}
    for folder in (kept, none, planned):
        run = WatchedRun(folder)
        run.poll()
        found[folder.name] = (run.continuation.problem, run.continuation.longer_problem, run.continuation.step)
        run.close()

    assert found["kept"] == (None, None, 13)
    assert found["none"] == ("It has no checkpoint to go on from", None, None)
    assert found["cosine"][0] is None
    assert found["cosine"][1].startswith("Its schedule was planned for its whole length")


def test_a_long_run_is_being_read_until_its_curve_is_there(tmp_path, monkeypatch):
    """Also in the moment when all is read and the next poll has not come."""
    go, readers = threading.Event(), []

    class SlowReader(CurveReader):
        def _read(self, read_run):
            readers.append(self)
            go.wait()
            super()._read(read_run)

    monkeypatch.setattr(watched_run, "CurveReader", SlowReader)
    run = WatchedRun(engine_run(tmp_path / "run", steps=30, outcome="finished"), at_once=10)
    run.poll()
    assert run.steps_being_read == 30
    go.set()
    while not readers or readers[0].is_busy:
        time.sleep(0.001)

    assert (run.steps_being_read, len(run.curve)) == (30, 0)
    run.poll()
    assert (run.steps_being_read, len(run.curve)) == (0, 30)
    assert run.metrics == {
        "loss": pytest.approx(run.curve.loss[26]),
        "val_loss": pytest.approx(run.curve.validation[-1]),
    }
    run.close()


def test_answers_name_the_step_and_refusals_the_reason(tmp_path):
    """The engine's side is played by the inbox that every engine has."""
    from kescape.run.commands import CommandInbox

    folder = engine_run(tmp_path / "run", steps=30, checkpoint=13)
    writer = go_on(folder, 13)
    append(writer, PLACED, [1.0])
    writer.flush()
    run = WatchedRun(folder)
    run.poll()
    run.send("note", text="loss looks odd")
    run.send("restart")
    inbox = CommandInbox(folder)
    note, restart = inbox.take(writer, 14)
    writer.ack(note, 14, "done", "Noted.")
    writer.event("note", 14, note.args["text"])
    writer.ack(restart, 14, "refused", "the last cycle has no next one")

    run.poll()

    assert [(answer.text, answer.refused) for answer in run.take_answers()] == [
        ("Noted at step 14.", False),
        ("Restart: the last cycle has no next one", True),
    ]
    assert run.take_answers() == []
    assert [(mark.step, mark.label, mark.text) for mark in run.marks][1:] == [(14, "", "loss looks odd")]
    with open_run(folder) as read:
        assert len(read.acks()) == 2
    run.close()
    writer.close()


def test_what_something_else_did_to_the_rate_is_a_mark_that_warns(tmp_path):
    folder = record(tmp_path / "run", epochs=1)
    writer = RunWriter.open(folder, kind="recorder", resume=True)
    writer.event("foreign_hand", 12, "Something else changed the learning rate from 0.1 to 0.5; the plan set it back.")
    writer.event("note", 14, "odd")
    writer.close()
    run = WatchedRun(folder)
    run.poll()
    run.close()

    assert [(mark.step, mark.warns, mark.text[:14]) for mark in run.marks if mark.step in (12, 14)] == [
        (12, True, "Something else"),
        (14, False, "odd"),
    ]


def test_the_accuracies_of_the_epochs_are_curves_of_their_own(tmp_path):
    folder = record(tmp_path / "run", epochs=2)
    run = WatchedRun(folder)
    run.poll()
    assert run.curve.accuracies == {}
    writer = RunWriter.open(folder, kind="recorder", resume=True, plan=PLAN.to_dict(), steps_per_epoch=100)
    writer.describe_columns(COLUMNS)
    append(writer, PLAN.on_steps(100), np.ones(100))
    writer.epoch(3, 399, {"loss": 1.0, "accuracy": 0.5, "val_accuracy": 0.25, "lr": 0.1})
    writer.close()
    run.poll()
    run.close()

    assert {name: (each.steps.tolist(), each.values.tolist()) for name, each in run.curve.accuracies.items()} == {
        "accuracy": ([399], [0.5]),
        "val_accuracy": ([399], [0.25]),
    }
    assert len(run.curve.validation) == 3
