"""The file is what its description says: read here with the standard library alone, and with the sqlite3 shell."""

import contextlib
import math
import re
import shutil
import sqlite3
import subprocess

import numpy as np
import pytest

from kescape.run import schema
from kescape.run.errors import RunUnreadable
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter


def test_blocks_read_as_the_description_says(recorded, steps):
    """The Python lines of the module's docstring give back every loss, bit for bit."""
    with sqlite3.connect(recorded / "run.db") as db:
        rows = db.execute(
            "SELECT dtype, data FROM blocks JOIN columns ON columns.id = column_id "
            "WHERE name = 'loss' ORDER BY first_step"
        ).fetchall()
    db.close()

    loss = np.concatenate([np.frombuffer(data, dtype) for dtype, data in rows])

    assert loss.tobytes() == steps(0, 70)["loss"].tobytes()


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the sqlite3 shell is not installed")
def test_the_queries_of_the_description_work_in_the_shell(recorded):
    """Each query in the docstring runs as it stands there."""
    text = schema.__doc__.split("In the `sqlite3` shell:")[1].split("In Python")[0]

    result = subprocess.run(
        ["sqlite3", "-readonly", str(recorded / "run.db")],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )

    lines = result.stdout.splitlines()
    assert lines[0] == "0|loss|1.0"
    # Between step and kind stands how long the recording had taken until then.
    assert any(re.fullmatch(r"35\|\d+\.\d\|note\|something", line) for line in lines)
    assert "70" in lines  # steps recorded
    first_loss = np.float32(3.0).tobytes().hex().upper()
    assert lines[-1].startswith(f"0|70|{first_loss}")


def test_nan_is_null_and_infinity_itself(open_writer, tmp_path):
    """SQLite has no NaN; the reader makes it one again."""
    writer = open_writer()
    writer.epoch(0, 9, {"a": math.nan, "b": math.inf})
    writer.close()

    db = sqlite3.connect(tmp_path / "run" / "run.db")
    stored = db.execute("SELECT value FROM epochs ORDER BY name").fetchall()
    db.close()
    with open_run(tmp_path / "run") as run:
        values = run.epochs()[0].values

    assert stored == [(None,), (math.inf,)]
    assert math.isnan(values["a"])
    assert values["b"] == math.inf


def test_a_newer_file_gets_a_plain_sentence(recorded):
    """Reading or writing it could destroy what this version does not know."""
    db = sqlite3.connect(recorded / "run.db")
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    before = (recorded / "run.db").read_bytes()

    with pytest.raises(RunUnreadable, match=r"newer KEscape \(format 99, this one reads up to 3\)"):
        open_run(recorded)
    with pytest.raises(RunUnreadable, match="newer KEscape"):
        RunWriter.open(recorded, kind="engine", resume=True)

    assert (recorded / "run.db").read_bytes() == before


def test_a_foreign_database_is_left_alone(tmp_path):
    """A SQLite file of another program is neither read nor written."""
    path = tmp_path / "run" / "run.db"
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE bookmarks (url)")
    db.commit()
    db.close()
    before = path.read_bytes()

    with pytest.raises(RunUnreadable, match="not a run of KEscape"):
        open_run(path.parent)
    with pytest.raises(RunUnreadable, match="not a run of KEscape"):
        RunWriter.open(path.parent, kind="engine", resume=True)

    assert path.read_bytes() == before


def test_migrations_run_once_each_in_one_transaction(tmp_path, monkeypatch):
    """A migration that fails leaves the file as it was; the next try does all that is missing."""
    calls, known = [], schema.VERSION

    def another(db):
        calls.append("another")
        db.execute("CREATE TABLE extra (x)")
        if len(calls) == 1:
            raise sqlite3.OperationalError("no luck")

    db = sqlite3.connect(tmp_path / "run.db", isolation_level=None)
    schema.migrate(db, "run.db")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, another))
    monkeypatch.setattr(schema, "VERSION", known + 1)

    with pytest.raises(sqlite3.OperationalError, match="no luck"):
        schema.migrate(db, "run.db")
    assert db.execute("PRAGMA user_version").fetchone() == (known,)
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)

    schema.migrate(db, "run.db")
    schema.migrate(db, "run.db")
    assert db.execute("PRAGMA user_version").fetchone() == (known + 1,)
    assert calls == ["another", "another"]
    db.close()


def test_a_file_that_is_made_at_this_moment_is_no_foreign_one(tmp_path):
    """A writer commits its tables between any two of the questions: still empty, or whole, never foreign."""
    for moment in range(1, 4):
        path = tmp_path / f"{moment}.db"
        asked = []
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:

            def make(statement, path=path, asked=asked, moment=moment):
                asked.append(statement)
                if len(asked) == moment:
                    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
                        schema.migrate(writer, "run.db")

            reader.set_trace_callback(make)
            assert schema.file_version(reader, "run.db") in (0, schema.VERSION)
            reader.set_trace_callback(None)
            assert schema.file_version(reader, "run.db") == schema.VERSION
