"""The draft on disk: what stands in the form, wrong values too, so that nothing typed is ever lost; no Qt.

Written whole under another name and put in place, so that a reader, or the next start after a crash, sees the one or
the other state. Where two windows are open, the one that writes last has its say.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kescape.run.folder import data_folder
from kescape_gui.setup.taken_values import dropped_words, taken
from kescape_gui.words import tr

_NAME = "draft.json"
_ASIDE = "draft-unreadable.json"
_KEY = "kescape draft"
_LARGEST = 1_000_000
"""Bytes of a draft at the most; it has some 800."""


@dataclass(frozen=True)
class ReadDraft:
    """What was found.

    Attributes:
        values: The settings; empty where there is no draft.
        note: What its owner should know, or nothing.
    """

    values: dict[str, Any]
    note: str = ""


def draft_path() -> Path:
    """Where the draft of this user is."""
    return data_folder() / _NAME


def write_draft(path: Path, values: Mapping[str, Any]) -> None:
    """Put a draft in place of the last one.

    Raises:
        OSError: It cannot be written; the last one is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_text(json.dumps({_KEY: 1, **values}, indent=1) + "\n", "ascii")
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def read_draft(path: Path) -> ReadDraft:
    """Read a draft; a file that is none is set aside, so that it is said once and nothing in it is lost."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return ReadDraft({})
    except OSError as error:
        return ReadDraft({}, tr("The last draft cannot be read: {why}.").format(why=error.strerror or error))
    values = _settings_in(raw)
    if values is None:
        return ReadDraft({}, _set_aside(path))
    kept, dropped = taken(values, typed=True)
    return ReadDraft(kept, dropped_words(dropped))


def _settings_in(raw: bytes) -> dict[str, Any] | None:
    """What the file says, or None if we did not write it."""
    if len(raw) > _LARGEST:
        return None
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or _KEY not in values:
        return None
    return {name: value for name, value in values.items() if name != _KEY}


def _set_aside(path: Path) -> str:
    aside = path.with_name(_ASIDE)
    try:
        path.replace(aside)
    except OSError:
        aside = path
    return tr("The last draft is damaged: it is kept as {path}, and the form has its defaults.").format(path=aside)
