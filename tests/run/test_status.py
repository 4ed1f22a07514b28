"""The status follows from facts: every row of the table, then a run in each state."""

import contextlib
import sqlite3
import time

import pytest

from kescape.run.reader import open_run
from kescape.run.status import Facts, RunStatus, derive_status
from kescape.run.writer import RunWriter

FACTS = {
    "lock_held": False,
    "has_session": True,
    "same_host": True,
    "end": None,
    "paused": False,
    "has_steps": True,
    "asked": 0.0,
}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"end": "finished"}, "finished"),
        ({"end": "stopped", "lock_held": True}, "stopped"),
        ({"end": "failed", "same_host": False}, "failed"),
        ({"lock_held": True}, "running"),
        ({"lock_held": True, "same_host": False}, "running"),
        ({"lock_held": True, "paused": True}, "paused"),
        ({"lock_held": True, "has_steps": False}, "starting"),
        ({"lock_held": False}, "interrupted"),
        ({"lock_held": False, "paused": True}, "interrupted"),
        ({"lock_held": False, "same_host": False}, "unknown"),
        ({"lock_held": None}, "unknown"),
        ({"has_session": False, "has_steps": False}, "interrupted"),
        ({"has_session": False, "has_steps": False, "lock_held": True}, "starting"),
    ],
)
def test_each_status(change, status):
    assert derive_status(Facts(**{**FACTS, **change})) == status


def test_a_run_that_was_asked_for_a_moment_ago_is_starting():
    """TensorFlow takes seconds to import; after a minute nobody will come."""
    facts = {**FACTS, "has_session": False, "has_steps": False}
    assert derive_status(Facts(**{**facts, "asked": time.time() - 30})) == "starting"
    assert derive_status(Facts(**{**facts, "asked": time.time() - 90})) == "interrupted"


def test_a_life(open_writer, steps, tmp_path):
    """One run through its states, as a window sees it."""
    writer = open_writer()
    with open_run(tmp_path / "run") as run:
        assert run.status == "starting"
        writer.append(steps(0, 5))
        writer.flush()
        assert run.status == "running"
        writer.event("pause", 5, "Paused")
        assert run.status == "paused"
        writer.event("resume", 5, "Resumed")
        writer.event("note", 5, "something else")
        assert run.status == "running"
        writer.end("failed", 5, "the loss became NaN")
        assert (run.status, run.error) == ("failed", "the loss became NaN")
        writer.close()
        assert run.status == "failed"

        again = RunWriter.open(tmp_path / "run", kind="recorder", resume=True)
        assert run.status == "running"  # it has steps, and a new session without an end
        assert run.error is None
        again.close()
        assert run.status == "interrupted"


def test_another_computers_run_is_unknown(open_writer, steps, tmp_path, monkeypatch):
    """A lock that nobody holds here says nothing about a process over there."""
    writer = open_writer()
    writer.append(steps(0, 5))
    writer.close()
    monkeypatch.setattr("kescape.run.reader.platform.node", lambda: "elsewhere")

    with open_run(tmp_path / "run") as run:
        assert run.status == "unknown"
        assert abs(run.last_seen - time.time()) < 60


def test_a_run_that_is_trained_elsewhere_is_interrupted_once_nobody_brings_it_here(
    open_writer, steps, tmp_path, monkeypatch
):
    """Whoever brings it holds its lock; on a third computer nobody knows."""
    writer = open_writer()
    writer.append(steps(0, 5))
    writer.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "run" / "run.db")) as db:
        db.execute("INSERT INTO meta (key, value) VALUES ('mirrored', 'here')")
        db.commit()

    with open_run(tmp_path / "run") as run:
        monkeypatch.setattr("kescape.run.reader.platform.node", lambda: "here")
        assert run.status == "interrupted"
        monkeypatch.setattr("kescape.run.reader.platform.node", lambda: "elsewhere")
        assert run.status == "unknown"


def test_live_states():
    live = [status for status in RunStatus if status.is_live]
    assert live == ["starting", "running", "paused"]
