"""Opens the windows of comparisons, and lists those of the runs folder in a menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from kescape_gui.background import Background
from kescape_gui.setup.setup import Setup

if TYPE_CHECKING:
    from kescape_gui.comparison.comparison_window import ComparisonWindow
    from kescape_gui.comparison.design_page import SpeedOf

_MOST = 40
"""So many of the newest are in the menu."""


class Comparisons(QObject):
    """One window for each comparison that somebody looks at, and one for a new one.

    Args:
        runs: Where new runs go.
        folder: Gives the folder whose runs are listed, which may be another one.
        setup: The main window's form, whose settings a new comparison takes.
        speed_of: How fast runs like these have trained.
        background: Where the comparisons of a folder are looked for.
        settings: Where size and place of a window are remembered.
        window: The one that trains.
    """

    run_wanted = Signal(object)
    """The path of a run that the user wants to see."""

    keys_wanted = Signal()

    def __init__(
        self,
        runs: Path,
        folder: Callable[[], Path],
        setup: Setup,
        speed_of: SpeedOf,
        background: Background,
        settings: QSettings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._runs = runs
        self._folder = folder
        self._setup = setup
        self._speed_of = speed_of
        self._background = background
        self._settings = settings
        self._window = window
        self._open: list[ComparisonWindow] = []
        self._listed: list[QAction] = []

    def ask_new(self) -> None:
        """Set up a new one."""
        self._show(None)

    def ask(self, folder: Path) -> None:
        """Follow and report a comparison."""
        self._show(folder)

    def fill_menu(self, menu: QMenu) -> None:
        """List the comparisons at the end of a menu, whenever it opens."""
        menu.addSeparator()
        self._list(menu, [])
        menu.aboutToShow.connect(partial(self._look_for_them, menu))

    def speeds_changed(self) -> None:
        """How fast runs have trained may be known better now."""
        for opened in self._open:
            opened.speeds_changed()

    def close(self) -> None:
        """The main window goes, and these with it; what they have started goes on."""
        for opened in list(self._open):
            opened.close()

    def _show(self, folder: Path | None) -> None:
        known = next((opened for opened in self._open if opened.folder == folder), None)
        if known is not None:
            known.raise_()
            known.activateWindow()
            return
        # Its libraries would hold up the first paint of the main window.
        from kescape.compare.launch import spawn_comparison
        from kescape_gui.comparison.comparison_window import ComparisonWindow
        from kescape_gui.comparison.design import Base

        opened = ComparisonWindow(
            folder,
            self._runs,
            lambda: Base.of(self._setup),
            self._speed_of,
            spawn_comparison,
            self._settings,
            self._window,
        )
        self._open.append(opened)
        opened.closed.connect(lambda: self._open.remove(opened))
        opened.run_wanted.connect(self.run_wanted)
        opened.keys_wanted.connect(self.keys_wanted)
        opened.show()

    def _look_for_them(self, menu: QMenu) -> None:
        # A drive may answer slowly: what was there before is shown meanwhile.
        self._background.do(partial(_comparisons_in, self._folder()), partial(self._list, menu))

    def _list(self, menu: QMenu, folders: list[Path]) -> None:
        for action in self._listed:
            menu.removeAction(action)
            action.deleteLater()
        self._listed = []
        for folder in folders[:_MOST]:
            # A name may hold the sign that marks a letter.
            action = menu.addAction(folder.name.replace("&", "&&"))
            action.setToolTip(self.tr("Follow and report the comparison in {path}").format(path=folder))
            action.triggered.connect(partial(self.ask, folder))
            self._listed.append(action)
        if not folders:
            none = menu.addAction(self.tr("No comparison yet"))
            none.setEnabled(False)
            none.setToolTip(self.tr("Those in the folder of runs are listed here"))
            self._listed.append(none)
        for action in self._listed:
            action.setStatusTip(action.toolTip())


def _comparisons_in(folder: Path) -> list[Path]:
    # What it reads with would hold up the first paint of the main window.
    from kescape.compare.folder import list_comparisons

    return list_comparisons(folder)
