"""One drawing of the plots: what is drawn, where it lies, and how much care it is worth."""

from __future__ import annotations

from dataclasses import dataclass

from kescape_gui.curves.along import MOST_CYCLES, Along, Stretch
from kescape_gui.curves.shown import Other, Shown

_FADED = 0.82
"""How much of the ground the oldest cycle is drawn with."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What all plots are drawn by.

    Attributes:
        shown: What there is to draw.
        along: Where the steps of the run in view lie.
        others: The runs drawn along, each with where its steps lie.
        restarts: First steps of the cycles after the first, planned ones among them.
        log_loss: Whether the loss is drawn on a logarithmic scale.
        smooths: Whether smoothed losses are drawn.
        draft: Whether the picture moves, so that speed matters more than looks.
    """

    shown: Shown
    along: Along
    others: tuple[tuple[Other, Along], ...]
    restarts: tuple[int, ...]
    log_loss: bool
    smooths: bool
    draft: bool

    @property
    def newest(self) -> Stretch:
        """The whole training, or its newest cycle where they lie on top of each other."""
        return self.along.stretches()[-1]

    @property
    def fineness(self) -> float:
        """Part of the points that a picture without haste has."""
        return 0.4 if self.draft else 1.0

    @property
    def fineness_of_others(self) -> float:
        """That part for the runs drawn along; a dozen of them have no more points than half a dozen."""
        return self.fineness * min(0.7, 5.0 / max(1, len(self.others)))

    def layers(self, along: Along) -> list[tuple[Stretch, float]]:
        """The lines of one run, each with how much of the ground it is drawn with; fewer of each, the more runs."""
        stretches = along.stretches(max(2, MOST_CYCLES // (2 * len(self.others) + 1)))
        return list(zip(stretches, fading(stretches), strict=True))


def fading(stretches: list[Stretch]) -> list[float]:
    """How much of the ground each line is drawn with: the newest with none, the older the more.

    Example:
        >>> fading([Stretch(0, 10, 0), Stretch(10, 20, 1), Stretch(20, 30, 2)])
        [0.82, 0.615, 0.0]
    """
    last = len(stretches) - 1
    # Even the one before the newest has to stand back.
    return [0.0 if i == last else round(_FADED * (0.5 + 0.5 * (last - i) / last), 3) for i in range(last + 1)]
