"""What the numbers of the bench support, in words: nothing is called better that chance explains; no Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kescape.compare.statistics import CONFIDENCE, holm, mcnemar
from kescape.evidence.bench.escape_bench import Outcome, Result

__all__ = ["CONTRASTS", "Contrast", "best", "contrasts"]

CONTRASTS = {
    "momentum": ("momentum", "plain SGD"),
    "restarts": ("SGDR", "single cosine"),
    "restarts with momentum": ("momentum + SGDR", "momentum + cosine"),
}
"""What is asked: the method that has it, and the one that differs in nothing else but its rate."""

_LEVEL = 1 - CONFIDENCE


@dataclass(frozen=True)
class Contrast:
    """What one thing changes, on the same seeds with it and without it.

    Attributes:
        what: One of `CONTRASTS`.
        with_it: How many seeds reach the goal.
        without: Likewise.
        often: Chance of such a difference, or a larger one, if it changed nothing (McNemar); corrected (Holm) for
            all six tests of a problem.
        sooner: On how many seeds the goal is reached sooner, or only with it.
        later: On how many later, or only without it.
        soon: Chance of such a difference between the two, or a larger one, likewise.
    """

    what: str
    with_it: int
    without: int
    often: float
    sooner: int
    later: int
    soon: float

    @property
    def words(self) -> str:
        """What is more than chance, as in a cell of a table.

        Example:
            >>> Contrast("momentum", 19, 12, 0.01, 13, 6, 0.4).words
            'more often: 19 seeds against 12 (p = 0.01)'
        """
        return "; ".join(f"{word}: {numbers}" for word, numbers in self._clear) or "no clear difference"

    @property
    def sentence(self) -> str:
        """What is more than chance, and all that was counted.

        Example:
            >>> Contrast("restarts", 13, 12, 1.0, 6, 10, 0.9).sentence
            'Restarts (SGDR against single cosine): no clear difference; 13 seeds against 12 (p = 1), 6 sooner and 10 \
later (p = 0.9).'
        """
        with_it, without = CONTRASTS[self.what]
        judged = " and ".join(word for word, _ in self._clear) or "no clear difference"
        counted = f"{self._counted}, {self._timed}"
        return f"{self.what[0].upper()}{self.what[1:]} ({with_it} against {without}): {judged}; {counted}."

    @property
    def _clear(self) -> list[tuple[str, str]]:
        often = ("more often" if self.with_it > self.without else "less often", self._counted)
        soon = ("sooner" if self.sooner > self.later else "later", self._timed)
        return [said for said, chance in ((often, self.often), (soon, self.soon)) if chance <= _LEVEL]

    @property
    def _counted(self) -> str:
        return f"{self.with_it} seeds against {self.without} ({_chance(self.often)})"

    @property
    def _timed(self) -> str:
        return f"{self.sooner} sooner and {self.later} later ({_chance(self.soon)})"


def best(result: Result) -> str:
    """A sentence that names the best method only if it is ahead of each other one on the same seeds."""
    ranked = sorted(result.outcomes, key=lambda outcome: -outcome.count)
    first, others = ranked[0], ranked[1:]
    most = f"{first.count} of {result.seeds}"
    tied = [outcome.method for outcome in ranked if outcome.count == first.count]
    if first.count == 0:
        return "No method reaches the goal."
    if len(tied) == len(ranked):
        return f"All methods reach the goal equally often, {most}."
    if len(tied) > 1:
        return f"No method is the best: {_listed(tied)} reach the goal most often, {most}."
    chances = holm([mcnemar(first.escaped, other.escaped) for other in others])
    close = [other.method for other, chance in zip(others, chances, strict=True) if chance > _LEVEL]
    if close:
        whom = "each other method" if len(close) == len(others) else _listed(close)
        return (
            f"No method is the best: {first.method} reaches the goal most often, {most}, "
            f"but its lead over {whom} may be chance."
        )
    return f"The best is {first.method}, {most}: its lead over each other method is more than chance."


def contrasts(result: Result) -> list[Contrast]:
    """What each of `CONTRASTS` changes."""
    by_name = {outcome.method: outcome for outcome in result.outcomes}
    pairs = [(by_name[with_it], by_name[without]) for with_it, without in CONTRASTS.values()]
    sooner = [(_sooner(with_it, without), _sooner(without, with_it)) for with_it, without in pairs]
    chances = holm(
        [
            *(mcnemar(with_it.escaped, without.escaped) for with_it, without in pairs),
            *(mcnemar(first, second) for first, second in sooner),
        ]
    )
    return [
        Contrast(what, with_it.count, without.count, chances[i], sum(first), sum(second), chances[i + len(pairs)])
        for i, (what, (with_it, without), (first, second)) in enumerate(zip(CONTRASTS, pairs, sooner, strict=True))
    ]


def _chance(chance: float) -> str:
    return "p < 0.001" if chance < 0.001 else f"p = {chance:.2g}"


def _sooner(first: Outcome, second: Outcome) -> list[bool]:
    """Of each seed: whether the first reached the goal and the second did not, or only later."""
    return [a < b for a, b in zip(first.steps, second.steps, strict=True)]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
