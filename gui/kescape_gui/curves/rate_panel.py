"""The learning rate: planned, applied, and of the runs drawn along."""

from __future__ import annotations

from PySide6.QtCore import Qt

from kescape.schedule import PlacedPlan
from kescape_gui import theme
from kescape_gui.curves.curve_plot import Range
from kescape_gui.curves.frame import Frame
from kescape_gui.curves.legend import Entry
from kescape_gui.curves.lines import Lines
from kescape_gui.curves.panel import Panel, around
from kescape_gui.curves.pens import faded, line_style, pen
from kescape_gui.curves.readout import short
from kescape_gui.curves.series import Line
from kescape_gui.plan_preview.plan_preview import planned_line


class PlannedSeries:
    """The rates of a plan that begins at some step of the training."""

    def __init__(self, placed: PlacedPlan, begin: int, steps: int) -> None:
        self._placed = placed
        self._begin = begin
        self._steps = steps

    def reduced(self, first: int, end: int, points: int) -> Line:
        """Both ends of each jump are among the points."""
        begin = self._begin
        steps, rates = planned_line(self._placed, first - begin, min(end, self._steps) - 1 - begin, points)
        return steps + begin, rates


class RatePanel(Panel):
    """What the training is steered by."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "learningRatePlot")
        self._planned = self.plot.add_line(z=0, jagged=False)
        self._others = Lines(self.plot, z=1)
        self._applied = Lines(self.plot, z=2)
        self._planned_key: object = None
        self._planned_range: Range | None = None

    def draw(self, frame: Frame) -> None:
        """Show the rates."""
        plot = self.plot
        ranges = [self._draw_planned(frame), *self._draw_applied(frame), *self._draw_others(frame)]
        found = around(ranges)
        if found is not None:
            plot.show_values(min(0.0, found[0]), found[1])
        plot.show_value_axis(found is not None)
        shown = frame.shown
        plot.marks.set_marks(shown.marks, frame.along.places([mark.step for mark in shown.marks]).tolist())
        self.legend.show_entries(self._entries(frame))

    def describe(self, frame: Frame) -> str:
        """The rate at present, and where the plan goes."""
        curve, placed = frame.shown.curve, frame.shown.placed
        reading = curve.at(len(curve) - 1)
        if reading is None:
            return self.tr("The planned learning rate; nothing is trained yet.")
        words = self.tr("Step {step}: learning rate {rate}, cycle {cycle}.").format(
            step=reading.step, rate=short(reading.learning_rate), cycle=reading.cycle + 1
        )
        upcoming = [step for step in frame.restarts if step >= len(curve)]
        if placed is not None and upcoming:
            words += " " + self.tr("The next restart is planned at step {step}.").format(step=upcoming[0])
        return words

    def planned_points(self) -> Line:
        """The planned rate as it is drawn."""
        return self._planned.points

    def _draw_planned(self, frame: Frame) -> Range | None:
        shown, plot, along = frame.shown, self.plot, frame.along
        self._planned.set_pen(pen(self._planned_colour(frame), 1.6, Qt.PenStyle.DashLine))
        # Where places follow from steps alone, the line stays as it is while the training goes on.
        moves = () if along.counts_steps else (shown.curve, shown.curve.version)
        # Fewer points than pixels: dashes need a length to be seen.
        fineness = frame.fineness / 3
        key = (
            shown.placed, shown.plan_step, fineness, shown.total_steps, along.unit, along.log, moves,
            plot.steps_in_view(), plot.pixels(), self._planned_colour(frame),
        )  # fmt: skip
        if key != self._planned_key:
            self._planned_key = key
            self._planned_range = None
            if shown.placed is None or not shown.total_steps:
                self._planned.clear_points()
            else:
                series = PlannedSeries(shown.placed, shown.plan_step, shown.total_steps)
                self._planned_range = plot.draw(self._planned, series, along, frame.newest, points_a_pixel=fineness)
        return self._planned_range

    def _draw_applied(self, frame: Frame) -> list[Range | None]:
        now, series = theme.colours(), frame.shown.curve.series("learning_rate")
        ranges = []
        self._applied.begin()
        for stretch, share in frame.layers(frame.along):
            line = self._applied.take()
            line.set_pen(pen(faded(now.learning_rate, now.base, share), 2.0 if share == 0 else 1.5))
            ranges.append(
                self.plot.draw(
                    line, series, frame.along, stretch, points_a_pixel=frame.fineness, draft=frame.draft
                )
            )  # fmt: skip
        self._applied.end()
        return ranges

    def _draw_others(self, frame: Frame) -> list[Range | None]:
        now = theme.colours()
        ranges = []
        self._others.begin()
        for other, along in frame.others:
            for stretch, share in frame.layers(along):
                line = self._others.take()
                colour = faded(other.colour, now.base, max(share, 0.35) if along.folds else 0.0)
                line.set_pen(pen(colour, 1.0, line_style(dashed=other.dashed)))
                ranges.append(
                    self.plot.draw(
                        line, other.curve.series("learning_rate"), along, stretch,
                        points_a_pixel=0.7 * frame.fineness_of_others, draft=frame.draft,
                    )
                )  # fmt: skip
        self._others.end()
        return ranges

    @staticmethod
    def _planned_colour(frame: Frame) -> str:
        """Before there is a rate that was applied, the plan is what there is to see."""
        now = theme.colours()
        return now.planned if len(frame.shown.curve) else now.learning_rate

    def _entries(self, frame: Frame) -> list[Entry]:
        now = theme.colours()
        entries = [Entry(self.tr("applied"), now.learning_rate)] if len(frame.shown.curve) else []
        if frame.shown.placed is not None:
            entries.append(Entry(self.tr("planned"), self._planned_colour(frame), 1.6, Qt.PenStyle.DashLine))
        if any(mark.warns for mark in frame.shown.marks):
            entries.append(Entry(self.tr("changed by something else"), now.warning, 1.0))
        return entries
