"""Sets a comparison up: the fields to the left, what they make to the right, and Start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.background import Background
from kescape_gui.comparison.design import Base, Design, Judged, judge, seconds_needed
from kescape_gui.comparison.design_form import DesignForm
from kescape_gui.comparison.design_preview import DesignPreview

SpeedOf = Callable[[Mapping[str, Any]], float | None]
"""Steps a second of runs with some settings; None if that is not known."""


class DesignPage(QWidget):
    """Start can be pressed when what stands in the fields can be started.

    Args:
        background: Where a design is judged: a grid may have thousands of arms.
        speed_of: How fast runs like these have trained.
    """

    start_wanted = Signal(object, object)
    """A `Judged` that has a comparison, and a `Where`."""
    settings_wanted = Signal()
    """The settings of the main window's form are to be taken."""

    def __init__(self, background: Background, speed_of: SpeedOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._speed_of = speed_of
        self._judged: tuple[Design | None, Judged] = (None, Judged(None, {}))
        self._is_judging = False
        self._is_starting = False
        self._form = DesignForm()
        self._preview = DesignPreview()
        self._state = QLabel()
        self._state.setObjectName("comparisonSetupState")
        self._state.setWordWrap(True)
        self._start = QPushButton(self.tr("&Start the comparison"))
        self._start.setObjectName("compareStartButton")
        self._start.setShortcut(QKeySequence("Ctrl+Return"))
        self._start.setMinimumHeight(30)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self._state, 1)
        foot.addWidget(self._start)
        right = QVBoxLayout()
        right.setContentsMargins(14, 12, 14, 12)
        right.setSpacing(8)
        right.addWidget(self._preview, 1)
        right.addLayout(foot)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._form)
        layout.addLayout(right, 1)
        self._form.changed.connect(self._on_changed)
        self._form.settings_wanted.connect(self.settings_wanted)
        self._start.clicked.connect(self._on_start)
        self._show()

    def take_base(self, base: Base) -> None:
        """All runs share these settings."""
        self._form.take_base(base)

    def focus(self) -> None:
        """Begin with the keyboard at what is varied."""
        self._form.focus()

    def speeds_changed(self) -> None:
        """How fast runs like these are may be known now."""
        self._show()

    def tell_starting(self) -> None:
        """It is being started; nothing else can be until `tell_problem`."""
        self._is_starting = True
        self._form.set_enabled(False)
        self._say(self.tr("Starting…"))
        self._show_button()

    def tell_problem(self, why: str) -> None:
        """It could not be started."""
        self._is_starting = False
        self._form.set_enabled(True)
        self._say(why, is_problem=True)
        self._show_button()

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        self._form.recolour()
        self._preview.recolour()
        self._form.show_judged(self._judged[1])

    def _on_changed(self) -> None:
        self._say("")
        self._show_button()
        self._judge()

    def _judge(self) -> None:
        """Judge what stands there; what is typed meanwhile is judged after it, all at once."""
        if self._is_judging:
            return
        design = self._form.design
        if design == self._judged[0]:
            self._show()
            return
        self._is_judging = True
        self._background.do(partial(judge, design), partial(self._on_judged, design))

    def _on_judged(self, design: Design, judged: Judged) -> None:
        self._is_judging = False
        self._judged = design, judged
        self._judge()

    def _show(self) -> None:
        judged = self._judged[1]
        self._form.show_judged(judged)
        comparison = judged.comparison
        self._preview.show_comparison(comparison, seconds_needed(comparison, self._speed_of) if comparison else None)
        self._show_button()

    def _show_button(self) -> None:
        ready = (
            self._judged[0] == self._form.design
            and self._judged[1].comparison is not None
            and not self._form.place_problem
            and not self._is_starting
        )
        self._start.setEnabled(ready)
        tip = "" if ready else self.tr("Something is wrong with the fields to the left; it is said there.")
        self._start.setToolTip(self.tr("Train all of these runs (Ctrl+Return)") if ready else tip)

    def _say(self, words: str, *, is_problem: bool = False) -> None:
        self._state.setText(words)
        now = theme.colours()
        theme.paint_text(self._state, now.error if is_problem else now.muted)

    def _on_start(self) -> None:
        if self._start.isEnabled():
            self.start_wanted.emit(self._judged[1], self._form.where)
