"""`kescape export RUN`: writes the curves of a run for papers, sheets and tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs

__all__ = ["export"]


def export(
    context: typer.Context,
    run: RunArgument,
    format: Annotated[  # noqa: A002 (the name of the option)
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="csv, json, npz, parquet, png, svg, pdf, script, tensorboard (a folder) or zip (all).",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="PATH", help=r"Where to write it. [dim]\[RUN.FORMAT][/]", show_default=False)
    ] = None,
    level: Annotated[
        str,
        typer.Option(metavar="step|epoch|restart", help="Of csv, npz and parquet: one row per step, epoch or restart."),
    ] = "step",
    from_step: Annotated[
        int, typer.Option(metavar="N", help="Of tables and figures: the first step that is written.")
    ] = 0,
    to_step: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help=r"Of tables and figures: the last step that is written. [dim]\[the newest][/]",
            show_default=False,
        ),
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            metavar="column|page|slide|poster",
            help="Of figures: 89 mm, 183 mm, 16:9 or 420 mm wide; text and lines fit each.",
        ),
    ] = "page",
    theme: Annotated[
        str, typer.Option(metavar="light|dark|grey", help="Of figures: grey is read in black and white, too.")
    ] = "light",
    dpi: Annotated[int, typer.Option(metavar="N", help="Of png: dots an inch, 50 to 1200.")] = 300,
    runs: RunsOption = None,
) -> None:
    """Write a run to a file for papers, sheets and tools."""
    from kescape.run.export.options import LEVELS, FigureOptions, Level
    from kescape.run.folder import find_run
    from kescape.run.reader import open_run

    if level not in LEVELS:
        console.leave(
            console.WRONG_USE, f"--level must be step, epoch or restart, because those are recorded; got {level!r}"
        )
    if from_step < 0:
        console.leave(console.WRONG_USE, f"--from-step must be >= 0, because steps count from 0; got {from_step}")
    if to_step is not None and to_step < from_step:
        console.leave(
            console.WRONG_USE,
            f"--to-step must be >= --from-step, because both are the ends of one part; got {to_step} after {from_step}",
        )
    figure = FigureOptions(size, theme, dpi)
    folder = find_run(run, chosen_runs(context, runs))
    chosen = format or (None if output is not None and output.suffix else "csv")
    path = output or Path(f"{folder.name}.{_suffix(chosen)}")
    steps = (from_step, to_step) if (from_step, to_step) != (0, None) else None
    with open_run(folder) as opened:
        written = opened.export(path, chosen, cast("Level", level), steps=steps, figure=figure)
    files = [written] if written.is_file() else [file for file in written.rglob("*") if file.is_file()]
    taken = sum(file.stat().st_size for file in files)
    console.out().print(f"{written} ({taken / 1000:,.1f} kB)", soft_wrap=True)


def _suffix(format_name: str | None) -> str:
    from kescape.run.export import FORMATS

    known = FORMATS.get((format_name or "").lower())
    return known.suffix if known else str(format_name)
