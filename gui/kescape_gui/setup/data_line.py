"""One line under the choice of data that says what it is, and opens a closer look."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from kescape_gui import theme
from kescape_gui.setup.found_data import FoundData, summary


class DataLine(QLabel):
    """Rows, inputs and classes of the chosen data."""

    look_wanted = Signal()
    """The user wants to see what was found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataLine")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.linkActivated.connect(lambda _link: self.look_wanted.emit())
        self.setContentsMargins(0, 0, 0, 3)
        self._data: FoundData | None = None

    def show_data(self, data: FoundData | None) -> None:
        """Say what was found; None: it is being read."""
        self._data = data
        now = theme.colours()
        theme.paint_text(self, now.muted)
        if data is None:
            self.setText(self.tr("Reading…"))
        elif data.facts is not None:
            link = f"<a href='look' style='color:{now.accent}'>{self.tr('Look')}</a>"
            words = html.escape(summary(data.facts))
            self.setText(f"{words}&nbsp;·&nbsp;{link}")
        self.setVisible(data is None or data.facts is not None)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self.show_data(self._data)
