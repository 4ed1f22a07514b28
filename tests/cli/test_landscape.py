"""`kescape landscape` with a real run: what it prints, what it writes, and how it is interrupted."""

import csv
import signal
import subprocess
import sys
import time

import pytest

from kescape.cli.main import run
from kescape.config import RunConfig
from kescape.engine.trainer import train
from kescape.landscape.request import request_for
from kescape.landscape.store import list_landscapes
from kescape.run.reader import open_run
from tests.landscape import here

KESCAPE = [sys.executable, "-c", "from kescape.cli.main import main; main()"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three cycles of 90 steps of logistic regression on wine."""
    config = RunConfig(dataset="wine", model="logistic", batch_size=16, epochs=30, t_0=10.0, t_mult=1.0, eta_max=0.1)
    with train(config, runs=tmp_path_factory.mktemp("runs"), name="first") as finished:
        return finished.path


def landscape(*arguments):
    done = subprocess.run([*KESCAPE, "landscape", *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_plane_as_table_then_as_figure_without_computing_again(trained, tmp_path):
    code, out, err = landscape(trained, "--points", 10, "--rows", 50, "--output", tmp_path / "plane.csv")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "plane through the snapshots of steps 90, 180 and 270"
    assert "10 x 10  100 of 100 points" in lines
    assert "50 rows of the training data; 42 dimensions in all" in lines
    with (tmp_path / "plane.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["alpha", "beta", "loss"]
    assert len(rows) == 100

    code, out, err = landscape(trained, "--points", 10, "--rows", 50, "--output", tmp_path / "plane.png")
    assert (code, err) == (0, "")
    assert "points" not in out
    assert (tmp_path / "plane.png").read_bytes().startswith(b"\x89PNG")


def test_all_minima_on_one_line(trained, capsys):
    """Logistic regression is convex: no barrier stands between any two weights. It is known already what they are."""
    with open_run(trained) as opened:
        here.compute(trained, request_for(opened, "line", (90, 180, 270), points=11))
    assert run(["landscape", str(trained), "--kind", "line", "--steps", "all", "--points", "11"]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    assert "points" not in out
    assert "barrier from end of cycle 1 to end of cycle 2: none" in out
    assert "barrier from end of cycle 2 to end of cycle 3: none" in out


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT can be sent there")
def test_ctrl_c_keeps_what_is_known(trained):
    process = subprocess.Popen(
        [*KESCAPE, "landscape", str(trained), "--points", "501"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not any(found.request.points == 501 for found in list_landscapes(trained)):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert err.startswith("kescape: interrupted: ")
    assert err.endswith(" of 251,001 points are kept; the same command goes on from there\n")
    (found,) = [one for one in list_landscapes(trained) if one.request.points == 501]
    assert 81 <= found.known < 251_001


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--kind", "sphere"], "--kind must be line, plane, random or pca"),
        (["--points", "2"], "--points must be >= 3"),
        (["--rows", "0"], "--rows must be >= 1"),
        (["--part", "test"], "--part must be training or validation"),
        (["--steps", "90,180", "--kind", "plane"], "--steps must be three different snapshots"),
        (["--steps", "ninety"], "--steps must be steps with commas between them, or all; got 'ninety'"),
        (["--steps", "91"], "has no snapshot of step 91; it has those of these steps: 90, 180, 270."),
        (["--output", "a.bmp"], "--output must end with .csv, .png, .svg or .pdf; got 'a.bmp'"),
        (["--output", "nowhere/a.csv"], "nowhere' does not exist"),
        (["--model", "nowhere.keras"], "There is no file 'nowhere.keras'."),
        (["--data", __file__], "has its own model and data, so no other data can be given"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(trained, arguments, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["landscape", str(trained), *arguments]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kescape: ")
    assert sentence in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
