"""The words at the foot of the window and in its title, for one run at one moment; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kescape_gui import progress
from kescape_gui.run_state import RunState
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr


@dataclass(frozen=True)
class RunWords:
    """What is said of a run."""

    percent: int | None
    cycle: str
    time: str
    speed: str
    title: str


def run_words(run: WatchedRun, clock: datetime) -> RunWords:
    """Say how far the run is, and when it will end."""
    steps, total, state = len(run.curve), run.total_steps, run.state
    percent = progress.percent_done(steps, total)
    shows_percent = percent is not None and state.is_active
    title = (tr("{percent} % · {name} — KEscape") if shows_percent else tr("{name} — KEscape")).format(
        percent=percent, name=run.name
    )
    seconds = int(run.seconds_since_asked)
    if state is RunState.STARTING and steps:
        if run.stage is not None:
            waiting = tr("{stage}, {seconds} s").format(stage=tr(run.stage), seconds=seconds)
        else:
            waiting = tr("waiting for the engine, {seconds} s").format(seconds=seconds)
        return RunWords(percent, "", waiting, "", title)
    if not state.is_active or not steps:
        return RunWords(percent, "", _length(steps, by_epoch=run.counts_epochs), "", title)
    begin = run.plan_step
    cycle = progress.cycle_words(run.placed, steps - begin, max(0, total - begin))
    if state is RunState.PAUSED:
        return RunWords(percent, cycle, tr("held at step {step}").format(step=f"{steps:,}"), "", title)
    if state is RunState.STOPPING:
        waiting = tr("waiting for the current step, {seconds} s").format(seconds=seconds)
        return RunWords(percent, cycle, waiting, "", title)
    until = total
    if state is RunState.FINISHING_CYCLE and run.placed is not None:
        cycle_end = run.placed.cycle_bounds(max(0, steps - 1 - begin))[1]
        ends = [end for end in (total, begin + cycle_end if cycle_end else 0) if end]
        until = min(ends, default=0)
    now = progress.speed(run.curve)
    left = progress.time_left_words(now, until - steps, clock)
    return RunWords(percent, cycle, left, progress.speed_words(now), title)


def _length(steps: int, *, by_epoch: bool) -> str:
    if steps == 1:
        return tr("1 epoch") if by_epoch else tr("1 step")
    pattern = tr("{count} epochs") if by_epoch else tr("{count} steps")
    return pattern.format(count=f"{steps:,}") if steps else ""
