"""`kescape runs`: the runs that are kept."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from kescape.cli.console import fitting_table, number, out, plain_table
from kescape.cli.runs_option import RunsOption, chosen_runs

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from kescape.run.listing import RunSummary

__all__ = ["runs"]

_COLUMNS = ("run", "status", "begun", "epochs", "loss", "val loss", "val accuracy", "tags", "what")
_NUMBERS = ("epochs", "loss", "val loss", "val accuracy")
_SPARE = ("what", "begun", "tags", "val accuracy", "loss", "val loss")
"""What is left out first where there is no room for all."""

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
    from kescape.run.listing import list_runs

    folder = chosen_runs(context, runs)
    # A folder named on the command line means that folder, not also the runs recorded elsewhere.
    found = list_runs(folder, remembered=runs is None and context.obj is None)
    comparisons = _comparisons(folder, found)
    if not found and not comparisons:
        out().print(f"No runs in {folder} yet; `kescape train` makes the first.", soft_wrap=True)
        return
    rows = [_row(run) for run in found]
    has_trouble = any(run.problem or run.error for run in found)
    spare = [column for column in _SPARE if not (has_trouble and column == "what")]
    choices = [[c for c in _COLUMNS if c not in spare[:count]] for count in range(len(spare) + 1)]
    out().print(fitting_table(rows, choices, numbers=_NUMBERS))
    if comparisons:
        out().print()
        out().print(comparisons)


def _comparisons(folder: Path, found: list[RunSummary]) -> Table | None:
    """The comparisons in a folder of runs, and how far the runs of each are."""
    from kescape.compare.folder import is_worked_on, list_comparisons, read_comparison
    from kescape.compare.jobs import jobs_of
    from kescape.run.errors import RunError

    statuses = {run.path: str(run.status) for run in found}
    table = plain_table("comparison", "status", "what")
    for path in list_comparisons(folder):
        try:
            comparison = read_comparison(path)
        except RunError as error:
            table.add_row(path.name, Text("unknown", style="yellow"), str(error))
            continue
        state = Text("running", style="green") if is_worked_on(path) else Text("at rest")
        counts = Counter(statuses.get(job.folder, "missing") for job in jobs_of(comparison, path))
        runs = ", ".join(f"{count} {status}" for status, count in counts.most_common())
        table.add_row(path.name, state, f"{len(comparison.arms)} arms × {comparison.repeats}: {runs}")
    return table if table.rows else None


def _row(run: RunSummary) -> dict[str, str | Text]:
    total = "" if run.epochs_total is None else f"/{run.epochs_total}"
    begun = dt.datetime.fromtimestamp(run.created).astimezone()
    settings = [run.config.get(name) for name in ("dataset", "model", "schedule")]
    what = " ".join(str(word) for word in settings if word) or _origin(run.config)
    return {
        "run": run.name,
        "status": Text(str(run.status), style=COLOURS[str(run.status)]),
        "begun": f"{begun:%d %b %H:%M}",
        "epochs": f"{run.epochs_done}{total}",
        "loss": _number(run.metrics.get("loss")),
        "val loss": _number(run.metrics.get("val_loss")),
        "val accuracy": _number(run.metrics.get("val_accuracy")),
        "tags": " ".join(run.labels.tags),
        "what": run.problem or run.error or what,
    }


def _origin(config: dict[str, Any]) -> str:
    """The script that recorded a run, or the file that it was imported from."""
    imported = config.get("imported")
    return f"imported from {imported}" if imported else str(config.get("script") or "")


def _number(value: float | None) -> str:
    return "" if value is None else number(value)
