"""Combo boxes whose value is what is meant, not what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget


class ChoiceBox(QComboBox):
    """A box of choices, each a value and its title."""

    valueChanged = Signal(object)  # noqa: N815 (as Qt's own boxes call it)

    def __init__(self, choices: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for value, title in choices.items():
            self.addItem(title, value)
        self.currentIndexChanged.connect(self._on_index_changed)
        # The longest title must not decide the width of the form.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def value(self) -> Any:
        """What is chosen, as the configuration writes it."""
        return self.currentData()

    def setValue(self, value: Any) -> None:
        """Choose by value."""
        self.setCurrentIndex(self.findData(value))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel changes only the box one is working in, so that scrolling a form is safe."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _on_index_changed(self, _index: int) -> None:
        self.valueChanged.emit(self.value())


class ColumnBox(ChoiceBox):
    """Chooses a column of a table; None stands for the one that is found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__({}, parent)
        self._columns: tuple[str, ...] = ()
        self.addItem(self.tr("Found"), None)

    def setValue(self, value: Any) -> None:
        """Choose a column, one that the table has not got as well: what is wrong is said under the box."""
        if value is not None and self.findData(value) < 0:
            self.addItem(str(value), value)
        self.setCurrentIndex(0 if value is None else self.findData(value))

    def show_columns(self, columns: Sequence[str], found: str | None) -> None:
        """Offer these columns; `found` is the one that None stands for."""
        title = self.tr("Found: {name}").format(name=found) if found is not None else self.tr("Found")
        if self.itemText(0) != title:
            self.setItemText(0, title)
        if tuple(columns) == self._columns:
            return
        self._columns = tuple(columns)
        chosen = self.value()
        self.blockSignals(True)
        while self.count() > 1:
            self.removeItem(1)
        for name in columns:
            self.addItem(name, name)
        self.setValue(chosen)
        self.blockSignals(False)


class PathBox(ChoiceBox):
    """Offers choices by name and files of the user's; its last lines ask for another file.

    Args:
        choices: Values and titles of what comes with KEscape.
        browse: What can be asked for, and the words for it.
    """

    browse_wanted = Signal(str)
    """Which of the things that can be asked for the user wants to look for."""

    def __init__(self, choices: Mapping[str, str], browse: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(choices, parent)
        self._named = self.count()
        self._first_browse = self.count() + 1
        self.insertSeparator(self.count())
        self._browse = list(browse)
        for words in browse.values():
            self.addItem(words, None)
        self._last = 0
        self._by_hand = True

    def setValue(self, value: Any) -> None:
        """Choose by value; a path that is new here becomes a choice, called by its last part."""
        if self.findData(value) < 0:
            path = PurePath(str(value))
            self.insertItem(self._first_browse - 1, path.name or str(path), value)
            self.setItemData(self._first_browse - 1, str(value), Qt.ItemDataRole.ToolTipRole)
            if self._first_browse - 1 == self._named:
                self.insertSeparator(self._named)
                self._first_browse += 1
            self._first_browse += 1
        super().setValue(value)
        self.setToolTip(str(value) if self.currentIndex() >= self._named else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys walk through the choices; they do not open dialogs on their way."""
        self._by_hand = False
        super().keyPressEvent(event)
        self._by_hand = True

    def wheelEvent(self, event: QWheelEvent) -> None:
        """As keys do."""
        self._by_hand = False
        super().wheelEvent(event)
        self._by_hand = True

    def _on_index_changed(self, index: int) -> None:
        if index >= self._first_browse:
            wanted = self._browse[index - self._first_browse]
            self.setCurrentIndex(self._last)
            if self._by_hand:
                # Only once the list has closed itself.
                QTimer.singleShot(0, lambda: self.browse_wanted.emit(wanted))
            return
        if index != self._last:
            self._last = index
            super()._on_index_changed(index)
