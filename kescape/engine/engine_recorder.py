"""The recorder of the engine: records into a run that was asked for, keeps its state and its best weights."""

from __future__ import annotations

import contextlib
import math
import shlex
from pathlib import Path
from typing import Any

import numpy as np

from kescape.callbacks.follow_plan import FollowPlan
from kescape.callbacks.run_recorder import RunRecorder
from kescape.callbacks.snapshot_file import save_snapshot
from kescape.engine.checkpoint import Checkpoint, Kept
from kescape.engine.checkpoint_folder import CheckpointFolder
from kescape.engine.engine_controller import INCUMBENT, EngineController
from kescape.engine.engine_ledger import EngineLedger
from kescape.engine.running_ensemble import RunningEnsemble
from kescape.run.errors import RunUnwritable
from kescape.run.folder import BEST_VALIDATION, MODEL
from kescape.run.writer import RunWriter
from kescape.step_tap import StepBlock

__all__ = ["EngineRecorder", "LossNotFinite"]

LAST_CYCLE, BEST = "last_cycle", "best_validation"

ALWAYS_KEPT = 30
"""The ends of so many cycles are kept as snapshots, however short the cycles are; of later ones, what is cheap."""


class LossNotFinite(ArithmeticError):  # noqa: N818 (says what is the case, like the run's own errors)
    """The loss became NaN or infinite; from there on no step learns anything."""


class EngineRecorder(RunRecorder):
    """Records into an open run; stops a training whose loss is not finite; keeps what it may go on from.

    A checkpoint is written at the start, at the end of each cycle, every 30 seconds, at a pause and at the end; the
    weights at the end of each cycle are kept as a snapshot. Whoever opened the run says how it ended if it does not end
    by itself.

    Args:
        writer: The open run.
        goes_on: The checkpoint that the run goes on from.
    """

    kind = "engine"

    def __init__(self, writer: RunWriter, goes_on: Checkpoint | None = None) -> None:
        super().__init__()
        self.folder = writer.folder
        self._opened = writer
        self._checkpoints = CheckpointFolder(writer)
        self._kept: dict[str, Kept] = {} if goes_on is None else dict(goes_on.kept)
        self._ledger: EngineLedger | None = None
        self._controller: EngineController | None = None
        self._ensemble: RunningEnsemble | None = None
        self._goes_on_at = None if goes_on is None else (goes_on.epoch, goes_on.batch)

    def tell(self, sentence: str, **data: Any) -> None:
        """Note something about the model, in words that the window shows, and what belongs to them."""
        self._opened.event("model", self._opened.steps, sentence, data or None)

    @property
    def writer(self) -> RunWriter:
        """The open run."""
        return self._opened

    def judge_with(self, ledger: EngineLedger, controller: EngineController | None = None) -> None:
        """Let `ledger` judge each restart at the end of its cycle, and `controller` act on it."""
        self._ledger, self._controller = ledger, controller

    def follow_ensemble(self, ensemble: RunningEnsemble) -> None:
        """Let `ensemble` take each snapshot at the end of a cycle."""
        self._ensemble = ensemble

    def begin(self, stage: str) -> None:
        """Note what is being done before there is a step to show, in words: a large file takes its time."""
        self._opened.event("stage", self._opened.steps, stage)

    # -- hooks ---------------------------------------------------------------------------------------------------

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Keep the start, too, so that a run that is killed in its first seconds can go on."""
        super().on_train_begin(logs)
        if self._goes_on_at is None:
            self._keep_state("start")
            return
        # There may be no epoch left to train.
        self._position = self._goes_on_at
        if isinstance(self._tap.source, FollowPlan):
            # The run's file has them since its session began.
            self._noted_edits = list(self._tap.source.edits)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep the end of a cycle before any command is obeyed there; then as a recorder does."""
        epoch = self._position[0]
        if self._ends_cycle(epoch, batch) and batch + 1 < self._steps_in_epoch():
            self._tap.end_batch(batch, logs)
            self._tap.look()
            self._keep_cycle_end()
        super().on_train_batch_end(batch, logs)
        if self._checkpoints.is_due and not self._stopped:
            self._tap.look()
            self._keep_state("time")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Keep the best weights, then say that the run has ended, so that who waits for that finds them."""
        if not self._stopped:
            self._keep_state("end")
        self.keep_models(or_as_it_is=True)
        super().on_train_end(logs)

    def close_segment(self, session: str) -> None:
        """A failed fit leaves the run open, for its failure to be written."""

    def keep_models(self, *, or_as_it_is: bool) -> None:
        """Write `model.keras`, as at the end of the last finished cycle, and the best by validation loss.

        Args:
            or_as_it_is: Whether `model.keras` is the model as it is now where no cycle has finished.
        """
        model, writer = self.model, self._opened
        epoch, _ = self._position
        now = Kept.of(model, writer.steps, epoch, "as it was, since no cycle had finished")
        rate = model.optimizer.learning_rate.numpy()
        for name, file in ((LAST_CYCLE, MODEL), (BEST, BEST_VALIDATION)):
            kept = self._kept.get(name, now if name == LAST_CYCLE and or_as_it_is else None)
            if kept is None:
                continue
            kept.put_into(model)
            model.optimizer.learning_rate = rate  # the compiled one, not the plan's at that moment
            self._save_model(writer.folder / file)
            writer.snapshot(kept.step, kept.epoch, name, file, kept.label, {"val_loss": kept.value})
        now.put_into(model)
        model.optimizer.learning_rate = rate

    def _save_model(self, path: Path) -> None:
        # Written aside first: a model that is there is whole.
        temporary = path.with_name(f".{path.name}")
        try:
            self.model.save(temporary)
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise RunUnwritable(f"The model {str(path)!r} cannot be written: {error.strerror or error}.") from error

    # -- what is kept --------------------------------------------------------------------------------------------

    def _ends_cycle(self, epoch: int, batch: int) -> bool:
        source = self._tap.source
        return isinstance(source, FollowPlan) and source.steps_to_cycle_end(epoch, batch) == 1

    def _steps_in_epoch(self) -> int:
        return int(self.params["steps"])

    def _on_epoch_recorded(self, epoch: int, values: dict[str, float]) -> None:
        if self._tap.next_batch < self._steps_in_epoch():
            return  # stopped inside it: the checkpoint was written there
        loss = values.get("val_loss")
        best = self._kept.get(BEST)
        if loss is None or math.isnan(loss):
            pass  # nothing is lower than NaN, so it would stay the best
        elif best is None or best.value is None or loss < best.value:
            label = f"lowest validation loss, {loss:.4g} after epoch {epoch + 1}"
            self._kept[BEST] = Kept.of(self.model, self._opened.steps, epoch + 1, label, loss)
        if self._ends_cycle(epoch, self._steps_in_epoch() - 1):
            self._keep_cycle_end(loss)

    def _keep_cycle_end(self, val_loss: float | None = None) -> None:
        """A cycle ends with the step that has just run."""
        writer = self._opened
        source, (epoch, _) = self._tap.source, self._position
        assert isinstance(source, FollowPlan)
        assert source.placed is not None
        last = source.steps_until(*self._position) - 1
        cycle = source.placed.cycle_of(last)
        if cycle < 0:
            return  # a warm-up ends high
        label = f"end of cycle {cycle + 1}"
        before = self._kept.get(LAST_CYCLE)
        now = self._kept[LAST_CYCLE] = Kept.of(self.model, writer.steps, epoch, label, val_loss)
        is_affordable = self._checkpoints.is_affordable
        if cycle < ALWAYS_KEPT or is_affordable:
            data = {"cycle": cycle, "val_loss": val_loss}
            if self._ensemble is not None:
                data |= self._ensemble.take(now, cycle)
            file = save_snapshot(self.model, writer.folder, writer.steps)
            writer.snapshot(writer.steps, epoch, "cycle", file, label, data)
        # Last, so that who reads the verdict finds the snapshot that it is about.
        if self._ledger is not None and before is not None:
            self._ledger.judge(before, now, cycle, source.placed.cycle_bounds(before.step - 1)[0])
        if self._controller is not None:
            self._controller.act(self._kept, LAST_CYCLE, source, last + 1)
            self._note_edits(source)
        if is_affordable:
            self._keep_state("cycle")

    def _keep_state(self, reason: str, *, again: bool = False) -> None:
        self._checkpoints.save(self.model, *self._position, reason, self._kept, again=again)

    def _after_restart(self) -> None:
        """Keep the end of the cycle that was cut short, as a run that goes on from before it does."""
        kept, steps = self._kept.get(LAST_CYCLE), self._opened.steps
        if self._position[1] == self._steps_in_epoch() or (kept is not None and kept.step == steps):
            return  # the end of the epoch keeps it, or it is kept
        is_paused = self._checkpoints.step == steps
        self._keep_cycle_end()
        if is_paused:
            self._keep_state("restart", again=True)

    def _before_standstill(self, reason: str) -> None:
        self._keep_state(reason)

    # -- the run -------------------------------------------------------------------------------------------------

    def _open(self) -> RunWriter:
        self._opened.describe_columns(self._columns())
        return self._opened

    def _on_steps(self, block: StepBlock) -> None:
        first = self._opened.steps
        super()._on_steps(block)
        bad = np.flatnonzero(~np.isfinite(block.loss))
        if bad.size:
            at = int(bad[0])
            what = "NaN" if math.isnan(block.loss[at]) else "infinite"
            raise LossNotFinite(
                f"loss became {what} at step {first + at}, learning rate "
                f"{block.learning_rate[at]:.4g}; {self._way_out(float(block.learning_rate[at]))}"
            )

    def _way_out(self, rate: float) -> str:
        # What was put back has no file of its own.
        kept = self._kept.get(INCUMBENT) or self._kept.get(LAST_CYCLE) or self._kept.get(BEST)
        if kept is None:
            return "a lower highest rate or a clipped gradient may help"
        name = shlex.quote(self._opened.folder.name)
        return (
            f"the weights of step {kept.step} ({kept.label}) are kept: "
            f"kescape branch {name} --at {kept.step} --eta-max {rate / 3:.2g} goes on from there at a lower rate"
        )
