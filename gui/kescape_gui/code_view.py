"""Shows a source file that somebody else may have written: to be read, never to be run or obeyed."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QWidget

_SHOWN_LINES = 400


class CodeView(QPlainTextEdit):
    """The first lines of a source file."""

    def __init__(self, source: bytes, parent: QWidget | None = None) -> None:
        lines = source.decode("utf-8", errors="replace").splitlines()
        super().__init__("\n".join(_harmless(line) for line in lines[:_SHOWN_LINES]), parent)
        self.setAccessibleName(self.tr("The file"))
        self.setReadOnly(True)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setMinimumHeight(180)
        if len(lines) > _SHOWN_LINES:
            self.appendPlainText(self.tr("… {count} more lines").format(count=f"{len(lines) - _SHOWN_LINES:,}"))

    def show_line(self, number: int) -> None:
        """Bring a line, counted from 1, to the top, as far as there is more below it."""
        self.verticalScrollBar().setValue(number - 1)


def _harmless(line: str) -> str:
    """A line as it is read by Python: what would turn the writing around or hide something is shown as what it is."""
    return "".join(c if c.isprintable() else "�" for c in line.expandtabs(4))
