"""A killed writer loses nothing that it had committed."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from kescape.run.reader import open_run
from kescape.run.writer import RunWriter

WRITER = """
    import sys
    from pathlib import Path
    import numpy as np
    from kescape.run.writer import Column, RunWriter
    writer = RunWriter.open(Path(sys.argv[1]), kind="engine")
    writer.describe_columns([Column("loss", "float64", "", ""), Column("time", "float64", "s", "")])
    while True:
        first = writer.steps
        count = 1 + first % 700
        writer.append({"loss": np.arange(first, first + count, dtype=float), "time": np.full(count, writer.now())})
        writer.flush()
        print(writer.steps, flush=True)
"""


def _kill_after(seconds, folder):
    """Kill a writer that writes as fast as it can; returns the last number of steps that it had reported."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert int(process.stdout.readline()) > 0
    time.sleep(seconds)
    process.kill()
    reported = process.stdout.read().splitlines()
    process.stdout.close()
    process.wait()
    return int(reported[-1]) if reported and reported[-1] else 0


@pytest.mark.parametrize("moment", range(6))
def test_every_committed_step_survives(tmp_path, moment):
    """The run opens, says interrupted, has every step that was committed, and goes on."""
    folder = tmp_path / "run"
    committed = _kill_after(random.Random(moment).uniform(0.0, 0.4), folder)

    with open_run(folder) as run:
        assert run.status == "interrupted"
        curves = run.curves()
        assert len(curves["step"]) >= committed
        assert (curves["loss"] == np.arange(len(curves["loss"]))).all()
        steps = run.steps

    writer = RunWriter.open(folder, kind="engine", resume=True)
    assert writer.steps == steps
    writer.end("stopped")
    writer.close()
    with open_run(folder) as run:
        assert run.status == "stopped"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process and go on")
def test_a_stopped_writer_is_still_running_and_readable(tmp_path):
    """A process that is held, or a laptop lid that is closed, is no end: the lock stays held, the file readable."""
    folder = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(WRITER), str(folder)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not (folder / "run.db").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        with open_run(folder) as run:
            while run.steps == 0 and time.monotonic() < deadline:
                time.sleep(0.02)
            os.kill(process.pid, signal.SIGSTOP)
            start = time.monotonic()
            assert run.status == "running"
            assert run.steps > 0
            assert time.monotonic() - start < 1.0
    finally:
        process.kill()
        process.wait()
