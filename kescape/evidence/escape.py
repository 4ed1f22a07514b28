"""What one restart did, in numbers and in words; no Keras.

The words are the same everywhere: in the run folder, the window, the terminal and every export.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["SENTENCES", "Escape", "verdict_of"]

SENTENCES = {
    "descended": "No barrier: the same valley, further down.",
    "stuck": "No barrier and no gain: the restart fell back; a higher rate may be needed.",
    "crossed, better": "A barrier separates the two minima, and the new one is lower.",
    "crossed, worse": "A barrier separates the two minima, and the new one is higher.",
}
"""The four verdicts, and what each means. They speak of the straight line only: a curved path may join the minima."""


def verdict_of(*, separated: bool, lower: bool) -> str:
    """The verdict on a restart, short.

    Args:
        separated: Whether the barrier on the straight line is above noise.
        lower: Whether the loss at the new minimum is lower than at the one before.

    Example:
        >>> verdict_of(separated=True, lower=False)
        'crossed, worse'
    """
    if separated:
        return "crossed, better" if lower else "crossed, worse"
    return "descended" if lower else "stuck"


@dataclass(frozen=True)
class Escape:
    """Whether a restart left the basin that it began in: the minimum of its cycle against the minimum before it.

    All losses are means over the same rows of the training data, except `loss_peak`. Distances and the cosine are of
    all weights that are trained.

    Attributes:
        cycle: The cycle that the restart began, 1 for the first restart.
        step: The restart's step.
        end_step: How many steps had been trained at the end of the cycle.
        barrier: How far the loss on the straight line between the two minima rises above the higher of the two, >= 0.
        low: Lower end of its 95 % interval.
        high: Upper end.
        above_chord: How far it rises above the chord between the losses at the two, as papers on linear mode
            connectivity measure it; on a slope that bends this is more than 0 without any barrier.
        loss_before: Loss at the minimum before the restart.
        loss_peak: Highest mean of 20 steps after the restart; None where the loss of steps is not known.
        loss_after: Loss at the minimum at the end of the cycle.
        change_low: Lower end of the 95 % interval of `loss_after - loss_before`.
        change_high: Upper end.
        recovery_steps: Steps from the restart until the mean of 20 steps was back at what it was before it; 0 if it
            never rose, None if it did not come back, or is not known.
        distance: Euclidean distance between the weights of the two minima.
        relative_distance: The same as a share of the length of the weights before.
        cosine: Cosine of the angle between the two as vectors from the origin.
        disagreement: Share of rows that the two put into different classes, 0 to 1; None where there are no classes.
        verdict: One of `SENTENCES`.
        positions: Where on the line the loss was taken, from 0 to 1.
        losses: The loss there.
        rows: How many rows of data it is a mean of.
        seconds: What finding this out took.
        compile_seconds: What compiling for it took beside that, once in a run; 0 for later restarts.
        epochs: The same as a share of the time of an epoch of training; None where that is not known.
    """

    cycle: int
    step: int
    end_step: int
    barrier: float
    low: float
    high: float
    above_chord: float
    loss_before: float
    loss_peak: float | None
    loss_after: float
    change_low: float
    change_high: float
    recovery_steps: int | None
    distance: float
    relative_distance: float
    cosine: float
    disagreement: float | None
    verdict: str
    positions: tuple[float, ...]
    losses: tuple[float, ...]
    rows: int
    seconds: float
    compile_seconds: float
    epochs: float | None

    def barrier_words(self, tr: Callable[[str], str] = str) -> str:
        """The barrier with its interval, in words."""
        if self.barrier == float("inf"):
            return tr("The loss between them is not finite")
        figures = {"height": f"{self.barrier:.3g}", "low": f"{self.low:.3g}", "high": f"{self.high:.3g}"}
        return tr("Barrier {height}, 95 % interval {low} to {high}").format(**figures)

    def sentence(self, tr: Callable[[str], str] = str) -> str:
        """The verdict in a sentence; `tr` translates it."""
        if not (math.isfinite(self.loss_before) and math.isfinite(self.loss_after)):
            return tr("The loss at one of the two minima is not finite: nothing can be said of a barrier.")
        return tr(SENTENCES[self.verdict])
