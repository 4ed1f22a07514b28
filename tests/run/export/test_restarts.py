"""What the restarts did, in every export: each read back by a reader that is not ours."""

import csv
import io
import json
import math
import zipfile
from dataclasses import asdict

import numpy as np
import polars as pl
import pytest
from tensorboard.backend.event_processing import event_accumulator

from kescape.run.errors import NothingToExport
from kescape.run.export.tensorboard import tensorboard_tags
from kescape.run.export.zip import zip_members
from kescape.run.importing import import_run
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from tests.run.test_escapes import escape

COLUMNS = [
    "cycle", "step", "end_step", "barrier", "low", "high", "above_chord", "loss_before", "loss_peak", "loss_after",
    "change_low", "change_high", "recovery_steps", "distance", "relative_distance", "cosine", "disagreement", "verdict",
    "rows", "seconds", "compile_seconds", "epochs",
]  # fmt: skip
FIRST = escape(step=10, end_step=30)
SECOND = escape(
    cycle=2, step=30, end_step=70, barrier=math.inf, low=math.inf, high=math.inf, loss_peak=None, recovery_steps=None,
    disagreement=None, epochs=None, verdict="stuck", losses=(0.5, math.inf, 0.4),
)  # fmt: skip


@pytest.fixture
def judged(recorded):
    """The recorded run, whose restarts at steps 10 and 30 somebody looked at."""
    writer = RunWriter.open(recorded, kind="recorder", resume=True)
    writer.escape(FIRST)
    writer.escape(SECOND)
    writer.end("finished")
    writer.close()
    return recorded


def expected(row, name):
    value = getattr(row, name)
    return math.nan if value is None else value


def test_json_has_every_field_and_null_for_what_is_not_finite(judged, tmp_path):
    with open_run(judged) as run:
        run.export(tmp_path / "a.json")

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    first, second = json.loads((tmp_path / "a.json").read_text("utf-8"), parse_constant=refuse)["escapes"]
    assert first == {**asdict(FIRST), "positions": [0.0, 0.5, 1.0], "losses": [0.5, 0.75, 0.4]}
    assert (second["barrier"], second["losses"], second["recovery_steps"]) == (None, [0.5, None, 0.4], None)
    assert second["verdict"] == "stuck"


def test_json_of_a_run_that_nobody_looked_at(recorded, tmp_path):
    with open_run(recorded) as run:
        run.export(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["escapes"] == []


def test_csv_has_one_row_a_restart(judged, tmp_path):
    """A verdict with a comma is one cell."""
    with open_run(judged) as run:
        run.export(tmp_path / "a.csv", level="restart")

    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)

    assert header == COLUMNS
    for row, texts in zip((FIRST, SECOND), rows, strict=True):
        for name, text in zip(header, texts, strict=True):
            if name == "verdict":
                assert text == row.verdict
            else:
                np.testing.assert_equal(float(text), float(expected(row, name)))
    assert rows[0][:3] == ["1", "10", "30"]  # whole numbers are written as such


@pytest.mark.parametrize("suffix", ["parquet", "npz"])
def test_arrays_have_one_row_a_restart(judged, tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    with open_run(judged) as run:
        run.export(path, level="restart")
    if suffix == "npz":
        with np.load(path) as arrays:  # which refuses pickles
            found = {name: arrays[name].tolist() for name in arrays.files}
    else:
        frame = pl.read_parquet(path)
        assert (frame.schema["step"], frame.schema["verdict"]) == (pl.Int64, pl.String)
        found = frame.to_dict(as_series=False)

    assert list(found) == COLUMNS
    for name, values in found.items():
        np.testing.assert_equal(values, [expected(FIRST, name), expected(SECOND, name)])


def test_a_part_has_the_restarts_that_begin_in_it(judged, tmp_path):
    with open_run(judged) as run:
        run.export(tmp_path / "a.parquet", level="restart", steps=(11, 30))
        with pytest.raises(NothingToExport, match="so there is no restart with a verdict in steps 11 to 29"):
            run.export(tmp_path / "b.parquet", level="restart", steps=(11, 29))
    assert pl.read_parquet(tmp_path / "a.parquet")["step"].to_list() == [30]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_a_table_of_no_verdicts_is_refused(recorded, tmp_path, suffix):
    with (
        open_run(recorded) as run,
        pytest.raises(NothingToExport, match=r"The run 'run' has no verdict on a restart yet, so there is no row.$"),
    ):
        run.export(tmp_path / f"a.{suffix}", level="restart")
    assert not (tmp_path / f"a.{suffix}").exists()


def test_tensorboard_shows_them_at_the_last_step_of_their_cycles(judged, tmp_path):
    """What is not known of a restart is no point; the time is that step's."""
    with open_run(judged) as run:
        run.export(tmp_path / "a.tensorboard")
        created, tags = run.created, tensorboard_tags(run)
    reader = event_accumulator.EventAccumulator(str(tmp_path / "a.tensorboard"), size_guidance={"scalars": 0})
    reader.Reload()

    points = {tag: reader.Scalars(tag) for tag in reader.Tags()["scalars"] if tag.startswith("escape/")}
    assert {tag: [(point.step, point.value) for point in found] for tag, found in points.items()} == {
        "escape/barrier": [(29, 0.25), (69, math.inf)],
        "escape/disagreement": [(29, 0.125)],
        "escape/loss_after": [(29, np.float32(0.4)), (69, np.float32(0.4))],
        "escape/relative_distance": [(29, 0.5), (69, 0.5)],
    }
    assert [point.wall_time for point in points["escape/barrier"]] == [created + 29 * 0.25, created + 69 * 0.25]
    assert [tag for tag in tags if tag[0].startswith("escape/")] == [
        (tag, "", len(found)) for tag, found in points.items()
    ]
    with import_run(tmp_path / "a.tensorboard", runs=tmp_path / "runs") as run:
        assert run.steps == 70


def test_a_zip_brings_them_along(judged, tmp_path):
    with open_run(judged) as run:
        run.export(tmp_path / "a.zip")
        assert "restarts.csv" in [member.name for member in zip_members(run)]

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("restarts.csv").decode())))
        assert "restarts.csv" in archive.read("README.txt").decode()
    assert [(row["step"], row["verdict"]) for row in rows] == [("10", "crossed, better"), ("30", "stuck")]
    with import_run(tmp_path / "a.zip", runs=tmp_path / "runs") as run:
        assert run.escapes() == [FIRST, SECOND]
