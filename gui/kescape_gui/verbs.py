"""Carries out what the user wants done with the run in view, or with the draft.

What is not at hand is asked for: a yes to a file of the user's, a rate, a line of text, from which weights. What
stands in the way is said, never raised.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.config import RunConfig
from kescape.engine.go_on import withdraw_request
from kescape.run.errors import RunError
from kescape_gui.background import Background
from kescape_gui.branching import Branching
from kescape_gui.compare.baseline import name_without_restarts
from kescape_gui.compare.control import Control
from kescape_gui.engine_session import EngineSession
from kescape_gui.escapes.suggestion import Suggestion
from kescape_gui.going_on import GoingOn
from kescape_gui.in_view import InView
from kescape_gui.own_code import OwnCode
from kescape_gui.run_state import RunState, Verb
from kescape_gui.setup.setup import Setup
from kescape_gui.steering import Steering
from kescape_gui.watched_run import WatchedRun

_COMMANDS = {
    Verb.STOP_AFTER_CYCLE: "stop_after_cycle",
    Verb.STOP_NOW: "stop",
    Verb.RESTART_NOW: "restart",
    Verb.SNAPSHOT: "snapshot",
}


class Verbs(QObject):
    """Does what a `Verb` says."""

    begun = Signal(object)
    """The folder of a run that an engine of ours trains from now on, new or going on."""
    control_begun = Signal(object, object)
    """The folders of a run, and of the one that repeats it without restarts."""
    drafted = Signal(object, str)
    """Settings for the form, and where they start, in words."""
    fault_found = Signal(str)
    """The setting that has to be mended before anything can start."""
    told = Signal(str)
    complained = Signal(str)
    """Why something cannot be done, in a line."""
    cannot_go_on = Signal(str)
    """Why the run in view cannot go on: there is more to read than a line has room for."""

    def __init__(
        self, in_view: InView, setup: Setup, engines: EngineSession, background: Background, window: QWidget
    ) -> None:
        super().__init__(window)
        self._in_view = in_view
        self._setup = setup
        self._engines = engines
        self._going_on = GoingOn(background, window)
        self._going_on.asked.connect(self._train_on)
        self._going_on.refused.connect(self.cannot_go_on)
        self._steering = Steering(window)
        self._own_code = OwnCode(window)
        self._branching = Branching(background, window)
        self._branching.drafted.connect(self.drafted)
        self._control = Control(background, self)
        self._control.made.connect(self._start_control)
        for asker in (self._own_code, self._branching, self._control):
            asker.refused.connect(self.complained)

    def do(self, verb: Verb) -> None:
        """Carry out a verb on what is in view."""
        run = self._in_view.run
        try:
            if verb is Verb.START:
                self._start()
            elif run is not None:
                self._do_to(run, verb)
        except RunError as error:
            self.complained.emit(str(error))

    def carry_out(self, suggestion: Suggestion) -> None:
        """Do what was suggested for the run in view; a new peak is asked for first, a branch fills the form."""
        run = self._in_view.run
        if run is None or suggestion.verb is None:
            return
        if suggestion.verb is Verb.NEW_PEAK:
            self._steering.ask(Verb.NEW_PEAK, run.name, suggestion.eta_max, partial(self._send, run))
        elif suggestion.verb is Verb.BRANCH:
            assert suggestion.step is not None, "a branch begins somewhere"
            self._branching.draft(run.path, suggestion.step, {"eta_max": suggestion.eta_max})
        else:
            self.do(suggestion.verb)

    def note(self, text: str) -> bool:
        """Write a line into the log of the run in view, at its current step; False, and a complaint, if that fails."""
        run = self._in_view.run
        return run is not None and self._send(run, "note", text=text)

    def start(self, config: RunConfig, name: str | None = None) -> None:
        """Train a configuration as a new run, once its code, if it brings any, is allowed."""
        self._own_code.allow_then(config.model, partial(self._begin, config, name))

    def _start(self) -> None:
        fault = self._setup.first_fault
        if fault is not None:
            self.fault_found.emit(fault)
            return
        if self._setup.data is None:
            self.told.emit(self.tr("The data is still being read."))
            return
        config = self._setup.config
        assert config is not None, "without a fault there is a configuration"
        self.start(config)

    def _start_control(self, path: Path, config: RunConfig) -> None:
        begin = partial(self._begin, config, name_without_restarts(path.name), control_of=path)
        self._own_code.allow_then(config.model, begin)

    def _begin(self, config: RunConfig, name: str | None, control_of: Path | None = None) -> None:
        try:
            folder = self._engines.start(config, name)
        except RunError as error:
            self.complained.emit(str(error))
            return
        self.begun.emit(folder)
        if control_of is not None:
            self.control_begun.emit(control_of, folder)

    def _train_on(self, folder: Path) -> None:
        """An ended run was asked to go on: give it an engine."""
        self._engines.train(folder)
        self.begun.emit(folder)

    def _do_to(self, run: WatchedRun, verb: Verb) -> None:
        if verb is Verb.RESUME:
            self._allowed(run, partial(self._going_on.resume, run.path))
        elif verb is Verb.TRAIN_ON:
            self._allowed(run, partial(self._going_on.ask_for_longer, run))
        elif verb is Verb.BRANCH:
            self._branching.ask(run.path)
        elif verb is Verb.WITHOUT_RESTARTS:
            self._control.make(run)
        elif verb is Verb.PAUSE:
            run.send("resume" if run.state is RunState.PAUSED else "pause")
        elif verb is Verb.STOP_AFTER_CYCLE and run.state is RunState.FINISHING_CYCLE:
            run.send("resume")
        elif verb is Verb.STOP_NOW and self._in_view.is_unanswered:
            self._engines.kill_training()
        elif verb is Verb.STOP_NOW and run.state is RunState.STARTING and self._engines.training == run.path:
            # It does not listen yet, and there is nothing to lose.
            if not run.sessions_seen:
                run.give_up()
            self._engines.kill_training()
            withdraw_request(run.path)
        elif verb in (Verb.NEW_PEAK, Verb.NOTE):
            self._steering.ask(verb, run.name, run.highest_rate, partial(self._send, run))
        else:
            run.send(_COMMANDS[verb])

    def _allowed(self, run: WatchedRun, begin: Callable[[], None]) -> None:
        self._own_code.allow_then(str(run.config.get("model", "")), begin)

    def _send(self, run: WatchedRun, kind: str, **args: Any) -> bool:
        try:
            run.send(kind, **args)
        except (RunError, ValueError) as error:
            self.complained.emit(str(error))
            return False
        return True
