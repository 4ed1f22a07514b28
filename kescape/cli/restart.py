"""`kescape restart RUN`: begins the next cycle of a live run now."""

from __future__ import annotations

import typer

from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.tell import EtaMaxOption, tell

__all__ = ["restart"]


def restart(context: typer.Context, run: RunArgument, eta_max: EtaMaxOption = None, runs: RunsOption = None) -> None:
    """Begin the next cycle of a run now, at another peak if you like."""
    from kescape.run.folder import find_run

    folder = find_run(run, chosen_runs(context, runs))
    args = {} if eta_max is None else {"eta_max": eta_max}
    peak = "" if eta_max is None else f", from the peak {eta_max:g}"
    tell(folder, "restart", lambda answer: f"begins its next cycle at step {answer.step:,}{peak}", **args)
