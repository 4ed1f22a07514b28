"""Asks for a range test: a folder as of a run, in which an engine finds that it is one, kept apart from the runs.

`RUNS/.range-tests/<name>/` holds what a run's folder holds, and `range-test.json` with the sweep. No list of runs looks
into it. It is no user's data: whoever asked reads the curve, then removes the folder.

No Keras and no Qt: the window and the command line share this.
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from kescape.config import RunConfig
from kescape.config.backends import check_installed
from kescape.engine.launch import write_config
from kescape.evidence.range_test import LEAST_STEPS
from kescape.run.errors import RunUnreadable, RunUnwritable
from kescape.run.folder import new_run_folder
from kescape.run.lock import lock_is_held
from kescape.run.status import STARTING_SECONDS
from kescape.schedule import ExponentialRise
from kescape.schedule.checks import checked_number, checked_whole

__all__ = [
    "MOST_STEPS",
    "RANGE_TESTS",
    "Sweep",
    "is_range_test",
    "prepare_range_test",
    "read_sweep",
    "remove_range_test",
]

RANGE_TESTS = ".range-tests"
"""The folder in the runs folder; by its dot no name of a run."""

RANGE_TEST = "range-test.json"

MOST_STEPS = 10_000
"""More tell nothing more, and a test is to be short."""


@dataclass(frozen=True)
class Sweep:
    """How the rate of a range test rises.

    Args:
        low: Learning rate of the first step, > 0.
        high: Learning rate of the last step, > low.
        steps: How many steps that takes, >= 20.

    Example:
        >>> Sweep(low=1.0, high=0.1)
        Traceback (most recent call last):
        ValueError: high must be > low=1, because the rate rises; got high=0.1
    """

    low: float = 1e-6
    high: float = 10.0
    steps: int = 200

    def __post_init__(self) -> None:
        low = checked_number("low", self.low, "> 0", lambda rate: rate > 0, "a rate of 0 times any factor is 0")
        high = checked_number("high", self.high, f"> low={low:g}", lambda rate: rate > low, "the rate rises")
        steps = checked_whole("steps", self.steps, LEAST_STEPS, "fewer tell nothing")
        if steps > MOST_STEPS:
            raise ValueError(f"steps must be <= {MOST_STEPS}, because a range test is short; got steps={steps}")
        for name, value in (("low", low), ("high", high), ("steps", steps)):
            object.__setattr__(self, name, value)

    def plan(self, steps_per_epoch: int) -> ExponentialRise:
        """The plan of the test, on epochs of so many steps."""
        return ExponentialRise(self.steps / steps_per_epoch, self.low, self.high)

    def epochs(self, steps_per_epoch: int) -> int:
        """How many epochs, the last one perhaps not whole, the test goes through."""
        return math.ceil(self.steps / steps_per_epoch)


def prepare_range_test(config: RunConfig, runs: Path, sweep: Sweep) -> Path:
    """Create the folder of a range test for an engine to find, and remove what earlier ones may have left.

    Args:
        config: Data, model, batch size and optimizer; its plan is not followed.
        runs: The folder that runs are kept in.
        sweep: How the rate rises.

    Raises:
        ConfigError: The backend is not installed here.
        RunError: The folder cannot be made.
    """
    check_installed(config.backend)
    place = runs / RANGE_TESTS
    _tidy_up(place)
    folder = new_run_folder(place, None, config.default_name())
    try:
        (folder / RANGE_TEST).write_text(json.dumps(asdict(sweep)), "utf-8")
    except OSError as error:
        raise RunUnwritable(f"The folder {str(folder)!r} cannot be written: {error.strerror or error}.") from error
    write_config(folder, config)
    return folder


def read_sweep(folder: Path) -> Sweep | None:
    """How the rate of the test in `folder` rises; None for a run.

    Raises:
        RunUnreadable: It is a test, but not one that can be understood.
    """
    path = folder / RANGE_TEST
    try:
        return Sweep(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise RunUnreadable(f"{str(path)!r} cannot be read: {error}.") from error


def remove_range_test(folder: Path) -> None:
    """Remove the folder of a range test, as far as it can be; nothing but one is ever removed.

    Raises:
        ValueError: The folder is not one in which range tests are kept.
    """
    if folder.parent.name != RANGE_TESTS or folder.name in ("", ".", ".."):
        raise ValueError(f"folder must lie in a folder {RANGE_TESTS!r}, because no run is ever removed; got {folder}")
    if is_range_test(folder):
        with contextlib.suppress(OSError):
            # What says that it is one goes last: what has to stay for now is known for one later.
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name != RANGE_TEST:
                    path.unlink()
            if [path.name for path in folder.iterdir()] == [RANGE_TEST]:
                (folder / RANGE_TEST).unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()  # only an empty one goes
        folder.parent.rmdir()  # the last one; a folder that holds others stays


def is_range_test(folder: Path) -> bool:
    """Whether somebody has asked for a range test here."""
    return folder.parent.name == RANGE_TESTS and (folder / RANGE_TEST).is_file() and not folder.is_symlink()


def _tidy_up(place: Path) -> None:
    """Remove the tests of windows that were killed: nobody records into them, or may be about to."""
    with contextlib.suppress(OSError):
        for folder in list(place.iterdir()):
            old = time.time() - folder.stat().st_mtime > STARTING_SECONDS
            if old and folder.is_dir() and not folder.is_symlink() and lock_is_held(folder) is False:
                remove_range_test(folder)
