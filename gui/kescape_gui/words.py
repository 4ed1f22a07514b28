"""The way of texts that are written where no Qt is known to whoever translates them; no Qt.

Views call `self.tr`; models call `tr` from here, with the text in the source language. Values are put in afterwards,
as in `tr("{count} steps").format(count=3)`, so that a translator sees one whole sentence.
"""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]
"""Gives the text in the user's language, or as it is."""

_translators: list[Translate] = []


def tr(text: str) -> str:
    """The text in the user's language, if the app speaks it.

    Example:
        >>> tr("{count} steps").format(count=3)
        '3 steps'
    """
    return _translators[-1](text) if _translators else text


def counted(number: int, thing: str, things: str | None = None) -> str:
    """A number with its noun, in the user's language.

    Example:
        >>> counted(1, "row"), counted(2000, "row"), counted(3, "class", "classes")
        ('1 row', '2,000 rows', '3 classes')
    """
    pattern = f"{{count}} {thing}" if number == 1 else f"{{count}} {things or thing + 's'}"
    return tr(pattern).format(count=f"{number:,}")


def translate_by(translate: Translate) -> None:
    """Ask `translate` from now on."""
    _translators[:] = [translate]
