"""The bundled data sets as plain facts: a form needs neither Keras nor scikit-learn to show them.

The arrays come from `kescape.data.load`; a small picture of each from `kescape.data.preview`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DATASETS", "Dataset", "split_rows"]


@dataclass(frozen=True)
class Dataset:
    """What is known of a data set before it is loaded."""

    name: str
    """As written in a configuration, for example ``"spirals"``."""
    title: str
    """As shown to people, for example ``"Two spirals"``."""
    rows: int
    shape: tuple[int, ...]
    """Shape of one input, without the batch: ``(2,)`` for points, ``(8, 8, 1)`` for images."""
    classes: int
    description: str

    @property
    def has_images(self) -> bool:
        """True if one input is an image of shape (height, width, channels)."""
        return len(self.shape) == 3


DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "spirals",
            "Two spirals",
            rows=2_000,
            shape=(2,),
            classes=2,
            description="Two arms wound around each other; hard to separate, so restarts show.",
        ),
        Dataset(
            "moons",
            "Two moons",
            rows=1_000,
            shape=(2,),
            classes=2,
            description="Two half circles that hook into each other; learned within seconds.",
        ),
        Dataset(
            "xor",
            "XOR",
            rows=800,
            shape=(2,),
            classes=2,
            description="Four squares, opposite ones alike; no straight line separates them.",
        ),
        Dataset(
            "digits",
            "Digits",
            rows=1_797,
            shape=(8, 8, 1),
            classes=10,
            description="Handwritten digits as 8 by 8 grey images.",
        ),
        Dataset(
            "wine",
            "Wine",
            rows=178,
            shape=(13,),
            classes=3,
            description="Thirteen chemical measurements of wines from three growers.",
        ),
        Dataset(
            "breast_cancer",
            "Breast cancer",
            rows=569,
            shape=(30,),
            classes=2,
            description="Thirty measurements of cell nuclei, benign or malignant.",
        ),
    )
}
"""Every bundled data set by name, in the order in which they are offered."""


def split_rows(rows: int, validation_fraction: float) -> tuple[int, int]:
    """How many rows are trained on and how many are held out.

    Example:
        >>> split_rows(1797, 0.2)
        (1438, 359)
    """
    held_out = round(rows * validation_fraction)
    return rows - held_out, held_out
