"""The fair control of a run with warm restarts: everything the same, along one cosine that never jumps back; no Qt.

The best figure in the paper on warm restarts is that of the single cosine, so the comparison is kept one click away.

Source: Loshchilov & Hutter, "SGDR", ICLR 2017, https://arxiv.org/abs/1608.03983
"""

from __future__ import annotations

import os

from kescape.config import RunConfig
from kescape_gui.setup.taken_values import choice_title
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr

_ENDING = "-no-restarts"
_LONGEST = 200
"""Bytes of a name that are kept: a file system wants at most 255, and a number may follow."""


def without_restarts(config: RunConfig) -> RunConfig:
    """The same settings along one cosine: same seed, same order of the data, same peak, floor and number of epochs.

    Example:
        >>> control = without_restarts(RunConfig(epochs=35, t_0=5.0, seed=7))
        >>> control.schedule, control.epochs, control.seed, control.plan().restarts(until=35)
        ('cosine', 35, 7, [])
    """
    return config.changed(schedule="cosine")


def name_without_restarts(name: str) -> str:
    """What the control of a run is called.

    Example:
        >>> name_without_restarts("spirals-mlp-sgdr")
        'spirals-mlp-sgdr-no-restarts'
    """
    kept = os.fsencode(name)[:_LONGEST].decode("utf-8", errors="ignore")
    return f"{kept}{_ENDING}"


def no_control_because(run: WatchedRun) -> str | None:
    """Why there is nothing to run again without restarts, in a sentence; None if there is."""
    schedule = run.config.get("schedule")
    if not isinstance(schedule, str):
        return tr("Its settings are not known here: a script recorded it, or it was imported")
    if schedule != "sgdr":
        return tr("It has no restarts: its schedule is “{schedule}”").format(
            schedule=choice_title("schedule", schedule)
        )
    if run.total_steps and run.placed is not None and not run.planned_restarts:
        return tr("It has no restarts: its first cycle is as long as the training")
    return None
