"""What the plots are to show; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kescape.schedule import PlacedPlan
from kescape_gui.curves.curve import Curve

EPOCH_MEAN = "epoch mean"
"""The kind of loss that an epoch has, where no steps are known."""


@dataclass(frozen=True)
class Mark:
    """A step at which something happened that is no restart."""

    step: int
    label: str = ""
    """Words that stand at the mark; empty for words that only come when a hand points at it."""
    text: str = ""
    """What happened, in full."""
    warns: bool = False
    """Whether it is something that should not have happened."""


@dataclass(frozen=True)
class Finding:
    """What came of a restart: a sign, a word or two, and a sentence."""

    sign: str
    words: str
    sentence: str


@dataclass(frozen=True)
class Other:
    """Another run, drawn along with the one in view."""

    name: str
    curve: Curve
    colour: str
    """As `#rrggbb`, of the palette that the app has now."""
    dashed: bool = False
    """Two runs may share a colour; never colour and dashes."""
    is_baseline: bool = False
    """The one that the others are held against: thicker, and on top."""


@dataclass(frozen=True, eq=False)
class Band:
    """Repeats of one setting: the middle of their smoothed losses, and how far apart they are."""

    name: str
    """In words, with the number of repeats."""
    steps: NDArray[np.float64]
    low: NDArray[np.float64]
    middle: NDArray[np.float64]
    high: NDArray[np.float64]
    colour: str
    dashed: bool = False
    curves: tuple[Curve, ...] = ()
    """Those of the repeats, to be smoothed as all others are."""

    def __eq__(self, other: object) -> bool:
        """Whether it is drawn the same: with the very same arrays."""
        if not isinstance(other, Band) or (self.name, self.colour, self.dashed) != (
            other.name,
            other.colour,
            other.dashed,
        ):
            return False
        return all(getattr(self, name) is getattr(other, name) for name in ("steps", "low", "middle", "high"))

    def __hash__(self) -> int:
        return hash((self.name, self.colour, self.dashed))


@dataclass
class Shown:
    """What the plots show: a run, or the plan of a draft."""

    curve: Curve = field(default_factory=Curve)
    placed: PlacedPlan | None = None
    total_steps: int = 0
    """How long the training is planned to be; 0 if that is not known."""
    restarts: list[int] = field(default_factory=list)
    """Planned first steps of cycles, as far as the training goes."""
    steps_per_epoch: int | None = None
    plan_step: int = 0
    """The step at which the plan begins."""
    loss_kind: str = "batch loss"
    """What the loss of a step is: `batch loss` or `running mean`; or `EPOCH_MEAN`, where a step is an epoch."""
    marks: tuple[Mark, ...] = ()
    """Where the run went on, and where somebody noted something."""
    others: tuple[Other, ...] = ()
    """Runs drawn along, in the order of the legend."""
    bands: tuple[Band, ...] = ()
    """Groups of repeats among them."""
    message: tuple[str, str] | None = None
    """A headline and a line under it, in place of a loss that is not there yet."""
    verdicts: dict[int, Finding] = field(default_factory=dict)
    """What came of a restart, by its step."""
