"""The folder of a comparison, `RUNS/NAME/`: what is compared, and whether somebody is at work on it. No Keras, no Qt.

It holds `comparison.json`, `compare.lock` (held while its runs are trained), `state.json` (what the process that trains
them says of itself), `compare.log` where that process has no terminal, and `stop` once it has been asked to end. The
runs are ordinary ones beside it, `RUNS/NAME-ARM-SEED/`.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock

from kescape.compare.comparison import Comparison
from kescape.compare.jobs import check_names_are_free
from kescape.config import ConfigError
from kescape.run.errors import RunLocked, RunNotFound, RunUnreadable, RunUnwritable
from kescape.run.folder import expanded, is_run_folder, new_run_folder

__all__ = [
    "COMPARE_LOG",
    "KNOWN_FILES",
    "ComparisonState",
    "ask_to_stop",
    "comparison_of",
    "find_comparison",
    "is_comparison",
    "is_half",
    "is_worked_on",
    "keep_comparison",
    "list_comparisons",
    "new_comparison",
    "read_comparison",
    "read_state",
    "stop_is_wanted",
    "working_on",
    "write_state",
]

COMPARISON = "comparison.json"
COMPARE_LOG = "compare.log"
_LOCK = "compare.lock"
_STATE = "state.json"
_STOP = "stop"
_HALF = ".tmp"
KNOWN_FILES = (COMPARISON, COMPARE_LOG, _LOCK, _STATE, _STOP)
"""All that a comparison's folder holds."""

_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class ComparisonState:
    """What the process that trains the runs of a comparison says of itself.

    Attributes:
        at_once: How many runs it trains at a time.
        where: Where they are trained, in words.
        problem: Why it ended, in a sentence, if something went wrong.
    """

    at_once: int = 0
    where: str = ""
    problem: str | None = None


def new_comparison(comparison: Comparison, runs: Path, name: str | None, default_name: str) -> Path:
    """Make the folder of a comparison; what exists is never touched: `first`, then `first-2`.

    Raises:
        ValueError: `name` cannot be a folder's name, or one of its runs would have none.
        RunExists: Another run has the name that one of its runs would have.
        RunUnwritable: The folder cannot be made.
    """
    folder = new_run_folder(runs, name, default_name)
    try:
        check_names_are_free(comparison, folder)
        keep_comparison(folder, comparison)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise
    return folder


def keep_comparison(folder: Path, comparison: Comparison) -> None:
    """Write what is compared into its folder, where it appears whole or not at all."""
    _write(folder, COMPARISON, json.dumps({"format": 1, **comparison.to_dict()}, indent=2) + "\n")


def read_comparison(folder: Path) -> Comparison:
    """What is compared in `folder`.

    Raises:
        RunNotFound: There is no comparison.
        RunUnreadable: Its file is damaged, of a newer KEscape, or cannot be compared here (any more).
    """
    path = folder / COMPARISON
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
        known = json.loads(content)
        if not isinstance(known, dict) or known.get("format") != 1:
            raise ValueError("it is none of this version's files")  # noqa: TRY301
        return Comparison.from_dict(known)
    except FileNotFoundError:
        raise RunNotFound(f"There is no comparison in {str(folder)!r}.") from None
    except OSError as error:
        raise RunUnreadable(f"{str(path)!r} cannot be read: {error.strerror or error}.") from error
    except ConfigError as error:
        raise RunUnreadable(f"{str(path)!r} cannot be compared: {'; '.join(error.errors.values())}.") from error
    except (ValueError, RecursionError) as error:
        raise RunUnreadable(f"{str(path)!r} is damaged: {error}.") from error


def is_comparison(folder: Path) -> bool:
    """Whether a comparison lies in `folder`."""
    with contextlib.suppress(OSError):
        return (folder / COMPARISON).is_file()
    return False


def is_half(name: str) -> bool:
    """Whether a file of a comparison's folder is one that was being written when its process was killed."""
    return name.startswith(".") and name.endswith(_HALF)


def list_comparisons(runs: Path) -> list[Path]:
    """The folders of all comparisons in `runs`, the newest first."""
    found = []
    with contextlib.suppress(OSError):
        for folder in runs.iterdir():
            with contextlib.suppress(OSError):
                found.append((-(folder / COMPARISON).stat().st_mtime, folder))
    return [folder for _, folder in sorted(found)]


def comparison_of(run: Path) -> Path | None:
    """The comparison that a run is named after: `RUNS/NAME/` of `RUNS/NAME-ARM-SEED/`; None if it is of none."""
    parts = run.name.split("-")
    # The longest name first: there may be a comparison `first` beside `first-2`.
    names = ("-".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    return next((folder for name in names if name and is_comparison(folder := run.parent / name)), None)


def find_comparison(name: str | Path, runs: Path) -> Path:
    """The folder of a comparison given by name or path.

    Raises:
        RunNotFound: There is none.
    """
    path = expanded(name)
    candidates = [runs / path, path] if len(path.parts) == 1 else [path]
    for candidate in candidates:
        if is_comparison(candidate):
            return candidate.absolute()
    hint = " It is a run: `kescape show` tells of it." if any(map(is_run_folder, candidates)) else ""
    raise RunNotFound(f"There is no comparison {str(name)!r} in {str(runs)!r}.{hint}")


@contextlib.contextmanager
def working_on(folder: Path) -> Iterator[None]:
    """Be the one that trains the runs of a comparison.

    Raises:
        RunLocked: Another process is at it.
    """
    lock = filelock.FileLock(folder / _LOCK, thread_local=False)
    try:
        lock.acquire(timeout=0.5, poll_interval=0.05)
    except filelock.Timeout:
        raise RunLocked(f"The comparison {folder.name!r} is being trained by another process.") from None
    except OSError as error:
        raise RunUnwritable(f"The folder {str(folder)!r} cannot be written: {error.strerror or error}.") from error
    try:
        (folder / _STOP).unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def is_worked_on(folder: Path) -> bool:
    """Whether some process trains the runs of this comparison."""
    if not (folder / _LOCK).exists():
        return False
    lock = filelock.FileLock(folder / _LOCK, thread_local=False)
    try:
        with lock.acquire(timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:
        return False


def ask_to_stop(folder: Path) -> None:
    """Ask the process that trains the runs to stop them, so that they can go on later, and to end."""
    _write(folder, _STOP, "")


def stop_is_wanted(folder: Path) -> bool:
    """Whether somebody has asked the process that trains the runs to end."""
    return (folder / _STOP).exists()


def write_state(folder: Path, state: ComparisonState) -> None:
    """Say what this process does."""
    _write(folder, _STATE, json.dumps(asdict(state)) + "\n")


def read_state(folder: Path) -> ComparisonState:
    """What the process that trains the runs last said of itself; nothing where that cannot be read."""
    try:
        known = json.loads((folder / _STATE).read_text("utf-8"))
        at_once, where, problem = known["at_once"], known["where"], known["problem"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ComparisonState()
    return ComparisonState(int(at_once) if isinstance(at_once, int) else 0, str(where), problem and str(problem))


def _write(folder: Path, name: str, text: str) -> None:
    temporary = folder / f".{uuid.uuid4().hex}{_HALF}"
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / name)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RunUnwritable(f"The folder {str(folder)!r} cannot be written: {error.strerror or error}.") from error
