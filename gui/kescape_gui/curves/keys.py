"""What the keys do while a plot has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent


class Keys(QObject):
    """Does what belongs to a key; all other keys go their way.

    Args:
        deeds: What is done for each key, by what it types (a capital letter with Shift) or by its name.
        parent: The widget whose plots they are for.
    """

    def __init__(self, deeds: dict[str | Qt.Key, Callable[[], object]], parent: QObject) -> None:
        super().__init__(parent)
        self._deeds = deeds

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that do something."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            deed = self._deed(event)
            if deed is not None:
                deed()
                return True
        return super().eventFilter(watched, event)

    def _deed(self, event: QKeyEvent) -> Callable[[], object] | None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        plain = modifiers == Qt.KeyboardModifier.NoModifier
        key = event.key()
        if Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
            # Not what it types: that depends on caps lock.
            return self._deeds.get(chr(key) if shift else chr(key).lower()) if plain or shift else None
        if plain and key in self._deeds:
            return self._deeds[Qt.Key(key)]
        # A sign such as ? or [ is what it types, whatever it takes to type it.
        text = event.text()
        return self._deeds.get(text) if plain or not text.isalnum() else None
