"""A reader sees what is there now, and leaves everything as it found it."""

import contextlib
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest

from kescape.run.errors import RunNotFound, RunUnreadable
from kescape.run.reader import Run, open_run
from kescape.run.writer import Column, RunWriter
from kescape.schedule import CosineRestarts


def test_what_a_run_knows(recorded):
    """Settings, plan, epochs and events come back as they were given."""
    with open_run(recorded) as run:
        assert run.name == "run"
        assert run.config["dataset"] == "spirals"
        assert run.plan == CosineRestarts(t_0=1, t_mult=2, eta_max=0.1, eta_min=0.001)
        assert run.placed.restarts(70) == [10, 30]
        assert run.restarts() == [10, 30]
        assert run.steps == 70
        assert [column.name for column in run.columns][-1] == "loss"
        assert run.status == "finished"
        assert run.end.step == 70
        assert run.error is None
        assert run.epochs()[1].values == {"loss": 0.5, "val_loss": 1.0}
        assert run.epochs(since=60) == run.epochs()[-1:]
        assert run.epoch_state() == (7, {"loss": 1 / 7, "val_loss": 2 / 7})
        [event] = run.events()
        assert (event.kind, event.step, event.data) == ("note", 35, {"a": 1})
        assert run.events(since_id=event.id) == []


def test_steps_can_be_read_without_their_numbers(recorded):
    with open_run(recorded) as run:
        numbered, plain = run.curves(20, ["loss"]), run.curves(20, ["loss"], numbered=False)

    assert numbered["step"].tolist() == list(range(20, 70))
    assert list(plain) == ["loss"]
    assert np.array_equal(plain["loss"], numbered["loss"])


def test_a_cursor_reads_on(open_writer, steps, tmp_path):
    """Whatever the blocks are, `since` gives exactly the steps from there on."""
    writer = open_writer()
    have = 0
    with open_run(tmp_path / "run") as run:
        for first in range(0, 9000, 75):
            writer.append(steps(first, 75))
            writer.flush()
            new = run.curves(since=have)
            assert new["step"].tolist() == list(range(have, first + 75))
            assert new["loss"].tobytes() == steps(have, first + 75 - have)["loss"].tobytes()
            have = run.steps
        for since in (0, 1, 4095, 4096, 4097, 8999, 9000, 12_000):
            expected = steps(since, max(0, 9000 - since))
            assert run.curves(since)["time"].tobytes() == expected["time"].tobytes()
        assert list(run.curves(names=["loss"])) == ["step", "loss"]
        with pytest.raises(KeyError, match="no column 'lost'"):
            run.curves(names=["lost"])


def test_a_column_of_a_later_segment_is_nan_before(open_writer, steps, tmp_path):
    """NaN, and -1 for whole numbers, stand where nothing was recorded."""
    writer = open_writer()
    writer.append(steps(0, 3))
    writer.close()
    writer = RunWriter.open(tmp_path / "run", kind="recorder", resume=True)
    writer.describe_columns([Column("loss", "float32", "", ""), Column("norm", "float32", "", "")])
    writer.append({"loss": [1.0, 2.0], "norm": [5.0, 6.0]})
    writer.close()

    with open_run(tmp_path / "run") as run:
        curves = run.curves()

    assert curves["norm"][3:].tolist() == [5.0, 6.0]
    assert np.isnan(curves["norm"][:3]).all()
    assert curves["epoch"].tolist() == [0, 0, 0, -1, -1]


def test_edits_by_hand_belong_to_the_placed_plan(open_writer, steps, tmp_path):
    """Cycle 1 begins by hand at step 4 instead of 10, and cycle 2 twenty steps later, as the plan has it."""
    plan = CosineRestarts(t_0=1, t_mult=2, eta_max=0.1)
    writer = open_writer(plan=plan.to_dict(), steps_per_epoch=10)
    writer.append(steps(0, 40))
    with open_run(tmp_path / "run") as run:
        assert run.restarts() == [10, 30]
        writer.plan_edit(4, "restart")
        assert run.restarts() == [4, 24]
        assert run.restarts(until=100) == [4, 24, 64]


def test_each_segment_has_its_own_cycles(open_writer, steps, tmp_path):
    """A second fit begins its plan afresh at the step where it begins."""
    plan = CosineRestarts(t_0=1, t_mult=1, eta_max=0.1).to_dict()
    writer = open_writer(plan=plan, steps_per_epoch=10)
    writer.append(steps(0, 25))
    writer.close()
    writer = open_writer(resume=True)
    writer.set_plan(plan, 4)
    writer.append(steps(25, 9))
    writer.flush()

    with open_run(tmp_path / "run") as run:
        cycles = [(start.step, start.cycle, start.is_restart) for start in run.cycles()]

    assert cycles == [
        (0, 0, False),
        (10, 1, True),
        (20, 2, True),
        (25, 0, False),
        (29, 1, True),
        (33, 2, True),
    ]


def test_without_steps_per_epoch_the_recorded_restarts_count(open_writer, steps, tmp_path):
    """A plan followed epoch by epoch cannot be placed on steps; its restarts are events."""
    writer = open_writer(plan=CosineRestarts(t_0=1, t_mult=1, eta_max=0.1).to_dict())
    writer.append(steps(0, 20))
    writer.event("restart", 7, "Restart", {"cycle": 1})
    writer.event("restart", 8, "by hand")

    with open_run(tmp_path / "run") as run:
        assert run.placed is None
        assert [(start.step, start.cycle) for start in run.cycles()] == [(0, 0), (7, 1)]
        assert run.restarts() == [7]


def test_a_plan_of_an_unknown_kind_is_no_plan(open_writer, tmp_path):
    """The curves of a newer or private plan can be read all the same."""
    open_writer(plan={"kind": "zigzag"}, steps_per_epoch=5)

    with open_run(tmp_path / "run") as run:
        assert run.plan is None
        assert run.placed is None
        assert run.cycles() == []


def test_a_run_that_is_only_asked_for(tmp_path):
    """Before the engine has written anything there is a name, a configuration and no steps."""
    (tmp_path / "config.toml").write_text('dataset = "digits"\n', "utf-8")

    with open_run(tmp_path) as run:
        assert run.status == "starting"
        assert run.config == {"dataset": "digits"}
        assert run.steps == 0
        assert run.curves()["step"].tolist() == []
        assert run.epochs() == []
        assert run.plan is None
        writer = RunWriter.open(tmp_path, kind="engine")
        writer.describe_columns([Column("loss", "float32", "", "")])
        writer.append({"loss": [1.0]})
        assert run.steps == 1
        assert run.status == "running"
        writer.close()


def test_no_run(tmp_path):
    """The path that was looked at is in the sentence."""
    with pytest.raises(RunNotFound, match=r"There is no run in '.*nothing'"):
        open_run(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["with spaces", "café #1", "a?b=c&mode=rw", "100%41", "x" * 200, "ключ-火"])
def test_names_that_a_uri_would_misread(open_writer, steps, tmp_path, name):
    """Spaces, é, #, ? and % in a path mean themselves; the reader never opens another file."""
    folder = tmp_path / name
    writer = open_writer(folder)
    writer.append(steps(0, 3))
    with open_run(folder) as run:
        assert run.steps == 3
        writer.end("finished")
        writer.close()
    with open_run(folder) as run:
        assert run.name == name
        assert run.status == "finished"
    assert os.listdir(tmp_path) == [name]  # noqa: PTH208


def test_reading_changes_nothing(recorded):
    """Not a byte, not a file beside it."""
    before = {path.name: path.stat().st_mtime_ns for path in recorded.iterdir()}
    content = (recorded / "run.db").read_bytes()

    for _ in range(3):
        with open_run(recorded) as run:
            run.curves()
            assert run.status == "finished"
            with pytest.raises(RunUnreadable, match="readonly"):
                run._rows("DELETE FROM blocks")

    assert {path.name: path.stat().st_mtime_ns for path in recorded.iterdir()} == before
    assert (recorded / "run.db").read_bytes() == content


def test_the_last_one_out_merges_the_log(open_writer, steps, tmp_path):
    """A writer cannot switch the journal mode while somebody reads; the last reader of an ended run does."""
    writer = open_writer()
    first, second = open_run(tmp_path / "run"), open_run(tmp_path / "run")
    writer.append(steps(0, 5))
    writer.end("stopped")
    assert (first.steps, second.steps) == (5, 5)
    writer.close()
    assert (tmp_path / "run" / "run.db-wal").exists()

    first.close()
    assert second.steps == 5
    second.close()

    assert not (tmp_path / "run" / "run.db-wal").exists()
    assert not (tmp_path / "run" / "run.db-shm").exists()
    db = sqlite3.connect(tmp_path / "run" / "run.db")
    assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    db.close()


def test_two_readers_while_a_writer_writes(open_writer, steps, tmp_path):
    """Both see a whole number of commits, never part of one, and in the end everything."""
    writer = open_writer()
    with open_run(tmp_path / "run") as one, open_run(tmp_path / "run") as two:
        for first in range(0, 12_000, 40):
            writer.append(steps(first, 40))
            if first % 120 == 0:
                writer.flush()
            for run in (one, two):
                curves = run.curves()
                assert len({len(values) for values in curves.values()}) == 1
                assert curves["loss"].tobytes() == steps(0, len(curves["step"]))["loss"].tobytes()
        writer.flush()
        assert one.steps == two.steps == 12_000


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("clean", [True, False])
def test_a_read_only_folder(clean):
    """A file in WAL mode opens without its log where none can be made; with an unmerged log it says what to do."""
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        folder = Path(temporary) / "run"
        Path(temporary).chmod(0o755)
        writer = RunWriter.open(folder, kind="recorder")
        writer.describe_columns([Column("loss", "float32", "", "")])
        writer.append({"loss": [1.0, 2.0]})
        writer.end("finished")
        if clean:
            # What a reader at the wrong moment leaves: all is merged, but the mode is not switched back.
            with open_run(folder):
                writer.close()
                for name in ("run.db-wal", "run.db-shm"):
                    (folder / name).unlink()
        code = textwrap.dedent(f"""
            import os
            from kescape.run.reader import open_run
            os.setuid(65534)
            with open_run({str(folder)!r}) as run:
                print(run.steps, run.status, run.curves()["loss"].tolist())
        """)
        if not clean:
            (folder / "run.db-shm").unlink()
        for path in folder.iterdir():
            path.chmod(0o755 if path.is_dir() else 0o444)
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        if not clean:
            writer.close()

    if clean:
        assert result.stdout == "2 finished [1.0, 2.0]\n", result.stderr
    else:
        assert "copy the folder to where you may write" in result.stderr


def test_a_damaged_file_is_a_sentence(recorded):
    """Whatever bytes are overwritten: an answer or RunUnreadable, never another exception."""
    content = (recorded / "run.db").read_bytes()
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(150):
        broken = bytearray(content)
        for position in rng.integers(0, len(broken), 40):
            broken[position] = rng.integers(256)
        (recorded / "run.db").write_bytes(bytes(broken[: rng.integers(1, len(broken) + 1)]))
        try:
            with open_run(recorded) as run:
                run.curves()
                run.epochs()
                run.events()
                assert run.status in ("finished", "interrupted", "starting")
        except RunUnreadable:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("UPDATE columns SET dtype = '|O'", "has the dtype"),
        ("UPDATE columns SET dtype = 'no such'", "has the dtype"),
        ("UPDATE blocks SET data = x'00010203040506' ", "cannot be read|damaged"),
        ("UPDATE blocks SET steps = 1 << 60", "claims 1152921504606846976 steps"),
        ("UPDATE blocks SET steps = -5", "claims -5 steps"),
        ("UPDATE blocks SET data = substr(data, 1, 16)", None),
    ],
)
def test_values_that_make_no_sense(recorded, damage, sentence):
    """They are refused as damaged; nothing asks for all the memory there is."""
    db = sqlite3.connect(recorded / "run.db")
    db.execute(damage)
    db.commit()
    db.close()

    with open_run(recorded) as run:
        if sentence is None:
            assert math.isnan(run.curves()["loss"][-1])
        else:
            with pytest.raises(RunUnreadable, match=sentence):
                run.curves()


@pytest.mark.parametrize(
    ("damage", "ask", "sentence"),
    [
        ("UPDATE sessions SET first_step = 'here'", Run.cycles, "the first_step of its Session is 'here'"),
        ("UPDATE epochs SET time = 'then'", Run.epochs, "the time of its EpochRow is 'then'"),
        ("UPDATE epochs SET value = 'low'", Run.epoch_state, "the 'loss' of an epoch is 'low'"),
        ("UPDATE meta SET value = 1e300 WHERE key = 'created'", Run.created.fget, r"created at 1e\+300 seconds"),
        ("UPDATE events SET text = zeroblob(1)", Run.events, r"the text of its Event is b'\\x00'"),
    ],
)
def test_a_value_of_another_type_is_damage(recorded, damage, ask, sentence):
    """SQLite keeps a text where a number belongs; who reads it is told, and gets no text."""
    with contextlib.closing(sqlite3.connect(recorded / "run.db")) as db:
        db.execute(damage)
        db.commit()

    with open_run(recorded) as run, pytest.raises(RunUnreadable, match=sentence):
        ask(run)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_pipe_in_its_place_is_not_waited_for(recorded):
    """Opening a named pipe would wait until somebody writes into it."""
    (recorded / "run.db").unlink()
    os.mkfifo(recorded / "run.db")

    with pytest.raises(RunUnreadable, match="is not a file"):
        open_run(recorded)


@pytest.mark.parametrize(
    "program",
    [
        "CREATE TRIGGER t AFTER INSERT ON acks BEGIN DELETE FROM blocks; END",
        "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    ],
)
def test_a_file_that_computes_is_no_run(recorded, program):
    """A view in the place of a table could compute for ever, a trigger change what a resume writes."""
    with contextlib.closing(sqlite3.connect(recorded / "run.db")) as db:
        db.execute(program)

    with pytest.raises(RunUnreadable, match="holds views or triggers"):
        open_run(recorded)


@pytest.fixture
def cut_off(recorded, tmp_path):
    """A run as a process leaves it that is killed while it writes into the file itself, not into its log."""
    with contextlib.closing(sqlite3.connect(recorded / "run.db", isolation_level=None)) as db:
        assert db.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE half (a)")
        db.execute("INSERT INTO half SELECT randomblob(20000) FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3)")
        shutil.copytree(recorded, tmp_path / "cut-off")
        db.execute("ROLLBACK")
    assert (tmp_path / "cut-off" / "run.db-journal").stat().st_size
    return tmp_path / "cut-off"


def test_what_was_half_written_is_undone(cut_off):
    """As SQLite asks for, whoever opens the run first."""
    with open_run(cut_off) as run:
        assert run.steps == 70
    assert not (cut_off / "run.db-journal").exists()


def test_a_journal_that_names_another_file_is_refused(cut_off, tmp_path):
    """SQLite would delete that file; whoever made such a run meant no good."""
    other = tmp_path / "other"
    other.write_text("mine")
    name = os.fsencode(other)
    journal = cut_off / "run.db-journal"
    tail = name + len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + bytes.fromhex("d9d505f920a163d7")
    journal.write_bytes(journal.read_bytes() + tail)

    with pytest.raises(RunUnreadable, match="its journal belongs to other files, too"), open_run(cut_off) as run:
        _ = run.steps

    assert other.read_text() == "mine"
