"""The plot of a comparison with what chooses what it shows: best so far, every epoch, or by cycle; log scale or not."""

from __future__ import annotations

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kescape.compare.report import Report
from kescape.compare.report_words import measure_in_words
from kescape.landscape.scale import spans_decades
from kescape_gui import theme
from kescape_gui.comparison.comparison_plot import ComparisonPlot
from kescape_gui.comparison.picture import Mode, Swatches, picture_of
from kescape_gui.curves.legend import Entry, Legend
from kescape_gui.curves.pens import line_style
from kescape_gui.runs.swatch import Swatch
from kescape_gui.setup.choice_box import ChoiceBox
from kescape_gui.words import tr


class PlotPanel(QWidget):
    """Shows a report. Holds which part of it is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: Report | None = None
        self._swatches = Swatches()
        self._wants_log: bool | None = None
        self._modes = ChoiceBox(
            {
                Mode.ANYTIME.value: self.tr("Best finished minimum so far"),
                Mode.EPOCHS.value: self.tr("Every epoch"),
                Mode.CYCLES.value: self.tr("Cycles on top of each other"),
            }
        )
        self._modes.setObjectName("comparisonModeBox")
        self._modes.setAccessibleName(self.tr("What is drawn"))
        self._modes.setToolTip(
            self.tr(
                "What an arm has to show if it is ended there; the measure itself; or the measure over the share of a "
                "cycle"
            )
        )
        self._modes.setMinimumContentsLength(24)
        self._log = QCheckBox(self.tr("&Log scale"))
        self._log.setObjectName("comparisonLogBox")
        self._log.setToolTip(self.tr("Equal ratios are equally far apart"))
        self._measure = QLabel()
        theme.font(self._measure, bold=True)
        self._legend = Legend()
        self._words = QLabel()
        self._words.setObjectName("comparisonPlotWords")
        self._words.setWordWrap(True)
        self._words.setIndent(14)
        self.plot = ComparisonPlot()
        heading = QHBoxLayout()
        heading.setContentsMargins(14, 6, 14, 2)
        heading.setSpacing(12)
        heading.addWidget(self._measure)
        heading.addWidget(self._legend, 1)
        heading.addWidget(self._modes)
        heading.addWidget(self._log)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(heading)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self._words)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(self.palette().ColorRole.Base)
        self._modes.valueChanged.connect(lambda: self._draw())
        # By a hand only: until then the box says what the values ask for.
        self._log.clicked.connect(self._on_log)
        self.plot.log_wanted.connect(self._log.click)
        self.recolour()

    @property
    def swatches(self) -> dict[str, Swatch]:
        """How the arms are drawn, by name; without those that are not."""
        return self._swatches.of(self._report, theme.colours().series) if self._report is not None else {}

    def show_report(self, report: Report) -> None:
        """Draw what the runs say by now."""
        self._report = report
        self._draw()

    def picture(self) -> QPixmap:
        """The plot as it is seen, without switches."""
        self._modes.hide()
        self._log.hide()
        try:
            return self.grab()
        finally:
            self._modes.show()
            self._log.show()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self.plot.recolour()
        theme.paint_text(self._words, theme.colours().muted)
        self._draw()

    def _on_log(self, log: bool) -> None:
        self._wants_log = log
        self._draw()

    def _draw(self) -> None:
        report = self._report
        if report is None:
            return
        mode = Mode(self._modes.value())
        picture = picture_of(report, mode, self.swatches)
        values = picture.values
        can_log = len(values) > 0 and bool((values > 0).all())
        wants = self._wants_log if self._wants_log is not None else spans_decades(values)
        self._log.setEnabled(can_log)
        self._log.setChecked(wants and can_log)
        self._measure.setText(_capital(tr(measure_in_words(report.measure))))
        waiting = self.tr("Nothing to draw yet"), self.tr("The first minimum is finished when a first cycle ends.")
        if mode is not Mode.ANYTIME:
            waiting = waiting[0], self.tr("The first value comes at the end of the first epoch.")
        self.plot.show_picture(picture, log=wants, folded=mode is Mode.CYCLES, message=waiting)
        self._words.setText(picture.words)
        self._words.setVisible(bool(picture.words))
        self._legend.show_entries(
            [
                Entry(line.title, line.swatch.colour, 2.0, line_style(dashed=line.swatch.dashed))
                for line in picture.newest
            ]
        )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
