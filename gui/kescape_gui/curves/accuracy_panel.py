"""The accuracy at the end of each epoch."""

from __future__ import annotations

from PySide6.QtCore import Qt

from kescape_gui import theme
from kescape_gui.curves.curve import VALIDATION
from kescape_gui.curves.frame import Frame
from kescape_gui.curves.legend import Entry
from kescape_gui.curves.lines import Lines
from kescape_gui.curves.panel import Panel
from kescape_gui.curves.pens import pen
from kescape_gui.curves.readout import short


class AccuracyPanel(Panel):
    """Shares of 1, of the training data and of the validation, where a run has them."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "accuracyPlot")
        self._lines = Lines(self.plot, z=1)

    def draw(self, frame: Frame) -> None:
        """Show a line for each accuracy."""
        entries = []
        self._lines.begin()
        for name, series in frame.shown.curve.accuracies.items():
            entry = self._entry(name)
            line = self._lines.take()
            line.set_pen(pen(entry.colour, entry.width, entry.style))
            self.plot.draw(line, series, frame.along, frame.newest, draft=frame.draft)
            entries.append(entry)
        self._lines.end()
        self.plot.show_values(0.0, 1.0)
        self.legend.show_entries(entries)

    def describe(self, frame: Frame) -> str:
        """The newest accuracies."""
        last = {name: series.values[-1] for name, series in frame.shown.curve.accuracies.items() if len(series.values)}
        said = [f"{self._entry(name).text} {short(float(value))}" for name, value in last.items()]
        return self.tr("After the last epoch: {values}.").format(values=", ".join(said)) if said else ""

    def _entry(self, name: str) -> Entry:
        now = theme.colours()
        metric = name.removeprefix(VALIDATION)
        # Keras has several; those with longer names are told by them.
        kind = "" if metric == "accuracy" else f" ({metric.replace('_', ' ')})"
        if name.startswith(VALIDATION):
            return Entry(self.tr("validation") + kind, now.validation, 1.5, Qt.PenStyle.DashLine)
        return Entry(self.tr("training, mean of the epoch") + kind, now.loss)
