"""The folder of a run here follows the one where it is trained, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from kescape.compare.cluster.mirror import Changes, Mirror, Original, files_of
from kescape.config import RunConfig
from kescape.engine.launch import prepare_run
from kescape.run.commands import Command
from kescape.run.errors import RunLocked, RunUnreadable, RunUnwritable
from kescape.run.folder import CHECKPOINTS, ENGINE_LOG, GO_ON, SNAPSHOTS
from kescape.run.reader import open_run
from kescape.run.writer import Column, RunWriter

CONFIG = RunConfig(dataset="wine", model="logistic", epochs=3, batch_size=32, t_0=1.0)
COLUMNS = [Column("loss", "float32", "", "true loss of the batch"), Column("time", "float64", "s", "end of the step")]


@pytest.fixture
def both(tmp_path):
    """The folders of a run: where it is trained, and here."""
    here = prepare_run(CONFIG, tmp_path / "here", "run")
    there = tmp_path / "there" / "run"
    _send(here, there)
    return there, here


@pytest.fixture
def open_there(both):
    """Opens the run where it is trained; closed when the test ends."""
    opened = []

    def open_(**facts):
        writer = RunWriter.open(both[0], kind="engine", config=CONFIG.model_dump(), **facts)
        writer.describe_columns(COLUMNS)
        opened.append(writer)
        return writer

    yield open_
    for writer in opened:
        writer.close()


def _send(source, target):
    target.mkdir(parents=True)
    for name, content in files_of(source).items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(content)


def _steps(first, count):
    return {"loss": np.arange(first, first + count, dtype=np.float32), "time": np.arange(first, first + count) / 8}


def _tables(folder):
    """All that a run's database holds, apart from the note that it is a mirror."""
    with contextlib.closing(sqlite3.connect(folder / "run.db")) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        tables = {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in names}
    tables["meta"] = [row for row in tables["meta"] if row[0] != "mirrored"]
    return tables


def _files(folder):
    names = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "run.db"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in names if path.name != "engine.lock"}


def test_a_whole_life_is_the_same_here(both, open_there):
    """Small blocks that are merged, rows that are replaced, files that come and go, a log that grows, and an end."""
    there, here = both
    original, mirror = Original(there), Mirror(here)
    writer = open_there()
    for folder in (CHECKPOINTS, SNAPSHOTS):
        (there / folder).mkdir()
    for part in range(60):
        writer.append(_steps(100 * part, 100))
        writer.flush()
        writer.epoch(part, 100 * part + 99, {"val_loss": 1.0 / (1 + part)})
        writer.event("note", 100 * part, f"part {part}")
        writer.snapshot(100 * part, part, "last_cycle", "model.keras", f"cycle {part}")
        (there / f"{CHECKPOINTS}/step-{part}.npz").write_bytes(bytes([part]) * 50)
        (there / f"{CHECKPOINTS}/step-{part - 2}.npz").unlink(missing_ok=True)
        (there / f"{SNAPSHOTS}/best.weights.h5").write_bytes(bytes([part]) * 20)
        with (there / ENGINE_LOG).open("a") as log:
            log.write(f"part {part}\n")
        mirror.apply(original.changes())
    writer.ack(Command("1", writer.session, "pause", {}, 0.0, None, there), 5, "done")
    writer.end("finished")
    writer.close()
    mirror.apply(original.changes(last=True))
    mirror.close()

    assert _tables(here) == _tables(there)
    assert _files(here) == _files(there)
    assert sorted(path.name for path in (here / CHECKPOINTS).iterdir()) == ["step-58.npz", "step-59.npz"]
    with open_run(here) as run:
        assert (str(run.status), run.steps) == ("finished", 6000)
        np.testing.assert_array_equal(run.curves()["loss"], np.arange(6000))
    assert not (here / "run.db-wal").exists()


def test_each_step_is_brought_once_and_merged_once(both, open_there):
    """A training of 200,000 steps brings each of its 12 bytes a step twice at most, however often one looks."""
    there, here = both
    original, mirror = Original(there), Mirror(here)
    writer = open_there()
    brought = 0
    for first in range(0, 200_000, 500):
        writer.append(_steps(first, 500))
        writer.flush()
        changes = original.changes()
        brought += sum(len(row[-1]) for row in changes.rows.get("blocks", []))
        mirror.apply(changes)
    assert not original.changes(last=True)
    mirror.close()

    assert 12 * 200_000 <= brought <= 2 * 12 * 200_000
    with open_run(here) as run:
        np.testing.assert_array_equal(run.curves()["loss"], np.arange(200_000))


def test_what_is_set_aside_there_is_set_aside_here(both, open_there, tmp_path):
    """A training that goes on from a checkpoint, sent as a whole, brings only what that changed."""
    there, here = both
    original, mirror = Original(there), Mirror(here)
    writer = open_there()
    for first in range(0, 9000, 1000):
        writer.append(_steps(first, 1000))
        writer.flush()
        writer.epoch(first // 1000, first + 999, {"loss": 1.0})
    mirror.apply(original.changes())
    mirror.close()
    again = tmp_path / "again" / "run"
    _send(here, again)

    original, mirror = Original(again), Mirror(here)
    writer = RunWriter.open(again, kind="engine", config=CONFIG.model_dump(), resume=True, go_on_at=(5500, 5))
    writer.describe_columns(COLUMNS)
    writer.append(_steps(20_000, 1000))
    writer.flush()
    changes = original.changes()
    mirror.apply(changes)

    assert _tables(here) == _tables(again)
    assert sum(len(row[-1]) for row in changes.rows["blocks"]) < 12 * 3000
    with open_run(here) as run:
        assert run.curves()["loss"][[5499, 5500, 6499]].tolist() == [5499, 20_000, 20_999]
        assert [cut.steps for cut in run.cuts()] == [3500]
    writer.close()
    mirror.close()


def test_a_reader_here_sees_it_live_and_whole(both, open_there):
    """It has the run open all the time: steps only grow, and each is the number that it should be."""
    there, here = both
    original, mirror = Original(there), Mirror(here)
    writer = open_there()
    writer.append(_steps(0, 10))
    writer.flush()
    mirror.apply(original.changes())
    seen, problems, is_over = [], [], threading.Event()

    def read():
        with open_run(here) as run:
            while not is_over.is_set():
                loss = run.curves()["loss"]
                if not np.array_equal(loss, np.arange(len(loss))) or str(run.status) != "running":
                    problems.append((len(loss), run.status))
                seen.append(len(loss))

    reader = threading.Thread(target=read)
    reader.start()
    for part in range(1, 120):
        writer.append(_steps(100 * part - 90, 100))
        writer.flush()
        mirror.apply(original.changes())
        time.sleep(0.005)
    is_over.set()
    reader.join()
    mirror.close()

    assert not problems
    assert seen == sorted(seen)
    assert len(set(seen)) > 10


def test_a_run_that_nobody_brings_any_more_is_interrupted_and_can_be_brought_again(both, open_there, monkeypatch):
    """Its sessions name another computer; its lock was held here."""
    there, here = both
    monkeypatch.setattr("kescape.run.writer.platform.node", lambda: "node-7")
    writer = open_there()
    monkeypatch.undo()
    mirror = Mirror(here)
    writer.append(_steps(0, 10))
    writer.flush()
    original = Original(there)
    original._open = {name: {} for name in original._open}  # as if all were new
    mirror.apply(original.changes(last=True))

    with open_run(here) as run:
        assert (run.sessions[-1].host, str(run.status)) == ("node-7", "running")
        mirror.close()
        assert str(run.status) == "interrupted"
    Mirror(here).close()


def test_it_says_starting_until_the_training_goes_on(both, open_there):
    """The request is removed by whoever brings the new session."""
    there, here = both
    (here / GO_ON).write_text("{}")
    original, mirror = Original(there), Mirror(here)
    mirror.apply(Changes(log=b"importing\n"))
    assert (here / GO_ON).exists()

    open_there()
    mirror.apply(original.changes())
    assert not (here / GO_ON).exists()
    mirror.close()


def test_two_cannot_bring_one_run(both):
    """The second is refused, as a second engine would be."""
    _, here = both
    mirror = Mirror(here)

    with pytest.raises(RunLocked, match="'run' is in use"):
        Mirror(here)
    mirror.close()


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/tmp/outside",
        "checkpoints/../../outside",
        "checkpoints/..",
        "checkpoints/.hidden",
        "snapshots/a/b",
        "checkpoints\\..\\outside",
        "C:\\outside",
        "commands/1.json",
        "run.db",
        "engine.lock",
        "labels.json",
        "config.toml\n",
        "",
    ],
)
def test_nothing_is_written_or_removed_but_files_of_a_training(both, tmp_path, name):
    """Whatever a name says, nothing outside the folder changes, and nothing of it that is somebody else's."""
    _, here = both
    (tmp_path / "here" / "outside").write_text("mine")
    before = _files(tmp_path)
    mirror = Mirror(here)

    with pytest.raises(RunUnreadable, match="which no run has"):
        mirror.apply(Changes(files={name: b"evil"}))
    with pytest.raises(RunUnreadable, match="which no run has"):
        mirror.apply(Changes(removed=[name]))
    mirror.close()
    assert _files(tmp_path) == before


@pytest.mark.parametrize(
    "changes",
    [
        Changes(rows={"sqlite_master": [("trigger", "t", "t", 0, "CREATE TRIGGER")]}),
        Changes(gone={"meta; DROP TABLE meta": [("name",)]}),
        Changes(rows={"ends": [("session", 0.0, 1)]}),
        Changes(rows={"ends": [("session", 0.0, 1, None, None)]}),
        Changes(rows={"ends": [("session", 0.0, 2**70, "finished", None)]}),
        Changes(rows={"ends": [("session", 0.0, [], "finished", None)]}),
        Changes(rows={"ends": [("\ud800", 0.0, 1, "finished", None)]}),
        Changes(rows={"events": [("one", 0, 0.0, "", "", "", None)]}),
    ],
)
def test_rows_that_no_run_has_are_refused_and_leave_it_as_it_was(both, open_there, changes):
    there, here = both
    original, mirror = Original(there), Mirror(here)
    open_there()
    mirror.apply(original.changes())
    before = _tables(here)

    with pytest.raises(RunUnreadable, match="no run has"):
        mirror.apply(changes)
    assert _tables(here) == before
    mirror.close()


def test_a_folder_that_was_removed_here_is_not_made_anew(both, open_there):
    """Who deletes a run while it is trained finds it deleted."""
    there, here = both
    original, mirror = Original(there), Mirror(here)
    open_there()
    mirror.apply(original.changes())
    for path in sorted(here.rglob("*"), reverse=True):
        path.unlink()
    here.rmdir()
    (there / "model.keras").write_bytes(b"new")

    with pytest.raises(RunUnwritable):
        mirror.apply(original.changes())
    with pytest.raises(RunUnwritable, match="is gone"):
        mirror.apply(Changes(rows={"meta": [("name", "run")]}))
    mirror.close()
    assert not here.exists()


_APPLIER = """
import pickle, sys
from pathlib import Path
from kescape.compare.cluster.mirror import Mirror
mirror = Mirror(Path(sys.argv[1]))
print("ready", flush=True)
for changes in pickle.loads(Path(sys.argv[2]).read_bytes()):
    mirror.apply(changes)
    print("done", flush=True)
"""


def test_a_kill_at_any_moment_leaves_a_whole_run(both, open_there, tmp_path):
    """The one that brings a run is killed at six random moments; its database is whole and at one of the looks."""
    import pickle

    there, here = both
    original = Original(there)
    writer = open_there()
    (there / CHECKPOINTS).mkdir()
    looks = []
    for part in range(200):
        writer.append(_steps(500 * part, 500))
        writer.flush()
        (there / f"{CHECKPOINTS}/step-{part}.npz").write_bytes(bytes(20_000))
        writer.checkpoint(500 * part + 500, part, 0, "time", f"{CHECKPOINTS}/step-{part}.npz")
        looks.append(original.changes())
    (tmp_path / "looks").write_bytes(pickle.dumps(looks))
    chance = random.Random(5)
    for number in range(6):
        copy = tmp_path / f"copy-{number}" / "run"
        copy.mkdir(parents=True)
        (copy / "config.toml").write_bytes((here / "config.toml").read_bytes())
        process = subprocess.Popen(
            [sys.executable, "-c", _APPLIER, str(copy), str(tmp_path / "looks")], stdout=subprocess.PIPE
        )
        with process:
            assert process.stdout.readline() == b"ready\n"
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.3))
            os.kill(process.pid, signal.SIGKILL)

        with contextlib.closing(sqlite3.connect(copy / "run.db")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with open_run(copy) as run:
            assert run.steps % 500 == 0
            np.testing.assert_array_equal(run.curves()["loss"], np.arange(run.steps))
            assert run.checkpoints()[-1].step == run.steps
            assert all((copy / row.file).stat().st_size == 20_000 for row in run.checkpoints())
