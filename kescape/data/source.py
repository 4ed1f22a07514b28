"""Data as it was found: inputs before they are scaled, beside the facts about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.data.facts import Facts

__all__ = ["Source"]


@dataclass(frozen=True)
class Source:
    """Every row of a data set, as it was found."""

    facts: Facts
    inputs: Any
    """A polars frame with the facts' columns, or an array of shape (rows, ...); the last rows are the validation part
    that the data brings along, if it brings one."""
    targets: NDArray[Any]
    """Class numbers, int64 of shape (rows,); or for a regression float64 of shape (rows, outputs)."""
    divisor: float | None = None
    """What images are divided by, to lie in 0 ... 1; None: the inputs are standardised."""

    def parts(self, seed: int, validation_fraction: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row numbers of the training and the validation part."""
        from kescape.data.split import plain_split, stratified_split

        training, held_out = self.facts.parts(validation_fraction)
        if self.facts.validation_rows is not None:
            rows = np.arange(training + held_out)
            return rows[:training], rows[training:]
        if self.facts.task == "regression":
            return plain_split(training + held_out, held_out, seed)
        return stratified_split(self.targets, held_out, seed)
