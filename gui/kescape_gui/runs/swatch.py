"""How a run that is drawn along looks in the plots; no Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Swatch:
    """A sample of the line that stands for a run.

    Attributes:
        colour: As `#rrggbb`, of the palette that the app has now.
        dashed: Two runs may share a colour, never colour and dashes.
        is_baseline: Whether the others are held against it.
    """

    colour: str
    dashed: bool = False
    is_baseline: bool = False
