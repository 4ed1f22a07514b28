"""`kescape rename RUN NAME`: gives a run another name."""

from __future__ import annotations

from typing import Annotated

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs

__all__ = ["rename"]


def rename(
    context: typer.Context,
    run: RunArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.")],
    runs: RunsOption = None,
) -> None:
    """Give a run that has ended another name."""
    from kescape.run.folder import find_run
    from kescape.run.rename import rename_run

    folder = find_run(run, chosen_runs(context, runs))
    try:
        renamed = rename_run(folder, name)
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))
    console.out().print(f"{folder.name} is now {renamed.name}.", soft_wrap=True)
