"""How well outputs do against targets, row by row: their loss, as the model is compiled, and whether they are right."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from kescape.evidence.classes import OutputMeaning
from kescape.evidence.ensemble_score import Rated
from kescape.evidence.loss_of_weights import loss_of_rows

__all__ = ["rated"]


def rated(model: Any, outputs: Any, y: Any) -> Rated:
    """Judge outputs that are in the terms of the model's own: logits where it puts out logits.

    Losses of regularisers are left out: they are none of the outputs'.

    Args:
        model: Compiled with one loss, for its one output.
        outputs: For each row.
        y: Targets.
    """
    losses = ops.convert_to_numpy(loss_of_rows(model, np.asarray(outputs, np.float32), np.asarray(y)))
    return Rated(losses.astype(np.float64), _right(OutputMeaning.of(model), np.asarray(outputs), np.asarray(y)))


def _right(meaning: OutputMeaning, outputs: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64] | None:
    classes = meaning.classes(outputs)
    if classes is None:
        return None
    if meaning.kind == "classes":
        one_hot = y.shape == outputs.shape and y.shape[-1] > 1
        wanted = y.argmax(axis=-1) if one_hot else y.reshape(classes.shape)
    else:
        wanted = y.reshape(classes.shape) > 0.5
    right: NDArray[np.float64] = (classes == wanted).reshape(len(classes), -1).mean(axis=1)
    return right
