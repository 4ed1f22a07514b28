"""`kescape delete RUN...`: moves runs to the system's trash."""

from __future__ import annotations

from typing import Annotated

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunsOption, chosen_runs

__all__ = ["delete"]


def delete(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Names of runs, or their folders.")],
    runs: RunsOption = None,
) -> None:
    """Move runs that have ended to the trash of the system, from where they can be had back."""
    from kescape.run.folder import find_run
    from kescape.run.trash import check_disposable, send_to_trash, set_aside

    home = chosen_runs(context, runs)
    folders = list(dict.fromkeys(find_run(name, home) for name in names))
    for folder in folders:
        check_disposable(folder)
    for folder in folders:
        send_to_trash(set_aside(folder))
        console.out().print(f"{folder.name} is in the trash.", soft_wrap=True)
