"""`kescape export RUN`: writes the curves of a run for papers, sheets and tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs

__all__ = ["export"]

LEVELS = ("step", "epoch")


def export(
    context: typer.Context,
    run: RunArgument,
    format: Annotated[  # noqa: A002 (the name of the option)
        str | None,
        typer.Option(
            metavar="FORMAT", help="csv, json, parquet, png, svg, pdf, script, tensorboard (a folder) or zip (all)."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="PATH", help=r"Where to write it. [dim]\[RUN.FORMAT][/]", show_default=False)
    ] = None,
    level: Annotated[str, typer.Option(metavar="step|epoch", help="One row per step, or per epoch.")] = "step",
    runs: RunsOption = None,
) -> None:
    """Write a run to a file for papers, sheets and tools."""
    from kescape.run.folder import find_run
    from kescape.run.reader import open_run

    if level not in LEVELS:
        console.leave(console.WRONG_USE, f"--level must be step or epoch, because those are recorded; got {level!r}")
    folder = find_run(run, chosen_runs(context, runs))
    chosen = format or (None if output is not None and output.suffix else "csv")
    path = output or Path(f"{folder.name}.{_suffix(chosen)}")
    with open_run(folder) as opened:
        written = opened.export(path, chosen, cast("Literal['step', 'epoch']", level))
    files = [written] if written.is_file() else [file for file in written.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    console.out().print(f"{written} ({size / 1000:,.1f} kB)", soft_wrap=True)


def _suffix(format_name: str | None) -> str:
    from kescape.run.export import FORMATS

    known = FORMATS.get((format_name or "").lower())
    return known.suffix if known else str(format_name)
