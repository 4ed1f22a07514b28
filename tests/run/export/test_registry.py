"""One way to every format, and clear words where there is none."""

import subprocess
import sys

import pytest

from kescape.run.errors import ExportError
from kescape.run.export import FORMATS
from kescape.run.reader import open_run


def test_the_format_is_what_was_said_or_what_the_suffix_says(recorded, tmp_path):
    assert list(FORMATS) == ["csv", "json", "parquet", "pdf", "png", "svg"]
    with open_run(recorded) as run:
        for kind in FORMATS:
            run.export(tmp_path / f"out.{kind.upper()}")
            run.export(tmp_path / "out", format=kind)
            assert (tmp_path / "out").stat().st_size == pytest.approx(
                (tmp_path / f"out.{kind.upper()}").stat().st_size, rel=0.01
            )


@pytest.mark.parametrize(
    ("path", "options", "sentence"),
    [
        ("a.xlsx", {}, r"suffix '.xlsx' of 'a.xlsx' is none that KEscape writes: choose csv, json, parquet"),
        ("a", {}, "choose csv"),
        ("a.csv", {"format": "doc"}, "format 'doc' is none"),
        ("a.csv", {"level": "batch"}, "level must be 'step' or 'epoch'"),
        ("no/such/a.csv", {}, "folder '.*no/such' does not exist"),
        ("run", {"format": "csv"}, "is a folder"),
    ],
)
def test_what_cannot_be_done_is_said(recorded, tmp_path, path, options, sentence):
    with open_run(recorded) as run, pytest.raises(ExportError, match=sentence):
        run.export(tmp_path / path, **options)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


def test_a_failure_leaves_the_old_file(recorded, tmp_path, monkeypatch):
    """A file appears whole or not at all, and nothing is left beside it."""
    (tmp_path / "a.csv").write_text("precious", "utf-8")

    def fail(table, path):
        path.write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(FORMATS, "csv", lambda run, path, level: fail(run, path))
    with open_run(recorded) as run, pytest.raises(ExportError, match="No space left on device"):
        run.export(tmp_path / "a.csv")

    assert (tmp_path / "a.csv").read_text("utf-8") == "precious"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.csv", "run"]


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
