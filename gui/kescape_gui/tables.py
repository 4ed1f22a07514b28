"""The tabs under the curves: what runs there are and how they compare, and what is in view, in numbers and words."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from kescape_gui.escapes.escapes import Escapes, empty_sentence
from kescape_gui.escapes.escapes_view import EscapesView
from kescape_gui.escapes.evidence_words import ensemble_words, ledger_words
from kescape_gui.escapes.suggestion import Suggesting
from kescape_gui.in_view import InView
from kescape_gui.log.log_view import LogView
from kescape_gui.run_state import Offer
from kescape_gui.steps.steps_view import StepsView


class Tables(QTabWidget):
    """Renews what is in front, and nothing else.

    Args:
        in_view: What is shown.
        runs: The list of runs, which is kept up to date elsewhere.
        comparison: The table of those that are compared, likewise.
    """

    note_wanted = Signal(str)
    """A line that somebody wrote for the run in view."""
    step_wanted = Signal(int)
    """A step whose place in the curves somebody wants to see."""
    restart_wanted = Signal(int)
    """A restart, by its number from 0, whose cycle somebody wants to see."""
    suggested = Signal(object)
    """A `Suggestion` that shall be carried out."""

    def __init__(self, in_view: InView, runs: QWidget, comparison: QWidget) -> None:
        super().__init__()
        self._in_view = in_view
        self._escapes = Escapes()
        self._suggesting = Suggesting()
        self._escapes_view = EscapesView()
        self._steps_view = StepsView()
        self._log_view = LogView()
        self._tabs: dict[str, QWidget] = {}
        for name, tab, title in (
            ("runs", runs, self.tr("Runs")),
            ("compare", comparison, self.tr("Compare")),
            ("escapes", self._escapes_view, self.tr("Escapes")),
            ("data", self._steps_view, self.tr("Data")),
            ("log", self._log_view, self.tr("Log")),
        ):
            self._tabs[name] = tab
            self.addTab(tab, title)
        self.setObjectName("tabs")
        self.setDocumentMode(True)
        self.setMinimumHeight(110)
        self._log_view.note_wanted.connect(self.note_wanted)
        self._escapes_view.suggested.connect(self.suggested)
        self._escapes_view.restart_chosen.connect(self.restart_wanted)
        for table in (self._steps_view, self._log_view):
            table.step_wanted.connect(self.go_to_step)
        self.currentChanged.connect(lambda: self.renew())

    def show_tab(self, name: str) -> None:
        """Bring "runs", "compare", "escapes", "data" or "log" to the front."""
        self.setCurrentWidget(self._tabs[name])

    def renew(self) -> None:
        """Show in the tab in front what there is now."""
        run, tab = self._in_view.run, self.currentWidget()
        if tab is self._escapes_view:
            self._show_escapes()
        elif tab is self._steps_view:
            self._show_steps()
        elif tab is self._log_view:
            self._log_view.show_events(run.events if run else [])
            self._log_view.show_output(run.log_tail() if run else "")

    def go_to_step(self, step: int) -> None:
        """Select a step in the table, and have its place in the curves shown."""
        self.step_wanted.emit(step)
        self._show_steps()
        self._steps_view.go_to(step)

    def forget(self) -> None:
        """Something else is in view from now on: keep nothing of the run before, whose steps may take much room."""
        self._escapes, self._suggesting = Escapes(), Suggesting()
        self._escapes_view.forget()
        self._steps_view.show_curve(None)

    def offer_note(self, offer: Offer) -> None:
        """Say whether a note can be written now, and if not, why."""
        self._log_view.offer_note(offer)

    def give_back_note(self, text: str) -> None:
        """A note that was not taken stands in its line again."""
        self._log_view.give_back(text)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        for table in (self._escapes_view, self._steps_view, self._log_view):
            table.recolour()

    def _show_escapes(self) -> None:
        run, view = self._in_view.run, self._escapes_view
        first = self._in_view.first_verdict
        empty = empty_sentence(self._in_view.first_restart, first)
        if run is None:
            view.show_lines([], empty)
            return
        due = self._in_view.next_verdict
        lines = self._escapes.lines(run.curve, grows=run.state.is_active, judged=run.escapes, due=due)
        view.show_lines(lines, empty, ledger_words(run, first), ensemble_words(run.ensembles))
        view.suggest(self._suggesting.of(run, self._in_view.offers))

    def _show_steps(self) -> None:
        run = self._in_view.run
        self._steps_view.show_curve(run.curve if run else None, by_epoch=run is not None and run.counts_epochs)
