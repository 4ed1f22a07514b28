"""How a verdict is shown: its sign, its word and its colour; never the colour alone."""

from __future__ import annotations

from kescape_gui import theme
from kescape_gui.words import tr

SIGNS = {"descended": "↓", "stuck": "=", "crossed, better": "∩↓", "crossed, worse": "∩↑"}
"""Whether there is a hump on the way, and where it leads."""


def verdict_words(verdict: str) -> str:
    """Sign and word.

    Example:
        >>> verdict_words("crossed, worse")
        '∩↑ crossed, worse'
    """
    return f"{SIGNS[verdict]} {tr(verdict)}"


def verdict_colour(verdict: str, colours: theme.Colours) -> str:
    """As `#rrggbb`."""
    return {
        "descended": colours.accent,
        "stuck": colours.warning,
        "crossed, better": colours.good,
        "crossed, worse": colours.error,
    }[verdict]
