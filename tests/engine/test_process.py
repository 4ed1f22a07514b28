"""The engine process: spare, started by a line on stdin, and on its own when its starter is gone."""

import os
import signal
import subprocess
import sys
import time

import pytest

from kescape.config import RunConfig
from kescape.engine.launch import EngineGone, prepare_run, spawn_engine
from kescape.run.commands import send_command
from kescape.run.reader import open_run

START_SECONDS = 90
"""TensorFlow's import takes seconds, and more on a busy machine."""


def wait_until(fact, seconds=START_SECONDS):
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def test_a_spare_ends_with_its_input():
    """At once, also in the middle of TensorFlow's import."""
    engine = spawn_engine()
    assert engine.poll() is None
    engine.close()

    assert engine.wait(timeout=20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a killed process has another exit code there")
def test_a_spare_that_died_cannot_be_started(tmp_path):
    engine = spawn_engine()
    engine.kill()

    with pytest.raises(EngineGone, match=rf"process {engine.pid} ended with code -9: it left no message"):
        engine.start(tmp_path)


def test_no_run_is_exit_code_2(tmp_path):
    engine = spawn_engine(tmp_path / "nothing here")

    assert engine.wait(timeout=20) == 2
    assert engine.complaint == f"There is no run to train at '{tmp_path}/nothing here': it has no config.toml."
    assert list(tmp_path.iterdir()) == []


def test_a_spare_trains_what_it_is_told_and_obeys_commands(tmp_path):
    """Space and accent in the path; pause, resume and restart by hand; a second engine is refused meanwhile."""
    runs = tmp_path / "my runs é"
    folder = prepare_run(RunConfig(dataset="xor", epochs=100_000, batch_size=32, eta_max=0.1, t_0=1000), runs, "long")
    engine = spawn_engine()
    engine.start(folder)
    with pytest.raises(RuntimeError, match="already trains"):
        engine.start(folder)
    with open_run(folder) as run:
        wait_until(lambda: run.status == "running")
        assert run.sessions[0].pid == engine.pid

        send_command(folder, "pause")
        wait_until(lambda: run.status == "paused")
        steps = run.steps
        assert spawn_engine(folder).wait(timeout=START_SECONDS) == 1
        assert run.status == "paused"
        assert "RunLocked" in (folder / "engine.log").read_text("utf-8")
        send_command(folder, "restart")
        send_command(folder, "resume")
        wait_until(lambda: run.steps > steps)
        assert run.plan_edits()[0].step == steps
        assert run.curves(steps, ["learning_rate"])["learning_rate"][0] == 0.1

        send_command(folder, "stop")
        assert engine.wait(timeout=30) == 0
        assert run.status == "stopped"
        assert (folder / "model.keras").exists()
    assert not (folder / "run.db-wal").exists()


STARTER = """
import sys, time
from pathlib import Path
from kescape.engine.launch import spawn_engine
engine = spawn_engine(Path(sys.argv[1]))
print(engine.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX signals")
def test_the_engine_outlives_its_starter_and_the_terminal(tmp_path):
    folder = prepare_run(RunConfig(dataset="xor", epochs=100_000), tmp_path, "orphan")
    with subprocess.Popen([sys.executable, "-c", STARTER, folder], stdout=subprocess.PIPE) as starter:
        pid = int(starter.stdout.readline())
        with open_run(folder) as run:
            wait_until(lambda: run.steps > 0)
            starter.kill()
            starter.wait()
            os.kill(pid, signal.SIGHUP)
            steps = run.steps
            wait_until(lambda: run.steps > steps + 100)
            assert run.status == "running"

            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: run.status == "interrupted")
            assert run.steps > steps + 100
            assert run.end is None
