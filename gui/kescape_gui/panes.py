"""F6 and Shift+F6: the keyboard goes from one part of the window to the next, and back to where it was in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid


class Panes(QObject):
    """The parts of a window, in the order in which one goes through them.

    Args:
        panes: Each gives its widget, or None while there is none; one that cannot be seen is left out.
    """

    def __init__(self, panes: tuple[Callable[[], QWidget | None], ...], window: QWidget) -> None:
        super().__init__(window)
        self._panes = panes
        self._left_at: dict[QWidget, QWidget] = {}

    def go(self, by: int) -> None:
        """Give the focus to the next pane, or to the one before for -1."""
        panes = [pane for give in self._panes if (pane := give()) is not None and pane.isVisible()]
        focus = QApplication.focusWidget()
        inside = [at for at, pane in enumerate(panes) if focus is not None and pane.isAncestorOf(focus)]
        if inside and focus is not None:
            self._left_at[panes[inside[0]]] = focus
        start = inside[0] if inside else (-1 if by > 0 else 0)
        for away in range(1, len(panes) + 1):
            if self._enter(panes[(start + by * away) % len(panes)]):
                return

    def _enter(self, pane: QWidget) -> bool:
        before = self._left_at.get(pane)
        # What had the focus may have been deleted meanwhile.
        first = [before] if before is not None and isValid(before) else []
        for widget in first + _in_tab_order(pane):
            if _takes_focus(widget):
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return True
        return False


def _in_tab_order(pane: QWidget) -> list[QWidget]:
    found: list[QWidget] = []
    widget = pane.nextInFocusChain()
    while widget is not None and widget is not pane:
        if pane.isAncestorOf(widget):
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()
