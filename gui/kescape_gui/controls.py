"""The main verbs in one place: one action each for menu, shortcut and button, shown as the state of the run says."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeySequence, QPalette
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QToolBar, QWidget

from kescape_gui import icons, theme
from kescape_gui.run_state import Offer, Verb
from kescape_gui.short_label import ShortLabel
from kescape_gui.words import tr

_SHORTCUTS = {
    Verb.START: "Ctrl+Return",
    Verb.PAUSE: "Ctrl+Shift+P",
    Verb.RESUME: "Ctrl+Shift+R",
    Verb.TRAIN_ON: "Ctrl+Shift+L",
    Verb.NEW_PEAK: "Ctrl+Shift+H",
    Verb.SNAPSHOT: "Ctrl+Shift+S",
    Verb.NOTE: "Ctrl+M",
    Verb.BRANCH: "Ctrl+B",
    Verb.WITHOUT_RESTARTS: "Ctrl+Shift+B",
    Verb.STOP_AFTER_CYCLE: "Ctrl+.",
    Verb.STOP_NOW: "Ctrl+Shift+.",
    Verb.RESTART_NOW: "Ctrl+R",
}

_ICONS = {
    Verb.START: "play",
    Verb.PAUSE: "pause",
    Verb.RESUME: "go_on",
    Verb.TRAIN_ON: "go_on",
    Verb.STOP_AFTER_CYCLE: "stop_after_cycle",
    Verb.STOP_NOW: "stop",
    Verb.RESTART_NOW: "restart",
}

_IN_MENU = (Verb.NEW_PEAK, Verb.SNAPSHOT, Verb.NOTE, Verb.BRANCH, Verb.WITHOUT_RESTARTS)
"""Verbs that are wanted less often share one button."""


class _VerbButton(QPushButton):
    """A push button that shows an action."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        self.setIconSize(QSize(16, 16))
        self.clicked.connect(action.trigger)
        action.changed.connect(self._take_over)
        self._take_over()

    def _take_over(self) -> None:
        action = self._action
        self.setText(action.text())
        self.setIcon(action.icon())
        self.setEnabled(action.isEnabled())
        self.setToolTip(action.toolTip())
        self.setAccessibleDescription(action.statusTip())


class Controls(QToolBar):
    """The bar of verbs. `wanted` carries the verb that the user chose."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("controls")
        self.setWindowTitle(self.tr("Controls"))
        self.setMovable(False)
        self.setFloatable(False)
        self.toggleViewAction().setEnabled(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        layout = self.layout()
        assert layout is not None, "a tool bar has a layout"
        layout.setContentsMargins(8, 6, 12, 6)
        layout.setSpacing(6)
        self.verbs = {verb: self._make_action(verb) for verb in Verb}
        self._buttons: dict[Verb, _VerbButton] = {}
        self._holders: dict[Verb, QAction] = {}
        for verb in Verb:
            if verb in _IN_MENU:
                continue
            button = _VerbButton(self.verbs[verb], self)
            button.setObjectName(verb.value)
            button.setMinimumHeight(30)
            if verb is Verb.RESTART_NOW:
                self.addSeparator()
            self._holders[verb] = self.addWidget(button)
            self._buttons[verb] = button
        more = QMenu(self)
        for verb in _IN_MENU:
            self.verbs[verb].setObjectName(verb.value)
            more.addAction(self.verbs[verb])
        more.setToolTipsVisible(True)
        self._more = QPushButton(self.tr("More"), self)
        self._more.setObjectName("steerButton")
        self._more.setMinimumHeight(30)
        self._more.setMenu(more)
        self.addWidget(self._more)
        # Start and Pause take turns in the same place; nothing beside them moves.
        widest = max(self.fontMetrics().horizontalAdvance(text) for text in (tr("Resuming…"), tr("Starting…")))
        for verb in (Verb.START, Verb.PAUSE):
            self._buttons[verb].setMinimumWidth(widest + 48)
        widest = self.fontMetrics().horizontalAdvance(tr("Stop after cycle"))
        self._buttons[Verb.STOP_AFTER_CYCLE].setMinimumWidth(widest + 48)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        self._note = ShortLabel()
        self._note.setObjectName("engineLabel")
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addWidget(self._note)

    def show_offers(self, offers: Mapping[Verb, Offer]) -> None:
        """Show what can be done now."""
        for verb, offer in offers.items():
            action = self.verbs[verb]
            shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setText(offer.text)
            action.setToolTip(f"{offer.reason} ({shortcut})" if offer.enabled else offer.reason)
            action.setStatusTip(offer.reason)
            action.setEnabled(offer.enabled)
            if verb in _IN_MENU:
                continue
            # The bar hands the state of the holder on to the button when it shows it again.
            self._holders[verb].setEnabled(offer.enabled)
            self._holders[verb].setVisible(offer.visible)
        usable = [offers[verb] for verb in _IN_MENU if offers[verb].enabled]
        self._more.setEnabled(bool(usable))
        self._more.setToolTip(
            self.tr("Another highest rate, a snapshot, a note, a branch, a run without restarts")
            if usable
            else offers[Verb.NOTE].reason
        )
        self._paint(offers)

    def show_note(self, text: str) -> None:
        """What trains, or how the engine is, at the right end."""
        self._note.setText(text)

    def recolour(self, offers: Mapping[Verb, Offer]) -> None:
        """Take the colours of the palette that the app has now."""
        self._painted: object = None
        self._paint(offers)
        theme.paint_text(self._note, theme.colours().muted)

    def _paint(self, offers: Mapping[Verb, Offer]) -> None:
        now = theme.colours()
        start, pausing = offers[Verb.START], offers[Verb.PAUSE]
        resume = offers[Verb.RESUME].enabled and offers[Verb.RESUME].is_advised
        key = (now, start.enabled, pausing.text, resume, offers[Verb.STOP_AFTER_CYCLE].text)
        if key == getattr(self, "_painted", None):
            return
        self._painted = key
        for verb, button in self._buttons.items():
            action = self.verbs[verb]
            name = "play" if offers[verb].goes_on else _ICONS[verb]
            primary = (
                (verb is Verb.START and start.enabled and not resume)
                or (verb is Verb.PAUSE and pausing.goes_on and pausing.enabled)
                or (verb is Verb.RESUME and resume)
            )
            action.setIcon(icons.icon(name, now.on_accent if primary else now.text, now.disabled))
            palette = QPalette(self.palette())
            if primary:
                # The one thing to do next is the one thing in colour.
                palette.setColor(QPalette.ColorRole.Button, QColor(now.accent))
                palette.setColor(QPalette.ColorRole.ButtonText, QColor(now.on_accent))
            button.setPalette(palette)
            theme.font(button, bold=primary)

    def _make_action(self, verb: Verb) -> QAction:
        action = QAction(self)
        action.setShortcut(QKeySequence(_SHORTCUTS[verb]))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: self.wanted.emit(verb))
        return action
