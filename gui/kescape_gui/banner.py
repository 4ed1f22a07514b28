"""A quiet line over the curves that offers to let interrupted runs go on; it waits for nobody and hides nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from kescape_gui import icons, theme
from kescape_gui.runs.interrupted import Interrupted, banner_text


class Banner(QWidget):
    """Which runs were interrupted, and whether the last of them shall go on."""

    resume_wanted = Signal(object)
    """The path of the run."""
    dismissed = Signal(object)
    """The runs that the user does not want to be asked about again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("interruptedBanner")
        self._runs: list[Interrupted] = []
        self._in_view: Path | None = None
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setObjectName("interruptedLabel")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._resume = QPushButton()
        self._resume.setObjectName("resumeInterruptedButton")
        self._resume.clicked.connect(self._on_resume)
        later = QPushButton(self.tr("Not now"))
        later.setObjectName("notNowButton")
        later.setToolTip(self.tr("They stay in the list of runs, where each can be resumed"))
        later.clicked.connect(self._on_later)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 14, 22, 8)
        layout.setSpacing(10)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._resume)
        layout.addWidget(later)
        self.hide()

    def offer(self, runs: list[Interrupted]) -> None:
        """Offer these runs, the last one first; none hides the banner."""
        self._runs = list(runs)
        self._show_offered()

    def leave_out(self, path: Path | None) -> None:
        """The run in view has a card of its own that says so."""
        if path != self._in_view:
            self._in_view = path
            self._show_offered()

    @property
    def _offered(self) -> list[Interrupted]:
        return [run for run in self._runs if run.path != self._in_view]

    def _show_offered(self) -> None:
        runs = self._offered
        self.setVisible(bool(runs))
        if runs:
            self._text.setText(banner_text(runs))
            name = runs[0].path.name
            several = len(runs) > 1
            self._resume.setText(self.tr("Resume {name}").format(name=name) if several else self.tr("Resume"))
            self._resume.setToolTip(self.tr("Let {name} go on from its newest checkpoint").format(name=name))
            self.recolour()

    def forget(self, path: Path) -> None:
        """The run is no longer there."""
        if any(run.path == path for run in self._runs):
            self.offer([run for run in self._runs if run.path != path])

    def let_resume(self, problem: str | None) -> None:
        """Offer to resume now, or say why not."""
        if self._offered:
            self._resume.setEnabled(problem is None)
            what = self.tr("Let {name} go on from its newest checkpoint").format(name=self._offered[0].path.name)
            self._resume.setToolTip(problem or what)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self._sign.setPixmap(icons.pixmap("warning", theme.colours().warning, 18, self.devicePixelRatioF()))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The banner's own ground and edge."""
        now = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(now.alternate))
        painter.setPen(QPen(QColor(now.border), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(10.5, 8.5, -10.5, -2.5), 6, 6)
        painter.end()

    def _on_resume(self) -> None:
        path = self._offered[0].path
        self.offer([run for run in self._runs if run.path != path])
        self.resume_wanted.emit(path)

    def _on_later(self) -> None:
        runs = self._offered
        self.offer([run for run in self._runs if run not in runs])
        self.dismissed.emit(runs)
