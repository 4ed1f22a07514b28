"""The window: puts the rooms together and carries what happens in one to the others. It knows nothing of its own.

A timer reads what is in view, some 30 times a second while it trains. What is new is then drawn; where nothing is
new, nothing is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QPalette,
    QStatusTipEvent,
)
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QVBoxLayout, QWidget

from kescape.config import RunConfig
from kescape_gui import theme
from kescape_gui.background import Background
from kescape_gui.banner import Banner
from kescape_gui.card import Card
from kescape_gui.compare.comparison import Comparison
from kescape_gui.comparison.comparisons import Comparisons
from kescape_gui.controls import Controls
from kescape_gui.curves.shown import Shown
from kescape_gui.dialogs import show_one
from kescape_gui.engine_session import EngineSession
from kescape_gui.export.clipboard import CurvesCopier, copy_key
from kescape_gui.export.exporting import Exporting
from kescape_gui.in_view import InView
from kescape_gui.landscape.landscapes import Landscapes
from kescape_gui.landscape.minima import no_landscape_because
from kescape_gui.layout import Layout
from kescape_gui.leaving import Leaving
from kescape_gui.looking import Looking
from kescape_gui.menus import Menus
from kescape_gui.notice import Notice, notice_of
from kescape_gui.notifier import Notifier
from kescape_gui.opening import Opening, open_folder
from kescape_gui.own_files import OwnFiles
from kescape_gui.panes import Panes
from kescape_gui.plan_preview.known_speed import KnownSpeed
from kescape_gui.plan_preview.plan_preview import PlanPreview
from kescape_gui.playground.playground_opening import PlaygroundOpening
from kescape_gui.preferences import PreferenceFile
from kescape_gui.preferring import Preferring
from kescape_gui.range_test.rate_finding import RateFinding
from kescape_gui.recent_menu import RecentMenu
from kescape_gui.run_list import RunList
from kescape_gui.run_state import RunState, Verb
from kescape_gui.run_words import run_words
from kescape_gui.runs.runs_room import RunsRoom
from kescape_gui.runs.runs_view import RunsView
from kescape_gui.setup.draft_file import draft_path, read_draft
from kescape_gui.setup.draft_keeper import DraftKeeper
from kescape_gui.setup.drafts import Drafts
from kescape_gui.setup.edits import Edits
from kescape_gui.setup.setup import Setup
from kescape_gui.setup.setup_dock import SetupDock
from kescape_gui.status_strip import StatusStrip
from kescape_gui.tables import Tables
from kescape_gui.verbs import Verbs
from kescape_gui.watched_run import WatchedRun

if TYPE_CHECKING:
    from kescape_gui.curves.curves_view import CurvesView

_LIVE_MILLISECONDS = 30
_STILL_MILLISECONDS = 1000
_DRAFT_MILLISECONDS = 250
_WORDS_SECONDS = 0.5
"""The tables and words under the curves are renewed at most this often."""


class MainWindow(QMainWindow):
    """The one window of the app.

    Args:
        runs: The folder that runs are kept in.
        settings: Where the window's size and looks are remembered.
        preferences: What the user prefers; by default, as the file of this user says.
        spare_engine: Whether an engine is started ahead, so that Start shows its first point at once; by default,
            as is preferred.
    """

    def __init__(
        self,
        runs: Path,
        settings: QSettings,
        *,
        preferences: PreferenceFile | None = None,
        spare_engine: bool | None = None,
    ) -> None:
        super().__init__()
        self._runs_folder = runs
        self._settings = settings
        self._wants_spare = spare_engine
        self._background = Background(self)
        # A large file must not keep other answers waiting, so data is read in a thread of its own.
        self._data_reader = Background(self)
        draft = read_draft(draft_path())
        self._draft_note = draft.note
        self._setup = Setup(self._on_setup_changed, self._data_reader.do, draft.values)
        self._edits = Edits(self._setup, self)
        self._keeper = DraftKeeper(self._setup, draft_path(), self)
        self._preview = PlanPreview()
        self._preview.show(self._setup.config, waits=self._setup.data is None)
        self._speeds = KnownSpeed(self._background.do, self._show_length)
        self._session = EngineSession(runs)
        self._notifier = Notifier(self)
        self._preferring = Preferring(preferences or PreferenceFile(), runs, self._session, self._notifier, self)
        self._in_view = InView(self._setup, self._preview, self._session)
        self._plots: CurvesView | None = None
        self._seen: tuple[int, int] = (-1, -1)
        self._words_due = 0.0
        self._notice: Notice | None = None
        self._showed_form = True
        self._leaving = False
        self._has_painted = False
        self._build_rooms()
        self._lay_out()
        self._build_helpers()
        self._build_menus()
        self._poll_timer = QTimer(self)
        self._poll_timer.timeout.connect(self.poll)
        self._layout = Layout(self, self._dock, self._splitter, settings)
        self._layout.restore()
        self._recolour()

    @property
    def shown_run(self) -> WatchedRun | None:
        """The run in view, or None while the draft's plan is."""
        return self._in_view.run

    @property
    def curves(self) -> CurvesView:
        """The plots. They are made when they are first wanted: their library would hold up the first paint."""
        if self._plots is None:
            from kescape_gui.curves.curves_view import CurvesView

            plots = self._plots = CurvesView()
            plots.note_wanted.connect(self._note)
            plots.keys_wanted.connect(self._show_keys)
            plots.range_test_wanted.connect(self._rate_finding.ask)
            plots.smoothed_anew.connect(self._comparison.smooth_anew)
            self._curves_place.addWidget(plots)
            copy_key(plots).activated.connect(lambda: self._copier.copy(plots, plots.shown.curve))
            plots.show()
        return self._plots

    @property
    def controls(self) -> Controls:
        """The bar of verbs."""
        return self._controls

    @property
    def comparison(self) -> Comparison:
        """The runs that are drawn along."""
        return self._comparison

    @property
    def engines(self) -> EngineSession:
        """The engine processes of this window."""
        return self._session

    @property
    def state(self) -> RunState:
        """The state of what is in view."""
        return self._in_view.state

    # Building.

    def _build_rooms(self) -> None:
        self._controls = Controls(self)
        self._dock = SetupDock(self._edits, self._preview, self)
        self._card = Card()
        self._banner = Banner()
        self._runs_view = RunsView(self._settings)
        self._comparison = Comparison(self._settings, self)
        self._tables = Tables(self._in_view, self._runs_view, self._comparison.view)
        self._strip = StatusStrip()

    def _lay_out(self) -> None:
        self.setObjectName("mainWindow")
        self.setMinimumSize(960, 600)
        self.setAcceptDrops(True)
        self.addToolBar(self._controls)
        top = QWidget()
        top.setBackgroundRole(QPalette.ColorRole.Base)
        top.setAutoFillBackground(True)
        top_layout = QVBoxLayout(top)
        top_layout.setContentsMargins(0, 0, 0, 0)
        top_layout.setSpacing(0)
        top_layout.addWidget(self._banner)
        top_layout.addWidget(self._card)
        self._curves_place = QVBoxLayout()
        top_layout.addLayout(self._curves_place, 1)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(top)
        self._splitter.addWidget(self._tables)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setChildrenCollapsible(False)
        self.setCentralWidget(self._splitter)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self._strip, 1)
        self.statusBar().setContentsMargins(0, 0, 0, 0)

    def _build_helpers(self) -> None:
        self._verbs = Verbs(self._in_view, self._setup, self._session, self._background, self)
        self._verbs.begun.connect(self._on_begun)
        self._verbs.drafted.connect(self._fill_branch)
        self._verbs.control_begun.connect(self._compare_both)
        self._verbs.fault_found.connect(self._go_to_fault)
        self._verbs.cannot_go_on.connect(self._tell_why_not)
        self._controls.wanted.connect(self._do)
        self._own_files = OwnFiles(self._settings, self)
        self._own_files.data_chosen.connect(self._choose_data)
        self._own_files.model_chosen.connect(lambda model: self._edits.set_many({"model": model}, self.tr("Model")))
        self._own_files.run_chosen.connect(self.show_run)
        self._looking = Looking(self._setup, self._data_reader, self)
        self._dock.browse_wanted.connect(self._own_files.browse)
        self._dock.look_wanted.connect(self._looking.look)
        self._dock.model_look_wanted.connect(self._looking.look_at_model)
        self._drafts = Drafts(self._edits, self._settings, self)
        self._drafts.filled.connect(self._show_filled)
        self._own_files.settings_chosen.connect(self._drafts.take_file)
        self._keeper.told.connect(partial(self._strip.tell, error=True))
        self._rate_finding = RateFinding(self._in_view, self._edits, self._session, self)
        self._rate_finding.fault_found.connect(self._go_to_fault)
        self._opening = Opening(self._runs_folder, self._background, self)
        self._opening.opened.connect(self._on_opened)
        self._own_files.log_chosen.connect(self._opening.import_log)
        self._exporting = Exporting(self._settings, self)
        self._copier = CurvesCopier(self)
        self._landscapes = Landscapes(self)
        self._playground = PlaygroundOpening(self._settings, self)
        self._playground.keys_wanted.connect(self._show_keys)
        self._comparisons = Comparisons(
            self._runs_folder,
            lambda: self._list.folder,
            self._setup,
            self._speed_of,
            self._background,
            self._settings,
            self,
        )
        self._comparisons.run_wanted.connect(self._show_run_of_comparison)
        self._comparisons.keys_wanted.connect(self._show_keys)
        self._leave_questions = Leaving(self._in_view, self._session, lambda: self._preferring.value.closing, self)
        self._leave_questions.decided.connect(self.leave)
        self._leave_questions.always_wanted.connect(partial(self._preferring.prefer, "closing"))
        self._card.log_wanted.connect(partial(self.show_tab, "log"))
        self._card.resume_wanted.connect(partial(self._do, Verb.RESUME))
        self._card.branch_wanted.connect(partial(self._do, Verb.BRANCH))
        self._banner.resume_wanted.connect(self._resume)
        self._list = RunList(self._runs_folder, self._settings, self._background, self._banner, self)
        self._list.listed.connect(self._show_runs)
        self._list.listed.connect(lambda: self._notifier.look(self._list.summaries))
        self._list.listed.connect(self._show_length)
        self._list.found_live.connect(self._take_up)
        self._list.offered.connect(self._show_state)
        self._runs_room = RunsRoom(self._runs_view, self._list, self._in_view, self._settings, self._background, self)
        self._runs_room.draft_wanted.connect(self._show_draft)
        self._runs_room.run_wanted.connect(self.show_run)
        self._runs_room.undoable.connect(self._strip.offer)
        self._comparison.changed.connect(self._show_compared)
        self._comparison.chosen.connect(self.show_run)
        self._runs_room.moved.connect(self._comparison.follow)
        self._runs_view.compare_toggled.connect(self._comparison.compare)
        self._runs_view.baseline_wanted.connect(self._comparison.pin)
        self._runs_view.chosen.connect(self.show_run)
        self._runs_view.resume_wanted.connect(self._resume)
        self._runs_view.settings_wanted.connect(self._use_settings_of)
        self._runs_view.export_wanted.connect(self._ask_export)
        self._runs_view.folder_wanted.connect(open_folder)
        self._tables.note_wanted.connect(self._write_note)
        self._tables.step_wanted.connect(lambda step: self.curves.show_step(step))
        self._tables.restart_wanted.connect(lambda number: self.curves.show_cycle_from(number))
        self._tables.suggested.connect(self._verbs.carry_out)
        self._recent = RecentMenu(self._settings, self)
        self._recent.chosen.connect(self.show_run)
        self._preferring.appearance_changed.connect(self._show_appearance)
        self._panes = Panes(
            (lambda: self._dock, lambda: self._plots, lambda: self._tables, lambda: self._controls), self
        )
        talkers = (
            self._verbs, self._opening, self._exporting, self._copier, self._runs_room, self._rate_finding,
            self._drafts,
        )  # fmt: skip
        for teller in (*talkers, self._own_files):
            teller.told.connect(self._strip.tell)
        for complainer in (*talkers, self._leave_questions, self._preferring, self._looking, self._comparison):
            complainer.complained.connect(partial(self._strip.tell, error=True))

    def _build_menus(self) -> None:
        show_setup, appearance = self._dock.toggleViewAction(), self._preferring.value.appearance
        edits = self._edits.stack
        menus = self._menus = Menus(self, self._controls.verbs, edits, show_setup, self._recent, appearance)
        menus.draft_wanted.connect(self._show_draft)
        menus.settings_wanted.connect(self._use_settings)
        menus.open_settings_wanted.connect(self._drafts.ask_open)
        menus.save_settings_wanted.connect(self._drafts.ask_save)
        self._drafts.fill_menu(menus.presets)
        menus.open_wanted.connect(self._opening.ask)
        menus.import_wanted.connect(self._own_files.browse_logs)
        menus.runs_folder_wanted.connect(self._runs_room.places.ask)
        menus.place_wanted.connect(self._runs_room.places.look_in)
        menus.filter_wanted.connect(self._filter_runs)
        self._runs_room.places_changed.connect(menus.show_places)
        menus.export_wanted.connect(lambda: self._with_run(self._ask_export))
        menus.folder_wanted.connect(lambda: self._with_run(open_folder))
        menus.rate_wanted.connect(self._rate_finding.ask)
        menus.comparison_wanted.connect(self._comparisons.ask_new)
        self._comparisons.fill_menu(menus.compare)
        menus.landscape_wanted.connect(lambda: self._with_run(self._landscapes.ask))
        menus.playground_wanted.connect(self._playground.ask)
        menus.follow_wanted.connect(lambda: self.curves.follow())
        menus.curves_only.connect(self._focus_curves)
        menus.appearance_wanted.connect(self.set_appearance)
        menus.preferences_wanted.connect(self._preferring.ask)
        menus.pane_wanted.connect(self._panes.go)
        menus.keys_wanted.connect(self._show_keys)
        menus.about_wanted.connect(self._show_about)
        menus.reset_wanted.connect(self._reset_layout)

    # What is in view.

    def show_run(self, path: Path) -> None:
        """Show a run, live or not, from its folder."""
        if self._in_view.path == path:
            return
        self._forget_shown()
        self._in_view.show(path, self._comparison.run_of(path))
        self._recent.add(path)
        self._show_anew()
        self._poll_timer.start(self._pace())

    def show_tab(self, name: str) -> None:
        """Bring "runs", "compare", "escapes", "data" or "log" to the front."""
        self._tables.show_tab(name)

    def _show_draft(self) -> None:
        """Show the plan of the draft."""
        self._forget_shown()
        self._in_view.let_go()
        self._show_anew()

    def _forget_shown(self) -> None:
        self._tables.forget()
        self._seen = (-1, -1)
        self._notice = None
        self._card.hide()

    def _show_anew(self) -> None:
        shown = Shown()
        self._in_view.fill(shown)
        self.curves.show_curves(shown)
        self._comparison.show(self._in_view.run)
        self._words_due = 0.0
        self._show_state()
        self._show_words()
        self._tables.renew()

    # The timer.

    def _pace(self) -> int:
        if self._in_view.run is None:
            return _DRAFT_MILLISECONDS
        return _LIVE_MILLISECONDS if self._in_view.is_awaited else _STILL_MILLISECONDS

    def poll(self) -> None:
        """Read what is new in the shown run, and draw it."""
        self._look_after_engines()
        run = self._in_view.run
        if run is None:
            self._renew_message()
            return
        run.poll()
        for answer in run.take_answers():
            self._strip.tell(answer.text, error=answer.refused)
        self._show_progress(run)
        self._poll_timer.setInterval(self._pace())

    def _show_progress(self, run: WatchedRun) -> None:
        seen = (run.version, run.curve.version)
        if seen != self._seen or (run.state.is_active and not len(run.curve)):
            state_changed = seen[0] != self._seen[0]
            self._seen = seen
            self._in_view.fill(self.curves.shown)
            if state_changed:
                self._show_state()
                self._list.ask()
            if state_changed and not run.state.is_active:
                # The last steps are not kept waiting until the next look, which is long after.
                self.curves.redraw()
                self._words_due = 0.0
        self.curves.keep_up()
        now = time.monotonic()
        if now >= self._words_due:
            self._words_due = now + _WORDS_SECONDS
            self._show_words()
            self._tables.renew()

    def _look_after_engines(self) -> None:
        if self._in_view.look_after_engines():
            self._list.ask()
            self._show_state()
        idle = self._session.training is None and not self.state.is_active and not self._leaving
        wants_spare = self._preferring.value.spare_engine if self._wants_spare is None else self._wants_spare
        if wants_spare and self._list.was_listed and idle:
            # While a run trains, here or without a window, a spare would take the processor from it.
            self._session.warm_up()

    def _renew_message(self) -> None:
        if self.curves.shown.message != self._in_view.message:
            self._in_view.fill(self.curves.shown)
            self.curves.redraw()
            self._show_state()

    # Drawing.

    def _show_state(self) -> None:
        self._strip.show_state(self.state)
        offers = self._in_view.offers
        self._controls.show_offers(offers)
        self._controls.show_note(self._in_view.engine_words)
        self._tables.offer_note(offers[Verb.NOTE])
        self._menus.enable_run(self._in_view.run is not None)
        self._show_failure()
        self._card.let_go_on(resume=offers[Verb.RESUME].enabled, branch=offers[Verb.BRANCH].enabled)
        self._banner.leave_out(self._in_view.path)
        training = self._session.training
        busy = self.tr("“{name}” is being trained; stop it first, or wait until it ends")
        for place in (self._banner, self._runs_view):
            place.let_resume(busy.format(name=training.name) if training is not None else None)
        if self._in_view.run is None:
            self.setWindowTitle("KEscape")
        self._show_chip()
        self._show_runs()

    def _show_chip(self) -> None:
        run = self._in_view.run
        self._dock.show_run(run.name if run else None, run.config if run else {}, trains=self.state.is_active)

    def _show_length(self) -> None:
        self._speeds.seek(self._setup.values, self._list.summaries)
        self._dock.show_speed(self._speeds.of(self._setup.values))
        self._comparisons.speeds_changed()

    def _speed_of(self, config: Mapping[str, Any]) -> float | None:
        self._speeds.seek(config, self._list.summaries)
        return self._speeds.of(config)

    def _show_runs(self) -> None:
        self._runs_view.show_runs(self._list.summaries, self._in_view.path)

    def _show_compared(self) -> None:
        self._runs_view.show_swatches(self._comparison.swatches())
        if self._plots is None:
            return
        now = theme.colours()
        self._plots.shown.others = self._comparison.others(now)
        self._plots.shown.bands = self._comparison.bands(now)
        if not self._in_view.is_awaited:
            # Else the next poll draws it. Not in this turn of the event loop, of which reading took its share.
            QTimer.singleShot(0, self._plots.redraw)

    def _show_failure(self) -> None:
        run = self._in_view.run
        notice = notice_of(run) if run is not None else None
        if notice == self._notice:
            return
        self._notice = notice
        if notice is None:
            self._card.hide()
        else:
            self._card.tell(notice)

    def _show_words(self) -> None:
        run = self._in_view.run
        self._menus.offer_landscape(no_landscape_because(run.name if run else None, run.minima if run else 0))
        if run is None:
            self._strip.show_progress(0, 0, None)
            self._strip.show_words("", "", "")
            return
        words = run_words(run, datetime.now())  # noqa: DTZ005 (the clock on the wall)
        self._speeds.learn(run.config, run.curve)
        self._strip.show_progress(len(run.curve), run.total_steps, words.percent)
        self._strip.show_words(words.cycle, words.time, words.speed)
        self.setWindowTitle(words.title)
        if run.state is RunState.STOPPING:
            # What can be done depends on how long it has been asked.
            self._controls.show_offers(self._in_view.offers)

    def _recolour(self) -> None:
        for room in (
            self._dock,
            self._runs_view,
            self._tables,
            self._strip,
            self._card,
            self._banner,
            self._comparison,
        ):
            room.recolour()
        if self._plots is not None:
            self._show_compared()
            self._plots.recolour()
        self._controls.recolour(self._in_view.offers)
        self._show_state()

    # What the user wants.

    def _do(self, verb: Verb) -> None:
        self._verbs.do(verb)
        self._show_state()
        self._show_words()

    def _on_begun(self, folder: Path) -> None:
        """An engine of ours trains a run, new or going on."""
        # What was said before is not so any more.
        self._strip.fall_silent()
        if folder.parent == self._runs_folder:
            self._runs_room.go_home()
        self.show_run(folder)
        run = self._in_view.run
        assert run is not None, "it is shown"
        run.goes_on()
        self._poll_timer.start(self._pace())
        self._list.ask()
        self._show_state()
        self._show_words()

    def _compare_both(self, path: Path, control: Path) -> None:
        self._comparison.compare(path)
        self._comparison.compare(control)

    def _resume(self, folder: Path) -> None:
        self.show_run(folder)
        self._do(Verb.RESUME)

    def _show_run_of_comparison(self, path: Path) -> None:
        self.show_run(path)
        self._list.ask()
        self.raise_()
        self.activateWindow()

    def _on_opened(self, path: Path) -> None:
        self.show_run(path)
        self._list.ask()

    def _take_up(self, path: Path) -> None:
        """Training went on without a window; this one takes it up again."""
        if self._in_view.run is None:
            self.show_run(path)

    def _with_run(self, do: Callable[[Path], None]) -> None:
        if self._in_view.path is not None:
            do(self._in_view.path)

    def _ask_export(self, run: Path) -> None:
        first, last = self.curves.visible_steps()
        sees_steps = run == self._in_view.path and len(self.curves.shown.curve) > 0 and first <= last
        self._exporting.ask(run, (first, last) if sees_steps else None)

    def export_to(self, run: Path, target: Path) -> None:
        """Write a run to a file; the status line says how it went."""
        self._exporting.export(run, target)

    def _on_setup_changed(self) -> None:
        self._preview.show(self._setup.config, waits=self._setup.data is None)
        self._dock.refresh()
        self._show_length()
        self._keeper.on_changed()
        if self._in_view.run is None:
            self._in_view.fill(self.curves.shown)
            self.curves.follow()
            self._tables.renew()

    def _choose_data(self, dataset: str) -> None:
        self._edits.choose_data(dataset)
        self._show_filled()

    def _show_filled(self) -> None:
        """What was dropped, opened or chosen is what one wants to see next, but for a training."""
        if self._in_view.run is not None and not self.state.is_active:
            self._show_draft()

    def _use_settings_of(self, path: Path) -> None:
        """A run of the list need not be in view."""
        for summary in self._list.summaries:
            if summary.path == path:
                self._drafts.use_settings(summary.name, summary.config)

    def _use_settings(self) -> None:
        run = self._in_view.run
        if run is not None:
            self._drafts.use_settings(run.name, run.config)

    def _fill_branch(self, config: RunConfig, start: str) -> None:
        self._edits.set_many(config.model_dump(), self.tr("Branch"))
        self._show_draft()
        self._go_to_fault("start_from")
        words = self.tr("The form starts from {start}: change what you like, then press Start.")
        self._strip.tell(words.format(start=start))

    def _go_to_fault(self, name: str) -> None:
        self._dock.show()
        self._dock.focus(name)

    def _tell_why_not(self, why: str) -> None:
        self._card.tell(Notice("warning", self.tr("This run cannot go on"), why, "", why))
        self._card.let_go_on(resume=False, branch=False)

    def set_appearance(self, appearance: theme.Appearance) -> None:
        """Light, dark, or as the system is; remembered."""
        self._preferring.prefer("appearance", appearance.value)

    def _show_appearance(self, appearance: str) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply_appearance(app, theme.Appearance(appearance))
        self._menus.show_appearance(appearance)
        self._recolour()

    def _filter_runs(self) -> None:
        self._menus.show_all_rooms()
        self.show_tab("runs")
        self._runs_view.focus_filter()

    # What the first paint does not need is loaded when it is wanted.

    def _show_keys(self) -> None:
        from kescape_gui.keys_dialog import KeysDialog, key_groups

        show_one(self, KeysDialog, lambda: KeysDialog(key_groups(self), self))

    def _show_about(self) -> None:
        from kescape_gui.about_dialog import AboutDialog

        show_one(self, AboutDialog, lambda: AboutDialog(self._runs_folder, self))

    def _note(self) -> None:
        """Ask for a line of text, if there is a training to note it in."""
        offer = self._in_view.offers[Verb.NOTE]
        if offer.enabled:
            self._do(Verb.NOTE)
        else:
            self._strip.tell(offer.reason)

    def _write_note(self, text: str) -> None:
        if not self._verbs.note(text):
            self._tables.give_back_note(text)

    def _focus_curves(self, only: bool) -> None:
        if only:
            self._showed_form = not self._dock.isHidden()
        self._dock.setVisible(not only and self._showed_form)
        self._tables.setVisible(not only)

    def _reset_layout(self) -> None:
        self._menus.show_all_rooms()
        self._tables.show()
        self._dock.show()
        self._layout.reset()

    # The window itself.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """What is dragged over the window may be a run, data or a model."""
        self._own_files.drag(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """It was dropped."""
        self._own_files.drop(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first paint, what would have held it up begins."""
        super().paintEvent(event)
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self._after_first_paint)

    def _after_first_paint(self) -> None:
        if self._leaving:
            return
        self._look_after_engines()
        if self._in_view.run is None:
            self._show_draft()
        if self._draft_note:
            self._strip.tell(self._draft_note, error=True)
        self.poll()
        self._poll_timer.start(self._pace())
        self._list.start()
        self._runs_room.start()
        self._preferring.say_problem()

    def event(self, event: QEvent) -> bool:
        """The tip of a menu's entry goes to a place of its own: Qt would hide the whole strip behind it."""
        if isinstance(event, QStatusTipEvent):
            self._strip.show_tip(event.tip())
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """A new palette of the system recolours what we paint ourselves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._has_painted:
            self._recolour()

    def closeEvent(self, event: QCloseEvent) -> None:
        """A training goes on without the window, unless the user wants it otherwise."""
        if not self._leaving and self._leave_questions.must_ask():
            event.ignore()
            return
        self._leaving = True
        # Who closes the window on the curves only does not look for the form at the next start.
        self._menus.show_all_rooms()
        self._layout.save()
        self._keeper.close()
        self._poll_timer.stop()
        self._list.close()
        self._runs_room.close()
        self._notifier.close()
        self._rate_finding.close()
        self._landscapes.close()
        self._playground.close()
        self._comparisons.close()
        self._comparison.close()
        self._exporting.close()
        self._background.close()
        self._data_reader.close()
        self._session.close()
        self._in_view.let_go()
        super().closeEvent(event)

    def leave(self) -> None:
        """Close without a question; a training goes on without the window."""
        self._leaving = True
        self.close()
