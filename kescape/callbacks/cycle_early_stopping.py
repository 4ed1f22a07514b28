"""Early stopping that judges where the rate is lowest, and nowhere else."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from kescape.callbacks.cycle_callback import CycleCallback
from kescape.callbacks.follow_plan import FollowPlan
from kescape.schedule.checks import checked_number, checked_whole, refuse

__all__ = ["CycleEarlyStopping"]

_LOW = ("loss", "error", "crossentropy")
_HIGH = ("acc", "accuracy", "auc", "precision", "recall", "score", "iou")


class CycleEarlyStopping(CycleCallback):
    """Ends a training that has not become better for some cycles, exactly at the end of one.

    A restart makes the loss worse for a while, so what is compared are the ends of cycles; what lies between them is
    not looked at.

    Args:
        patience: After so many cycles in a row that were not better the training ends, >= 1.
        monitor: What is compared: a name from the logs of an epoch.
        min_delta: A smaller gain is none, >= 0.
        mode: `min` or `max`; `auto` goes by the name: `max` for accuracies, scores and the like, `min` for losses and
            errors.
        restore_best_weights: Whether the model has the weights of the best end of a cycle after the training.
        every: Epochs to a cycle where the fit follows no plan.

    Attributes:
        best: The best value at the end of a cycle; None before the first.
        best_cycle: That cycle, from 0.
        stopped_cycle: The cycle that the training was ended with; None if it was not.

    Raises:
        ValueError: An argument is out of its range; when training begins: there are no cycles; at the end of a cycle:
            the logs do not have `monitor`.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(1e-9), loss="mse")
        >>> stopping = kescape.CycleEarlyStopping(patience=2, monitor="loss", min_delta=0.1)
        >>> history = model.fit(np.ones((8, 1)), np.ones((8, 1)), epochs=50, verbose=0,
        ...                     callbacks=[kescape.SGDR(t_0=3, t_mult=1), stopping])
        >>> stopping.best_cycle, stopping.stopped_cycle, len(history.epoch)  # three cycles of 3 epochs
        (0, 2, 9)
    """

    def __init__(
        self,
        patience: int = 1,
        *,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        mode: Literal["auto", "min", "max"] = "auto",
        restore_best_weights: bool = False,
        every: int | None = None,
    ) -> None:
        super().__init__(every)
        self.patience = checked_whole("patience", patience, 1, "a training ends after a cycle that was not better")
        self.min_delta = checked_number("min_delta", min_delta, ">= 0", lambda d: d >= 0, "it is the size of a gain")
        if mode not in ("auto", "min", "max"):
            refuse("mode", mode, "'auto', 'min' or 'max'", "a value is better if it is lower or higher")
        self.monitor = monitor
        self.mode = _mode_of(monitor) if mode == "auto" else mode
        self.restore_best_weights = restore_best_weights
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.best_cycle: int | None = None
        self.stopped_cycle: int | None = None
        self._waited = 0
        self._best_weights: list[Any] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin anew."""
        self._forget()
        super().on_train_begin(logs)
        source = self._tap.source
        if isinstance(source, FollowPlan) and source.plan.timeline.count == 0:
            self._tap.leave(self)
            raise ValueError(
                f"CycleEarlyStopping needs cycles, because it judges at their ends; got a plan without any, "
                f"{source.plan!r}: keras.callbacks.EarlyStopping judges at the end of each epoch"
            )

    def on_cycle_end(self, cycle: int, epoch: int, logs: dict[str, Any]) -> None:
        """Judge the cycle."""
        if self.monitor not in logs:
            raise ValueError(self._missing(cycle, epoch, logs))
        value = float(logs[self.monitor])
        if self._is_better(value):
            self.best, self.best_cycle, self._waited = value, cycle, 0
            if self.restore_best_weights:
                # Copied: on a CPU an array may share its memory with the variable, which trains on.
                self._best_weights = [np.array(weight) for weight in self.model.get_weights()]
            return
        self._waited += 1
        if self._waited >= self.patience:
            self.stopped_cycle = cycle
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Put the best weights back if told so."""
        super().on_train_end(logs)
        if self._best_weights is not None:
            self.model.set_weights(self._best_weights)
            self._best_weights = None

    def _is_better(self, value: float) -> bool:
        if math.isnan(value):
            return False
        if self.best is None:
            return True
        gain = self.best - value if self.mode == "min" else value - self.best
        return gain > self.min_delta

    def _missing(self, cycle: int, epoch: int, logs: dict[str, Any]) -> str:
        there = ", ".join(sorted(logs))
        if not logs:
            why = "it ended inside an epoch, where nothing is known of it: let cycles end with epochs"
        elif self.monitor.startswith("val_"):
            why = (
                f"the logs of epoch {epoch} hold {there}: give fit validation data, and a validation_freq with which "
                "the last epoch of each cycle is judged; or monitor='loss'"
            )
        else:
            why = f"the logs of epoch {epoch} hold {there}"
        return (
            "monitor must be in the logs at the end of each cycle, because it is judged there; got "
            f"monitor={self.monitor!r} after cycle {cycle + 1}, but {why}"
        )


def _mode_of(monitor: str) -> Literal["min", "max"]:
    if monitor.endswith(_HIGH):
        return "max"
    if monitor.endswith(_LOW):
        return "min"
    raise ValueError(
        f"mode must be 'min' or 'max' for monitor={monitor!r}, because the name does not tell which is better; got "
        "mode='auto'"
    )
