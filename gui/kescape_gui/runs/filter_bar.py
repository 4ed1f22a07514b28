"""The box over the list of runs that says which of them are listed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from kescape_gui import theme


class _Line(QLineEdit):
    """Escape empties it; where it is empty, Escape leaves it."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, and down into the list."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QWidget):
    """A line to type in, how many runs fit, and why what was typed makes no sense."""

    changed = Signal(str)
    left = Signal()
    """The keyboard goes back to the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = _Line()
        self._line.setObjectName("filterEdit")
        self._line.setAccessibleName(self.tr("Filter runs"))
        self._line.setPlaceholderText(self.tr("Filter: words, val<0.1, tag=keep, eta_max=0.05, /regex/"))
        self._line.setToolTip(
            self.tr(
                "Words are looked for in name, tags, note, state, data set, model and schedule; all must be there.\n"
                "Numbers are compared with < <= > >= = !=, as in val<0.1 acc>90% epochs>50 eta_max=0.05:\n"
                "loss, val, acc, epochs and steps trained, and any other metric or setting by its name.\n"
                "Texts are equal or not, as in tag=keep state!=failed. /run-[0-9]+/ is a regular expression."
            )
        )
        self._line.setClearButtonEnabled(True)
        for clear in self._line.findChildren(QAction):
            clear.setText(self.tr("Clear filter"))
        self._line.setMaximumWidth(460)
        self._line.textChanged.connect(self.changed)
        self._line.left.connect(self.left)
        self._count = QLabel()
        self._count.setObjectName("filterCount")
        self._fault = QLabel()
        self._fault.setObjectName("filterFault")
        self._fault.setWordWrap(True)
        self._fault.setTextFormat(Qt.TextFormat.PlainText)
        self._fault.hide()
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._line, 10)
        row.addWidget(self._count, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self._fault)

    @property
    def text(self) -> str:
        """What was typed."""
        return self._line.text()

    def clear(self) -> None:
        """List all runs."""
        self._line.clear()

    def focus(self) -> None:
        """Let the user type here."""
        self._line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._line.selectAll()

    def show_found(self, found: int, total: int, problem: str | None) -> None:
        """Say how many runs fit, or why all are listed."""
        if self.text.strip() and problem is None:
            words = self.tr("{found} of {total} runs").format(found=found, total=total)
        elif total == 1:
            words = self.tr("1 run")
        else:
            words = self.tr("{total} runs").format(total=total) if total else ""
        if words != self._count.text():
            self._count.setText(words)
        if (problem or "") != self._fault.text():
            self._fault.setText(problem or "")
            self._fault.setVisible(problem is not None)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._count, theme.colours().muted)
        theme.paint_text(self._fault, theme.colours().error)
