"""A plot under its heading and its legend."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.curves.curve_plot import CurvePlot, Range
from kescape_gui.curves.end_labels import EndLabel, EndLabels
from kescape_gui.curves.frame import Frame
from kescape_gui.curves.legend import Legend
from kescape_gui.curves.line import Line


class Panel(QWidget):
    """What the panels for loss, learning rate and accuracy have in common.

    Args:
        title: The heading.
        name: The object name of the plot.
        numbered: Whether restarts are numbered and marks have words here.
    """

    def __init__(self, title: str, name: str, *, numbered: bool = False) -> None:
        super().__init__()
        self.plot = CurvePlot(numbered=numbered)
        self.plot.setObjectName(name)
        self.plot.setAccessibleName(title)
        self.legend = Legend()
        self.legend.setObjectName(f"{name}Legend")
        self._end_labels = EndLabels()
        self.plot.plotItem.vb.addItem(self._end_labels, ignoreBounds=True)
        heading = QLabel(title)
        theme.font(heading, bold=True)
        row = QHBoxLayout()
        row.setContentsMargins(14, 8, 14, 0)
        row.setSpacing(20)
        row.addWidget(heading)
        row.addWidget(self.legend, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.plot, 1)

    def draw(self, frame: Frame) -> None:
        """Show what there is."""
        raise NotImplementedError

    def describe(self, frame: Frame) -> str:
        """What the plot shows, in words."""
        raise NotImplementedError

    def recolour(self, colours: theme.Colours) -> None:
        """Take the colours of the palette that the app has now; the lines take theirs when they are drawn."""
        self.plot.recolour(colours)
        self._end_labels.set_ground(colours.base)


def around(ranges: list[Range | None]) -> Range | None:
    """The range that holds all that are known."""
    known = [found for found in ranges if found is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def end_label(text: str, line: Line, colour: str) -> list[EndLabel]:
    """A name at the last point of a line, if it has one."""
    x, y = line.points
    finite = np.flatnonzero(np.isfinite(y))
    return [EndLabel(text, float(x[finite[-1]]), float(y[finite[-1]]), colour)] if len(finite) else []
