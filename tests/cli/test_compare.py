"""`kescape compare` with real engines: what it trains, what it reports, how it is interrupted and goes on."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from kescape.cli.main import run
from kescape.compare.comparison import Comparison
from kescape.compare.folder import new_comparison, read_comparison, working_on
from kescape.compare.jobs import JobState, jobs_of, progress_of
from kescape.config import RunConfig
from kescape.run.listing import list_runs
from kescape.run.reader import open_run

KESCAPE = [sys.executable, "-c", "from kescape.cli.main import main; main()"]
SETTINGS = ["--dataset", "wine", "--model", "logistic", "--batch-size", "32", "--no-escapes", "--deterministic"]


def compare(runs, *arguments):
    """What the command printed, and how it ended."""
    return subprocess.run(
        [*KESCAPE, "compare", *map(str, arguments), "--runs", str(runs)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Two schedules and two momenta from two seeds, trained and reported."""
    runs = tmp_path_factory.mktemp("runs")
    outputs = [runs / name for name in ("report.json", "runs.csv", "report.md", "figure.png", "figure.pdf")]
    given = ["--schedules", "cosine,sgdr", "--momentum", "0,0.9", "--repeats", "2", "--epochs", "3", "--t-0", "1"]
    done = compare(runs, *SETTINGS, *given, "--name", "wine", *(f"--output={path}" for path in outputs))
    return runs, done, given


def test_it_says_what_is_trained_and_how_each_run_ended(compared):
    """And nothing on stderr."""
    _, done, _ = compared
    lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0] == "wine  4 arms × 2 repeats = 8 runs of 3 epochs, judged by val_loss"
    assert lines[1] == "  cosine, momentum 0"
    assert any(line.startswith("wine-sgdr-momentum=0.9-2  done  epoch 3 of 3  val_loss ") for line in lines)
    assert any("(8 of 8)" in line for line in lines)
    assert max(map(len, done.stdout.partition("(8 of 8)")[2].splitlines())) <= 80, "the report fits a terminal"


def test_every_run_is_an_ordinary_one(compared):
    """It is in the list of runs, with its comparison's name as a tag, and trained as its arm says."""
    runs, _, _ = compared
    found = {summary.name: summary for summary in list_runs(runs)}

    assert len(found) == 8
    for summary in found.values():
        assert str(summary.status) == "finished"
        assert summary.labels.tags == ("wine",)
        assert summary.epochs_done == 3
    assert found["wine-cosine-momentum=0-2"].config["seed"] == 2
    assert found["wine-cosine-momentum=0-2"].config["momentum"] == 0.0


def test_the_json_has_what_other_programs_rely_on(compared):
    """Arms with settings, n, median, low, high and runs; pairs with difference, low, high and a sentence."""
    runs, _, _ = compared
    report = json.loads((runs / "report.json").read_text("utf-8"))

    assert len(report["arms"]) == 4
    for arm in report["arms"]:
        assert {"settings", "n", "median", "low", "high", "runs"} <= arm.keys()
        assert arm["n"] == len(arm["runs"]) == 2
        finals = []
        for name in arm["runs"]:
            with open_run(runs / name) as opened:
                finals.append(opened.epochs()[-1].values["val_loss"])
        assert arm["median"] == pytest.approx(sum(finals) / 2)
    assert len(report["pairs"]) == 2 + 2
    for pair in report["pairs"]:
        assert {"difference", "low", "high", "sentence"} <= pair.keys()
        assert "better" not in pair["sentence"].split(":")[0], "two repeats show nothing"


def test_tables_and_figures_are_written(compared):
    """A row a run, and pictures that are pictures."""
    runs, _, _ = compared

    with (runs / "runs.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 8
    assert (runs / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert (runs / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert "sgdr" in (runs / "report.md").read_text("utf-8")


def test_the_same_command_again_trains_nothing(compared, capsys):
    """Nor does the name of the comparison; both report."""
    runs, _, given = compared

    began = time.monotonic()
    code = run(["compare", *SETTINGS, *given, "--name", "wine", "--runs", str(runs)])
    seconds = time.monotonic() - began
    again = capsys.readouterr().out
    named = run(["compare", "wine", "--runs", str(runs)])

    assert (code, named) == (0, 0)
    assert "(8 of 8)" not in again
    assert "sgdr, momentum 0.9" in capsys.readouterr().out
    assert seconds < 30, "no engine is started for nothing"
    assert len(list_runs(runs)) == 8


def test_ctrl_c_leaves_every_run_so_that_it_can_go_on(tmp_path):
    """And the same command finishes what is missing: the runs are those of a comparison that nobody interrupted."""
    given = [*SETTINGS, "--momentum", "0,0.9", "--schedule", "cosine", "--repeats", "1", "--epochs", "400"]
    command = [*KESCAPE, "compare", *given, "--name", "long", "--runs", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    comparison = folder = None
    until = time.monotonic() + 120
    while time.monotonic() < until:
        folder = tmp_path / "long"
        if (folder / "comparison.json").exists():
            comparison = read_comparison(folder)
            if any(progress_of(job, 400).epochs > 20 for job in jobs_of(comparison, folder)):
                break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said.endswith("kescape: long was ended; `kescape compare long` goes on with it.\n")
    jobs = jobs_of(comparison, folder)
    states = [progress_of(job, 400).state for job in jobs]
    assert set(states) <= {JobState.UNFINISHED, JobState.MISSING, JobState.DONE}
    assert JobState.UNFINISHED in states

    done = compare(tmp_path, "long")

    assert (done.returncode, done.stderr) == (0, "")
    assert [progress_of(job, 400).state for job in jobs] == [JobState.DONE] * 2
    with open_run(jobs[0].folder) as opened:
        assert opened.steps == 400 * opened.steps_per_epoch
        assert len(opened.sessions) == 2


def test_ctrl_c_twice_ends_all_at_once(tmp_path):
    """Even before a run has begun, and no process is left behind."""
    command = [*KESCAPE, "compare", *SETTINGS, "--momentum", "0,0.9", "--name", "twice", "--runs", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not (engines := psutil.Process(process.pid).children(recursive=True)):
        assert time.monotonic() < until, "no engine was started"
        time.sleep(0.02)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Stopping after this step; Ctrl+C again ends all at once." in out
    assert err == "kescape: twice was ended; `kescape compare twice` goes on with it.\n"
    assert psutil.wait_procs(engines, timeout=10)[1] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--schedules", "cosine,sgd"], "schedule must be one of sgdr, cosine, step, constant, 1cycle"),
        (["--momentum", "0,1.2"], "momentum must be < 1, because a velocity that is kept whole never dies down; got"),
        (["--repeats", "0"], "repeats must be a whole number from 1 to 1,000"),
        (["--grid", "eta_max"], "grid must be NAME=VALUE,VALUE,..., because it says what is varied; got 'eta_max'"),
        (["--grid", "rate=1,2"], "grid must name a setting of a run; got 'rate'"),
        (["--grid", "epochs=5,10"], "epochs must be the same in all arms, because every arm has the same budget"),
        (["--grid", "nesterov=perhaps"], "nesterov must be on or off"),
        (["--eta-max", "0.1", "--grid", "eta_max=0.1,0.2"], "eta_max must be given once, because it is varied"),
        (["--halving", "2"], "halving needs schedules that do not depend on the last epoch"),
        (["--baseline", "momentum=0.5"], "baseline must be among the values that are compared; got momentum=0.5"),
        (["--baseline", "momentum="], "momentum must have a value, because it is compared; got ''"),
        (["--schedules", ","], "schedule must have a value, because it is compared; got ','"),
        (["--measure", "f1"], "measure must be one of val_loss, val_accuracy, loss, accuracy"),
        (
            ["--workers", "0"],
            "workers must be a whole number from 1 to 64, because each is an engine process of this machine",
        ),
        (["--gpus", "1"], "gpus needs a cluster, because it is what a run takes there; got gpus=1"),
        (["--cluster", "local", "--workers", "2"], "workers must not be given with a cluster"),
        (["--cluster", "local", "--cpus", "0"], "cpus must be between 1 and 1024, because a run has to fit on a node"),
        (["--output", "report.docx"], "report.docx"),
        (["--name", "a/b"], "the name of a run must not contain '/'"),
        (["--name", 235 * "n"], "name must be a shorter one, because its runs are named after it"),
        (["nothing"], "There is no comparison 'nothing'"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(arguments, sentence, tmp_path, capsys):
    """With code 2, nothing trained and nothing written."""
    code = run(["compare", *arguments, "--runs", str(tmp_path / "runs")])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "runs").exists() or not any((tmp_path / "runs").iterdir())


def test_no_cluster_is_said_before_anything_is_written(tmp_path, capsys):
    """An address that is none is wrong use; without Ray there is none to use."""
    for address, code, sentence in (
        ("node-1", 2, "cluster must be HOST:PORT, ray://HOST:PORT, auto or local; got 'node-1'"),
        ("local", 1, "A cluster needs Ray, which is not installed: pip install 'kescape[cluster]'."),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("kescape.compare.cluster.ray_place.importlib.metadata.version", _not_installed)
            assert run(["compare", *SETTINGS, "--cluster", address, "--runs", str(tmp_path / "runs")]) == code
        assert sentence in capsys.readouterr().err
        assert not (tmp_path / "runs").exists()


def _not_installed(name):
    raise importlib.metadata.PackageNotFoundError(name)


def test_a_name_that_compares_something_else_is_refused(tmp_path, capsys):
    """Its runs are not those that were asked for."""
    base = RunConfig(dataset="wine", model="logistic", epochs=3)
    new_comparison(Comparison(base, {"momentum": (0.0, 0.9)}), tmp_path, "taken", "unused")

    code = run(
        ["compare", *SETTINGS, "--momentum", "0,0.9", "--epochs", "4", "--name", "taken", "--runs", str(tmp_path)]
    )
    named = run(["compare", "taken", "--repeats", "3", "--runs", str(tmp_path)])

    said = capsys.readouterr().err
    assert (code, named) == (2, 2)
    assert "name must be a new one, because 'taken' compares something else" in said
    assert "--repeats must not be given with the name of a comparison" in said


def test_a_comparison_that_is_being_trained_is_left_alone(tmp_path, capsys):
    """Neither does another process train it, nor is what is compared replaced."""
    base = RunConfig(dataset="wine", model="logistic", epochs=3)
    comparison = Comparison(base.changed(momentum=0.0), {"momentum": (0.0, 0.9)})
    folder = new_comparison(comparison, tmp_path, "busy", "unused")
    more = ["--dataset", "wine", "--model", "logistic", "--epochs", "3", "--momentum", "0,0.5,0.9", "--repeats", "2"]

    with working_on(folder):
        code = run(["compare", *more, "--name", "busy", "--runs", str(tmp_path)])

    assert code == 2
    assert "The comparison 'busy' is being trained by another process." in capsys.readouterr().err
    assert read_comparison(folder) == comparison
