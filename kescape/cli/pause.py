"""`kescape pause RUN`: holds a live run at a step."""

from __future__ import annotations

import typer

from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.tell import tell

__all__ = ["pause"]


def pause(context: typer.Context, run: RunArgument, runs: RunsOption = None) -> None:
    """Hold a run at its current step, until `kescape resume`."""
    from kescape.run.folder import find_run

    folder = find_run(run, chosen_runs(context, runs))
    tell(folder, "pause", lambda answer: f"is paused at step {answer.step:,}")
