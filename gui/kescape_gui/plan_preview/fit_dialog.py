"""Asks how many cycles and how much time, and offers lengths with which the last cycle ends on the last epoch."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from kescape.config import SETTINGS, RunConfig
from kescape_gui import theme
from kescape_gui.plan_preview.fitting import MOST_CYCLES, FitOffer, epochs_in, fit_offers, proposed_cycles
from kescape_gui.setup.number_box import IntegerBox, NumberBox

_MOST_OFFERS = 2


class FitDialog(QDialog):
    """`chosen` carries the settings of the offer that was taken.

    Args:
        config: The draft.
        speed: Steps a second, if an earlier run like this one has told.
    """

    chosen = Signal(object)

    def __init__(self, config: RunConfig, speed: float | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fitDialog")
        self.setWindowTitle(self.tr("Fit the cycles"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._config, self._speed = config, speed
        self._steps_per_epoch = config.steps_per_epoch()
        self._offers: list[FitOffer] = []
        told = QLabel(self.tr("The last cycle then ends with the training, at the lowest rate."))
        told.setWordWrap(True)
        self._cycles = IntegerBox(minimum=1, maximum=MOST_CYCLES, step=1)
        self._cycles.setObjectName("fitCyclesBox")
        self._cycles.setValue(proposed_cycles(config))
        self._epochs = IntegerBox(minimum=1, step=10)
        self._epochs.setObjectName("fitEpochsBox")
        self._epochs.setValue(config.epochs)
        self._minutes = NumberBox(minimum=0, minimum_allowed=False)
        self._minutes.setObjectName("fitMinutesBox")
        self._by_epochs = QRadioButton(self.tr("&Epochs"))
        self._by_minutes = QRadioButton(self.tr("&Minutes"))
        self._by_minutes.setObjectName("fitByMinutes")
        self._by_epochs.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self._by_epochs)
        group.addButton(self._by_minutes)
        cycles = QLabel(self.tr("&Cycles"))
        cycles.setBuddy(self._cycles)
        boxes: tuple[IntegerBox | NumberBox, ...] = (self._cycles, self._epochs, self._minutes)
        for number_box, title in zip(boxes, ("Cycles", "Epochs", "Minutes"), strict=True):
            number_box.setAccessibleName(self.tr(title))
            number_box.setMinimumWidth(110)
        self._note = QLabel()
        theme.paint_text(self._note, theme.colours().muted)
        self._note.setWordWrap(True)
        if speed is None:
            why = self.tr("How fast it trains is known once a run with this data, model and batch size has trained.")
            self._by_minutes.setEnabled(False)
            self._by_minutes.setToolTip(why)
            self._minutes.setToolTip(why)
            self._note.setText(why)
        else:
            self._minutes.setValue(float(f"{config.epochs * self._steps_per_epoch / speed / 60:.2g}"))
            self._note.setText(self.tr("At {speed} steps/s.").format(speed=f"{float(f'{speed:.2g}'):,g}"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(2, 1)
        for row, (label, box) in enumerate(
            ((cycles, self._cycles), (self._by_epochs, self._epochs), (self._by_minutes, self._minutes))
        ):
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
        self._fault = QLabel()
        self._fault.setObjectName("fitFault")
        self._fault.setWordWrap(True)
        theme.paint_text(self._fault, theme.colours().error)
        self._choice = QButtonGroup(self)
        self._buttons = [QRadioButton() for _ in range(_MOST_OFFERS)]
        offers = QWidget()
        offers_layout = QVBoxLayout(offers)
        offers_layout.setContentsMargins(0, 4, 0, 4)
        for number, button in enumerate(self._buttons):
            button.setObjectName(f"fitOffer{number}")
            self._choice.addButton(button, number)
            offers_layout.addWidget(button)
        offers_layout.addWidget(self._fault)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._do = QPushButton(self.tr("Fit"))
        self._do.setObjectName("fitOkButton")
        self._do.setDefault(True)
        buttons.addButton(self._do, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for part in (told, grid, self._note, offers, buttons):
            if isinstance(part, QGridLayout):
                layout.addLayout(part)
            else:
                layout.addWidget(part)
        self.setMinimumWidth(420)
        for number_box in boxes:
            number_box.edited.connect(self._judge)
        self._by_minutes.toggled.connect(self._judge)
        self._judge()
        self._cycles.setFocus()
        self._cycles.selectAll()

    def _judge(self) -> None:
        self._minutes.setEnabled(self._by_minutes.isChecked())
        self._epochs.setEnabled(self._by_epochs.isChecked())
        problem = self._problem()
        self._fault.setText(problem)
        self._fault.setVisible(bool(problem))
        self._do.setEnabled(not problem)
        for number, button in enumerate(self._buttons):
            there = not problem and number < len(self._offers)
            button.setVisible(there)
            if there:
                button.setText(self._offers[number].text)
        if not problem and self._choice.checkedId() not in range(len(self._offers)):
            self._buttons[0].setChecked(True)

    def _problem(self) -> str:
        """What is wrong with what is asked for; without, the offers are made."""
        cycles, epochs = self._cycles.typed(), self._epochs.typed()
        if not isinstance(cycles, int) or not 1 <= cycles <= MOST_CYCLES:
            return self.tr("Cycles must be a whole number from 1 to {most}.").format(most=MOST_CYCLES)
        if self._by_minutes.isChecked():
            minutes = self._minutes.typed()
            if not isinstance(minutes, int | float) or minutes <= 0 or self._speed is None:
                return self.tr("Minutes must be a number > 0.")
            epochs = epochs_in(minutes, self._speed, self._steps_per_epoch)
            if epochs < 1:
                return self.tr("One epoch takes longer than that.")
        elif not isinstance(epochs, int) or epochs < 1:
            return self.tr("Epochs must be a whole number >= 1.")
        assert isinstance(epochs, int), "judged above"
        self._offers = fit_offers(self._config, epochs, cycles)
        if self._offers:
            return ""
        if epochs <= self._config.warmup:
            return self.tr("The warm-up alone takes {epochs} epochs.").format(epochs=f"{self._config.warmup:g}")
        most = SETTINGS["epochs"].maximum
        if most is not None and epochs > most:
            return self.tr("A run has at most {most} epochs.").format(most=f"{most:,.0f}")
        return self.tr("The cycles would be shorter than the soft restart.")

    def _on_accepted(self) -> None:
        offer = self._offers[self._choice.checkedId()]
        self.accept()
        self.chosen.emit(offer.values)
