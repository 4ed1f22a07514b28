"""Keeps the comparison of one window: what is drawn along with the run in view, and the tab that says it in numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from kescape_gui import theme
from kescape_gui.compare.compare_view import CompareView
from kescape_gui.compare.overlay import NoRoom, Overlay
from kescape_gui.compare.settings_table import table_of
from kescape_gui.compare.table import Table
from kescape_gui.curves.shown import Band, Other
from kescape_gui.runs.swatch import Swatch
from kescape_gui.watched_run import WatchedRun

_READING_MILLISECONDS = 50
_LIVE_MILLISECONDS = 300
_STILL_MILLISECONDS = 2000
"""How often it is looked whether ended runs are still there, or go on."""
_TABLE_MILLISECONDS = 500
"""While runs grow, the table is renewed at most this often."""
_KEY = "compare"


class Comparison(QObject):
    """Reads the runs that are compared, and remembers them until the app is started again."""

    changed = Signal()
    """What is drawn along, or in which colours, is new."""
    complained = Signal(str)
    """Why a run cannot be compared, in a line."""
    chosen = Signal(object)
    """The path of a run that the user wants to see."""

    def __init__(self, settings: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._overlay = Overlay()
        self._tabled: object = None
        self.view = CompareView()
        self.view.chosen.connect(self.chosen)
        self.view.baseline_wanted.connect(self.pin)
        self.view.left_out.connect(lambda path: self.compare(path, False))
        self.view.bands_wanted.connect(self._draw_as_bands)
        self.view.wanted.connect(self._show_table)
        self._overlay.restore(str(settings.value(_KEY, "")))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.poll)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TABLE_MILLISECONDS)
        self._soon.timeout.connect(self._show_table)
        self._pace()

    @property
    def paths(self) -> list[Path]:
        """The runs that are compared."""
        return self._overlay.paths

    @property
    def baseline(self) -> Path | None:
        """The run that the others are held against."""
        return self._overlay.baseline

    @property
    def is_reading(self) -> bool:
        """Whether runs that have been chosen are still on their way."""
        return self._overlay.is_reading

    def compare(self, path: Path, wanted: bool = True) -> None:
        """Draw a run along, or no longer."""
        if wanted:
            self._change(partial(self._overlay.add, path))
        else:
            self._change(partial(self._overlay.remove, path))

    def pin(self, path: Path | None) -> None:
        """Hold the others against this run, or against none."""
        self._change(partial(self._overlay.pin, path))

    def follow(self, old: Path, new: Path | None) -> None:
        """A run has another folder now, or None if it lies in the trash."""
        self._change(partial(self._overlay.remove, old) if new is None else partial(self._overlay.rename, old, new))

    def show(self, run: WatchedRun | None) -> None:
        """Another run is in view now, or the draft."""
        self._change(partial(self._overlay.show, run))

    def run_of(self, path: Path) -> WatchedRun | None:
        """What is known of a run that is compared, for the window to go on with."""
        return self._overlay.run_of(path)

    def others(self, colours: theme.Colours) -> tuple[Other, ...]:
        """The runs that are drawn along as lines."""
        return self._overlay.others(colours.series)

    def bands(self, colours: theme.Colours) -> tuple[Band, ...]:
        """The repeats that are drawn along as bands."""
        return self._overlay.bands(colours.series)

    def swatches(self) -> dict[Path, Swatch]:
        """How each run that is compared is drawn."""
        now = theme.colours()
        return self._overlay.swatches(now.series, now.loss)

    def poll(self) -> None:
        """Read what is new; the timer calls it."""
        before = self._overlay.paths
        if self._overlay.poll():
            if self._overlay.paths != before:
                self._remember()
            self.changed.emit()
        if self.view.isVisible() and self._said() != self._tabled and not self._soon.isActive():
            self._soon.start()
        self._pace()

    def smooth_anew(self) -> None:
        """The curves are smoothed by another half-life now, and so are the bands."""
        if self._timer.isActive():
            self.poll()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self.view.recolour()
        self._show_table()

    def close(self) -> None:
        """Read no more."""
        self._timer.stop()
        self._soon.stop()
        self._overlay.close()

    def _draw_as_bands(self, bands: bool) -> None:
        self._change(partial(self._overlay.draw_as_bands, bands))

    def _change(self, change: Callable[[], None]) -> None:
        """The user wants something else; what is not possible is said, and everything stays as it was."""
        try:
            change()
        except NoRoom as full:
            self.complained.emit(str(full))
        self._remember()
        self._pace()
        self._show_table()
        self.changed.emit()

    def _remember(self) -> None:
        self._settings.setValue(_KEY, self._overlay.save())

    def _pace(self) -> None:
        overlay = self._overlay
        if not overlay.paths:
            self._timer.stop()
            return
        grows = overlay.waits or (overlay.shown is not None and overlay.shown.state.is_active)
        wanted = _LIVE_MILLISECONDS if grows else _STILL_MILLISECONDS
        wanted = _READING_MILLISECONDS if overlay.is_reading else wanted
        if not self._timer.isActive() or self._timer.interval() != wanted:
            self._timer.start(wanted)

    def _said(self) -> object:
        """What the table follows from."""
        shown = self._overlay.shown
        return (
            self._overlay.version,
            self.view.all_settings,
            theme.colours().dark,
            shown is not None and (shown, shown.version, shown.curve.version),
        )

    def _show_table(self) -> None:
        """Fill the tab, if it is seen and there is anything new."""
        said = self._said()
        if said == self._tabled or not self.view.isVisible():
            return
        self._tabled = said
        overlay, shown = self._overlay, self._overlay.shown
        table = Table()
        if overlay.paths:
            table = table_of(
                overlay.groups,
                shown=shown,
                baseline=overlay.baseline,
                problems=overlay.problems,
                all_settings=self.view.all_settings,
            )
        swatches = self.swatches()
        if shown is not None:
            swatches.setdefault(shown.path, Swatch(theme.colours().loss))
        samples = {(path, False): swatch for path, swatch in swatches.items()}
        bands = overlay.band_swatches(theme.colours().series)
        samples |= {(path, True): swatch for path, swatch in bands.items()}
        self.view.show_table(table, samples, compared=overlay.paths, baseline=overlay.baseline, bands=overlay.as_bands)
