"""The process that trains a comparison: `python -m kescape.compare FOLDER [--workers N | --cluster ADDRESS]`.

It outlives the window that starts it. What it does is in the folder: `state.json` says how it is, `compare.log` has
what it tells, with its time. It ends when no run is missing; after `ask_to_stop`, SIGTERM or Ctrl+C all runs stop, and
can go on later; after a second signal they end at once.

Exit codes: 0 all runs are trained; 1 failed, or another process is at it; 2 wrong use, or there is no such comparison;
130 it was ended before.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from kescape.compare.comparison import Comparison
from kescape.compare.conduct import Conductor
from kescape.compare.folder import COMPARE_LOG, ComparisonState, read_comparison, working_on, write_state
from kescape.compare.where import Where
from kescape.config import ConfigError
from kescape.engine.detached import outlive_the_parent, print_into
from kescape.run.errors import RunError, RunNotFound

__all__ = ["main"]

_REFUSED = (RunError, ConfigError, OSError)
"""What is told in a sentence; anything else is a mistake of ours and keeps its traceback."""


def main(arguments: Sequence[str]) -> int:
    """Train what the comparison misses; returns the exit code."""
    outlive_the_parent()
    parser = argparse.ArgumentParser(prog="python -m kescape.compare")
    parser.add_argument("folder", type=Path)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--workers", type=int)
    place.add_argument("--cluster", metavar="ADDRESS")
    asked = parser.parse_args(arguments)
    folder = asked.folder.absolute()
    try:
        where = Where(asked.workers, asked.cluster)
        comparison = read_comparison(folder)
        with working_on(folder):
            print_into(folder / COMPARE_LOG)
            return _train(folder, comparison, where)
    except (ConfigError, RunError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, ConfigError | RunNotFound) else 1


def _train(folder: Path, comparison: Comparison, where: Where) -> int:
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    told: list[str] = []

    def tell(sentence: str) -> None:
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sentence}")
        told.append(sentence)

    try:
        with contextlib.closing(where.open(comparison, tell)) as place:
            conductor = Conductor(folder, place, tell)

            def watch() -> bool:
                if len(signals) > 1:
                    place.close()
                return bool(signals)

            is_complete = conductor.run(watch)
    except Exception as error:  # noqa: BLE001 (the process's last stop: state.json has the cause, the log the rest)
        if not isinstance(error, _REFUSED):
            traceback.print_exc()
        problems, code = [" ".join(str(error).split()) or type(error).__name__], 1
    else:
        problems = list(conductor.problems.values())
        code = 130 if not is_complete else 1 if problems else 0
    for problem in problems:
        if problem not in told:
            tell(problem)
    write_state(folder, ComparisonState(problem=problems[-1] if problems else None))
    return code
