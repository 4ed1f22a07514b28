"""An engine process that trains one run after the other."""

import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from kescape.config import RunConfig
from kescape.engine.launch import EngineGone, prepare_run, spawn_engine, spawn_worker
from kescape.run.commands import send_command
from kescape.run.lock import EngineLock, lock_is_held
from kescape.run.reader import open_run

START_SECONDS = 90
WINE = RunConfig(dataset="wine", model="logistic", epochs=4, batch_size=32, t_0=2.0, eta_max=0.1)


def wait_until(fact, seconds=START_SECONDS):
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def has_ended(folder):
    with open_run(folder) as run:
        return run.end is not None and not lock_is_held(folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Five runs of one worker, and the third of them once more, alone in an engine process."""
    runs = tmp_path_factory.mktemp("runs")
    exact = WINE.changed(model="mlp", deterministic=True, seed=3)
    configs = {
        "first": WINE.changed(momentum=0.0),
        "fails": WINE,
        "third": exact,
        "explodes": WINE.changed(model="mlp", eta_max=1e30, schedule="constant"),
        "last": WINE.changed(epochs=40),
    }
    alone = spawn_engine(prepare_run(exact, runs, "alone"))
    worker = spawn_worker(threads=1)
    folders = {name: prepare_run(config, runs, name) for name, config in configs.items()}
    (folders["fails"] / "config.toml").write_text('dataset = "wine"\nepochs = "many"\n', "utf-8")
    for folder in folders.values():
        worker.start(folder)
    worker.close()
    return runs, worker.wait(START_SECONDS), alone.wait(START_SECONDS), worker.pid


def test_it_trains_what_it_is_told_and_ends_when_nothing_is_left(trained):
    runs, code, _, pid = trained

    assert code == 0
    outcomes = {}
    for name in ("first", "fails", "third", "explodes", "last"):
        with open_run(runs / name) as run:
            outcomes[name] = (str(run.status), run.sessions[-1].pid)
    assert outcomes == {
        "first": ("finished", pid),
        "fails": ("failed", pid),
        "third": ("finished", pid),
        "explodes": ("failed", pid),
        "last": ("finished", pid),
    }


def test_a_run_after_others_is_bit_for_bit_what_it_is_alone(trained):
    """Rates, losses, metrics and weights; the one before it failed, and the first had no determinism."""
    runs, _, code, _ = trained
    assert code == 0

    with open_run(runs / "third") as run, open_run(runs / "alone") as alone:
        curves, others = run.curves(), alone.curves()
        epochs, other_epochs = ([row.values for row in one.epochs()] for one in (run, alone))
        checkpoint, other_checkpoint = (np.load(one.path / one.checkpoints()[-1].file) for one in (run, alone))
    assert len(curves["loss"]) == 4 * 5
    for name in set(curves) - {"time"}:
        assert np.array_equal(curves[name], others[name]), name
    assert epochs == other_epochs
    assert len(epochs[0]) >= 4
    assert checkpoint.files == other_checkpoint.files
    for name in set(checkpoint.files) - {"facts"}:
        assert np.array_equal(checkpoint[name], other_checkpoint[name]), name


def test_each_run_has_its_own_log(trained):
    runs, *_ = trained

    logs = {name: (runs / name / "engine.log").read_text("utf-8") for name in ("first", "fails", "explodes", "last")}
    assert "epochs" in logs["fails"]
    assert "ConfigError" in logs["fails"]
    assert "LossNotFinite" in logs["explodes"]
    assert "Error" not in logs["first"] + logs["last"]


def test_one_that_cannot_write_how_a_run_ended_ends(tmp_path):
    """Else nobody would ever know that it is free: here another process records into the run."""
    folder = prepare_run(WINE, tmp_path, "taken")
    lock = EngineLock(folder)
    assert lock.acquire()
    worker = spawn_worker(threads=1)
    worker.start(folder)

    assert worker.wait(START_SECONDS) == 1
    assert "RunLocked" in (folder / "engine.log").read_text("utf-8")
    said = worker.complaint.splitlines()[-1]
    assert said == "The run 'taken' is in use: another process is recording into it."
    with pytest.raises(EngineGone, match=rf"process {worker.pid} ended with code 1"):
        worker.start(folder)
    lock.release()


STARTER = """
import sys, time
from pathlib import Path
from kescape.engine.launch import spawn_worker
workers = [spawn_worker(threads=1, mortal=mortal) for mortal in (True, False)]
for worker, folder in zip(workers, sys.argv[1:]):
    worker.start(Path(folder))
print(*[worker.pid for worker in workers], flush=True)
time.sleep(600)
"""


def is_gone(process):
    # Who adopts it may not ask how it ended.
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_happens_when_its_starter_is_killed(tmp_path):
    """A mortal one ends at once, in the middle of a run; another one finishes its run first."""
    endless = prepare_run(WINE.changed(epochs=100_000), tmp_path, "endless")
    long = prepare_run(WINE.changed(epochs=100_000), tmp_path, "long")
    command = [sys.executable, "-c", STARTER, endless, long]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as starter:
        workers = [psutil.Process(int(pid)) for pid in starter.stdout.readline().split()]
        with open_run(endless) as run, open_run(long) as steady:
            wait_until(lambda: run.steps > 0 and steady.steps > 0)
            starter.kill()
            wait_until(lambda: run.status == "interrupted", 20)
            steps = steady.steps
            wait_until(lambda: steady.steps > steps + 100)
            send_command(long, "stop")
            wait_until(lambda: all(map(is_gone, workers)), 20)
            assert (str(run.status), str(steady.status)) == ("interrupted", "stopped")
