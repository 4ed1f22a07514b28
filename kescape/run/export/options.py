"""How a run is exported: which part of it, in which rows, and how a figure looks. Checked values without a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kescape.run.errors import ExportError
from kescape.run.export.themes import THEMES

Level = Literal["step", "epoch", "restart"]
LEVELS = ("step", "epoch", "restart")

_LEAST_DPI, _MOST_DPI = 50, 1200
_MOST_DOTS = 100_000_000
"""A larger picture opens in few programs."""


@dataclass(frozen=True)
class Size:
    """How large a figure is, with text and lines that are read well there.

    Attributes:
        width_mm: Its width.
        height_mm: Its height.
        font: The size of its text, in points.
        line: How many times as wide as on a page its lines are.
    """

    width_mm: float
    height_mm: float
    font: float
    line: float


SIZES = {
    "column": Size(89, 80, 6.5, 0.9),
    "page": Size(183, 112, 7.5, 1.0),
    "slide": Size(338.7, 190.5, 15.0, 2.2),
    "poster": Size(420, 280, 24.0, 3.4),
}
"""The sizes of figures by their names: a column and the full width of a paper, a slide of 16:9, a poster."""


@dataclass(frozen=True)
class FigureOptions:
    """How a figure looks.

    Args:
        size: column (89 mm), page (183 mm), slide (16:9) or poster; text and lines fit each.
        theme: light, dark, or grey, in which lines are told apart without colour.
        dpi: Dots an inch of a PNG, 50 to 1200.

    Example:
        >>> FigureOptions(size="column", dpi=600).pixels
        (2102, 1889)
    """

    size: str = "page"
    theme: str = "light"
    dpi: int = 300

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ExportError(f"size must be {_one_of(SIZES)}, because text and lines fit those; got {self.size!r}")
        if self.theme not in THEMES:
            raise ExportError(f"theme must be {_one_of(THEMES)}, because those have colours; got {self.theme!r}")
        if not _is_whole(self.dpi) or not _LEAST_DPI <= self.dpi <= _MOST_DPI:
            raise ExportError(
                f"dpi must be a whole number of dots an inch from {_LEAST_DPI} to {_MOST_DPI}; got {self.dpi!r}"
            )
        width, height = self.pixels
        if width * height > _MOST_DOTS:
            raise ExportError(
                f"dpi is too high for size {self.size}, because few programs open a picture of more than "
                f"{_MOST_DOTS // 1_000_000} million dots; got {self.dpi}, which makes {width:,} x {height:,}"
            )

    @property
    def look(self) -> Size:
        """What the size's name stands for."""
        return SIZES[self.size]

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the picture in dots."""
        look = self.look
        return int(look.width_mm / 25.4 * self.dpi), int(look.height_mm / 25.4 * self.dpi)


@dataclass(frozen=True)
class Part:
    """The steps from `first` to `last`, both of them included; without a last one, all that follow.

    What a run has not recorded of it, because it has not come that far, is simply not there. An epoch belongs to the
    part in which it ends.

    Example:
        >>> Part.of((100, 199))
        Part(first=100, last=199)
        >>> Part.of((199, 100))
        Traceback (most recent call last):
            ...
        kescape.run.errors.ExportError: steps must be (first, last) with 0 <= first <= last; got (199, 100)
    """

    first: int = 0
    last: int | None = None

    @classmethod
    def of(cls, steps: Sequence[int | None] | None) -> Part:
        """The part that a pair of steps means; all of a run for None."""
        if steps is None:
            return cls()
        pair = tuple(steps) if isinstance(steps, Sequence) else ()
        if len(pair) != 2 or not _is_whole(pair[0]) or not (pair[1] is None or _is_whole(pair[1])):
            raise ExportError(f"steps must be (first, last), two whole numbers; got {steps!r}")
        first, last = pair
        assert first is not None, "it is whole"
        if first < 0 or (last is not None and last < first):
            raise ExportError(f"steps must be (first, last) with 0 <= first <= last; got ({first}, {last})")
        return cls(int(first), None if last is None else int(last))

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.first == 0 and self.last is None

    def has(self, step: int) -> bool:
        """Whether a step is in it."""
        return self.first <= step and (self.last is None or step <= self.last)

    def __str__(self) -> str:
        return f"steps from {self.first:,} on" if self.last is None else f"steps {self.first:,} to {self.last:,}"


@dataclass(frozen=True)
class Options:
    """All that can be chosen for an export beside its format.

    Attributes:
        level: Whether a table has a row a step, a row an epoch, or a row a restart.
        part: Which steps a table or a figure has.
        figure: How a figure looks.
    """

    level: Level = "step"
    part: Part = field(default_factory=Part)
    figure: FigureOptions = field(default_factory=FigureOptions)

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ExportError(f"level must be 'step', 'epoch' or 'restart', one row for each; got {self.level!r}")

    def chosen(self) -> dict[str, object]:
        """What is not as it would be if nobody had chosen, by the name that it has in a call."""
        usual = FigureOptions()
        values: dict[str, tuple[object, object]] = {
            "level": (self.level, "step"),
            "steps": ((self.part.first, self.part.last), (0, None)),
            "size": (self.figure.size, usual.size),
            "theme": (self.figure.theme, usual.theme),
            "dpi": (self.figure.dpi, usual.dpi),
        }
        return {name: value for name, (value, default) in values.items() if value != default}


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _one_of(names: Any) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
