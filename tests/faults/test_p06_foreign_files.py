"""P6: a corrupt, foreign or newer run.db is a line in the list, never a crash."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

from kescape.run.errors import RunError
from kescape.run.listing import list_runs
from tests.faults.broken_runs import STEPS, broken_run, read_everything, whole_run
from tests.faults.command_line import kescape
from tests.faults.report import Report
from tests.faults.window import Window

SLOW_SECONDS = 20.0
"""A file that keeps a reader longer than this would freeze whoever lists it; the machine may be busy."""


def check(folder: Path, full: bool) -> Report:
    """Break so many copies of a run, each in its own way; ask each everything, and have the window list and show it."""
    report = Report("P6", "run.db corrupt, foreign, newer, or no file at all")
    number = 1000 if full else 120
    runs = folder / "runs"
    whole = whole_run(folder / "whole")
    runs.mkdir()
    whole_run(runs / "whole one")
    slowest = 0.0
    refused = 0
    for seed in range(number):
        broken = runs / f"{seed:04}"
        what = broken_run(whole, broken, Random(seed))
        began = time.monotonic()
        try:
            read_everything(broken)
        except RunError:
            refused += 1
        except Exception as error:  # noqa: BLE001 (what escapes is what is looked for)
            report.expect(False, f"reading seed {seed}, {what}: {error!r}")
        slowest = max(slowest, time.monotonic() - began)
        if seed % 10 == 0:
            _ask_on_the_command_line(broken, folder, f"seed {seed}, {what}", report)
    report.expect(slowest < SLOW_SECONDS, f"a file kept its reader for {slowest:.1f} s")

    lines = list_runs(runs)
    report.expect(len(lines) == number + 1, f"{number + 1} folders, {len(lines)} lines")
    [good] = [line for line in lines if line.name == "whole one"]
    report.expect((good.steps, good.problem) == (STEPS, None), "the whole run among them is not listed as it is")
    report.expect(kescape("runs", "--runs", str(runs)).code == 0, "`kescape runs` failed")
    shown = _ask_the_window(runs, folder, number, 60 if full else 12, report)
    report.tried = f"{number} files from seeds, {refused} of them refused by name; {shown} shown in a window"
    report.lost = "nothing: the whole run among them is listed and read"
    report.worst = f"{1000 * slowest:.0f} ms to read or refuse one"
    return report


def _ask_on_the_command_line(broken: Path, folder: Path, what: str, report: Report) -> None:
    for answer in (
        kescape("show", str(broken)),
        kescape("export", str(broken), "--output", str(folder / "x.csv")),
        kescape("stop", str(broken)),
    ):
        if answer.escaped is not None:
            report.expect(False, f"on the command line, {what}: {answer.escaped!r}")
        elif answer.code != 0:
            flaw = answer.unclear()
            report.expect(flaw is None, f"on the command line, {what}: {flaw}")


def _ask_the_window(runs: Path, folder: Path, number: int, shown: int, report: Report) -> int:
    with Window(runs, folder / "settings") as window:
        window.wait_until(lambda facts: facts["rows"] == number + 1, "the window lists them all")
        for row in range(0, number, max(1, number // shown)):
            window.tell("row", row)
            window.tell("look")
        window.tell("show", runs / "whole one")
        window.wait_until(lambda facts: facts["points"] == STEPS, "the window shows the whole run")
        code = window.leave()
        report.expect(code == 0, f"the window's process ended with code {code}")
        report.expect(not window.complaints, f"the window complained: {window.complaints[-300:]}")
    return len(range(0, number, max(1, number // shown)))


def test_foreign_files(problems):
    assert problems(check) == []
