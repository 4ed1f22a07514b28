"""Ctrl+C on the plots: the picture and the table of what is in view, both at once."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QImage, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from kescape.run.errors import ExportError
from kescape_gui.curves.curve import Curve


def copy_curves(image: QImage, table_text: str | None) -> None:
    """Put a picture, and a table if there is one, on the clipboard: each program takes what it can use."""
    data = QMimeData()
    data.setImageData(image)
    if table_text is not None:
        data.setText(table_text)
    QApplication.clipboard().setMimeData(data)


class Plots(Protocol):
    """What is copied of the plots."""

    def picture(self) -> QPixmap:
        """As they are seen."""

    def visible_steps(self) -> tuple[int, int]:
        """The first and the last known step in view."""


class CurvesCopier(QObject):
    """Copies, and says what was copied."""

    told = Signal(str)
    complained = Signal(str)

    def copy(self, plots: Plots, curve: Curve) -> None:
        """Copy the plots as they are seen, and the steps of a curve that they show."""
        from kescape_gui.export.curve_tsv import curve_tsv  # nothing that the first paint waits for

        image = plots.picture().toImage()
        if not len(curve):
            copy_curves(image, None)
            self.told.emit(self.tr("Copied as a picture."))
            return
        try:
            table = curve_tsv(curve, *plots.visible_steps())
        except ExportError as error:
            copy_curves(image, None)
            self.complained.emit(self.tr("Copied the picture only. {why}").format(why=error))
            return
        copy_curves(image, table)
        count = table.count("\n") - 1
        self.told.emit(self.tr("Copied as a picture and as a table of {count} steps.").format(count=f"{count:,}"))


def copy_key(plots: QWidget) -> QShortcut:
    """Ctrl+C, wherever in the plots the focus is, and nowhere else."""
    key = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), plots)
    key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    return key
