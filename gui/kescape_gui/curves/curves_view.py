"""Loss above learning rate, along the same steps, with the restarts ruled through both.

Draws what a `Shown` holds, and only when something has changed since the last time. It decides nothing about the
run; what is in view, and the scale, are its own.
"""

from __future__ import annotations

import html
import math
import textwrap
import time

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from kescape_gui import theme
from kescape_gui.curves.curve import Reading
from kescape_gui.curves.curve_plot import AXIS_WIDTH, CurvePlot, Values, pen
from kescape_gui.curves.legend import Entry, Legend
from kescape_gui.curves.shown import EPOCH_MEAN, Shown
from kescape_gui.plan_preview.plan_preview import Line, planned_line
from kescape_gui.setup.numbers import format_number

_SHORTEST_SECONDS = 0.06
_SHARE = 0.12
"""Part of one processor that drawing may take while a run grows."""

_DESCRIBE_SECONDS = 5.0

_MARKER_PIXELS = 9
"""Validation points that are closer to each other than this are drawn without markers, which would hide the loss."""


class CurvesView(QWidget):
    """The two plots, their headings, and the row of switches under them."""

    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Shown()
        self._follows = True
        self._drawn: object = None
        self._planned_key: object = None
        self._due = 0.0
        self._drawn_steps = 0
        self._describe_due = 0.0
        self._build_plots()
        self._build_header()
        self._build_footer()
        self._lay_out()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(10)
        self._soon.timeout.connect(self.redraw)
        self.recolour()

    @property
    def shown(self) -> Shown:
        """What is drawn."""
        return self._shown

    @property
    def follows(self) -> bool:
        """Whether the whole training is kept in view as it grows."""
        return self._follows

    def show_curves(self, shown: Shown) -> None:
        """Draw another run or draft from now on."""
        self._shown = shown
        self._drawn = None
        self._planned_key = None
        self._set_unit()
        self.follow()

    def follow(self) -> None:
        """Show the whole training, and keep it in view."""
        self._follows = True
        self._follow_button.hide()
        self._drawn = None
        self.redraw()

    def show_step(self, step: int) -> None:
        """Point at a step, and bring it into view if it is not."""
        low, high = self.rate_plot.steps_in_view()
        if not low <= step <= high:
            self._on_panned()
            self.rate_plot.show_steps(step - (high - low) / 2, step + (high - low) / 2)
        self._on_hovered(step)

    def redraw(self) -> None:
        """Show what there is now; costs next to nothing if that is what is shown already."""
        if self._follows:
            self._show_all()
        low, high = self.loss_plot.steps_in_view()
        shown = self._shown
        key = (
            shown.curve.version, shown.placed, shown.total_steps, shown.message, shown.marks,
            low, high, self.loss_plot.pixels(), self._log_box.isChecked(),
        )  # fmt: skip
        if key == self._drawn or not self.isVisible():
            return
        self._drawn = key
        self._set_unit()
        for plot in (self.loss_plot, self.rate_plot):
            plot.marks.set_marks(shown.marks)
        self._draw_loss()
        self._draw_learning_rate()
        self._draw_words()
        self._drawn_steps = len(shown.curve)

    @property
    def drawn_steps(self) -> int:
        """How many steps the plots show at present."""
        return self._drawn_steps

    def planned_line(self) -> Line:
        """The planned rate as it is drawn."""
        x, y = self._planned.getData()
        return x, y

    def keep_up(self) -> None:
        """Redraw if there is something new, but not so often that drawing takes the processor from the training."""
        now = time.perf_counter()
        if now < self._due:
            return
        before = self._drawn
        self.redraw()
        if self._drawn is not before:
            cost = time.perf_counter() - now + self.loss_plot.paint_seconds + self.rate_plot.paint_seconds
            self._due = now + max(_SHORTEST_SECONDS, cost / _SHARE)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        for plot in (self.loss_plot, self.rate_plot):
            plot.recolour(now)
        self._raw.setPen(pen(now.loss_raw))
        self._smoothed.setPen(pen(now.loss, 2.0))
        self._validation.setPen(pen(now.validation, 1.5, Qt.PenStyle.DashLine))
        self._epoch_marks.setBrush(QColor(now.validation))
        self._epoch_marks.setPen(pen(now.base, 1.0))
        self._nan_marks.setPen(pen(now.error, 2.0))
        self._applied.setPen(pen(now.learning_rate, 2.0))
        for label in (self._caption, self._message_text, self._hidden):
            theme.paint_text(label, now.muted)
        self._readout.setAutoFillBackground(True)
        palette = self._readout.palette()
        palette.setColor(self._readout.backgroundRole(), QColor(now.window))
        palette.setColor(self._readout.foregroundRole(), QColor(now.text))
        self._readout.setPalette(palette)
        for paper in (self._paper, self._message):
            palette = paper.palette()
            palette.setColor(paper.backgroundRole(), QColor(now.base))
            paper.setPalette(palette)
        self._drawn = None
        self._soon.start()

    # Building.

    def _build_plots(self) -> None:
        self.loss_plot = CurvePlot(numbered=True)
        self.loss_plot.setObjectName("lossPlot")
        self.loss_plot.setAccessibleName(self.tr("Loss"))
        self.rate_plot = CurvePlot(numbered=False)
        self.rate_plot.setObjectName("learningRatePlot")
        self.rate_plot.setAccessibleName(self.tr("Learning rate"))
        self.loss_plot.setXLink(self.rate_plot)
        self.loss_plot.step_axis.setStyle(showValues=False)
        self.loss_plot.step_axis.setHeight(6)
        self._raw = self.loss_plot.add_line(z=0, smooth=False)
        self._smoothed = self.loss_plot.add_line(z=2)
        self._validation = self.loss_plot.add_line(z=3, dashed=True)
        self._epoch_marks = pg.ScatterPlotItem(size=6, pxMode=True)
        self._epoch_marks.setZValue(4)
        self._nan_marks = pg.ScatterPlotItem(size=11, symbol="x", pxMode=True)
        self._nan_marks.setZValue(5)
        for marks in (self._epoch_marks, self._nan_marks):
            self.loss_plot.plotItem.vb.addItem(marks, ignoreBounds=True)
        self._planned = self.rate_plot.add_line(z=0, dashed=True)
        self._applied = self.rate_plot.add_line(z=2)
        for plot in (self.loss_plot, self.rate_plot):
            plot.hovered.connect(self._on_hovered)
            plot.panned.connect(self._on_panned)
            plot.double_clicked.connect(self.follow)
            plot.installEventFilter(self)
        self.rate_plot.plotItem.vb.sigXRangeChanged.connect(lambda *_: self._soon.start())

    def _build_header(self) -> None:
        self._legend = Legend()
        self._rate_legend = Legend()
        self._message_title = QLabel()
        theme.font(self._message_title, scale=1.45, bold=True)
        self._message_text = QLabel()
        for label in (self._message_title, self._message_text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message = QWidget(self.loss_plot)
        self._message.setAutoFillBackground(True)
        message = QVBoxLayout(self._message)
        message.setContentsMargins(28, 14, 28, 14)
        message.setSpacing(8)
        message.addWidget(self._message_title)
        message.addWidget(self._message_text)
        self._message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._message.hide()
        self._readout = QLabel(self.loss_plot)
        self._readout.setObjectName("readoutLabel")
        self._readout.setTextFormat(Qt.TextFormat.RichText)
        self._readout.setMargin(6)
        self._readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._readout.hide()

    def _build_footer(self) -> None:
        self._unit_box = QComboBox()
        self._unit_box.setObjectName("xAxisBox")
        self._unit_box.addItems([self.tr("Epochs"), self.tr("Steps")])
        self._unit_box.setAccessibleName(self.tr("Unit of the lower axis"))
        self._unit_box.setToolTip(self.tr("Count along the axis in epochs or in steps (1, 2)"))
        self._unit_box.currentIndexChanged.connect(self._set_unit)
        self._log_box = QCheckBox(self.tr("Log loss"))
        self._log_box.setObjectName("logLossBox")
        self._log_box.setChecked(True)
        self._log_box.setToolTip(self.tr("Show the loss on a logarithmic scale (L)"))
        self._log_box.toggled.connect(lambda: self.redraw())
        self._follow_button = QPushButton(self.tr("Follow"))
        self._follow_button.setObjectName("followButton")
        self._follow_button.setToolTip(self.tr("Show the whole training again, and keep it in view (F)"))
        self._follow_button.clicked.connect(self.follow)
        self._follow_button.hide()
        self._hidden = QLabel()
        self._caption = QLabel()
        self._caption.setObjectName("captionLabel")

    def _lay_out(self) -> None:
        upper, lower = QWidget(), QWidget()
        for holder, title, legend, plot in (
            (upper, self.tr("Loss"), self._legend, self.loss_plot),
            (lower, self.tr("Learning rate"), self._rate_legend, self.rate_plot),
        ):
            heading = QLabel(title)
            theme.font(heading, bold=True)
            row = QHBoxLayout()
            row.setContentsMargins(14, 8, 14, 0)
            row.setSpacing(20)
            row.addWidget(heading)
            row.addWidget(legend, 1)
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addLayout(row)
            column.addWidget(plot, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 65)
        splitter.setStretchFactor(1, 35)
        splitter.setSizes([650, 350])
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(5)
        upper.setMinimumHeight(120)
        lower.setMinimumHeight(90)
        footer = QHBoxLayout()
        footer.setContentsMargins(14, 0, 14, 6)
        footer.setSpacing(12)
        footer.addWidget(self._unit_box)
        footer.addWidget(self._log_box)
        footer.addWidget(self._follow_button)
        footer.addStretch(1)
        footer.addWidget(self._hidden)
        footer.addWidget(self._caption)
        self._paper = QFrame()
        self._paper.setAutoFillBackground(True)
        self._paper.setFrameShape(QFrame.Shape.NoFrame)
        paper = QVBoxLayout(self._paper)
        paper.setContentsMargins(0, 0, 0, 0)
        paper.setSpacing(4)
        paper.addWidget(splitter, 1)
        paper.addLayout(footer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._paper)

    # Drawing.

    def _show_all(self) -> None:
        end = max(self._shown.total_steps, len(self._shown.curve), 1)
        low, high = self.rate_plot.steps_in_view()
        wanted = (-0.004 * end, end * 1.012)
        if not (math.isclose(low, wanted[0]) and math.isclose(high, wanted[1])):
            self.rate_plot.show_steps(*wanted)

    def _draw_loss(self) -> None:
        curve, plot = self._shown.curve, self.loss_plot
        log = self._log_box.isChecked()
        plot.value_axis.log = log
        ranges = [
            plot.draw(self._raw, curve.steps, curve.loss, log=log, points_a_pixel=2),
            plot.draw(self._smoothed, curve.steps, curve.smoothed, log=log),
            plot.draw(self._validation, curve.validation_steps, curve.validation, log=log),
        ]
        x, y = self._validation.getData()
        apart = x is not None and self._are_apart(x)
        self._epoch_marks.setData(x if apart else [], y if apart else [])
        known = [found for found in ranges if found is not None]
        if known:
            plot.show_values(min(low for low, _ in known), max(high for _, high in known))
        bottom = plot.plotItem.vb.viewRange()[1][0]
        wrong = curve.not_finite
        self._nan_marks.setData(wrong, np.full(len(wrong), bottom))
        plot.show_value_axis(bool(known))
        for each in (self.loss_plot, self.rate_plot):
            each.rules.set_steps(self._restarts(), upcoming_from=max(len(curve), 1))

    def _are_apart(self, steps: Values) -> bool:
        """Whether markers at these steps leave the curves between them to be seen."""
        low, high = self.loss_plot.steps_in_view()
        room = (steps[-1] - steps[0]) / (high - low) * self.loss_plot.plotItem.vb.width() if len(steps) else 0
        return bool(room >= _MARKER_PIXELS * (len(steps) - 1))

    def _draw_learning_rate(self) -> None:
        curve, plot, placed = self._shown.curve, self.rate_plot, self._shown.placed
        self._planned.setPen(pen(self._planned_colour(), 1.6, Qt.PenStyle.DashLine))
        ranges = [plot.draw(self._applied, curve.steps, curve.learning_rate)]
        key = (placed, plot.steps_in_view(), plot.pixels(), self._shown.total_steps)
        if key != self._planned_key:
            self._planned_key = key
            x = y = np.empty(0)
            if placed is not None and self._shown.total_steps:
                low, high = plot.steps_in_view()
                last = min(self._shown.total_steps - 1, math.ceil(high))
                # Fewer points than pixels: dashes need a length to be seen.
                x, y = planned_line(placed, math.floor(low), last, plot.pixels() // 3)
            self._planned.setData(x, y)
            self._planned_range = (float(y.min()), float(y.max())) if len(y) else None
        ranges.append(self._planned_range)
        known = [found for found in ranges if found is not None]
        if known:
            plot.show_values(min(0.0, *(low for low, _ in known)), max(high for _, high in known))
        plot.show_value_axis(bool(known))

    def _planned_colour(self) -> str:
        """Before there is a rate that was applied, the plan is what there is to see."""
        now = theme.colours()
        return now.planned if len(self._shown.curve) else now.learning_rate

    def _restarts(self) -> list[int]:
        begun = self._shown.curve.restarts
        after = begun[-1] if begun else -1
        return [*begun, *(step for step in self._shown.restarts if step > max(after, len(self._shown.curve) - 1))]

    def _loss_words(self) -> str:
        words = {"batch loss": self.tr("every batch"), EPOCH_MEAN: self.tr("every epoch")}
        return words.get(self._shown.loss_kind, self.tr("running mean"))

    def _draw_words(self) -> None:
        now, curve = theme.colours(), self._shown.curve
        has_loss = len(curve) > 0
        entries = []
        if has_loss:
            entries = [
                Entry(self._loss_words(), now.loss_raw, 4.0),
                Entry(self.tr("smoothed within each cycle"), now.loss),
            ]
            if len(curve.validation):
                entries.append(Entry(self.tr("validation"), now.validation, 1.5, Qt.PenStyle.DashLine, marker=True))
        self._legend.show_entries(entries)
        entries = [Entry(self.tr("applied"), now.learning_rate)] if has_loss else []
        if self._shown.placed is not None:
            entries.append(Entry(self.tr("planned"), self._planned_colour(), 1.6, Qt.PenStyle.DashLine))
        self._rate_legend.show_entries(entries)
        hidden = curve.not_positive if self._log_box.isChecked() else 0
        self._hidden.setText(self.tr("%n value(s) ≤ 0 hidden by the log scale", "", hidden) if hidden else "")
        by_epoch = self._shown.loss_kind == EPOCH_MEAN
        words = self.tr("every one of {n} epochs") if by_epoch else self.tr("every one of {n} steps")
        self._caption.setText(words.format(n=f"{len(curve):,}") if has_loss else "")
        message = self._shown.message
        self._message.setVisible(message is not None)
        if message is not None:
            self._message_title.setText(message[0])
            self._message_text.setText(message[1])
            self._place_overlays()
        self._describe()

    def _describe(self) -> None:
        """Tell those who do not see the plots what they show, some times a minute."""
        now, curve = time.monotonic(), self._shown.curve
        if now < self._describe_due:
            return
        self._describe_due = now + _DESCRIBE_SECONDS
        reading = curve.at(len(curve) - 1)
        if reading is None:
            words = self.tr("The planned learning rate; nothing is trained yet.")
        else:
            words = self.tr(
                "Step {step}: smoothed loss {loss}, learning rate {rate}, {restarts} restarts so far."
            ).format(
                step=reading.step,
                loss=_short(reading.smoothed),
                rate=_short(reading.learning_rate),
                restarts=len(curve.restarts),
            )
        for plot in (self.loss_plot, self.rate_plot):
            plot.setAccessibleDescription(words)

    def _set_unit(self) -> None:
        steps_per_epoch = self._shown.steps_per_epoch
        self._unit_box.setEnabled(steps_per_epoch is not None)
        unit = steps_per_epoch if self._unit_box.currentIndex() == 0 else None
        for plot in (self.loss_plot, self.rate_plot):
            plot.step_axis.count_in(unit)

    # What the user does.

    def _on_panned(self) -> None:
        if self._follows:
            self._follows = False
            self._follow_button.show()
        self._soon.start()

    def _on_hovered(self, step: float | None) -> None:
        reading = None if step is None else self._shown.curve.at(step)
        for plot in (self.loss_plot, self.rate_plot):
            plot.point_at(None if reading is None else reading.step)
        if reading is None:
            self._readout.hide()
            return
        pointed_at = [] if step is None else self.loss_plot.marks.near(step)
        self._readout.setText(self._readout_text(reading, [mark.text for mark in pointed_at]))
        self._readout.adjustSize()
        self._place_overlays()
        self._readout.show()

    def _readout_text(self, reading: Reading, notes: list[str]) -> str:
        muted = theme.colours().muted
        rows = [(self.tr("step"), f"{reading.step:,}")]
        if reading.epoch is not None:
            rows.append((self.tr("epoch"), f"{reading.epoch:,.2f}"))
        for name, value in (
            (self.tr("learning rate"), reading.learning_rate),
            (self.tr("loss"), reading.loss),
            (self.tr("smoothed"), reading.smoothed),
            (self.tr("validation"), reading.validation),
        ):
            if value is not None:
                rows.append((name, _short(value)))
        cells = "".join(
            f"<tr><td style='color:{muted}; padding-right:12px'>{name}</td><td align='right'>{value}</td></tr>"
            for name, value in rows
        )
        said = "".join(f"<p style='margin:4px 0 0 0'>{html.escape(textwrap.fill(note, 44))}</p>" for note in notes)
        return f"<table cellspacing='0'>{cells}</table>{said}".replace("\n", "<br>")

    def _place_overlays(self) -> None:
        size = self.loss_plot.size()
        self._readout.move(size.width() - self._readout.width() - 22, 12)
        self._message.adjustSize()
        left = AXIS_WIDTH + (size.width() - AXIS_WIDTH - 14 - self._message.width()) // 2
        self._message.move(left, (size.height() - self._message.height()) // 2)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the plots, and their size."""
        if event.type() == QEvent.Type.Resize and watched is self.loss_plot:
            self._place_overlays()
            self._soon.start()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.modifiers() not in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            ):
                return super().eventFilter(watched, event)
            return self._on_key(event.key()) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def _on_key(self, key: int) -> bool:
        if key == Qt.Key.Key_L:
            self._log_box.toggle()
        elif key in (Qt.Key.Key_F, Qt.Key.Key_Home):
            self.follow()
        elif key == Qt.Key.Key_1:
            self._unit_box.setCurrentIndex(0)
        elif key == Qt.Key.Key_2:
            self._unit_box.setCurrentIndex(1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._move(0.1 if key == Qt.Key.Key_Right else -0.1, 1.0)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._move(0.0, 0.5)
        elif key == Qt.Key.Key_Minus:
            self._move(0.0, 2.0)
        elif key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight):
            self._go_to_restart(forward=key == Qt.Key.Key_BracketRight)
        else:
            return False
        return True

    def _move(self, shift: float, zoom: float) -> None:
        low, high = self.rate_plot.steps_in_view()
        middle, half = (low + high) / 2 + shift * (high - low), (high - low) / 2 * zoom
        self._on_panned()
        self.rate_plot.show_steps(middle - half, middle + half)

    def _go_to_restart(self, *, forward: bool) -> None:
        """Show the cycle that begins at the next restart, or at the one before."""
        low, high = self.rate_plot.steps_in_view()
        end = max(self._shown.total_steps, len(self._shown.curve), 1)
        starts = [0, *self._restarts()]
        place = low + 0.05 * (high - low)
        later = [step for step in starts if step > place + 0.5]
        earlier = [step for step in starts if step < low - 0.5]
        chosen = (later[:1] if forward else earlier[-1:]) or starts[:1]
        following = [step for step in starts if step > chosen[0]]
        until = following[0] if following else end
        room = 0.04 * (until - chosen[0])
        self._on_panned()
        self.rate_plot.show_steps(chosen[0] - room, until + room)

    def showEvent(self, event: QShowEvent) -> None:
        """What was not worth drawing while nobody could see it is drawn now."""
        super().showEvent(event)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What has no room for two points a pixel any more is reduced again."""
        super().resizeEvent(event)
        self._place_overlays()
        self._soon.start()


def _short(value: float | None) -> str:
    if value is None:
        return "–"
    return format_number(float(f"{value:.4g}")) if math.isfinite(value) else str(value)
