"""The setup form: made from the settings of a run, words first, symbols and units in grey.

It holds no values and judges nothing: what is typed goes to the `Setup`, and what the `Setup` finds wrong is shown
under the field.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kescape.config import SETTINGS, Setting
from kescape_gui import theme
from kescape_gui.setup.choice_box import ChoiceBox, ColumnBox, PathBox
from kescape_gui.setup.fault import Fault
from kescape_gui.setup.fold import Fold
from kescape_gui.setup.found_data import summary
from kescape_gui.setup.found_model import model_summary
from kescape_gui.setup.look_line import LookLine
from kescape_gui.setup.number_box import IntegerBox, NumberBox
from kescape_gui.setup.setup import Setup
from kescape_gui.setup.taken_values import choice_title, shown_value
from kescape_gui.words import tr

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

_DOUBLED = ("batch_size",)
"""Sizes that fit a machine's memory: an arrow doubles or halves them."""

_BROWSE = {
    "dataset": {"file": "Open a file…", "folder": "Open a folder of images…"},
    "model": {"file": "Open a file…"},
}
"""What can be looked for beside the choices of a setting."""

Field = NumberBox | IntegerBox | QCheckBox | QComboBox | QLineEdit


class SetupView(QWidget):
    """The form. `edited` carries the name of a setting and what was typed or chosen for it."""

    edited = Signal(str, object)
    left = Signal()
    """The user has left a field: what is typed next is another edit."""
    default_wanted = Signal(str)
    """A setting shall have its default again."""
    browse_wanted = Signal(str, str)
    """The name of a setting, and whether a file or a folder is looked for."""
    look_wanted = Signal()
    """The user wants to see what was found in the data."""
    model_look_wanted = Signal()
    """The user wants to see what is known of the model."""

    def __init__(self, setup: Setup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setup = setup
        self._is_showing = False
        self._fields: dict[str, Field] = {}
        self._labels: dict[str, QLabel] = {}
        self._faults: dict[str, Fault] = {}
        self._rows: dict[str, list[QWidget]] = {}
        self._grids: list[QGridLayout] = []
        self._headings: list[QLabel] = []
        self._greys: list[QLabel] = []
        self._lines = {"dataset": LookLine("dataLine"), "model": LookLine("modelLine")}
        self._lines["dataset"].look_wanted.connect(self.look_wanted)
        self._lines["model"].look_wanted.connect(self.model_look_wanted)
        form = QWidget(self)
        layout = QVBoxLayout(form)
        layout.setContentsMargins(12, 0, 12, 4)
        layout.setSpacing(2)
        self._add_groups(layout, "basic")
        self._fold = Fold(self.tr("More settings"), self)
        layout.addSpacing(2)
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
        self._line_up()

    @property
    def is_unfolded(self) -> bool:
        """Whether all settings are in sight."""
        return self._fold.isChecked()

    def unfold(self, unfolded: bool = True) -> None:
        """Show all settings, or those that matter most."""
        self._fold.setChecked(unfolded)

    def field(self, name: str) -> Field:
        """The widget of one setting."""
        return self._fields[name]

    def bring_up(self, name: str) -> None:
        """Bring a field into view."""
        if SETTINGS[name].level == "more":
            self.unfold()
            # The form grows only when it is asked to, and until then there is nothing to scroll to.
            QApplication.sendEvent(self._scroll, QEvent(QEvent.Type.LayoutRequest))
        self._scroll.ensureWidgetVisible(self._fields[name])

    def focus(self, name: str) -> None:
        """Bring a field into view and put the cursor into it."""
        self.bring_up(name)
        field = self._fields[name]
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(field, NumberBox | IntegerBox):
            field.selectAll()

    def refresh(self) -> None:
        """Show the setup as it is now."""
        values, errors = self._setup.values, self._setup.errors
        data, model = self._setup.data, self._setup.model
        facts = data.facts if data is not None else None
        if data is None:
            self._lines["dataset"].show_words(self.tr("Reading…"), is_known=False)
        else:
            self._lines["dataset"].show_words(summary(facts) if facts is not None else "")
        self._lines["model"].show_words(model_summary(model, facts) if model is not None else "")
        target = self._fields["target"]
        if isinstance(target, ColumnBox) and data is not None:
            target.show_columns(data.columns, facts.target if facts else None)
        # What is shown is no edit.
        self._is_showing = True
        for name, field in self._fields.items():
            _show(field, values[name])
        self._is_showing = False
        for name in self._fields:
            self._faults[name].tell(errors.get(name))
            applies = self._setup.applies(SETTINGS[name])
            for part in self._rows[name]:
                part.setVisible(applies)
        self._fold.tell_faults(sum(SETTINGS[name].level == "more" for name in errors))
        self._show_labels()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        for heading in self._headings:
            theme.paint_text(heading, now.text)
        for grey in self._greys:
            theme.paint_text(grey, now.muted)
        self._show_labels()
        for name, fault in self._faults.items():
            fault.tell(self._setup.errors.get(name))
        for line in self._lines.values():
            line.recolour()
        self._fold.recolour()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The draft's undo is the only one: that of a line of text would undo the keys of that line alone."""
        if event.type() == QEvent.Type.FocusOut:
            self.left.emit()
        elif event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undoing = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
            if any(event.matches(key) for key in undoing):
                # Not accepted, so that it becomes the shortcut of the menu.
                event.ignore()
                return True
        return super().eventFilter(watched, event)

    def _line_up(self) -> None:
        """Let all fields begin below each other, behind the widest label with the dot of what is not the default."""
        widest = max(label.sizeHint().width() for label in self._labels.values())
        dot = self.fontMetrics().horizontalAdvance(" •")
        for grid in self._grids:
            grid.setColumnMinimumWidth(0, widest + dot)

    def _show_labels(self) -> None:
        now, values = theme.colours(), self._setup.values
        for name, label in self._labels.items():
            setting = SETTINGS[name]
            is_default = values[name] == setting.default
            text = _label_text(setting, now.muted)
            label.setText(text if is_default else f"{text} <span style='color:{now.accent}'>•</span>")
            help_words = self.tr(setting.help)
            if not is_default:
                default = shown_value(setting, setting.default)
                help_words += "\n" + self.tr("• Not the default, which is {default}.").format(default=default)
            label.setToolTip(help_words)
        more = [each for each in map(SETTINGS.get, self._labels) if each is not None and each.level == "more"]
        changed = [each for each in more if self._setup.applies(each) and values[each.name] != each.default]
        self._fold.tell_changed([self.tr(each.title) for each in changed])

    def _ask(self, name: str, widget: QWidget, at: QPoint) -> None:
        """The menu of a field: what its own would offer, except for its own undo, and the way back to the default."""
        field, setting = self._fields[name], SETTINGS[name]
        line = field if isinstance(field, QLineEdit) else None
        if isinstance(field, NumberBox | IntegerBox):
            line = field.lineEdit()
        menu = line.createStandardContextMenu() if line is not None else QMenu(widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in menu.actions()[:3]:
            # Undo, redo, and the line under them.
            if action.objectName() in ("edit-undo", "edit-redo") or action.isSeparator():
                menu.removeAction(action)
        if line is not None:
            menu.addSeparator()
        default = shown_value(setting, setting.default)
        back = menu.addAction(self.tr("Back to default: {default}").format(default=default))
        back.setObjectName("defaultAction")
        back.setEnabled(self._setup.values[name] != setting.default)
        back.triggered.connect(lambda: self.default_wanted.emit(name))
        menu.popup(widget.mapToGlobal(at))

    def _add_groups(self, layout: QVBoxLayout, level: str) -> None:
        groups: dict[str, list[Setting]] = {}
        for setting in SETTINGS.values():
            if setting.level == level:
                groups.setdefault(setting.group, []).append(setting)
        for title, settings in groups.items():
            heading = QLabel(self.tr(title))
            theme.font(heading, bold=True)
            heading.setContentsMargins(0, 8, 0, 1)
            self._headings.append(heading)
            layout.addWidget(heading)
            grid = QGridLayout()
            grid.setHorizontalSpacing(8)
            grid.setVerticalSpacing(4)
            self._grids.append(grid)
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
        for widget in (label, field):
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            widget.customContextMenuRequested.connect(partial(self._ask, setting.name, widget))
        field.installEventFilter(self)
        fault = Fault()
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
        if setting.name in self._lines:
            grid.addWidget(self._lines[setting.name], row + 2, 0, 1, 3)
        self._fields[setting.name] = field
        self._labels[setting.name] = label
        self._faults[setting.name] = fault
        self._rows[setting.name] = parts

    def _make_field(self, setting: Setting) -> Field:
        name = setting.name
        if setting.kind == "bool":
            check = QCheckBox()
            check.toggled.connect(partial(self._on_edited, name))
            return check
        if name == "target":
            column = ColumnBox()
            column.valueChanged.connect(partial(self._on_edited, name))
            return column
        if setting.kind == "choice":
            titles = {value: choice_title(name, value) for value in setting.choices}
            choice = ChoiceBox(titles)
            if setting.other:
                choice = PathBox(titles, {what: self.tr(words) for what, words in _BROWSE[name].items()})
                choice.browse_wanted.connect(lambda what: self.browse_wanted.emit(name, what))
            choice.valueChanged.connect(partial(self._on_edited, name))
            return choice
        if setting.kind == "text":
            line = QLineEdit()
            line.setPlaceholderText(self.tr(setting.none))
            line.textChanged.connect(lambda text: self._on_edited(name, text or None))
            return line
        box_type = IntegerBox if setting.kind == "int" else NumberBox
        box = box_type(
            minimum=setting.minimum,
            maximum=setting.maximum,
            minimum_allowed=setting.minimum_allowed,
            maximum_allowed=setting.maximum_allowed,
            optional=setting.optional,
            step=_STEPS.get(name),
            doubles=name in _DOUBLED,
        )
        box.setValue(setting.default)
        if setting.optional:
            box.lineEdit().setPlaceholderText(self.tr(setting.none))
        box.setMinimumWidth(84)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.edited.connect(lambda: self._on_edited(name, box.typed()))
        return box

    def _on_edited(self, name: str, value: object) -> None:
        if not self._is_showing:
            self.edited.emit(name, value)


def _show(field: Field, value: object) -> None:
    """Let a field show a value, unless it does so already: while somebody types, "0.10" must not become "0.1"."""
    if isinstance(field, QCheckBox):
        field.setChecked(bool(value))
    elif isinstance(field, ChoiceBox):
        if field.value() != value:
            field.setValue(value)
    elif isinstance(field, QLineEdit):
        if (field.text() or None) != value:
            field.setText(str(value or ""))
    elif isinstance(field, NumberBox | IntegerBox) and field.typed() != value:
        if isinstance(value, str):
            field.setText(value)
        elif value is None or isinstance(value, int | float):
            field.setValue(value)


def _label_text(setting: Setting, grey: str) -> str:
    symbol = setting.symbol
    if not symbol or symbol == setting.name == "clipnorm":
        return tr(setting.title)
    base, _, index = symbol.replace(" ", "_").partition("_")
    if not index and base[-1:].isdigit():
        base, index = base[:-1], base[-1]
    shown = f"{base}<sub>{index}</sub>" if index else base
    return f"{tr(setting.title)} <span style='color:{grey}'>{shown}</span>"


def _object_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest) + "Box"
