"""The window of a run's landscape: what to compute to the left, the pictures and what they tell to the right."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kescape.landscape.request import LandscapeRequest, kept_weights
from kescape.landscape.scale import spans_decades
from kescape.landscape.store import Landscape
from kescape.run.errors import RunError
from kescape.run.reader import open_run
from kescape_gui import theme
from kescape_gui.background import Background
from kescape_gui.export.export import with_suffix
from kescape_gui.landscape.computation import Computation, Stage
from kescape_gui.landscape.form import LandscapeForm
from kescape_gui.landscape.kinds import facts_of
from kescape_gui.landscape.line_view import LineView
from kescape_gui.landscape.slices import lines_of, slice_of
from kescape_gui.landscape.telling import tell
from kescape_gui.own_code import OwnCode
from kescape_gui.surface.heat_map_view import HeatMapView
from kescape_gui.surface.surface_3d_view import Surface3DView

_LOOK_MILLISECONDS = 120
_SNAPSHOTS_MILLISECONDS = 2000
"""A run that is being trained gets one more now and then."""
_FORM_WIDTH = 252
_FORMATS = {"png": "PNG", "svg": "SVG", "pdf": "PDF", "csv": "CSV"}


class LandscapeWindow(QWidget):
    """Looks at one run. Closing it ends what is being computed; what is known by then is kept in the run's folder.

    Args:
        run: The run's folder.
        parent: The window that it belongs to and stands beside.
    """

    closed = Signal()

    def __init__(self, run: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.run = run
        self.setObjectName("landscapeWindow")
        self.setWindowTitle(self.tr("Landscape of {run}").format(run=run.name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._computation = Computation(run)
        self._background = Background(self)
        self._model = ""
        self._own_code = OwnCode(self)
        self._own_code.refused.connect(self._complain)
        self._shown: tuple[object, ...] = ()
        self._wants_log: bool | None = None
        self._form = LandscapeForm()
        self._compute = QPushButton()
        self._compute.setObjectName("computeButton")
        self._export = QPushButton(self.tr("&Export…"))
        self._export.setObjectName("landscapeExportButton")
        self._log = QCheckBox(self.tr("&Log scale"))
        self._log.setObjectName("landscapeLogBox")
        self._log.setToolTip(self.tr("Equal ratios of the loss are equally far apart"))
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._progress.setRange(0, 1000)
        self._progress.setAccessibleName(self.tr("Progress of the computation"))
        keeps_room = self._progress.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(keeps_room)
        self._state = _label("landscapeState")
        self._words = _label("landscapeWords")
        self._limits = _label("landscapeLimits")
        self._map = HeatMapView("α", "β", self.tr("loss"))
        self._map.setObjectName("landscapeMap")
        self._map.set_equal(True)
        self._surface = Surface3DView("α", "β", self.tr("loss"))
        self._surface.setObjectName("landscapeSurface")
        self._lines = LineView()
        self._lines.setObjectName("landscapeLines")
        self._lay_out()
        self._form.changed.connect(self._on_changed)
        self._compute.clicked.connect(self._on_compute)
        self._export.clicked.connect(self._ask_where)
        # By a hand only: until then the box says what the values ask for.
        self._log.clicked.connect(self._on_log)
        QShortcut(QKeySequence.StandardKey.Close, self).activated.connect(self.close)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._snapshots_timer = QTimer(self)
        self._snapshots_timer.setInterval(_SNAPSHOTS_MILLISECONDS)
        self._snapshots_timer.timeout.connect(self._read_snapshots)
        self._snapshots_timer.start()
        self._read_snapshots()
        self._on_changed()

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setContentsMargins(14, 14, 10, 14)
        side.setSpacing(8)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._form)
        side.addWidget(scroll, 1)
        side.addWidget(self._log)
        side.addWidget(self._progress)
        side.addWidget(self._state)
        side.addWidget(self._compute)
        side.addWidget(self._export)
        left = QWidget()
        left.setLayout(side)
        left.setFixedWidth(_FORM_WIDTH)
        self._pictures = QSplitter(Qt.Orientation.Horizontal)
        self._pictures.addWidget(self._map)
        self._pictures.addWidget(self._surface)
        self._pictures.setChildrenCollapsible(False)
        self._pictures.setSizes([1000, 1000])
        self._stack = QStackedWidget()
        self._stack.addWidget(self._pictures)
        self._stack.addWidget(self._lines)
        told = QWidget()
        told_layout = QVBoxLayout(told)
        told_layout.setContentsMargins(16, 10, 16, 12)
        told_layout.setSpacing(4)
        told_layout.addWidget(self._words)
        told_layout.addWidget(self._limits)
        told_layout.addStretch(1)
        # So many lines are usual: the pictures keep their size when there is something to tell.
        told.setMinimumHeight(3 * self.fontMetrics().lineSpacing() + 28)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._stack, 1)
        right.addWidget(told)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(left)
        layout.addLayout(right, 1)
        self.resize(1180, 680)

    # What happens.

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what is being computed."""
        self._timer.stop()
        self._snapshots_timer.stop()
        self._computation.cancel()
        self._background.close()
        super().closeEvent(event)
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """A new palette recolours what we paint ourselves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_timer"):
            self._form.recolour()
            self._shown = ()
            self._show()

    def _read_snapshots(self) -> None:
        try:
            with open_run(self.run) as run:
                snapshots, self._model = kept_weights(run), str(run.config.get("model", ""))
        except RunError as error:
            self._complain(str(error))
            return
        if not self._computation.stage.is_active:
            self._form.show_snapshots(snapshots)
            self._show_buttons()

    def _on_changed(self) -> None:
        """Another landscape is wanted: show what is known of it."""
        self._computation.look_up(self._form.request)
        self._show()

    def _on_compute(self) -> None:
        request = self._form.request
        if self._computation.stage.is_active:
            self._computation.cancel()
            self._show()
        elif request is not None:
            begin = partial(self._begin, request)
            if self._model:
                # One's own may be a file of Python, which the process runs.
                self._own_code.allow_then(self._model, begin)
            else:
                begin()

    def _begin(self, request: LandscapeRequest) -> None:
        self._computation.begin(request)
        self._timer.start()
        self._show()

    def _look(self) -> None:
        if self._computation.poll():
            self._show()
        if not self._computation.stage.is_active:
            self._timer.stop()

    def _on_log(self, log: bool) -> None:
        self._wants_log = log
        for view in (self._map, self._surface):
            view.set_log(log)
        self._shown = ()
        self._show()

    # Export.

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, self.tr("Save as"), str(Path.home()))
        dialog.setObjectName("landscapeFileDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if QApplication.platformName() in ("offscreen", "minimal"):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilters([f"{name} (*.{suffix})" for suffix, name in _FORMATS.items()])
        dialog.setDefaultSuffix("png")
        dialog.selectFile(f"{self.run.name}-{self._form.kind.value}.png")
        dialog.fileSelected.connect(lambda chosen: self._on_chosen(Path(chosen), dialog.selectedNameFilter()))
        dialog.open()

    def _on_chosen(self, chosen: Path, name_filter: str) -> None:
        suffix = next(suffix for suffix, name in _FORMATS.items() if name_filter.startswith(name))
        if chosen.suffix.lower().lstrip(".") not in _FORMATS:
            chosen = with_suffix(chosen, suffix)
        self.export_to(chosen)

    def export_to(self, target: Path) -> None:
        """Write what is shown to a file, in the format that its suffix says; the state line says how it went."""
        if self._computation.found is not None:
            self._background.do(partial(_save, self._computation.found, target), partial(self._on_saved, target))

    def _on_saved(self, target: Path, answer: Exception | None) -> None:
        if answer is None:
            self._state.setText(self.tr("Saved {name}.").format(name=target.name))
        else:
            self._complain(self.tr("Export failed: {why}").format(why=answer))

    def _complain(self, why: str) -> None:
        self._state.setText(why)
        theme.paint_text(self._state, theme.colours().error)

    # Drawing.

    def _show(self) -> None:
        self._show_state()
        self._show_buttons()
        computation, kind = self._computation, self._form.kind
        found, message = computation.found, self._message()
        for view in (self._map, self._surface):
            view.set_empty_words(*message)
        self._lines.show_message(None if computation.known else message)
        what = (kind, computation.request, computation.known, computation.stage)
        if what == self._shown:
            return
        self._shown = what
        if facts_of(kind).is_flat:
            self._stack.setCurrentWidget(self._lines)
            lines = lines_of(found, self._form.name_of) if found is not None else []
            log = self._wants_log if self._wants_log is not None else found is not None and spans_decades(found.loss)
            self._log.setChecked(log)
            self._lines.show_lines(lines, log=log)
        else:
            self._stack.setCurrentWidget(self._pictures)
            part = slice_of(found, self._form.name_of, theme.colours()) if found is not None else None
            for view in (self._map, self._surface):
                view.show_grid(part.grid if part is not None else None)
                view.show_paths(part.paths if part is not None else [])
                view.show_marks(part.marks if part is not None else [])
            if self._map.scale is not None:
                self._log.setChecked(self._map.scale.log)
        told = tell(found, self._form.name_of)
        self._words.setText(told.seen)
        self._limits.setText(told.limits)

    def _message(self) -> tuple[str, str]:
        if self._computation.stage.is_active:
            return self.tr("Computing…"), self._computation.words
        if self._form.problem:
            return self.tr("Nothing to compute"), self._form.problem
        return self.tr("Not computed yet"), self.tr("Press Compute; a coarse picture comes first.")

    def _show_state(self) -> None:
        computation, now = self._computation, theme.colours()
        self._state.setText(computation.words)
        theme.paint_text(self._state, now.error if computation.stage is Stage.FAILED else now.muted)
        theme.paint_text(self._limits, now.muted)
        self._progress.setVisible(computation.stage.is_active)
        self._progress.setRange(0, 0 if computation.stage is Stage.LOADING else 1000)
        self._progress.setValue(round(1000 * computation.share))

    def _show_buttons(self) -> None:
        computation = self._computation
        active = computation.stage.is_active
        self._compute.setText(self.tr("&Cancel") if active else self.tr("&Compute"))
        self._compute.setEnabled(active or (not self._form.problem and computation.stage is not Stage.DONE))
        self._form.set_enabled(not active)
        finished = computation.stage is Stage.DONE
        self._export.setEnabled(finished)
        why = "" if finished else self.tr("What is computed in full can be exported.")
        self._export.setToolTip(why)


def _save(found: Landscape, target: Path) -> None:
    # Its library would hold up the first paint of the window.
    from kescape.landscape.figure import save_landscape

    save_landscape(found, target)


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
