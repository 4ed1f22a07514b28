"""What plots that nobody moves have in common, and the colours of all plots' axes."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QFrame

from kescape_gui.theme import Colours


def make_still(plot: pg.PlotWidget) -> None:
    """Leave what is in view to the program: without frame, buttons, menu, mouse and keyboard, and nothing around it."""
    plot.setFrameShape(QFrame.Shape.NoFrame)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=False, y=False)
    view = plot.plotItem.vb
    view.setDefaultPadding(0.0)
    view.disableAutoRange()


def paint_axes(plot: pg.PlotWidget, colours: Colours, *, ticks: str | None = None) -> None:
    """Give the ground of a plot and its two axes their colours.

    Args:
        plot: It has an axis at the bottom and one at the left.
        colours: Those of the palette that the app has now.
        ticks: The colour of the ticks, and of the grid if the plot has one; None is that of grids.
    """
    plot.setBackground(QColor(colours.base))
    for side in ("bottom", "left"):
        axis = plot.plotItem.getAxis(side)
        axis.setPen(QPen(QColor(colours.border), 1))
        axis.setTextPen(QPen(QColor(colours.muted)))
        axis.setTickPen(QPen(QColor(ticks or colours.grid), 1))
