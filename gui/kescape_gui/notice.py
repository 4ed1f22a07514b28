"""What a card over the curves has to tell of a run, if anything; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from kescape_gui import failure
from kescape_gui.run_state import RunState
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr


@dataclass(frozen=True)
class Notice:
    """Headline, cause, advice, and a report to copy; `tone` is "error" or "warning"."""

    tone: str
    headline: str
    cause: str
    advice: str
    report: str = field(compare=False)
    repeats: bool = False
    """Whether going on as it is would only lead here again."""


def notice_of(run: WatchedRun) -> Notice | None:
    """What there is to tell: the run failed, was cut off, or cannot be read."""
    if run.problem is not None:
        return Notice("warning", tr("This run cannot be read"), run.problem, "", run.problem)
    if run.state is RunState.FAILED:
        log = run.log_tail()
        told, tone = failure.explain(run.error or "", log, run.engine_end), "error"
    elif run.state is RunState.INTERRUPTED:
        log = run.log_tail()
        going_on = run.continuation
        told, tone = failure.cut_off(going_on.problem, going_on.step, run.engine_end, log), "warning"
    else:
        return None
    settings = "\n".join(f"{name} = {value}" for name, value in run.config.items())
    report = failure.report(run.name, told, settings, log)
    return Notice(tone, told.headline, told.cause, told.advice, report, told.repeats)
