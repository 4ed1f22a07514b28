"""Pictures of data: its points in the plane, or the first image of each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kescape.data.preview import Preview
from kescape_gui import theme

_CLASSES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999933", "#882255")
"""Of Okabe and Ito, and of Tol where theirs end; more classes than these share colours."""

_SIDE = 220
_DOT = 2.2


class Points(QWidget):
    """At most 400 rows as points, a colour a class; a number that is learned goes from blue to orange."""

    def __init__(self, seen: Preview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points = seen.points
        self._colours = _colours_of(seen)
        self.setFixedSize(_SIDE, _SIDE)
        what = self.tr("first two principal components") if seen.projected else self.tr("inputs")
        self.setAccessibleName(self.tr("{count} points: {what}").format(count=len(self._points), what=what))
        self.setToolTip(self.accessibleName())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the points inside their frame."""
        now = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(now.border), 1))
        painter.setBrush(QColor(now.base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        half = _SIDE / 2
        for (x, y), colour in zip(self._points.tolist(), self._colours, strict=True):
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(half + x * (half - 10), half - y * (half - 10)), _DOT, _DOT)
        painter.end()


class Images(QWidget):
    """The first image of each class with the class under it, in rows."""

    _WIDE, _GAP = 72, 10

    def __init__(self, images: NDArray[np.float32], names: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images = [_image(picture) for picture in images]
        self._names = names[: len(self._images)]
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(", ".join(self._names))

    def hasHeightForWidth(self) -> bool:
        """As many rows as the width asks for."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Qt asks."""
        rows = -(-len(self._images) // self._across(width))
        return rows * (self._WIDE + self.fontMetrics().height() + self._GAP)

    def sizeHint(self) -> QSize:
        """Five beside each other."""
        width = 5 * (self._WIDE + self._GAP)
        return QSize(width, self.heightForWidth(width))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw images and names."""
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.setPen(QColor(theme.colours().muted))
        across = self._across(self.width())
        for number, (image, name) in enumerate(zip(self._images, self._names, strict=True)):
            row, column = divmod(number, across)
            left = column * (self._WIDE + self._GAP)
            top = row * (self._WIDE + metrics.height() + self._GAP)
            fitting = image.size().scaled(self._WIDE, self._WIDE, Qt.AspectRatioMode.KeepAspectRatio)
            at = QRectF(
                left + (self._WIDE - fitting.width()) / 2,
                top + self._WIDE - fitting.height(),
                fitting.width(),
                fitting.height(),
            )
            painter.drawImage(at, image)
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self._WIDE)
            under = QRectF(left, top + self._WIDE, self._WIDE, metrics.height() + 2)
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, shown)
        painter.end()

    def _across(self, width: int) -> int:
        return max(1, (width + self._GAP) // (self._WIDE + self._GAP))


def _image(picture: NDArray[np.float32]) -> QImage:
    """Grey of shape (height, width) or colour of shape (height, width, 3), in 0 ... 1."""
    pixels = np.ascontiguousarray(np.clip(picture * 255, 0, 255).astype(np.uint8))
    height, width = pixels.shape[:2]
    grey = pixels.ndim == 2
    form = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    # A copy: the image must not look into memory that NumPy gives back.
    return QImage(pixels.data, width, height, width * (1 if grey else 3), form).copy()


def _colours_of(seen: Preview) -> list[QColor]:
    if seen.facts.task == "classification":
        return [QColor(_CLASSES[int(label) % len(_CLASSES)]) for label in seen.labels]
    numbers = np.asarray(seen.labels, np.float64)
    span = float(np.ptp(numbers)) or 1.0
    low, high = QColor(_CLASSES[0]), QColor(_CLASSES[1])
    return [_between(low, high, share) for share in ((numbers - numbers.min()) / span).tolist()]


def _between(low: QColor, high: QColor, share: float) -> QColor:
    pairs = ((low.red(), high.red()), (low.green(), high.green()), (low.blue(), high.blue()))
    return QColor(*(round(a + (b - a) * share) for a, b in pairs))
