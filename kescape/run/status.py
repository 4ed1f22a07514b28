"""What a run is doing, derived from facts each time somebody asks; never stored."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum


class RunStatus(StrEnum):
    """The state of a run. Compares equal to its plain word: `run.status == "running"`."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"

    @property
    def is_live(self) -> bool:
        """Whether a process is at work on the run."""
        return self in (RunStatus.STARTING, RunStatus.RUNNING, RunStatus.PAUSED)


STARTING_SECONDS = 60.0
"""How long a folder that nobody records into yet counts as starting: TensorFlow imports slowly."""


@dataclass(frozen=True)
class Facts:
    """What the status follows from.

    Attributes:
        lock_held: Whether a process holds `engine.lock`; None where that cannot be told.
        has_session: Whether a process has ever recorded into the run.
        same_host: Whether the latest session ran on this computer.
        end: How the latest session ended, if it did.
        paused: Whether the latest of its pause and resume events is a pause.
        has_steps: Whether any step is recorded.
        asked: When the run was asked for, in Unix seconds.
        asked_to_go_on: When the run was asked to go on, if no engine has begun with that yet.
    """

    lock_held: bool | None
    has_session: bool
    same_host: bool
    end: str | None
    paused: bool
    has_steps: bool
    asked: float
    asked_to_go_on: float | None = None


def derive_status(facts: Facts) -> RunStatus:
    """The status that follows from the facts.

    Example:
        >>> facts = Facts(lock_held=False, has_session=True, same_host=True, end=None,
        ...               paused=False, has_steps=True, asked=0.0)
        >>> str(derive_status(facts))
        'interrupted'
    """
    if not facts.has_session:
        return RunStatus.STARTING if facts.lock_held or _is_young(facts.asked) else RunStatus.INTERRUPTED
    if facts.asked_to_go_on is not None and _is_young(facts.asked_to_go_on):
        return RunStatus.STARTING
    if facts.end is not None:
        return RunStatus(facts.end)
    if facts.lock_held:
        if facts.paused:
            return RunStatus.PAUSED
        return RunStatus.RUNNING if facts.has_steps else RunStatus.STARTING
    if facts.lock_held is None or not facts.same_host:
        return RunStatus.UNKNOWN
    return RunStatus.INTERRUPTED


def _is_young(asked: float) -> bool:
    """Whether an engine asked for then may still be importing TensorFlow."""
    return time.time() - asked < STARTING_SECONDS
