"""Where a comparison stands, what can be done with it, and the words for both; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kescape.compare.jobs import JobState
from kescape.compare.overview import Seen
from kescape_gui.comparison.reader import Look
from kescape_gui.plan_preview.plan_preview import time_words
from kescape_gui.words import counted, tr

_NAMED = 3
"""So many runs are named, the others counted."""


class Stage(Enum):
    """Where it stands, as its folder and the process that was started for it say."""

    STARTING = "starting"
    """A process was started that is not at it yet."""
    WORKING = "working"
    STOPPING = "stopping"
    CUT_OFF = "cut off"
    """Nobody is at work on what is missing."""
    COMPLETE = "complete"
    """No run has to be trained any more."""


@dataclass(frozen=True)
class Standing:
    """Where a comparison stands.

    Attributes:
        stage: In a word.
        can_stop: Whether a process can be asked to end.
        can_go_on: Whether a process can be started that trains what is missing, or tries again what failed.
        words: In a sentence.
        problem: What went wrong, in sentences; empty if nothing did.
    """

    stage: Stage
    can_stop: bool
    can_go_on: bool
    words: str
    problem: str


def standing_of(look: Look, *, is_starting: bool, complaint: str = "") -> Standing:
    """Where a comparison stands.

    Args:
        look: What its folder says.
        is_starting: Whether a process was started for it that is alive.
        complaint: Why the last process that was started for it ended, if it said so to nobody else.
    """
    counts, complete = look.seen.counts, look.report.is_complete
    if look.is_worked_on:
        stage = Stage.STOPPING if look.is_stopping else Stage.WORKING
    elif is_starting:
        stage = Stage.STARTING
    else:
        stage = Stage.COMPLETE if complete else Stage.CUT_OFF
    idle = stage in (Stage.CUT_OFF, Stage.COMPLETE)
    failed = counts[JobState.FAILED]
    words = {
        Stage.STARTING: tr("Starting the process that trains the runs…"),
        Stage.WORKING: tr("Training on {where}").format(where=look.state.where) if look.state.where else "",
        Stage.STOPPING: tr("Stopping: each run ends after the step that it is in, and can go on later."),
        Stage.CUT_OFF: tr("Nobody trains what is missing. What is there stays, and goes on from its last checkpoint."),
        Stage.COMPLETE: tr("All runs have come to their end.") if not failed else tr("All other runs are done."),
    }[stage]
    problems = [complaint or look.state.problem or ""] if idle and not complete else []
    return Standing(
        stage,
        can_stop=stage is Stage.WORKING,
        can_go_on=idle and (not complete or failed > 0),
        words=words,
        problem=" ".join(filter(None, [*problems, *_failures(look.seen)])),
    )


def counts_words(seen: Seen) -> str:
    """How many runs are how far, and how long it takes still.

    Example:
        >>> from kescape.compare.jobs import Progress
        >>> states = (JobState.DONE, JobState.DIVERGED, JobState.LIVE, JobState.MISSING)
        >>> counts_words(Seen({state: Progress(state) for state in states}, 30, 80, 95.0))
        '2 of 4 runs done · 1 of them diverged · 1 training · 30 of 80 epochs · about 2 min left'
    """
    counts = seen.counts
    diverged, failed = counts[JobState.DIVERGED], counts[JobState.FAILED] + counts[JobState.FOREIGN]
    done = tr("{done} of {runs} done")
    parts = [done.format(done=counts[JobState.DONE] + diverged, runs=counted(len(seen.progress), "run"))]
    if diverged:
        parts.append(tr("{count} of them diverged").format(count=diverged))
    if counts[JobState.LIVE]:
        parts.append(tr("{count} training").format(count=counts[JobState.LIVE]))
    if failed:
        parts.append(tr("{count} failed").format(count=failed))
    parts.append(tr("{epochs} of {all} epochs").format(epochs=f"{seen.epochs:,}", all=f"{seen.total:,}"))
    if seen.seconds_left is not None and counts[JobState.LIVE]:
        parts.append(tr("about {time} left").format(time=time_words(seen.seconds_left)))
    return " · ".join(parts)


def now_words(look: Look) -> str:
    """Which runs train now, and how far they are; empty while none does."""
    outcomes = [outcome for arm in look.report.arms for outcome in arm.outcomes]
    live = [outcome for outcome in outcomes if outcome.progress.state is JobState.LIVE]
    if not live:
        return ""
    one = tr("{arm}, seed {seed} (epoch {done} of {epochs})")
    said = [
        one.format(
            arm=outcome.job.arm.title,
            seed=outcome.job.seed,
            done=look.seen.progress[outcome.job.name].epochs,
            epochs=outcome.job.config.epochs,
        )
        for outcome in live[:_NAMED]
    ]
    if len(live) > _NAMED:
        said.append(tr("and {count} more").format(count=len(live) - _NAMED))
    return tr("Now: {runs}").format(runs="; ".join(said))


def _failures(seen: Seen) -> list[str]:
    """The sentences about the runs that failed, the same one once."""
    found: dict[str, list[str]] = {}
    for name, progress in seen.progress.items():
        if progress.state in (JobState.FAILED, JobState.FOREIGN):
            found.setdefault(progress.problem or tr("It left no message."), []).append(name)
    said = []
    for problem, names in list(found.items())[:_NAMED]:
        words = tr("{name} failed: {why}") if len(names) == 1 else tr("{name} and {count} more failed: {why}")
        said.append(words.format(name=names[0], count=len(names) - 1, why=problem.rstrip(".") + "."))
    if len(found) > _NAMED:
        said.append(tr("{count} more kinds of failures are told in the ranking.").format(count=len(found) - _NAMED))
    return said
