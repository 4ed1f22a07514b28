"""The colours and dashes of figures: light, dark, and grey.

Data colours are those of Okabe and Ito, which stay apart for colour-blind readers, or were chosen to do so. Text
reaches a contrast of 4.5:1 on its background, lines reach 3:1. In grey, each kind of line has dashes or a marker of its
own, so that a print in black and white, or a copy of it, tells them apart.

Source: Okabe & Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from dataclasses import dataclass

Dash = str | tuple[float, tuple[float, ...]]
"""As matplotlib wants it; lengths in line widths."""

_DASHED: Dash = (0, (3.5, 1.8))


@dataclass(frozen=True)
class Theme:
    """Every colour of a figure, as `#rrggbb`, and the dashes of its lines."""

    ground: str
    text: str
    quiet: str
    axis: str
    rule: str
    raw: str
    training: str
    validation: str
    rate: str
    wrong: str
    arms: tuple[str, ...]
    """Of the arms of a comparison, which stay apart for colour-blind readers, too."""
    rule_dash: Dash = "-"
    validation_dash: Dash = _DASHED
    rate_dash: Dash = "-"
    hollow: bool = False
    """Whether the markers of the validation are rings."""
    arm_dashes: tuple[Dash, ...] = ("-",) * 6
    """One for each colour of an arm."""


THEMES = {
    "light": Theme(
        ground="#FFFFFF",
        text="#000000",
        quiet="#595959",
        axis="#000000",
        rule="#9A9A9A",
        raw="#A9CFE6",
        training="#0072B2",
        validation="#D55E00",
        rate="#00875F",
        wrong="#CC3311",
        arms=("#0072B2", "#D55E00", "#12A37A", "#9B3FE0", "#000000", "#7A3B10"),
    ),
    "dark": Theme(
        ground="#16181B",
        text="#F1F3F5",
        quiet="#AFB6C0",
        axis="#AFB6C0",
        rule="#6B7480",
        raw="#31617F",
        training="#6CC3F5",
        validation="#F2A93B",
        rate="#2CC79A",
        wrong="#FF8A80",
        arms=("#6CC3F5", "#F2A93B", "#1FB57F", "#C060FF", "#FFFFFF", "#A07850"),
    ),
    "grey": Theme(
        ground="#FFFFFF",
        text="#000000",
        quiet="#4D4D4D",
        axis="#000000",
        rule="#808080",
        raw="#BDBDBD",
        training="#000000",
        validation="#4D4D4D",
        rate="#000000",
        wrong="#000000",
        arms=("#000000", "#7A7A7A") * 3,
        rule_dash=(0, (1, 2.2)),
        validation_dash=(0, (4, 1.6)),
        rate_dash=(0, (7, 1.4, 1.4, 1.4)),
        hollow=True,
        arm_dashes=("-", "-", (0, (4, 1.6)), (0, (4, 1.6)), (0, (1, 1.4)), (0, (1, 1.4))),
    ),
}
"""The themes by their names: for paper and bright slides, for dark slides, for print in black and white."""
