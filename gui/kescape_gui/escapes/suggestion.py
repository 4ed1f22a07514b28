"""What is suggested beside the table of escapes: by the verdicts, or by a loss that no longer falls; no Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from kescape.evidence.advice import advise, peaks_of
from kescape.evidence.escape import Escape
from kescape.evidence.plateau import LEAST_STEPS, Trend, trend_of
from kescape_gui.escapes.escapes import barrier_help
from kescape_gui.run_state import Offer, RunState, Verb
from kescape_gui.setup.numbers import format_number
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr

_MOST_STEPS = 100_000
"""Of a long cycle the last ones tell enough, within a millisecond."""

_ALMOST_OVER = 0.1
"""In the last part of a cycle nothing is gained by ending it."""


@dataclass(frozen=True)
class Suggestion:
    """A sentence, and what would carry it out.

    Attributes:
        sentence: In words.
        numbers: Those behind it, in words.
        verb: What the button does; None where nothing is to be done.
        button: What the button says.
        problem: Why it cannot be done now; else None.
        eta_max: The proposed highest rate, if there is one.
        step: Of the weights to branch from, if it is a branch.
    """

    sentence: str
    numbers: str = ""
    verb: Verb | None = None
    button: str = ""
    problem: str | None = None
    eta_max: float | None = None
    step: int | None = None


class Suggesting:
    """Suggests for the run in view; the trend of the same steps is not worked out again."""

    def __init__(self) -> None:
        self._trend: tuple[tuple[int, int], Trend | None] | None = None

    def of(self, run: WatchedRun, offers: Mapping[Verb, Offer]) -> Suggestion | None:
        """The suggestion for a run in which these things can be done; None where there is nothing to say."""
        return self._by_trend(run, offers[Verb.RESTART_NOW]) or _by_verdicts(run, offers)

    def _by_trend(self, run: WatchedRun, offer: Offer) -> Suggestion | None:
        if not offer.enabled or run.config.get("control"):
            return None
        curve = run.curve
        key = (curve.cuts, len(curve) // max(LEAST_STEPS // 4, len(curve) // 50))
        if self._trend is None or self._trend[0] != key:
            self._trend = (key, _trend(run))
        trend = self._trend[1]
        if trend is None or not trend.suggests_restart:
            return None
        share = tr("The rate has come down to {percent} % of the cycle's highest.")
        numbers = share.format(percent=f"{100 * (trend.rate_share or 0):.0f}")
        return Suggestion(trend.sentence(tr), numbers, Verb.RESTART_NOW, tr("Restart now"))


def _trend(run: WatchedRun) -> Trend | None:
    """Of the running cycle, as long as ending it would gain anything."""
    curve, placed = run.curve, run.placed
    step = len(curve) - 1
    if placed is None or not run.steps_per_epoch or step < run.plan_step:
        return None
    cycle = placed.cycle_of(step - run.plan_step)
    begin, end = (None if at is None else at + run.plan_step for at in placed.cycle_bounds(step - run.plan_step))
    if cycle < 0 or begin is None or (end is not None and end - step < _ALMOST_OVER * (end - begin)):
        return None
    window = min(max(LEAST_STEPS, (len(curve) - begin) // 2), _MOST_STEPS)
    if len(curve) - begin < window:
        return None
    trend = trend_of(curve.loss[-window:], steps_per_epoch=run.steps_per_epoch, window=window)
    peak = placed.peak(cycle)
    if trend is None or not peak:
        return None
    # What is looked at of a long cycle need not hold its highest rate.
    return dataclasses.replace(trend, rate_share=float(curve.learning_rate[-1]) / peak)


def _by_verdicts(run: WatchedRun, offers: Mapping[Verb, Offer]) -> Suggestion | None:
    advice = advise(run.escapes, peaks_of(run.escapes, run.placed, run.plan_step))
    if advice is None:
        return None
    said = Suggestion(advice.sentence(tr), _numbers(run.escapes[-1]))
    if run.config.get("control"):
        words = tr("This run acts on its verdicts: {advice}").format(advice=said.sentence)
        return dataclasses.replace(said, sentence=words)
    if advice.what == "go on" and run.state is RunState.FINISHED and offers[Verb.TRAIN_ON].enabled:
        return dataclasses.replace(said, verb=Verb.TRAIN_ON, button=offers[Verb.TRAIN_ON].text)
    if advice.eta_max is None:
        return said
    rate = format_number(float(f"{advice.eta_max:.3g}"))
    if advice.what == "raise" and offers[Verb.NEW_PEAK].enabled:
        button = tr("Set peak {rate}…").format(rate=rate)
        return dataclasses.replace(said, verb=Verb.NEW_PEAK, button=button, eta_max=advice.eta_max)
    step = advice.back_to.step if advice.back_to is not None else run.escapes[-1].end_step
    button, offer = tr("Branch at {rate}").format(rate=rate), offers[Verb.BRANCH]
    problem = None if offer.enabled else offer.reason
    return dataclasses.replace(
        said, verb=Verb.BRANCH, button=button, problem=problem, eta_max=advice.eta_max, step=step
    )


def _numbers(row: Escape) -> str:
    """Of the restart that the advice follows from."""
    change = tr("Change of the loss {change}, 95 % interval {low} to {high}.")
    shown = {"change": row.loss_after - row.loss_before, "low": row.change_low, "high": row.change_high}
    return f"{barrier_help(row)} {change.format(**{name: f'{value:+.3g}' for name, value in shown.items()})}"
