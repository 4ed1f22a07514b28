"""A list of runs, whatever state each is in."""

import sqlite3
import time

import pytest

import kescape.run.listing as listing
from kescape.run.folder import remember_run
from kescape.run.listing import list_runs
from kescape.run.writer import RunWriter


def test_one_line_a_run(recorded, open_writer, steps, tmp_path):
    """The newest first, with what a list shows."""
    writer = open_writer(tmp_path / "second", config={"epochs": 3})
    writer.append(steps(0, 5))
    writer.flush()
    (tmp_path / "no run").mkdir()
    (tmp_path / "file").write_text("", "utf-8")

    second, first = list_runs(tmp_path)

    assert (second.name, second.status, second.steps, second.epochs_total) == ("second", "running", 5, 3)
    assert (first.name, first.status, first.problem) == ("run", "finished", None)
    assert (first.steps, first.epochs_done, first.epochs_total) == (70, 7, 7)
    assert first.metrics == {"loss": 1 / 7, "val_loss": 2 / 7}
    assert first.config["dataset"] == "spirals"
    writer.append(steps(5, 2))
    writer.flush()
    assert list_runs(tmp_path)[0].steps == 7


def test_bad_runs_are_lines_with_a_sentence(recorded, tmp_path):
    """Corrupt, foreign, newer, empty, a folder in its place: none keeps the others from being listed."""
    for name in ("corrupt", "foreign", "newer", "empty", "folder", "nonsense"):
        (tmp_path / name).mkdir()
    (tmp_path / "corrupt" / "run.db").write_bytes(b"this is no database, and long enough to see" * 100)
    (tmp_path / "empty" / "run.db").write_bytes(b"")
    (tmp_path / "folder" / "run.db").mkdir()
    with sqlite3.connect(tmp_path / "foreign" / "run.db") as db:
        db.execute("CREATE TABLE t (x)")
    db.close()
    for name, sql in (("newer", "PRAGMA user_version = 7"), ("nonsense", "UPDATE meta SET value = 'x'")):
        (tmp_path / name / "run.db").write_bytes((recorded / "run.db").read_bytes())
        with sqlite3.connect(tmp_path / name / "run.db") as db:
            db.execute(sql)
        db.close()

    runs = {run.name: run for run in list_runs(tmp_path)}

    assert "not a database" in runs["corrupt"].problem
    assert "not a run of KEscape" in runs["foreign"].problem
    assert "newer KEscape" in runs["newer"].problem
    assert "damaged" in runs["nonsense"].problem
    assert "is not a file" in runs["folder"].problem
    assert runs["empty"].problem is None
    assert runs["empty"].status == "starting"
    assert runs["run"].problem is None
    assert {runs[name].status for name in ("corrupt", "foreign", "newer", "folder")} == {"unknown"}


def test_remembered_runs_are_listed_on_request(recorded, tmp_path):
    """Those recorded to a path of the user's own, each once."""
    runs = tmp_path / "runs"
    runs.mkdir()
    remember_run(recorded)

    assert list_runs(runs) == []
    assert [run.path for run in list_runs(runs, remembered=True)] == [recorded]
    assert [run.path for run in list_runs(tmp_path, remembered=True)] == [recorded]
    assert list_runs(tmp_path / "nothing") == []


def test_a_deleted_run_is_gone(recorded, tmp_path):
    import shutil

    assert len(list_runs(tmp_path)) == 1
    shutil.rmtree(recorded)
    assert list_runs(tmp_path) == []


def test_ended_runs_are_read_once(recorded, tmp_path, monkeypatch):
    """The window asks every two seconds: only what has changed is opened again."""
    [before] = list_runs(tmp_path)
    opened = []
    real = listing.open_run
    monkeypatch.setattr(listing, "open_run", lambda path: opened.append(path) or real(path))

    assert list_runs(tmp_path) == [before]
    assert opened == []

    writer = RunWriter.open(recorded, kind="recorder", resume=True)
    assert list_runs(tmp_path)[0].status == "running"
    writer.end("stopped")
    writer.close()
    assert list_runs(tmp_path)[0].status == "stopped"
    assert len(opened) == 2
    assert list_runs(tmp_path)[0].status == "stopped"
    assert len(opened) == 2


@pytest.mark.slow
def test_a_hundred_runs_are_listed_at_once(recorded, tmp_path):
    """The first time within a second, then within a tenth."""
    import shutil

    for number in range(100):
        shutil.copytree(recorded, tmp_path / f"copy {number}")
    start = time.perf_counter()
    assert len(list_runs(tmp_path)) == 101
    middle = time.perf_counter()
    list_runs(tmp_path)
    assert middle - start < 1.0
    assert time.perf_counter() - middle < 0.1
