"""One line under a choice, of data or of a model, that says what it is, and opens a closer look."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from kescape_gui import theme


class LookLine(QLabel):
    """A few words in grey, and a link."""

    look_wanted = Signal()
    """The user wants to see more."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.linkActivated.connect(lambda _link: self.look_wanted.emit())
        self.setContentsMargins(0, 0, 0, 3)
        self._words, self._is_known = "", False

    def show_words(self, words: str, *, is_known: bool = True) -> None:
        """Say them; without any the line is hidden, for what is wrong is said above.

        Args:
            words: What it is.
            is_known: Whether there is more to be seen.
        """
        self._words, self._is_known = words, is_known
        now = theme.colours()
        theme.paint_text(self, now.muted)
        link = f"&nbsp;·&nbsp;<a href='look' style='color:{now.accent}'>{self.tr('Look')}</a>" if is_known else ""
        self.setText(html.escape(words) + link)
        self.setVisible(bool(words))

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self.show_words(self._words, is_known=self._is_known)
