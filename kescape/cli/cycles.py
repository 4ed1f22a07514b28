"""The table of cycles: how high the loss jumped at each restart, where it ended, how long it took to come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table

from kescape.cli.console import fitting_table, number
from kescape.run.cycles import cycle_starts
from kescape.run.reader import EpochRow, Run
from kescape.run.restarts import WINDOW_STEPS, RestartEffect, restart_effects

__all__ = ["SHOWN", "CycleRow", "cycle_rows", "cycle_table", "val_metrics"]

SHOWN = 12
"""More cycles than this are not listed one by one."""


@dataclass(frozen=True)
class CycleRow:
    """One cycle of a run, as measured."""

    cycle: int
    """Counted from 0; -1 is the warm-up."""
    first_step: int
    stop_step: int
    """The first step after it, or the number of steps if it goes on."""
    complete: bool
    effect: RestartEffect | None
    """What its restart did; None for the first cycle, which no restart began."""
    loss: float
    """At its end, or now: the mean of the true batch losses of its last steps."""
    metrics: dict[str, float]
    """Of the last epoch that ended within it."""


def cycle_rows(run: Run, last: int = SHOWN) -> list[CycleRow]:
    """The last cycles that have begun, oldest first; empty where the run has no known plan or no loss of its steps."""
    steps = run.steps
    starts = cycle_starts(run, steps)
    if not starts or "loss" not in {column.name for column in run.columns}:
        return []
    curves = run.curves(names=["loss"])
    effects = restart_effects(curves["step"], curves["loss"], [s.step for s in starts if s.is_restart])
    effect_at = {effect.step: effect for effect in effects}
    stops = [*(start.step for start in starts[1:]), steps]
    epochs = run.epochs(starts[max(0, len(starts) - last)].step)
    rows = []
    for start, stop in list(zip(starts, stops, strict=True))[-last:]:
        losses = curves["loss"][max(start.step, stop - WINDOW_STEPS) : stop].astype(float)
        rows.append(
            CycleRow(
                cycle=start.cycle,
                first_step=start.step,
                stop_step=stop,
                complete=stop < steps or _ends_at(run, stop),
                effect=effect_at.get(start.step),
                loss=float(losses.mean()) if len(losses) else float("nan"),
                metrics=_last_metrics(epochs, start.step, stop),
            )
        )
    return rows


def cycle_table(rows: list[CycleRow], steps_per_epoch: int) -> Table:
    """A line per cycle, with the loss before, at and after its restart, in as many columns as there is room for."""
    before, back, end = "loss\nbefore", "steps\nback", "loss at\nits end"
    validated = {name: name.replace("_", "\n") for name in val_metrics({name for row in rows for name in row.metrics})}
    columns = ("cycle", "epochs", before, "peak", back, end)
    lines = []
    for row in rows:
        effect = row.effect
        epochs = f"{row.first_step / steps_per_epoch:.4g} to {row.stop_step / steps_per_epoch:.4g}"
        lines.append({
            "cycle": f"{row.cycle + 1}" if row.cycle >= 0 else "warm-up",
            "epochs": epochs if row.complete else f"{epochs} ...",
            before: number(effect.loss_before) if effect else "",
            "peak": number(effect.loss_peak) if effect else "",
            back: _recovery(effect) if effect else "",
            end: number(row.loss),
            **{column: number(row.metrics[n]) if n in row.metrics else "" for n, column in validated.items()},
        })  # fmt: skip
    headings = list(validated.values())
    choices = [(*columns, *headings[:count]) for count in range(len(headings), -1, -1)]
    return fitting_table(lines, choices, numbers=(*columns, *headings), gap=2)


def val_metrics(names: Iterable[str]) -> list[str]:
    """The metrics of the held-out data among `names`, the loss first."""
    return sorted((n for n in names if n.startswith("val_")), key=lambda n: (n != "val_loss", n))


def _recovery(effect: RestartEffect) -> str:
    return "not yet" if effect.recovery_steps is None else f"{effect.recovery_steps:,}"


def _ends_at(run: Run, stop: int) -> bool:
    """Whether the cycle of the step before `stop` ends there by plan."""
    session, placed = run.sessions[-1], run.placed
    if placed is None:
        return False
    _, end = placed.cycle_bounds(max(0, stop - 1 - session.plan_step))
    return end is not None and end + session.plan_step == stop


def _last_metrics(epochs: list[EpochRow], start: int, stop: int) -> dict[str, float]:
    within = [row for row in epochs if start <= row.last_step < stop]
    return within[-1].values if within else {}
