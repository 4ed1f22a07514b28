"""The option --runs, which every command that touches runs has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kescape.run.folder import runs_folder

__all__ = ["RunArgument", "RunsOption", "chosen_runs"]

RunsOption = Annotated[
    Path | None,
    typer.Option("--runs", metavar="DIR", help="Where runs are kept.", show_default="~/KEscape/runs"),
]

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or its folder.")]


def chosen_runs(context: typer.Context, runs: Path | None) -> Path:
    """The runs folder: as said after the command, else before it, else the usual one."""
    return runs_folder(runs if runs is not None else context.obj)
