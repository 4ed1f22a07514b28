"""Which keys do what: the sheet that the app shows of them; no Qt.

The keys of the menus come from the menus themselves. Those of the plots, which are no actions, are listed here, and
a test presses each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kescape_gui.words import tr


@dataclass(frozen=True)
class KeyLine:
    """Keys that do the same, as they are written on a keyboard, and what they do."""

    keys: tuple[str, ...]
    does: str


@dataclass(frozen=True)
class KeyGroup:
    """Keys that belong together."""

    title: str
    lines: tuple[KeyLine, ...]


_PLOTS = (
    KeyLine(("F", "Home"), "show the whole training, and follow it"),
    KeyLine(("Space",), "follow the training, or not"),
    KeyLine(("1", "2", "3", "4"), "along epochs, steps, time; cycles on top of each other"),
    KeyLine(("L", "Shift+L"), "logarithmic loss, logarithmic axis, or not"),
    KeyLine(("S",), "the next smoothing"),
    KeyLine(("[", "]"), "the cycle before, the next cycle"),
    KeyLine(("Left", "Right"), "move along"),
    KeyLine(("+", "-"), "closer, farther"),
    KeyLine(("M",), "a note at the present step"),
    KeyLine(("R",), "find the learning rate"),
    KeyLine(("Ctrl+C",), "copy picture and numbers of what is in view"),
    KeyLine(("?",), "show these keys"),
)
"""In the source language; keys named as Qt names them in its portable form."""

_MOUSE = (
    KeyLine(("Drag",), "move along"),
    KeyLine(("Shift+drag",), "draw a box that is brought into view"),
    KeyLine(("Wheel",), "closer, farther"),
    KeyLine(("Ctrl+wheel",), "closer, farther in the values"),
    KeyLine(("Double-click",), "show the whole training, and follow it"),
    KeyLine(("Click a restart",), "see its cycle"),
)

_PLAYGROUND = (
    KeyLine(("Space",), "play, or pause"),
    KeyLine(("Right",), "one step"),
    KeyLine(("R",), "the race from its first step"),
    KeyLine(("F1",), "show these keys"),
)
"""The arrows move the cross hair of the map, or turn the surface, while one of them has the focus."""


_COMPARISON = (
    KeyLine(("Ctrl+Return",), "start the comparison"),
    KeyLine(("Ctrl+E",), "export the report"),
    KeyLine(("F", "Home"), "show all epochs, with the focus in the plot"),
    KeyLine(("L",), "logarithmic values, or not"),
    KeyLine(("Left", "Right"), "read off at the epoch before, the next epoch; fold an arm, or unfold it to its runs"),
    KeyLine(("+", "-"), "closer, farther"),
    KeyLine(("F1",), "show these keys"),
)


def comparison_keys() -> KeyGroup:
    """The keys of a comparison's window."""
    return KeyGroup(tr("In a comparison"), tuple(KeyLine(line.keys, tr(line.does)) for line in _COMPARISON))


def playground_keys() -> KeyGroup:
    """The keys of the playground's window, where nothing in it needs them itself."""
    return KeyGroup(tr("In the playground"), tuple(KeyLine(line.keys, tr(line.does)) for line in _PLAYGROUND))


def plot_keys() -> KeyGroup:
    """The keys of the plots, which hold while one of them has the focus."""
    lines = tuple(KeyLine(line.keys, tr(line.does)) for line in _PLOTS)
    return KeyGroup(tr("While a plot has the focus"), lines)


def mouse_gestures() -> KeyGroup:
    """What a mouse does on the plots."""
    return KeyGroup(tr("Mouse on the plots"), tuple(KeyLine((tr(line.keys[0]),), tr(line.does)) for line in _MOUSE))


def room_group(room: str, actions: Iterable[tuple[str, tuple[str, ...]]]) -> KeyGroup:
    """The keys that hold in one part of the window alone."""
    return KeyGroup(tr("In the list “{name}”").format(name=room), menu_group("", actions).lines)


def menu_group(title: str, actions: Iterable[tuple[str, tuple[str, ...]]]) -> KeyGroup:
    """The keys of one menu, made of the texts and shortcuts of its actions; those without a key are left out.

    Example:
        >>> menu_group("&File", [("&Export…", ("Ctrl+E",)), ("Open run &folder", ())])
        KeyGroup(title='File', lines=(KeyLine(keys=('Ctrl+E',), does='Export'),))
    """
    lines = tuple(KeyLine(keys, _plain(text).removesuffix("…")) for text, keys in actions if keys)
    return KeyGroup(_plain(title), lines)


def _plain(text: str) -> str:
    """Without the marks of the letters that open a menu's lines."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
