"""The colour in which a state is told, beside its sign and word."""

from __future__ import annotations

from kescape_gui import theme
from kescape_gui.run_state import RunState


def state_colour(state: RunState) -> str | None:
    """As `#rrggbb`, of the palette that the app has now; None: that of any other text."""
    now = theme.colours()
    return {
        RunState.RUNNING: now.good,
        RunState.FINISHING_CYCLE: now.good,
        RunState.FINISHED: now.good,
        RunState.FAILED: now.error,
        RunState.INTERRUPTED: now.warning,
        RunState.UNKNOWN: now.warning,
    }.get(state)
