"""One way to every format, and clear words where there is none."""

import dataclasses
import subprocess
import sys

import pytest

from kescape.run.errors import ExportError, ExportUnwritable, NothingToExport
from kescape.run.export import FORMATS, FigureOptions
from kescape.run.reader import open_run


def test_the_format_is_what_was_said_or_what_the_suffix_says(recorded, tmp_path):
    assert list(FORMATS) == ["csv", "json", "npz", "parquet", "pdf", "png", "script", "svg", "tensorboard", "zip"]
    with open_run(recorded) as run:
        for kind, chosen in FORMATS.items():
            if kind == "script":
                continue  # only of what KEscape trained
            by_suffix, by_name = tmp_path / f"out.{chosen.suffix.upper()}", tmp_path / f"of {kind}"
            run.export(by_suffix)
            run.export(by_name, format=kind)
            assert by_suffix.is_dir() == by_name.is_dir() == chosen.is_folder
            assert size(by_name) == pytest.approx(size(by_suffix), rel=0.01)


def size(path):
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")))


@pytest.mark.parametrize(
    ("path", "options", "sentence"),
    [
        ("a.xlsx", {}, r"suffix '.xlsx' of 'a.xlsx' is none that KEscape writes: choose csv, json, npz, parquet"),
        ("a", {}, "choose csv"),
        ("a.csv", {"format": "doc"}, "format 'doc' is none"),
        ("a.csv", {"level": "batch"}, "level must be 'step', 'epoch' or 'restart'"),
        ("no/such/a.csv", {}, "folder '.*no/such' does not exist"),
        ("run", {"format": "csv"}, "is a folder"),
        ("a.csv", {"steps": (5, 3)}, r"steps must be \(first, last\) with 0 <= first <= last; got \(5, 3\)$"),
        ("a.csv", {"steps": (-1, 3)}, r"with 0 <= first <= last; got \(-1, 3\)$"),
        ("a.csv", {"steps": (0, 3.5)}, r"steps must be \(first, last\), two whole numbers; got \(0, 3.5\)$"),
        ("a.csv", {"steps": 5}, r"two whole numbers; got 5$"),
        ("a.csv", {"steps": "59"}, r"two whole numbers; got '59'$"),
        (
            "a.json",
            {"steps": (1, 2)},
            r"steps can be chosen for csv, npz, .*svg, but not for json; got steps=\(1, 2\)$",
        ),
        (
            "a.png",
            {"level": "epoch"},
            r"level can be chosen for csv, npz, parquet, but not for png; got level='epoch'$",
        ),
        (
            "a.csv",
            {"figure": FigureOptions("slide")},
            r"size can be .* pdf, png, svg, but not for csv; got size='slide'$",
        ),
        ("a.zip", {"figure": FigureOptions(theme="dark")}, r"theme can be .*, but not for zip; got theme='dark'$"),
        ("a.pdf", {"figure": FigureOptions(dpi=600)}, r"dpi can be chosen for png, but not for pdf; got dpi=600$"),
    ],
)
def test_what_cannot_be_done_is_said(recorded, tmp_path, path, options, sentence):
    with open_run(recorded) as run, pytest.raises(ExportError, match=sentence):
        run.export(tmp_path / path, **options)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"size": "A4"}, r"^size must be column, page, slide or poster, because text and lines fit those; got 'A4'$"),
        ({"theme": "blue"}, r"^theme must be light, dark or grey, because those have colours; got 'blue'$"),
        ({"dpi": 49}, r"^dpi must be a whole number of dots an inch from 50 to 1200; got 49$"),
        ({"dpi": 1201}, r"got 1201$"),
        ({"dpi": 72.5}, r"got 72.5$"),
        ({"dpi": True}, r"got True$"),
        (
            {"size": "poster", "dpi": 1200},
            r"^dpi is too high for size poster, .* got 1200, which makes 19,842 x 13,228$",
        ),
    ],
)
def test_a_figure_that_cannot_be_is_refused_by_name(options, sentence):
    with pytest.raises(ExportError, match=sentence):
        FigureOptions(**options)


def test_a_failure_leaves_the_old_file(recorded, tmp_path, monkeypatch):
    """A file appears whole or not at all, and nothing is left beside it."""
    (tmp_path / "a.csv").write_text("precious", "utf-8")

    def fail(table, path):
        path.write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    failing = dataclasses.replace(FORMATS["csv"], write=lambda run, path, options: fail(run, path))
    monkeypatch.setitem(FORMATS, "csv", failing)
    with open_run(recorded) as run, pytest.raises(ExportUnwritable, match="No space left on device"):
        run.export(tmp_path / "a.csv")

    assert (tmp_path / "a.csv").read_text("utf-8") == "precious"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.csv", "run"]


def test_a_folder_appears_whole_or_not_at_all(recorded, tmp_path, monkeypatch):
    """And an empty one is used, where one with something in it is left alone."""

    def fail(run, folder, options):
        (folder / "half").write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_text("x", "utf-8")
    with open_run(recorded) as run:
        run.export(tmp_path / "empty", format="tensorboard")
        assert sorted(entry.name for entry in (tmp_path / "empty").iterdir())[1] == "validation"
        for taken in ("full", "full/precious"):
            with pytest.raises(ExportError, match=f"{taken}' exists already; give the name of a new folder"):
                run.export(tmp_path / taken, format="tensorboard")
        monkeypatch.setitem(FORMATS, "tensorboard", dataclasses.replace(FORMATS["tensorboard"], write=fail))
        with pytest.raises(ExportUnwritable, match="No space left on device"):
            run.export(tmp_path / "new.tensorboard")

    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["empty", "full", "run"]
    assert [entry.name for entry in (tmp_path / "full").iterdir()] == ["precious"]


@pytest.mark.parametrize("kind", ["csv", "npz", "parquet", "pdf", "png", "svg", "tensorboard"])
def test_a_run_without_anything_recorded_is_refused(open_writer, tmp_path, kind):
    """JSON and zip hold the settings, too; the others would be empty."""
    writer = open_writer()
    writer.end("failed", error="stopped before the first step")
    writer.close()
    with open_run(tmp_path / "run") as run:
        with pytest.raises(NothingToExport, match="The run 'run' has no recorded "):
            run.export(tmp_path / "a", format=kind)
        run.export(tmp_path / "a.json")
        run.export(tmp_path / "a.zip")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.json", "a.zip", "run"]


def test_a_table_loads_no_plotting_library(recorded, tmp_path):
    """`kescape export --format csv` answers at once."""
    code = (
        "import sys\n"
        "from kescape.run.reader import open_run\n"
        f"run = open_run({str(recorded)!r})\n"
        f"run.export({str(tmp_path / 'a.csv')!r})\n"
        f"run.export({str(tmp_path / 'a.json')!r})\n"
        "print([name for name in ('matplotlib', 'polars', 'keras') if name in sys.modules])\n"
        f"run.export({str(tmp_path / 'a.png')!r})\n"
        "print('matplotlib.pyplot' in sys.modules)\n"
        "run.close()\n"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\nFalse\n"


@pytest.mark.parametrize("name", [f"{300 * 'x'}.csv", f"{300 * 'x'}/a.csv", f"{300 * 'x'}.tensorboard"])
def test_a_name_that_no_file_system_takes(recorded, tmp_path, name):
    with open_run(recorded) as run, pytest.raises(ExportUnwritable, match=r"cannot be written: File name too long\.$"):
        run.export(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [recorded.name]
