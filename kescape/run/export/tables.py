"""A run as plain tables: a row a step, a row an epoch, or a row a restart."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kescape.evidence.escape import Escape
from kescape.run.cycles import cycle_of_steps
from kescape.run.export.options import Part

if TYPE_CHECKING:
    from kescape.run.reader import Run

Table = dict[str, npt.NDArray[Any]]
"""Columns of one length, in their order: numbers, and words where a column holds those."""

_FIRST = ("step", "epoch", "time", "learning_rate", "momentum", "loss")


def step_table(run: Run, part: Part | None = None) -> Table:
    """One row a step of a part, by default of all: what was recorded, and the cycle where a plan is known."""
    part = part or Part()
    curves = run.curves(part.first)
    if part.last is not None:
        curves = {name: values[: part.last - part.first + 1] for name, values in curves.items()}
    names = [name for name in _FIRST if name in curves]
    names += [name for name in curves if name not in _FIRST]
    table = {name: curves[name] for name in names}
    starts = run.cycles()
    if starts and "cycle" not in table:
        table["cycle"] = cycle_of_steps(starts, curves["step"])
    return table


def epoch_table(run: Run, part: Part | None = None) -> Table:
    """One row an epoch that ends in a part, by default in all.

    It holds the rate and cycle of the epoch's last step, whether the epoch held a restart, and its metrics. A metric
    that an epoch does not have is NaN there.
    """
    rows = run.epochs()
    last = np.array([row.last_step for row in rows], np.int64)
    table: Table = {
        "epoch": np.array([row.epoch for row in rows], np.int64),
        "last_step": last,
        "time": np.array([row.time for row in rows]),
    }
    names = {name for row in rows for name in row.values}
    metrics = {name: np.array([row.values.get(name, np.nan) for row in rows]) for name in names}
    if "learning_rate" in metrics:
        table["learning_rate"] = metrics.pop("learning_rate")
    elif "learning_rate" in {column.name for column in run.columns}:
        rates = run.curves(names=["learning_rate"])["learning_rate"]
        known = (last >= 0) & (last < len(rates))
        table["learning_rate"] = np.full(len(last), np.nan)
        table["learning_rate"][known] = rates[last[known]]
    starts = run.cycles()
    if starts:
        metrics.pop("cycle", None)
        metrics.pop("restart", None)
        table["cycle"] = cycle_of_steps(starts, last)
        first = np.concatenate([[-1], last[:-1]])
        restarts = np.array(run.restarts(), np.int64)
        counts = np.searchsorted(restarts, [first, last], "right")
        table["restart"] = (counts[1] > counts[0]).astype(np.int64)
    for name in sorted(metrics, key=_place):
        table[name] = metrics[name]
    if part is None or part.is_all:
        return table
    kept = np.array([part.has(step) for step in last.tolist()], bool)
    return {name: values[kept] for name, values in table.items()}


def restart_table(run: Run, part: Part | None = None) -> Table:
    """One row a restart of a part, by default of all, that has a verdict: what an `Escape` holds, but for its line.

    What is not known of a restart is NaN there, so a column that may lack a value holds numbers with a fraction.
    """
    rows = [row for row in run.escapes() if part is None or part.has(row.step)]
    kinds: dict[str, npt.DTypeLike] = {"int": np.int64, "str": np.str_}
    names = {field.name: kinds.get(str(field.type), np.float64) for field in fields(Escape)}
    del names["positions"], names["losses"]
    return {
        name: np.array([np.nan if getattr(row, name) is None else getattr(row, name) for row in rows], kind)
        for name, kind in names.items()
    }


def _place(metric: str) -> tuple[bool, str, bool]:
    """The loss first, then by name, each followed by its value on the validation data."""
    plain = metric.removeprefix("val_")
    return plain != "loss", plain, plain != metric
