"""The list of runs: a short summary of each, which never fails because of a single bad one."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kescape.run.errors import RunError
from kescape.run.folder import CONFIG, DATABASE, GO_ON, LABELS, is_run_folder, known_runs, runs_folder
from kescape.run.labels import Labels, read_labels
from kescape.run.reader import Run, open_run
from kescape.run.status import RunStatus


@dataclass(frozen=True)
class RunSummary:
    """What a list shows of one run.

    Attributes:
        name: The folder's name.
        path: The folder.
        status: What the run is doing; unknown if it cannot be read.
        problem: Why it cannot be read, in one sentence; else None.
        created: In Unix seconds.
        last_seen: When something was last written, in Unix seconds.
        steps: How many steps are recorded.
        epochs_done: How many epochs are.
        epochs_total: How many the settings ask for, where they say.
        metrics: Those of the last epoch.
        config: The settings.
        error: Why it failed, if it did.
        labels: What somebody has said of it afterwards.
    """

    name: str
    path: Path
    status: RunStatus
    problem: str | None
    created: float
    last_seen: float
    steps: int = 0
    epochs_done: int = 0
    epochs_total: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    labels: Labels = field(default_factory=Labels)


# What was read from runs that have ended, with the state of their files then: a list is asked for
# every few seconds.
_cache: dict[Path, tuple[object, RunSummary]] = {}
_cache_lock = threading.Lock()


def list_runs(folder: str | Path | None = None, *, remembered: bool = False) -> list[RunSummary]:
    """The runs in `folder`, the newest first.

    A damaged, foreign or newer file is an entry whose `problem` says so.

    Args:
        folder: The runs folder; by default the one that `runs_folder` names.
        remembered: Whether the runs that were recorded elsewhere are listed, too.
    """
    runs = runs_folder(folder)
    paths = []
    with contextlib.suppress(OSError):
        paths = [entry for entry in runs.iterdir() if is_run_folder(entry)]
    if remembered:
        paths += [path for path in known_runs() if path not in paths]
    return sorted((_summary(path) for path in paths), key=lambda run: (-run.created, run.name))


def _summary(path: Path) -> RunSummary:
    signature = _signature(path)
    with _cache_lock:
        cached = _cache.get(path)
    if cached is not None and cached[0] == signature:
        return cached[1]
    try:
        with open_run(path) as run:
            summary = _read(run)
    except RunError as error:
        moment = _changed(path)
        summary = RunSummary(path.name, path, RunStatus.UNKNOWN, str(error), moment, moment)
    except (ValueError, TypeError, OSError, ArithmeticError) as error:
        # Values that no writer of ours leaves: the file opens, but what it says makes no sense.
        moment = _changed(path)
        problem = f"{str(path / DATABASE)!r} is damaged: {error}."
        summary = RunSummary(path.name, path, RunStatus.UNKNOWN, problem, moment, moment)
    summary = replace(summary, labels=read_labels(path))
    with _cache_lock:
        if summary.status.is_live or _signature(path) != signature:
            _cache.pop(path, None)
        else:
            _cache[path] = (signature, summary)
    return summary


def _read(run: Run) -> RunSummary:
    config = run.config
    epochs = config.get("epochs")
    done, metrics = run.epoch_state()
    return RunSummary(
        name=run.name,
        path=run.path,
        status=run.status,
        problem=None,
        created=run.created,
        last_seen=run.last_seen,
        steps=run.steps,
        epochs_done=done,
        epochs_total=epochs if isinstance(epochs, int) else None,
        metrics=metrics,
        config=config,
        error=run.error,
    )


def _signature(path: Path) -> object:
    facts: list[object] = []
    for name in (DATABASE, f"{DATABASE}-wal", CONFIG, GO_ON, LABELS):
        try:
            stat = (path / name).stat()
            facts.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        except OSError:
            facts.append(None)
    return facts


def _changed(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0
