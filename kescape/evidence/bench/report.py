"""The results of the bench as Markdown, CSV and JSON; no Keras."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from kescape.evidence.bench.escape_bench import RULE, Outcome, Result
from kescape.evidence.bench.methods import CYCLES, METHODS, MOMENTUM, T_MULT
from kescape.evidence.bench.verdicts import CONTRASTS, best, contrasts

__all__ = ["as_csv", "as_json", "as_markdown", "rate", "share_interval", "steps_interval"]


def share_interval(outcome: Outcome) -> str:
    """The 95 % interval of the share of seeds that reach the goal, in whole percent, as in "39 to 78 %"."""
    low, high = outcome.interval
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def steps_interval(outcome: Outcome, budget: int) -> tuple[str, str]:
    """Median of the steps to the goal, and its 95 % interval; "> 3,000" is not within that budget."""
    median, low, high = (_steps(steps, budget) for steps in outcome.median)
    return median, low if low == high else f"{low} to {high}"


def _steps(steps: float, budget: int) -> str:
    if steps == math.inf:
        return f"> {budget:,}"
    # With few seeds an interval has no lower end; a step is the least that there can be.
    return f"{max(steps, 1):,.0f}"


def as_markdown(results: Sequence[Result]) -> str:
    """Tables with a row for each problem, and what they support."""
    seeds = results[0].seeds
    methods = [method.name for method in METHODS]
    parts = [
        f"How many of {seeds} seeds reach the goal, with the 95 % interval of the share:",
        _table("problem", methods, results, lambda r: [f"{o.count} ({share_interval(o)})" for o in r.outcomes]),
        "Steps to the goal: median over all seeds, with its 95 % interval; > says that it was not reached within the "
        "budget:",
        _table("problem", methods, results, lambda r: [_median(o, r.budget) for o in r.outcomes]),
        "The highest learning rate of each:",
        _table("problem", methods, results, lambda r: [rate(o) for o in r.outcomes]),
        "What is more than chance, with it against without it on the same seeds (McNemar's exact test on who reached "
        "the goal and on who was sooner; p after Holm's correction for the six tests of a row):",
        _table("problem", [_asked(what) for what in CONTRASTS], results, lambda r: [c.words for c in contrasts(r)]),
        "\n".join(f"- {result.title}: {_begun_small(best(result))}" for result in results),
        "The goals:",
        "\n".join(f"- {r.title}, {r.budget:,} steps: {_begun_small(r.goal)}" for r in results),
        f"All methods begin at the same point and see the same order of the data, or the same noise, and have the "
        f"same number of steps. {RULE} Momentum is {MOMENTUM:g}; SGDR has {CYCLES} cycles, each {T_MULT:g} times as "
        "long as the one before, and the last ends with the budget. Who is sooner also hangs on the rates that were "
        "chosen: of two rates with almost the same share, one may be twice as quick.",
        *_warnings(results),
    ]
    return "\n\n".join(parts) + "\n"


def _table(corner: str, columns: Sequence[str], results: Iterable[Result], cells: Callable[[Result], list[str]]) -> str:
    lines = [f"| {corner} | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
    lines += [f"| {result.title} | {' | '.join(cells(result))} |" for result in results]
    return "\n".join(lines)


def _median(outcome: Outcome, budget: int) -> str:
    median, interval = steps_interval(outcome, budget)
    return median if median == interval else f"{median} ({interval})"


def rate(outcome: Outcome) -> str:
    """The rate of a method, and whether a better one may lie beyond those that were tried."""
    return f"{outcome.learning_rate:g}{' (at an end)' if outcome.is_at_an_end else ''}"


def _asked(what: str) -> str:
    with_it, without = CONTRASTS[what]
    return f"{what}: {with_it} against {without}"


def _begun_small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _warnings(results: Iterable[Result]) -> list[str]:
    if not any(outcome.is_at_an_end for result in results for outcome in result.outcomes):
        return []
    return [
        "At an end: the rate is the lowest or the highest that there was to choose from, and a better one may exist."
    ]


_COLUMNS = (
    *("problem", "method", "learning_rate", "budget", "seeds", "escaped"),
    *("share", "share_low", "share_high", "median_steps", "median_low", "median_high"),
)


def as_csv(results: Sequence[Result]) -> str:
    """A row for each method on each problem; where the goal was not reached, `inf`."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for result in results:
        for outcome in result.outcomes:
            counts = [result.budget, result.seeds, outcome.count]
            shares = [outcome.count / result.seeds, *outcome.interval, *outcome.median]
            writer.writerow([result.problem, outcome.method, outcome.learning_rate, *counts, *shares])
    return file.getvalue()


def as_json(results: Sequence[Result]) -> str:
    """Everything, the steps of each seed among it; null where the goal was not reached, or an interval has no end."""
    return json.dumps({"rule": RULE, "problems": [_facts(result) for result in results]}, indent=2, allow_nan=False)


def _facts(result: Result) -> dict[str, Any]:
    return {
        "problem": result.problem,
        "title": result.title,
        "goal": result.goal,
        "budget": result.budget,
        "seeds": result.seeds,
        "methods": [
            {
                "method": outcome.method,
                "learning_rate": outcome.learning_rate,
                "learning_rate_is_at_an_end": outcome.is_at_an_end,
                "escaped": outcome.count,
                "share": outcome.count / result.seeds,
                "share_interval": list(outcome.interval),
                "median_steps": _finite(outcome.median[0]),
                "median_interval": [_finite(steps) for steps in outcome.median[1:]],
                "steps": [_finite(steps) for steps in outcome.steps],
            }
            for outcome in result.outcomes
        ],
        "best": best(result),
        "contrasts": [asdict(contrast) for contrast in contrasts(result)],
    }


def _finite(steps: float) -> float | None:
    return steps if math.isfinite(steps) else None
