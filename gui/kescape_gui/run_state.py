"""The one owner of what the window shows as the state of the run, and what may be done in it; no Qt.

The state follows from facts only: the run's status, its acknowledgements, what the engine process does, and the
commands that were sent and not answered yet. It never follows from a click.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from kescape_gui.words import tr


class RunState(Enum):
    """What the window shows; the value is its word."""

    DRAFT = "Ready"
    STARTING = "Starting"
    RUNNING = "Running"
    PAUSING = "Pausing"
    PAUSED = "Paused"
    RESUMING = "Resuming"
    FINISHING_CYCLE = "Finishing the cycle"
    STOPPING = "Stopping"
    FINISHED = "Finished"
    STOPPED = "Stopped"
    FAILED = "Failed"
    INTERRUPTED = "Interrupted"
    UNKNOWN = "Unknown"

    @property
    def is_active(self) -> bool:
        """Whether a process is at work on the run."""
        return self in _ACTIVE

    @property
    def symbol(self) -> str:
        """A sign beside the word, so that no state is told by colour alone."""
        return _SYMBOLS[self]


_ACTIVE = {
    RunState.STARTING,
    RunState.RUNNING,
    RunState.PAUSING,
    RunState.PAUSED,
    RunState.RESUMING,
    RunState.FINISHING_CYCLE,
    RunState.STOPPING,
}

_SYMBOLS = {
    RunState.DRAFT: "○",
    RunState.STARTING: "◌",
    RunState.RUNNING: "●",
    RunState.PAUSING: "‖",
    RunState.PAUSED: "‖",
    RunState.RESUMING: "◌",
    RunState.FINISHING_CYCLE: "◔",
    RunState.STOPPING: "■",
    RunState.FINISHED: "✓",
    RunState.STOPPED: "■",
    RunState.FAILED: "✕",
    RunState.INTERRUPTED: "⚠",
    RunState.UNKNOWN: "?",
}


@dataclass(frozen=True)
class Facts:
    """What the state follows from.

    Attributes:
        status: The status that the run folder gives, as a word; None if no run is shown.
        pending: Kinds of the commands sent to this run and not acknowledged yet.
        stops_after_cycle: Whether the engine has said that it will stop at the end of the cycle.
        engine_failed: Whether our engine process ended before it recorded anything.
        given_up: Whether that was because the user gave up the start.
    """

    status: str | None
    pending: Collection[str] = ()
    stops_after_cycle: bool = False
    engine_failed: bool = False
    given_up: bool = False


def derive_state(facts: Facts) -> RunState:
    """The state that follows from the facts.

    Example:
        >>> derive_state(Facts("running", pending=["pause"]))
        <RunState.PAUSING: 'Pausing'>
        >>> derive_state(Facts("paused", pending=["pause"]))
        <RunState.PAUSED: 'Paused'>
    """
    if facts.status is None:
        return RunState.DRAFT
    if facts.engine_failed and facts.given_up:
        return RunState.STOPPED
    if facts.status in _ENDED:
        return _ENDED[facts.status]
    if facts.engine_failed:
        return RunState.FAILED
    if facts.status not in ("starting", "running", "paused"):
        return RunState.UNKNOWN
    if "stop" in facts.pending:
        return RunState.STOPPING
    if facts.status == "starting":
        return RunState.STARTING
    if facts.status == "paused":
        return RunState.RESUMING if "resume" in facts.pending else RunState.PAUSED
    if "pause" in facts.pending:
        return RunState.PAUSING
    if facts.stops_after_cycle or "stop_after_cycle" in facts.pending:
        return RunState.FINISHING_CYCLE
    return RunState.RUNNING


_ENDED = {
    "finished": RunState.FINISHED,
    "stopped": RunState.STOPPED,
    "failed": RunState.FAILED,
    "interrupted": RunState.INTERRUPTED,
}


class Verb(Enum):
    """What can be done to a run; the value is the `objectName` of its button."""

    START = "startButton"
    PAUSE = "pauseButton"
    RESUME = "resumeButton"
    TRAIN_ON = "trainOnButton"
    STOP_AFTER_CYCLE = "stopButton"
    STOP_NOW = "stopNowButton"
    RESTART_NOW = "restartButton"
    NEW_PEAK = "newPeakButton"
    SNAPSHOT = "snapshotButton"
    NOTE = "noteButton"
    BRANCH = "branchButton"
    WITHOUT_RESTARTS = "withoutRestartsButton"


@dataclass(frozen=True)
class Offer:
    """How a verb is shown in a state."""

    text: str
    enabled: bool
    visible: bool
    reason: str
    """What it does, or why it cannot be used now."""
    goes_on: bool = field(default=False, compare=False)
    """Whether it lets a run go on that was held, is about to end or has ended."""
    is_advised: bool = field(default=True, compare=False)
    """Whether it would help: it can be done, but would only lead to the same end."""


@dataclass(frozen=True)
class Continuation:
    """Whether an ended run can go on; each is a sentence that says why not, or None if it can.

    Attributes:
        problem: Why it cannot go on from its newest checkpoint.
        longer_problem: Why it cannot be trained for longer than was planned.
        step: How many steps its newest checkpoint has, if there is one.
        repeats: Whether going on as it is would only lead to the end that it had.
    """

    problem: str | None = None
    longer_problem: str | None = None
    step: int | None = None
    repeats: bool = False


# In the source language: a text is translated where it is used, since the language is not known before the app runs.
_DOES = {
    Verb.START: "Train with the settings on the left, as a new run",
    Verb.PAUSE: "Hold the training after the current step; nothing is lost",
    Verb.RESUME: "Go on from the newest checkpoint, to the end that was planned",
    Verb.TRAIN_ON: "Let this run go on for more epochs than were planned",
    Verb.NEW_PEAK: "Give the cycles after the next restart another highest rate",
    Verb.SNAPSHOT: "Keep the weights as they are now, in the run's folder",
    Verb.BRANCH: "Fill the form for a new run that starts from weights of this one",
    Verb.WITHOUT_RESTARTS: "Train a new run with the same settings, seed and order of the data along a single cosine, "
    "and compare both",
    Verb.NOTE: "Write a line into the log of the run, at the current step",
    Verb.STOP_AFTER_CYCLE: "Train on to the end of this cycle, where the rate is lowest, and stop there",
    Verb.STOP_NOW: "Stop after the current step; what was recorded stays",
    Verb.RESTART_NOW: "Jump to the start of the next cycle: the learning rate goes back up at once",
}

_TEXTS = {
    Verb.START: "Start",
    Verb.PAUSE: "Pause",
    Verb.RESUME: "Resume",
    Verb.TRAIN_ON: "Train on…",
    Verb.NEW_PEAK: "New highest rate from the next restart…",
    Verb.SNAPSHOT: "Snapshot now",
    Verb.NOTE: "Note…",
    Verb.BRANCH: "Branch from here…",
    Verb.WITHOUT_RESTARTS: "Run again without restarts",
    Verb.STOP_AFTER_CYCLE: "Stop after cycle",
    Verb.STOP_NOW: "Stop now",
    Verb.RESTART_NOW: "Restart now",
}


_GOES_ON = Continuation()

_RESUMABLE = (RunState.INTERRUPTED, RunState.STOPPED, RunState.FAILED)
_STEERING = (Verb.NEW_PEAK, Verb.SNAPSHOT, Verb.NOTE)


def offers(
    state: RunState,
    *,
    elsewhere: str | None = None,
    has_restarts: bool = True,
    unanswered: bool = False,
    continuation: Continuation = _GOES_ON,
    no_control: str | None = None,
) -> Mapping[Verb, Offer]:
    """How each verb is shown in `state`.

    Args:
        state: The state of the run that is shown.
        elsewhere: The name of another run that this window's engine trains now, or None.
        has_restarts: Whether the run's plan has cycles to restart.
        unanswered: Whether an engine of ours was told to stop and has not answered for long.
        continuation: Whether the run can go on once it has ended.
        no_control: Why the run cannot be trained again without restarts, or None if it can.
    """
    table = {verb: _offer(verb, state, has_restarts) for verb in Verb}
    table[Verb.RESUME] = _resume(state, continuation)
    table[Verb.TRAIN_ON] = _train_on(state, continuation)
    table[Verb.BRANCH] = _branch(state, continuation)
    table[Verb.WITHOUT_RESTARTS] = _without_restarts(state, no_control)
    if unanswered and state is RunState.STOPPING:
        reason = tr("The engine does not answer: end its process; what was recorded stays")
        table[Verb.STOP_NOW] = Offer(tr("End the engine"), enabled=True, visible=True, reason=reason)
    if elsewhere is not None:
        busy = tr("“{name}” is being trained; stop it first, or wait until it ends").format(name=elsewhere)
        for verb in (Verb.START, Verb.RESUME, Verb.TRAIN_ON, Verb.WITHOUT_RESTARTS):
            if table[verb].enabled:
                table[verb] = replace(table[verb], enabled=False, reason=busy)
    return MappingProxyType(table)


def _resume(state: RunState, continuation: Continuation) -> Offer:
    text, does = tr(_TEXTS[Verb.RESUME]), tr(_DOES[Verb.RESUME])
    if state in _RESUMABLE:
        problem = continuation.problem
        can, advised = problem is None, not continuation.repeats
        return Offer(text, enabled=can, visible=can, reason=problem or does, goes_on=True, is_advised=advised)
    reason = tr("Nothing has ended here that could go on")
    if state is RunState.FINISHED:
        reason = tr("The run has trained all its epochs; “Train on…” adds more")
    return Offer(text, enabled=False, visible=False, reason=reason, goes_on=True)


def _train_on(state: RunState, continuation: Continuation) -> Offer:
    text, does = tr(_TEXTS[Verb.TRAIN_ON]), tr(_DOES[Verb.TRAIN_ON])
    if state is not RunState.FINISHED and state not in _RESUMABLE:
        return Offer(text, enabled=False, visible=False, reason=tr("Only a run that has ended can be trained on"))
    problem = continuation.problem or continuation.longer_problem
    visible = problem is None and state is RunState.FINISHED
    return Offer(text, enabled=problem is None, visible=visible, reason=problem or does)


def _branch(state: RunState, continuation: Continuation) -> Offer:
    text, does = tr(_TEXTS[Verb.BRANCH]), tr(_DOES[Verb.BRANCH])
    if state in (RunState.DRAFT, RunState.STARTING, RunState.UNKNOWN):
        return Offer(text, enabled=False, visible=True, reason=tr("There are no weights yet to start from"))
    problem = None if state.is_active else continuation.problem
    return Offer(text, enabled=problem is None, visible=True, reason=problem or does)


def _without_restarts(state: RunState, no_control: str | None) -> Offer:
    text, does = tr(_TEXTS[Verb.WITHOUT_RESTARTS]), tr(_DOES[Verb.WITHOUT_RESTARTS])
    if state is RunState.DRAFT:
        no_control = tr("There is no run in view to train again")
    elif state.is_active and no_control is None:
        no_control = tr("Wait until this run has ended: two trainings at once slow each other down")
    return Offer(text, enabled=no_control is None, visible=True, reason=no_control or does)


def _steering(verb: Verb, state: RunState, has_restarts: bool) -> Offer:
    """What can be done to a live run beside holding and ending it."""
    text, does = tr(_TEXTS[verb]), tr(_DOES[verb])
    if verb is Verb.NEW_PEAK:
        if not has_restarts:
            return Offer(text, False, True, tr("This schedule has no restart to come"))
        if state is RunState.FINISHING_CYCLE:
            return Offer(text, False, True, tr("The training ends with this cycle: no restart is to come"))
    return Offer(text, enabled=True, visible=True, reason=does)


def _offer(verb: Verb, state: RunState, has_restarts: bool) -> Offer:
    text, does = tr(_TEXTS[verb]), tr(_DOES[verb])
    active = state.is_active
    if verb is Verb.START:
        if state is RunState.STARTING:
            return Offer(tr("Starting…"), enabled=False, visible=True, reason=tr("The engine is preparing the run"))
        return Offer(text, enabled=not active, visible=not active, reason=does)
    if not active:
        visible = verb is not Verb.PAUSE
        return Offer(text, enabled=False, visible=visible, reason=tr("No training is running in this view"))
    if state is RunState.STARTING:
        visible = verb is not Verb.PAUSE
        if verb is Verb.STOP_NOW:
            return Offer(text, enabled=True, visible=True, reason=tr("Give up this start"))
        return Offer(text, enabled=False, visible=visible, reason=tr("The training has not begun yet"))
    if state is RunState.STOPPING:
        return Offer(text, enabled=False, visible=True, reason=tr("The training is stopping"))
    if verb in _STEERING:
        return _steering(verb, state, has_restarts)
    if verb is Verb.PAUSE:
        if state is RunState.PAUSED:
            return Offer(
                tr("Resume"), enabled=True, visible=True, reason=tr("Go on from where it was paused"), goes_on=True
            )
        if state is RunState.RESUMING:
            return Offer(
                tr("Resuming…"), enabled=False, visible=True, reason=tr("Waiting for the engine"), goes_on=True
            )
        if state is RunState.PAUSING:
            return Offer(tr("Pausing…"), enabled=False, visible=True, reason=tr("Waiting for the current step to end"))
        return Offer(text, enabled=True, visible=True, reason=does)
    if verb is Verb.STOP_AFTER_CYCLE:
        if state is RunState.FINISHING_CYCLE:
            return Offer(tr("Keep going"), True, True, tr("Take back “Stop after cycle” and train on"), goes_on=True)
        if state in (RunState.PAUSED, RunState.PAUSING, RunState.RESUMING):
            return Offer(text, enabled=False, visible=True, reason=tr("The training is paused; resume it first"))
        return Offer(text, enabled=True, visible=True, reason=does)
    if verb is Verb.RESTART_NOW:
        if not has_restarts:
            return Offer(text, False, True, tr("This schedule has no cycles to restart"))
        if state not in (RunState.RUNNING, RunState.PAUSED):
            ends = state is RunState.FINISHING_CYCLE
            reason = tr("The cycle is about to end") if ends else tr("Waiting for the engine")
            return Offer(text, enabled=False, visible=True, reason=reason)
        return Offer(text, enabled=True, visible=True, reason=does)
    return Offer(text, enabled=True, visible=True, reason=does)
