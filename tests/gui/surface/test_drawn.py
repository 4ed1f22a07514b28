"""What is drawn on top of a surface: labels stay inside, and dots stand where they are wanted."""

import numpy as np
import pytest
from kescape_gui.surface.drawn import Labels, draw_dots
from kescape_gui.surface.grid import Path
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter


@pytest.mark.parametrize("x", [0, 30, 50, 70, 100])
@pytest.mark.parametrize("y", [0, 25, 50])
def test_a_label_that_has_room_is_not_cut_off(qapp, x, y):
    inside = QRectF(0, 0, 100, 50)

    assert inside.contains(Labels(inside).beside(QPointF(x, y), 90, 12))


def test_a_label_does_not_cover_one_that_stands_there(qapp):
    labels = Labels(QRectF(0, 0, 200, 100), dots=[QPointF(100, 50)])
    first, second = (labels.beside(QPointF(100, 50), 60, 12) for _ in range(2))

    assert not first.intersects(second)
    assert not first.contains(QPointF(100, 50))


@pytest.mark.parametrize(("dotted", "seen"), [(True, [True, True, True]), (False, [False, False, True])])
def test_a_path_without_dots_has_one_at_its_end(qapp, dotted, seen):
    image = QImage(100, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    places = np.array([10.0, 50.0, 90.0])
    painter = QPainter(image)
    draw_dots(painter, places, np.full(3, 20.0), Path("p", places, places, None, "#ff0000", dotted=dotted), None)
    painter.end()

    assert [image.pixelColor(int(x), 20) == QColor("#ff0000") for x in places] == seen
