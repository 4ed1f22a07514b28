"""What the snapshots are called that landscapes are looked at from, and what is said without them; no Qt."""

from __future__ import annotations

from kescape.run.reader import Snapshot
from kescape_gui.words import tr


def short_name(snapshot: Snapshot) -> str:
    """What a snapshot is called in a picture."""
    cycle = (snapshot.data or {}).get("cycle")
    if snapshot.kind == "cycle" and isinstance(cycle, int):
        return tr("cycle {number}").format(number=cycle + 1)
    return tr("step {step}").format(step=f"{snapshot.step:,}")


def no_landscape_because(run: str | None, minima: int) -> str:
    """Why there is no landscape to look at; empty if there is.

    Args:
        run: The name of the run in view, or None while there is none.
        minima: How many of its snapshots can be looked at.

    Example:
        >>> no_landscape_because("first", 1)
        'A landscape needs two snapshots; “first” has 1. One is kept at the end of each cycle.'
    """
    if run is None:
        return tr("A landscape is that of a run: choose one first.")
    if minima < 2:
        words = tr("A landscape needs two snapshots; “{run}” has {count}. One is kept at the end of each cycle.")
        return words.format(run=run, count=minima)
    return ""
