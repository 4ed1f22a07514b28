"""Asks whether a user's Python file may be run, before a run is made that needs it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kescape.cli import console

__all__ = ["AllowCode", "ask_for_consent"]

AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Say yes to running the Python file that builds the model.")
]

SHOWN_LINES = 12


def ask_for_consent(model: str, *, given: bool) -> None:
    """Ask in a terminal, once for each content of a file; elsewhere `--allow-code` says yes.

    Ends the command with exit code 2 if nobody says yes.

    Args:
        model: As in the configuration; only a Python file is asked for.
        given: Whether the user has said yes on the command line.
    """
    from kescape.models.choice import find_model
    from kescape.models.consent import allow, fingerprint, is_allowed
    from kescape.models.python_file import PythonFile, source_of

    file = find_model(model)
    if not isinstance(file, PythonFile):
        return
    source = source_of(file.path)
    content = fingerprint(source)
    if not given and is_allowed(file.path, content):
        return
    if not given:
        if not _is_a_terminal():
            console.leave(
                console.WRONG_USE,
                f"{file.path} is Python code, run only after you have said yes to it as it is now; look at it, then "
                "add --allow-code",
            )
        _show(str(file.path), source)
        if not _yes(f"Run it? It can do whatever you can. {file.function} begins in line {file.line}. [y/N] "):
            console.leave(console.WRONG_USE, f"{file.path} was not run.")
    allow(file.path, content)


def _is_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _yes(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:  # Ctrl+D
        return False


def _show(path: str, source: bytes) -> None:
    """Path, size and first lines; what a terminal would obey is shown as what it is."""
    lines = source.decode("utf-8", errors="replace").splitlines()
    out = console.out()
    out.print(f"{path}: {len(source):,} bytes, {len(lines):,} lines of Python", soft_wrap=True)
    for line in lines[:SHOWN_LINES]:
        shown = "".join(c if c.isprintable() else "?" for c in line.expandtabs(4))
        out.print(f"  | {shown[:160]}", style="dim", soft_wrap=True)
    if len(lines) > SHOWN_LINES:
        out.print(f"  | ... {len(lines) - SHOWN_LINES:,} more", style="dim")
