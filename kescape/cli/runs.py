"""`kescape runs`: the runs that are kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import typer

from kescape.cli.console import number, out, plain_table
from kescape.cli.runs_option import RunsOption, chosen_runs

__all__ = ["runs"]

COLOURS = {
    "starting": "cyan",
    "running": "green",
    "paused": "yellow",
    "finished": "",
    "stopped": "",
    "failed": "red",
    "interrupted": "yellow",
    "unknown": "yellow",
}


def runs(context: typer.Context, runs: RunsOption = None) -> None:
    """List the runs, the newest first."""
    from rich.text import Text

    from kescape.run.listing import list_runs

    folder = chosen_runs(context, runs)
    # A folder named on the command line means that folder, not also the runs recorded elsewhere.
    found = list_runs(folder, remembered=runs is None and context.obj is None)
    if not found:
        out().print(f"No runs in {folder} yet; `kescape train` makes the first.", soft_wrap=True)
        return
    table = plain_table(
        "run", "status", "begun", "epochs", "loss", "val loss", "val accuracy", "tags", "what",
        numbers=("epochs", "loss", "val loss", "val accuracy"),
    )  # fmt: skip
    for run in found:
        total = "" if run.epochs_total is None else f"/{run.epochs_total}"
        begun = dt.datetime.fromtimestamp(run.created).astimezone()
        settings = [run.config.get(name) for name in ("dataset", "model", "schedule")]
        what = " ".join(str(word) for word in settings if word) or _origin(run.config)
        table.add_row(
            run.name,
            Text(str(run.status), style=COLOURS[str(run.status)]),
            f"{begun:%d %b %H:%M}",
            f"{run.epochs_done}{total}",
            *(_number(run.metrics.get(name)) for name in ("loss", "val_loss", "val_accuracy")),
            " ".join(run.labels.tags),
            run.problem or run.error or what,
        )
    out().print(table)


def _origin(config: dict[str, Any]) -> str:
    """The script that recorded a run, or the file that it was imported from."""
    imported = config.get("imported")
    return f"imported from {imported}" if imported else str(config.get("script") or "")


def _number(value: float | None) -> str:
    return "" if value is None else number(value)
