"""The callback that shows, restart by restart, whether the training left the basin that it was in."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.callbacks import siblings
from kescape.callbacks.cycle_callback import CycleCallback
from kescape.callbacks.run_recorder import RunRecorder
from kescape.evidence.barrier import POINTS
from kescape.evidence.escape import Escape
from kescape.evidence.judge import EscapeJudge, rows_for, sample
from kescape.evidence.loss_of_weights import Weights
from kescape.evidence.rows import rows_in
from kescape.run.restarts import WINDOW_STEPS
from kescape.schedule.checks import checked_whole
from kescape.step_tap import StepBlock

__all__ = ["EscapeLedger"]


class EscapeLedger(CycleCallback):
    """Judges each restart of any `model.fit`: whether its minimum is separated from the one before, and lower.

    At the end of each cycle the loss is taken on the straight line between this minimum and the one before, on one
    fixed sample of rows. A rise above both ends that is above noise is a barrier; with the loss at both ends it gives
    the verdict, in the words of `Escape`. The model, its metrics and the random generators are left as they are: a fit
    with a ledger gives the very weights that it gives without.

    Beside a `RunRecorder` the verdicts go into its run, and so into the window and every export.

    Args:
        x: Inputs of the training data, rows first: an array, or what the model takes (a list or dictionary of them).
            Of data in a file only the rows that are looked at are read, once.
        y: Targets. Weights of rows or classes, which `fit` may be given, have no part in the losses.
        rows: How many of the rows are looked at, drawn once; by default an eighth of them, 128 to
            2,000.
        points: Of the line between two minima, >= 3.
        every: Epochs to a cycle where the fit follows no plan, >= 1.
        seed: Decides which rows.

    Attributes:
        rows: What each restart did, a list of `Escape`; renewed when a fit begins.

    Raises:
        ValueError: An argument is out of range, or x and y are no arrays with as many rows; when training begins: the
            fit has no cycles, or the model no loss.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(0.01), loss="mse")
        >>> x = np.linspace(-1, 1, 32)[:, None]
        >>> ledger = kescape.EscapeLedger(x, 3 * x)
        >>> history = model.fit(x, 3 * x, epochs=4, verbose=0, callbacks=[kescape.SGDR(t_0=2, t_mult=1), ledger])
        >>> ledger.rows[0].verdict, ledger.rows[0].barrier
        ('descended', 0.0)

    Source: Frankle et al. (2020) for the barrier; Huang et al., "Snapshot Ensembles", ICLR 2017, figure 5, for looking
    at it between the ends of cycles.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        *,
        rows: int | None = None,
        points: int = POINTS,
        every: int | None = None,
        seed: int = 0,
    ) -> None:
        if every is not None:
            every = checked_whole("every", every, 1, "a cycle has a length")
        super().__init__(every)
        self._data, self._count = (x, y), rows_in(x, y)
        self._wanted = None if rows is None else checked_whole("rows", rows, 1, "a loss is a mean over rows")
        self._seed = seed
        self._points = checked_whole("points", points, 3, "between the two ends there must be one to look at")
        self.rows: list[Escape] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin a new ledger."""
        if getattr(self.model, "loss", None) is None:
            raise ValueError(
                "EscapeLedger needs a model that is compiled with a loss, because that is looked at; got loss=None"
            )
        super().on_train_begin(logs)
        self.rows = []
        # Anew for each fit: the model may be compiled with another loss by now, or have other layers frozen.
        self._judge: EscapeJudge | None = None
        self._before: Weights | None = None
        self._began = 0
        self._lead = np.empty(0)
        self._losses: list[NDArray[Any]] = []
        self._known = 0
        self._seconds: list[float] = []
        self._epoch_began = self._beside = 0.0
        self._tap.listen(self._on_steps)
        self._recorder = next((one for one in siblings.neighbours(self) if isinstance(one, RunRecorder)), None)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the time."""
        super().on_epoch_begin(epoch, logs)
        self._epoch_began, self._beside = time.perf_counter(), 0.0

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Take the time of a validation, which is none of training."""
        self._test_began = time.perf_counter()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Take the time."""
        self._beside += time.perf_counter() - self._test_began

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the time of training alone, then look."""
        self._seconds.append(time.perf_counter() - self._epoch_began - self._beside)
        super().on_epoch_end(epoch, logs)

    def on_cycle_end(self, cycle: int, epoch: int, logs: dict[str, Any]) -> None:
        """Judge the restart that began the cycle."""
        losses = np.concatenate([np.empty(0), *self._losses])
        after = [np.array(value) for value in self.model.get_weights()]
        if self._before is not None:
            if self._judge is None:
                self._judge = self._new_judge()
            row = self._judge.judge(
                self._before,
                after,
                cycle=cycle,
                step=self._first_step() + self._began,
                losses=np.concatenate([self._lead, losses]),
                lead=len(self._lead),
                seconds_per_epoch=float(np.median(self._seconds)) if self._seconds else None,
            )
            self.rows.append(row)
            if self._recorder is not None:
                self._recorder.note_escape(row)
        self._before, self._began = after, self._known
        self._lead, self._losses = losses[-WINDOW_STEPS:], []

    def begin_again_from(self, weights: Weights) -> None:
        """Somebody has put these weights in the place of the last minimum: the next one is compared with them."""
        self._before = [np.array(value) for value in weights]

    # -- inside --------------------------------------------------------------------------------------------------

    def _new_judge(self) -> EscapeJudge:
        x, y = self._data
        rows = self._wanted or rows_for(self.model, self._count)
        return EscapeJudge(self.model, *sample(x, y, rows, self._seed), points=self._points)

    def _on_steps(self, block: StepBlock) -> None:
        self._losses.append(block.loss)
        self._known += len(block)

    def _first_step(self) -> int:
        """The step of the run that this fit began with."""
        recorder = self._recorder
        return 0 if recorder is None else recorder.first_step
