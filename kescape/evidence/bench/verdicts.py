"""What the numbers of the bench support, in sentences: nothing is called better that chance explains; no Keras."""

from __future__ import annotations

from collections.abc import Sequence

from kescape.compare.statistics import CONFIDENCE, holm, mcnemar
from kescape.evidence.bench.escape_bench import Outcome, Result

__all__ = ["CONTRASTS", "verdicts"]

CONTRASTS = (
    ("momentum", "momentum", "plain SGD"),
    ("restarts", "SGDR", "single cosine"),
    ("restarts with momentum", "momentum + SGDR", "momentum + cosine"),
)
"""What is asked of the methods: what it is called, the method with it, and the one that differs in nothing else."""

_LEVEL = 1 - CONFIDENCE


def verdicts(result: Result) -> list[str]:
    """A sentence on whether one method is the best, and one on each of `CONTRASTS`."""
    return [_best(result), *_contrasts(result)]


def _best(result: Result) -> str:
    """A method is named only if it is ahead of each other one, on the same seeds."""
    ranked = sorted(result.outcomes, key=lambda outcome: -outcome.count)
    first, others = ranked[0], ranked[1:]
    most = f"{first.count} of {result.seeds}"
    if first.count == 0:
        return "No method reaches the goal."
    tied = [outcome.method for outcome in ranked if outcome.count == first.count]
    if len(tied) == len(ranked):
        return f"All methods reach the goal equally often, {most}."
    if len(tied) > 1:
        return f"No method is the best: {_listed(tied)} reach the goal equally often, {most}."
    chances = holm([mcnemar(first.escaped, other.escaped) for other in others])
    close = [other.method for other, chance in zip(others, chances, strict=True) if chance > _LEVEL]
    if close:
        return (
            f"No method is the best: {first.method} reaches the goal most often, {most}, "
            f"but chance explains its lead over {_listed(close)}."
        )
    return f"The best is {first.method}, {most}: its lead over each other method is more than chance."


def _contrasts(result: Result) -> list[str]:
    """More often, and sooner: the chances of all these tests are corrected together."""
    by_name = {outcome.method: outcome for outcome in result.outcomes}
    pairs = [(what, by_name[with_it], by_name[without]) for what, with_it, without in CONTRASTS]
    chances = holm(
        [
            *(mcnemar(with_it.escaped, without.escaped) for _, with_it, without in pairs),
            *(mcnemar(_sooner(with_it, without), _sooner(without, with_it)) for _, with_it, without in pairs),
        ]
    )
    return [
        _contrast(what, with_it, without, often, sooner)
        for (what, with_it, without), often, sooner in zip(pairs, chances, chances[len(pairs) :], strict=False)
    ]


def _contrast(what: str, with_it: Outcome, without: Outcome, often: float, sooner: float) -> str:
    won, lost = sum(_sooner(with_it, without)), sum(_sooner(without, with_it))
    more = "more often" if with_it.count > without.count else "less often"
    faster = "sooner" if won > lost else "later"
    return (
        f"{what[0].upper()}{what[1:]} ({with_it.method} against {without.method}): "
        f"{with_it.count} against {without.count}, {_judged(more, often)}; "
        f"sooner on {won} seeds and later on {lost}, {_judged(faster, sooner)}."
    )


def _judged(word: str, chance: float) -> str:
    return f"{word if chance <= _LEVEL else 'no difference beyond chance'} (p = {_chance(chance)})"


def _chance(chance: float) -> str:
    return "< 0.001" if chance < 0.001 else f"{chance:.2g}"


def _sooner(first: Outcome, second: Outcome) -> list[bool]:
    """Of each seed: whether the first reached the goal and the second did not, or only later."""
    return [a < b for a, b in zip(first.steps, second.steps, strict=True)]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
