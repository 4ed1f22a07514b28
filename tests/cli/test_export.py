"""`kescape export`: what is written where; exit code 1 where it cannot be written, 2 where it was asked wrong."""

import sqlite3
import sys

import pytest
from PIL import Image

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
        (["first", "--size", "A4"], 2, "size must be column, page, slide or poster, because text and lines fit"),
        (["first", "--format", "png", "--theme", "blue"], 2, "theme must be light, dark or grey"),
        (["first", "--format", "png", "--dpi", "5000"], 2, "from 50 to 1200; got 5000"),
        (["first", "--format", "svg", "--dpi", "600"], 2, "dpi can be chosen for png, but not for svg; got dpi=600"),
        (["first", "--size", "slide"], 2, "size can be chosen for pdf, png, svg, but not for csv; got size='slide'"),
        (["first", "--from-step", "-1"], 2, "--from-step must be >= 0, because steps count from 0; got -1"),
        (["first", "--from-step", "2", "--to-step", "1"], 2, "--to-step must be >= --from-step, because both"),
        (["first", "--format", "zip", "--to-step", "1"], 2, "steps can be chosen for csv, npz, parquet, pdf, png, svg"),
        (["first", "--from-step", "3"], 1, "has recorded steps 0 to 2, so there is nothing in steps from 3 on."),
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


def test_a_part_and_a_look(runs, tmp_path, capsys):
    """Two of the three steps as a table, and as a dark picture for a slide, 13.33 inches of 60 dots wide."""
    table, picture = tmp_path / "a.csv", tmp_path / "a.png"
    assert (
        run(["export", "first", "--runs", str(runs), "--output", str(table), "--from-step", "1", "--to-step", "2"]) == 0
    )
    look = ["--size", "slide", "--theme", "dark", "--dpi", "60", "--to-step", "1"]
    assert run(["export", "first", "--runs", str(runs), "--output", str(picture), *look]) == 0

    assert table.read_text("utf-8") == "step,loss\n1,2.0\n2,1.0\n"
    with Image.open(picture) as opened:
        assert opened.size == (800, 450)
        assert opened.convert("RGB").getpixel((2, 2)) == (0x16, 0x18, 0x1B)


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
