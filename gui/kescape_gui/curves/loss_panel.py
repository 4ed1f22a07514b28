"""The loss: of every batch, smoothed, of the validation, and of the runs drawn along."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from kescape_gui import theme
from kescape_gui.curves.along import Along, Stretch
from kescape_gui.curves.band_item import BandItem, columns
from kescape_gui.curves.best import best_of_cycles
from kescape_gui.curves.curve_plot import Range, Values
from kescape_gui.curves.end_labels import EndLabel
from kescape_gui.curves.frame import Frame
from kescape_gui.curves.legend import Entry, Marker
from kescape_gui.curves.lines import Lines
from kescape_gui.curves.panel import Panel, around, end_label
from kescape_gui.curves.pens import faded, line_style, pen
from kescape_gui.curves.readout import short
from kescape_gui.curves.series import Sparse
from kescape_gui.curves.shown import EPOCH_MEAN, Band
from kescape_gui.words import counted

_MARKER_PIXELS = 9
"""Points that are closer to each other than this are drawn without markers, which would hide the loss."""

_BAND_FADED = 0.75


class LossPanel(Panel):
    """What the training is about."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "lossPlot", numbered=True)
        self._raw = self.plot.add_line(z=0, smooth=False)
        self._bands: list[BandItem] = []
        self._others = Lines(self.plot, z=1)
        self._smoothed = Lines(self.plot, z=2)
        self._validation = self.plot.add_line(z=3)
        self._baseline = Lines(self.plot, z=3.5)
        self._epoch_marks = self._scatter(6, "o", z=4)
        self._best_marks = self._scatter(11, "d", z=5)
        self._best_mark = self._scatter(16, "star", z=6)
        self._nan_marks = self._scatter(11, "x", z=7)

    def draw(self, frame: Frame) -> None:
        """Show what there is of the losses."""
        plot, now = self.plot, theme.colours()
        plot.value_axis.log = frame.log_loss
        labels: list[EndLabel] = []
        ranges = [self._draw_raw(frame), *self._draw_smoothed(frame, labels), *self._draw_others(frame, labels)]
        ranges += self._draw_bands(frame)
        ranges.append(self._draw_validation(frame))
        found = around(ranges)
        if found is not None:
            plot.show_values(*found)
        plot.show_value_axis(found is not None)
        self._draw_marks(frame)
        self._end_labels.set_labels(labels)
        self.legend.show_entries(self._entries(frame, now))

    def describe(self, frame: Frame) -> str:
        """The newest losses."""
        curve = frame.shown.curve
        reading = curve.at(len(curve) - 1)
        if reading is None:
            return self.tr("No loss yet: nothing is trained.")
        words = self.tr("Step {step}: smoothed loss {loss}, learning rate {rate}, {restarts} so far.").format(
            step=f"{reading.step:,}",
            loss=short(reading.smoothed),
            rate=short(reading.learning_rate),
            restarts=counted(len(curve.restarts), "restart"),
        )
        if reading.validation is not None:
            words += " " + self.tr("Validation loss {loss}.").format(loss=short(reading.validation))
        if frame.others:
            names = ", ".join(other.name for other, _ in frame.others)
            words += " " + self.tr("Drawn along: {names}.").format(names=names)
        return words

    def recolour(self, colours: theme.Colours) -> None:
        """Take the colours of the palette that the app has now."""
        super().recolour(colours)
        self._raw.set_pen(pen(colours.loss_raw))
        self._validation.set_pen(pen(colours.validation, 1.5, Qt.PenStyle.DashLine))
        for marks in (self._epoch_marks, self._best_marks, self._best_mark):
            marks.setBrush(QColor(colours.validation))
            marks.setPen(pen(colours.base, 1.0))
        self._nan_marks.setPen(pen(colours.error, 2.0))

    def _scatter(self, size: float, symbol: str, *, z: float) -> pg.ScatterPlotItem:
        marks = pg.ScatterPlotItem(size=size, symbol=symbol, pxMode=True)
        marks.setZValue(z)
        self.plot.plotItem.vb.addItem(marks, ignoreBounds=True)
        return marks

    def _draw_raw(self, frame: Frame) -> Range | None:
        """Of the newest cycle only, where they lie on top of each other: bands of all would hide everything."""
        return self.plot.draw(
            self._raw, frame.shown.curve.series("loss"), frame.along, frame.newest,
            log=frame.log_loss, points_a_pixel=2 * frame.fineness, draft=frame.draft,
        )  # fmt: skip

    def _draw_smoothed(self, frame: Frame, labels: list[EndLabel]) -> list[Range | None]:
        now, series = theme.colours(), frame.shown.curve.series("smoothed")
        ranges = []
        self._smoothed.begin()
        for stretch, share in frame.layers(frame.along) if frame.smooths else []:
            line = self._smoothed.take()
            colour = faded(now.loss, now.base, share)
            line.set_pen(pen(colour, 2.0 if share == 0 else 1.5))
            ranges.append(
                self.plot.draw(
                    line, series, frame.along, stretch,
                    log=frame.log_loss, points_a_pixel=_fineness(frame.fineness, share), draft=frame.draft,
                )
            )  # fmt: skip
            if stretch.cycle is not None:
                name = self.tr("cycle {number}").format(number=stretch.cycle + 1)
                # The newest first, because it is the one that must have room.
                labels[:0] = end_label(name, line, now.text if share == 0 else now.muted)
        self._smoothed.end()
        return ranges

    def _draw_others(self, frame: Frame, labels: list[EndLabel]) -> list[Range | None]:
        now = theme.colours()
        ranges = []
        for lines in (self._others, self._baseline):
            lines.begin()
        for other, along in frame.others:
            lines = self._baseline if other.is_baseline else self._others
            for stretch, share in frame.layers(along):
                line = lines.take()
                colour = faded(other.colour, now.base, max(share, 0.35) if along.folds else 0.0)
                line.set_pen(pen(colour, 2.6 if other.is_baseline else 1.5, line_style(dashed=other.dashed)))
                found = self.plot.draw(
                    line, other.curve.series("smoothed"), along, stretch,
                    log=frame.log_loss, points_a_pixel=_fineness(frame.fineness_of_others, share), draft=frame.draft,
                )  # fmt: skip
                ranges.append(found)
                if share == 0:
                    labels += end_label(other.name, line, other.colour)
        for lines in (self._others, self._baseline):
            lines.end()
        return ranges

    def _draw_bands(self, frame: Frame) -> list[Range | None]:
        """Where places are steps: a group of runs has no times or cycles in common."""
        bands = frame.shown.bands if frame.along.counts_steps else ()
        while len(self._bands) < len(bands):
            item = BandItem(z=0.5)
            self.plot.plotItem.vb.addItem(item, ignoreBounds=True)
            self._bands.append(item)
        for item in self._bands[len(bands) :]:
            item.setVisible(False)
        return [self._draw_band(frame, band, item) for band, item in zip(bands, self._bands, strict=False)]

    def _draw_band(self, frame: Frame, band: Band, item: BandItem) -> Range | None:
        now, plot = theme.colours(), self.plot
        edges = np.linspace(*plot.steps_in_view(), plot.pixels() + 1)
        along = frame.along
        if band.curves:
            along = Along(band.curves[0], along.unit, log=along.log, epoch=frame.shown.steps_per_epoch)
        x = along.places(band.steps)
        scaled = [_scaled(values, frame.log_loss) for values in (band.low, band.high)]
        placed = np.isfinite(x)
        low, high = (
            columns(x[placed], values[placed], edges, lowest=lowest)
            for values, lowest in zip(scaled, (True, False), strict=True)
        )
        item.show_band((edges[1:] + edges[:-1]) / 2, low, high, faded(band.colour, now.base, _BAND_FADED))
        line = self._others.take()
        line.set_pen(pen(band.colour, 2.0, line_style(dashed=band.dashed)))
        whole = Stretch(0, int(band.steps[-1]) + 1 if len(band.steps) else 1)
        middle = Sparse(band.steps, band.middle)
        plot.draw(
            line, middle, along, whole,
            log=frame.log_loss, points_a_pixel=frame.fineness, draft=frame.draft,
        )  # fmt: skip
        finite = [values[np.isfinite(values)] for values in (low, high)]
        return (float(finite[0].min()), float(finite[1].max())) if len(finite[0]) and len(finite[1]) else None

    def _draw_validation(self, frame: Frame) -> Range | None:
        curve, plot = frame.shown.curve, self.plot
        found = plot.draw(
            self._validation, curve.validation_series, frame.along, frame.newest,
            log=frame.log_loss, draft=frame.draft,
        )  # fmt: skip
        first = frame.newest.first if frame.along.folds else 0
        inside = curve.validation_steps >= first
        self._show_marks(self._epoch_marks, frame, curve.validation_steps[inside], curve.validation[inside])
        best = best_of_cycles(curve.validation_steps, curve.validation, frame.restarts)
        self._show_marks(self._best_marks, frame, curve.validation_steps[best], curve.validation[best])
        lowest = [min(best, key=lambda index: curve.validation[index])] if best else []
        self._show_marks(self._best_mark, frame, curve.validation_steps[lowest], curve.validation[lowest])
        return found

    def _show_marks(self, marks: pg.ScatterPlotItem, frame: Frame, steps: Values, values: Values) -> None:
        """Those in view, if they leave the curves between them to be seen."""
        low, high = self.plot.steps_in_view()
        x, y = frame.along.places(steps), _scaled(values, frame.log_loss)
        inside = (x >= low) & (x <= high) & np.isfinite(y)
        x, y = x[inside], y[inside]
        room = (x.max() - x.min()) / (high - low) * self.plot.plotItem.vb.width() if len(x) else 0
        if room < _MARKER_PIXELS * (len(x) - 1):
            x = y = np.empty(0)
        marks.setData(x, y)

    def _draw_marks(self, frame: Frame) -> None:
        shown, wrong = frame.shown, np.array(frame.shown.curve.not_finite, dtype=np.float64)
        places = frame.along.places(wrong)
        places = places[np.isfinite(places)]
        self._nan_marks.setData(places, np.full(len(places), self.plot.bottom()))
        self.plot.marks.set_marks(shown.marks, frame.along.places([mark.step for mark in shown.marks]).tolist())

    def _entries(self, frame: Frame, now: theme.Colours) -> list[Entry]:
        shown, curve = frame.shown, frame.shown.curve
        entries = []
        if len(curve):
            if frame.smooths and not curve.half_life:
                entries.append(Entry(self._loss_words(shown.loss_kind), now.loss))
            else:
                entries.append(Entry(self._loss_words(shown.loss_kind), now.loss_raw, 4.0))
            if frame.smooths and curve.half_life:
                by_epoch = shown.loss_kind == EPOCH_MEAN
                words = self.tr("smoothed, half-life {steps} steps")
                words = self.tr("smoothed, half-life {steps} epochs") if by_epoch else words
                entries.append(Entry(words.format(steps=f"{curve.half_life:,.6g}"), now.loss))
            if len(curve.validation):
                dashes = Qt.PenStyle.DashLine
                entries.append(Entry(self.tr("validation"), now.validation, 1.5, dashes, Marker.CIRCLE))
                entries.append(Entry(self.tr("best of each cycle, of all"), now.validation, 0, marker=Marker.BEST))
        for other, _ in frame.others:
            width = 2.6 if other.is_baseline else 1.5
            name = self.tr("{name} (baseline)").format(name=other.name) if other.is_baseline else other.name
            entries.append(Entry(name, other.colour, width, line_style(dashed=other.dashed)))
        return entries + [Entry(each.name, each.colour, 2.0, line_style(dashed=each.dashed)) for each in shown.bands]

    def _loss_words(self, kind: str) -> str:
        words = {"batch loss": self.tr("every batch"), EPOCH_MEAN: self.tr("every epoch")}
        return words.get(kind, self.tr("running mean"))


def _fineness(whole: float, share: float) -> float:
    """Fewer points for what stands back."""
    return whole * (0.4 if share else 1.0)


def _scaled(values: Values, log: bool) -> Values:
    """A value that has no logarithm leaves a gap."""
    return np.log10(values, out=np.full(len(values), np.nan), where=values > 0) if log else values
