"""Where the runs of a comparison are to be trained: this machine, or a cluster."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QWidget

from kescape_gui.setup.choice_box import ChoiceBox
from kescape_gui.setup.number_box import IntegerBox

_MOST_ENGINES = 64


@dataclass(frozen=True)
class Where:
    """Where runs are trained.

    Attributes:
        workers: How many engines train at a time on this machine; None for as many as it has room for.
        cluster: The address of a cluster, or `local` for one that is started here; None for this machine.
    """

    workers: int | None = None
    cluster: str | None = None


class PlaceFields(QWidget):
    """Asks for it in a line."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = ChoiceBox({"here": self.tr("This machine"), "cluster": self.tr("Ray cluster")})
        self._places.setObjectName("placeBox")
        self._places.setAccessibleName(self.tr("Where to train"))
        self._places.setToolTip(self.tr("Engines of this machine, or a cluster that Ray runs"))
        self._engines = IntegerBox(minimum=1, maximum=_MOST_ENGINES, step=1, optional=True)
        self._engines.setObjectName("enginesBox")
        self._engines.setAccessibleName(self.tr("Engines"))
        self._engines.lineEdit().setPlaceholderText(self.tr("engines: auto"))
        self._engines.setToolTip(self.tr("How many runs are trained at a time; empty: as many as there is room for"))
        self._address = QLineEdit()
        self._address.setObjectName("clusterEdit")
        self._address.setAccessibleName(self.tr("Address of the cluster"))
        self._address.setPlaceholderText(self.tr("address, or local"))
        self._address.setToolTip(
            self.tr("Address of the Ray cluster, such as 192.168.0.7:6379; local starts one on this machine")
        )
        self._second = QStackedWidget()
        self._second.addWidget(self._engines)
        self._second.addWidget(self._address)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._places, 1)
        layout.addWidget(self._second, 1)
        self._places.valueChanged.connect(self._on_place)
        self._engines.edited.connect(self.changed)
        self._address.textChanged.connect(lambda: self.changed.emit())

    def value(self) -> Where:
        """What is asked for; if there is a problem, this machine."""
        if self._places.value() == "cluster":
            return Where(cluster=self._address.text().strip())
        engines = self._engines.typed()
        return Where(workers=engines if isinstance(engines, int) else None)

    @property
    def problem(self) -> str:
        """Why nothing can be trained there as it stands, in a sentence; empty if it can."""
        if self._places.value() == "cluster":
            return "" if self._address.text().strip() else self.tr("A cluster needs an address, or the word local.")
        engines = self._engines.typed()
        if engines is not None and (not isinstance(engines, int) or not 1 <= engines <= _MOST_ENGINES):
            words = self.tr("Engines must be a whole number from 1 to {most}, or empty; got {value}.")
            return words.format(most=_MOST_ENGINES, value=engines)
        return ""

    def _on_place(self) -> None:
        self._second.setCurrentIndex(int(self._places.value() == "cluster"))
        self.changed.emit()
