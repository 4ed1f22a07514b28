"""Throws a comparison away with its runs, so that they can be had back from the system's trash. No Keras and no Qt."""

from __future__ import annotations

from pathlib import Path

import send2trash

from kescape.compare.folder import KNOWN_FILES, is_half, is_worked_on, read_comparison
from kescape.compare.jobs import JobState, jobs_of, progress_of
from kescape.run.errors import RunLocked, RunMixed, RunUnwritable
from kescape.run.trash import check_disposable, send_to_trash, set_aside

__all__ = ["discard_comparison"]


def discard_comparison(folder: Path) -> list[str]:
    """Move a comparison and its runs to the trash; returns the names of the runs.

    A run of such a name that cannot be read, or has other settings than its arm, may be somebody's, and stays.

    Raises:
        RunLocked: It, or one of its runs, is being trained; nothing is moved.
        RunMixed: There are files in its folder that it has not made, or a run's folder holds more than a run.
        RunUnreadable: What it compares cannot be read, so that its runs are not known.
        RunUnwritable: The trash does not take it.
    """
    if is_worked_on(folder):
        raise RunLocked(f"The comparison {folder.name!r} is being trained; stop it first, or wait until it ends.")
    foreign = sorted(name for path in folder.iterdir() if (name := path.name) not in KNOWN_FILES and not is_half(name))
    if foreign:
        raise RunMixed(
            f"{folder.name!r} cannot be moved to the trash, because it holds more than a comparison: {foreign[0]!r}; "
            "take that out first."
        )
    comparison = read_comparison(folder)
    progress = {job.folder: progress_of(job, comparison.base.epochs) for job in jobs_of(comparison, folder)}
    runs = [run for run, one in progress.items() if one.state not in (JobState.MISSING, JobState.FOREIGN)]
    for run in runs:
        check_disposable(run)
    for run in runs:
        send_to_trash(set_aside(run))
    try:
        send2trash.send2trash(folder)
    except OSError as error:
        why = (error.strerror or str(error)).rstrip(".")
        raise RunUnwritable(f"{folder.name!r} cannot be moved to the trash: {why}.") from error
    return [run.name for run in runs]
