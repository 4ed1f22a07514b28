"""The colours of a surface: viridis, which rises evenly in lightness and reads the same to colour-blind eyes.

Source: Smith & van der Walt, "A Better Default Colormap for Matplotlib", SciPy 2015, https://bids.github.io/colormap/
"""

from __future__ import annotations

import functools

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from kescape_gui.surface.grid import Floats

COLOURS = 256


@functools.cache
def colour_table() -> NDArray[np.uint8]:
    """Red, green and blue of each of the 256 colours, from the lowest value to the highest."""
    table: NDArray[np.uint8] = pg.colormap.get("viridis").getLookupTable(0.0, 1.0, COLOURS)
    return table


def places_of(shares: Floats) -> NDArray[np.intp]:
    """Where in the table shares from 0 to 1 are; 256, one place beyond it, where a share is NaN."""
    return np.where(np.isnan(shares), COLOURS, np.nan_to_num(shares) * (COLOURS - 1) + 0.5).astype(np.intp)


def colour_at(share: float) -> QColor:
    """The colour at a share from 0 to 1."""
    return QColor(*(int(part) for part in colour_table()[round(share * (COLOURS - 1))]))


def picture(shares: Floats) -> NDArray[np.uint8]:
    """Red, green, blue and opacity of each point; nothing is seen where a share is NaN."""
    table = np.zeros((COLOURS + 1, 4), dtype=np.uint8)
    table[:COLOURS, :3] = colour_table()
    table[:COLOURS, 3] = 255
    return np.asarray(table[places_of(shares)])
