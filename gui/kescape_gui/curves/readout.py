"""What is known at the cross hair, at the top right where it covers no newest point."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from kescape_gui import theme
from kescape_gui.curves.axes import format_seconds
from kescape_gui.curves.curve import Reading
from kescape_gui.curves.shown import Finding
from kescape_gui.setup.numbers import format_number


@dataclass(frozen=True)
class OtherReading:
    """What a run that is drawn along says at the same place."""

    name: str
    colour: str
    value: float | None
    """Its smoothed loss; None where it has none."""


class Readout(QLabel):
    """A small table that lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("readoutLabel")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setMargin(6)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.hide()

    def show_reading(
        self,
        reading: Reading,
        share: float | None,
        others: Sequence[OtherReading],
        notes: Sequence[str],
        found: Finding | None = None,
        *,
        by_epoch: bool = False,
    ) -> None:
        """Show what is known at a step.

        Args:
            reading: What the run in view says.
            share: How far into its cycle the step is, from 0 to 1; None if no cycles are known.
            others: What the runs drawn along say.
            notes: What happened there, in words.
            found: What came of the restart that began its cycle.
            by_epoch: Whether a point is an epoch, since no steps are known.
        """
        muted = theme.colours().muted
        rows = [(name, value, muted) for name, value in self._rows(reading, share, by_epoch=by_epoch)]
        if found is not None:
            rows.append((self.tr("its restart"), found.words, muted))
        self.show_rows([*rows, *((each.name, short(each.value), each.colour) for each in others)], notes)

    def show_rows(self, rows: Sequence[tuple[str, str, str]], notes: Sequence[str] = ()) -> None:
        """Show names and values.

        Args:
            rows: A name, its value, and the colour of the name.
            notes: What is said below them.
        """
        cells = [_row(html.escape(_elided(name)), value, colour) for name, value, colour in rows]
        said = "".join(f"<p style='margin:4px 0 0 0'>{html.escape(textwrap.fill(note, 44))}</p>" for note in notes)
        self.setText(f"<table cellspacing='0'>{''.join(cells)}</table>{said}".replace("\n", "<br>"))
        self.adjustSize()
        self.show()

    def recolour(self, colours: theme.Colours) -> None:
        """Take the colours of the palette that the app has now."""
        palette = self.palette()
        palette.setColor(self.backgroundRole(), QColor(colours.window))
        palette.setColor(self.foregroundRole(), QColor(colours.text))
        self.setPalette(palette)

    def _rows(self, reading: Reading, share: float | None, *, by_epoch: bool) -> list[tuple[str, str]]:
        rows = [] if by_epoch else [(self.tr("step"), f"{reading.step:,}")]
        if reading.epoch is not None:
            rows.append((self.tr("epoch"), f"{reading.epoch:,.2f}"))
        if reading.time is not None:
            rows.append((self.tr("time"), format_seconds(reading.time)))
        if share is not None:
            rows.append((self.tr("cycle"), f"{reading.cycle + 1}, {math.floor(100 * share)} %"))
        for name, value in (
            (self.tr("learning rate"), reading.learning_rate),
            (self.tr("loss"), reading.loss),
            (self.tr("smoothed"), reading.smoothed),
            (self.tr("validation"), reading.validation),
        ):
            if value is not None:
                rows.append((name, short(value)))
        return rows


def short(value: float | None) -> str:
    """Four digits of a value, or a dash."""
    if value is None:
        return "–"
    return format_number(float(f"{value:.4g}")) if math.isfinite(value) else str(value)


def _row(name: str, value: str, colour: str) -> str:
    return f"<tr><td style='color:{colour}; padding-right:12px'>{name}</td><td align='right'>{value}</td></tr>"


def _elided(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:12]}…{name[-9:]}"
