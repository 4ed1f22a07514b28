"""Play, step, restart and speed of the race."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from kescape_gui import icons, theme

SPEEDS = (5, 15, 30, 60, 150, 400)
"""Steps a second."""
_USUAL = 3


class Transport(QWidget):
    """The bar below the race."""

    play_wanted = Signal()
    """Or a pause, if it plays."""
    step_wanted = Signal()
    restart_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._play = self._button("playButton", self.play_wanted)
        self._step = self._button("stepButton", self.step_wanted)
        self._step.setText(self.tr("Step"))
        self._step.setToolTip(self.tr("One step of every racer (→)"))
        self._restart = self._button("restartButton", self.restart_wanted)
        self._restart.setText(self.tr("Restart"))
        self._restart.setToolTip(self.tr("The same race from its first step (R)"))
        wide = max(self.fontMetrics().horizontalAdvance(text) for text in (self.tr("Play"), self.tr("Pause")))
        self._play.setMinimumWidth(wide + 52)
        self._speed = QSlider(Qt.Orientation.Horizontal)
        self._speed.setObjectName("speedSlider")
        self._speed.setAccessibleName(self.tr("Speed"))
        self._speed.setToolTip(self.tr("How many steps a second"))
        self._speed.setRange(0, len(SPEEDS) - 1)
        self._speed.setPageStep(1)
        self._speed.setValue(_USUAL)
        self._speed.setFixedWidth(110)
        self._speed.valueChanged.connect(self._show_speed)
        self._speed_words = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._play, self._step, self._restart):
            row.addWidget(widget)
        row.addSpacing(8)
        row.addWidget(self._speed)
        row.addWidget(self._speed_words)
        row.addStretch(1)
        self._is_playing: bool | None = None
        self._show_speed()
        self.show_state(playing=False, usable=True)

    @property
    def steps_a_second(self) -> int:
        """The speed that is chosen."""
        return SPEEDS[self._speed.value()]

    def show_state(self, *, playing: bool, usable: bool) -> None:
        """Offer play or pause; nothing while the figures cannot be raced with."""
        for button in (self._play, self._step, self._restart):
            button.setEnabled(usable)
        if playing != self._is_playing:
            self._is_playing = playing
            self._play.setText(self.tr("Pause") if playing else self.tr("Play"))
            self._play.setToolTip(self.tr("Hold the race (Space)") if playing else self.tr("Let them race (Space)"))
            self.recolour()

    def focus(self) -> None:
        """Give Play the keyboard."""
        self._play.setFocus()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        self._play.setIcon(icons.icon("pause" if self._is_playing else "play", now.on_accent, now.disabled))
        self._step.setIcon(icons.icon("go_on", now.text, now.disabled))
        self._restart.setIcon(icons.icon("restart", now.text, now.disabled))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Button, QColor(now.accent))
        palette.setColor(QPalette.ColorRole.ButtonText, QColor(now.on_accent))
        self._play.setPalette(palette)
        theme.paint_text(self._speed_words, now.muted)

    def _show_speed(self) -> None:
        self._speed_words.setText(self.tr("{steps} steps/s").format(steps=self.steps_a_second))

    def _button(self, name: str, signal: object) -> QPushButton:
        button = QPushButton()
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.setMinimumHeight(30)
        button.setIconSize(QSize(16, 16))
        button.clicked.connect(lambda: signal.emit())  # type: ignore[attr-defined]
        return button
