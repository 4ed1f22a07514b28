"""Where the runs of a comparison are to be trained: this machine, or a cluster."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QWidget

from kescape.compare.local_pool import MOST_WORKERS
from kescape.compare.where import Where
from kescape.config import ConfigError
from kescape.run.errors import ClusterUnusable
from kescape_gui.comparison.design import beside_the_field
from kescape_gui.setup.choice_box import ChoiceBox
from kescape_gui.setup.number_box import IntegerBox


class PlaceFields(QWidget):
    """Asks for it in a line."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = ChoiceBox({"here": self.tr("This machine"), "cluster": self.tr("Ray cluster")})
        self._places.setObjectName("placeBox")
        self._places.setAccessibleName(self.tr("Where to train"))
        self._places.setToolTip(self.tr("Engines of this machine, or a cluster that Ray runs"))
        self._engines = IntegerBox(minimum=1, maximum=MOST_WORKERS, step=1, optional=True)
        self._engines.setObjectName("enginesBox")
        self._engines.setAccessibleName(self.tr("Engines"))
        self._engines.lineEdit().setPlaceholderText(self.tr("engines: auto"))
        self._engines.setToolTip(self.tr("How many runs are trained at a time; empty: as many as there is room for"))
        self._address = QLineEdit()
        self._address.setObjectName("clusterEdit")
        self._address.setAccessibleName(self.tr("Address of the cluster"))
        self._address.setPlaceholderText(self.tr("host:port, or local"))
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
        """What is asked for.

        Raises:
            ConfigError: It is out of its range, or no address.
            ClusterUnusable: Ray is not installed here.
        """
        if self._places.value() == "cluster":
            return Where(cluster=self._address.text().strip())
        # Text that is no number is refused there.
        return Where(workers=self._engines.typed())  # type: ignore[arg-type]

    @property
    def problem(self) -> str:
        """Why nothing can be trained there as it stands, in a sentence; empty if it can."""
        try:
            self.value()
        except ConfigError as error:
            return next(beside_the_field(name, sentence) for name, sentence in error.errors.items())
        except ClusterUnusable as error:
            return str(error)
        return ""

    def _on_place(self) -> None:
        self._second.setCurrentIndex(int(self._places.value() == "cluster"))
        self.changed.emit()
