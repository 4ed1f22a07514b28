"""P3: disk full, folder read-only or deleted: training fails with the cause, and what was written stays readable."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np

from kescape.engine.go_on import ask_to_go_on
from kescape.engine.launch import Engine
from kescape.run.reader import open_run
from tests.faults import engines, means
from tests.faults.broken_runs import STEPS, whole_run
from tests.faults.command_line import kescape
from tests.faults.report import Report

FULL_WORDS = ("No space left", "is full", "File too large", "disk I/O error")
"""What systems and SQLite say of a full disk and of a file that may not grow."""


def check(folder: Path, full: bool) -> Report:
    """Fill the disk of a training, delete and move its folder, and let others write where nobody may."""
    report = Report("P3", "disk full, folder read-only, folder deleted or moved while it trains")
    engines.warm(2, always=full)
    lost: list[float] = []
    sizes = (700, 1000, 1300, 2000, 4000, 8000) if full else (1000,)
    tried = [
        *(_fill(folder / f"disk-{size}", size, report, lost, resume=full) for size in sizes),
        *(_take_away(folder / how, how, report) for how in (("deleted", "moved") if full else ("deleted",))),
        _forbid(folder / "read-only", report),
    ]
    times = {what: f"{tried.count(what)} x " if tried.count(what) > 1 else "" for what in tried}
    report.tried = "; ".join(f"{often}{what}" for what, often in times.items())
    report.lost = f"{1000 * max(lost):.0f} ms of steps at the most; what was written is read"
    report.worst = "exit code 1, the cause as the end of the run"
    return report


def _fill(disk: Path, kilobytes: int, report: Report, lost: list[float], *, resume: bool) -> str:
    """Train until nothing more can be written."""
    name = f"a disk of {kilobytes} kB"
    with means.small_disk(disk, kilobytes) as kind:
        engine, folder = engines.start(disk, "run")
        if kind is None:
            kind = means.limit_files(engine, kilobytes // 4)
        code = engine.wait(engines.SECONDS)
        ended = time.time()
        report.expect(code == 1, f"on {name} the engine ended with code {code}")
        with open_run(folder) as run:
            status, error, steps = str(run.status), run.error or "", run.steps
            curves = run.curves()
            last = run.created + float(curves["time"][-1])
            assert run.end is not None, f"on {name} the run has no end: {engine.complaint}"
            report.expect(run.end.step == steps, f"on {name} {run.end.step} steps were trained and {steps} are there")
            lost.append(max(0.0, run.created + run.end.time - last))
        report.expect(status == "failed", f"on {name} the run is {status}")
        report.expect(any(words in error for words in FULL_WORDS), f"on {name} the cause is {error!r}")
        whole = steps > 0 and len(curves["loss"]) == steps and bool(np.isfinite(curves["loss"]).all())
        report.expect(whole, f"on {name} the steps cannot be read")
        report.expect(ended - last < engines.SECONDS, f"on {name} the engine hung")
        half = [path.name for path in folder.rglob(".*") if path.is_file()]
        report.expect(not half, f"on {name} {half} were left half-written")
        shown = kescape("show", str(folder))
        report.expect(shown.code == 0, f"on {name} `kescape show` fails: {shown.err}")
        if resume and kind.startswith("tmpfs"):
            means.enlarge_disk(disk, 100_000)
            _go_on(folder, steps, name, report)
    return f"disk full ({kind.split(' of ')[0]}" + (", then room made and resumed)" if resume else ")")


def _go_on(folder: Path, steps: int, name: str, report: Report) -> None:
    """There is room again: the run goes on, beyond where it failed."""
    ask_to_go_on(folder)
    engine = engines.engine()
    engine.start(folder)
    with open_run(folder) as run:
        engines.wait_until(lambda: run.steps > steps or engine.poll() is not None, f"the run on {name} goes on")
        report.expect(engine.poll() is None, f"the run on {name} does not go on: {run.error}")
    engine.kill()


def _take_away(runs: Path, how: str, report: Report) -> str:
    """Delete or move the folder of a training."""
    engine, folder = engines.start(runs, "run")
    with open_run(folder) as run:
        engines.wait_until(lambda: run.steps > 500, "the engine trains")
        steps = run.steps
    if how == "deleted":
        shutil.rmtree(folder)
    else:
        folder.rename(runs / "elsewhere")
    _ends_by_itself(engine, how, report)
    report.expect(not folder.exists(), f"a {how} folder was made again")
    if how == "moved":
        with open_run(runs / "elsewhere") as run:
            report.expect(run.steps >= steps, f"of {steps} steps in a moved folder {run.steps} can be read")
            report.expect(len(run.curves()["loss"]) == run.steps, "the curves of a moved folder cannot be read")
    return f"folder {how}"


def _ends_by_itself(engine: Engine, how: str, report: Report) -> None:
    began = time.monotonic()
    code = engine.wait(engines.SECONDS)
    report.expect(code == 1, f"with its folder {how} the engine ended with code {code}")
    report.expect(time.monotonic() - began < 20, f"with its folder {how} the engine trained on for nobody")


def _forbid(runs: Path, report: Report) -> str:
    """A runs folder that may only be read: what is in it is read, and whoever wants to write is told so."""
    folder = whole_run(runs / "run")
    (folder / "config.toml").write_text('dataset = "spirals"\n', "utf-8")
    with means.read_only(runs) as kind:
        if kind is None:
            return "no means here to make a folder read-only for root"
        for arguments in (("runs", "--runs", str(runs)), ("show", str(folder))):
            answer = kescape(*arguments)
            report.expect(answer.code == 0, f"in a read-only folder `kescape {arguments[0]}` says {answer.err!r}")
        with open_run(folder) as run:
            report.expect(len(run.curves()["loss"]) == STEPS, "in a read-only folder the curves cannot be read")
        for arguments in (
            ("train", "--runs", str(runs), "--epochs", "1"),
            ("export", str(folder), "--output", str(runs / "curves.csv")),
        ):
            answer = kescape(*arguments)
            flaw = answer.unclear(str(runs))
            report.expect(answer.code == 1, f"in a read-only folder `kescape {arguments[0]}` has code {answer.code}")
            report.expect(flaw is None, f"in a read-only folder `kescape {arguments[0]}`: {flaw}")
        report.expect(sorted(path.name for path in runs.iterdir()) == ["run"], "something was written after all")
    return f"folder read-only ({kind})"


def test_disk(problems):
    assert problems(check) == []
