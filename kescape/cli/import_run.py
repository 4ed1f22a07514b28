"""`kescape import PATH`: makes a run of a log that another tool wrote, or of a run that was handed on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunsOption, chosen_runs

__all__ = ["import_command"]


def import_command(
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A CSVLogger file, a TensorBoard folder or event file, or a zip of KEscape."
        ),
    ],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help=r"The run's name. [dim]\[that of PATH][/]", show_default=False)
    ] = None,
    runs: RunsOption = None,
) -> None:
    """Make a run of a log of Keras or TensorBoard, or of an exported zip."""
    from kescape.run.importing import import_run

    try:
        run = import_run(path, runs=chosen_runs(context, runs), name=name)
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))
    with run:
        counts = [(len(run.epochs()), "epoch"), (run.steps, "step")]
        words = " and ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count)
        console.out().print(f"{run.path} ({words or 'settings'})", soft_wrap=True)
