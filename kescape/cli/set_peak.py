"""`kescape set RUN --eta-max RATE`: changes the plan of a live run from the next cycle on."""

from __future__ import annotations

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.tell import EtaMaxOption, tell

__all__ = ["set_peak"]


def set_peak(context: typer.Context, run: RunArgument, eta_max: EtaMaxOption = None, runs: RunsOption = None) -> None:
    """Change a run's highest rate from its next cycle on."""
    from kescape.run.folder import find_run

    if eta_max is None:
        console.leave(console.WRONG_USE, "say what to set: --eta-max RATE (see `kescape set --help`)")
    folder = find_run(run, chosen_runs(context, runs))
    tell(
        folder,
        "eta_max",
        lambda answer: f"has the peak {eta_max:g} from its next cycle on, which begins at step {answer.step:,}",
        value=eta_max,
    )
