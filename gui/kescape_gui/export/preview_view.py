"""Shows what an export would look like: a picture, rows, a text, or the sentence why there is none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontDatabase, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QStackedWidget, QWidget

from kescape.run.export.options import SIZES
from kescape_gui import theme
from kescape_gui.export.job import Job
from kescape_gui.export.preview import Preview
from kescape_gui.export.previewer import Seen
from kescape_gui.rows import Column, Row, RowsModel, RowsView

_MARGIN = 14
_NARROWEST = 80
_WIDEST = 210
"""A column of a table, in points."""


class _Picture(QWidget):
    """A figure as large as there is room for, in its own proportions."""

    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()

    def show_image(self, image: QImage) -> None:
        """Show another picture."""
        self._image = image
        self.update()

    def room(self, width_mm: float, height_mm: float) -> QRectF:
        """Where a picture of such proportions stands."""
        inside = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        scale = max(1e-3, min(inside.width() / width_mm, inside.height() / height_mm))
        box = QRectF(0, 0, width_mm * scale, height_mm * scale)
        box.moveCenter(inside.center())
        return box

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A picture in the new size is wanted."""
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture; one that was made for another size is stretched until the new one is there."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = self.room(self._image.width(), self._image.height())
        dots = self.devicePixelRatioF()
        # On whole dots, or fine lines would blur.
        box = QRectF(round(box.x() * dots) / dots, round(box.y() * dots) / dots, box.width(), box.height())
        if abs(box.width() * dots - self._image.width()) < 2:
            box.setSize(QSize(self._image.width(), self._image.height()).toSizeF() / dots)
        painter.drawImage(box, self._image)
        painter.setPen(QPen(QColor(theme.colours().border), 0))
        painter.drawRect(box)
        painter.end()


class PreviewView(QStackedWidget):
    """The right side of the export dialog."""

    resized = Signal()
    """A picture in another size is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("exportPreview")
        self.setAccessibleName(self.tr("Preview"))
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._picture = _Picture()
        self._picture.resized.connect(self.resized)
        self._rows = RowsView(RowsModel((), self), ())
        self._rows.setObjectName("exportTable")
        self._rows.setAccessibleName(self.tr("First rows"))
        self._text = QPlainTextEdit()
        self._text.setObjectName("exportText")
        self._text.setReadOnly(True)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName(self.tr("Text of the file"))
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._sentence = QLabel()
        self._sentence.setObjectName("exportSentence")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setContentsMargins(40, 20, 40, 20)
        for part in (self._sentence, self._picture, self._rows, self._text):
            self.addWidget(part)
        self._shown: Preview | None = None

    @property
    def text(self) -> str:
        """The sentence or the text that is shown, if one is."""
        if self.currentWidget() is self._sentence:
            return self._sentence.text()
        return self._text.toPlainText() if self.currentWidget() is self._text else ""

    @property
    def focusable(self) -> list[QWidget]:
        """What the Tab key stops at."""
        return [self._rows, self._text]

    @property
    def has_sentence(self) -> bool:
        """Whether a sentence stands in the preview's place."""
        return self.currentWidget() is self._sentence

    def width_for(self, job: Job) -> int:
        """How many dots wide a picture of a job has to be."""
        look = SIZES[job.size]
        room = self._picture.room(look.width_mm, look.height_mm) if self.isVisible() else QRectF(0, 0, 600, 400)
        return max(100, round(room.width() * self.devicePixelRatioF()))

    def say(self, sentence: str) -> None:
        """Say something in the preview's place."""
        self._sentence.setText(sentence)
        self._shown = None
        theme.paint_text(self._sentence, theme.colours().muted)
        self.setCurrentWidget(self._sentence)

    def show_seen(self, seen: Seen) -> None:
        """Show what an export looks like."""
        shown, self._shown = self._shown, seen.preview
        if seen.preview.kind == "figure":
            self._picture.show_image(seen.picture)
            self.setCurrentWidget(self._picture)
        elif seen.preview.kind == "text":
            if shown is None or shown.text != seen.preview.text:
                self._text.setPlainText(seen.preview.text)
            self.setCurrentWidget(self._text)
        else:
            if shown is None or (shown.kind, shown.columns, shown.rows) != (
                seen.preview.kind,
                seen.preview.columns,
                seen.preview.rows,
            ):
                self._show_rows(seen.preview)
            self.setCurrentWidget(self._rows)

    def _show_rows(self, preview: Preview) -> None:
        columns, rows = self._texts(preview)
        old = self._rows.model()
        model = RowsModel(columns, self)
        model.show_rows([Row(number, texts) for number, texts in enumerate(rows)])
        self._rows.setModel(model)
        for column, width in enumerate(self._widths(columns, rows)):
            self._rows.setColumnWidth(column, width)
        old.deleteLater()

    def _texts(self, preview: Preview) -> tuple[tuple[Column, ...], list[tuple[str, ...]]]:
        if preview.kind == "table":
            return tuple(Column(name, number=True) for name in preview.columns), list(preview.rows)
        if preview.kind == "zip":
            columns = (Column(self.tr("File")), Column(self.tr("Size"), number=True), Column(self.tr("What it is")))
            return columns, [(name, size_words(int(size)) if size else "", words) for name, words, size in preview.rows]
        columns = (Column(self.tr("Tag")), Column(self.tr("Points"), number=True), Column(self.tr("Folder")))
        return columns, [(tag, f"{int(points):,}", folder) for tag, folder, points in preview.rows]

    def _widths(self, columns: tuple[Column, ...], rows: list[tuple[str, ...]]) -> list[int]:
        metrics = self.fontMetrics()
        texts = [[column.title, *(row[at] for row in rows[:50])] for at, column in enumerate(columns)]
        longest = [max(metrics.horizontalAdvance(text) for text in column) for column in texts]
        return [min(_WIDEST, max(_NARROWEST, width + 26)) for width in longest]


def size_words(size: int) -> str:
    """A size as file managers tell it.

    Example:
        >>> size_words(0), size_words(48_212), size_words(5_561_005), size_words(2_400_000_000)
        ('0 kB', '48 kB', '5.6 MB', '2.4 GB')
    """
    for unit, of in (("GB", 1e9), ("MB", 1e6)):
        if size >= of:
            return f"{size / of:.1f} {unit}"
    return f"{size / 1000:.0f} kB" if size >= 1000 or size == 0 else f"{size} B"
