"""The fields in which a comparison is set up. They hold what is typed; `design` judges it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kescape.compare.comparison import MEASURES
from kescape.compare.report_words import measure_in_words
from kescape.compare.where import Where
from kescape_gui import theme
from kescape_gui.comparison.design import GRID, Base, Design, Judged, base_words
from kescape_gui.comparison.grid_rows import GridRows
from kescape_gui.comparison.place_fields import PlaceFields
from kescape_gui.setup.choice_box import ChoiceBox
from kescape_gui.setup.fault import Fault
from kescape_gui.setup.number_box import IntegerBox, NumberBox
from kescape_gui.setup.taken_values import choice_title
from kescape_gui.words import tr

_SCHEDULES = ("constant", "step", "cosine", "sgdr", "1cycle")
"""From the plainest on."""
_TICKED = ("cosine", "sgdr")


class DesignForm(QWidget):
    """Asks what to compare with what, how often, and where."""

    changed = Signal()
    settings_wanted = Signal()
    """The settings of the main window's form are to be taken."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = Base()
        self._faults: dict[str, Fault] = {}
        self._headings: list[QLabel] = []
        self._greys: list[QLabel] = []
        self._settings = QLabel()
        self._settings.setObjectName("comparisonSettings")
        self._settings.setWordWrap(True)
        self._settings.setTextFormat(Qt.TextFormat.PlainText)
        self._take = QPushButton(self.tr("&Take the settings of the form"))
        self._take.setObjectName("takeSettingsButton")
        self._take.setToolTip(self.tr("All runs share the settings that the main window’s form has now"))
        self._schedules = {name: QCheckBox(_title_of(name)) for name in _SCHEDULES}
        for name, box in self._schedules.items():
            box.setObjectName(f"compare{name.capitalize()}Box")
            box.setChecked(name in _TICKED)
        self._momenta = QLineEdit()
        self._momenta.setObjectName("momentaEdit")
        self._momenta.setToolTip(self.tr("One momentum, or several: 0, 0.9. With a decimal comma: 0; 0,9"))
        self._grid = GridRows()
        self._repeats = IntegerBox(minimum=1, maximum=1000, step=1)
        self._repeats.setObjectName("repeatsBox")
        self._repeats.setValue(5)
        self._repeats.setToolTip(
            self.tr("Every arm is trained from so many seeds; with fewer than 3 nothing can be told of differences")
        )
        self._measures = ChoiceBox({name: _capital(tr(measure_in_words(name))) for name in MEASURES})
        self._measures.setObjectName("measureBox")
        self._measures.setToolTip(self.tr("By its value at the last finished minimum: the end of a cycle"))
        self._reach = NumberBox(optional=True)
        self._reach.setObjectName("reachBox")
        self._reach.lineEdit().setPlaceholderText(self.tr("what the worst arm ends with"))
        self._reach.setToolTip(self.tr("After how many epochs this value is reached is reported"))
        self._halving = ChoiceBox(
            {"": self.tr("All arms train to the end"), "2": self.tr("The best half"), "3": self.tr("The best third")}
        )
        self._halving.setObjectName("halvingBox")
        self._halving.setToolTip(
            self.tr("At the end of every cycle only the best arms train on, and the others are left behind")
        )
        self._name = QLineEdit()
        self._name.setObjectName("comparisonNameEdit")
        self._name.setToolTip(self.tr("Of the comparison; the names of its runs begin with it"))
        self._place = PlaceFields()
        self._lay_out()
        self._connect()
        self.recolour()

    @property
    def design(self) -> Design:
        """What stands in the fields."""
        return Design(
            base=self._base,
            schedules=tuple(name for name, box in self._schedules.items() if box.isChecked()),
            momenta=self._momenta.text(),
            grid=self._grid.value(),
            repeats=self._repeats.typed(),
            measure=self._measures.value(),
            target=self._reach.typed(),
            halving=int(self._halving.value()) if self._halving.value() else None,
            name=self._name.text(),
        )

    @property
    def where(self) -> Where:
        """Where it is to be trained."""
        return self._place.value()

    @property
    def place_problem(self) -> str:
        """Why it cannot be trained there, in a sentence; empty if it can."""
        return self._place.problem

    def take_base(self, base: Base) -> None:
        """From now on all runs share these settings."""
        self._base = base
        config = base.config
        self._settings.setText(base_words(config) if config is not None else "")
        self._settings.setVisible(config is not None)
        momentum = self.tr("{value}, as in the form").format(value=f"{config.momentum:g}") if config else ""
        self._momenta.setPlaceholderText(momentum or "0, 0.9")
        self.changed.emit()

    def show_judged(self, judged: Judged) -> None:
        """Say under each field what is wrong with it."""
        for name, fault in self._faults.items():
            fault.tell(judged.problems.get(name))
        self._faults["place"].tell(self.place_problem or None)
        self._grid.tell_faults({name: text for name, text in judged.problems.items() if name in GRID})
        self._name.setPlaceholderText(judged.name)

    def focus(self) -> None:
        """Begin with the keyboard at what is varied."""
        self._schedules["constant"].setFocus()

    def set_enabled(self, enabled: bool) -> None:
        """While a comparison is being started nothing else can be asked for."""
        self._fields.setEnabled(enabled)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        for grey in self._greys:
            theme.paint_text(grey, theme.colours().muted)

    def _lay_out(self) -> None:
        form = self._fields = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(14, 6, 12, 12)
        column.setSpacing(4)
        self._add_heading(column, self.tr("Settings that all runs share"))
        column.addWidget(self._settings)
        column.addWidget(self._fault("base"))
        column.addWidget(self._take, 0, Qt.AlignmentFlag.AlignLeft)
        self._add_heading(column, self.tr("What is varied"))
        schedules = QWidget()
        schedules.setObjectName("schedulesBox")
        boxes = QGridLayout(schedules)
        boxes.setContentsMargins(0, 0, 0, 0)
        boxes.setVerticalSpacing(3)
        for number, box in enumerate(self._schedules.values()):
            boxes.addWidget(box, number, 0)
        column.addWidget(schedules)
        column.addWidget(self._fault("schedule"))
        varied = self._grid_layout(column)
        self._add_row(varied, "momentum", self.tr("Momentum"), self._momenta)
        column.addWidget(self._grid)
        column.addWidget(self._fault("grid"))
        self._add_heading(column, self.tr("How it is judged"))
        judged = self._grid_layout(column)
        self._add_row(judged, "repeats", self.tr("Repeats"), self._repeats)
        self._add_row(judged, "measure", self.tr("Judged by"), self._measures)
        self._add_row(judged, "reach", self.tr("Value to reach"), self._reach)
        self._add_row(judged, "halving", self.tr("After each cycle"), self._halving)
        self._add_heading(column, self.tr("Name and place"))
        place = self._grid_layout(column)
        self._add_row(place, "name", self.tr("Name"), self._name)
        self._add_row(place, "place", self.tr("Train on"), self._place)
        column.addStretch(1)
        widest = max(label.sizeHint().width() for label in self._greys)
        for grid in (varied, judged, place):
            grid.setColumnMinimumWidth(0, widest)
        # A window may be lower than the form is high.
        self._scroll = QScrollArea()
        self._scroll.setWidget(form)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        form.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        self.setFixedWidth(max(form.minimumSizeHint().width(), 60 * self.fontMetrics().averageCharWidth()) + bar)

    def _add_heading(self, column: QVBoxLayout, text: str) -> None:
        heading = QLabel(text)
        theme.font(heading, bold=True)
        heading.setContentsMargins(0, 8, 0, 1)
        column.addWidget(heading)

    @staticmethod
    def _grid_layout(column: QVBoxLayout) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        return grid

    def _add_row(self, grid: QGridLayout, name: str, title: str, field: QWidget) -> None:
        row = grid.rowCount()
        label = QLabel(title)
        label.setBuddy(field)
        self._greys.append(label)
        field.setAccessibleName(title)
        grid.addWidget(label, row, 0)
        grid.addWidget(field, row, 1)
        grid.addWidget(self._fault(name), row + 1, 0, 1, 2)

    def _fault(self, name: str) -> Fault:
        fault = self._faults[name] = Fault()
        fault.setObjectName(f"{name}Fault")
        return fault

    def _connect(self) -> None:
        self._take.clicked.connect(self.settings_wanted)
        for box in self._schedules.values():
            box.toggled.connect(lambda: self.changed.emit())
        for line in (self._momenta, self._name):
            line.textChanged.connect(lambda: self.changed.emit())
        for choice in (self._measures, self._halving):
            choice.valueChanged.connect(lambda: self.changed.emit())
        for number in (self._repeats, self._reach):
            number.edited.connect(self.changed)
        self._grid.changed.connect(self.changed)
        self._place.changed.connect(self.changed)


def _title_of(schedule: str) -> str:
    """What the form calls it, and what arms and reports do, where that is another word."""
    title = choice_title("schedule", schedule)
    return title if title.casefold() == schedule else f"{title} ({schedule})"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
