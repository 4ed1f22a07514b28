"""What each cycle of a run did: how high the loss jumped at its restart, and where it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from kescape.cli.console import plain_table
from kescape.run.reader import EpochRow, Run

__all__ = ["CycleEffect", "cycle_effects", "cycle_table", "val_metrics"]

SHOWN = 12
"""More cycles than this are not listed one by one."""


@dataclass(frozen=True)
class CycleEffect:
    """The measured course of one cycle. Losses are means over `window` steps of the true batch loss."""

    index: int
    first_step: int
    last_step: int
    window: int
    loss_before: float
    """Just before the cycle began; NaN for the first one."""
    loss_peak: float
    """The highest within the cycle."""
    loss_after: float
    """At the cycle's end, or where it is now."""
    complete: bool
    metrics: dict[str, float]
    """Of the last epoch that ended within the cycle."""


def cycle_effects(run: Run, last: int = SHOWN) -> list[CycleEffect]:
    """The last cycles that have begun, oldest first; empty where the run follows no known plan."""
    sessions = run.sessions
    placed = run.placed
    steps = run.steps
    if placed is None or steps == 0:
        return []
    offset = sessions[-1].plan_step
    starts = [max(0, -offset), *(step for step in placed.restarts(steps - offset) if step > -offset)]
    starts = [start + offset for start in starts][-last - 1 :]
    # One more than shown, since each cycle begins where the one before it ended.
    since = starts[0]
    loss = run.curves(since, ["loss"])["loss"].astype(float)
    epochs = run.epochs(since)
    effects = []
    before = float("nan")
    for start in starts:
        _, end = placed.cycle_bounds(start - offset)
        stop = steps if end is None else min(end + offset, steps)
        window = max(1, min(placed.steps_per_epoch, stop - start))
        means = _moving_means(loss[start - since : stop - since], max(1, window // 4))
        after = float(loss[stop - since - window : stop - since].mean())
        effects.append(
            CycleEffect(
                index=placed.cycle_of(start - offset),
                first_step=start,
                last_step=stop - 1,
                window=window,
                loss_before=before,
                loss_peak=float(means.max()),
                loss_after=after,
                complete=end is not None and stop == end + offset,
                metrics=_last_metrics(epochs, start, stop),
            )
        )
        before = after
    return effects[-last:]


def cycle_table(effects: list[CycleEffect], steps_per_epoch: int) -> Table:
    """A line per cycle, the loss before and after each restart side by side."""
    validated = val_metrics({name for effect in effects for name in effect.metrics})
    headings = [name.replace("_", " ") for name in validated]
    columns = ("cycle", "epochs", "loss before", "peak", "loss at its end", *headings)
    table = plain_table(*columns, numbers=columns)
    for effect in effects:
        first = effect.first_step / steps_per_epoch
        last = (effect.last_step + 1) / steps_per_epoch
        table.add_row(
            f"{effect.index + 1}" if effect.index >= 0 else "warm-up",
            f"{first:.4g} to {last:.4g}" + ("" if effect.complete else " ..."),
            "" if np.isnan(effect.loss_before) else f"{effect.loss_before:.4f}",
            f"{effect.loss_peak:.4f}",
            f"{effect.loss_after:.4f}",
            *(f"{effect.metrics[n]:.4f}" if n in effect.metrics else "" for n in validated),
        )
    return table


def val_metrics(names: Iterable[str]) -> list[str]:
    """The metrics of the held-out data among `names`, the loss first."""
    return sorted((n for n in names if n.startswith("val_")), key=lambda n: (n != "val_loss", n))


def _moving_means(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    window = min(window, len(values))
    sums = np.cumsum(np.concatenate([[0.0], values]))
    means: NDArray[np.float64] = (sums[window:] - sums[:-window]) / window
    return means


def _last_metrics(epochs: list[EpochRow], start: int, stop: int) -> dict[str, float]:
    within = [row for row in epochs if start <= row.last_step < stop]
    return within[-1].values if within else {}
