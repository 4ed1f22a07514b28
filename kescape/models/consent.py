"""Whose Python code may be run: the files that the user has said yes to, each as it was then.

A note in the user's data folder (`$KESCAPE_HOME`, else where the system keeps such) names a file by its absolute path
and its content by its SHA-256. It never travels with a run: one that came from elsewhere runs no code by itself.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from kescape.models.errors import CodeNotAllowed, ModelUnusable
from kescape.models.python_file import source_of
from kescape.run.folder import data_folder

__all__ = ["allow", "check_allowed", "fingerprint", "is_allowed"]


def fingerprint(file: str | Path | bytes) -> str:
    """The SHA-256 of a file's content, in hexadecimal.

    Args:
        file: Its path; or what was read of it, so that what is looked at is what is noted.

    Raises:
        ModelUnusable: The file cannot be read.
    """
    return hashlib.sha256(file if isinstance(file, bytes) else source_of(Path(file))).hexdigest()


def is_allowed(path: str | Path, content: str | None = None) -> bool:
    """Whether the user has said yes to this file with this content.

    Args:
        path: Of the Python file.
        content: Its `fingerprint`, where it has been read already; by default it is read now.

    Raises:
        ModelUnusable: The file cannot be read.
    """
    wanted = fingerprint(path) if content is None else content
    try:
        return _note(path).read_text("ascii").strip() == wanted
    except (OSError, ValueError):  # no note, or one that was damaged: nobody has said yes
        return False


def check_allowed(path: str | Path, content: str | None = None) -> None:
    """Raise CodeNotAllowed unless the user has said yes to this file with this content, see `is_allowed`."""
    if not is_allowed(path, content):
        raise CodeNotAllowed(
            f"{path} is Python code, run only after you have said yes to it as it is now; look at it, then train with "
            "--allow-code, or kescape.train(config, allow_code=True)"
        )


def allow(path: str | Path, content: str | None = None) -> None:
    """Note that the user has said yes to this file, as it is now.

    Args:
        path: Of the Python file.
        content: The `fingerprint` of what the user has seen; by default it is read now.

    Raises:
        ModelUnusable: The file cannot be read, or the note not be written.
    """
    seen = fingerprint(path) if content is None else content
    note = _note(path)
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        temporary = note.with_name(f".{uuid.uuid4().hex}.tmp")
        temporary.write_text(f"{seen}\n", "ascii")
        temporary.replace(note)
    except OSError as error:
        raise ModelUnusable(
            f"That {path} may be run could not be noted in {str(note.parent)!r}: {error.strerror or error}"
        ) from error


def _note(path: str | Path) -> Path:
    name = hashlib.sha256(os.fsencode(Path(path).absolute())).hexdigest()
    return data_folder() / "allowed-code" / f"{name}.txt"
