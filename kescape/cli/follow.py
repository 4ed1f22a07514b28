"""Follows a run through its folder, as the window does, for the progress display of `kescape train`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kescape.config import RunConfig
from kescape.evidence.escape import Escape
from kescape.run.reader import EpochRow, Run, open_run
from kescape.run.status import RunStatus
from kescape.schedule import PlacedPlan

__all__ = ["Follower", "Look"]


@dataclass(frozen=True)
class Look:
    """What is known of a run at one moment."""

    steps: int
    total_steps: int
    epoch: float
    cycle: int | None
    cycles: int | None
    learning_rate: float
    loss: float
    """Mean of the true batch losses of the last epoch's worth of steps."""
    seconds_left: float | None
    plan: PlacedPlan | None
    new_epochs: list[EpochRow] = field(default_factory=list)
    new_escapes: list[Escape] = field(default_factory=list)
    """Restarts whose cycles have ended since the last look."""
    new_notes: list[str] = field(default_factory=list)
    """What the engine has said since about the devices that it trains on."""
    last_epoch: EpochRow | None = None
    is_paused: bool = False
    losses: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    learning_rates: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


class Follower:
    """Reads what has come since the last look.

    Args:
        folder: The run's folder.
        config: Its settings.
        from_step: Where a run goes on that has been trained before; epochs that ended earlier are no news.
    """

    def __init__(self, folder: Path, config: RunConfig, from_step: int = 0) -> None:
        self._run: Run = open_run(folder)
        self._config = config
        self._steps_per_epoch = config.steps_per_epoch()
        self._total = config.epochs * self._steps_per_epoch
        self._columns: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ("time", "learning_rate", "loss")}
        self._from_step = from_step
        self._sessions = 0
        self._steps = 0
        self._last_epoch: EpochRow | None = None
        self._judged = from_step
        self._heard = max((event.id for event in self._run.events()), default=0)

    @property
    def run(self) -> Run:
        """The run that is followed."""
        return self._run

    def look(self) -> Look:
        """What is known now."""
        self._read_steps()
        since = self._from_step if self._last_epoch is None else self._last_epoch.last_step + 1
        new = self._run.epochs(since)
        self._last_epoch = new[-1] if new else self._last_epoch
        time, rate, loss = (self._joined(name) for name in ("time", "learning_rate", "loss"))
        cycle, cycles = self._cycle()
        return Look(
            steps=self._steps,
            total_steps=self._total,
            epoch=self._steps / self._steps_per_epoch,
            cycle=cycle,
            cycles=cycles,
            learning_rate=float(rate[-1]) if len(rate) else float("nan"),
            loss=float(loss[-self._steps_per_epoch :].mean()) if len(loss) else float("nan"),
            seconds_left=self._seconds_left(time),
            plan=self._run.placed,
            new_epochs=new,
            new_escapes=self._new_escapes(),
            new_notes=self._new_notes(),
            last_epoch=self._last_epoch,
            is_paused=self._run.status == RunStatus.PAUSED,
            losses=loss,
            learning_rates=rate,
        )

    def _new_escapes(self) -> list[Escape]:
        new = [row for row in self._run.escapes() if row.end_step > self._judged]
        self._judged = max((row.end_step for row in new), default=self._judged)
        return new

    def _new_notes(self) -> list[str]:
        new = self._run.events(self._heard)
        self._heard = max((event.id for event in new), default=self._heard)
        return [event.text for event in new if event.kind == "devices"]

    def close(self) -> None:
        """Let go of the run's file."""
        self._run.close()

    def _read_steps(self) -> None:
        sessions = len(self._run.sessions)
        if sessions != self._sessions:
            # A run that goes on has been cut back to its checkpoint.
            self._sessions, self._steps = sessions, 0
            self._columns = {name: [] for name in self._columns}
        if not self._run.steps > self._steps:
            return
        curves = self._run.curves(self._steps, list(self._columns))
        for name, parts in self._columns.items():
            parts.append(curves[name].astype(float))
        self._steps += len(curves["step"])

    def _joined(self, name: str) -> NDArray[np.float64]:
        parts = self._columns[name]
        if len(parts) > 1:
            parts[:] = [np.concatenate(parts)]
        return parts[0] if parts else np.empty(0)

    def _cycle(self) -> tuple[int | None, int | None]:
        """The cycle that trains now, counted from 1, and how many there will be."""
        placed = self._run.placed
        if placed is None or self._config.schedule != "sgdr" or self._steps == 0:
            return None, None
        return placed.cycle_of(self._steps - 1) + 1, len(placed.restarts(self._total)) + 1

    def _seconds_left(self, time: NDArray[np.float64]) -> float | None:
        """By the speed of the last tenth of what is done, since the first steps are slow."""
        recent = time[-max(20, len(time) // 10) :]
        if len(recent) < 20 or recent[-1] <= recent[0]:
            return None
        speed = (len(recent) - 1) / float(recent[-1] - recent[0])
        return (self._total - self._steps) / speed
