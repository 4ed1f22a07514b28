"""`kescape stop RUN`: tells a live run to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.tell import tell

__all__ = ["stop"]


def stop(
    context: typer.Context,
    run: RunArgument,
    after_cycle: Annotated[
        bool, typer.Option("--after-cycle", help="Let the current cycle end at its lowest rate.")
    ] = False,
    runs: RunsOption = None,
) -> None:
    """Stop a run, now or after the current cycle."""
    from kescape.run.folder import find_run

    folder = find_run(run, chosen_runs(context, runs))
    if after_cycle:
        tell(folder, "stop_after_cycle", lambda answer: "stops after the current cycle")
    else:
        tell(folder, "stop", lambda answer: f"stops at step {answer.step:,}")
