"""The order of the list of runs; no Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from kescape_gui.run_state import RunState
from kescape_gui.runs.runs import RunLine


class By(StrEnum):
    """What the list has a column for, in the order of the columns; the value is how an order is remembered."""

    COMPARED = "compared"
    STATE = "state"
    NAME = "name"
    PROGRESS = "progress"
    LOSS = "loss"
    VAL_LOSS = "val_loss"
    VAL_ACCURACY = "val_accuracy"
    TAGS = "tags"
    STARTED = "started"


@dataclass(frozen=True)
class Order:
    """By which column, and whether the largest comes first."""

    by: By = By.STARTED
    descending: bool = True

    def clicked(self, by: By) -> Order:
        """The order after a click on a heading: the best or newest first, then the other way round.

        Example:
            >>> str(Order().clicked(By.LOSS)), str(Order().clicked(By.LOSS).clicked(By.LOSS))
            ('loss', '-loss')
        """
        return Order(by, not self.descending) if by is self.by else Order(by, by in _LARGEST_FIRST)

    def __str__(self) -> str:
        """As it is remembered."""
        return f"{'-' if self.descending else ''}{self.by.value}"


_LARGEST_FIRST = (By.COMPARED, By.PROGRESS, By.VAL_ACCURACY, By.STARTED)


def order_from(text: str) -> Order:
    """The order that was remembered; the usual one for a text that is none.

    Example:
        >>> order_from("-loss"), order_from("nonsense") == Order()
        (Order(by=<By.LOSS: 'loss'>, descending=True), True)
    """
    by = text.removeprefix("-")
    return Order(By(by), text.startswith("-")) if by in set(By) else Order()


def ordered(lines: list[RunLine], order: Order, compared: Collection[Path] = ()) -> list[RunLine]:
    """The lines in this order; where a value is not known, the line comes last either way."""
    known: list[tuple[Any, RunLine]] = []
    unknown = []
    for line in lines:
        own = line.path in compared if order.by is By.COMPARED else _VALUES[order.by](line)
        if own is None or (isinstance(own, float) and math.isnan(own)):
            unknown.append(line)
        else:
            known.append((own, line))
    # Lines that are equal stay in the order given, which is by age.
    known.sort(key=lambda pair: pair[0], reverse=order.descending)
    return [line for _, line in known] + unknown


def _metric(name: str) -> Callable[[RunLine], float | None]:
    return lambda line: line.summary.metrics.get(name)


def _progress(line: RunLine) -> float | None:
    run = line.summary
    return run.epochs_done / run.epochs_total if run.epochs_total else None


def _name(line: RunLine) -> list[tuple[int, int, str]]:
    """By words and numbers, so that run-10 follows run-9."""
    parts = re.findall(r"[0-9]+|[^0-9]+", line.name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


_STATES = list(RunState)

_VALUES: dict[By, Callable[[RunLine], Any]] = {
    By.STATE: lambda line: _STATES.index(line.state),
    By.NAME: _name,
    By.PROGRESS: _progress,
    By.LOSS: _metric("loss"),
    By.VAL_LOSS: _metric("val_loss"),
    By.VAL_ACCURACY: _metric("val_accuracy"),
    By.TAGS: lambda line: line.summary.labels.tags or None,
    By.STARTED: lambda line: line.summary.created,
}
