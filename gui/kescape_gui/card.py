"""A card over the curves that says what went wrong, why, and what to try; the curves stay as they are."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from kescape_gui import icons, theme
from kescape_gui.notice import Notice


class Card(QWidget):
    """Headline, cause, advice, and two buttons."""

    log_wanted = Signal()
    resume_wanted = Signal()
    branch_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("errorCard")
        self._tone = "error"
        self._report = ""
        self._repeats = False
        self._sign = QLabel()
        self._headline = QLabel()
        self._headline.setObjectName("errorHeadline")
        theme.font(self._headline, scale=1.15, bold=True)
        self._cause = QLabel()
        self._cause.setObjectName("errorCause")
        self._advice = QLabel()
        for label in (self._cause, self._advice):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._resume = QPushButton(self.tr("Resume"))
        self._resume.setObjectName("resumeCardButton")
        self._resume.clicked.connect(self.resume_wanted)
        self._resume.hide()
        self._branch = QPushButton(self.tr("Branch from here…"))
        self._branch.setObjectName("branchCardButton")
        self._branch.clicked.connect(self.branch_wanted)
        self._branch.hide()
        copy = QPushButton(self.tr("Copy report"))
        copy.setObjectName("copyReportButton")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._report))
        log = QPushButton(self.tr("Open log"))
        log.clicked.connect(self.log_wanted)
        dismiss = QPushButton(self.tr("Dismiss"))
        dismiss.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._resume, self._branch, copy, log, dismiss):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QGridLayout(self)
        layout.setContentsMargins(24, 16, 22, 16)
        layout.setHorizontalSpacing(12)
        layout.setVerticalSpacing(6)
        layout.addWidget(self._sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._headline, 0, 1)
        layout.addWidget(self._cause, 1, 1)
        layout.addWidget(self._advice, 2, 1)
        layout.addLayout(buttons, 3, 1)
        layout.setColumnStretch(1, 1)
        self.hide()

    def tell(self, notice: Notice) -> None:
        """Show the card."""
        self._tone, self._report, self._repeats = notice.tone, notice.report, notice.repeats
        self._headline.setText(notice.headline)
        self._cause.setText(notice.cause)
        self._advice.setText(notice.advice)
        self._cause.setVisible(bool(notice.cause))
        self._advice.setVisible(bool(notice.advice))
        self.recolour()
        self.show()

    def let_go_on(self, *, resume: bool, branch: bool) -> None:
        """Offer to let the run go on, or a new one from its weights where it would only fail again."""
        self._resume.setVisible(resume and not self._repeats)
        self._branch.setVisible(branch and self._repeats)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        colour = now.error if self._tone == "error" else now.warning
        self._sign.setPixmap(icons.pixmap(self._tone, colour, 22, self.devicePixelRatioF()))
        theme.paint_text(self._headline, colour)
        theme.paint_text(self._advice, now.muted)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The card's own ground and edge."""
        now = theme.colours()
        error = self._tone == "error"
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(10.5, 8.5, -10.5, -2.5)
        painter.setBrush(QColor(now.error_base if error else now.warning_base))
        painter.setPen(QPen(QColor(now.error if error else now.warning), 1))
        painter.drawRoundedRect(frame, 6, 6)
        painter.end()
