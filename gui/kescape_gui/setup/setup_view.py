"""The setup form: made from the settings of a run, words first, symbols and units in grey.

It holds no values and judges nothing: what is typed goes to the `Setup`, and what the `Setup` finds wrong is shown
under the field.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kescape.config import SETTINGS, Setting
from kescape.data.catalogue import DATASETS
from kescape.models.catalogue import MODELS
from kescape_gui import icons, theme
from kescape_gui.setup.choice_box import ChoiceBox, ColumnBox, PathBox
from kescape_gui.setup.data_line import DataLine
from kescape_gui.setup.number_box import IntegerBox, NumberBox
from kescape_gui.setup.setup import Setup

_STEPS = {
    "epochs": 10.0,
    "momentum": 0.05,
    "seed": 1.0,
    "t_0": 1.0,
    "t_mult": 0.5,
    "cycles": 1.0,
    "warmup": 1.0,
    "restart_warmup": 0.5,
    "eta_max_decay": 0.05,
    "validation_fraction": 0.05,
}
"""How far an arrow goes; what is not named here goes 1, 2, 5, 10, ..."""

_TITLES = {
    "auto": "Found",
    "classification": "Classification",
    "regression": "Regression",
    "sgdr": "Warm restarts",
    "cosine": "One cosine",
    "step": "Falling in steps",
    "constant": "Constant",
    "1cycle": "1cycle",
}

_BROWSE = {
    "dataset": {"file": "Open a file…", "folder": "Open a folder of images…"},
    "model": {"file": "Open a file…"},
}
"""What can be looked for beside the choices of a setting."""

Field = NumberBox | IntegerBox | QCheckBox | QComboBox | QLineEdit


class _Fault(QWidget):
    """What is wrong with the field above, with a sign beside the words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel(self)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)
        self.hide()

    def tell(self, sentence: str | None) -> None:
        """Show a sentence, or nothing."""
        if sentence is not None:
            colour = theme.colours().error
            self._sign.setPixmap(icons.pixmap("error", colour, 14, self.devicePixelRatioF()))
            self._words.setText(sentence)
            theme.paint_text(self._words, colour)
        self.setVisible(sentence is not None)


class SetupView(QWidget):
    """The form. `edited` carries the name of a setting and what was typed or chosen for it."""

    edited = Signal(str, object)
    browse_wanted = Signal(str, str)
    """The name of a setting, and whether a file or a folder is looked for."""
    look_wanted = Signal()
    """The user wants to see what was found in the data."""

    def __init__(self, setup: Setup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setup = setup
        self._fields: dict[str, Field] = {}
        self._faults: dict[str, _Fault] = {}
        self._rows: dict[str, list[QWidget]] = {}
        self._headings: list[QLabel] = []
        self._greys: list[QLabel] = []
        self._data_line = DataLine()
        self._data_line.look_wanted.connect(self.look_wanted)
        form = QWidget(self)
        layout = QVBoxLayout(form)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(2)
        self._add_groups(layout, "basic")
        self._fold = _Fold(self.tr("More settings"), self)
        layout.addSpacing(6)
        layout.addWidget(self._fold)
        self._more = QWidget(form)
        more_layout = QVBoxLayout(self._more)
        more_layout.setContentsMargins(0, 0, 0, 0)
        more_layout.setSpacing(2)
        self._add_groups(more_layout, "more")
        self._more.hide()
        self._fold.toggled.connect(self._more.setVisible)
        layout.addWidget(self._more)
        layout.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(form)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        form.setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)
        self.recolour()
        self.refresh()

    def field(self, name: str) -> Field:
        """The widget of one setting."""
        return self._fields[name]

    def focus(self, name: str) -> None:
        """Bring a field into view and put the cursor into it."""
        if SETTINGS[name].level == "more":
            self._fold.setChecked(True)
        field = self._fields[name]
        self._scroll.ensureWidgetVisible(field)
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(field, NumberBox | IntegerBox):
            field.selectAll()

    def refresh(self) -> None:
        """Show the setup as it is now."""
        values, errors = self._setup.values, self._setup.errors
        data = self._setup.data
        self._data_line.show_data(data)
        target = self._fields["target"]
        if isinstance(target, ColumnBox) and data is not None:
            target.show_columns(data.columns, data.facts.target if data.facts else None)
        for name, field in self._fields.items():
            value = values[name]
            if isinstance(field, QCheckBox):
                field.setChecked(bool(value))
            elif isinstance(field, ChoiceBox):
                if field.value() != value:
                    field.setValue(value)
            elif isinstance(field, QLineEdit):
                if (field.text() or None) != value:
                    field.setText(value or "")
            # While somebody types, "0.10" must not become "0.1" under the fingers.
            elif isinstance(field, NumberBox | IntegerBox) and not isinstance(value, str) and field.typed() != value:
                field.setValue(value)
            self._faults[name].tell(errors.get(name))
            applies = self._setup.applies(SETTINGS[name])
            for part in self._rows[name]:
                part.setVisible(applies)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        for heading in self._headings:
            theme.paint_text(heading, now.text)
        for grey in self._greys:
            theme.paint_text(grey, now.muted)
        for setting in SETTINGS.values():
            label = self._rows[setting.name][0]
            if isinstance(label, QLabel):
                label.setText(_label_text(setting, now.muted))
        for name, fault in self._faults.items():
            fault.tell(self._setup.errors.get(name))
        self._data_line.recolour()

    def _add_groups(self, layout: QVBoxLayout, level: str) -> None:
        groups: dict[str, list[Setting]] = {}
        for setting in SETTINGS.values():
            if setting.level == level:
                groups.setdefault(setting.group, []).append(setting)
        for title, settings in groups.items():
            heading = QLabel(self.tr(title))
            theme.font(heading, bold=True)
            heading.setContentsMargins(0, 10, 0, 2)
            self._headings.append(heading)
            layout.addWidget(heading)
            grid = QGridLayout()
            grid.setHorizontalSpacing(8)
            grid.setVerticalSpacing(5)
            grid.setColumnMinimumWidth(0, 128)
            grid.setColumnStretch(1, 1)
            grid.setColumnMinimumWidth(2, 46)
            for setting in settings:
                self._add_row(grid, setting)
            layout.addLayout(grid)

    def _add_row(self, grid: QGridLayout, setting: Setting) -> None:
        row = grid.rowCount()
        field = self._make_field(setting)
        field.setObjectName(_object_name(setting.name))
        field.setToolTip(self.tr(setting.help))
        field.setAccessibleName(self.tr(setting.title))
        field.setAccessibleDescription(self.tr(setting.help))
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setBuddy(field)
        label.setToolTip(self.tr(setting.help))
        fault = _Fault()
        parts: list[QWidget] = [label, field]
        grid.addWidget(label, row, 0)
        if setting.unit:
            unit = QLabel(self.tr(setting.unit))
            self._greys.append(unit)
            grid.addWidget(field, row, 1)
            grid.addWidget(unit, row, 2)
            parts.append(unit)
        elif isinstance(field, QComboBox | QLineEdit):
            grid.addWidget(field, row, 1, 1, 2)
        else:
            grid.addWidget(field, row, 1)
        grid.addWidget(fault, row + 1, 0, 1, 3)
        if setting.name == "dataset":
            grid.addWidget(self._data_line, row + 2, 0, 1, 3)
        self._fields[setting.name] = field
        self._faults[setting.name] = fault
        self._rows[setting.name] = parts

    def _make_field(self, setting: Setting) -> Field:
        name = setting.name
        if setting.kind == "bool":
            check = QCheckBox()
            check.toggled.connect(lambda on: self.edited.emit(name, on))
            return check
        if name == "target":
            column = ColumnBox()
            column.valueChanged.connect(lambda value: self.edited.emit(name, value))
            return column
        if setting.kind == "choice":
            titles = {value: self.tr(_title(name, value)) for value in setting.choices}
            choice = ChoiceBox(titles)
            if setting.other:
                choice = PathBox(titles, {what: self.tr(words) for what, words in _BROWSE[name].items()})
                choice.browse_wanted.connect(lambda what: self.browse_wanted.emit(name, what))
            choice.valueChanged.connect(lambda value: self.edited.emit(name, value))
            return choice
        if setting.kind == "text":
            line = QLineEdit()
            line.setPlaceholderText(self.tr(setting.none))
            line.textChanged.connect(lambda text: self.edited.emit(name, text or None))
            return line
        box_type = IntegerBox if setting.kind == "int" else NumberBox
        box = box_type(
            minimum=setting.minimum,
            maximum=setting.maximum,
            minimum_allowed=setting.minimum_allowed,
            maximum_allowed=setting.maximum_allowed,
            optional=setting.optional,
            step=_STEPS.get(name),
        )
        box.setValue(setting.default)
        if setting.optional:
            box.lineEdit().setPlaceholderText(self.tr(setting.none))
        box.setMinimumWidth(84)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.edited.connect(lambda: self.edited.emit(name, box.typed()))
        return box


class _Fold(QToolButton):
    """The line that unfolds what lies under it."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setArrowType(Qt.ArrowType.RightArrow)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setObjectName("moreButton")
        self.toggled.connect(lambda on: self.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow))


def _label_text(setting: Setting, grey: str) -> str:
    symbol = setting.symbol
    if not symbol or symbol == setting.name == "clipnorm":
        return setting.title
    base, _, index = symbol.replace(" ", "_").partition("_")
    if not index and base[-1:].isdigit():
        base, index = base[:-1], base[-1]
    shown = f"{base}<sub>{index}</sub>" if index else base
    return f"{setting.title} <span style='color:{grey}'>{shown}</span>"


def _title(name: str, value: str) -> str:
    if name == "dataset":
        return DATASETS[value].title
    if name == "model":
        return MODELS[value].title
    return _TITLES.get(value, value)


def _object_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest) + "Box"
