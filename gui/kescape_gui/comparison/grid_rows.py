"""Settings to vary and their values, a line each: as many as somebody adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from kescape.config import SETTINGS
from kescape_gui.compare.settings import help_of, title_of
from kescape_gui.comparison.design import GRID
from kescape_gui.setup.choice_box import ChoiceBox
from kescape_gui.setup.fault import Fault


class _GridRow(QWidget):
    """One setting, its values, and a button that takes the line away."""

    changed = Signal()
    unwanted = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = ChoiceBox({name: title_of(name) for name in GRID})
        self._settings.setAccessibleName(self.tr("Setting to vary"))
        self._values = QLineEdit()
        self._values.setAccessibleName(self.tr("Its values"))
        self._remove = QToolButton()
        self._remove.setText("×")
        self._remove.setAccessibleName(self.tr("Take this setting away"))
        self._remove.setToolTip(self.tr("Take this setting away"))
        self._remove.setAutoRaise(True)
        self.fault = Fault()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(2)
        layout.setColumnStretch(0, 1)
        layout.setColumnStretch(1, 1)
        layout.addWidget(self._settings, 0, 0)
        layout.addWidget(self._values, 0, 1)
        layout.addWidget(self._remove, 0, 2)
        layout.addWidget(self.fault, 1, 0, 1, 3)
        self._settings.setValue(name)
        self._tell()
        self._settings.valueChanged.connect(self._on_chosen)
        self._values.textChanged.connect(lambda: self.changed.emit())
        self._remove.clicked.connect(lambda: self.unwanted.emit())

    @property
    def name(self) -> str:
        """The setting."""
        return str(self._settings.value())

    @property
    def text(self) -> str:
        """Its values as typed."""
        return self._values.text()

    def set_text(self, text: str) -> None:
        """Show values."""
        self._values.setText(text)

    def focus(self) -> None:
        """Go on with the keyboard in its values."""
        self._values.setFocus()

    def number(self, number: int) -> None:
        """Let automation find the fields by the place of the line, from 0."""
        self._settings.setObjectName(f"gridSettingBox{number}")
        self._values.setObjectName(f"gridValuesEdit{number}")
        self._remove.setObjectName(f"gridRemoveButton{number}")

    def _on_chosen(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        setting = SETTINGS[self.name]
        examples = {"int": "8, 16, 32", "float": "0.05, 0.1", "bool": self.tr("on, off")}
        self._values.setPlaceholderText(examples.get(setting.kind) or ", ".join(setting.choices[:2]))
        for box in (self._settings, self._values):
            box.setToolTip(help_of(self.name))


class GridRows(QWidget):
    """The lines. Holds what is typed and judges nothing."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gridTable")
        self._rows: list[_GridRow] = []
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(4)
        self._add = QPushButton(self.tr("Vary &another setting"))
        self._add.setObjectName("addSettingButton")
        self._add.clicked.connect(self._on_add)
        foot = QHBoxLayout()
        foot.addWidget(self._add)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._lines)
        layout.addLayout(foot)

    def value(self) -> tuple[tuple[str, str], ...]:
        """The settings, each with its values as typed."""
        return tuple((row.name, row.text) for row in self._rows)

    def setValue(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show these lines in place of those that are there."""
        while self._rows:
            self._take_away(self._rows[-1])
        for name, text in rows:
            self._append(name).set_text(text)
        self.changed.emit()

    def tell_faults(self, problems: Mapping[str, str]) -> None:
        """Say what is wrong with a setting under its line; where it has several, under the last."""
        told = set()
        for row in reversed(self._rows):
            row.fault.tell(problems.get(row.name) if row.name not in told else None)
            told.add(row.name)

    def _on_add(self) -> None:
        taken = {row.name for row in self._rows}
        free = next((name for name in GRID if name not in taken), GRID[0])
        self._append("eta_max" if "eta_max" not in taken else free).focus()
        self.changed.emit()

    def _append(self, name: str) -> _GridRow:
        row = _GridRow(name)
        row.changed.connect(self.changed)
        row.unwanted.connect(partial(self._on_unwanted, row))
        before = self._rows[-1] if self._rows else None
        self._rows.append(row)
        self._lines.addWidget(row)
        if before is not None:
            QWidget.setTabOrder(before, row)
        self._number()
        return row

    def _on_unwanted(self, row: _GridRow) -> None:
        self._take_away(row)
        self._add.setFocus()
        self.changed.emit()

    def _take_away(self, row: _GridRow) -> None:
        self._rows.remove(row)
        self._lines.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._number()

    def _number(self) -> None:
        for number, row in enumerate(self._rows):
            row.number(number)
