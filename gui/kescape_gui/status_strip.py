"""The line at the foot of the window: state, progress, cycle and time, and what was just done."""

from __future__ import annotations

import html
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from kescape_gui import theme
from kescape_gui.run_state import RunState
from kescape_gui.short_label import ShortLabel
from kescape_gui.state_colour import state_colour
from kescape_gui.words import tr

MESSAGE_MILLISECONDS = 12_000
"""How long is said what was just done."""
_OFFER = "offer:"
"""The address of a link that does something here."""


class _Message(QLabel):
    """A line that ends in dots where there is no room for all of it; one with a link is cut off."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what there is room for."""
        if self.textFormat() == Qt.TextFormat.RichText:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, self.alignment(), shown)
        painter.end()


class StatusStrip(QWidget):
    """State and progress to the left, words on speed and time beside them, messages to the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = QLabel()
        self._state.setObjectName("statusLabel")
        self._state.setAccessibleName(self.tr("State of the run"))
        self._state.setMinimumWidth(150)
        theme.font(self._state, bold=True)
        self._bar = QProgressBar()
        self._bar.setObjectName("progressBar")
        self._bar.setAccessibleName(self.tr("Progress of the run"))
        self._bar.setRange(0, 1000)
        self._bar.setFixedWidth(220)
        self._bar.setFormat("")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(12)
        self._percent = QLabel()
        self._percent.setMinimumWidth(44)
        self._cycle = ShortLabel()
        self._time = ShortLabel()
        self._speed = ShortLabel()
        self._message = _Message()
        # A long message is cut off rather than make the window wider.
        self._message.setMinimumWidth(1)
        self._message.setObjectName("messageLabel")
        self._message.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._message.linkActivated.connect(self._follow)
        self._offered: Callable[[], None] | None = None
        self._tip = _Message()
        # It takes what room the others leave, and none of theirs.
        self._tip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._tip.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._tip.setObjectName("tipLabel")
        self._tip.setTextFormat(Qt.TextFormat.PlainText)
        self._tip.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.setSpacing(16)
        layout.addWidget(self._state)
        layout.addWidget(self._bar)
        layout.addWidget(self._percent)
        layout.addWidget(self._cycle)
        layout.addWidget(self._time)
        layout.addStretch()
        layout.addWidget(self._message)
        layout.addWidget(self._tip, 1)
        layout.addWidget(self._speed)
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.setInterval(MESSAGE_MILLISECONDS)
        self._forget.timeout.connect(self.fall_silent)

    def show_state(self, state: RunState) -> None:
        """Say what the run is doing."""
        text = f"{state.symbol} {tr(state.value)}"
        if text != self._state.text():
            self._state.setText(text)
        theme.paint_text(self._state, state_colour(state) or theme.colours().text)

    def show_progress(self, steps: int, total: int, percent: int | None) -> None:
        """Show how far it is."""
        self._bar.setEnabled(percent is not None and total > 0)
        self._bar.setValue(0 if total <= 0 else min(1000, 1000 * steps // total))
        self._percent.setText("" if percent is None else f"{percent} %")

    def show_words(self, cycle: str, time_left: str, speed: str) -> None:
        """Show cycle, time and speed."""
        for label, text in ((self._cycle, cycle), (self._time, time_left), (self._speed, speed)):
            if text != label.text():
                label.setText(text)

    def tell(self, message: str, *, error: bool = False) -> None:
        """Say what was just done, for a while."""
        self._offered = None
        now = theme.colours()
        has_link = "<a " in message
        self._message.setTextFormat(Qt.TextFormat.RichText if has_link else Qt.TextFormat.PlainText)
        self._message.setText(message)
        # What has no room here can be read there.
        self._message.setToolTip(message)
        theme.paint_text(self._message, now.error if error else now.text)
        self._forget.start()

    def offer(self, message: str, verb: str, do: Callable[[], None]) -> None:
        """Say what was just done, with a link that does something about it.

        Args:
            message: Plain text.
            verb: What the link says.
            do: What it does.
        """
        colour = theme.colours().accent
        link = f"<a href='{_OFFER}' style='color:{colour}'>{html.escape(verb)}</a>"
        self.tell(f"{html.escape(message)} · {link}")
        self._message.setToolTip(f"{message} · {verb}")
        self._offered = do

    def show_tip(self, text: str) -> None:
        """Say what an entry of a menu does while it is pointed at, in place of what was just done; empty: no longer."""
        self._tip.setText(text)
        self._tip.setVisible(bool(text))
        self._message.setVisible(not text)

    def fall_silent(self) -> None:
        """Say nothing any more."""
        self._offered = None
        self._message.clear()

    def _follow(self, link: str) -> None:
        if link != _OFFER:
            QDesktopServices.openUrl(QUrl(link))
        elif self._offered is not None:
            self._offered()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        for label in (self._tip, self._percent, self._cycle, self._time, self._speed):
            theme.paint_text(label, theme.colours().muted)
