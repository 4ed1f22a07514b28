"""What a figure shows of a run, as plain arrays: no drawing here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kescape.run.errors import NothingToExport
from kescape.run.export.epoch_axis import epoch_positions
from kescape.run.export.options import Part
from kescape.run.smoothing import hide_beginnings, smooth

if TYPE_CHECKING:
    from kescape.run.reader import Run

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """The curves of a part of a run, along one axis.

    Attributes:
        by_epoch: Whether a point stands for an epoch, because no steps were recorded.
        in_epochs: Whether the axis counts epochs; else it counts steps.
        begin: Where the axis begins.
        end: Where it ends, which is where the last step does.
        x: Where each point stands.
        steps: The step of each.
        loss: Its loss as recorded.
        smoothed: Its loss, smoothed over all of the run within each cycle.
        learning_rate: Its rate; NaN where that is not known.
        breaks: At which of the points the smoothing began afresh.
        restarts: Number and place of each restart; numbers are those of the whole run.
        verdicts: What each restart did, by its number, where somebody looked.
        validation_x: Where a validation took place.
        validation: What it gave.
    """

    by_epoch: bool
    in_epochs: bool
    begin: float
    end: float
    x: Floats
    steps: npt.NDArray[np.int64]
    loss: Floats
    smoothed: Floats
    learning_rate: Floats
    breaks: list[int]
    restarts: list[tuple[int, float]]
    verdicts: dict[int, str]
    validation_x: list[float]
    validation: Floats


def drawn(run: Run, part: Part) -> Drawn:
    """What a figure shows of a part of a run.

    Raises:
        NothingToExport: There is no loss in that part.
    """
    by_epoch = not run.steps
    curves = _curves_of_epochs(run) if by_epoch else _curves_of_steps(run)
    if not len(curves.get("loss", ())):
        raise NothingToExport(f"The run {run.name!r} has no recorded loss yet, so there is nothing to draw.")
    steps: npt.NDArray[np.int64] = curves["step"]
    count = int(steps[-1]) + 1
    positions = None if by_epoch else epoch_positions(curves, run.steps_per_epoch)
    # What is known of an epoch is known at its end.
    x: Floats = steps.astype(float) + by_epoch if positions is None else positions
    # Where the last step ends, in epochs; a single step has no length to go by.
    end = float(x[-1]) if by_epoch else float(x[-1] + (x[-1] - x[-2] if len(x) > 1 else 1.0))
    loss = curves["loss"].astype(float)
    starts = np.array([start.step for start in run.cycles(count) if start.step > 0], np.int64)
    # Smoothed before it is cut: a part shows the same line as the whole.
    smoothed = loss
    if not by_epoch:
        smoothed = smooth(loss, half_life(run), starts)
        hide_beginnings(smoothed, half_life(run), [0, *starts.tolist()])
    rate = curves["learning_rate"].astype(float) if "learning_rate" in curves else np.full(len(x), np.nan)

    first = int(np.searchsorted(steps, part.first))
    stop = len(steps) if part.last is None else int(np.searchsorted(steps, part.last, "right"))
    if first >= stop:
        raise NothingToExport(nothing_in(run, part, count))
    if by_epoch:
        left, right = (float(x[first - 1]) if first else 0.0), float(x[stop - 1])
    else:
        left, right = float(x[first]), float(x[stop]) if stop < len(x) else end
    restart_steps = run.restarts(count)
    restarts = [(n, float(np.interp(step, steps, x))) for n, step in enumerate(restart_steps, start=1)]
    verdicts = {row.step: row.verdict for row in run.escapes()}
    rows = [row for row in run.epochs() if row.last_step < count and part.has(row.last_step)]
    rows = [row for row in rows if np.isfinite(row.values.get("val_loss", np.nan))]
    after = [row.last_step + 1 for row in rows]
    return Drawn(
        by_epoch=by_epoch,
        in_epochs=by_epoch or positions is not None,
        begin=left,
        end=right,
        x=x[first:stop],
        steps=steps[first:stop],
        loss=loss[first:stop],
        smoothed=smoothed[first:stop],
        learning_rate=rate[first:stop],
        breaks=[] if by_epoch else [int(start) - first for start in starts if first < start < stop],
        restarts=[(number, place) for number, place in restarts if left <= place < right],
        verdicts={n: verdicts[step] for n, step in enumerate(restart_steps, start=1) if step in verdicts},
        validation_x=[float(step) if by_epoch else float(x[step]) if step < len(x) else end for step in after],
        validation=np.array([row.values["val_loss"] for row in rows]),
    )


def half_life(run: Run) -> float:
    """Of the smoothing, in steps."""
    return max(10.0, (run.steps_per_epoch or 0) / 20)


def nothing_in(run: Run, part: Part, count: int, level: str = "step") -> str:
    """The sentence for a part in which nothing is recorded, of a run that has so many steps."""
    what = {"step": "nothing", "epoch": "no epoch that ends", "restart": "no restart with a verdict"}[level]
    return f"The run {run.name!r} has recorded steps 0 to {count - 1:,}, so there is {what} in {part}."


def _curves_of_steps(run: Run) -> dict[str, npt.NDArray[Any]]:
    known = {column.name for column in run.columns}
    return run.curves(names=[name for name in ("epoch", "loss", "learning_rate") if name in known])


def _curves_of_epochs(run: Run) -> dict[str, npt.NDArray[Any]]:
    """A point an epoch, for a run that was imported without its steps."""
    rows = [row for row in run.epochs() if "loss" in row.values]
    curves = {name: np.array([row.values.get(name, np.nan) for row in rows]) for name in ("loss", "learning_rate")}
    return {"step": np.array([row.last_step for row in rows], np.int64), **curves}
