"""A chip that names the run in view where its settings are others than the draft's, and shows in what they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from kescape_gui import theme
from kescape_gui.setup.differences_dialog import DifferencesDialog
from kescape_gui.setup.edits import Edits
from kescape_gui.setup.taken_values import differences, settings_of


class RunChip(QAbstractButton):
    """Read-only: what a run was started with does not change by what is typed."""

    def __init__(self, edits: Edits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runChip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        # The form below must not jump when it comes and goes.
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        theme.font(self, scale=0.9)
        self._edits = edits
        self._name: str | None = None
        self._config: Mapping[str, Any] = {}
        self.clicked.connect(self._ask)
        self.hide()

    def show_run(self, name: str | None, config: Mapping[str, Any], *, trains: bool = False) -> None:
        """Name a run; None: none is in view."""
        # Runs of recorders and of other tools were made without this form.
        self._name = name if "dataset" in config else None
        self._config = config
        pattern = self.tr("Running: {name}") if trains else self.tr("Shown: {name}")
        self.setText(pattern.format(name=name))
        self.refresh()

    def refresh(self) -> None:
        """Show itself as long as the draft differs."""
        differ = self._name is not None and bool(differences(settings_of(self._config)[0], self._edits.setup.values))
        if differ:
            tip = self.tr("{text}, with other settings than this form: press to see which")
            self.setToolTip(tip.format(text=self.text()))
            self.setAccessibleDescription(self.toolTip())
            self.updateGeometry()
            self.update()
        self.setVisible(differ)

    def sizeHint(self) -> QSize:
        """As wide as its text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 18, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        """It gives way: the end of a long name is in the tooltip."""
        return QSize(40, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a rounded frame around what there is room for."""
        now = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = min(self.width(), self.sizeHint().width())
        frame = self.rect()
        frame.setLeft(frame.right() - width + 1)
        lively = self.underMouse() or self.hasFocus()
        painter.setPen(
            QPen(self.palette().color(QPalette.ColorRole.Highlight if lively else QPalette.ColorRole.Mid), 1)
        )
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), 8, 8)
        inside = frame.adjusted(8, 0, -8, 0)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inside.width())
        painter.setPen(now.text)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()

    def _ask(self) -> None:
        if self._name is None:
            return
        values, dropped = settings_of(self._config)
        dialog = DifferencesDialog(self._name, differences(values, self._edits.setup.values), dropped, self.window())
        words = self.tr("Settings of {name}").format(name=self._name)
        dialog.use_wanted.connect(lambda: self._edits.set_many(values, words))
        dialog.open()
