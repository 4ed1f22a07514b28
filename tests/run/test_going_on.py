"""A run that goes on from a checkpoint: what is recorded behind it is set aside, everything else stays."""

import sqlite3

import numpy as np
import pytest

from kescape.run.errors import RunUnreadable
from kescape.run.reader import open_run
from kescape.run.writer import Column, RunWriter
from kescape.schedule import CosineRestarts

LENGTH = 10
PLAN = CosineRestarts(1, 1, 0.5).to_dict()


@pytest.fixture
def folder(tmp_path):
    """35 steps in epochs of 10 steps, one cycle each; three blocks; killed in epoch 3."""
    writer = RunWriter.open(tmp_path / "run", kind="engine", plan=PLAN, steps_per_epoch=LENGTH, config={"epochs": 5})
    writer.describe_columns([Column("loss", "float32", "", ""), Column("epoch", "int32", "", "")])
    for first in (0, 12, 24):
        steps = np.arange(first, min(first + 12, 35))
        writer.append({"loss": steps / 2, "epoch": steps // LENGTH})
        writer.flush()
    for epoch in range(3):
        writer.epoch(epoch, LENGTH * epoch + 9, {"val_loss": float(epoch)})
        if epoch:
            writer.event("restart", LENGTH * epoch, f"Restart {epoch}.", {"cycle": epoch})
    writer.event("restart", 30, "Restart 3.", {"cycle": 3})
    writer.event("note", 33, "looks fine")
    writer.plan_edit(28, "restart")
    writer.checkpoint(20, 2, 0, "cycle", "checkpoints/20.npz")
    writer.checkpoint(30, 3, 0, "cycle", "checkpoints/30.npz")
    writer.snapshot(20, 2, "cycle", "snapshots/20.weights.h5", "end of cycle 2")
    writer.snapshot(30, 3, "cycle", "snapshots/30.weights.h5", "end of cycle 3")
    writer.snapshot(33, 3, "hand", "snapshots/33.weights.h5", "by hand")
    writer.close()
    return tmp_path / "run"


def go_on(folder, step, epoch, **facts):
    facts |= {"plan": PLAN, "steps_per_epoch": LENGTH, "plan_step": 0}
    return RunWriter.open(folder, kind="engine", resume=True, go_on_at=(step, epoch), **facts)


@pytest.mark.parametrize("step", [0, 12, 17, 24, 35])
def test_the_curves_end_at_the_checkpoint_and_go_on_there(folder, step):
    """On the border of a block and inside one."""
    writer = go_on(folder, step, step // LENGTH)
    with open_run(folder) as run:
        assert run.steps == step
    writer.describe_columns([Column("loss", "float32", "", ""), Column("epoch", "int32", "", "")])
    steps = np.arange(step, 40)
    writer.append({"loss": steps / 2 + 100, "epoch": steps // LENGTH})
    writer.end("finished")
    writer.close()

    with open_run(folder) as run:
        curves = run.curves()

    expected = np.arange(40) / 2
    expected[step:] += 100
    np.testing.assert_array_equal(curves["loss"], expected)
    np.testing.assert_array_equal(curves["epoch"], np.arange(40) // LENGTH)


def test_the_tail_is_kept_aside(folder):
    """All 18 steps behind step 17, in their blocks, can be put together again."""
    go_on(folder, 17, 1).close()

    with open_run(folder) as run:
        assert [(cut.step, cut.steps) for cut in run.cuts()] == [(17, 18)]
    with sqlite3.connect(folder / "run.db") as db:
        rows = db.execute(
            "SELECT first_step, steps, data FROM cut_blocks JOIN columns ON columns.id = column_id "
            "WHERE name = 'loss' ORDER BY first_step"
        ).fetchall()
        epochs = db.execute("SELECT epoch FROM cut_epochs ORDER BY epoch").fetchall()
        events = db.execute("SELECT kind, step FROM cut_events ORDER BY step").fetchall()
    db.close()
    assert [row[:2] for row in rows] == [(17, 7), (24, 11)]
    np.testing.assert_array_equal(np.frombuffer(b"".join(row[2] for row in rows), "<f4"), np.arange(17, 35) / 2)
    assert epochs == [(1,), (2,)]  # epoch 1 is trained on from its middle, so its metrics come again
    assert events == [("restart", 20), ("restart", 30)]


def test_what_people_did_stays_and_holds_on(folder):
    """A note and a restart by hand behind the checkpoint are still there; the restart happens again by itself."""
    go_on(folder, 20, 2).close()

    with open_run(folder) as run:
        assert [(event.kind, event.step) for event in run.events()] == [("restart", 10), ("note", 33), ("resumed", 20)]
        assert run.events()[-1].data == {"cut_steps": 15}
        assert run.placed.restarts(40) == [10, 20, 28, 38]
        assert [row.epoch for row in run.epochs()] == [0, 1]
        assert [row.step for row in run.checkpoints()] == [20]
        assert [(row.step, row.kind) for row in run.snapshots()] == [(20, "cycle"), (33, "hand")]


def test_cycles_are_told_once_however_often_a_run_goes_on(folder):
    """Also when the second session died before it had a checkpoint of its own, and an older one is taken."""
    go_on(folder, 30, 3).close()
    go_on(folder, 20, 2).close()

    with open_run(folder) as run:
        assert [(start.step, start.cycle) for start in run.cycles(40)] == [(0, 0), (10, 1), (20, 2), (28, 3), (38, 4)]


def test_a_run_may_go_on_for_longer(folder):
    """The settings are then those that it goes on with."""
    go_on(folder, 30, 3, config={"epochs": 9}).close()

    with open_run(folder) as run:
        assert run.config == {"epochs": 9}


def test_a_checkpoint_ahead_of_the_curves_is_refused_and_nothing_changes(folder):
    """It must have come from another run."""
    with pytest.raises(RunUnreadable, match="holds 35 steps, so the run cannot go on at step 36"):
        go_on(folder, 36, 3)

    with open_run(folder) as run:
        assert (run.steps, len(run.sessions)) == (35, 1)


@pytest.mark.parametrize(
    "file", ["../other/checkpoints/1.npz", "/etc/passwd", "checkpoints/../../x", "//host/x", "C:x", ".."]
)
@pytest.mark.parametrize("table", ["checkpoints", "snapshots"])
def test_a_run_names_only_files_of_its_own(folder, table, file):
    """A run.db that somebody else made must not have other files read."""
    with sqlite3.connect(folder / "run.db") as db:
        db.execute(f"UPDATE {table} SET file = ?", (file,))
    db.close()

    with open_run(folder) as run, pytest.raises(RunUnreadable, match="which is none of its folder"):
        getattr(run, table)()
