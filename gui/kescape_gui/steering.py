"""Asks for what a command to a live run needs: a rate, or a line of text."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from kescape.run.commands import LONGEST_NOTE
from kescape_gui.line_dialog import LineDialog
from kescape_gui.run_state import Verb
from kescape_gui.setup.numbers import format_number, parse_number
from kescape_gui.words import tr


class Steering(QObject):
    """Opens the dialog of a verb; what was answered goes to `send` as kind of command and its arguments.

    `send` gives False, and has said why, if it could not be sent.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def ask(self, verb: Verb, name: str, peak: float | None, send: Callable[..., bool]) -> None:
        """Ask what `verb` needs to know about the run `name`, whose highest rate is `peak` now."""
        if verb is Verb.NEW_PEAK:
            self._ask_peak(name, peak, send)
        else:
            self._ask_note(name, send)

    def _ask_peak(self, name: str, peak: float | None, send: Callable[..., bool]) -> None:
        dialog = LineDialog(
            self.tr("New highest rate"),
            self.tr(
                "The highest learning rate of “{name}” from its next restart on. The present cycle stays as it is."
            ).format(name=name),
            self.tr("Set"),
            peak_problem,
            "" if peak is None else format_number(peak),
            self._window,
        )
        dialog.setObjectName("peakDialog")
        dialog.chosen.connect(lambda text: send("eta_max", value=parse_number(text)))
        dialog.open()

    def _ask_note(self, name: str, send: Callable[..., bool], text: str = "") -> None:
        dialog = LineDialog(
            self.tr("Note"),
            self.tr("A line for the log of “{name}”; its step is marked on the curves.").format(name=name),
            self.tr("Note"),
            note_problem,
            text,
            self._window,
        )
        dialog.setObjectName("noteDialog")
        dialog.chosen.connect(lambda typed: self._send_note(name, send, typed))
        dialog.open()

    def _send_note(self, name: str, send: Callable[..., bool], typed: str) -> None:
        if not send("note", text=typed.strip()):
            # Why not is said at the foot of the window; what was written is not lost.
            self._ask_note(name, send, typed)


def peak_problem(text: str) -> str | None:
    """What is wrong with a highest rate as it was typed.

    Example:
        >>> [peak_problem(text) for text in ("0.2", "0", "big")]
        [None, 'A rate of zero learns nothing.', '“big” is not a number; write it like 0.1 or 1e-3.']
    """
    rate = parse_number(text)
    if rate is None:
        return tr("“{text}” is not a number; write it like 0.1 or 1e-3.").format(text=text[:24])
    if rate < 0:
        return tr("A negative rate climbs instead of descending.")
    return None if rate > 0 else tr("A rate of zero learns nothing.")


def note_problem(text: str) -> str | None:
    """What is wrong with a note as it was typed."""
    if not text.strip():
        return tr("A note needs a word.")
    if len(text) > LONGEST_NOTE:
        return tr("A note has at most {most} characters.").format(most=f"{LONGEST_NOTE:,}")
    return None
