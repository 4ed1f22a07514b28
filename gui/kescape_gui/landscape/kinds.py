"""The pictures of a landscape that can be had, what each needs, and what each can tell; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kescape_gui.words import tr


class Kind(Enum):
    """What is looked at."""

    LINE = "line"
    LINES = "lines"
    PLANE = "plane"
    RANDOM = "random"
    PCA = "pca"


@dataclass(frozen=True)
class Facts:
    """What is known of a kind of picture.

    Attributes:
        title: What it is called.
        picks: How many snapshots are picked for it; 0 where it takes all.
        least: Of how many snapshots on it can be had.
        is_flat: Whether it is a line, not a surface.
        tells: What it shows and what it does not.
    """

    title: str
    picks: int
    least: int
    is_flat: bool
    tells: str


def facts_of(kind: Kind) -> Facts:
    """What is known of a kind, in the user's language."""
    return {
        Kind.LINE: Facts(
            tr("Line between two minima"),
            2,
            2,
            True,
            tr("The loss on the straight line between two minima. Where it rises above both, a barrier stands."),
        ),
        Kind.LINES: Facts(
            tr("All lines, minimum to minimum"),
            0,
            3,
            True,
            tr("The loss on the straight lines from each minimum to the next, in the order of the training."),
        ),
        Kind.PLANE: Facts(
            tr("Plane through three minima"),
            3,
            3,
            False,
            tr(
                "The loss on the one flat plane through all three minima: at them it is exact. α and β are distances "
                "in the space of weights."
            ),
        ),
        Kind.RANDOM: Facts(
            tr("Around one minimum"),
            1,
            1,
            False,
            tr("The loss in two random directions. At α = 1 each filter has moved as far as it is long."),
        ),
        Kind.PCA: Facts(
            tr("Along the training (PCA)"),
            0,
            3,
            False,
            tr(
                "The loss on the plane in which the minima lie farthest apart. α and β are distances in the space of "
                "weights."
            ),
        ),
    }[kind]
