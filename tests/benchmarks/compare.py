"""How fast a comparison of many short runs is trained, against what one would do without: two scripts at a time."""

from __future__ import annotations

import contextlib
import itertools
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from kescape.compare.comparison import Comparison
from kescape.compare.folder import new_comparison
from kescape.compare.jobs import Job, jobs_of
from kescape.config import RunConfig
from kescape.run.reader import open_run
from tests.benchmarks.compare_work import BATCH, RATE
from tests.benchmarks.measure import Arm, Took, ratios, table

_COMMAND = [sys.executable, "-m", "tests.benchmarks.compare_work"]

AT_ONCE = 2
"""Scripts; as many as there are cores on the machine that the figures are told of."""


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the table, return what the JSON keeps."""
    comparison = _comparison(small)
    runs, rounds = len(comparison.arms) * comparison.repeats, 1 if small else 3
    with _works(comparison) as (works, handing_out, gaps):
        arms = [Arm(name, work) for name, work in works.items()]
        for turn in range(rounds):
            for arm in arms if turn % 2 == 0 else reversed(arms):
                took = arm.work()
                assert isinstance(took, Took)
                arm.wall.append(took.wall)
                arm.cpu.append(took.cpu)
    rows = ratios(arms)
    title = (
        f"{runs} runs of {comparison.base.epochs} epochs, digits, MLP, batches of {BATCH}; lower quartile of {rounds}"
    )
    console.print(table(title, rows, runs, "run"))
    between, conductor = statistics.median(gaps), statistics.median(handing_out)
    console.print(
        f"Engines of this machine: {1000 * between:.0f} ms from the end of a run to the beginning of the next, at most "
        f"{1000 * max(gaps):.0f} ms; {1000 * conductor / runs:.0f} ms of CPU time a run to hand them out.\n"
    )
    return {
        "arms": rows,
        "between_runs_seconds": {"median": between, "most": max(gaps)},
        "handing_out_cpu_seconds_a_run": conductor / runs,
    }


def _comparison(small: bool) -> Comparison:
    momenta = (0.0, 0.9) if small else (0.0, 0.5, 0.9, 0.95)
    base = RunConfig(
        dataset="digits",
        model="mlp",
        epochs=2 if small else 10,
        batch_size=BATCH,
        eta_max=RATE,
        schedule="cosine",
    )
    return Comparison(base, {"momentum": momenta}, repeats=2 if small else 4)


@contextmanager
def _works(comparison: Comparison) -> Iterator[tuple[dict[str, Callable[[], Took]], list[float], list[float]]]:
    """Ways to train all runs; what handing them out took; and the times between a run and the next of its engine."""
    handing_out: list[float] = []
    gaps: list[float] = []
    with tempfile.TemporaryDirectory(prefix="kescape-benchmark-") as place:
        numbers = itertools.count()

        def fresh() -> Path:
            return new_comparison(comparison, Path(place) / str(next(numbers)), "c", "unused")

        def engines() -> Took:
            folder = fresh()
            took, said = _timed(lambda: _run("pool", str(folder)))
            handing_out.append(float(said))
            gaps.extend(_gaps(jobs_of(comparison, folder)))
            return took

        def scripts() -> Took:
            jobs = jobs_of(comparison, fresh())
            with ThreadPoolExecutor(AT_ONCE) as shell:
                return _timed(lambda: list(shell.map(_script, jobs)))[0]

        works = {
            f"Keras scripts, {AT_ONCE} at a time": scripts,
            "KEscape, engines of this machine": engines,
            "KEscape, in one process": lambda: _timed(lambda: _run("here", str(fresh())))[0],
        }
        if find_spec("ray") is not None and find_spec("kescape.compare.cluster.ray_place") is not None:
            works["KEscape, Ray on this machine"] = lambda: _watched("cluster", str(fresh()))
        yield works, handing_out, gaps


def _script(job: Job) -> str:
    config = job.config
    return _run("script", str(job.folder), str(config.seed), str(config.momentum), str(config.epochs))


def _run(*work: str) -> str:
    done = subprocess.run([*_COMMAND, *work], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def _watched(*work: str) -> Took:
    """What a process and all below it took, as seen ten times a second: Ray's own are waited for by nobody."""
    began, seconds = time.perf_counter(), {}
    with subprocess.Popen([*_COMMAND, *work], stdout=subprocess.DEVNULL) as process:
        top = psutil.Process(process.pid)
        while process.poll() is None:
            for one in [top, *top.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    times = one.cpu_times()
                    seconds[one.pid, one.create_time()] = times.user + times.system
            time.sleep(0.1)
    if process.returncode:
        raise RuntimeError(f"{work[0]} ended with code {process.returncode}")
    return Took(time.perf_counter() - began, sum(seconds.values()))


def _timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    """What processes took that work started and waited for, and its answer."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - wall, cpu), answer


def _gaps(jobs: list[Job]) -> list[float]:
    """Seconds from the end of each run to the beginning of the next one of the same engine."""
    trained = []
    for job in jobs:
        with open_run(job.folder) as run:
            assert run.end is not None
            trained.append((run.sessions[-1].pid, run.sessions[-1].started, run.created + run.end.time))
    trained.sort()
    return [begun - ended for (pid, _, ended), (other, begun, _) in itertools.pairwise(trained) if pid == other]
