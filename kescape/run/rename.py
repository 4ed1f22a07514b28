"""Gives a run another name, which is that of its folder."""

from __future__ import annotations

from pathlib import Path

from kescape.run.errors import RunExists
from kescape.run.folder import check_run_name, forget_run, remember_run
from kescape.run.moving import check_at_rest, move_folder

__all__ = ["name_problem", "rename_run"]


def name_problem(folder: Path, name: str) -> str | None:
    """Why the run in `folder` cannot be called `name`, in one sentence; None if it can."""
    try:
        check_run_name(name)
    except ValueError as error:
        text = str(error)
        return f"{text[0].upper()}{text[1:]}."
    return f"There is a run or a folder {name!r} already." if _is_taken(folder, folder.with_name(name)) else None


def rename_run(folder: Path, name: str) -> Path:
    """Give the run in `folder` the name `name`; returns where it is now.

    A run that is remembered because it lives outside the runs folder stays remembered.

    Raises:
        ValueError: It cannot be the name of a folder.
        RunExists: There is something of that name beside it.
        RunLocked: The run is live.
        RunUnwritable: The folder cannot be renamed.
    """
    check_run_name(name)
    target = folder.with_name(name)
    if target.name == folder.name:
        return folder
    if _is_taken(folder, target):
        raise RunExists(f"{folder.name!r} cannot be renamed: there is a run or a folder {name!r} already.")
    check_at_rest(folder)
    move_folder(folder, target, "renamed")
    if forget_run(folder):
        remember_run(target)
    return target


def _is_taken(folder: Path, target: Path) -> bool:
    try:
        # Where upper and lower case are one, a run may change its own.
        return target.exists() and not target.samefile(folder)
    except OSError:
        return target.exists()
