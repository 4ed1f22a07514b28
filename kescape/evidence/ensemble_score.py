"""An ensemble against the best of its members, in numbers and in words; no Keras."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.compare.statistics import mcnemar

__all__ = ["EnsembleRow", "EnsembleScore", "Rated", "score_of"]

_Z = 1.959963984540054
"""Normal quantile of a 95 % interval."""

_CHANCE = 0.05
"""Below it, what was found is taken for more than chance."""


@dataclass(frozen=True)
class Rated:
    """How well a model does on each row.

    Attributes:
        losses: Shape (rows,).
        right: Share of its classes that are right, shape (rows,): 0 or 1 where a row has one class; None where there
            are no classes.
    """

    losses: NDArray[np.float64]
    right: NDArray[np.float64] | None


@dataclass(frozen=True)
class EnsembleScore:
    """An ensemble and each of its members on the same rows.

    The best single member is the most accurate one, or without classes the one with the lowest loss; the loss of all
    together is compared with the lowest of a single one. Both are the best on these very rows, which favours them.

    Attributes:
        members: Their cycles, from 0; or their places where they are no snapshots of a run.
        losses: Each member's loss.
        accuracies: Each member's accuracy, 0 to 1; None where there are no classes.
        loss: The ensemble's.
        accuracy: The ensemble's.
        best: The place of the best single member in `members`.
        change_low: Lower end of the 95 % interval of `change`, by the differences of the rows.
        change_high: Upper end.
        won: Rows on which only the ensemble is right; None where there are no classes.
        lost: Rows on which only the best single member is.
        rows: How many rows there are.
    """

    members: tuple[int, ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...] | None
    loss: float
    accuracy: float | None
    best: int
    change_low: float
    change_high: float
    won: int | None
    lost: int | None
    rows: int

    @property
    def best_loss(self) -> float:
        """Loss of the best single member."""
        return self.losses[self.best]

    @property
    def best_accuracy(self) -> float | None:
        """Its accuracy."""
        return None if self.accuracies is None else self.accuracies[self.best]

    @property
    def change(self) -> float:
        """The ensemble's loss less the lowest of a single member."""
        return self.loss - min(self.losses, key=_as_order)

    @property
    def chance(self) -> float | None:
        """Chance that two equally accurate sides differ as much on these rows (McNemar's exact test).

        None where there are no classes.
        """
        if self.won is None or self.lost is None:
            return None
        ours = [True] * self.won + [False] * self.lost
        return mcnemar(ours, [not one for one in ours])

    def sentence(self, tr: Callable[[str], str] = str) -> str:
        """What these rows can tell; `tr` translates it."""
        return f"{self._found(tr)} {self.verdict(tr)}"

    def _found(self, tr: Callable[[str], str]) -> str:
        if self.won is None or self.lost is None:
            words = tr(
                "On {rows} rows the loss of the ensemble of {members} differs from that of the best single one by "
                "{change} (95 % interval {low} to {high})."
            )
            figures = {"change": self.change, "low": self.change_low, "high": self.change_high}
            shown = {name: f"{value:+.3g}" for name, value in figures.items()}
        else:
            words = tr(
                "On {rows} rows the ensemble of {members} is right on {won} that the best single one gets wrong, and "
                "wrong on {lost} that it gets right."
            )
            shown = {"won": f"{self.won:,}", "lost": f"{self.lost:,}"}
        return words.format(rows=f"{self.rows:,}", members=len(self.members), **shown)

    def verdict(self, tr: Callable[[str], str] = str) -> str:
        """Whether one of the two is better, as far as these rows can tell."""
        if self.chance is None:
            if self.change_low <= 0 <= self.change_high or not math.isfinite(self.change):
                return tr("That is no evidence that either is better.")
            return tr("The ensemble is better.") if self.change < 0 else tr("The best single one is better.")
        if self.chance >= _CHANCE:
            return tr("That is no evidence that either is better (McNemar's test, p = {p}).").format(p=_p(self.chance))
        better = (self.won or 0) > (self.lost or 0)
        words = (
            tr("The ensemble is better (McNemar's test, p = {p}).")
            if better
            else tr("The best single one is better (McNemar's test, p = {p}).")
        )
        return words.format(p=_p(self.chance))


@dataclass(frozen=True)
class EnsembleRow:
    """The ensemble of a run's snapshots so far, at the end of a cycle, on the validation part.

    Attributes:
        cycle: The cycle that ended, from 0.
        step: How many steps had been trained.
        epoch: How many whole epochs had been trained.
        score: The ensemble against its members.
        seconds: What finding this out took.
    """

    cycle: int
    step: int
    epoch: int
    score: EnsembleScore
    seconds: float


def score_of(members: Sequence[int], rated: Sequence[Rated], ensemble: Rated) -> EnsembleScore:
    """Put an ensemble beside its members.

    With d the differences of the losses of the rows, the interval is mean(d) -+ 1.96 * std(d) / sqrt(rows).

    Args:
        members: Their cycles, or places.
        rated: How well each does, on the same rows as the ensemble.
        ensemble: How well all do together.

    Example:
        >>> one, other, both = (Rated(np.array(losses), None) for losses in ([1.0, 3.0], [2.0, 4.0], [0.5, 2.5]))
        >>> score = score_of([0, 1], [one, other], both)
        >>> score.losses, score.best, score.change, score.change_high
        ((2.0, 3.0), 0, -0.5, -0.5)
    """
    losses = [float(member.losses.mean()) for member in rated]
    order = [_as_order(loss) for loss in losses]
    lowest = best = int(np.argmin(order))
    shares = [float(member.right.mean()) for member in rated if member.right is not None]
    if len(shares) == len(losses):
        best = min(range(len(losses)), key=lambda place: (-shares[place], order[place]))
    rows = len(ensemble.losses)
    with np.errstate(invalid="ignore"):
        differences = ensemble.losses - rated[lowest].losses
        half = _Z * float(differences.std(ddof=1)) / math.sqrt(rows) if rows > 1 else math.inf
    middle = float(differences.mean())
    ours, theirs = ensemble.right, rated[best].right
    judged = ours is not None and theirs is not None
    return EnsembleScore(
        members=tuple(members),
        losses=tuple(losses),
        accuracies=tuple(shares) if judged else None,
        loss=float(ensemble.losses.mean()),
        accuracy=None if ours is None else float(ours.mean()),
        best=best,
        change_low=middle - half,
        change_high=middle + half,
        won=int((ours > theirs).sum()) if ours is not None and theirs is not None else None,
        lost=int((ours < theirs).sum()) if ours is not None and theirs is not None else None,
        rows=rows,
    )


def _as_order(loss: float) -> float:
    """Nothing is lower than NaN, so that it would be the best."""
    return loss if math.isfinite(loss) else math.inf


def _p(chance: float) -> str:
    return f"{chance:.2g}" if chance >= 0.001 else f"{chance:.1g}"
