"""The picture of the plan: the rate from the first step to the last, with handles to change it by."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from kescape.config import SETTINGS, RunConfig
from kescape_gui import theme
from kescape_gui.plan_preview.handles import HANDLES, Handle, handles, moved_length, moved_rate, next_length
from kescape_gui.plan_preview.plan_preview import PlanPreview, Scale
from kescape_gui.setup.numbers import format_number
from kescape_gui.setup.taken_values import shown_value

HEIGHT = 112
_PLACE = 6
"""So many pixels of a drag are one place of a rate."""
_COARSE_PLACE = 14
_MOST_RULES = 100
"""More restarts than this are neither ruled nor numbered: they would be a grey wall."""


class _Grip(QWidget):
    """A handle, as large as a finger wants it and drawn as small as the eye wants it."""

    _SIDE = 24

    def __init__(self, setting: str, picture: PlanPicture) -> None:
        super().__init__(picture)
        self._picture = picture
        self.setting = setting
        self.setObjectName(f"{setting}Handle")
        self.setFixedSize(self._SIDE, self._SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr(SETTINGS[setting].title))
        self.is_held = False
        self._is_hovered = False
        self.hide()

    @property
    def is_active(self) -> bool:
        """Whether the user has it in hand, or the keys would move it."""
        return self.is_held or self.hasFocus()

    def describe(self, value: float, goes: str) -> None:
        """Say what it stands at, and how it is moved."""
        along = goes == "along"
        self.setCursor(Qt.CursorShape.SizeHorCursor if along else Qt.CursorShape.SizeVerCursor)
        setting = SETTINGS[self.setting]
        words = f"{self.tr(setting.title)}: {shown_value(setting, value)}"
        how = (
            self.tr("Drag left or right, or use the arrow keys; Shift goes further.")
            if along
            else self.tr("Drag up or down, or use the arrow keys; Shift goes further.")
        )
        self.setToolTip(f"{words}\n{how}")
        self.setAccessibleDescription(f"{words}. {how}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.is_held = True
            self._picture.begin_drag(event.globalPosition())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self.is_held:
            coarse = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._picture.drag(self.setting, event.globalPosition(), coarse=coarse)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self.is_held and event.button() == Qt.MouseButton.LeftButton:
            self.is_held = False
            self._picture.end_drag()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move it by a place; Escape puts it back while it is held."""
        key = Qt.Key
        places = {key.Key_Up: 1, key.Key_Right: 1, key.Key_Down: -1, key.Key_Left: -1}.get(key(event.key()))
        if event.key() == key.Key_Escape and self.is_held:
            self.is_held = False
            self._picture.cancel_drag(self.setting)
        elif places is not None:
            coarse = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._picture.step(self.setting, places, coarse=coarse)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """It shows what it stands at."""
        super().focusInEvent(event)
        self._picture.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What comes next is another edit."""
        super().focusOutEvent(event)
        self._picture.update()
        self._picture.let_go.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Under the pointer it grows."""
        super().enterEvent(event)
        self._is_hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """And shrinks again."""
        super().leaveEvent(event)
        self._is_hovered = False
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a dot, or a ring where it can be moved right now."""
        now = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2)
        if self.hasFocus():
            painter.setPen(QPen(QColor(now.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, 9, 9)
        lively = self._is_hovered or self.is_active
        painter.setPen(QPen(QColor(now.learning_rate), 2))
        painter.setBrush(QColor(now.learning_rate if lively else now.base))
        radius = 5.5 if lively else 3.5
        painter.drawEllipse(middle, radius, radius)
        painter.end()


@dataclass(frozen=True)
class _Held:
    """How it was when a handle was taken hold of: the draft, and the rate at the top."""

    config: RunConfig
    top: float


class PlanPicture(QWidget):
    """Draws the plan, its cycles numbered. `moved` carries a setting and its new value."""

    moved = Signal(str, object)
    let_go = Signal()
    """A handle was let go: what comes next is another edit."""

    def __init__(self, preview: PlanPreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self._is_log = False
        self._origin = QPointF()
        self._held: _Held | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self._grips = {name: _Grip(name, self) for name in HANDLES}

    def show_log(self, log: bool) -> None:
        """Draw the rate on a logarithmic scale, or on one from 0."""
        self._is_log = log
        self.refresh()

    def sizeHint(self) -> QSize:
        """Wide as the form, low enough to leave it room."""
        return QSize(260, HEIGHT)

    def refresh(self) -> None:
        """Draw the plan as it is now."""
        self._place_grips()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The handles lie on the line."""
        super().resizeEvent(event)
        self._place_grips()

    # Moving.

    def begin_drag(self, at: QPointF) -> None:
        """A handle is taken hold of."""
        self._origin = at
        if self._preview.config is not None:
            self._held = _Held(self._preview.config, self._scale().top)
        self.update()

    def drag(self, name: str, to: QPointF, *, coarse: bool) -> None:
        """It follows the hand."""
        if self._held is None:
            return
        config = self._held.config
        moved = to - self._origin
        if name == "t_0":
            along = moved.x() / max(1.0, self._inside().width()) * config.epochs
            end = min(config.warmup + config.t_0, config.epochs)
            if moved.x():
                self.moved.emit(name, moved_length(config, end + along, coarse=coarse))
        else:
            places = round(-moved.y() / (_COARSE_PLACE if coarse else _PLACE))
            self.moved.emit(name, moved_rate(config, name, places, coarse=coarse))

    def end_drag(self) -> None:
        """It is let go."""
        self._held = None
        self.let_go.emit()
        self.refresh()

    def cancel_drag(self, name: str) -> None:
        """It goes back to where it was."""
        if self._held is not None:
            self.moved.emit(name, getattr(self._held.config, name))
        self.end_drag()

    def step(self, name: str, places: int, *, coarse: bool) -> None:
        """It goes a place up or down."""
        config = self._preview.config
        if config is None:
            return
        if name == "t_0":
            self.moved.emit(name, next_length(config, places, coarse=coarse))
        else:
            self.moved.emit(name, moved_rate(config, name, places, coarse=coarse))

    # Drawing.

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the plan."""
        now, preview = theme.colours(), self._preview
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(now.border), 1))
        painter.setBrush(QColor(now.base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        inside = self._inside()
        steps, rates = preview.line()
        if len(steps):
            self._draw_cycles(painter, inside)
            scale = self._scale()
            across = inside.width() / max(1, preview.steps)
            points = QPolygonF(
                [
                    QPointF(inside.left() + step * across, inside.bottom() - scale.share(rate) * inside.height())
                    for step, rate in zip(steps.tolist(), rates.tolist(), strict=True)
                ]
            )
            # What is not drawn live is what the form still has wrong.
            fits = preview.words is not None
            painter.setPen(QPen(QColor(now.learning_rate if fits else now.disabled), 1.8))
            painter.drawPolyline(points)
            self._draw_value(painter)
        painter.end()

    def _draw_cycles(self, painter: QPainter, inside: QRectF) -> None:
        now, preview = theme.colours(), self._preview
        if len(preview.restarts) > _MOST_RULES:
            return
        across = inside.width() / max(1, preview.steps)
        small = painter.font()
        small.setPointSizeF(small.pointSizeF() * 0.8)
        painter.setFont(small)
        metrics = painter.fontMetrics()
        starts = [0, *preview.restarts]
        ends = [*preview.restarts, preview.steps]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
            left = inside.left() + start * across
            width = (end - start) * across
            if number > 1:
                painter.setPen(QPen(QColor(now.grid if not now.dark else now.border), 1))
                painter.drawLine(QPointF(left, inside.top() - 4), QPointF(left, inside.bottom()))
            if len(starts) > 1 and metrics.horizontalAdvance(str(number)) + 4 <= width:
                painter.setPen(QColor(now.muted))
                box = QRectF(left, inside.top() - 18, width, 14)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))

    def _draw_value(self, painter: QPainter) -> None:
        """The value of the handle in hand, beside it."""
        now, config = theme.colours(), self._preview.config
        grip = next((grip for grip in self._grips.values() if grip.isVisible() and grip.is_active), None)
        if grip is None or config is None:
            return
        text = format_number(getattr(config, grip.setting))
        box = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-5, -2, 5, 2)
        middle = QRectF(grip.geometry()).center()
        to_the_right = middle.x() + 12 + box.width() < self.width() - 4
        box.moveLeft(middle.x() + 12 if to_the_right else middle.x() - 12 - box.width())
        box.moveTop(min(max(3.0, middle.y() - box.height() / 2), self.height() - box.height() - 3))
        painter.setPen(QPen(QColor(now.border), 1))
        painter.setBrush(QColor(now.alternate))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(now.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _inside(self) -> QRectF:
        return QRectF(self.rect()).adjusted(10.5, 20.5, -10.5, -10.5)

    def _scale(self) -> Scale:
        """In the hand the scale only grows: what goes down is seen to go down."""
        _, rates = self._preview.line()
        at_least = self._held.top if self._held is not None else 0.0
        return Scale.of(rates, log=self._is_log, at_least=at_least)

    def _place_grips(self) -> None:
        found = {handle.setting: handle for handle in handles(self._preview)}
        for name, grip in self._grips.items():
            handle = found.get(name)
            grip.setVisible(handle is not None)
            if handle is not None:
                at = self._at(handle)
                grip.move(round(at.x() - grip.width() / 2), round(at.y() - grip.height() / 2))
                grip.describe(getattr(self._preview.config, name), handle.goes)
                grip.update()

    def _at(self, handle: Handle) -> QPointF:
        inside = self._inside()
        scale, config = self._scale(), self._preview.config
        if handle.rate is not None:
            share = scale.share(handle.rate)
        else:
            # On the line that goes up at the restart, half-way.
            share = scale.share(config.eta_max) / 2 if config is not None else 0.5
        epochs = max(1, self._preview.epochs)
        return QPointF(
            inside.left() + handle.epoch / epochs * inside.width(),
            inside.bottom() - share * inside.height(),
        )
