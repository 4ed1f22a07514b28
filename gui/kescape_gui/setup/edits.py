"""What the user does to the draft, a step at a time, each of which can be undone.

The `Setup` knows nothing of it: a step is the settings that an edit made different, as they were and as they became.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from kescape.config import SETTINGS
from kescape_gui.setup.setup import Setup, differing

_MOST = 500
"""So many steps are remembered."""
_LONGEST = 60
"""Letters of a step's name; a preset's or file's may be longer."""


class Edits(QObject):
    """Every edit of the draft goes through here. Edits with one `merge` key in a row are one step, until it is closed.

    Args:
        setup: The draft.
    """

    went = Signal(str)
    """Undoing or redoing has changed this setting, and perhaps others."""

    def __init__(self, setup: Setup, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setup = setup
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(_MOST)
        self._open = ""
        self._number = 0

    def type(self, name: str, value: Any) -> None:
        """Take over what is being typed for one setting."""
        self.set_many({name: value}, self.tr(SETTINGS[name].title), merge=name)

    def set_many(self, values: dict[str, Any], words: str, *, merge: str = "") -> None:
        """Take over several settings in one step, called by `words` in the menu."""
        self._do(lambda: self.setup.set_many(values), words, merge)

    def choose_data(self, dataset: str) -> None:
        """Take over other data; what was said of the columns of the old goes in the same step."""
        self._do(lambda: self.setup.choose_data(dataset), self.tr(SETTINGS["dataset"].title), "")

    def close_step(self) -> None:
        """Whatever comes next is a step of its own."""
        self._open = ""

    def _do(self, change: Callable[[], None], words: str, merge: str) -> None:
        if not merge or merge != self._open:
            self._number += 1
            self._open = merge
        before = self.setup.values
        change()
        after = self.setup.values
        changed = differing(before, after)
        if changed:
            old = {name: before[name] for name in changed}
            new = {name: after[name] for name in changed}
            self.stack.push(_Step(self._number, words, old, new, self._go))

    def _go(self, values: dict[str, Any]) -> None:
        self.close_step()
        self.setup.set_many(values)
        self.went.emit(next(name for name in SETTINGS if name in values))


class _Step(QUndoCommand):
    def __init__(
        self,
        number: int,
        words: str,
        old: dict[str, Any],
        new: dict[str, Any],
        go: Callable[[dict[str, Any]], None],
    ) -> None:
        # In the text of an action, an & is the sign of a key.
        super().__init__((words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…").replace("&", "&&"))
        self.number, self.old, self.new = number, old, new
        self._go = go
        self._is_done = True

    def id(self) -> int:
        return self.number

    def undo(self) -> None:
        self._is_done = False
        self._go(self.old)

    def redo(self) -> None:
        # The stack calls it for what has been done already, too.
        if not self._is_done:
            self._is_done = True
            self._go(self.new)

    def mergeWith(self, other: QUndoCommand) -> bool:
        assert isinstance(other, _Step), "the stack asks only where the numbers are equal"
        self.old = {**other.old, **self.old}
        self.new = {**self.new, **other.new}
        if not differing(self.old, self.new):
            # Typed and taken back: there is nothing to undo.
            self.setObsolete(True)
        return True
