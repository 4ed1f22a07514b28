"""The playground: optimizers that race on a toy surface. A window of its own, beside the one that trains."""

from __future__ import annotations

import time

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from kescape.landscape.escape_rate import STARTS, EscapeRate
from kescape.landscape.race import METHODS
from kescape.landscape.surfaces import SURFACES
from kescape_gui import theme
from kescape_gui.background import Background
from kescape_gui.playground.figure_boxes import FigureBoxes
from kescape_gui.playground.method_rows import MethodRows
from kescape_gui.playground.playground import Playground, method_titles, minimum_words
from kescape_gui.playground.rate_view import RateView
from kescape_gui.playground.survey import Survey
from kescape_gui.playground.track_plots import TrackPlots
from kescape_gui.playground.transport import Transport
from kescape_gui.surface.grid import Mark, Path
from kescape_gui.surface.heat_map_view import HeatMapView
from kescape_gui.surface.surface_3d_view import Surface3DView
from kescape_gui.words import tr

_TICK_MILLISECONDS = 33
_LONGEST_TICK = 0.1
"""Seconds; who was held up for longer does not see the race jump."""
_WORDS_TICKS = 4
_SIZE = QSize(1180, 800)
_LEAST = QSize(820, 560)
_SHARES = ([500, 400], [430, 260])
"""Of map and tabs, and of both and the plots."""
_LABEL_SHARE = 0.35
"""Of the width of the map: a longer label would not fit beside its dot."""
_GOAL, _LOCAL = "#ffffff", "#b8bec6"
"""Of the dots of minima. The surface has the same colours in the light and in the dark, and so have these."""


class PlaygroundWindow(QDialog):
    """Shows a playground, moves it on by a timer while it plays and is seen, and carries what is clicked to it.

    Args:
        settings: Where size and place are remembered.
        parent: The window that trains.
    """

    keys_wanted = Signal()
    closed = Signal()

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._settings = settings
        self._playground = Playground()
        self._background = Background(self)
        self._survey: Survey | None = None
        self._is_playing = True
        self._last = 0.0
        self._owed = 0.0
        self._ticks = 0
        self._shown = -1
        self.setObjectName("playgroundWindow")
        self.setWindowTitle(self.tr("Playground"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MILLISECONDS)
        self._timer.timeout.connect(self._tick)
        self._connect()
        self._show_surface()
        self._recolour()
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - QSize(4, 36)))
        geometry = settings.value("playground/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self._transport.focus()

    @property
    def playground(self) -> Playground:
        """What is shown."""
        return self._playground

    @property
    def is_playing(self) -> bool:
        """Whether the race moves on by itself."""
        return self._is_playing

    @property
    def rates(self) -> list[EscapeRate]:
        """The escape rates that are shown; none before they were asked for."""
        return self._rates.bars.rates

    # Building.

    def _build(self) -> None:
        self._surfaces = QComboBox()
        self._surfaces.setObjectName("surfaceBox")
        self._surfaces.setAccessibleName(self.tr("Surface"))
        self._surfaces.setToolTip(self.tr("Test functions of the optimization literature"))
        for surface in SURFACES:
            self._surfaces.addItem(tr(surface.title), surface.name)
        self._lesson = QLabel()
        self._lesson.setObjectName("surfaceLesson")
        self._lesson.setWordWrap(True)
        self._lesson.setTextFormat(Qt.TextFormat.PlainText)
        self._toy = QLabel(self.tr("Toy surface, not your network"))
        self._toy.setObjectName("toyLabel")
        theme.font(self._toy, bold=True)
        self._methods = MethodRows()
        self._figures = FigureBoxes()
        self._ask_rate = QPushButton(self.tr("Escape &rate"))
        self._ask_rate.setObjectName("escapeRateButton")
        self._ask_rate.setAutoDefault(False)
        self._ask_rate.setMinimumHeight(30)
        self._ask_rate.setToolTip(
            self.tr(
                "Race all methods from {starts} random starts: who ends in the basin of the goal, how often?"
            ).format(starts=STARTS)
        )
        self._map = HeatMapView("x", "y", self.tr("loss"))
        self._map.setObjectName("playgroundMap")
        self._map.setToolTip(self.tr("Click, or press the arrow keys and Enter, to start from there"))
        self._relief = Surface3DView("x", "y", self.tr("loss"))
        self._relief.setObjectName("playgroundRelief")
        self._rates = RateView()
        self._tabs = QTabWidget()
        self._tabs.setObjectName("playgroundTabs")
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(self._relief, self.tr("In space"))
        self._tabs.addTab(self._rates, self.tr("Escape rate"))
        self._tracks = TrackPlots(self._playground)
        self._transport = Transport()

    def _lay_out(self) -> None:
        heading = QHBoxLayout()
        heading.setSpacing(12)
        heading.addWidget(self._surfaces)
        heading.addWidget(self._lesson, 1)
        heading.addWidget(self._toy)
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(10)
        column.addWidget(self._methods)
        column.addWidget(_rule())
        column.addWidget(self._figures)
        column.addWidget(self._ask_rate)
        column.addStretch(1)
        # A window may be lower than the form is high.
        area = QScrollArea()
        area.setWidget(form)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        bar = area.verticalScrollBar().sizeHint().width()
        area.setFixedWidth(max(form.sizeHint().width(), 40 * self.fontMetrics().averageCharWidth()) + bar)
        top, whole = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Vertical)
        for splitter, parts, sizes in (
            (top, (self._map, self._tabs), _SHARES[0]),
            (whole, (top, self._tracks), _SHARES[1]),
        ):
            for part in parts:
                splitter.addWidget(part)
            splitter.setChildrenCollapsible(False)
            splitter.setSizes(sizes)
            splitter.setStretchFactor(0, 3)
            splitter.setStretchFactor(1, 2)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(whole, 1)
        right.addWidget(self._transport)
        middle = QHBoxLayout()
        middle.setSpacing(6)
        middle.addWidget(area)
        middle.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addLayout(heading)
        layout.addLayout(middle, 1)
        self.setMinimumSize(_LEAST)

    def _connect(self) -> None:
        self._surfaces.currentIndexChanged.connect(self._on_surface_chosen)
        self._methods.changed.connect(self._show_choice)
        self._figures.edited.connect(lambda name, value: self._take(**{name: value}))
        self._figures.suggestion_wanted.connect(self._on_suggestion_wanted)
        self._map.clicked.connect(self._on_map_clicked)
        self._transport.play_wanted.connect(self.play_or_pause)
        self._transport.step_wanted.connect(self.take_step)
        self._transport.restart_wanted.connect(self.restart)
        self._ask_rate.clicked.connect(self._on_rate_asked)
        self._tabs.currentChanged.connect(lambda: self._draw())
        for button in self.findChildren(QAbstractButton):
            button.installEventFilter(self)

    # The race.

    def play_or_pause(self) -> None:
        """Go on, or hold; after the end, from the first step."""
        if self._playground.fault is not None:
            return
        if self._playground.is_over and not self._is_playing:
            self._playground.restart()
        self._play(not self._is_playing)
        self._draw()

    def take_step(self) -> None:
        """One step of every racer, and hold."""
        if self._playground.fault is None:
            self._play(False)
            self._playground.advance()
            self._draw()

    def restart(self) -> None:
        """The same race from its first step; it plays on, or is held, as before."""
        if self._playground.fault is None:
            was_over = self._playground.is_over
            self._playground.restart()
            self._play(self._is_playing or was_over)
            self._draw()

    def _play(self, playing: bool) -> None:
        self._is_playing = playing
        self._last, self._owed = time.monotonic(), 0.0
        moves = playing and self.isVisible() and self._playground.fault is None
        if moves or self._survey is not None:
            self._timer.start()
        else:
            self._timer.stop()

    def _tick(self) -> None:
        if self._survey is not None:
            self._rates.show_progress(self._survey.share, self._survey.starts)
        if not self._is_playing or self._playground.fault is not None:
            return
        now = time.monotonic()
        self._owed += min(now - self._last, _LONGEST_TICK) * self._transport.steps_a_second
        self._last = now
        steps = int(self._owed)
        self._owed -= steps
        if steps:
            self._playground.advance(steps)
            if self._playground.is_over:
                self._play(False)
            self._draw()

    # What was chosen.

    def _on_surface_chosen(self) -> None:
        self._playground.choose(self._surfaces.currentData())
        self._show_surface()

    def _on_suggestion_wanted(self) -> None:
        self._playground.suggest()
        self._show_figures()

    def _on_map_clicked(self, x: float, y: float) -> None:
        self._playground.take(x=float(f"{x:.3g}"), y=float(f"{y:.3g}"))
        self._show_figures()

    def _take(self, **typed: float | str | None) -> None:
        self._playground.take(**typed)
        self._show_figures()

    def _show_surface(self) -> None:
        surface = self._playground.surface
        self._lesson.setText(tr(surface.lesson))
        for view in (self._map, self._relief):
            view.show_grid(self._playground.grid)
        self._show_figures()

    def _show_figures(self) -> None:
        """A new race begins with them, and plays; if something is wrong with them, it waits."""
        self._figures.show_typed(self._playground.typed)
        self._figures.show_fault(self._playground.fault)
        self._ask_rate.setEnabled(self._playground.fault is None)
        self._forget_rates()
        self._play(True)
        self._show_choice()

    def _show_choice(self) -> None:
        self._tracks.choose(self._methods.chosen, self._map.scale)
        self._draw()

    # Escape rates.

    def _on_rate_asked(self) -> None:
        playground = self._playground
        self._forget_rates()
        survey = self._survey = Survey(
            playground.surface, playground.racers, playground.steps, playground.figures.noise, STARTS
        )
        self._tabs.setCurrentWidget(self._rates)
        self._rates.show_progress(0.0, survey.starts)
        self._background.do(survey.run, lambda rates: self._on_rates(survey, rates))
        self._timer.start()

    def _on_rates(self, survey: Survey, rates: list[EscapeRate] | None) -> None:
        if survey is self._survey and rates is not None:
            self._survey = None
            self._rates.show_answer(rates, survey.meaning(rates))
            self._play(self._is_playing)

    def _forget_rates(self) -> None:
        if self._survey is not None:
            self._survey.cancel()
            self._survey = None
        self._rates.show_nothing()

    # Drawing.

    def _draw(self) -> None:
        now, playground = theme.colours(), self._playground
        usable = playground.fault is None
        self._transport.show_state(playing=self._is_playing and usable, usable=usable)
        paths, marks = [], []
        titles, chosen = method_titles(), self._methods.chosen
        for minimum in playground.surface.minima:
            words = minimum_words(playground.surface, minimum)
            marks.append(Mark(minimum.x, minimum.y, words, _GOAL if minimum.is_goal else _LOCAL))
        for number in chosen:
            trail, colour = playground.trail(number), now.racers[number]
            dashed = METHODS[number].restarts
            arrow = playground.arrow(number)
            if arrow is not None:
                paths.append(Path(titles[number], arrow.x, arrow.y, None, colour, dotted=False))
            paths.append(Path(titles[number], trail[:, 0], trail[:, 1], None, colour, dashed=dashed))
        for group in playground.together(chosen):
            words = self.tr("all") if len(group) == len(METHODS) else ", ".join(titles[number] for number in group)
            if len(group) > 1 and self.fontMetrics().horizontalAdvance(words) > _LABEL_SHARE * self._map.width():
                words = self.tr("{count} methods").format(count=len(group))
            x, y = playground.trail(group[0])[-1].tolist()
            marks.append(Mark(x, y, words, now.racers[group[0]]))
        self._ticks += 1
        views: list[HeatMapView | Surface3DView] = [self._map]
        if self._relief.isVisible():
            views.append(self._relief)
            if self._is_playing and self._shown == playground.version:
                # By turns: to draw both at once takes longer than a tick.
                views = [views[self._ticks % 2]]
        for view in views:
            view.show_paths(paths)
            view.show_marks(marks)
        self._tracks.redraw()
        self._tracks.show_words(playground.progress())
        if not self._is_playing or self._ticks % _WORDS_TICKS == 0 or self._shown != playground.version:
            self._shown = playground.version
            states = [playground.status(number) for number in range(len(METHODS))]
            self._methods.show_words(states)
            said = [f"{title}: {text}" for title, text in zip(titles, states, strict=True)]
            self._tracks.setAccessibleDescription("; ".join(said))

    def _recolour(self) -> None:
        theme.paint_text(self._toy, theme.colours().warning)
        for part in (self._methods, self._figures, self._rates, self._tracks, self._transport):
            part.recolour()
        self._draw()

    # The window itself.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that nothing in the window has taken: Space plays, the right arrow steps, R restarts, F1 tells."""
        deeds = {
            Qt.Key.Key_Space: self.play_or_pause,
            Qt.Key.Key_Right: self.take_step,
            Qt.Key.Key_R: self.restart,
            Qt.Key.Key_F1: self.keys_wanted.emit,
        }
        deed = deeds.get(Qt.Key(event.key()))
        if deed is not None and not event.modifiers():
            deed()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys are the window's: a button would only hand the focus on."""
        is_press = event.type() == QEvent.Type.KeyPress
        if is_press and isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """It moves as soon as it is seen."""
        super().showEvent(event)
        self._play(self._is_playing)

    def hideEvent(self, event: QHideEvent) -> None:
        """What nobody sees does not move."""
        super().hideEvent(event)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        """With the palette of the app, what is coloured here changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_timer"):
            self._recolour()

    def done(self, result: int) -> None:
        """Closed, by whatever way."""
        self._leave()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Size and place are remembered; a race of many starts ends."""
        self._leave()
        super().closeEvent(event)

    def _leave(self) -> None:
        self._settings.setValue("playground/geometry", self.saveGeometry())
        self._forget_rates()
        self._timer.stop()
        self._background.close()
        self.closed.emit()


def _rule() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Sunken)
    return line
