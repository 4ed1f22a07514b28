"""The boxes that the figures of a race are typed in, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.playground.figures import Fault, Typed
from kescape_gui.setup.number_box import IntegerBox, NumberBox

_LETTERS = 9


class FigureBoxes(QWidget):
    """`edited` carries the name of a figure and what was typed."""

    edited = Signal(str, object)
    suggestion_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_showing = False
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._boxes: dict[str, NumberBox | IntegerBox] = {}
        self._add("x", self.tr("Start &x"), NumberBox(step=0.1), self.tr("Where all start; or click on the map"))
        self._add("y", self.tr("Start &y"), NumberBox(step=0.1), self.tr("Where all start; or click on the map"))
        self._add(
            "noise",
            self.tr("&Noise"),
            NumberBox(minimum=0, step=0.5),
            self.tr("Standard deviation of the gradient's noise; small batches make a network's gradient noisy, too"),
        )
        self._add(
            "rate",
            self.tr("&Constant rate"),
            NumberBox(minimum=0, minimum_allowed=False),
            self.tr("Learning rate of SGD, Momentum and Nesterov"),
        )
        self._add(
            "eta_max",
            self.tr("&Highest rate"),
            NumberBox(minimum=0, minimum_allowed=False),
            self.tr("The learning rate at the start of each cycle; it falls to 0"),
        )
        self._add(
            "momentum",
            self.tr("&Momentum"),
            NumberBox(minimum=0, maximum=1, maximum_allowed=False, step=0.05),
            self.tr("Share of the last step's velocity that is kept"),
        )
        self._add(
            "t_0",
            self.tr("&First cycle"),
            IntegerBox(minimum=1, maximum=1000, step=10),
            self.tr("Steps of the first cycle; a race ends with the last cycle within 1,000 steps"),
        )
        self._add(
            "t_mult",
            self.tr("&Each next cycle"),
            NumberBox(minimum=1, maximum=10, step=0.5),
            self.tr("Each cycle is this many times as long as the one before"),
        )
        suggest = QPushButton(self.tr("As &suggested"))
        suggest.setObjectName("suggestButton")
        suggest.setAutoDefault(False)
        suggest.setToolTip(self.tr("The start and figures that show what this surface teaches"))
        suggest.clicked.connect(self.suggestion_wanted)
        self._problem = QLabel()
        self._problem.setObjectName("playgroundProblem")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._grid)
        layout.addWidget(self._problem)
        layout.addWidget(suggest, 0, Qt.AlignmentFlag.AlignRight)
        self.recolour()

    def show_typed(self, typed: Mapping[str, Typed]) -> None:
        """Show what has been typed or suggested; nothing is said of it."""
        self._is_showing = True
        for name, value in typed.items():
            box = self._boxes[name]
            if isinstance(value, str):
                box.setText(value)
            elif box.typed() != value:
                box.setValue(value)
        self._is_showing = False

    def show_fault(self, fault: Fault | None) -> None:
        """Say what is wrong, here and for a screen reader at the box itself."""
        self._problem.setText(fault.words if fault else "")
        self._problem.setVisible(fault is not None)
        for name, box in self._boxes.items():
            box.setAccessibleDescription(fault.words if fault and fault.name == name else box.toolTip())

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._problem, theme.colours().error)

    def _add(self, name: str, title: str, box: NumberBox | IntegerBox, help_text: str) -> None:
        row = len(self._boxes)
        label = QLabel(title)
        label.setBuddy(box)
        box.setObjectName(f"{name}Box")
        box.setAccessibleName(title.replace("&", ""))
        box.setAccessibleDescription(help_text)
        box.setToolTip(help_text)
        box.setFixedWidth(_LETTERS * self.fontMetrics().averageCharWidth() + 40)
        box.edited.connect(lambda: self._on_edited(name))
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(box, row, 1)
        self._boxes[name] = box

    def _on_edited(self, name: str) -> None:
        if not self._is_showing:
            self.edited.emit(name, self._boxes[name].typed())
