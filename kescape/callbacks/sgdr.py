"""SGDR: stochastic gradient descent with warm restarts, as a Keras callback."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Sequence
from typing import Any, Literal

from kescape.callbacks.follow_plan import FollowPlan
from kescape.schedule import CosineRestarts, Plan, PlanEdit


class SGDR(FollowPlan):
    """Cosine annealing with warm restarts: the rate falls along a cosine, jumps back up, and falls again.

    Cycle i lasts T_i = t_0 * t_mult**i epochs, and T_cur epochs into it, with eta_max the peak,

        eta = eta_min + (eta_max - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2

    Args:
        t_0: Length of the first cycle in epochs, > 0, fractions allowed; or the lengths of all cycles.
        t_mult: Each cycle is this many times as long as the one before, > 0.
        eta_max: Learning rate at each restart, > eta_min; None takes the rate the optimizer was compiled with.
        eta_min: Smallest learning rate, >= 0.
        eta_max_decay: Each peak's height above eta_min is this share of the one before, in (0, 1].
        warmup: Epochs of a linear rise from eta_min to eta_max before the first cycle, >= 0.
        restart_warmup: Epochs of a linear rise at the start of each later cycle, >= 0; 0 jumps.
        cycles: How many cycles; after them the rate stays at eta_min. None goes on.
        per: `batch`: a new rate each step, as in the paper; `epoch`: the rate of the epoch's start, all epoch long.
        steps_per_epoch: Steps in an epoch where Keras cannot know it; see `FollowPlan`.
        verbose: 1 prints the rate at each epoch's start.
        edits: What is done to the plan on the way; see `FollowPlan`.

    Raises:
        ValueError: A value is out of range; or, when training begins, what `FollowPlan` names, or `eta_max` is None
            and the optimizer was loaded from a file, where the rate it was compiled with is not kept.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(learning_rate=0.1, momentum=0.9), loss="mse")
        >>> history = model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, epochs=3, verbose=0,
        ...                     callbacks=[kescape.SGDR(t_0=1, t_mult=2)])
        >>> [round(rate, 4) for rate in history.history["learning_rate"]]
        [0.0146, 0.0691, 0.0038]

    Source: Loshchilov & Hutter, "SGDR", ICLR 2017, eq. 5, https://arxiv.org/abs/1608.03983
    """

    def __init__(
        self,
        t_0: float | Sequence[float] = 10,
        t_mult: float = 2.0,
        *,
        eta_max: float | None = None,
        eta_min: float = 0.0,
        eta_max_decay: float = 1.0,
        warmup: float = 0.0,
        restart_warmup: float = 0.0,
        cycles: int | None = None,
        per: Literal["batch", "epoch"] = "batch",
        steps_per_epoch: int | None = None,
        verbose: int = 0,
        edits: Sequence[PlanEdit] = (),
    ) -> None:
        self._arguments: dict[str, Any] = {
            "t_0": list(t_0) if isinstance(t_0, Sequence) else t_0,
            "t_mult": t_mult,
            "eta_max": eta_max,
            "eta_min": eta_min,
            "eta_max_decay": eta_max_decay,
            "warmup": warmup,
            "restart_warmup": restart_warmup,
            "cycles": cycles,
        }
        # Everything but the peak can be checked now; the plan itself waits for the compiled rate.
        checked = self._plan_with(eta_max if eta_max is not None else _above(eta_min))
        super().__init__(
            checked if eta_max is not None else None,
            per=per,
            steps_per_epoch=steps_per_epoch,
            verbose=verbose,
            edits=edits,
        )

    def _plan_with(self, eta_max: float) -> CosineRestarts:
        return CosineRestarts(**{**self._arguments, "eta_max": eta_max})

    def _plan_for(self, compiled: float | None) -> Plan:
        if self._arguments["eta_max"] is not None:
            return self.plan
        if compiled is None:
            steps = int(self.model.optimizer.iterations.numpy())
            raise ValueError(
                f"eta_max must be given for an optimizer that was loaded after {steps} steps, because a file keeps the "
                "rate of that moment and not the one it was compiled with; got eta_max=None"
            )
        return self._plan_with(_shortest(compiled))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor, as plain values."""
        return {
            **self._arguments,
            "per": self.per,
            "steps_per_epoch": self.steps_per_epoch,
            "verbose": self.verbose,
            "edits": [dataclasses.asdict(edit) for edit in self.edits],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SGDR:
        """The callback with this `get_config`."""
        return cls(**{**config, "edits": [PlanEdit(**edit) for edit in config.get("edits", ())]})


def _above(eta_min: Any) -> Any:
    """Some rate above `eta_min`, to check the other arguments with; a wrong `eta_min` passes through."""
    return eta_min + 1 if isinstance(eta_min, numbers.Real) else 1.0


def _shortest(rate: float) -> float:
    """The shortest decimal that is stored as this float32: 0.1 for 0.10000000149."""
    import numpy as np

    return float(str(np.float32(rate)))
