"""`python -m tests.faults [P1 P4 ...] [--quick] [--json FILE] [--markdown]`: tries the promises, all by default.

Prints what was tried and what was lost. `--quick` tries what pytest tries; without it, it takes some twenty minutes on
two cores. Exit code 1 if a promise was not kept.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from rich.console import Console

from tests.faults import engines
from tests.faults.report import Report, markdown, table

PROMISES = {
    file.stem.split("_")[1].upper().replace("P0", "P"): file.stem
    for file in sorted(Path(__file__).parent.glob("test_p*.py"))
}


def main() -> int:
    """Try the promises that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PROMISE", help=f"of {', '.join(PROMISES)}; all without one")
    parser.add_argument("--quick", action="store_true", help="as little as pytest tries")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the reports go, too")
    parser.add_argument("--markdown", action="store_true", help="print the table as the README has it")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(PROMISES))
    if unknown:
        parser.error(f"PROMISE must be one of {', '.join(PROMISES)}; got {', '.join(unknown)}")
    console = Console(width=160, stderr=arguments.markdown)
    reports: list[Report] = []
    with tempfile.TemporaryDirectory(prefix="kescape-faults-") as made:
        root = Path(made)
        os.environ |= {"KESCAPE_HOME": str(root / "notes"), "KESCAPE_RUNS": str(root / "runs")}
        try:
            for name in arguments.names or PROMISES:
                reports.append(_try(name, root / name.lower(), not arguments.quick, console))
                if arguments.json is not None:  # each time: it takes long, and may be broken off
                    _write(arguments.json, reports, arguments.quick)
        finally:
            engines.dismiss()
    console.print(table(reports))
    for report in reports:
        for problem in report.problems:
            console.print(f"{report.promise} was not kept: {problem}", style="red", markup=False, soft_wrap=True)
    if arguments.markdown:
        print(markdown(reports))
    return 1 if any(report.problems for report in reports) else 0


def _write(path: Path, reports: list[Report], quick: bool) -> None:
    figures = {
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "quick": quick,
        "reports": [dataclasses.asdict(report) for report in reports],
    }
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _try(name: str, folder: Path, full: bool, console: Console) -> Report:
    folder.mkdir()
    began = time.monotonic()
    with console.status(f"{name}: {PROMISES[name].replace('_', ' ')}"):
        try:
            report: Report = importlib.import_module(f"tests.faults.{PROMISES[name]}").check(folder, full)
        except Exception as error:  # noqa: BLE001 (the others are to be tried all the same)
            traceback.print_exc()
            report = Report(name, PROMISES[name], problems=[f"the trial itself failed: {error!r}"])
    report.seconds = round(time.monotonic() - began, 1)
    console.print(f"{name} {'broken' if report.problems else 'kept'} ({report.seconds:.0f} s)")
    return report


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.exit(main())
