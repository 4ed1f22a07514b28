"""The option --runs, which every command that touches runs has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kescape.run.folder import runs_folder

__all__ = ["RunArgument", "RunsOption", "chosen_runs"]

RUNS_HELP = r"Where runs are kept. [dim]\[~/KEscape/runs][/]"

RunsOption = Annotated[
    Path | None,
    typer.Option("--runs", metavar="DIR", help=RUNS_HELP, show_default=False),
]

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or its folder.")]


def chosen_runs(context: typer.Context, runs: Path | None) -> Path:
    """The runs folder: as said after the command, else before it, else the usual one."""
    return runs_folder(runs if runs is not None else context.obj)
