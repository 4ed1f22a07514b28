"""`kescape ensemble RUN`: the snapshots of a run one by one, asked together, and averaged where no barrier is."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kescape.cli import console
from kescape.cli.quiet import quiet
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.config import ConfigError
from kescape.data.errors import DataError
from kescape.models.errors import ModelUnusable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kescape.evidence.ensemble import Ensemble
    from kescape.evidence.ensemble_score import EnsembleScore
    from kescape.run.reader import Snapshot

__all__ = ["ensemble"]

PARTS = ("validation", "training")
MOST_COMPARED = 12
"""A table of more columns than this would not be read."""


def ensemble(
    context: typer.Context,
    run: RunArgument,
    last: Annotated[
        int | None,
        typer.Option(metavar="M", help="Only the last M snapshots of cycles' ends.", show_default=False),
    ] = None,
    part: Annotated[str, typer.Option(metavar="validation|training", help="Rows that they are judged on.")] = PARTS[0],
    as_json: Annotated[bool, typer.Option("--json", help="Print numbers for a script.")] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.keras",
            help="Write the averages, side by side where a barrier separates them, as one model for Keras.",
            show_default=False,
        ),
    ] = None,
    runs: RunsOption = None,
) -> None:
    """Ask the snapshots of a run together, and average those that no barrier separates."""
    from kescape.run.folder import find_run

    if part not in PARTS:
        console.leave(console.WRONG_USE, f"--part must be validation or training; got {part!r}")
    if last is not None and last < 1:
        console.leave(console.WRONG_USE, f"--last must be >= 1, because an ensemble has a member; got {last}")
    if save is not None and save.suffix != ".keras":
        console.leave(console.WRONG_USE, f"--save must end with .keras, because Keras loads that; got {str(save)!r}")
    if save is not None and not save.absolute().parent.is_dir():
        console.leave(console.WRONG_USE, f"The folder {str(save.absolute().parent)!r} does not exist.")
    folder = find_run(run, chosen_runs(context, runs))
    try:
        with quiet():
            found = _look(folder, last, part, save)
    except ValueError as error:
        if isinstance(error, (ConfigError, DataError, ModelUnusable)):
            raise
        console.leave(console.WRONG_USE, str(error))
    if as_json:
        # Plain print: no line may be broken.
        print(json.dumps(_as_json(folder.name, part, found), indent=2))
        return
    _show(folder.name, part, found)
    if save is not None:
        count, averages = len(found.score.members), len(found.combined)
        what = "it" if count == 1 else "the average" if averages == 1 else f"all {averages} side by side"
        console.out().print(f"Saved {what} as {save}.", soft_wrap=True)


@dataclass(frozen=True)
class _Found:
    score: EnsembleScore
    combined: Ensemble
    combined_score: EnsembleScore
    differing: NDArray[np.float64] | None
    rows: dict[int, Snapshot]


def _look(folder: Path, last: int | None, part: str, save: Path | None) -> _Found:
    _load_backend(folder)
    from kescape.engine.rebuild import rebuilt
    from kescape.evidence.ensemble import Ensemble
    from kescape.run.reader import open_run

    with open_run(folder) as run:
        model, data = rebuilt(run)
        together = Ensemble((model, run), last=last)
        rows = {row.data["cycle"]: row for row in run.snapshots() if row.kind == "cycle" and row.data}
    x, y = (data.x_val, data.y_val) if part == "validation" else (data.x_train, data.y_train)
    if not len(y):
        raise ValueError(f"The run {folder.name!r} holds no rows out; --part training judges the others.")
    score = together.score(x, y)
    combined = together.combine(data.x_train, data.y_train)
    if save is not None:
        combined.save(save)
    differing = None if score.accuracies is None else together.disagreement(x)
    return _Found(score, combined, combined.score(x, y, against=together), differing, rows)


def _load_backend(folder: Path) -> None:
    """Have Keras loaded on the run's backend, unless it has been loaded; weights are the same on all."""
    from kescape.engine.launch import backend_for

    if "keras" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        os.environ["KERAS_BACKEND"] = backend_for(folder)


def _show(name: str, part: str, found: _Found) -> None:
    score, combined, differing, rows = found.score, found.combined, found.differing, found.rows
    out = console.out()
    held = "rows held out" if part == "validation" else "rows trained on"
    out.print(f"{name}: {len(score.members)} snapshots on the {score.rows:,} {held}", soft_wrap=True)
    out.print()
    columns = ["epoch", "loss", *(["accuracy"] if score.accuracies is not None else [])]
    table = console.plain_table("", *columns, "", numbers=tuple(columns))
    for place, member in enumerate(score.members):
        accuracy = [] if score.accuracies is None else [f"{score.accuracies[place]:.4f}"]
        mark = "best single" if place == score.best else ""
        epoch = f"{rows[member].epoch}" if member in rows else ""
        table.add_row(f"cycle {member + 1}", epoch, console.number(score.losses[place]), *accuracy, mark)
    together = [(f"ensemble of {len(score.members)}", score)]
    if len(combined) < len(score.members):
        words = "averaged" if len(combined) == 1 else f"{len(combined)} averages side by side"
        together.append((words, found.combined_score))
    for title, judged in together:
        accuracy = [] if judged.accuracy is None else [f"{judged.accuracy:.4f}"]
        table.add_row(title, "", console.number(judged.loss), *accuracy, "")
    out.print(table)
    out.print()
    if differing is not None and 1 < len(score.members) <= MOST_COMPARED:
        names = [f"{member + 1}" for member in score.members]
        matrix = console.plain_table("different class, % of rows", *names, numbers=tuple(names))
        for title, shares in zip(names, differing, strict=True):
            matrix.add_row(f"cycle {title}", *(f"{100 * share:.1f}" for share in shares))
        out.print(matrix)
        out.print()
    if len(score.members) > 1:
        out.print(score.sentence(), soft_wrap=True)
        out.print(f"By the barriers on straight lines between them: {combined.sentence}", soft_wrap=True)
    else:
        out.print("One snapshot is no ensemble yet.")


def _as_json(name: str, part: str, found: _Found) -> dict[str, Any]:
    score, combined, differing, rows = found.score, found.combined, found.differing, found.rows

    def finite(value: float | None) -> float | None:
        # JSON has no word for what is not finite.
        return value if value is not None and abs(value) < float("inf") else None

    accuracies = score.accuracies or (None,) * len(score.members)
    members = [
        {
            "cycle": member,
            "step": rows[member].step if member in rows else None,
            "epoch": rows[member].epoch if member in rows else None,
            "loss": finite(loss),
            "accuracy": accuracy,
        }
        for member, loss, accuracy in zip(score.members, score.losses, accuracies, strict=True)
    ]
    groups = [
        {
            "cycles": list(group.members),
            "barrier": None if group.barrier is None else finite(group.barrier.rise),
            "low": None if group.barrier is None else finite(group.barrier.rise_low),
            "high": None if group.barrier is None else finite(group.barrier.rise_high),
        }
        for group in combined.groups
    ]
    return {
        "run": name,
        "part": part,
        "rows": score.rows,
        "members": members,
        "best_single": members[score.best],
        "ensemble": {"loss": finite(score.loss), "accuracy": score.accuracy},
        "difference": {
            "loss": finite(score.change),
            "low": finite(score.change_low),
            "high": finite(score.change_high),
        },
        "won": score.won,
        "lost": score.lost,
        "p": score.chance,
        "combined": {
            "loss": finite(found.combined_score.loss),
            "accuracy": found.combined_score.accuracy,
            "groups": groups,
        },
        "disagreement": None if differing is None else differing.tolist(),
        "sentence": score.sentence(),
    }
