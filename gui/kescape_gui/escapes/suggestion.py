"""What is suggested beside the table of escapes: by the verdicts, or by a loss that no longer falls; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from kescape.evidence.advice import advise, peaks_of
from kescape.evidence.plateau import Trend, trend_of
from kescape_gui.run_state import Verb
from kescape_gui.setup.numbers import format_number
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr

_MOST_STEPS = 200_000
"""Of a long cycle the last ones tell enough."""


@dataclass(frozen=True)
class Suggestion:
    """A sentence, and what would carry it out.

    Attributes:
        sentence: In words, with the numbers behind it.
        verb: What the button does; None where nothing is to be done.
        button: What the button says.
        eta_max: The proposed highest rate, if there is one.
        step: Of the weights to branch from, if it is a branch.
    """

    sentence: str
    verb: Verb | None = None
    button: str = ""
    eta_max: float | None = None
    step: int | None = None


class Suggesting:
    """Suggests for the run in view; what was found for the same steps is not worked out again."""

    def __init__(self) -> None:
        self._known: tuple[tuple[int, int], Suggestion | None] | None = None

    def of(self, run: WatchedRun) -> Suggestion | None:
        """The suggestion for a run; None where there is nothing to say."""
        # The trend of a running cycle is worked out anew with each fiftieth part of it.
        grown = len(run.curve) // max(50, len(run.curve) // 50)
        key = (run.version, grown)
        if self._known is None or self._known[0] != key:
            self._known = (key, _by_trend(run) or _by_verdicts(run))
        return self._known[1]


def _by_verdicts(run: WatchedRun) -> Suggestion | None:
    advice = advise(run.escapes, peaks_of(run.escapes, run.placed, run.plan_step))
    if advice is None:
        return None
    sentence = advice.sentence(tr)
    if advice.what == "go on" or advice.eta_max is None:
        return Suggestion(sentence)
    rate = format_number(float(f"{advice.eta_max:.3g}"))
    if advice.what == "raise" and run.state.is_active:
        return Suggestion(sentence, Verb.NEW_PEAK, tr("Set {rate}…").format(rate=rate), advice.eta_max)
    step = advice.back_to.step if advice.back_to is not None else run.escapes[-1].end_step
    button = tr("Branch at {rate}").format(rate=rate)
    return Suggestion(sentence, Verb.BRANCH, button, advice.eta_max, step)


def _by_trend(run: WatchedRun) -> Suggestion | None:
    if not run.state.is_active or run.placed is None or not run.steps_per_epoch:
        return None
    trend = _trend(run)
    if trend is None or not trend.suggests_restart:
        return None
    return Suggestion(trend.sentence(tr), Verb.RESTART_NOW, tr("Restart now"))


def _trend(run: WatchedRun) -> Trend | None:
    """Of the cycle that is running."""
    curve = run.curve
    begin = max([0, *curve.restarts, len(curve) - _MOST_STEPS])
    assert run.steps_per_epoch is not None, "asked before"
    return trend_of(curve.loss[begin:], steps_per_epoch=run.steps_per_epoch, rates=curve.learning_rate[begin:])
