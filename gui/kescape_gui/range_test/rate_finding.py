"""Lets the user find a learning rate for the draft."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.config import RunConfig
from kescape.engine.range_request import Sweep
from kescape_gui.engine_session import EngineSession
from kescape_gui.in_view import InView
from kescape_gui.own_code import OwnCode
from kescape_gui.range_test.rate_search import RateSearch
from kescape_gui.setup.edits import Edits
from kescape_gui.setup.numbers import format_number

if TYPE_CHECKING:
    from kescape_gui.range_test.range_test_dialog import RangeTestDialog


class RateFinding(QObject):
    """Opens the dialog of a range test, if nothing stands in the way, and carries its rate into the form."""

    fault_found = Signal(str)
    """The setting that has to be mended before anything can be tested."""
    told = Signal(str)
    complained = Signal(str)
    """Why no test can be made, in a line."""

    def __init__(self, in_view: InView, edits: Edits, engines: EngineSession, window: QWidget) -> None:
        super().__init__(window)
        self._in_view = in_view
        self._edits = edits
        self._setup = edits.setup
        self._engines = engines
        self._window = window
        self._search = RateSearch(engines)
        self._dialog: RangeTestDialog | None = None
        self._own_code = OwnCode(window)
        self._own_code.refused.connect(self.complained)

    def ask(self) -> None:
        """Test the rates of the draft, or bring the dialog of a test to the front."""
        dialog = self._dialog
        if dialog is not None:
            dialog.raise_()
            dialog.activateWindow()
        else:
            self._test(Sweep())

    def close(self) -> None:
        """The window goes, and a test with it."""
        if self._dialog is not None:
            self._dialog.close()

    def _test(self, sweep: Sweep) -> None:
        config = self._testable()
        if config is not None:
            self._own_code.allow_then(config.model, partial(self._begin, config, sweep))

    def _testable(self) -> RunConfig | None:
        """The draft, if it can be tested now; else it is said why not."""
        training = self._engines.training
        busy = training.name if training is not None else None
        if self._in_view.run is not None and self._in_view.state.is_active:
            busy = self._in_view.run.name
        if busy is not None:
            words = self.tr("“{name}” is being trained; a rate can be looked for when that has ended.")
            self.complained.emit(words.format(name=busy))
            return None
        if self._setup.first_fault is not None:
            self.fault_found.emit(self._setup.first_fault)
            return None
        if self._setup.config is None:
            self.told.emit(self.tr("The data is still being read."))
        return self._setup.config

    def _begin(self, config: RunConfig, sweep: Sweep) -> None:
        self._search.begin(config, sweep)
        if self._dialog is not None:
            self._dialog.show_new_test()
            return
        # Its library would hold up the first paint of the window.
        from kescape_gui.range_test.range_test_dialog import RangeTestDialog

        dialog = self._dialog = RangeTestDialog(self._search, self._window)
        dialog.finished.connect(self._on_closed)
        dialog.rate_chosen.connect(self._use)
        dialog.again_wanted.connect(lambda steps: self._test(Sweep(steps=steps)))
        dialog.show()

    def _on_closed(self) -> None:
        self._dialog = None

    def _use(self, rate: float) -> None:
        self._edits.set_many({"eta_max": rate}, self.tr("Found learning rate"))
        self.told.emit(self.tr("The highest rate is {rate} now.").format(rate=format_number(rate)))
