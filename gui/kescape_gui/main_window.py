"""The window: puts the rooms together and carries what happens in one to the others. It knows nothing of its own.

Two timers drive it: one reads the shown run, some 30 times a second while it trains; one lists the runs. What is
new is then drawn; where nothing is new, nothing is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from kescape.config import SETTINGS, RunConfig
from kescape.data.preview import Preview, preview
from kescape.engine.go_on import withdraw_request
from kescape.run.commands import send_command
from kescape.run.errors import RunError
from kescape.run.importing import import_run
from kescape.run.listing import RunSummary
from kescape.run.reader import open_run
from kescape.run.status import RunStatus
from kescape_gui import theme
from kescape_gui.background import Background
from kescape_gui.banner import Banner
from kescape_gui.branching import Branching
from kescape_gui.card import Card
from kescape_gui.controls import Controls
from kescape_gui.curves.shown import Shown
from kescape_gui.engine_session import EngineSession
from kescape_gui.escapes.escapes import Escapes, empty_sentence
from kescape_gui.escapes.escapes_view import EscapesView
from kescape_gui.export.export import Exporter, Outcome
from kescape_gui.export.export_dialog import ExportDialog
from kescape_gui.going_on import GoingOn
from kescape_gui.leave_box import LeaveBox
from kescape_gui.log.log_view import LogView
from kescape_gui.menus import Menus
from kescape_gui.notice import Notice, notice_of
from kescape_gui.own_code import OwnCode
from kescape_gui.own_files import OwnFiles
from kescape_gui.plan_preview.plan_preview import PlanPreview
from kescape_gui.run_state import Continuation, Offer, RunState, Verb, offers
from kescape_gui.run_words import run_words
from kescape_gui.runs.interrupted import Interrupted, interrupted_runs
from kescape_gui.runs.lister import Lister
from kescape_gui.runs.runs import run_lines
from kescape_gui.runs.runs_view import RunsView
from kescape_gui.setup.data_dialog import DataDialog
from kescape_gui.setup.setup import Setup
from kescape_gui.setup.setup_dock import SetupDock
from kescape_gui.status_strip import StatusStrip
from kescape_gui.steering import Steering
from kescape_gui.watched_run import WatchedRun

if TYPE_CHECKING:
    from kescape_gui.curves.curves_view import CurvesView

_LIVE_MILLISECONDS = 30
_STILL_MILLISECONDS = 1000
_LIST_MILLISECONDS = 2000
_TABLES_SECONDS = 0.5
"""The tables and words under the curves are renewed at most this often."""
_PATIENCE_SECONDS = 10.0
_LAYOUT_VERSION = 1
_DOCK_WIDTH = 324
_DISMISSED = 100
"""So many interrupted runs are remembered as not to be offered again."""

_COMMANDS = {
    Verb.STOP_AFTER_CYCLE: "stop_after_cycle",
    Verb.STOP_NOW: "stop",
    Verb.RESTART_NOW: "restart",
    Verb.SNAPSHOT: "snapshot",
}


class MainWindow(QMainWindow):
    """The one window of the app.

    Args:
        runs: The folder that runs are kept in.
        settings: Where the window's size and looks are remembered.
        spare_engine: Whether an engine is started ahead, so that Start shows its first point at once.
    """

    def __init__(self, runs: Path, settings: QSettings, *, spare_engine: bool = True) -> None:
        super().__init__()
        self._runs_folder = runs
        self._settings = settings
        self._wants_spare = spare_engine
        # A large file must not keep other answers waiting, so data is read in a thread of its own.
        self._data_reader = Background(self)
        self._setup = Setup(self._on_setup_changed, self._data_reader.do)
        self._preview = PlanPreview()
        self._preview.show(self._setup.config)
        self._session = EngineSession(runs)
        self._run: WatchedRun | None = None
        self._plots: CurvesView | None = None
        self._escapes = Escapes()
        self._summaries: list[RunSummary] = []
        self._seen: tuple[int, int] = (-1, -1)
        self._tables_due = 0.0
        self._notice: Notice | None = None
        self._leaving = False
        self._has_painted = False
        self._listed_once = False
        self._build()
        self._build_menus()
        self._lister = Lister(runs, self)
        self._lister.listed.connect(self._on_listed)
        self._background = Background(self)
        self._going_on = GoingOn(self._background, self)
        self._going_on.asked.connect(self._train_on)
        self._going_on.refused.connect(self._tell_why_not)
        self._steering = Steering(self)
        self._own_code = OwnCode(self)
        self._branching = Branching(self._background, self)
        self._branching.drafted.connect(self._fill_branch)
        for asker in (self._own_code, self._branching):
            asker.refused.connect(self._complain)
        self._exporter = Exporter(self)
        self._exporter.finished.connect(self._on_exported)
        self._poll_timer = QTimer(self)
        self._poll_timer.timeout.connect(self.poll)
        self._list_timer = QTimer(self)
        self._list_timer.setInterval(_LIST_MILLISECONDS)
        self._list_timer.timeout.connect(self._lister.ask)
        self._restore_layout()
        self._recolour()

    @property
    def shown_run(self) -> WatchedRun | None:
        """The run in view, or None while the draft's plan is."""
        return self._run

    @property
    def curves(self) -> CurvesView:
        """The plots. They are made when they are first wanted: their library would hold up the first paint."""
        if self._plots is None:
            from kescape_gui.curves.curves_view import CurvesView

            plots = self._plots = CurvesView()
            self._curves_place.addWidget(plots)
            plots.show()
        return self._plots

    @property
    def controls(self) -> Controls:
        """The bar of verbs."""
        return self._controls

    @property
    def engines(self) -> EngineSession:
        """The engine processes of this window."""
        return self._session

    @property
    def state(self) -> RunState:
        """The state of what is in view."""
        return RunState.DRAFT if self._run is None else self._run.state

    # Building.

    def _build(self) -> None:
        self.setObjectName("mainWindow")
        self.setMinimumSize(960, 600)
        self.setAcceptDrops(True)
        self.resize(1300, 800)
        self._controls = Controls(self)
        self._controls.wanted.connect(self._on_wanted)
        self.addToolBar(self._controls)
        self._dock = SetupDock(self._setup, self._preview, self)
        self._own_files = OwnFiles(self._settings, self)
        self._own_files.data_chosen.connect(self._choose_data)
        self._own_files.model_chosen.connect(lambda model: self._setup.set("model", model))
        self._own_files.run_chosen.connect(self.show_run)
        self._own_files.log_chosen.connect(self._import)
        self._own_files.told.connect(self._tell)
        self._dock.browse_wanted.connect(self._own_files.browse)
        self._dock.look_wanted.connect(self._look_at_data)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        self.resizeDocks([self._dock], [_DOCK_WIDTH], Qt.Orientation.Horizontal)
        self._card = Card()
        self._card.log_wanted.connect(partial(self.show_tab, "log"))
        self._card.resume_wanted.connect(lambda: self._on_wanted(Verb.RESUME))
        self._card.branch_wanted.connect(lambda: self._on_wanted(Verb.BRANCH))
        self._banner = Banner()
        self._banner.resume_wanted.connect(self._resume_interrupted)
        self._banner.dismissed.connect(self._remember_dismissed)
        top = QWidget()
        top_layout = QVBoxLayout(top)
        top_layout.setContentsMargins(0, 0, 0, 0)
        top_layout.setSpacing(0)
        top_layout.addWidget(self._banner)
        top_layout.addWidget(self._card)
        self._curves_place = QVBoxLayout()
        top_layout.addLayout(self._curves_place, 1)
        top.setBackgroundRole(QPalette.ColorRole.Base)
        top.setAutoFillBackground(True)
        self._runs_view = RunsView()
        self._runs_view.chosen.connect(self.show_run)
        self._runs_view.export_wanted.connect(self._ask_export)
        self._runs_view.folder_wanted.connect(_open_folder)
        self._escapes_view = EscapesView()
        self._log_view = LogView()
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setObjectName("tabs")
        self._tabs.addTab(self._runs_view, self.tr("Runs"))
        self._tabs.addTab(self._escapes_view, self.tr("Escapes"))
        self._tabs.addTab(self._log_view, self.tr("Log"))
        self._tabs.currentChanged.connect(lambda: self._show_tables())
        self._tabs.setMinimumHeight(110)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(top)
        self._splitter.addWidget(self._tabs)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setSizes([540, 180])
        self._splitter.setChildrenCollapsible(False)
        self.setCentralWidget(self._splitter)
        self._strip = StatusStrip()
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self._strip, 1)
        self.statusBar().setContentsMargins(0, 0, 0, 0)

    def _build_menus(self) -> None:
        appearance = str(self._settings.value("appearance", theme.Appearance.SYSTEM.value))
        menus = self._menus = Menus(self, self._controls.verbs, self._dock.toggleViewAction(), appearance)
        menus.draft_wanted.connect(self._show_draft)
        menus.preset_wanted.connect(self._take_preset)
        menus.open_wanted.connect(self._ask_open)
        menus.import_wanted.connect(self._own_files.browse_logs)
        menus.export_wanted.connect(self._ask_export)
        menus.folder_wanted.connect(self._open_run_folder)
        menus.follow_wanted.connect(lambda: self.curves.follow())
        menus.curves_only.connect(self._focus_curves)
        menus.appearance_wanted.connect(self.set_appearance)
        menus.reset_wanted.connect(self._reset_layout)

    def _open_run_folder(self) -> None:
        if self._run is not None:
            _open_folder(self._run.path)

    def _tell(self, words: str) -> None:
        self._strip.tell(words)

    def _tell_why_not(self, why: str) -> None:
        """A run cannot go on: there is more to read than the foot of the window has room for."""
        self._card.tell(Notice("warning", self.tr("This run cannot go on"), why, "", why))
        self._card.let_go_on(resume=False, branch=False)

    def _complain(self, why: str) -> None:
        self._strip.tell(why, error=True)

    # What is in view.

    def show_run(self, path: Path) -> None:
        """Show a run, live or not, from its folder."""
        if self._run is not None and self._run.path == path:
            return
        self._let_go()
        self._run = WatchedRun(path)
        self._run.poll()
        self.curves.show_curves(Shown())
        self._renew_shown()
        self.curves.follow()
        self._poll_timer.start(self._pace())
        self._show_all()

    def show_tab(self, name: str) -> None:
        """Bring "runs", "escapes" or "log" to the front."""
        rooms = {"runs": self._runs_view, "escapes": self._escapes_view, "log": self._log_view}
        self._tabs.setCurrentWidget(rooms[name])

    def _show_draft(self) -> None:
        """Show the plan of the draft."""
        self._let_go()
        self.curves.show_curves(Shown())
        self._renew_shown()
        self.curves.follow()
        self._show_all()

    def _let_go(self) -> None:
        if self._run is not None:
            self._run.close()
        self._run = None
        self._escapes = Escapes()
        self._seen = (-1, -1)
        self._notice = None
        self._card.hide()

    def _renew_shown(self) -> None:
        """Hand the plots what they draw, in place."""
        shown, run = self.curves.shown, self._run
        if run is None:
            placed = self._preview.placed
            shown.placed, shown.total_steps = placed, self._preview.steps
            shown.restarts = self._preview.restarts
            shown.steps_per_epoch = placed.steps_per_epoch if placed else None
        else:
            shown.curve, shown.placed, shown.total_steps = run.curve, run.placed, run.total_steps
            shown.loss_kind = run.loss_kind
            shown.restarts, shown.steps_per_epoch = run.planned_restarts, run.steps_per_epoch
            shown.marks = run.marks
            if len(run.curve) and not run.state.is_active:
                # Nothing more comes: what was trained takes all the room, however much was planned.
                shown.total_steps = len(run.curve)
                shown.restarts = [step for step in shown.restarts if step < shown.total_steps]
        shown.message = self._message()

    def _message(self) -> tuple[str, str] | None:
        run = self._run
        if run is None:
            if self._setup.data is None:
                return self.tr("Reading the data…"), Path(str(self._setup.values["dataset"])).name
            if self._setup.config is None:
                return self.tr("Almost ready"), self.tr("Something in the form needs a look first.")
            if self._session.is_warming:
                return (
                    self.tr("Press Start"),
                    self.tr("TensorFlow is still loading: first points in a few seconds."),
                )
            warm = self._session.is_warm
            text = self.tr("First points in about a second.") if warm else self.tr("First points in a few seconds.")
            return self.tr("Press Start"), text
        if run.steps_being_read:
            return self.tr("Reading…"), self.tr("{steps} steps").format(steps=f"{run.steps_being_read:,}")
        if len(run.curve) or not run.state.is_active:
            return None
        seconds = self.tr("{seconds} s").format(seconds=int(run.seconds_since_asked))
        if run.state is RunState.STOPPING:
            return self.tr("Stopping…"), seconds
        what = self.tr("Preparing data and model") if run.sessions_seen else self.tr("Waiting for the engine")
        return self.tr("Starting…"), f"{what} · {seconds}"

    # The timers.

    def _pace(self) -> int:
        awaits = self.state.is_active or (self._run is not None and self._run.steps_being_read)
        return _LIVE_MILLISECONDS if awaits else _STILL_MILLISECONDS

    def poll(self) -> None:
        """Read what is new in the shown run, and draw it."""
        self._look_after_engine()
        run = self._run
        if run is None:
            self._renew_message()
            return
        run.poll()
        for answer in run.take_answers():
            self._strip.tell(answer.text, error=answer.refused)
        self._show_progress()
        self._poll_timer.setInterval(self._pace())

    def _show_progress(self) -> None:
        run = self._run
        assert run is not None
        seen = (run.version, run.curve.version)
        if seen != self._seen or (run.state.is_active and not len(run.curve)):
            state_changed = seen[0] != self._seen[0]
            self._seen = seen
            self._renew_shown()
            if state_changed:
                self._show_state()
                self._lister.ask()
        self.curves.keep_up()
        now = time.monotonic()
        if now >= self._tables_due:
            self._tables_due = now + _TABLES_SECONDS
            self._show_words()
            self._show_tables()

    def _look_after_engine(self) -> None:
        ended = self._session.poll()
        if ended is not None:
            folder, code, complaint = ended
            run = self._run
            if run is not None and run.path == folder:
                run.poll()
                if run.state.is_active or (run.state is RunState.INTERRUPTED and not run.sessions_seen):
                    why = complaint or self.tr("The engine process ended with code {code}.").format(code=code)
                    run.engine_ended(why.splitlines()[-1])
            self._lister.ask()
            self._show_state()
        idle = self._session.training is None and not self.state.is_active and not self._leaving
        if self._wants_spare and self._listed_once and idle:
            # While a run trains, here or without a window, a spare would take the processor from it.
            self._session.warm_up()

    def _renew_message(self) -> None:
        if self.curves.shown.message != self._message():
            self._renew_shown()
            self.curves.redraw()
            self._show_state()

    # Drawing.

    def _show_all(self) -> None:
        self._tables_due = 0.0
        self.curves.redraw()
        self._show_state()
        self._show_words()
        self._show_tables()

    def _show_state(self) -> None:
        state, now = self.state, theme.colours()
        colour = {
            RunState.RUNNING: now.good,
            RunState.FINISHED: now.good,
            RunState.FAILED: now.error,
            RunState.INTERRUPTED: now.warning,
            RunState.FINISHING_CYCLE: now.good,
        }.get(state, now.text)
        self._strip.show_state(f"{state.symbol} {self.tr(state.value)}", colour)
        self._controls.show_offers(self._offers())
        self._controls.show_note(self._note())
        self._menus.enable_run(self._run is not None)
        self._show_failure()
        table = self._offers()
        self._card.let_go_on(resume=table[Verb.RESUME].enabled, branch=table[Verb.BRANCH].enabled)
        training = self._session.training
        busy = self.tr("“{name}” is being trained; stop it first, or wait until it ends")
        self._banner.let_resume(busy.format(name=training.name) if training is not None else None)
        run = self._run
        if run is None:
            self.setWindowTitle("KEscape")
        self._runs_view.show_lines(run_lines(self._summaries, datetime.now()), run.path if run else None)  # noqa: DTZ005 (local)

    def _offers(self) -> Mapping[Verb, Offer]:
        training = self._session.training
        elsewhere = training.name if training and (self._run is None or self._run.path != training) else None
        run = self._run
        has_restarts = run is None or run.placed is None or bool(run.planned_restarts) or not run.total_steps
        return offers(
            self.state,
            elsewhere=elsewhere,
            has_restarts=has_restarts,
            unanswered=self._is_unanswered(),
            continuation=run.continuation if run is not None else Continuation(),
        )

    def _is_unanswered(self) -> bool:
        """Whether our engine was told to stop and has not answered for longer than a step takes."""
        run = self._run
        return (
            run is not None
            and run.state is RunState.STOPPING
            and run.path == self._session.training
            and run.seconds_since_asked > _PATIENCE_SECONDS
        )

    def _note(self) -> str:
        run = self._run
        if run is not None:
            return f"{run.name} · {run.backend}" if run.backend else run.name
        if self._session.is_warming:
            return self.tr("Engine: loading TensorFlow…")
        return self.tr("Engine: ready") if self._session.is_warm else ""

    def _show_failure(self) -> None:
        notice = notice_of(self._run) if self._run is not None else None
        if notice == self._notice:
            return
        self._notice = notice
        if notice is None:
            self._card.hide()
        else:
            self._card.tell(notice)

    def _show_words(self) -> None:
        run = self._run
        if run is None:
            self._strip.show_progress(0, 0, None)
            self._strip.show_words("", "", "")
            return
        words = run_words(run, datetime.now())  # noqa: DTZ005 (the clock on the wall)
        self._strip.show_progress(len(run.curve), run.total_steps, words.percent)
        self._strip.show_words(words.cycle, words.time, words.speed)
        self.setWindowTitle(words.title)
        if run.state is RunState.STOPPING:
            # What can be done depends on how long it has been asked.
            self._controls.show_offers(self._offers())

    def _show_tables(self) -> None:
        run, tab = self._run, self._tabs.currentWidget()
        if tab is self._escapes_view:
            first = self.curves.shown.restarts[:1]
            per_epoch = self.curves.shown.steps_per_epoch
            epoch = first[0] / per_epoch if first and per_epoch else None
            lines = self._escapes.lines(run.curve, grows=run.state.is_active) if run else []
            self._escapes_view.show_lines(lines, empty_sentence(epoch))
        elif tab is self._log_view:
            self._log_view.show_events(run.events if run else [])
            self._log_view.show_output(run.log_tail() if run else "")

    def _recolour(self) -> None:
        for room in (
            self._dock,
            self._runs_view,
            self._escapes_view,
            self._log_view,
            self._strip,
            self._card,
            self._banner,
        ):
            room.recolour()
        if self._plots is not None:
            self._plots.recolour()
        self._controls.recolour(self._offers())
        self._show_state()

    # What the user wants.

    def _on_setup_changed(self) -> None:
        self._preview.show(self._setup.config, waits=self._setup.data is None)
        self._dock.refresh()
        if self._run is None:
            self._renew_shown()
            self.curves.follow()
            self._show_tables()

    def _take_preset(self, values: dict[str, object]) -> None:
        defaults = {name: setting.default for name, setting in SETTINGS.items()}
        self._setup.set_many({**defaults, **values})
        self._show_draft()

    def _on_wanted(self, verb: Verb) -> None:
        try:
            if verb is Verb.START:
                self._start()
            elif verb is Verb.RESUME and self._run is not None:
                self._own_code.allow_then(self._model_of(self._run), partial(self._going_on.resume, self._run.path))
            elif verb is Verb.TRAIN_ON and self._run is not None:
                run = self._run
                self._own_code.allow_then(self._model_of(run), partial(self._going_on.ask_for_longer, run))
            elif verb is Verb.BRANCH and self._run is not None:
                self._branching.ask(self._run.path)
            elif self._run is not None:
                self._tell_run(verb, self._run)
        except RunError as error:
            self._complain(str(error))
        self._show_state()
        self._show_words()

    def _start(self) -> None:
        fault = self._setup.first_fault
        if fault is not None:
            self._dock.show()
            self._dock.focus(fault)
            return
        if self._setup.data is None:
            self._strip.tell(self.tr("The data is still being read."))
            return
        config = self._setup.config
        assert config is not None, "without a fault there is a configuration"
        self._own_code.allow_then(config.model, partial(self._begin, config))

    def _begin(self, config: RunConfig) -> None:
        try:
            self.show_run(self._session.start(config))
        except RunError as error:
            self._complain(str(error))
        self._lister.ask()

    def _model_of(self, run: WatchedRun) -> str:
        return str(run.config.get("model", ""))

    def _fill_branch(self, config: RunConfig, start: str) -> None:
        self._setup.set_many(config.model_dump())
        self._show_draft()
        self._dock.show()
        self._dock.focus("start_from")
        words = self.tr("The form starts from {start}: change what you like, then press Start.")
        self._strip.tell(words.format(start=start))

    def _train_on(self, folder: Path) -> None:
        """An ended run was asked to go on: give it an engine, and show it."""
        self._session.train(folder)
        if self._run is None or self._run.path != folder:
            self.show_run(folder)
        assert self._run is not None, "it is shown"
        self._run.goes_on()
        self._poll_timer.start(self._pace())
        self._lister.ask()
        self._show_state()
        self._show_words()

    def _resume_interrupted(self, folder: Path) -> None:
        self.show_run(folder)
        self._on_wanted(Verb.RESUME)

    def _offer_interrupted(self, runs: list[Interrupted]) -> None:
        dismissed = self._dismissed()
        self._banner.offer([run for run in runs if run.key not in dismissed])
        self._show_state()

    def _remember_dismissed(self, runs: list[Interrupted]) -> None:
        keys = [*self._dismissed(), *(run.key for run in runs)]
        self._settings.setValue("banner/dismissed", "\n".join(keys[-_DISMISSED:]))

    def _dismissed(self) -> list[str]:
        return str(self._settings.value("banner/dismissed", "")).splitlines()

    def _send(self, run: WatchedRun, kind: str, **args: Any) -> None:
        """Tell the run something; what stands in the way is said in the status line."""
        try:
            run.send(kind, **args)
        except (RunError, ValueError) as error:
            self._complain(str(error))

    def _tell_run(self, verb: Verb, run: WatchedRun) -> None:
        if verb is Verb.PAUSE:
            run.send("resume" if run.state is RunState.PAUSED else "pause")
        elif verb is Verb.STOP_AFTER_CYCLE and run.state is RunState.FINISHING_CYCLE:
            run.send("resume")
        elif verb is Verb.STOP_NOW and self._is_unanswered():
            self._session.kill_training()
        elif verb is Verb.STOP_NOW and run.state is RunState.STARTING and self._session.training == run.path:
            # It does not listen yet, and there is nothing to lose.
            if not run.sessions_seen:
                run.give_up()
            self._session.kill_training()
            withdraw_request(run.path)
        elif verb in (Verb.NEW_PEAK, Verb.NOTE):
            self._steering.ask(verb, run.name, run.highest_rate, partial(self._send, run))
        else:
            run.send(_COMMANDS[verb])

    # Data and models of the user's.

    def _choose_data(self, dataset: str) -> None:
        self._setup.choose_data(dataset)
        if self._run is not None and not self.state.is_active:
            # What was dropped or opened is what one wants to see next.
            self._show_draft()

    def _look_at_data(self) -> None:
        data = self._setup.data
        if data is not None and data.facts is not None:
            known, values = data.facts, self._setup.values
            dialog = DataDialog(known, self)
            dialog.open()
            if known.kind != "download":
                # What is read here in full was read for its facts already: the files are whole.
                look = partial(preview, known.dataset, target=known.target, task=known.task)
                if known.kind == "images":
                    look = partial(preview, known.dataset, image_size=values["image_size"])
                self._data_reader.do(look, partial(self._on_previewed, known.dataset))

    def _on_previewed(self, dataset: str, answer: Preview | Exception) -> None:
        dialog = self.findChild(DataDialog)
        # Closed meanwhile, or opened on other data, or the file has changed since.
        if dialog is not None and isinstance(answer, Preview) and dialog.dataset == dataset:
            dialog.show_preview(answer)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """What is dragged over the window may be a run, data or a model."""
        self._own_files.drag(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """It was dropped."""
        self._own_files.drop(event)

    def _import(self, path: Path) -> None:
        self._tell(self.tr("Importing {name}…").format(name=path.name))
        self._background.do(partial(_imported, path, self._runs_folder), self._on_imported)

    def _on_imported(self, answer: Path | Exception) -> None:
        if isinstance(answer, Exception):
            self._complain(str(answer))
            return
        self._tell(self.tr("Imported as {name}.").format(name=answer.name))
        self.show_run(answer)
        self._lister.ask()

    def _ask_open(self) -> None:
        dialog = QFileDialog(self, self.tr("Open run"), str(self._runs_folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.show_run(Path(chosen)))
        dialog.open()

    def _ask_export(self, path: Path | None = None) -> None:
        run = path if isinstance(path, Path) else (self._run.path if self._run else None)
        if run is None:
            return
        folder = str(self._settings.value("export/folder", str(Path.home())))
        dialog = ExportDialog(run.name, folder, self)
        dialog.chosen.connect(partial(self.export_to, run))
        dialog.open()

    def export_to(self, run: Path, target: Path) -> None:
        """Write a run to a file; the status line says how it went."""
        self._settings.setValue("export/folder", str(target.parent))
        self._strip.tell(self.tr("Exporting {name}…").format(name=target.name))
        self._exporter.export(run, target)

    def _on_exported(self, outcome: Outcome) -> None:
        if outcome.problem is not None:
            self._strip.tell(self.tr("Export failed: {why}").format(why=outcome.problem), error=True)
            return
        link = QUrl.fromLocalFile(str(outcome.target.parent)).toString()
        colour = theme.colours().accent
        self._strip.tell(
            self.tr("Saved {name} · <a href='{link}' style='color:{colour}'>Show in folder</a>").format(
                name=outcome.target.name, link=link, colour=colour
            )
        )

    def _on_listed(self, summaries: list[RunSummary]) -> None:
        self._summaries = summaries
        if not self._listed_once:
            self._listed_once = True
            live = [summary for summary in summaries if summary.status.is_live]
            # One that trains is more likely the one to be seen than one that may never begin.
            live.sort(key=lambda summary: summary.status is RunStatus.STARTING)
            self._background.do(partial(interrupted_runs, summaries), self._offer_interrupted)
            if live and self._run is None:
                # Training went on without a window; this one takes it up again.
                self.show_run(live[0].path)
        self._runs_view.show_lines(run_lines(summaries, datetime.now()), self._run.path if self._run else None)  # noqa: DTZ005 (local)

    def set_appearance(self, appearance: theme.Appearance) -> None:
        """Light, dark, or as the system is; remembered."""
        self._settings.setValue("appearance", appearance.value)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply_appearance(app, appearance)
        self._recolour()

    def _focus_curves(self, only: bool) -> None:
        self._dock.setVisible(not only)
        self._tabs.setVisible(not only)

    # The window itself.

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first paint, what would have held it up begins."""
        super().paintEvent(event)
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self._after_first_paint)

    def _after_first_paint(self) -> None:
        if self._leaving:
            return
        self._look_after_engine()
        if self._run is None:
            self._show_draft()
        self.poll()
        self._poll_timer.start(self._pace() if self._run else 250)
        self._list_timer.start()
        self._lister.ask()

    def changeEvent(self, event: QEvent) -> None:
        """A new palette of the system recolours what we paint ourselves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._has_painted:
            self._recolour()

    def closeEvent(self, event: QCloseEvent) -> None:
        """A training goes on without the window, unless the user wants it otherwise."""
        training = self._live_training()
        if training is not None and not self._leaving:
            event.ignore()
            self._ask_leave(training)
            return
        self._leaving = True
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("state", self.saveState(_LAYOUT_VERSION))
        self._settings.setValue("splitter", self._splitter.saveState())
        self._poll_timer.stop()
        self._list_timer.stop()
        self._lister.wait()
        self._exporter.wait()
        self._background.close()
        self._data_reader.close()
        self._session.close()
        if self._run is not None:
            self._run.close()
        super().closeEvent(event)

    def leave(self) -> None:
        """Close without a question; a training goes on without the window."""
        self._leaving = True
        self.close()

    def _live_training(self) -> Path | None:
        """The run that our engine trains, unless its folder says that it has ended: the process may still tidy up."""
        training = self._session.training
        if training is None or (self._run is not None and self._run.path == training):
            return training if training is not None and self.state.is_active else None
        try:
            with open_run(training) as run:
                return training if run.status.is_live else None
        except RunError:
            return training

    def _ask_leave(self, training: Path) -> None:
        asked = self.findChild(LeaveBox)
        if asked is not None:
            asked.raise_()
            return
        box = LeaveBox(training.name, self)
        box.keep_wanted.connect(self.leave)
        box.stop_wanted.connect(partial(self._stop_and_leave, training))
        box.open()

    def _stop_and_leave(self, training: Path) -> None:
        try:
            send_command(training, "stop_after_cycle")
        except RunError as error:
            self._complain(str(error))
            return
        self.leave()

    def _restore_layout(self) -> None:
        geometry, state = self._settings.value("geometry"), self._settings.value("state")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self.restoreState(state, _LAYOUT_VERSION)
        splitter = self._settings.value("splitter")
        if isinstance(splitter, QByteArray):
            self._splitter.restoreState(splitter)

    def _reset_layout(self) -> None:
        self._menus.show_all_rooms()
        self._tabs.show()
        self._dock.show()
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        self.resizeDocks([self._dock], [_DOCK_WIDTH], Qt.Orientation.Horizontal)
        self._splitter.setSizes([540, 180])
        self.resize(1300, 800)


def _imported(path: Path, runs: Path) -> Path:
    """The folder of the run that was made of a log."""
    with import_run(path, runs=runs) as run:
        return run.path


def _open_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
