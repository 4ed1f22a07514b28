"""Zips: everything of a run that is worth handing on, live or ended, and nothing else."""

import csv
import io
import sqlite3
import zipfile

import pytest

from kescape.run.reader import open_run


@pytest.fixture
def whole(recorded):
    """A run folder with everything that may lie in one."""
    (recorded / "config.toml").write_text("epochs = 7\n", "utf-8")
    (recorded / "preprocessing.json").write_text("{}", "utf-8")
    (recorded / "model.keras").write_bytes(b"model")
    (recorded / "best-validation.keras").write_bytes(b"model")
    (recorded / "snapshots").mkdir()
    (recorded / "snapshots" / "cycle-0.weights.h5").write_bytes(b"weights")
    for name in (".model.keras", "snapshots/.half.weights.h5", "engine.log", "commands/x.json"):
        (recorded / name).write_bytes(b"/home/me")
    (recorded / "checkpoints").mkdir()
    (recorded / "checkpoints" / "a.weights.h5").write_bytes(b"for a resume on this computer")
    return recorded


def test_what_is_in_it(whole, tmp_path):
    with open_run(whole) as run:
        run.export(tmp_path / "a.zip")

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [
            "README.txt",
            "best-validation.keras",
            "config.toml",
            "curves.csv",
            "curves.png",
            "epochs.csv",
            "model.keras",
            "preprocessing.json",
            "run.db",
            "snapshots/cycle-0.weights.h5",
        ]
        assert archive.read("model.keras") == b"model"
        assert archive.read("snapshots/cycle-0.weights.h5") == b"weights"
        readme = archive.read("README.txt").decode()
        for name in set(archive.namelist()) - {"README.txt"}:
            assert name.split("/")[0] in readme
        assert archive.read("curves.png").startswith(b"\x89PNG")
        assert len(list(csv.reader(io.StringIO(archive.read("epochs.csv").decode())))) == 8
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.zip", "run"]


def test_a_live_run_is_copied_as_it_is_at_one_moment(open_writer, steps, tmp_path):
    """Table and database tell the same number of steps, with no log beside them, and the run goes on."""
    writer = open_writer(steps_per_epoch=10)
    writer.append(steps(0, 25))
    writer.flush()
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.zip")
    writer.append(steps(25, 5))
    writer.flush()

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert sorted(archive.namelist()) == ["README.txt", "curves.csv", "curves.png", "run.db"]
        archive.extract("run.db", tmp_path / "copy")
        assert archive.read("curves.csv").decode().count("\n") == 26
    db = sqlite3.connect(f"{(tmp_path / 'copy' / 'run.db').as_uri()}?mode=ro", uri=True)
    assert db.execute("SELECT max(first_step + steps) FROM blocks").fetchone() == (25,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    db.close()
    with open_run(tmp_path / "run") as run:
        assert run.steps == 30
