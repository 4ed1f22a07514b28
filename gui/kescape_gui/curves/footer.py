"""The row under the plots: how they are drawn, whether they follow, and what is not seen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QPushButton, QWidget

from kescape_gui import theme
from kescape_gui.curves.along import Unit
from kescape_gui.short_label import ShortLabel

UNITS = (Unit.EPOCHS, Unit.STEPS, Unit.TIME, Unit.CYCLE)

AUTOMATIC, OFF = 0, -1
"""Half-lives that are none: by the length of an epoch, and no smoothing."""

HALF_LIVES = (AUTOMATIC, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, OFF)


class Footer(QWidget):
    """The switches. They hold what the user chose; what follows from it is for others."""

    changed = Signal()
    """One of the switches was set."""
    follow_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._unit_box = QComboBox()
        self._unit_box.setObjectName("xAxisBox")
        self._unit_box.addItems([self.tr("Epochs"), self.tr("Steps"), self.tr("Time"), self.tr("Cycle")])
        self._unit_box.setAccessibleName(self.tr("What the lower axis counts in"))
        self._unit_box.setToolTip(
            self.tr("Lay the curves along epochs, steps or time, or the cycles on top of each other (1, 2, 3, 4)")
        )
        self._unit_box.currentIndexChanged.connect(self.changed)
        self._log_x_box = self._check(
            self.tr("Log axis"), "logAxisBox", self.tr("Show early steps as wide as late ones (Shift+L)")
        )
        self._log_box = self._check(
            self.tr("Log loss"), "logLossBox", self.tr("Show the loss on a logarithmic scale (L)")
        )
        self._log_box.setChecked(True)
        self._accuracy_box = self._check(
            self.tr("Accuracy"), "accuracyBox", self.tr("Show the accuracy of each epoch, too")
        )
        self._accuracy_box.hide()
        self._smoothing_box = QComboBox()
        self._smoothing_box.setObjectName("smoothingBox")
        self._smoothing_box.setAccessibleName(self.tr("Smoothing: half-life in steps"))
        self._smoothing_box.setToolTip(
            self.tr("After so many steps a loss counts half; at a restart the smoothing begins afresh (S)")
        )
        for half_life in HALF_LIVES:
            self._smoothing_box.addItem(self._half_life_words(half_life), half_life)
        self._smoothing_box.currentIndexChanged.connect(self.changed)
        self._following = _WholeLabel()
        self._following.setText(self.tr("not following"))
        self._follow_button = QPushButton(self.tr("Follow (F)"))
        self._follow_button.setObjectName("followButton")
        self._follow_button.setToolTip(self.tr("Show the whole training again, and keep it in view (F or Space)"))
        self._follow_button.clicked.connect(self.follow_wanted)
        self._hidden = ShortLabel()
        self._hidden.setObjectName("hiddenLabel")
        self._caption = ShortLabel()
        self._caption.setObjectName("captionLabel")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 14, 6)
        layout.setSpacing(10)
        for widget in (self._unit_box, self._log_x_box, self._log_box, self._smoothing_box, self._accuracy_box):
            layout.addWidget(widget)
        layout.addWidget(self._follow_button)
        layout.addWidget(self._following)
        layout.addStretch(1)
        layout.addWidget(self._hidden)
        layout.addWidget(self._caption)
        self.show_following(follows=True)

    @property
    def unit(self) -> Unit:
        """What the user wants the axis to count in."""
        return UNITS[self._unit_box.currentIndex()]

    @property
    def is_log_x(self) -> bool:
        """Whether the axis is to be logarithmic."""
        return self._log_x_box.isEnabled() and self._log_x_box.isChecked()

    @property
    def is_log_loss(self) -> bool:
        """Whether the loss is to be drawn on a logarithmic scale."""
        return self._log_box.isChecked()

    @property
    def shows_accuracy(self) -> bool:
        """Whether the accuracy is wanted, and there is one."""
        return not self._accuracy_box.isHidden() and self._accuracy_box.isChecked()

    @property
    def half_life(self) -> float | None:
        """The smoothing that was chosen; None for the one that fits the length of an epoch."""
        chosen = int(self._smoothing_box.currentData())
        return None if chosen in (AUTOMATIC, OFF) else float(chosen)

    @property
    def smooths(self) -> bool:
        """Whether smoothed losses are wanted."""
        return int(self._smoothing_box.currentData()) != OFF

    def choose_unit(self, index: int) -> None:
        """Take the first, second, ... unit, if there is something to count in it."""
        if self._unit_box.model().item(index).isEnabled():  # type: ignore[attr-defined]
            self._unit_box.setCurrentIndex(index)

    def next_smoothing(self) -> None:
        """Take the next half-life; after the last one comes the first."""
        self._smoothing_box.setCurrentIndex((self._smoothing_box.currentIndex() + 1) % self._smoothing_box.count())

    def toggle_log_loss(self) -> None:
        """The other scale of the loss."""
        self._log_box.toggle()

    def toggle_log_x(self) -> None:
        """The other scale of the axis, where it has two."""
        if self._log_x_box.isEnabled():
            self._log_x_box.toggle()

    def offer(self, *, epochs: bool, times: bool, accuracy: bool) -> None:
        """Say what there is to choose from: whether the length of an epoch, times and an accuracy are known."""
        model = self._unit_box.model()
        for index, there in enumerate((epochs, True, times, True)):
            model.item(index).setEnabled(there)  # type: ignore[attr-defined]
        self._log_x_box.setEnabled(self.unit is not Unit.CYCLE)
        self._accuracy_box.setVisible(accuracy)

    def show_following(self, *, follows: bool) -> None:
        """Say whether the whole training is kept in view."""
        self._follow_button.setVisible(not follows)
        self._following.setVisible(not follows)

    def show_words(self, caption: str, hidden: str) -> None:
        """Say how much is drawn, and what cannot be seen."""
        self._caption.setText(caption)
        self._hidden.setText(hidden)

    def recolour(self, colours: theme.Colours) -> None:
        """Take the colours of the palette that the app has now."""
        for label in (self._caption, self._hidden, self._following):
            theme.paint_text(label, colours.muted)

    def _check(self, text: str, name: str, tip: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setObjectName(name)
        box.setToolTip(tip)
        box.toggled.connect(self.changed)
        return box

    def _half_life_words(self, half_life: int) -> str:
        words = {AUTOMATIC: self.tr("Smooth: auto"), OFF: self.tr("Smooth: off")}
        return words.get(half_life) or self.tr("Smooth: {steps}").format(steps=f"{half_life:,}")


class _WholeLabel(ShortLabel):
    """Words that can be done without: all of them or none."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing, where there is no room."""
        if self.width() >= self.sizeHint().width():
            super().paintEvent(event)
