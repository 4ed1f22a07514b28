"""What is drawn in a plot and has no size of its own."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF


class WholeView(pg.GraphicsObject):
    """As large as what is in view: rules end nowhere, and looking for the bounds of points costs more than it saves."""

    def boundingRect(self) -> QRectF:
        """All that is in view."""
        return self.viewRect() if self.getViewBox() is not None else QRectF()

    def viewRangeChanged(self) -> None:
        """What is in view is our size."""
        self.prepareGeometryChange()
        super().viewRangeChanged()
