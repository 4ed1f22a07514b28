"""Judges a restart: the minimum of its cycle against the one before; the Keras shell of `barrier` and `escape`."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from kescape.evidence.barrier import POINTS, barrier_of
from kescape.evidence.batch_norm import batch_norm_layers
from kescape.evidence.classes import OutputMeaning
from kescape.evidence.escape import Escape, verdict_of
from kescape.evidence.loss_of_weights import LossOfWeights, Weights
from kescape.evidence.rows import rows_in
from kescape.run.restarts import restart_effects

__all__ = ["MOST_ROWS", "EscapeJudge", "rows_for", "sample"]

MOST_ROWS = 2000
"""Of a larger set so many tell enough: the interval is narrow, and the cost does not grow."""

_LEAST_ROWS = 128
_SHARE = 1 / 8
"""Of the training data: eleven forward passes over an eighth are 11 / 3 / 8 = 0.46 epochs of training, taking a step as
three passes."""
_SHARE_TWICE = 1 / 12
"""With batch normalisation, whose statistics take a second pass."""


def rows_for(model: Any, rows: int) -> int:
    """How many of so many rows of training data are looked at, by a rule that knows no clock."""
    share = _SHARE_TWICE if batch_norm_layers(model) else _SHARE
    return min(rows, MOST_ROWS, max(_LEAST_ROWS, int(rows * share)))


def sample(x: Any, y: Any, rows: int, seed: int = 0) -> tuple[Any, Any]:
    """So many rows of x and y, drawn once, in their order; of data in a file no others are read."""
    count = rows_in(x, y)
    if rows >= count:
        return x, y
    chosen = np.sort(np.random.default_rng(seed).choice(count, rows, replace=False))
    return keras.tree.map_structure(lambda values: _taken(values, chosen), (x, y))  # type: ignore[no-any-return]


def _taken(values: Any, chosen: NDArray[np.int64]) -> NDArray[Any]:
    if keras.ops.is_tensor(values):
        values = keras.ops.convert_to_numpy(values)
    # A table of pandas gives columns for what an array gives rows for.
    return np.asarray(getattr(values, "iloc", values)[chosen])


class EscapeJudge:
    """Judges the restarts of one model on the same rows.

    Args:
        model: Built and compiled.
        x: Inputs of the rows.
        y: Their targets.
        points: Of the line between two minima.
    """

    def __init__(self, model: Any, x: Any, y: Any, *, points: int = POINTS) -> None:
        meaning = OutputMeaning.of(model)
        self._loss = LossOfWeights(model, x, y, kept=None if meaning.kind == "numbers" else meaning.classes_in_graph)
        self._is_compiled = False
        self._positions = np.linspace(0.0, 1.0, points)
        self._trained = [any(v is variable for v in model.trainable_variables) for variable in model.weights]

    def judge(
        self,
        before: Weights,
        after: Weights,
        *,
        cycle: int,
        step: int,
        losses: ArrayLike,
        lead: int,
        seconds_per_epoch: float | None,
        seconds_before: float = 0.0,
    ) -> Escape:
        """What the restart that began `cycle` did.

        Args:
            before: The weights at the minimum before it.
            after: Those at the end of its cycle.
            cycle: Which.
            step: The restart's step.
            losses: The true losses of the last steps of the cycle before and of all steps of this one.
            lead: How many of them are of the cycle before.
            seconds_per_epoch: What an epoch of training takes; None where that is not known.
            seconds_before: What it took to find all that is handed over.
        """
        compile_seconds = 0.0
        if not self._is_compiled:
            # Once for nothing but the time: what compiling takes belongs to no cycle.
            began = time.perf_counter()
            self._loss.between_with_kept(before, after, self._positions)
            compile_seconds, self._is_compiled = time.perf_counter() - began, True
        began = time.perf_counter()
        losses_of_rows, classes = self._loss.between_with_kept(before, after, self._positions)
        barrier = barrier_of(self._positions, losses_of_rows)
        disagreement = None if classes is None else float((classes[0] != classes[-1]).mean())
        first, last = (self._vector(weights) for weights in (before, after))
        # Weights that have become NaN are nowhere.
        length, length_after, distance = (
            length if np.isfinite(length) else float("inf")
            for length in (float(np.sqrt(_product(vector, vector))) for vector in (first, last, last - first))
        )
        lengths = length * length_after
        of_steps = np.asarray(losses, np.float64)
        effects = restart_effects(np.arange(len(of_steps)), of_steps, [lead])
        effect = effects[0] if effects else None
        lower = bool(barrier.losses[-1] < barrier.losses[0])
        seconds = seconds_before + time.perf_counter() - began
        return Escape(
            cycle=cycle,
            step=step,
            end_step=step + len(of_steps) - lead,
            barrier=barrier.rise,
            low=barrier.rise_low,
            high=barrier.rise_high,
            above_chord=barrier.height,
            loss_before=float(barrier.losses[0]),
            loss_peak=None if effect is None else effect.loss_peak,
            loss_after=float(barrier.losses[-1]),
            change_low=barrier.change_low,
            change_high=barrier.change_high,
            recovery_steps=None if effect is None else effect.recovery_steps,
            distance=distance,
            relative_distance=distance / length if length and np.isfinite(distance) else float("inf"),
            cosine=_product(first, last) / lengths if lengths and np.isfinite(lengths) else 0.0,
            disagreement=disagreement,
            verdict=verdict_of(separated=barrier.is_above_noise, lower=lower),
            positions=tuple(barrier.positions.tolist()),
            losses=tuple(barrier.losses.tolist()),
            rows=self._loss.rows,
            seconds=seconds,
            compile_seconds=compile_seconds,
            epochs=seconds / seconds_per_epoch if seconds_per_epoch else None,
        )

    def _vector(self, weights: Weights) -> NDArray[np.float64]:
        """What is trained, as one vector."""
        trained = [np.ravel(value) for value, is_trained in zip(weights, self._trained, strict=True) if is_trained]
        return np.concatenate([np.empty(0), *trained]).astype(np.float64)


def _product(first: NDArray[np.float64], last: NDArray[np.float64]) -> float:
    """The scalar product, without threads that would wait for the cores of a training."""
    return float(np.einsum("i,i->", first, last))
