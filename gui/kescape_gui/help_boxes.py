"""The boxes of the Help menu."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from kescape import __version__


def show_keys(parent: QWidget) -> None:
    """Say which keys and gestures the plots know."""
    _show(
        parent,
        parent.tr("Keys of the plots"),
        parent.tr(
            "<table cellspacing='4'>"
            "<tr><td>F or Home</td><td>show the whole training, and follow it</td></tr>"
            "<tr><td>Space</td><td>follow, or not</td></tr>"
            "<tr><td>1, 2, 3, 4</td><td>along epochs, steps, time; cycles on top of each other</td></tr>"
            "<tr><td>L, Shift+L</td><td>logarithmic loss, logarithmic axis</td></tr>"
            "<tr><td>S</td><td>the next smoothing</td></tr>"
            "<tr><td>[ and ]</td><td>the cycle before, the next cycle</td></tr>"
            "<tr><td>← →</td><td>move along</td></tr>"
            "<tr><td>+ −</td><td>closer, farther</td></tr>"
            "<tr><td>M</td><td>a note at the present step</td></tr>"
            "<tr><td>?</td><td>these keys</td></tr>"
            "</table>"
            "<p>Drag to move, with Shift to draw a box that is brought into view. Turn the wheel to zoom, with Ctrl "
            "to zoom the values. Double-click to show everything. Click a restart to see its cycle.</p>"
        ),
    )


def show_about(parent: QWidget) -> None:
    """Say what this is."""
    about = parent.tr("<b>KEscape {version}</b><p>Warm restarts and momentum for Keras, recorded step by step.</p>")
    _show(parent, parent.tr("About KEscape"), about.format(version=__version__))


def _show(parent: QWidget, title: str, html: str) -> None:
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, html, QMessageBox.StandardButton.Close, parent)
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
