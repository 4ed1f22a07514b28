"""How often each method escapes from many random starts: the race in the background, and what its figures mean; no Qt.

The background is a thread; `run` is called there, everything else from the window.
"""

from __future__ import annotations

from collections.abc import Sequence

from kescape.landscape.escape_rate import STARTS, EscapeRate, escape_rates
from kescape.landscape.race import Racer
from kescape.landscape.surfaces import ToySurface
from kescape_gui.playground.playground import goal_words
from kescape_gui.words import tr


class Survey:
    """One question and its answer.

    Args:
        surface: Where.
        racers: Who.
        steps: How many steps each takes.
        noise: Of the gradient.
        starts: How many.

    Attributes:
        share: How much is done, from 0 to 1.
    """

    def __init__(
        self, surface: ToySurface, racers: Sequence[Racer], steps: int, noise: float, starts: int = STARTS
    ) -> None:
        self.surface = surface
        self.steps = steps
        self.noise = noise
        self.starts = starts
        self.share = 0.0
        self._racers = list(racers)
        self._is_wanted = True

    def run(self) -> list[EscapeRate] | None:
        """Race; None if it was cancelled."""
        return escape_rates(
            self.surface, self._racers, steps=self.steps, noise=self.noise, starts=self.starts, tell=self._tell
        )

    def cancel(self) -> None:
        """No answer is wanted any longer."""
        self._is_wanted = False

    def _tell(self, share: float) -> bool:
        self.share = share
        return self._is_wanted

    def meaning(self, rates: Sequence[EscapeRate]) -> str:
        """What the answer says, and how sure it is."""
        told = tr(
            "From {starts} random starts, with {steps} steps and the same noise for all: the share that ends in the "
            "basin of {goal}. The thin lines are 95 % intervals (Wilson)."
        ).format(starts=f"{self.starts:,}", steps=f"{self.steps:,}", goal=goal_words(self.surface))
        return f"{told} {_verdict(rates)}"


def _verdict(rates: Sequence[EscapeRate]) -> str:
    """Whether restarts help on this surface: with the same momentum, once without it and once with it."""
    by_name = {rate.method.name: rate for rate in rates}
    better, worse = [], []
    for plain, restarted in (("sgd", "sgdr"), ("momentum", "both")):
        one, other = by_name.get(plain), by_name.get(restarted)
        if one is None or other is None:
            continue
        if other.low > one.high:
            better.append(other)
        elif other.high < one.low:
            worse.append(other)
    if better and not worse:
        return tr("At these rates restarts escape more often: {methods}. Another constant rate may, too.").format(
            methods=_against(better, by_name)
        )
    if worse and not better:
        return tr("At these rates restarts escape less often: {methods}.").format(methods=_against(worse, by_name))
    if better and worse:
        return tr("At these rates restarts escape more often in one case, less often in the other: {methods}.").format(
            methods=_against([*better, *worse], by_name)
        )
    return tr("The intervals overlap: that restarts escape more often here, or less often, is not shown.")


_PLAIN = {"sgdr": "sgd", "both": "momentum"}


def _against(restarted: Sequence[EscapeRate], by_name: dict[str, EscapeRate]) -> str:
    pairs = [(rate, by_name[_PLAIN[rate.method.name]]) for rate in restarted]
    return "; ".join(
        tr("{method} {share} against {other_share} of {other}").format(
            method=tr(rate.method.title),
            share=percent(rate.share),
            other=tr(plain.method.title),
            other_share=percent(plain.share),
        )
        for rate, plain in pairs
    )


def percent(share: float) -> str:
    """A share in whole percent; 0 and 100 only where it is exactly that.

    Example:
        >>> [percent(share) for share in (0.0, 0.001, 0.5, 0.999, 1.0)]
        ['0 %', '<1 %', '50 %', '>99 %', '100 %']
    """
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "<1 %"
    if whole == 100 and share < 1:
        return ">99 %"
    return f"{whole} %"
