"""One export as the window asks for it, and the choices that it is made from; no Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kescape.run.export import FORMATS, FigureOptions, Options, Part
from kescape.run.export.options import LEVELS, SIZES, Level
from kescape.run.export.themes import THEMES

KINDS: dict[str, tuple[str, ...]] = {
    "figure": ("png", "svg", "pdf"),
    "data": ("csv", "parquet", "npz", "json"),
    "script": ("script",),
    "zip": ("zip",),
    "tensorboard": ("tensorboard",),
}
"""What can be exported, and the formats of each, the usual one first."""

AS_WINDOW = "window"
"""The theme that the window has."""


@dataclass(frozen=True)
class Job:
    """A run in one format, all of it in plain values, as another process takes them.

    Attributes:
        run: The run's folder.
        format: One of kescape's formats.
        level: Of tables: "step", "epoch" or "restart".
        steps: Of tables and figures: the first and the last step, or None for all.
        size: Of figures.
        theme: Of figures.
        dpi: Of PNG.
    """

    run: str
    format: str
    level: str = "step"
    steps: tuple[int, int] | None = None
    size: str = "page"
    theme: str = "light"
    dpi: int = 300

    @property
    def suffix(self) -> str:
        """Of the file, without its dot."""
        return FORMATS[self.format].suffix

    @property
    def is_figure(self) -> bool:
        """Whether it is a picture."""
        return self.format in KINDS["figure"]

    @property
    def is_table(self) -> bool:
        """Whether it has rows."""
        return "level" in FORMATS[self.format].takes

    @property
    def options(self) -> Options:
        """As the library takes them.

        Raises:
            ExportError: One of them is out of its range.
        """
        return Options(cast("Level", self.level), Part.of(self.steps), FigureOptions(self.size, self.theme, self.dpi))

    def to_json(self) -> dict[str, Any]:
        """For a line of JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Job:
        """From a line of JSON."""
        steps = values["steps"]
        return cls(**{**values, "steps": None if steps is None else (int(steps[0]), int(steps[1]))})


@dataclass(frozen=True)
class Choices:
    """What is chosen in the dialog; all of it is remembered, whatever kind is chosen now.

    Example:
        >>> Choices(kind="data", in_view=True).job("runs/first", (10, 20), dark=False).steps
        (10, 20)
        >>> Choices(theme="window").job("runs/first", None, dark=True).theme
        'dark'
    """

    kind: str = "figure"
    figure: str = "png"
    data: str = "csv"
    size: str = "page"
    theme: str = "light"
    dpi: int = 300
    level: str = "step"
    in_view: bool = False

    @property
    def format(self) -> str:
        """In which of kescape's formats."""
        return {"figure": self.figure, "data": self.data}.get(self.kind) or KINDS[self.kind][0]

    @property
    def takes(self) -> tuple[str, ...]:
        """What can be chosen for the format, by its name in the library."""
        return FORMATS[self.format].takes

    def job(self, run: str, visible: tuple[int, int] | None, *, dark: bool) -> Job:
        """The export of a run, of which the window shows these steps, and is dark or not."""
        theme = ("dark" if dark else "light") if self.theme == AS_WINDOW else self.theme
        chosen: dict[str, Any] = {
            "level": self.level,
            "steps": visible if self.in_view else None,
            "size": self.size,
            "theme": theme,
            "dpi": self.dpi,
        }
        return Job(run, self.format, **{name: value for name, value in chosen.items() if name in self.takes})

    def remembered(self) -> dict[str, str]:
        """As settings hold it."""
        return {name: str(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def recalled(cls, values: Mapping[str, object]) -> Choices:
        """From settings; what they do not hold, or what is none of the choices any more, is as usual.

        Example:
            >>> Choices.recalled({"size": "slide", "theme": "purple", "dpi": "9"}) == Choices(size="slide")
            True
        """
        known: dict[str, tuple[str, ...]] = {
            "kind": tuple(KINDS),
            "figure": KINDS["figure"],
            "data": KINDS["data"],
            "size": tuple(SIZES),
            "theme": (AS_WINDOW, *THEMES),
            "level": LEVELS,
        }
        found: dict[str, Any] = {
            name: values[name] for name, known_ones in known.items() if values.get(name) in known_ones
        }
        dpi = str(values.get("dpi", ""))
        if dpi.isascii() and dpi.isdigit() and 50 <= int(dpi) <= 1200:
            found["dpi"] = int(dpi)
        if str(values.get("in_view")) in ("True", "true"):
            found["in_view"] = True
        return cls(**found)
