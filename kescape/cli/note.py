"""`kescape note RUN TEXT`: writes a line into the log of a live run."""

from __future__ import annotations

from typing import Annotated

import typer

from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.tell import tell

__all__ = ["note"]


def note(
    context: typer.Context,
    run: RunArgument,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What to remember of this moment.")],
    runs: RunsOption = None,
) -> None:
    """Write a line into a run's log, at its current step."""
    from kescape.run.folder import find_run

    folder = find_run(run, chosen_runs(context, runs))
    tell(folder, "note", lambda answer: f"has noted it at step {answer.step:,}", text=" ".join(text))
