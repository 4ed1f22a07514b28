"""Asks how many epochs an ended run shall have in all, with its plan's own words on how that would end."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kescape.config.landing_words import landing_words
from kescape.schedule import Plan
from kescape_gui import theme
from kescape_gui.setup.number_box import IntegerBox
from kescape_gui.words import tr

_MOST = 100_000


def proposed_epochs(plan: Plan, epochs: int) -> int:
    """Where the first cycle behind `epochs` ends; twice as many epochs where no such end is to come.

    Example:
        >>> from kescape.schedule import Constant, CosineRestarts
        >>> proposed_epochs(CosineRestarts(10, 2, 0.1), 70), proposed_epochs(Constant(0.1), 20)
        (150, 40)
    """
    end = plan.landing(epochs + 0.5).next_end
    whole = math.floor(end) if math.isfinite(end) else 2 * epochs
    return min(_MOST, whole if whole > epochs else 2 * epochs)


class EpochsDialog(QDialog):
    """`chosen` carries the number of epochs. The dialog stays until it is told that this can be done."""

    chosen = Signal(int)

    def __init__(self, name: str, plan: Plan, epochs: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("epochsDialog")
        self.setWindowTitle(self.tr("Train on for longer"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._plan, self._epochs = plan, epochs
        told = QLabel(self.tr("“{name}” was planned for {epochs} epochs.").format(name=name, epochs=epochs))
        told.setWordWrap(True)
        self._box = IntegerBox(minimum=epochs + 1, maximum=_MOST, step=10)
        self._box.setObjectName("epochsInAllBox")
        self._box.setAccessibleName(self.tr("Epochs in all"))
        self._box.setMinimumWidth(110)
        label = QLabel(self.tr("Epochs in all"))
        label.setBuddy(self._box)
        self._words = QLabel()
        self._words.setObjectName("epochsWords")
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setWordWrap(True)
        self._words.setMinimumHeight(2 * self._words.fontMetrics().lineSpacing() + 4)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._words.linkActivated.connect(lambda link: self._box.setValue(int(link)))
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._go = QPushButton(self.tr("Train on"))
        self._go.setObjectName("trainOnOkButton")
        self._buttons.addButton(self._go, QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self._go.setDefault(True)
        self._buttons.accepted.connect(self._on_accepted)
        self._buttons.rejected.connect(self.reject)
        row = QGridLayout()
        row.setHorizontalSpacing(12)
        row.addWidget(label, 0, 0)
        row.addWidget(self._box, 0, 1)
        row.setColumnStretch(2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        layout.addWidget(told)
        layout.addLayout(row)
        layout.addWidget(self._words)
        layout.addWidget(self._buttons)
        self.setMinimumWidth(420)
        self._box.edited.connect(self._judge)
        self._box.setValue(proposed_epochs(plan, epochs))
        self._box.selectAll()

    def refuse(self, sentence: str) -> None:
        """Say why this number cannot be had; another one may."""
        self._tell(sentence, theme.colours().error)
        self._go.setEnabled(True)

    def _judge(self) -> None:
        typed = self._box.typed()
        now = theme.colours()
        good = isinstance(typed, int) and self._epochs < typed <= _MOST
        self._go.setEnabled(good)
        if not isinstance(typed, int) or not good:
            rule = self.tr("Needs a whole number from {least} to {most}.")
            self._tell(rule.format(least=self._epochs + 1, most=f"{_MOST:,}"), now.error)
            return
        words = landing_words(self._plan, typed, tr)
        cures = [
            f"<a href='{cure.epochs}' style='color:{now.accent}'>{cure.text}</a>"
            for cure in words.cures
            if cure.epochs > self._epochs
        ]
        self._tell(words.text + (": " + self.tr(" or ").join(cures) if cures else ""), _tone(words.lands))

    def _tell(self, html: str, colour: str) -> None:
        self._words.setText(html)
        theme.paint_text(self._words, colour)

    def _on_accepted(self) -> None:
        typed = self._box.typed()
        if isinstance(typed, int):
            self._go.setEnabled(False)
            self.chosen.emit(typed)


def _tone(lands: bool) -> str:
    now = theme.colours()
    return now.text if lands else now.warning
