"""The small picture of the plan under the form, and the sentence on how it ends."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from kescape_gui import icons, theme
from kescape_gui.plan_preview.plan_preview import PlanPreview


class _Picture(QWidget):
    """The planned rate from the first step to the last, its cycles numbered."""

    def __init__(self, preview: PlanPreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Wide as the form, low enough to leave it room."""
        return QSize(260, 84)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the plan."""
        now, preview = theme.colours(), self._preview
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(now.border), 1))
        painter.setBrush(QColor(now.base))
        painter.drawRoundedRect(frame, 4, 4)
        inside = frame.adjusted(8, 18, -8, -8)
        steps, rates = preview.line(int(inside.width()))
        if len(steps):
            across = inside.width() / max(1, preview.steps)
            top = float(rates.max()) or 1.0
            points = QPolygonF(
                [
                    QPointF(inside.left() + step * across, inside.bottom() - rate / top * inside.height())
                    for step, rate in zip(steps.tolist(), rates.tolist(), strict=True)
                ]
            )
            self._draw_cycles(painter, inside, across)
            # What is not drawn live is what the form still has wrong.
            fits = preview.words is not None
            painter.setPen(QPen(QColor(now.learning_rate if fits else now.disabled), 1.8))
            painter.drawPolyline(points)
        painter.end()

    def _draw_cycles(self, painter: QPainter, inside: QRectF, across: float) -> None:
        now, preview = theme.colours(), self._preview
        small = painter.font()
        small.setPointSizeF(small.pointSizeF() * 0.8)
        painter.setFont(small)
        metrics = painter.fontMetrics()
        starts = [0, *preview.restarts]
        ends = [*preview.restarts, preview.steps]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
            left = inside.left() + start * across
            width = (end - start) * across
            if number > 1 and len(starts) <= 100:
                painter.setPen(QPen(QColor(now.grid if not now.dark else now.border), 1))
                painter.drawLine(QPointF(left, inside.top() - 4), QPointF(left, inside.bottom()))
            if len(starts) > 1 and metrics.horizontalAdvance(str(number)) + 4 <= width:
                painter.setPen(QColor(now.muted))
                box = QRectF(left, inside.top() - 16, width, 14)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))


class PlanPreviewView(QWidget):
    """Picture and sentence. `cured` carries the number of epochs that the user chose to end well."""

    cured = Signal(int)

    def __init__(self, preview: PlanPreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self.setObjectName("planPreview")
        self._picture = _Picture(preview, self)
        self._picture.setAccessibleName(self.tr("Planned learning rate"))
        self._sign = QLabel()
        self._sentence = QLabel()
        self._sentence.setObjectName("landingLabel")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.RichText)
        self._sentence.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._sentence.linkActivated.connect(lambda link: self.cured.emit(int(link)))
        # Two lines always, so that the form above does not jump while a number is typed.
        self._sentence.setMinimumHeight(2 * self._sentence.fontMetrics().lineSpacing() + 2)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._sentence, 1)
        heading = QLabel(self.tr("Plan of the learning rate"))
        theme.font(heading, bold=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        layout.addWidget(heading)
        layout.addWidget(self._picture)
        layout.addLayout(row)
        self.refresh()

    def refresh(self) -> None:
        """Show the plan as it is now."""
        now, words = theme.colours(), self._preview.words
        if words is None and self._preview.waits:
            sign, colour, html = "waits", now.muted, self.tr("Waiting for the data.")
        elif words is None:
            sign, colour, html = "error", now.error, self.tr("Something in the form needs a look first.")
        else:
            sign, colour = ("good", now.good) if words.lands else ("warning", now.warning)
            links = [f"<a href='{cure.epochs}' style='color:{now.accent}'>{cure.text}</a>" for cure in words.cures]
            html = words.text + (": " + self.tr(" or ").join(links) if links else "")
        self._sign.setPixmap(icons.pixmap(sign, colour, 15, self.devicePixelRatioF()))
        self._sentence.setText(html)
        theme.paint_text(self._sentence, now.text if words is not None and words.lands else colour)
        self._picture.update()
