"""Starts the process that trains the runs of a comparison. No Keras and no Qt."""

from __future__ import annotations

from pathlib import Path

from kescape.engine.detached import Detached

__all__ = ["spawn_comparison"]


def spawn_comparison(folder: Path, workers: int | None = None, cluster: str | None = None) -> Detached:
    """Start a process that trains what the comparison in `folder` misses; it goes on when this one ends.

    All it says is in the folder; it ends by itself, or after `ask_to_stop`. Its exit codes are told in
    `kescape.compare.process`.

    Args:
        folder: The comparison's folder.
        workers: How many engines of this machine train, 1 to 64; None for as many as fit.
        cluster: The address of the Ray cluster that trains instead, or `local` for one on this machine alone.
    """
    arguments = ["-m", "kescape.compare", str(folder.absolute())]
    arguments += [] if workers is None else ["--workers", str(workers)]
    arguments += [] if cluster is None else ["--cluster", cluster]
    return Detached(arguments, {})
