"""The callback that keeps the weights at the end of each cycle."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kescape.callbacks import siblings
from kescape.callbacks.cycle_callback import CycleCallback
from kescape.callbacks.follow_plan import inner_optimizer
from kescape.callbacks.run_recorder import RunRecorder
from kescape.callbacks.snapshot_file import save_weights, snapshot_name
from kescape.evidence.loss_of_weights import Weights
from kescape.run.errors import RunUnwritable
from kescape.schedule.checks import checked_whole

__all__ = ["SnapshotFacts", "Snapshots"]

LIST = "snapshots.json"
"""What is said of the files in a folder that is no run's."""


@dataclass(frozen=True)
class SnapshotFacts:
    """What is known of one snapshot.

    Attributes:
        cycle: The cycle that ended, from 0.
        step: How many steps had been trained: of the run where one is recorded, else as the optimizer counts them.
        epoch: How many whole epochs had been trained.
        learning_rate: That of the last step.
        loss: The epoch's, as Keras logs it; None where the cycle ended inside an epoch.
        val_loss: Likewise; None also where nothing is held out.
        file: Its file's name in `path`, or in the run's folder; None where none is written.
    """

    cycle: int
    step: int
    epoch: int
    learning_rate: float
    loss: float | None
    val_loss: float | None
    file: str | None


class Snapshots(CycleCallback):
    """Keeps the weights at the end of each cycle of any `model.fit`, where the rate has come down and before it jumps.

    They are those of that moment, statistics of batch normalisation among them; what an average of weights puts into
    the model at the end of a fit does not reach them. `kescape.Ensemble((model, snapshots.weights))` predicts with all.

    Beside a `RunRecorder` each is a snapshot of its run, and so of the window and of `kescape ensemble`.

    Args:
        path: A folder for files `step-<steps>.weights.h5`, which `model.load_weights` reads, and the list
            `snapshots.json`; None writes none (but into a run).
        every: Epochs to a cycle where the fit follows no plan, >= 1.
        keep: How many of the last are kept in memory, >= 1; None keeps all. Files are never removed.

    Attributes:
        weights: As `model.get_weights()` gave them, the oldest first; renewed when a fit begins.
        rows: What is known of each, a list of `SnapshotFacts`.

    Raises:
        ValueError: An argument is out of range; when training begins: the fit has no cycles.
        RunUnwritable: A file cannot be written, such as on a full disk; nothing is left behind.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(0.01), loss="mse")
        >>> x = np.linspace(-1, 1, 32)[:, None]
        >>> snapshots = kescape.Snapshots()
        >>> history = model.fit(x, 3 * x, epochs=4, verbose=0, callbacks=[kescape.SGDR(t_0=2, t_mult=1), snapshots])
        >>> [(row.cycle, row.step, row.epoch) for row in snapshots.rows], len(snapshots.weights)
        ([(0, 2, 2), (1, 4, 4)], 2)

    Source: Huang et al., "Snapshot Ensembles: Train 1, get M for free", ICLR 2017, https://arxiv.org/abs/1704.00109
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, every: int | None = None, keep: int | None = None
    ) -> None:
        if every is not None:
            every = checked_whole("every", every, 1, "a cycle has a length")
        super().__init__(every)
        if path is not None and not os.fspath(path):
            raise ValueError("path must name a folder, or be None to write no files; got path=''")
        self._folder = None if path is None else Path(path)
        self._keep = None if keep is None else checked_whole("keep", keep, 1, "else nothing would be kept")
        self.weights: list[Weights] = []
        self.rows: list[SnapshotFacts] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin anew; files of an earlier fit stay."""
        super().on_train_begin(logs)
        self.weights, self.rows = [], []
        self._recorder = next((one for one in siblings.neighbours(self) if isinstance(one, RunRecorder)), None)

    def on_cycle_end(self, cycle: int, epoch: int, logs: dict[str, Any]) -> None:
        """Keep the weights."""
        model, recorder = self.model, self._recorder
        rate = logs.get("learning_rate", inner_optimizer(model.optimizer).learning_rate)
        facts = SnapshotFacts(
            cycle=cycle,
            step=int(np.asarray(model.optimizer.iterations)) if recorder is None else recorder.steps,
            epoch=epoch,
            learning_rate=float(np.asarray(rate)),
            loss=_logged(logs, "loss"),
            val_loss=_logged(logs, "val_loss"),
            file=None,
        )
        if recorder is not None:
            data = {name: getattr(facts, name) for name in ("cycle", "learning_rate", "loss", "val_loss")}
            file = recorder.keep_snapshot(epoch, "cycle", f"end of cycle {cycle + 1}", data)
            facts = dataclasses.replace(facts, file=file)
        if self._folder is not None:
            facts = dataclasses.replace(facts, file=snapshot_name(facts.step))
            save_weights(model, self._folder / snapshot_name(facts.step))
            self._write_list(self._folder / LIST, facts)
        # Copied: on a CPU an array may share its memory with the variable, which trains on.
        self.weights = [*self.weights, [np.array(value) for value in model.get_weights()]][-(self._keep or 0) :]
        self.rows = [*self.rows, facts][-(self._keep or 0) :]

    def _write_list(self, path: Path, facts: SnapshotFacts) -> None:
        """Add a snapshot to the list; a file that was written over has its new facts alone."""
        temporary = path.with_name(f".{path.name}")
        try:
            known = json.loads(path.read_text("utf-8")) if path.exists() else []
            rows = [*(row for row in known if row["file"] != facts.file), dataclasses.asdict(facts)]
            temporary.write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n", "utf-8")
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise RunUnwritable(f"The list {str(path)!r} cannot be written: {error.strerror or error}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise RunUnwritable(
                f"The list {str(path)!r} is not one of snapshots, and is not written over: choose another path."
            ) from error


def _logged(logs: dict[str, Any], name: str) -> float | None:
    """A metric of the epoch; None where there is none, or no number that JSON knows."""
    value = logs.get(name)
    return None if value is None or not math.isfinite(value) else float(value)
