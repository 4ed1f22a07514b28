"""The mean of what several models say of the same rows, in the terms in which each of them says it; no Keras.

Probabilities are averaged, never logits: the mean of logits is another, sharper vote. They are added as logarithms, so
that a model which is sure of something wrong still has a finite loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kescape.evidence.classes import OutputMeaning

__all__ = ["MeanOfOutputs"]


class MeanOfOutputs:
    """A running mean: outputs are added one model after the other and need not be kept.

    Args:
        meaning: What the outputs are.

    Example:
        >>> from types import SimpleNamespace
        >>> mean = MeanOfOutputs(SimpleNamespace(kind="two classes", are_logits=True))
        >>> mean.add(np.log([0.8 / 0.2]))
        >>> mean.add(np.log([0.4 / 0.6]))
        >>> mean.probabilities.round(6).tolist(), np.exp(mean.outputs).round(6).tolist()
        ([0.6], [1.5])
    """

    def __init__(self, meaning: OutputMeaning) -> None:
        self._meaning = meaning
        self._sums: list[NDArray[np.float64]] = []
        self.count = 0

    def add(self, outputs: Any) -> None:
        """Take one more model's outputs, as it gives them."""
        terms = self._terms(np.asarray(outputs, np.float64))
        add = np.logaddexp if self._meaning.are_logits else np.add
        self._sums = [add(a, b) for a, b in zip(self._sums, terms, strict=True)] if self._sums else terms
        self.count += 1

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The mean of the probabilities; of the outputs themselves where they are plain numbers."""
        first = self._sums[0]
        probabilities: NDArray[np.float64] = np.exp(first - np.log(self.count)) if self._logits else first / self.count
        return probabilities

    @property
    def outputs(self) -> NDArray[np.float64]:
        """The same as a single model would have put out: logits where they put out logits."""
        first = self._sums[0]
        if not self._logits:
            return first / self.count
        less = self._sums[1] if self._meaning.kind == "two classes" else np.log(self.count)
        outputs: NDArray[np.float64] = first - less
        return outputs

    @property
    def _logits(self) -> bool:
        return self._meaning.are_logits

    def _terms(self, values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """What is added up: logarithms of probabilities, of yes and of no where that is the choice."""
        if not self._logits:
            return [values]
        if self._meaning.kind == "two classes":
            return [-np.logaddexp(0, -values), -np.logaddexp(0, values)]
        return [values - np.logaddexp.reduce(values, axis=-1, keepdims=True)]
