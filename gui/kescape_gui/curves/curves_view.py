"""Loss above learning rate, along the same steps, with the restarts ruled through both.

Draws what a `Shown` holds, and only when something has changed since the last time. It decides nothing about the
run; what is in view, and the scales, are its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QPalette, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QSplitter, QToolTip, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.curves.accuracy_panel import AccuracyPanel
from kescape_gui.curves.along import Along, Unit
from kescape_gui.curves.curve import Curve
from kescape_gui.curves.curve_plot import AXIS_WIDTH, CurvePlot
from kescape_gui.curves.footer import Footer
from kescape_gui.curves.frame import Frame
from kescape_gui.curves.keys import Keys
from kescape_gui.curves.loss_panel import LossPanel
from kescape_gui.curves.message import Message
from kescape_gui.curves.panel import Panel
from kescape_gui.curves.rate_panel import RatePanel
from kescape_gui.curves.readout import OtherReading, Readout
from kescape_gui.curves.series import Line
from kescape_gui.curves.shown import EPOCH_MEAN, Mark, Other, Shown

_SHORTEST_SECONDS = 0.06
_SHARE = 0.12
"""Part of one processor that drawing may take while a run grows."""

_DESCRIBE_SECONDS = 5.0

_STILL_MILLISECONDS = 150
"""A picture that has not moved for so long is drawn with all care."""

_SMOOTHED_AT_ONCE = 250_000
"""So many steps are smoothed anew between two events, some 2 ms."""

_MOVED = QEvent.Type(QEvent.registerEventType())

_ROOM = (0.004, 0.012)
"""Parts of the whole that are left free before its start and behind its end."""


class CurvesView(QWidget):
    """The plots, and the row of switches under them."""

    note_wanted = Signal()
    range_test_wanted = Signal()
    keys_wanted = Signal()
    smoothed_anew = Signal()
    """Curves are smoothed by another half-life now: what follows from several of them is to be told anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Shown()
        self._follows = True
        self._is_moving = False
        self._redraws = False
        self._drawn: object = None
        self._due = 0.0
        self._drawn_steps = 0
        self._describe_due = 0.0
        self._build()
        self._along = self._make_along()
        self._still = QTimer(self, singleShot=True, interval=_STILL_MILLISECONDS)
        self._still.timeout.connect(self._on_still)
        self._smooths_on = QTimer(self, singleShot=True, interval=0)
        self._smooths_on.timeout.connect(self._smooth_on)
        self.recolour()

    # What others ask for.

    @property
    def loss_plot(self) -> CurvePlot:
        """The upper plot."""
        return self._loss.plot

    @property
    def rate_plot(self) -> CurvePlot:
        """The lower plot."""
        return self._rate.plot

    @property
    def shown(self) -> Shown:
        """What is drawn."""
        return self._shown

    @property
    def follows(self) -> bool:
        """Whether the whole training is kept in view as it grows."""
        return self._follows

    @property
    def is_moving(self) -> bool:
        """Whether the picture is a draft, because what is in view has just been moved."""
        return self._is_moving

    @property
    def drawn_steps(self) -> int:
        """How many steps the plots show at present."""
        return self._drawn_steps

    def visible_steps(self) -> tuple[int, int]:
        """The first and last known step in view; all of them where cycles lie on top of each other."""
        last = max(0, len(self._shown.curve) - 1)
        if self._along.folds:
            return 0, last
        low, high = self._along.steps(self.rate_plot.steps_in_view())
        return min(last, max(0, math.ceil(low - 1e-9))), min(last, max(0, math.floor(high + 1e-9)))

    def planned_line(self) -> Line:
        """The planned rate as it is drawn."""
        return self._rate.planned_points()

    def picture(self) -> QPixmap:
        """The plots with their headings, without switches and cross hair."""
        self._on_hovered(None)
        self._is_moving = False
        self.redraw()
        return self._panels_place.grab()

    def show_curves(self, shown: Shown) -> None:
        """Draw another run or draft from now on."""
        self._on_hovered(None)
        self._shown = shown
        self._drawn = None
        self.follow()

    def follow(self) -> None:
        """Show the whole training, and keep it in view."""
        self._set_follows(follows=True)
        for panel in self._panels:
            panel.plot.fit_values()
        self._drawn = None
        self.redraw()

    def redraw(self) -> None:
        """Show what there is now; costs next to nothing if that is what is shown already."""
        self._redraws = False
        shown = self._shown
        self._footer.offer(
            epochs=shown.steps_per_epoch is not None,
            times=shown.curve.has_times,
            accuracy=bool(shown.curve.accuracies),
        )
        self._choose_smoothing()
        self._along = self._make_along()
        if self._follows:
            self._show_all()
        key = (
            tuple((curve, curve.version) for curve in self._curves()), shown.others, shown.bands,
            shown.placed, shown.plan_step, shown.total_steps, tuple(shown.restarts), shown.steps_per_epoch,
            shown.message, shown.marks, shown.loss_kind, tuple(shown.verdicts.items()),
            tuple(panel.plot.viewRange()[0] for panel in self._panels), self.loss_plot.pixels(), self._is_moving,
            self._footer.is_log_loss, self._footer.smooths, self._along.unit, self._along.log,
            self._footer.shows_accuracy,
        )  # fmt: skip
        if key == self._drawn or not self.isVisible():
            return
        self._drawn = key
        frame = self._frame()
        self._accuracy.setVisible(self._footer.shows_accuracy)
        self._draw_rules(frame)
        for panel in self._panels:
            panel.plot.place_axis.count_in(self._along.unit, shown.steps_per_epoch, log=self._along.log)
            if not panel.isHidden():
                panel.draw(frame)
        for panel in self._panels:
            panel.plot.settle()
        self._draw_words(frame)
        self._drawn_steps = len(shown.curve)

    def keep_up(self) -> None:
        """Redraw if there is something new, but not so often that drawing takes the processor from the training."""
        now = time.perf_counter()
        if now < self._due:
            return
        before = self._drawn
        self.redraw()
        if self._drawn is not before:
            cost = time.perf_counter() - now + sum(panel.plot.paint_seconds for panel in self._panels)
            self._due = now + max(_SHORTEST_SECONDS, cost / _SHARE)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        for panel in self._panels:
            panel.recolour(now)
        self._footer.recolour(now)
        self._readout.recolour(now)
        self._message.recolour(now)
        self._drawn = None
        self._redraw_soon()

    # Building.

    def _build(self) -> None:
        self._loss = LossPanel(self.tr("Loss"))
        self._accuracy = AccuracyPanel(self.tr("Accuracy"))
        self._rate = RatePanel(self.tr("Learning rate"))
        self._panels: tuple[Panel, ...] = (self._loss, self._accuracy, self._rate)
        self._readout = Readout(self.loss_plot)
        self._message = Message(self.loss_plot)
        self._footer = Footer()
        self._footer.changed.connect(self._on_switched)
        self._footer.follow_wanted.connect(self.follow)
        self._keys = Keys(self._deeds(), self)
        for panel in self._panels:
            plot = panel.plot
            plot.hovered.connect(self._on_hovered)
            plot.panned.connect(self._on_panned)
            plot.double_clicked.connect(self.follow)
            plot.rule_clicked.connect(self.show_cycle_from)
            plot.mark_clicked.connect(self._tell_mark)
            plot.installEventFilter(self._keys)
            plot.plotItem.vb.sigResized.connect(self._on_resized)
            if panel is not self._rate:
                plot.setXLink(self.rate_plot)
                plot.place_axis.setStyle(showValues=False)
                plot.place_axis.setHeight(6)
        self.rate_plot.plotItem.vb.sigXRangeChanged.connect(self._redraw_soon)
        splitter = QSplitter(Qt.Orientation.Vertical)
        for panel, share, least in ((self._loss, 65, 120), (self._accuracy, 30, 90), (self._rate, 35, 90)):
            splitter.addWidget(panel)
            splitter.setStretchFactor(splitter.count() - 1, share)
            panel.setMinimumHeight(least)
        splitter.setSizes([650, 300, 350])
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(5)
        self._accuracy.hide()
        self._panels_place = splitter
        self._paper = QFrame()
        self._paper.setBackgroundRole(QPalette.ColorRole.Base)
        self._paper.setAutoFillBackground(True)
        self._paper.setFrameShape(QFrame.Shape.NoFrame)
        paper = QVBoxLayout(self._paper)
        paper.setContentsMargins(0, 0, 0, 0)
        paper.setSpacing(4)
        paper.addWidget(splitter, 1)
        paper.addWidget(self._footer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._paper)

    def _deeds(self) -> dict[str | Qt.Key, Callable[[], object]]:
        footer = self._footer
        return {
            **{str(number + 1): partial(footer.choose_unit, number) for number in range(4)},
            "l": footer.toggle_log_loss,
            "L": footer.toggle_log_x,
            "s": footer.next_smoothing,
            "f": self.follow,
            Qt.Key.Key_Home: self.follow,
            Qt.Key.Key_Space: self._toggle_following,
            Qt.Key.Key_Left: lambda: self._move(-0.1, 1.0),
            Qt.Key.Key_Right: lambda: self._move(0.1, 1.0),
            "+": lambda: self._move(0.0, 0.5),
            "=": lambda: self._move(0.0, 0.5),
            "-": lambda: self._move(0.0, 2.0),
            "[": lambda: self._go_to_cycle(forward=False),
            "]": lambda: self._go_to_cycle(forward=True),
            "m": self.note_wanted.emit,
            "r": self.range_test_wanted.emit,
            "?": self.keys_wanted.emit,
        }

    # Drawing.

    def _curves(self) -> list[Curve]:
        shown = self._shown
        return [
            shown.curve,
            *(other.curve for other in shown.others),
            *(curve for band in shown.bands for curve in band.curves),
        ]

    def _make_along(self) -> Along:
        shown = self._shown
        end = max(shown.total_steps, len(shown.curve))
        restarts = self._restarts()
        cycle_end = 0
        if shown.placed is not None and end > shown.plan_step:
            # The plan may go on behind the end of the training; a cycle is as long as it is planned.
            begin, stop = shown.placed.cycle_bounds(end - 1 - shown.plan_step)
            if stop is not None and shown.plan_step + begin == (restarts[-1] if restarts else 0):
                cycle_end = shown.plan_step + stop
        unit, log = self._footer.unit, self._footer.is_log_x
        return Along(shown.curve, unit, log=log, restarts=restarts, end=end, cycle_end=cycle_end)

    def _restarts(self) -> list[int]:
        begun = self._shown.curve.restarts
        after = max(begun[-1] if begun else -1, len(self._shown.curve) - 1)
        return [*begun, *(step for step in self._shown.restarts if step > after)]

    def _others(self) -> tuple[tuple[Other, Along], ...]:
        """The runs drawn along that have a place on this axis, and where their steps lie."""
        unit, log = self._along.unit, self._along.log
        return tuple(
            (other, Along(other.curve, unit, log=log, restarts=other.curve.restarts, epoch=self._shown.steps_per_epoch))
            for other in self._shown.others
            if len(other.curve) and (other.curve.has_times or unit is not Unit.TIME)
        )

    def _frame(self) -> Frame:
        return Frame(
            shown=self._shown,
            along=self._along,
            others=self._others(),
            restarts=tuple(self._restarts()),
            log_loss=self._footer.is_log_loss,
            smooths=self._footer.smooths,
            draft=self._is_moving,
        )

    def _show_all(self) -> None:
        """Everything that is drawn: a run drawn along may be longer than the one in view."""
        extents = [self._along.extent, *(along.extent for _, along in self._others())]
        first, last = min(low for low, _ in extents), max(high for _, high in extents)
        wanted = (first - _ROOM[0] * (last - first), last + _ROOM[1] * (last - first))
        if not np.allclose(self.rate_plot.steps_in_view(), wanted, rtol=1e-9, atol=0):
            self.rate_plot.show_steps(*wanted)

    def _draw_rules(self, frame: Frame) -> None:
        restarts = () if frame.along.folds else frame.restarts
        places = frame.along.places(np.array(restarts, dtype=np.float64))
        reached = sum(step < max(len(frame.shown.curve), 1) for step in restarts)
        for panel in self._panels:
            panel.plot.rules.set_places(places, reached, [frame.shown.verdicts.get(step) for step in restarts])

    def _draw_words(self, frame: Frame) -> None:
        curve = frame.shown.curve
        by_epoch = frame.shown.loss_kind == EPOCH_MEAN
        words = self.tr("every one of {n} epochs") if by_epoch else self.tr("every one of {n} steps")
        if len(curve) == 1:
            words = self.tr("1 epoch") if by_epoch else self.tr("1 step")
        self._footer.show_words(words.format(n=f"{len(curve):,}") if len(curve) else "", self._hidden_words(frame))
        self._message.show_message(frame.shown.message)
        now = time.monotonic()
        if now >= self._describe_due:
            # For those who do not see the plots; more often than some times a minute would be noise.
            self._describe_due = now + _DESCRIBE_SECONDS
            for panel in self._panels:
                panel.plot.setAccessibleDescription(panel.describe(frame))

    def _hidden_words(self, frame: Frame) -> str:
        """What is there and cannot be seen."""
        hidden, words = frame.along.hidden, []
        if hidden:
            steps = self.tr("{count} steps hidden by the log axis")
            words.append(_counted(hidden, self.tr("step 0 hidden by the log axis"), steps))
        if frame.log_loss and (hidden := frame.shown.curve.not_positive):
            value, values = (
                self.tr("1 value ≤ 0 hidden by the log scale"),
                self.tr("{count} values ≤ 0 hidden by the log scale"),
            )
            words.append(_counted(hidden, value, values))
        if first := frame.layers(frame.along)[0][0].cycle:
            cycle, cycles = self.tr("1 earlier cycle not shown"), self.tr("{count} earlier cycles not shown")
            words.append(_counted(first, cycle, cycles))
        if self._footer.unit is Unit.TIME and frame.along.unit is not Unit.TIME:
            words.append(self.tr("no times known: counted in steps"))
        if timeless := sum(len(other.curve) > 0 for other in frame.shown.others) - len(frame.others):
            run, runs = self.tr("1 run without times not shown"), self.tr("{count} runs without times not shown")
            words.append(_counted(timeless, run, runs))
        if frame.shown.bands and not frame.along.counts_steps:
            words.append(self.tr("groups are shown by epoch or step only"))
        return " · ".join(words)

    # Smoothing.

    def _choose_smoothing(self) -> None:
        before = [curve.version for curve in self._curves()]
        for curve in self._curves():
            curve.set_half_life(self._footer.half_life)
        if before != [curve.version for curve in self._curves()]:
            self.smoothed_anew.emit()
        if not all(curve.is_smooth for curve in self._curves()):
            self._smooths_on.start()

    def _smooth_on(self) -> None:
        """A long curve is smoothed anew in pieces, so that the window stays awake."""
        waiting = [curve for curve in self._curves() if not curve.is_smooth]
        if waiting:
            waiting[0].smooth_on(_SMOOTHED_AT_ONCE)
            self._smooths_on.start()
        if not waiting or waiting[0].is_smooth:
            self.smoothed_anew.emit()
            self.redraw()

    # Moving.

    def _redraw_soon(self) -> None:
        if not self._redraws:
            self._redraws = True
            # Of high priority, so that whatever has moved is drawn once and before the next painting.
            QCoreApplication.postEvent(self, QEvent(_MOVED), Qt.EventPriority.HighEventPriority.value)

    def _on_panned(self) -> None:
        self._set_follows(follows=False)
        self._is_moving = True
        self._still.start()
        self._redraw_soon()

    def _on_still(self) -> None:
        self._is_moving = False
        self.redraw()

    def _on_resized(self) -> None:
        self._place_overlays()
        self._redraw_soon()

    def _set_follows(self, *, follows: bool) -> None:
        if follows != self._follows:
            self._follows = follows
            self._footer.show_following(follows=follows)

    def _toggle_following(self) -> None:
        if self._follows:
            self._set_follows(follows=False)
        else:
            self.follow()

    def _on_switched(self) -> None:
        """What was in view stays in view, as far as it has places there."""
        before, steps = self._along, self.visible_steps()
        after = self._make_along()
        if (after.unit, after.log) != (before.unit, before.log):
            self._on_hovered(None)
            if before.folds or after.folds:
                self._set_follows(follows=True)
            elif not self._follows:
                low, high = after.places(steps)
                first, last = after.extent
                self.rate_plot.show_steps(low if math.isfinite(low) else first, high if high > low else last)
        self.redraw()

    def _move(self, shift: float, zoom: float) -> None:
        low, high = self.rate_plot.steps_in_view()
        middle, half = (low + high) / 2 + shift * (high - low), (high - low) / 2 * zoom
        self._on_panned()
        self.rate_plot.show_steps(middle - half, middle + half)

    def _go_to_cycle(self, *, forward: bool) -> None:
        """Show the cycle that begins at the next restart, or at the one before; the last and the first one stay."""
        if self._along.folds:
            return
        low, high = self._along.steps(self.rate_plot.steps_in_view())
        starts = [0, *self._restarts()]
        if forward:
            # Some room is seen before the cycle that is shown.
            place = low + 0.05 * (high - low)
            later = (number for number, step in enumerate(starts) if step > place + 0.5)
            self._show_cycle(next(later, len(starts) - 1))
        else:
            earlier = [number for number, step in enumerate(starts) if step < low - 0.5]
            self._show_cycle(max(earlier, default=0))

    def show_cycle_from(self, restart: int) -> None:
        """Look at the cycle that a restart, counted from 0, began; where cycles lie on each other, all are in view."""
        if not self._along.folds:
            self._show_cycle(restart + 1)

    def _show_cycle(self, number: int) -> None:
        starts = [0, *self._restarts()]
        end = starts[number + 1] if number + 1 < len(starts) else self._along.end
        low, high = self._along.places([max(starts[number], 1 if self._along.log else 0), end])
        room = 0.04 * (high - low)
        self._on_panned()
        self.rate_plot.show_steps(low - room, high + room)

    # Pointing.

    def show_step(self, step: int) -> None:
        """Point at a step, and bring it into view if it is not."""
        place = float(self._along.places([step])[0])
        low, high = self.rate_plot.steps_in_view()
        if math.isfinite(place) and not low <= place <= high:
            self._on_panned()
            self.rate_plot.show_steps(place - (high - low) / 2, place + (high - low) / 2)
        if math.isfinite(place):
            self._point_at(step, place)
        else:
            self._on_hovered(None)

    def _on_hovered(self, place: float | None) -> None:
        self._point_at(None if place is None else self._along.step_at(place), place)

    def _point_at(self, step: int | None, place: float | None) -> None:
        """Tell of a step at a place, where others may lie on top of it."""
        reading = None if step is None else self._shown.curve.at(step)
        at = None if step is None else float(self._along.places([step])[0])
        pointed_at = [] if place is None else self.loss_plot.marks.near(place)
        for panel in self._panels:
            panel.plot.point_at(at)
            panel.plot.offer(self._offer(panel.plot, place, pointed_at))
        if reading is None or step is None:
            self._readout.hide()
            return
        notes = [mark.text for mark in pointed_at]
        by_epoch = self._shown.loss_kind == EPOCH_MEAN
        knows_cycles = self._shown.placed is not None or bool(self._restarts())
        share = self._along.share(step) if knows_cycles else None
        begun = self._shown.curve.restarts[: reading.cycle]
        found = self._shown.verdicts.get(begun[-1]) if begun else None
        self._readout.show_reading(reading, share, self._other_readings(place), notes, found, by_epoch=by_epoch)
        self._place_overlays()

    def _offer(self, plot: CurvePlot, place: float | None, marks: Sequence[Mark]) -> str:
        rule = None if place is None else plot.rule_at(place)
        if marks:
            return self.tr("Click to read what happened here")
        if rule is None:
            return ""
        restart = self._restarts()[rule]
        words = self.tr("Restart {number} at step {step}: click to see its cycle").format(
            number=rule + 1, step=f"{restart:,}"
        )
        found = self._shown.verdicts.get(restart)
        return words if found is None else f"{words}\n{found.words}. {found.sentence}"

    def _tell_mark(self, mark: Mark) -> None:
        QToolTip.showText(QCursor.pos() + QPoint(8, 8), mark.text, self)

    def _other_readings(self, place: float | None) -> list[OtherReading]:
        readings = []
        for other, along in self._others():
            step = None if place is None else along.step_at(place)
            reading = None if step is None else other.curve.at(step)
            readings.append(OtherReading(other.name, other.colour, None if reading is None else reading.smoothed))
        return readings

    def _place_overlays(self) -> None:
        size = self.loss_plot.size()
        self._readout.move(size.width() - self._readout.width() - 22, 12)
        self._message.place(AXIS_WIDTH, size.width() - 14, size.height())

    def event(self, event: QEvent) -> bool:
        """Draw what has moved."""
        if event.type() == _MOVED:
            self.redraw()
            return True
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        """What was not worth drawing while nobody could see it is drawn now."""
        super().showEvent(event)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What has no room for two points a pixel any more is reduced again."""
        super().resizeEvent(event)
        self._on_resized()


def _counted(count: int, one: str, several: str) -> str:
    return one if count == 1 else several.format(count=f"{count:,}")
