"""What judging the restarts costs the engine: epochs of training for each cycle, and what is compiled for it once."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kescape.config import RunConfig
from kescape.engine.trainer import train

CASES = (
    ("two spirals, MLP, batches of 8 (the first thing a new user sees)", {"dataset": "spirals", "model": "mlp"}),
    ("digits, MLP, batches of 32", {"dataset": "digits", "model": "mlp", "batch_size": 32}),
    ("digits, CNN, batches of 32", {"dataset": "digits", "model": "cnn", "batch_size": 32}),
    ("digits, LSTM, batches of 32", {"dataset": "digits", "model": "lstm", "batch_size": 32}),
    ("digits, ResNet-20, batches of 32", {"dataset": "digits", "model": "resnet20", "batch_size": 32}),
)
CYCLES = 6
BUDGET = 0.5


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the table, return what the JSON keeps."""
    table = Table("training", "rows", "a cycle", "in epochs", "compiled once", box=None)
    found = []
    for title, settings in CASES[:1] if small else CASES:
        row = _measured(settings)
        found.append({"case": title, **row})
        table.add_row(
            title,
            str(row["rows"]),
            f"{1000 * row['seconds']:.0f} ms",
            f"{row['epochs']:.2f}",
            f"{row['compile_seconds']:.2f} s",
        )
    console.print(table)
    console.print(
        f"Medians of the restarts of a run, looked at as the ledger times itself; the budget is {BUDGET:g} epochs.\n"
    )
    return {"cases": found, "target": {"epochs a cycle": BUDGET}}


def _measured(settings: dict[str, object]) -> dict[str, float]:
    config = RunConfig(**{**settings, "epochs": CYCLES, "t_0": 1, "t_mult": 1, "eta_max": 0.02})
    with tempfile.TemporaryDirectory() as runs, train(config, runs=Path(runs)) as trained:
        escapes = trained.escapes()
    return {
        "rows": escapes[0].rows,
        "seconds": statistics.median(escape.seconds for escape in escapes),
        "epochs": statistics.median(escape.epochs or 0.0 for escape in escapes),
        "compile_seconds": escapes[0].compile_seconds,
    }
