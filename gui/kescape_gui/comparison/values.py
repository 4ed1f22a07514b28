"""Reads a list of values of one setting as somebody types it; no Qt.

Semicolons, commas and blanks may separate them. With semicolons a comma is a decimal mark: `0; 0,9`. Without, it
separates: `0, 0.9`. Where it could be either, as in `0,9`, nothing is guessed.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from kescape.config import SETTINGS, Setting
from kescape_gui.setup.numbers import parse_integer, parse_number
from kescape_gui.setup.taken_values import choice_title
from kescape_gui.words import tr

_WHOLE = re.compile(r"[+-−]?\d+")
_FRACTION = re.compile(r"\d+(e[+-]?\d+)?", re.IGNORECASE)


class NotUnderstood(ValueError):  # noqa: N818 (says what is the case, like the run's own errors)
    """What was typed is no list of such values; the message is a sentence for the user."""


def values_of(name: str, text: str) -> tuple[Any, ...]:
    """The values of a setting that are written in `text`, in their order; none if there is no text.

    Whether they are in their range is for the configuration to say.

    Raises:
        NotUnderstood: One of them is no such value, or a comma could mean two things.

    Example:
        >>> values_of("momentum", "0, 0.9"), values_of("momentum", "0; 0,9"), values_of("batch_size", "8,16")
        ((0.0, 0.9), (0.0, 0.9), (8, 16))
        >>> values_of("nesterov", "on, off"), values_of("cycles", "none 3"), values_of("model", "MLP, logistic")
        ((True, False), (None, 3), ('mlp', 'logistic'))
    """
    setting = SETTINGS[name]
    return tuple(_value(setting, part) for part in _parts(setting, text))


def _parts(setting: Setting, text: str) -> list[str]:
    if ";" in text:
        return [part.strip() for part in text.split(";") if part.strip()]
    if setting.kind in ("choice", "text"):
        # A path, or what a choice is called, may hold a blank.
        return [part.strip() for part in text.split(",") if part.strip()]
    parts = []
    for word in re.sub(r",\s", " ", text).split():
        pieces = word.split(",")
        if setting.kind == "float" and "." not in text:
            for first, second in pairwise(pieces):
                if _WHOLE.fullmatch(first) and _FRACTION.fullmatch(second):
                    raise NotUnderstood(
                        tr(
                            "“{typed}” could be one number or two: separate values by semicolons, as in {apart}, or "
                            "write {point}."
                        ).format(typed=word, apart=f"{first}; {second}", point=f"{first}.{second}")
                    )
        parts += [piece for piece in pieces if piece]
    return parts


def _value(setting: Setting, text: str) -> Any:
    if setting.optional and text.casefold() in ("none", setting.none.casefold(), tr(setting.none).casefold()):
        return None
    if setting.kind == "bool":
        words = {"on": True, "off": False, tr("on").casefold(): True, tr("off").casefold(): False}
        if text.casefold() not in words:
            raise NotUnderstood(tr("“{typed}” is neither on nor off.").format(typed=text))
        return words[text.casefold()]
    if setting.kind == "choice":
        known = {
            word.casefold(): value for value in setting.choices for word in (value, choice_title(setting.name, value))
        }
        return known.get(text.casefold(), text)
    if setting.kind == "text":
        return text
    value = parse_integer(text) if setting.kind == "int" else parse_number(text)
    if value is None:
        kind = tr("a whole number") if setting.kind == "int" else tr("a number")
        raise NotUnderstood(tr("“{typed}” is not {kind}.").format(typed=text, kind=kind))
    return value
