"""CSV and Parquet: every number comes back as it was."""

import csv
import math

import numpy as np
import polars as pl
import pytest

from kescape.run.errors import NothingToExport
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts

ODD = [3.2e-11, math.nan, math.inf, -math.inf, 0.1, -0.0, 1e-40, 5e-324, 1.7976931348623157e308, 1 / 3]


def _read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def test_csv_one_row_a_step(recorded, tmp_path):
    """The header is plain, the numbers equal bit for bit, the cycle is the plan's."""
    with open_run(recorded) as run:
        assert run.export(tmp_path / "a.csv") == tmp_path / "a.csv"
        curves = run.curves()

    header, rows = _read_csv(tmp_path / "a.csv")

    assert header == ["step", "epoch", "time", "learning_rate", "momentum", "loss", "cycle"]
    for name, texts in zip(header, zip(*rows, strict=True), strict=True):
        if name == "cycle":
            assert [int(text) for text in texts] == [0] * 10 + [1] * 20 + [2] * 40
        elif name in ("step", "epoch"):
            assert [int(text) for text in texts] == curves[name].tolist()
        else:
            # Equal as doubles, and therefore also after rounding to the recorded type.
            read = np.array([float(text) for text in texts])
            assert read.tobytes() == curves[name].astype(float).tobytes()


@pytest.mark.parametrize("level", ["step", "epoch"])
def test_odd_numbers_round_trip(open_writer, steps, tmp_path, level):
    """Tiny, huge, NaN, infinite and negative zero: as CSV by `float`, as Parquet by Polars.

    Only a metric loses the sign of a zero, since SQLite keeps whole numbers as such.
    """
    writer = open_writer()
    values = steps(0, len(ODD))
    values["momentum"] = np.array(ODD)
    with np.errstate(over="ignore"):
        values["loss"] = np.array(ODD).astype(np.float32)
    writer.append(values)
    for epoch, value in enumerate(ODD):
        writer.epoch(epoch, epoch, {"odd": value})
    writer.end("finished")

    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.csv", level=level)
        run.export(tmp_path / "a.parquet", level=level)
        run.export(tmp_path / "a.npz", level=level)
    header, rows = _read_csv(tmp_path / "a.csv")
    frame = pl.read_parquet(tmp_path / "a.parquet")

    with np.load(tmp_path / "a.npz") as arrays:  # which refuses pickles
        assert arrays.files == header
        for name in header:
            assert arrays[name].dtype == frame[name].to_numpy().dtype
            assert arrays[name].tobytes() == frame[name].to_numpy().tobytes()
    assert frame.columns == header
    expected = {"momentum": values["momentum"], "loss": values["loss"]} if level == "step" else {"odd": ODD}
    for name, numbers in expected.items():
        column = header.index(name)
        numbers = np.asarray(numbers)
        read = np.array([float(row[column]) for row in rows]).astype(numbers.dtype)
        np.testing.assert_array_equal(read, numbers)
        if level == "step":
            np.testing.assert_array_equal(np.signbit(read), np.signbit(numbers))
        np.testing.assert_array_equal(frame[name].to_numpy(), numbers)
        assert frame[name].to_numpy().dtype == numbers.dtype


def test_csv_one_row_an_epoch(recorded, tmp_path):
    """The rate and cycle of the last step, whether a restart began, then the metrics, the loss first."""
    with open_run(recorded) as run:
        run.export(tmp_path / "e.csv", level="epoch")
        rates = run.curves()["learning_rate"]

    header, rows = _read_csv(tmp_path / "e.csv")
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))

    assert header == ["epoch", "last_step", "time", "learning_rate", "cycle", "restart", "loss", "val_loss"]
    assert columns["epoch"] == tuple("0123456")
    assert [float(text) for text in columns["learning_rate"]] == rates[9::10].tolist()
    assert columns["cycle"] == tuple("0112222")
    assert columns["restart"] == tuple("0101000")  # restarts at steps 10 and 30
    assert [float(text) for text in columns["val_loss"]] == [2 / (1 + epoch) for epoch in range(7)]


def test_metrics_keep_their_order_and_gaps_are_nan(open_writer, steps, tmp_path):
    """A metric that only some epochs have, e.g. a validation every second epoch."""
    writer = open_writer()
    writer.append(steps(0, 20))
    writer.epoch(0, 9, {"val_accuracy": 0.5, "accuracy": 0.6, "loss": 1.0, "auc": 0.7, "val_loss": 2.0})
    writer.epoch(1, 19, {"loss": 0.5})
    writer.end("finished")

    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "e.csv", level="epoch")
    header, rows = _read_csv(tmp_path / "e.csv")

    assert header[4:] == ["loss", "val_loss", "accuracy", "val_accuracy", "auc"]
    assert rows[1][4:] == ["0.5", "nan", "nan", "nan", "nan"]


def test_the_warm_up_is_cycle_minus_one(open_writer, steps, tmp_path):
    """Half an epoch of warm-up, two cycles of one epoch, then the tail."""
    plan = CosineRestarts(t_0=1, t_mult=1, eta_max=0.1, warmup=0.5, cycles=2)
    writer = open_writer(plan=plan.to_dict(), steps_per_epoch=10)
    writer.append(steps(0, 30))
    writer.end("finished")

    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.parquet")
        assert run.restarts() == [15]

    cycles = pl.read_parquet(tmp_path / "a.parquet")["cycle"].to_list()
    assert cycles == [-1] * 5 + [0] * 10 + [1] * 10 + [2] * 5


def test_columns_of_any_name_are_arrays(tmp_path):
    """`numpy.savez` would take a metric called `file` for its own argument, and lose it."""
    writer = RunWriter.open(tmp_path / "run", kind="recorder")
    writer.epoch(0, 0, {"file": 0.5, "top/1 é": 0.25})
    writer.close()
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.npz", level="epoch")
    with np.load(tmp_path / "a.npz") as arrays:
        assert {name: arrays[name].tolist() for name in ("epoch", "file", "top/1 é")} == {
            "epoch": [0],
            "file": [0.5],
            "top/1 é": [0.25],
        }


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_a_part_is_what_the_whole_has_there(recorded, tmp_path, suffix):
    """Both ends are in it; epochs are those that end in it; what has not come yet is not there."""

    def rows(name):
        path = tmp_path / f"{name}.{suffix}"
        if suffix == "csv":
            header, lines = _read_csv(path)
            return dict(zip(header, zip(*[map(float, line) for line in lines], strict=True), strict=True))
        if suffix == "npz":
            with np.load(path) as arrays:
                return {name: tuple(arrays[name].tolist()) for name in arrays.files}
        frame = pl.read_parquet(path)
        return {name: tuple(frame[name].to_list()) for name in frame.columns}

    with open_run(recorded) as run:
        run.export(tmp_path / f"all.{suffix}")
        run.export(tmp_path / f"part.{suffix}", steps=(8, 31))
        run.export(tmp_path / f"tail.{suffix}", steps=(65, 900))
        run.export(tmp_path / f"epochs.{suffix}", level="epoch")
        run.export(tmp_path / f"some.{suffix}", level="epoch", steps=(9, 30))
        with pytest.raises(NothingToExport, match="so there is no epoch that ends in steps 11 to 18"):
            run.export(tmp_path / f"none.{suffix}", level="epoch", steps=(11, 18))

    whole, epochs = rows("all"), rows("epochs")
    assert rows("part") == {name: values[8:32] for name, values in whole.items()}
    assert rows("tail") == {name: values[65:] for name, values in whole.items()}
    # They end at steps 9, 19 and 29; the restart at step 10 is in epoch 1.
    assert rows("some") == {name: values[:3] for name, values in epochs.items()}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_a_table_of_a_run_without_steps_is_refused(tmp_path, suffix):
    """No header without a row; a run that was imported with its epochs alone still has those."""
    writer = RunWriter.open(tmp_path / "run", kind="recorder")
    with open_run(tmp_path / "run") as run:
        for level in ("step", "epoch"):
            with pytest.raises(
                NothingToExport, match=f"The run 'run' has no recorded {level} yet, so there is no row.$"
            ):
                run.export(tmp_path / f"a.{suffix}", level=level)
    writer.epoch(0, 0, {"loss": 0.5})
    writer.close()
    with open_run(tmp_path / "run") as run:
        with pytest.raises(NothingToExport, match="level epoch has a row for each of its epochs"):
            run.export(tmp_path / f"a.{suffix}")
        run.export(tmp_path / f"e.{suffix}", level="epoch")

    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f"e.{suffix}", "run"]
