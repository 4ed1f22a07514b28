"""What an export would hold, in the process that draws and writes beside the window; no Qt."""

import csv
import io
import json
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
from kescape_gui.curves.curve import Curve
from kescape_gui.export.beside import Beside
from kescape_gui.export.curve_tsv import MOST_ROWS, curve_tsv
from kescape_gui.export.export import job_for, with_suffix
from kescape_gui.export.job import KINDS, Choices, Job
from kescape_gui.export.preview import MOST_CELLS, check_cells, copied, preview
from kescape_gui.export.preview_view import size_words
from PIL import Image

from kescape.run.errors import ExportError, NothingToExport, RunNotFound
from kescape.run.export import FORMATS
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from tests.gui.recorded import CONFIG, engine_run, record
from tests.run.test_escapes import escape


@pytest.fixture
def run(tmp_path):
    """700 steps in 7 epochs, recorded by a script."""
    return record(tmp_path / "runs" / "first", outcome="finished")


@pytest.fixture
def beside():
    process = Beside()
    yield process
    process.close()


def test_every_format_has_its_place_in_the_dialog():
    assert sorted(name for names in KINDS.values() for name in names) == sorted(FORMATS)


def test_a_figure_is_as_wide_as_it_is_wanted(run):
    """A slide is 16:9, and its ground is that of its theme."""
    seen, picture = preview(Job(str(run), "svg", size="slide", theme="dark"), 640)

    assert (seen.kind, seen.steps, seen.is_live) == ("figure", 700, False)
    with Image.open(io.BytesIO(picture)) as opened:
        assert abs(opened.width - 640) <= 1
        assert abs(opened.height - 360) <= 1
        assert opened.convert("RGB").getpixel((3, 3)) == (0x16, 0x18, 0x1B)


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_the_table_that_is_shown_is_the_one_that_is_written(run, tmp_path, kind):
    """Its columns, its first rows, how many there are, and what it takes."""
    seen, _ = preview(Job(str(run), kind, steps=(50, 349)), 0)
    with open_run(run) as opened:
        opened.export(tmp_path / "a.csv", steps=(50, 349))
        opened.export(tmp_path / f"b.{kind}", steps=(50, 349))
    with (tmp_path / "a.csv").open(newline="") as file:
        header, *rows = csv.reader(file)

    assert list(seen.columns) == header
    assert [list(row) for row in seen.rows] == rows[:200]
    assert (seen.count, len(seen.rows)) == (300, 200)
    assert seen.size == (tmp_path / f"b.{kind}").stat().st_size


def test_the_size_of_a_long_table_is_about_right(tmp_path):
    """Of 60,000 rows a third is written to know; the rest is alike."""
    rng = np.random.default_rng(0)
    run = record(tmp_path / "long", steps_per_epoch=10_000, loss=rng.random(60_000), outcome="finished")
    for kind in ("csv", "json"):
        seen, _ = preview(Job(str(run), kind), 0)
        with open_run(run) as opened:
            opened.export(tmp_path / f"a.{kind}")
        assert seen.size == pytest.approx((tmp_path / f"a.{kind}").stat().st_size, rel=0.05)


def test_the_zip_that_is_listed_is_the_one_that_is_written(tmp_path):
    """Of a run that an engine trained, with model and snapshot; of one that a script recorded; of one with nothing."""
    trained = engine_run(tmp_path / "trained", steps=20, outcome="stopped")
    (trained / "model.keras").write_bytes(b"model")
    (trained / "snapshots").mkdir()
    (trained / "snapshots" / "cycle-0.weights.h5").write_bytes(b"weights")
    (tmp_path / "asked").mkdir()
    (tmp_path / "asked" / "config.toml").write_text("", "utf-8")
    for run in (trained, record(tmp_path / "recorded", outcome="finished"), tmp_path / "asked"):
        seen, _ = preview(Job(str(run), "zip"), 0)
        with open_run(run) as opened:
            opened.export(tmp_path / "a.zip")
        with zipfile.ZipFile(tmp_path / "a.zip") as archive:
            assert sorted(name for name, _, _ in seen.rows) == sorted(archive.namelist())
        assert seen.count == len(seen.rows)
    sizes = {name: size for name, _, size in preview(Job(str(trained), "zip"), 0)[0].rows}
    assert (sizes["model.keras"], sizes["snapshots/cycle-0.weights.h5"], sizes["curves.csv"]) == ("5", "7", "")


def test_the_tags_that_are_listed_are_those_that_are_written(run, tmp_path):
    from tensorboard.backend.event_processing import event_accumulator

    seen, _ = preview(Job(str(run), "tensorboard"), 0)
    with open_run(run) as opened:
        opened.export(tmp_path / "tb", format="tensorboard")
    written = []
    for name in ("", "validation"):
        reader = event_accumulator.EventAccumulator(str(tmp_path / "tb" / name), size_guidance={"scalars": 0})
        reader.Reload()
        written += [(tag, name, str(len(reader.Scalars(tag)))) for tag in reader.Tags()["scalars"]]

    assert sorted(seen.rows) == sorted(written)


def test_texts_are_what_is_written(tmp_path):
    trained = engine_run(tmp_path / "trained", steps=20, outcome="stopped")
    with open_run(trained) as opened:
        opened.export(tmp_path / "a.py")
    script = (tmp_path / "a.py").read_text("utf-8")
    assert preview(Job(str(trained), "script"), 0)[0].text == script
    assert copied(Job(str(trained), "script")).decode() == script
    shown = preview(Job(str(trained), "json"), 0)[0].text
    # Nothing but the numbers behind the first five is left out.
    read = json.loads(shown.replace(", …]", "]"))
    assert read["config"] == json.loads(CONFIG.model_dump_json())
    assert read["curves"]["step"] == [0, 1, 2, 3, 4]
    assert json.loads(copied(Job(str(trained), "json")))["curves"]["step"] == list(range(20))


def test_what_is_copied_of_a_table_comes_back_as_it_was(run):
    text = copied(Job(str(run), "parquet", steps=(100, 299))).decode()
    header, *rows = csv.reader(io.StringIO(text), delimiter="\t")
    with open_run(run) as opened:
        curves = opened.curves()

    assert header[:2] == ["step", "time"]
    assert [int(row[0]) for row in rows] == list(range(100, 300))
    for name in ("time", "learning_rate", "loss"):
        column = [float(row[header.index(name)]) for row in rows]
        assert column == curves[name][100:300].astype(float).tolist()


def test_a_row_a_restart_is_shown_and_copied(run):
    """A verdict with a comma is one cell, also of a spreadsheet."""
    job = Job(str(run), "csv", level="restart")
    with pytest.raises(NothingToExport, match="has no verdict on a restart yet"):
        preview(job, 640)
    writer = RunWriter.open(run, kind="recorder", resume=True)
    writer.escape(escape())
    writer.end("finished")
    writer.close()
    seen, _ = preview(job, 640)
    assert (seen.count, dict(zip(seen.columns, seen.rows[0], strict=True))["verdict"]) == (1, "crossed, better")
    [row] = csv.DictReader(io.StringIO(copied(job).decode()), delimiter="\t")
    assert (row["step"], row["verdict"], row["recovery_steps"]) == ("100", "crossed, better", "42.0")


def test_a_table_too_large_for_a_clipboard_is_refused():
    check_cells(MOST_CELLS)
    with pytest.raises(
        ExportError, match=r"^1,000,001 numbers are too many for a clipboard, which takes at most 1,000,"
    ):
        check_cells(MOST_CELLS + 1)


def test_what_cannot_be_exported_is_said(tmp_path, run):
    """No step yet; a run that is gone; a script of what another script trained; a size and dots that make too much."""
    RunWriter.open(tmp_path / "new", kind="recorder").close()
    for kind in ("png", "csv", "tensorboard"):
        with pytest.raises(NothingToExport, match="The run 'new' has no recorded"):
            preview(Job(str(tmp_path / "new"), kind), 300)
    with pytest.raises(RunNotFound):
        preview(Job(str(tmp_path / "gone"), "csv"), 300)
    with pytest.raises(ExportError, match="was recorded in a script"):
        preview(Job(str(run), "script"), 300)
    with pytest.raises(ExportError, match="dpi is too high for size poster"):
        preview(Job(str(run), "png", size="poster", dpi=1200), 300)


def test_the_process_answers_draws_writes_and_refuses(run, beside, tmp_path):
    """One process for all: what it is asked for is what the functions give, errors come as their sentences."""
    job = Job(str(run), "csv", steps=(3, 5))
    assert beside.preview(job, 0) == preview(job, 0)
    figure = Job(str(run), "png", size="column", dpi=100)
    seen, picture = beside.preview(figure, 300)
    assert (seen, picture) == preview(figure, 300)
    assert beside.copy(job) == copied(job)
    target = tmp_path / "a b é.npz"
    beside.write(Job(str(run), "npz", level="epoch"), target)
    with np.load(target) as arrays:
        assert arrays["epoch"].tolist() == list(range(7))
    with pytest.raises(ExportError, match="was recorded in a script"):
        beside.write(Job(str(run), "script"), tmp_path / "a.py")
    with pytest.raises(ExportError, match="no/such' does not exist"):
        beside.write(job, tmp_path / "no" / "such" / "a.csv")
    assert beside.preview(job, 0)[0].count == 3


def test_a_process_that_ends_says_so_and_the_next_request_has_a_new_one(run, beside):
    """Whatever ended it; once it is closed there is none."""
    job = Job(str(run), "csv")
    with pytest.raises(ExportError, match=r"^The process that draws and writes ended with code 1: KeyError: 'do'.$"):
        beside._ask({"job": job.to_json()})
    assert beside.preview(job, 0)[0].count == 700
    beside.close()
    with pytest.raises(ExportError, match="given up"):
        beside.preview(job, 0)


def test_the_process_loads_no_qt_and_ends_with_its_input():
    code = (
        "import sys, kescape_gui.export.worker\n"
        "print([name for name in ('PySide6', 'keras', 'tensorflow', 'matplotlib', 'polars') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
    process = subprocess.Popen([sys.executable, "-m", "kescape_gui.export.worker"], stdin=subprocess.PIPE)
    time.sleep(0.1)
    process.stdin.close()
    assert process.wait(20) == 0


def test_what_a_library_prints_is_no_answer():
    """Neither from Python nor from C, which knows nothing of `sys.stdout`."""
    code = (
        "import os, kescape_gui.export.worker as worker\n"
        "worker._do = lambda request: (print('noise', flush=True), os.write(1, b'noise'))[:1] + (b'',)\n"
        "worker.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"{}\n", capture_output=True, check=True)
    assert done.stdout == b'{"answer": null, "bytes": 0}\n'
    assert done.stderr == b"noise\nnoise"


def test_choices_are_remembered_and_unknown_ones_are_as_usual():
    chosen = Choices("data", "pdf", "npz", "slide", "window", 600, "epoch", in_view=True)
    assert Choices.recalled(chosen.remembered()) == chosen
    broken = {"kind": "film", "figure": "gif", "data": None, "size": 3, "theme": "", "dpi": "-5", "level": "batch"}
    assert Choices.recalled(broken) == Choices()
    assert Choices.recalled({"dpi": "99999999999999"}) == Choices()


def test_a_job_holds_only_what_its_format_takes():
    """A size chosen for figures before is none of a table's, and what is in view is none of a zip's."""
    chosen = Choices(size="slide", theme="window", dpi=600, level="epoch", in_view=True)
    for name in FORMATS:
        kind = next(kind for kind, names in KINDS.items() if name in names)
        choices = Choices(
            kind,
            name if kind == "figure" else "png",
            name if kind == "data" else "csv",
            **{key: getattr(chosen, key) for key in ("size", "theme", "dpi", "level", "in_view")},
        )
        job = choices.job("first", (3, 9), dark=True)
        assert job.format == name
        assert set(job.options.chosen()) <= set(FORMATS[name].takes)
        assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job
    assert Choices("figure", theme="window").job("first", None, dark=True).theme == "dark"
    assert Choices("figure", theme="window").job("first", None, dark=False).theme == "light"


def test_names_of_files(tmp_path):
    assert with_suffix(tmp_path / "first", "svg").name == "first.svg"
    assert with_suffix(tmp_path / "first.PNG", "png").name == "first.PNG"
    assert with_suffix(tmp_path / "first.png", "svg").name == "first.png.svg"
    assert with_suffix(tmp_path / "v1.2", "csv").name == "v1.2.csv"
    assert {job_for(tmp_path, tmp_path / f"a.{known.suffix}").format for known in FORMATS.values()} == set(FORMATS)
    with pytest.raises(ExportError, match=r"^The suffix '.doc' of 'a.doc' is none that KEscape writes: choose csv"):
        job_for(tmp_path, tmp_path / "a.doc")


def test_sizes_are_told_as_file_managers_do():
    assert [size_words(size) for size in (0, 999, 1000, 999_499, 1_250_000, 1e9)] == [
        "0 kB", "999 B", "1 kB", "999 kB", "1.2 MB", "1.0 GB",
    ]  # fmt: skip


def curve_of(count):
    curve = Curve(steps_per_epoch=10)
    steps = np.arange(count)
    curve.append({"step": steps, "loss": 1 / (steps + 3), "learning_rate": 0.1 / (steps + 1), "time": steps / 7})
    return curve


def test_the_steps_in_view_as_a_table():
    """Both ends are in it; whatever was zoomed out beyond the known steps is not; floats come back as they were."""
    curve = curve_of(50)
    text = curve_tsv(curve, 20, 23)
    header, *rows = csv.reader(io.StringIO(text), delimiter="\t")

    assert header == ["step", "epoch", "time", "learning_rate", "loss", "smoothed"]
    assert [row[0] for row in rows] == ["20", "21", "22", "23"]
    assert [float(row[1]) for row in rows] == [2.0, 2.1, 2.2, 2.3]
    for at, values in enumerate((curve.time, curve.learning_rate, curve.loss, curve.smoothed), start=2):
        assert [float(row[at]) for row in rows] == values[20:24].tolist()
    assert len(curve_tsv(curve, -5, 10**9).splitlines()) == 51
    unplaced = Curve()
    unplaced.append({"step": np.arange(1), "loss": np.array([np.nan])})
    assert curve_tsv(unplaced, 0, 0).splitlines()[1] == "0\t\tnan\tnan\tnan\tnan"


def test_no_table_of_no_step_or_of_too_many():
    for first, last in ((50, 60), (-9, -1), (30, 20)):
        with pytest.raises(ExportError, match="No step is in view"):
            curve_tsv(curve_of(50), first, last)
    curve = curve_of(MOST_ROWS + 1)
    assert curve_tsv(curve, 1, MOST_ROWS).count("\n") == MOST_ROWS + 1
    with pytest.raises(
        ExportError, match=r"^200,001 steps are in view, and a table on the clipboard takes 200,000 at most"
    ):
        curve_tsv(curve, 0, MOST_ROWS)


def test_a_table_of_steps_that_wait_to_be_smoothed_anew_has_the_rest_of_them():
    """A million steps are smoothed at once, the others soon."""
    curve = Curve(100)
    curve.append({"step": np.arange(1_000_002), "loss": np.ones(1_000_002)})
    curve.set_half_life(100)

    rows = [line.split("\t") for line in curve_tsv(curve, 999_999, 1_000_001).splitlines()[1:]]

    assert [(row[0], row[4], row[5]) for row in rows] == [
        ("999999", "1.0", "1.0"),
        ("1000000", "1.0", "nan"),
        ("1000001", "1.0", "nan"),
    ]
