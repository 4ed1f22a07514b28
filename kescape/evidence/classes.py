"""What a model's outputs mean, by the loss that it is compiled with: classes, two classes, or plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

__all__ = ["OutputMeaning"]

_KINDS: dict[str, Literal["classes", "two classes"]] = {
    "categoricalcrossentropy": "classes",
    "sparsecategoricalcrossentropy": "classes",
    "categoricalfocalcrossentropy": "classes",
    "categoricalhinge": "classes",
    "binarycrossentropy": "two classes",
    "binaryfocalcrossentropy": "two classes",
}


@dataclass(frozen=True)
class OutputMeaning:
    """How outputs are read.

    Attributes:
        kind: `classes`: one output a class; `two classes`: each output is a yes or no; `numbers`: anything else.
        are_logits: Whether a softmax or sigmoid makes probabilities of them.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])
        >>> model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> OutputMeaning.of(model)
        OutputMeaning(kind='classes', are_logits=True)
    """

    kind: Literal["classes", "two classes", "numbers"]
    are_logits: bool

    @classmethod
    def of(cls, model: Any) -> OutputMeaning:
        """As the model is compiled; numbers where it has several outputs, or a loss that tells no classes."""
        loss = model.loss
        if not (isinstance(loss, str) or callable(loss)):
            return cls("numbers", are_logits=False)
        known = keras.losses.get(loss)  # a name may be a short one, such as bce
        written = getattr(known, "__name__", type(known).__name__)
        kind = _KINDS.get(written.replace("_", "").lower())
        if kind is None:
            return cls("numbers", are_logits=False)
        return cls(kind, are_logits=bool(getattr(loss, "from_logits", False)))

    def classes(self, outputs: Any) -> NDArray[np.int64] | None:
        """The class of each row (or of each position of it); None where there are none."""
        if self.kind == "numbers" or keras.tree.is_nested(outputs):
            return None
        values = np.asarray(outputs)
        if self.kind == "classes":
            return np.asarray(values.argmax(axis=-1), np.int64)
        return (values > (0.0 if self.are_logits else 0.5)).astype(np.int64)

    def classes_in_graph(self, outputs: Any) -> Any:
        """The same for a tensor, int32, where there are classes."""
        if self.kind == "classes":
            return keras.ops.cast(keras.ops.argmax(outputs, axis=-1), "int32")
        return keras.ops.cast(outputs > (0.0 if self.are_logits else 0.5), "int32")
