"""What the tap asks of a backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

COLUMNS = ("found_rate", "used_rate", "loss")
"""What a step writes into the ring: the optimizer's rate before the step, the rate the step used, the loss."""

RING_STEPS = 8192
"""Rows of table and ring: how many steps may run between two looks."""

LOOK_SECONDS = 0.05
"""Python looks into a running fit this often: often enough for a live plot, rare enough to cost nothing."""


class CannotWrap(Exception):  # noqa: N818 - nothing is wrong: batch hooks do instead
    """The compiled step of this model cannot be wrapped; the message says why, as the end of a sentence."""


class WrappedStep(Protocol):
    """A train step that takes its rate from a table and writes what it did into a ring.

    Table and ring have `size` rows; the row of a batch is its number in the epoch modulo `size`.
    """

    size: int
    loss_kind: str
    """`batch loss`, or `running mean` where a custom train step only returns what it shows in the progress bar."""
    reason: str | None
    """Why the compiled step could not be wrapped; None where it is."""

    def install(self, most_steps: int | None) -> None:
        """Put the wrapped step in the place of the model's own.

        Args:
            most_steps: How many steps are executed at once at the most; None for what the model was compiled with.

        Raises:
            CannotWrap: Batch hooks have to do instead.
            ValueError: Neither can do it.
        """

    def uninstall(self) -> None:
        """Put the model's own step back; the compiled function is kept for the next fit."""

    def carrying(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Adapt a compiled function around the wrapped `train_step` to callers who know nothing of the wrapping.

        Where a train step is pure, its state has grown: the function takes and returns table and ring beside it.
        """

    def begin_epoch(self, first_batch: int) -> None:
        """The next step is `first_batch`: 0, except where a training goes on inside an epoch."""

    def fill(self, rows: np.ndarray) -> None:
        """Set the whole table: `size` rows of (rate, momentum); NaN leaves the optimizer's value alone."""

    def before_batch(self, batch: int) -> None:
        """An execution that begins with `batch` is about to start."""

    def after_batch(self, batch: int, logs: dict[str, Any] | None) -> None:
        """An execution has ended."""

    def read(self) -> tuple[int, np.ndarray]:
        """How many steps of this epoch have run, and the ring: `size` rows of `COLUMNS`."""
