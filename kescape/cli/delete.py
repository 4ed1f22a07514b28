"""`kescape delete RUN...`: moves runs, and whole comparisons, to the system's trash."""

from __future__ import annotations

from typing import Annotated

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunsOption, chosen_runs

__all__ = ["delete"]


def delete(
    context: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names of runs or comparisons, or their folders.")
    ],
    runs: RunsOption = None,
) -> None:
    """Move runs that have ended, or comparisons with all their runs, to the trash, from where they can be had back."""
    from kescape.compare.discard import discard_comparison
    from kescape.compare.folder import find_comparison
    from kescape.run.errors import RunNotFound
    from kescape.run.folder import find_run
    from kescape.run.trash import check_disposable, send_to_trash, set_aside

    home = chosen_runs(context, runs)
    comparisons, folders = [], []
    for name in dict.fromkeys(names):
        try:
            comparisons.append(find_comparison(name, home))
        except RunNotFound:
            folders.append(find_run(name, home))
    for folder in folders:
        check_disposable(folder)
    for comparison in comparisons:
        count = len(discard_comparison(comparison))
        what = (" is", " and its run are")[count] if count < 2 else f" and its {count} runs are"
        console.out().print(f"{comparison.name}{what} in the trash.", soft_wrap=True)
    for folder in dict.fromkeys(folders):
        if folder.exists():
            send_to_trash(set_aside(folder))
            console.out().print(f"{folder.name} is in the trash.", soft_wrap=True)
