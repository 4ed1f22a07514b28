"""What this is: versions, licence, how to cite; and a report to copy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, qVersion
from PySide6.QtGui import QGuiApplication, QIcon, QScreen
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kescape import __version__
from kescape_gui import icons, theme
from kescape_gui.diagnostics import as_text, citation, diagnostics
from kescape_gui.dialogs import fit_height

_ICON = 64


class AboutDialog(QDialog):
    """Name and facts of the app; "Copy diagnostics" puts the facts on the clipboard.

    Args:
        runs: The folder that runs are kept in.
        parent: The window.
    """

    def __init__(self, runs: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle(self.tr("About KEscape"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._facts = diagnostics(qt=qVersion(), screens=map(_screen_words, QGuiApplication.screens()), runs=runs)
        self._quiet: list[QLabel] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 16)
        layout.setSpacing(14)
        layout.addLayout(self._heading())
        layout.addLayout(self._table())
        cite = QLabel(self.tr("To cite:"))
        theme.font(cite, bold=True)
        self._citation = _selectable(citation())
        self._citation.setObjectName("citationLabel")
        self._citation.setWordWrap(True)
        layout.addWidget(cite)
        layout.addWidget(self._citation)
        layout.addWidget(self._buttons())
        self._recolour()
        self.resize(max(96 * self.fontMetrics().averageCharWidth(), layout.totalMinimumSize().width()), 0)
        fit_height(self)

    def changeEvent(self, event: QEvent) -> None:
        """With the palette of the app, what is coloured here changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolour()

    def _recolour(self) -> None:
        for label in self._quiet:
            theme.paint_text(label, theme.colours().muted)

    def _heading(self) -> QHBoxLayout:
        name = QLabel(self.tr("KEscape {version}").format(version=__version__))
        name.setObjectName("aboutName")
        theme.font(name, scale=1.5, bold=True)
        what = QLabel(self.tr("Warm restarts and momentum for Keras, recorded step by step."))
        licence = QLabel(self.tr("Free software under the MIT licence. © 2026 The KEscape developers."))
        self._quiet.append(licence)
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (name, what, licence):
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(16)
        file = icons.asset("icons/kescape.svg")
        if file is not None:
            sign = QLabel()
            sign.setPixmap(QIcon(str(file)).pixmap(_ICON, _ICON))
            row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(18)
        table.setVerticalSpacing(3)
        table.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(self._facts.items()):
            title = QLabel(self.tr(name))
            self._quiet.append(title)
            shown = _selectable(value)
            shown.setWordWrap(True)
            table.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            table.addWidget(shown, row, 1)
        return table

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._copy = QPushButton(self.tr("&Copy diagnostics"))
        self._copy.setObjectName("copyDiagnosticsButton")
        self._copy.setToolTip(self.tr("Put these facts on the clipboard, for a report; nothing is sent"))
        self._copy.clicked.connect(self._on_copy)
        buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        return buttons

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(as_text(self._facts))
        self._copy.setText(self.tr("Copied"))


def _selectable(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def _screen_words(screen: QScreen) -> str:
    size = screen.size()
    return f"{size.width()} × {size.height()}, scale {screen.devicePixelRatio():g}"
