"""`kescape find-lr` with real engines: what it prints, what it writes, and that it leaves nothing else."""

import csv
import json
import math
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from kescape.cli.find_lr import _as_json, _command, _write
from kescape.cli.main import run
from kescape.config import RunConfig
from kescape.engine.rebuild import rebuilt
from kescape.engine.start import start_from
from kescape.engine.trainer import train
from kescape.evidence.judge import sample
from kescape.evidence.range_test import judge
from kescape.run.reader import open_run

KESCAPE = [sys.executable, "-c", "from kescape.cli.main import main; main()"]


def find_lr(*arguments):
    return subprocess.run([*KESCAPE, "find-lr", *arguments], capture_output=True, text=True, check=False)


def test_numbers_for_a_script(tmp_path):
    """One batch an epoch, six decades; the curve is also in the file, bit for bit."""
    (tmp_path / "wine.toml").write_text(RunConfig(dataset="wine", model="logistic", batch_size=64).to_toml())
    done = find_lr(
        *(tmp_path / "wine.toml", "--low", "1e-5", "--steps", "120", "--format", "json"),
        *("--output", tmp_path / "wine.csv", "--runs", tmp_path / "runs"),
    )
    found = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_allclose(found["rates"], np.geomspace(1e-5, 10, 120)[: len(found["rates"])], rtol=1e-12)
    assert found["low"] < found["suggestion"] < found["high"]
    assert {rule["name"] for rule in found["rules"]} == {"steepest", "valley", "minimum / 10", "bound / 4"}
    with (tmp_path / "wine.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["learning_rate"]) for row in rows] == found["rates"]
    assert [float(row["loss"]) for row in rows] == found["losses"]
    assert list((tmp_path / "runs").iterdir()) == []


def test_what_was_found_is_told_in_words_also_where_no_file_can_be_written(tmp_path):
    """The runs folder, said before the command, is in the line to go on with."""
    runs = str(tmp_path / "my runs")
    settings = ["--dataset", "digits", "--model", "logistic", "--batch-size", "64"]
    done = subprocess.run(
        [*KESCAPE, "--runs", runs, "find-lr", *settings, "--output", tmp_path / f"{300 * 'x'}.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()

    assert done.returncode == 1
    assert lines[0].startswith("Logistic regression on digits, batches of 64, momentum 0.9, ")
    assert lines[1].startswith("loss  █")
    assert lines[2].startswith("rate  1e-06")
    assert "is a good first highest rate" in lines[4]
    words = shlex.split(lines[-1])
    assert words[:-2] == ["kescape", "train", *settings, "--runs", runs]
    assert words[-2] == "--eta-max"
    assert lines[4].startswith(f"{words[-1]} is")
    assert done.stderr.endswith("xxx.csv' cannot be written: File name too long.\n")
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "my runs").iterdir()) == []


def test_a_picture_of_what_was_found(tmp_path):
    _write(judge(np.geomspace(1e-3, 1, 60), np.linspace(2, 1, 60)), tmp_path / "found.png")

    assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")


def test_what_fails_in_the_engine_is_said(tmp_path):
    """Weights of another model: known only once they are read."""
    import keras

    other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(5)])
    other.save_weights(tmp_path / "other.weights.h5")
    done = find_lr("--dataset", "wine", "--start-from", tmp_path / "other.weights.h5", "--runs", tmp_path / "runs")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("kescape: the range test failed: The training cannot start from ")
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent in another way there")
def test_ctrl_c_leaves_nothing(tmp_path):
    process = subprocess.Popen(
        [*KESCAPE, "find-lr", "--runs", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".range-tests/*/config.toml")):
        assert time.monotonic() < until, "it did not begin"
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_test_ends_with_who_asked_for_it(tmp_path):
    """Killed, it can end nothing itself; ten thousand steps of a large network would take hours."""
    process = subprocess.Popen(
        [*KESCAPE, "find-lr", "--dataset", "digits", "--steps", "10000", "--runs", tmp_path],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".range-tests/*/run.db")):
        assert time.monotonic() < until, "it did not begin"
        time.sleep(0.02)
    (engine,) = psutil.Process(process.pid).children()
    process.kill()
    process.wait()

    engine.wait(10)
    assert not engine.is_running()
    assert list(tmp_path.iterdir()) == []


def test_the_line_has_the_options_as_they_were_typed():
    """Flags, what is off, and a path with a space; another highest rate than the one that was typed."""
    settings = {"nesterov": True, "deterministic": False, "clipnorm": "off", "model": "my net.py", "eta_max": "3"}

    assert _command(None, {**settings, "seed": None}, None, 0.05) == (
        "kescape train --nesterov --no-deterministic --clipnorm off --model 'my net.py' --eta-max 0.05"
    )
    assert _command(None, settings, None, None) is None


def test_json_has_no_word_for_what_is_not_finite():
    found = _as_json(judge([1, 2, 3], [1, math.nan, math.inf]))

    assert found["losses"] == [1, None, None]
    assert json.loads(json.dumps(found, allow_nan=False))["suggestion"] is None


def test_escape_probes_from_the_end_of_the_first_cycle(tmp_path, capsys):
    """A linear model has one valley, so that no peak crosses a barrier."""
    settings = ("--dataset", "wine", "--model", "logistic", "--batch-size", "32", "--t-0", "2", "--epochs", "6")
    probes = ("--escape", "--probes", "2", "--probe-epochs", "1", "--low", "0.001", "--high", "0.01")
    file = tmp_path / "probes.csv"
    assert run(["find-lr", *settings, *probes, "--format", "json", "--output", str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["smallest_that_crosses"] is None
    assert [probe["eta_max"] for probe in found["probes"]] == pytest.approx([0.001, 0.01])
    with file.open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert [float(row["loss_after"]) for row in rows] == [probe["loss_after"] for probe in found["probes"]]


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """Two cycles of 2 epochs and half of a third: the last end of a cycle is at epoch 4."""
    runs = tmp_path_factory.mktemp("runs")
    settings = {"dataset": "wine", "model": "logistic", "batch_size": 32, "t_0": 2, "t_mult": 1, "epochs": 5}
    with train(RunConfig(**settings), runs=runs, name="first") as trained:
        assert [row.epoch for row in trained.snapshots() if row.kind == "cycle"] == [2, 4]
    return runs


def test_escape_probes_from_the_end_of_the_last_cycle_of_a_run(small_run):
    """The loss before each restart is that of the weights which the snapshot of epoch 4 holds, on the same rows."""
    before = sorted(path for path in small_run.rglob("*"))

    done = find_lr(
        *("first", "--runs", small_run, "--escape", "--probes", "2", "--probe-epochs", "1", "--format", "json")
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    with open_run(small_run / "first") as opened:
        (row,) = [row for row in opened.snapshots() if row.kind == "cycle" and row.epoch == 4]
        model, data = rebuilt(opened)
    start_from(model, small_run / "first" / row.file)
    # Of the 142 rows to train on 128 are looked at, drawn by the run's seed.
    x, y = sample(data.x_train, data.y_train, 128, 1)
    loss = float(model.evaluate(x, y, verbose=0)[0])
    assert [probe["loss_before"] for probe in found["probes"]] == pytest.approx([loss, loss], rel=1e-5)
    assert [probe["eta_max"] for probe in found["probes"]] == pytest.approx([0.005, 0.5])
    assert sorted(path for path in small_run.rglob("*")) == before


def test_escape_tells_of_each_probe_and_then_of_all(small_run, capsys):
    probes = ["--escape", "--probes", "2", "--probe-epochs", "1"]
    assert run(["find-lr", "first", "--runs", str(small_run), *probes]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("From the end of cycle 2, step ")
    assert lines[0].endswith(": 2 restarts of 1 epoch ...")
    assert [line.split()[:2] for line in lines[1:3]] == [["peak", "0.005"], ["peak", "0.5"]]
    assert lines[-1].endswith("Each peak was tried once.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("firts",), "There is no run 'firts'"),
        (("first", "--batch-size", "8"), "A run is probed with the settings that it has; got --batch-size"),
        (("first", "--probe-epochs", "0"), "--probe-epochs >= 1"),
    ],
)
def test_a_run_that_cannot_be_probed_so_is_named(small_run, arguments, sentence, capsys):
    assert run(["find-lr", *arguments, "--runs", str(small_run), "--escape"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kescape: ")
    assert sentence in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--steps", "50"), "--steps is not for --escape"),
        (("--schedule", "constant"), "--escape needs a first cycle that ends within the training"),
        (("--epochs", "2"), "--escape needs a first cycle that ends within the training"),
        (("--probes", "1"), "--probes must be >= 2"),
    ],
)
def test_what_does_not_go_with_escape_is_said_at_once(arguments, sentence, capsys):
    assert run(["find-lr", "--dataset", "wine", "--model", "logistic", "--escape", *arguments]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kescape: ")
    assert sentence in err
