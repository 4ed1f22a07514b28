"""The line that unfolds the settings under it, and says if one of them needs a look or is not the default."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from kescape_gui import theme


class Fold(QToolButton):
    """Checked is unfolded."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = text
        self._faults = 0
        self._changed: list[str] = []
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setObjectName("moreButton")
        self.toggled.connect(self._show)
        self._show()

    def tell_faults(self, count: int) -> None:
        """Say how many of the settings that it hides have something wrong."""
        self._faults = count
        self._show()

    def tell_changed(self, titles: list[str]) -> None:
        """Say which of the settings that it hides are not the default: they hold without being seen."""
        self._changed = titles
        self._show()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self._show()

    def _show(self) -> None:
        unfolded, now = self.isChecked(), theme.colours()
        self.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        alarmed = self._faults > 0 and not unfolded
        words = self._words
        if alarmed:
            said = self.tr("1 needs a look") if self._faults == 1 else self.tr("{count} need a look")
            words = f"{words} · {said.format(count=self._faults)}"
        elif self._changed and not unfolded:
            words = self.tr("{words} · {count} not the default").format(words=words, count=len(self._changed))
        self.setText(words)
        names = ", ".join(self._changed)
        self.setToolTip(self.tr("Not the default: {names}").format(names=names) if names else "")
        palette = self.palette()
        for role in (self.foregroundRole(), palette.ColorRole.ButtonText):
            palette.setColor(role, now.error if alarmed else now.text)
        self.setPalette(palette)
