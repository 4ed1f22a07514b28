"""What the restarts of a run suggest for the next one: a sentence, the numbers behind it, a peak; no Keras.

It is advice and no more: each restart is one try, and the next one begins elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kescape.evidence.escape import Escape
from kescape.schedule.checks import checked_number, refuse

__all__ = ["ADVICE_SENTENCES", "LOWER_BY", "RAISE_BY", "Advice", "Minimum", "advise", "best_minimum", "peaks_of"]

RAISE_BY, LOWER_BY = 1.5, 0.5
"""Where no earlier restart tells more, the peak is changed by these factors."""

What = Literal["go on", "raise", "go back", "go back, shorter"]

ADVICE_SENTENCES: dict[str, str] = {
    "descended": "Go on: no barrier, and the loss fell from {before} to {after}.",
    "crossed, better": "Go on: the restart crossed a barrier, and the loss fell from {before} to {after}.",
    "within noise": (
        "Go on: the restart crossed a barrier, and the loss changed by no more than its noise ({low} to {high})."
    ),
    "stuck": "No barrier and no gain at a peak of {peak}.",
    "stuck, unknown": "No barrier and no gain: a higher peak may help.",
    "raise": "Try {eta_max}, {factor} times as much.",
    "raise, known": "Try {eta_max}, with which restart {other} crossed a barrier.",
    "raise, between": "Try {eta_max}, between this and {bound}, with which restart {other} made the loss worse.",
    "raise, capped": "Try {eta_max}, the highest that is allowed.",
    "at the top": "It is the highest that is allowed; a longer cycle may help.",
    "crossed, worse": (
        "The restart crossed a barrier into a minimum whose loss is higher by {change} ({low} to {high}): go back to "
        "the end of cycle {best}, whose loss is {best_loss}."
    ),
    "stuck, higher": (
        "No barrier, but a loss that is higher by {change} ({low} to {high}): the cycle did not come down again. Go "
        "back to the end of cycle {best}, whose loss is {best_loss}."
    ),
    "twice": "It is the second in a row.",
    "lower": "Try a peak of {eta_max}, {factor} times that of this restart.",
    "lower, between": "Try a peak of {eta_max}, between that of this restart and {bound}, with which restart {other} "
    "was stuck.",
    "lower, least": "Try a peak of {eta_max}, between that of this restart and the lowest rate.",
    "lower, unknown": "A lower peak may help.",
    "shorter": "A shorter cycle makes it cheaper to be wrong again.",
}
"""What advice is put together of; numbers are put in after the translation. Cycles and restarts count from 1."""


@dataclass(frozen=True)
class Minimum:
    """The end of a cycle.

    Attributes:
        cycle: The cycle, from 0.
        step: How many steps had been trained.
        loss: Mean loss over the rows that the restarts are judged by.
    """

    cycle: int
    step: int
    loss: float


@dataclass(frozen=True)
class Advice:
    """What the restarts so far suggest.

    Attributes:
        what: "go on"; "raise" the peak; "go back" to `back_to` with a lower peak, or the same with "shorter" cycles.
        cycle: The cycle that it follows from, the last one that was judged.
        eta_max: The proposed peak of the next cycle; None where nothing is to be changed, or no peak is known.
        back_to: The best minimum so far, if the weights shall be put back to it.
        numbers: What the sentence says, by name: losses, rates, cycles (from 1).
    """

    what: What
    cycle: int
    eta_max: float | None
    back_to: Minimum | None
    numbers: Mapping[str, float]
    _parts: tuple[str, ...] = field(repr=False)

    def sentence(self, tr: Callable[[str], str] = str) -> str:
        """The advice in words; `tr` translates each of its sentences."""
        shown = {name: f"{value:.4g}" for name, value in self.numbers.items()}
        return " ".join(tr(ADVICE_SENTENCES[part]).format(**shown) for part in self._parts)


def best_minimum(rows: Sequence[Escape]) -> Minimum:
    """The end of a cycle with the lowest loss among those that `rows` (>= 1 of them) tell of; of equals the first."""
    if not rows:
        raise ValueError("rows must hold at least one restart, because each tells of two minima; got rows=[]")
    first = rows[0]
    found = [Minimum(first.cycle - 1, first.step, first.loss_before)]
    found += [Minimum(row.cycle, row.end_step, row.loss_after) for row in rows]
    # NaN is no loss to go back to.
    return min(found, key=lambda minimum: math.inf if math.isnan(minimum.loss) else minimum.loss)


def peaks_of(rows: Sequence[Escape], placed: Any, plan_step: int = 0) -> list[float | None]:
    """The peak of the cycle that each restart began, as the plan has it; None where it has none.

    Args:
        rows: The restarts.
        placed: The `PlacedPlan` that was followed, with its edits; None where there was no plan.
        plan_step: The step of the run at which the plan's step 0 lies.
    """
    if placed is None:
        return [None] * len(rows)
    return [placed.peak(placed.cycle_of(row.step - plan_step)) if row.step >= plan_step else None for row in rows]


def advise(
    rows: Sequence[Escape],
    peaks: Sequence[float | None],
    *,
    raise_by: float = RAISE_BY,
    lower_by: float = LOWER_BY,
    least: float = 0.0,
    most: float | None = None,
) -> Advice | None:
    """What to do after the last of these restarts; None before the first.

    - No barrier and a gain, or a barrier and a lower loss: go on. So too if the loss beyond the barrier is higher by no
      more than noise: the interval of its change holds 0.
    - No barrier and no gain: a higher peak. It is the lowest one with which an earlier restart crossed without harm,
      else `raise_by` times this one; but where an earlier restart made things worse with no more than that, the
      geometric mean of that peak and this one.
    - A loss that is higher by more than noise, with a barrier or without: back to the best minimum with `lower_by`
      times the peak, but where an earlier restart was stuck with more than that, with the geometric mean. A second
      time in a row: with a shorter cycle, too.

    Args:
        rows: The restarts of a run in their order.
        peaks: The highest rate of each one's cycle, as `peaks_of` finds them; None where it is not known.
        raise_by: > 1.
        lower_by: > 0 and < 1.
        least: No peak down to this is proposed: the plan's lowest rate, >= 0.
        most: No higher peak is proposed, > 0; None: no limit.

    Raises:
        ValueError: An argument is out of its range, or there are not as many peaks as rows.

    Example:
        >>> values = dict(low=0, high=0, loss_peak=None, recovery_steps=None, distance=1, relative_distance=1, cosine=0)
        >>> more = dict(disagreement=None, positions=(), losses=(), rows=100, seconds=1, epochs=None)
        >>> more |= dict(above_chord=0, compile_seconds=0)
        >>> stuck = Escape(1, 100, 300, 0.0, loss_before=0.5, loss_after=0.5, change_low=-0.01, change_high=0.01,
        ...                verdict="stuck", **values, **more)
        >>> print(advise([stuck], [0.1]).sentence())
        No barrier and no gain at a peak of 0.1. Try 0.15, 1.5 times as much.
    """
    checked_number("raise_by", raise_by, "> 1", lambda factor: factor > 1, "the peak is raised by it")
    checked_number("lower_by", lower_by, "> 0 and < 1", lambda factor: 0 < factor < 1, "the peak is lowered by it")
    if most is not None:
        checked_number("most", most, "> 0", lambda rate: rate > 0, "it is a peak")
    if len(peaks) != len(rows):
        refuse("peaks", list(peaks), f"as many as rows, {len(rows)}", "each restart has one")
    if not rows:
        return None
    row, peak = rows[-1], peaks[-1]
    numbers = {
        "before": row.loss_before, "after": row.loss_after, "change": row.loss_after - row.loss_before,
        "low": row.change_low, "high": row.change_high,
    }  # fmt: skip
    if row.verdict in ("descended", "crossed, better"):
        return Advice("go on", row.cycle, None, None, numbers, (row.verdict,))
    if row.verdict == "crossed, worse" and not _is_worse(row):
        return Advice("go on", row.cycle, None, None, numbers, ("within noise",))
    tried = [(other, rate) for other, rate in zip(rows[:-1], peaks[:-1], strict=True) if rate is not None]
    if row.verdict == "stuck" and not _is_worse(row):
        if peak is None:
            return Advice("raise", row.cycle, None, None, numbers, ("stuck, unknown",))
        numbers["peak"] = peak
        if most is not None and peak >= most:
            return Advice("go on", row.cycle, None, None, numbers, ("stuck", "at the top"))
        how, higher = _higher(peak, tried, raise_by, most, numbers)
        return Advice("raise", row.cycle, higher, None, numbers, ("stuck", how))
    best = best_minimum(rows)
    numbers |= {"best": best.cycle + 1, "best_loss": best.loss}
    again = len(rows) > 1 and _is_worse(rows[-2])
    how, eta_max = _lower(peak, tried, lower_by, least, numbers)
    found = "crossed, worse" if row.verdict == "crossed, worse" else "stuck, higher"
    parts = [found, *(["twice"] if again else []), how, *(["shorter"] if again else [])]
    return Advice("go back, shorter" if again else "go back", row.cycle, eta_max, best, numbers, tuple(parts))


def _is_worse(row: Escape) -> bool:
    """Whether a restart ended higher than it began, by more than noise."""
    return row.verdict in ("crossed, worse", "stuck") and not row.change_low <= 0


def _higher(
    peak: float, tried: list[tuple[Escape, float]], raise_by: float, most: float | None, numbers: dict[str, float]
) -> tuple[str, float]:
    higher = [(rate, row) for row, rate in tried if rate > peak]
    crossed = [(rate, row.cycle) for rate, row in higher if row.verdict.startswith("crossed") and not _is_worse(row)]
    good = min(crossed, default=None)
    bad = min(((rate, row.cycle) for rate, row in higher if _is_worse(row)), default=None)
    numbers["factor"] = raise_by
    how, wanted = "raise", peak * raise_by
    if good is not None:
        how, (wanted, numbers["other"]) = "raise, known", good
    if bad is not None and wanted >= bad[0]:
        how, (numbers["bound"], numbers["other"]) = "raise, between", bad
        wanted = math.sqrt(peak * bad[0])
    if most is not None and wanted > most:
        how, wanted = "raise, capped", most
    numbers["eta_max"] = wanted if how in ("raise, known", "raise, capped") else _rounded(wanted)
    return how, numbers["eta_max"]


def _lower(
    peak: float | None, tried: list[tuple[Escape, float]], lower_by: float, least: float, numbers: dict[str, float]
) -> tuple[str, float | None]:
    if peak is None:
        return "lower, unknown", None
    numbers["factor"] = lower_by
    how, wanted = "lower", peak * lower_by
    lower = [(rate, row) for row, rate in tried if rate < peak and row.verdict == "stuck" and not _is_worse(row)]
    stuck = max(((rate, row.cycle) for rate, row in lower), default=None)
    if stuck is not None and stuck[0] >= wanted:
        how, (numbers["bound"], numbers["other"]) = "lower, between", stuck
        wanted = math.sqrt(peak * stuck[0])
    elif wanted <= least:
        how, wanted = "lower, least", math.sqrt(peak * least)
    numbers["eta_max"] = _rounded(wanted)
    return how, numbers["eta_max"]


def _rounded(rate: float) -> float:
    """To four digits: what is proposed is no more exact than that, and shall be written as it is meant."""
    return float(f"{rate:.4g}")
