"""Whether an ended run can go on, as far as can be told without reading its checkpoint or its data; no Qt."""

from __future__ import annotations

from kescape.run.reader import Run
from kescape_gui.failure import explain
from kescape_gui.run_state import Continuation
from kescape_gui.words import tr

_LONGER = ("sgdr", "constant")
"""Schedules whose rates do not depend on how long the run is: more epochs leave what was trained as it is."""


def continuation_of(run: Run) -> Continuation:
    """Say whether `run`, which has ended, can go on from a checkpoint, and whether for longer than was planned."""
    sessions = run.sessions
    if not sessions:
        return Continuation(tr("It ended before it began to train; Start begins a new run"))
    if sessions[-1].kind == "imported":
        return Continuation(tr("It was imported: only its curves are here"))
    if sessions[-1].kind != "engine":
        return Continuation(tr("It was recorded by a script, which has its data and its model"))
    steps = run.steps
    kept = [row.step for row in run.checkpoints() if row.step <= steps and (run.path / row.file).exists()]
    if not kept:
        return Continuation(tr("It has no checkpoint to go on from"))
    longer = None
    if run.config.get("schedule") not in _LONGER:
        longer = tr("Its schedule was planned for its whole length, which cannot change afterwards")
    return Continuation(longer_problem=longer, step=max(kept), repeats=explain(run.error or "").repeats)
