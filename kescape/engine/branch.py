"""The settings of a new run that starts from the weights of another. No Keras and no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kescape.config import RunConfig
from kescape.run.errors import CannotGoOn
from kescape.run.reader import Run, open_run

__all__ = ["Start", "branched", "starts"]


@dataclass(frozen=True)
class Start:
    """Weights of a run from which another can start.

    Attributes:
        step: How many steps had been trained.
        file: Where they are.
        words: What they are.
    """

    step: int
    file: Path
    words: str


def starts(run: Run) -> list[Start]:
    """The snapshots and checkpoints of a run that are still there, by rising step, one for each step."""
    offered = [Start(row.step, run.path / row.file, f"step {row.step:,}, {row.label}") for row in run.snapshots()]
    offered += [Start(row.step, run.path / row.file, f"step {row.step:,}") for row in run.checkpoints()]
    found: dict[int, Start] = {}
    for start in offered:
        if start.file.is_file():
            found.setdefault(start.step, start)
    return [found[step] for step in sorted(found)]


def branched(source: Path, at: int | None = None, changes: Mapping[str, Any] | None = None) -> tuple[Start, RunConfig]:
    """Where a new run starts that branches off from `source`, and its settings.

    Args:
        source: The run's folder.
        at: Which snapshot or checkpoint, by its step; by default the newest.
        changes: Settings of the new run; the others are those of `source`.

    Raises:
        CannotGoOn: The run has no weights of that step, or was recorded by a script.
        ConfigError: A changed setting is wrong.
    """
    with open_run(source) as run:
        if not run.sessions or run.sessions[-1].kind != "engine":
            raise CannotGoOn(
                f"The run {run.name!r} was not trained here, so its settings are not known; branch in its script."
            )
        found = starts(run)
        chosen = next((start for start in reversed(found) if at in (None, start.step)), None)
        if chosen is None:
            there = ", ".join(f"{start.step:,}" for start in found) or "none"
            raise CannotGoOn(
                f"The run {run.name!r} has no weights of step {at}; it has those of these steps: {there}."
                if at is not None
                else f"The run {run.name!r} has no snapshot or checkpoint to branch from."
            )
        # Where that run started from may be gone.
        config = RunConfig(**{**run.config, "start_from": None})
    return chosen, config.changed(**{**(changes or {}), "start_from": str(chosen.file)})
