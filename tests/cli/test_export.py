"""`kescape export`: what is written where; exit code 1 where it cannot be written, 2 where it was asked wrong."""

import sqlite3
import sys

import pytest

from kescape.cli.main import run
from kescape.run.writer import Column, RunWriter


@pytest.fixture
def runs(tmp_path):
    """A runs folder with a run of three steps, and one that ended before its first."""
    for name, losses in (("first", [3.0, 2.0, 1.0]), ("none", [])):
        writer = RunWriter.open(tmp_path / "runs" / name, kind="recorder")
        writer.describe_columns([Column("loss", "float32", "", "")])
        writer.append({"loss": losses})
        writer.end("finished")
        writer.close()
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("kind", "written"), [(None, "first.csv"), ("zip", "first.zip"), ("TensorBoard", "first.tensorboard")]
)
def test_a_name_for_the_output_is_found(runs, tmp_path, monkeypatch, capsys, kind, written):
    monkeypatch.chdir(tmp_path)
    assert run(["export", "first", "--runs", str(runs), *(["--format", kind] if kind else [])]) == 0
    assert (tmp_path / written).exists()
    assert capsys.readouterr().out.startswith(str(tmp_path / written))


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["first", "--format", "xlsx"], 2, "The format 'xlsx' is none that KEscape writes: choose csv, json"),
        (["first", "--output", "a.xlsx"], 2, "The suffix '.xlsx' of 'a.xlsx' is none"),
        (["first", "--output", "no/a.csv"], 2, "no' does not exist"),
        (["first", "--format", "tensorboard", "--output", "runs"], 2, "exists already; give the name of a new folder"),
        (["none"], 1, "The run 'none' has no recorded step yet"),
        (["none", "--format", "png"], 1, "The run 'none' has no recorded loss yet"),
        (["none", "--format", "tensorboard"], 1, "The run 'none' has no recorded step or epoch yet"),
    ],
)
def test_what_cannot_be_written(runs, tmp_path, monkeypatch, capsys, arguments, code, sentence):
    monkeypatch.chdir(tmp_path)
    assert run(["export", *arguments, "--runs", str(runs)]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["runs"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a folder that takes no file from anybody")
@pytest.mark.parametrize("kind", ["csv", "zip", "tensorboard"])
def test_where_nothing_may_be_written_it_failed(runs, capsys, kind):
    """Nothing can be made in /proc, by root either."""
    assert run(["export", "first", "--runs", str(runs), "--format", kind, "--output", f"/proc/a.{kind}"]) == 1
    assert f"'/proc/a.{kind}' cannot be written: " in capsys.readouterr().err


def test_a_copy_that_finds_no_room_says_so(runs, tmp_path, monkeypatch, capsys):
    """SQLite has words of its own for a full disk, which are not about the run."""

    class Full(sqlite3.Connection):
        def backup(self, *args, **options):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, factory=Full, **options))
    assert run(["export", "first", "--runs", str(runs), "--output", str(tmp_path / "a.zip")]) == 1
    assert "a.zip' cannot be written: No space left on device." in capsys.readouterr().err
