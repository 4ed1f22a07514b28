"""Boxes to type a number in: `NumberBox` for any, `IntegerBox` for whole ones.

Both have `value()`, `setValue()` and `valueChanged`. An optional box may be empty, which is None. What is typed
is never mended or clamped: `typed()` gives text that is no number as it is, for the form to judge.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from kescape_gui.setup.numbers import (
    format_number,
    next_double,
    next_in_decade,
    next_multiple,
    parse_integer,
    parse_number,
)

_Number = int | float


class _TypedBox(QAbstractSpinBox):
    """What both boxes share: text in, number out."""

    valueChanged = Signal(object)  # noqa: N815 (as Qt's own spin boxes call it)
    """The new value, a number or None, as it is typed or set."""
    edited = Signal()
    """The text changed, whether or not it is a number."""

    def __init__(
        self,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        minimum_allowed: bool = True,
        maximum_allowed: bool = True,
        optional: bool = False,
        step: float | None = None,
        doubles: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._minimum = minimum
        self._maximum = maximum
        self._minimum_allowed = minimum_allowed
        self._maximum_allowed = maximum_allowed
        self._optional = optional
        self._step = step
        self._doubles = doubles
        self._value: _Number | None = None
        self.setAccelerated(True)
        self.lineEdit().textChanged.connect(self._on_text_changed)

    def value(self) -> _Number | None:
        """The number in the box; the last one while the text is none. None if the box is empty."""
        return self._value

    def setValue(self, value: _Number | None) -> None:
        """Show a number; None empties the box."""
        text = "" if value is None else format_number(value)
        if value == self._value and text == self._own_text():
            return
        self.lineEdit().setText(text)

    def setText(self, text: str) -> None:
        """Show a text as if it had been typed, a number or not."""
        self.lineEdit().setText(text)

    def typed(self) -> _Number | str | None:
        """The number, or the text itself if it cannot be read as one."""
        text = self._own_text()
        if not text and self._optional:
            return None
        parsed = self._parse(text)
        return text if parsed is None else parsed

    def stepBy(self, steps: int) -> None:
        """Go to the next number up or down; stays inside the range."""
        start = self._value if self._value is not None else (self._minimum or 0.0)
        target = self._stepped(float(start), steps)
        if self._is_inside(target):
            self.setValue(self._from_float(target))
        if self.hasFocus():
            self.lineEdit().selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Up and down, as far as the range allows."""
        if self.isReadOnly():
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        start = float(self._value if self._value is not None else (self._minimum or 0.0))
        if self._is_inside(self._stepped(start, 1)):
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if self._value is not None and self._is_inside(self._stepped(start, -1)):
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Anything may be typed; the form says what is wrong with it."""
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel changes a number only in the box one is working in, so that scrolling a form is safe."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _own_text(self) -> str:
        return self.lineEdit().text().strip()

    def _on_text_changed(self) -> None:
        value = self.typed()
        if not isinstance(value, str) and value != self._value:
            self._value = value
            self.valueChanged.emit(value)
        self.edited.emit()
        self.update()

    def _is_inside(self, value: float) -> bool:
        if self._minimum is not None and (
            value < self._minimum or (value == self._minimum and not self._minimum_allowed)
        ):
            return False
        return self._maximum is None or not (
            value > self._maximum or (value == self._maximum and not self._maximum_allowed)
        )

    def _stepped(self, start: float, steps: int) -> float:
        if self._doubles:
            return next_double(start, steps)
        if self._step is None:
            return next_in_decade(start, steps)
        return next_multiple(start, steps, self._step)

    def _parse(self, text: str) -> _Number | None:
        raise NotImplementedError

    def _from_float(self, value: float) -> _Number:
        raise NotImplementedError


class NumberBox(_TypedBox):
    """A box for any number. Without `step`, it steps 1, 2, 5, 10, ... in each decade."""

    def _parse(self, text: str) -> float | None:
        return parse_number(text)

    def _from_float(self, value: float) -> float:
        return value


class IntegerBox(_TypedBox):
    """A box for a whole number. Where it `doubles`, it steps 1, 2, 4, 8, ..."""

    def _parse(self, text: str) -> int | None:
        return parse_integer(text)

    def _from_float(self, value: float) -> int:
        return round(value)
