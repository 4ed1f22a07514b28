"""The process that trains the runs of a comparison, as the window starts it."""

import os
import signal
import sys
import time

import psutil
import pytest

from kescape.compare.comparison import Comparison
from kescape.compare.folder import ask_to_stop, is_worked_on, new_comparison, read_state
from kescape.compare.jobs import JobState, jobs_of, progress_of
from kescape.compare.launch import spawn_comparison
from kescape.compare.room import usable_cores
from kescape.config import RunConfig
from kescape.data.words import counted
from kescape.run.reader import open_run

BASE = RunConfig(dataset="wine", model="logistic", epochs=300, batch_size=32, t_0=50.0, eta_max=0.05, escapes=False)
SECONDS = 90


def wait_until(fact, seconds=SECONDS):
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def steps_of(folder):
    if not (folder / "run.db").exists():
        return 0
    with open_run(folder) as run:
        return run.steps


@pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX signals")
def test_it_ends_with_its_runs_resumable_and_goes_on_with_them(tmp_path):
    """Told by a signal, and by the file that the window leaves; in the end nothing is missing."""
    comparison = Comparison(BASE, {"momentum": (0.0, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "two", "unused")
    first, second = jobs_of(comparison, folder)

    process = spawn_comparison(folder, workers=1)
    wait_until(lambda: steps_of(first.folder) > 0)
    assert is_worked_on(folder)
    assert read_state(folder).at_once == 1
    assert read_state(folder).where == f"1 engine with {counted(usable_cores(), 'thread')}"
    engines = psutil.Process(process.pid).children()
    refused = spawn_comparison(folder)
    assert refused.wait(SECONDS) == 1
    assert refused.complaint == "The comparison 'two' is being trained by another process."

    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(SECONDS) == 130
    assert [progress_of(job, 300).state for job in (first, second)] == [JobState.UNFINISHED, JobState.MISSING]
    assert not any(map(psutil.pid_exists, [engine.pid for engine in engines]))
    assert not is_worked_on(folder)
    assert read_state(folder).problem is None

    process = spawn_comparison(folder, workers=1)
    wait_until(lambda: steps_of(second.folder) > 0)
    ask_to_stop(folder)
    assert process.wait(SECONDS) == 130
    assert [progress_of(job, 300).state for job in (first, second)] == [JobState.DONE, JobState.UNFINISHED]

    assert spawn_comparison(folder, workers=1).wait(SECONDS) == 0
    assert [steps_of(job.folder) for job in (first, second)] == [1500, 1500]
    assert (folder / "compare.log").read_text("utf-8") == ""


def test_what_cannot_be_trained_is_told_with_its_time(tmp_path):
    """In the log and, the last of it, in the state; nothing is trained in a folder that holds something else."""
    comparison = Comparison(BASE, {"momentum": (0.0, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "taken", "unused")
    for job in jobs_of(comparison, folder):
        job.folder.mkdir()
        (job.folder / "letter.txt").write_text("Dear Sir", "utf-8")

    process = spawn_comparison(folder)
    assert process.wait(SECONDS) == 1
    assert process.complaint == ""
    problems = [f"{str(job.folder)!r} holds something else than a run." for job in jobs_of(comparison, folder)]
    assert read_state(folder).problem == problems[-1]
    lines = (folder / "compare.log").read_text("utf-8").splitlines()
    assert [line[20:] for line in lines] == problems
    for line in lines:
        assert time.time() - time.mktime(time.strptime(line[:19], "%Y-%m-%d %H:%M:%S")) < SECONDS


def test_wrong_use_is_told_in_a_sentence(tmp_path):
    folder = new_comparison(Comparison(BASE, {"momentum": (0.0, 0.9)}), tmp_path, "first", "unused")
    nowhere, too_many, both, no_address = (
        spawn_comparison(tmp_path / "nothing"),
        spawn_comparison(folder, workers=65),
        spawn_comparison(folder, workers=2, cluster="local"),
        spawn_comparison(folder, cluster="somewhere"),
    )
    assert [process.wait(SECONDS) for process in (nowhere, too_many, both, no_address)] == [2, 2, 2, 2]
    assert nowhere.complaint == f"There is no comparison in {str(tmp_path / 'nothing')!r}."
    assert too_many.complaint.endswith(
        "must be a whole number from 1 to 64, because each is an engine process of this machine; got workers=65"
    )
    assert both.complaint.endswith("argument --cluster: not allowed with argument --workers")

    assert no_address.complaint.startswith("cluster must be")

    (folder / "comparison.json").write_text("{", "utf-8")
    damaged = spawn_comparison(folder)
    assert damaged.wait(SECONDS) == 1
    assert "is damaged" in damaged.complaint
    assert sorted(path.name for path in folder.iterdir()) == ["comparison.json"]
