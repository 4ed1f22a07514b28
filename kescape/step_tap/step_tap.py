"""The step tap as callbacks see it: positions, time and blocks of steps; which backend runs is not known here."""

from __future__ import annotations

import contextlib
import time
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np

from kescape.step_tap.batch_hooks import BatchHooks
from kescape.step_tap.guard import Guard
from kescape.step_tap.notebook import once_the_cell_is_over
from kescape.step_tap.sync import sync_variables
from kescape.step_tap.wrapped_step import LOOK_SECONDS, RING_STEPS, CannotWrap, WrappedStep

_ATTRIBUTE = "_kescape_step_tap"


@dataclass(frozen=True)
class StepBlock:
    """Consecutive steps of one epoch, as they really ran. All arrays have one entry a step."""

    epoch: int
    first_batch: int
    """Number in the epoch of the first of these steps."""
    first_step: int
    """Number of the first of these steps, counted from 0 at the start of this fit."""
    seconds: np.ndarray
    """float64, `time.perf_counter()` at the end of each step; interpolated inside one execution."""
    learning_rate: np.ndarray
    """float64: the plan's rate where the optimizer used it, else the rate that the optimizer used instead."""
    momentum: np.ndarray
    """float64: the plan's momentum where it moves, else the optimizer's."""
    loss: np.ndarray
    """float32: the loss of each batch (see `StepTap.loss_kind`)."""

    def __len__(self) -> int:
        return len(self.loss)


@dataclass(frozen=True)
class ForeignHand:
    """Somebody else changed the learning rate that a plan had set."""

    epoch: int
    batch: int
    step: int
    found: float
    expected: float


class RateSource(Protocol):
    """Decides each step's rate: a callback that follows a plan."""

    def rates(self, epoch: int, first_batch: int, count: int) -> np.ndarray:
        """Learning rates (float64) of `count` batches of `epoch`, from `first_batch` on."""

    def momenta(self, epoch: int, first_batch: int, count: int) -> np.ndarray | None:
        """Momenta of the same batches; None leaves the optimizer's own."""


@dataclass
class _Executions:
    """When each execution of the compiled function ended, since the last look."""

    ends: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def clear(self) -> None:
        self.ends.clear()
        self.seconds.clear()


class StepTap:
    """Sets and records every step of a model's fit; one per model, shared by all callbacks of that fit.

    A callback calls `join` in `on_train_begin`, forwards its hooks to the methods of the same names, and calls
    `leave` in `on_train_end`. However many callbacks do so, each hook takes effect once.

    Example:
        >>> tap = StepTap.of(model)  # doctest: +SKIP
        >>> tap.join(callback); tap.listen(print)  # doctest: +SKIP
    """

    def __init__(self, model: Any, step: WrappedStep) -> None:
        # The model owns its tap.
        self._model = weakref.ref(model)
        self._step = step
        self._members: list[Any] = []
        self._source: RateSource | None = None
        self._listeners: list[Callable[[StepBlock], None]] = []
        self._foreign_listeners: list[Callable[[ForeignHand], None]] = []
        self._died_listeners: list[Callable[[], None]] = []
        self._executions = _Executions()
        self.guard = Guard(self._call_failed)
        """Through it goes what Keras calls in a fit, so that an exception that ends the fit is noticed."""
        self.most_steps: int | None = None
        """How many steps another training loop than `fit` executes at once at the most; None for `fit`, which goes by
        what the model was compiled with."""
        self._reset_fit()

    @staticmethod
    def of(model: Any) -> StepTap:
        """The tap of `model`; made at the first call for this model."""
        tap = vars(model).get(_ATTRIBUTE)
        if tap is None:
            # Past Keras' attribute tracking: the tap is no part of the model that is saved, cloned or listed.
            tap = vars(model)[_ATTRIBUTE] = StepTap(model, _wrapped_step(model))
        return cast("StepTap", tap)

    def _reset_fit(self) -> None:
        self._epoch = -1
        self._first_batch = 0
        self._seen = 0
        self._begun_batch = -1
        self._ended = -1
        self._filled_until = 0
        self._steps_before_epoch = 0
        self._planned = np.full((self._step.size, 2), np.nan)
        self._expected: float | None = None
        self._last_look = 0.0
        self._executions.clear()
        self._warned = False

    # -- who takes part ------------------------------------------------------------------------------------------

    @property
    def loss_kind(self) -> str:
        """`batch loss`: the true loss of each batch; `running mean`: what a custom train step returned instead."""
        return self._step.loss_kind

    @property
    def fallback_reason(self) -> str | None:
        """Why the compiled step could not be wrapped, so that Keras' batch hooks are used; None where it is."""
        return self._step.reason

    @property
    def source(self) -> RateSource | None:
        """What decides the rates in this fit; None where the optimizer is left alone."""
        return self._source

    @property
    def steps(self) -> int:
        """How many steps of this fit have been seen."""
        return self._steps_before_epoch + self._seen

    @property
    def next_batch(self) -> int:
        """The first batch of this epoch that has not been seen; exact just after a look."""
        return self._seen

    def has_set(self, rate: float) -> bool:
        """Whether `rate` is one of those that the plan sets around here, and not somebody else's."""
        return bool(np.any(self._planned[:, 0].astype(np.float32) == np.float32(rate)))

    def join(self, member: Any) -> None:
        """Take part in the fit that begins; the first to join puts the wrapped step in place."""
        if any(member is present for present in self._members):
            return
        if not self._members:
            self._install()
            self._reset_fit()
            # The plan of the fit before must not rule this one, which may have none.
            self._step.fill(self._planned)
            # An exception may also come between two calls that are guarded, and a notebook holds its traceback.
            once_the_cell_is_over(self.died)
        self._members.append(member)

    def _install(self) -> None:
        try:
            self._step.install(self.most_steps)
        except CannotWrap as reason:
            self._step = BatchHooks(self._model_or_fail(), self._step.size, reason=str(reason))
            self._step.install(self.most_steps)

    def leave(self, member: Any) -> None:
        """The fit has ended for `member`; the last to leave puts the model's own step back."""
        self._members = [present for present in self._members if present is not member]
        if not self._members:
            self.abandon()

    def abandon(self) -> None:
        """Put the model's own step back: at the end of a fit, or when the next begins after one that died."""
        died = self._died_listeners if self._members else []
        self._died_listeners = []
        for listener in died:
            listener()
        self._members.clear()
        self._listeners.clear()
        self._foreign_listeners.clear()
        self._source = None
        self._step.uninstall()

    def died(self) -> None:
        """An exception ends the fit: hand over the steps of the executions that ended, and let go of the model."""
        if not self._members:
            return
        # The exception on its way is the one to be told, and what it left half-way may not be readable.
        with contextlib.suppress(Exception):
            sync_variables(self._model_or_fail())
            self._look(self._ended + 1)
        told, self._died_listeners = self._died_listeners, []
        for listener in told:
            with contextlib.suppress(Exception):
                listener()
        self.abandon()

    def _call_failed(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "on_train_batch_end" and self._members:
            # This execution did end, perhaps before anybody has told so.
            with contextlib.suppress(Exception):
                self.end_batch(*arguments)
        self.died()

    def follow(self, source: RateSource) -> None:
        """Let `source` decide the rates of this fit. Only one can."""
        if self._source is not None and self._source is not source:
            raise ValueError(
                "callbacks must hold one learning rate plan, because two would set the rate of the same step; "
                f"got {type(self._source).__name__} and {type(source).__name__}"
            )
        self._source = source

    def listen(
        self,
        on_steps: Callable[[StepBlock], None] | None = None,
        on_foreign_hand: Callable[[ForeignHand], None] | None = None,
        on_died: Callable[[], None] | None = None,
    ) -> None:
        """Hand over each block of steps, and each change of the rate by somebody else, until the fit ends.

        `on_died` is called when the fit ends in an exception, for which Keras has no hook; at the latest when the next
        fit of the model begins.
        """
        if on_steps is not None:
            self._listeners.append(on_steps)
        if on_foreign_hand is not None:
            self._foreign_listeners.append(on_foreign_hand)
        if on_died is not None:
            self._died_listeners.append(on_died)

    # -- hooks ---------------------------------------------------------------------------------------------------

    def go_on_at(self, batch: int) -> None:
        """The epoch that begins next has been trained up to `batch` already, in a process before this one."""
        self._first_batch = batch

    def begin_epoch(self, epoch: int) -> None:
        """Keras begins `epoch`: the next step is its batch 0, or what `go_on_at` said."""
        if epoch == self._epoch:
            return
        first, self._first_batch = self._first_batch, 0
        self._steps_before_epoch += self._seen - first
        self._epoch = epoch
        self._seen = first
        self._begun_batch = -1
        self._ended = -1
        self._executions.clear()
        self._begun = time.perf_counter()
        self._step.begin_epoch(first)
        self._fill(first)
        if self._source is not None:
            optimizer = self._model_or_fail().optimizer
            before = _read_rate(optimizer)
            self._compare(before, batch=first)
            # Callbacks that read the rate at the start of an epoch shall see this epoch's, as in Keras.
            optimizer.learning_rate = float(self._planned[first % self._step.size, 0])
            self._expected = _read_rate(optimizer)

    def begin_batch(self, batch: int) -> None:
        """An execution that begins with `batch` is about to start."""
        if batch == self._begun_batch:
            return
        self._begun_batch = batch
        if not self._members:
            raise RuntimeError(
                "the steps of this fit can no longer be ruled or recorded, because another fit of the same model began "
                "inside it: give the inner fit a model of its own, such as keras.models.clone_model(model)"
            )
        if batch >= self._filled_until:
            self._fill(batch)
        self._step.before_batch(batch)

    def end_batch(self, batch: int, logs: dict[str, Any] | None = None) -> bool:
        """An execution has ended with `batch`; True when the tap has looked in and handed over what it saw."""
        if batch == self._ended:
            return False
        self._ended = batch
        executions = self._executions
        now = time.perf_counter()
        self._step.after_batch(batch, logs)
        executions.ends.append(batch + 1)
        executions.seconds.append(now)
        if now - self._last_look < LOOK_SECONDS and batch + 1 - self._seen < self._room:
            return False
        self.look()
        return True

    def end_epoch(self) -> int:
        """Hand over what is left of this epoch; returns how many steps it really had."""
        self.look()
        return self._seen

    def carrying(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Adapt a compiled function `(state, ...) -> logs, state` around the model's `train_step` while it is wrapped.

        For training loops other than `fit`. Where the state of a training is no variable, the wrapped step takes and
        returns more than Keras' own; callers of the adapted function need not know.
        """
        return self._step.carrying(function)

    def refill(self, batch: int) -> None:
        """The source's plan has changed: take its rates anew for `batch` and all later ones."""
        self._fill(batch)

    # -- the table and the ring ----------------------------------------------------------------------------------

    @property
    def _room(self) -> int:
        """Steps that may run unseen: one execution more must still fit into the ring."""
        return self._step.size - self._steps_at_once

    @property
    def _steps_at_once(self) -> int:
        return self.most_steps or int(self._model_or_fail().steps_per_execution)

    def _fill(self, batch: int) -> None:
        size = self._step.size
        if self._source is not None:
            if batch > self._seen:
                # Steps that have run but were not looked at lose their planned rates with the old table.
                self.look()
            rows = np.full((size, 2), np.nan)
            rows[:, 0] = self._source.rates(self._epoch, batch, size)
            momenta = self._source.momenta(self._epoch, batch, size)
            if momenta is not None:
                rows[:, 1] = momenta
            self._planned = np.roll(rows, batch % size, axis=0)
            self._step.fill(self._planned)
        self._filled_until = batch + size - self._steps_at_once + 1

    def look(self) -> None:
        """Read the steps that have run since the last look and hand them to the listeners."""
        self._look(None)

    def _look(self, until: int | None) -> None:
        """Look at the batches before `until`, if there is one: in a step that failed there may be no whole row."""
        self._last_look = time.perf_counter()
        if self._epoch < 0:
            return
        position, ring = self._step.read()
        if until is not None:
            position = min(position, until)
        count = position - self._seen
        if count <= 0:
            return
        slots = np.arange(self._seen, position) % self._step.size
        found, used, loss = ring[slots].T
        planned = self._planned[slots]
        rate = used.astype(np.float64)
        if self._source is not None:
            exact = planned[:, 0]
            same = exact.astype(used.dtype) == used
            rate = np.where(same, exact, rate)
            self._find_foreign_hands(found, used, exact.astype(used.dtype))
        momentum = planned[:, 1]
        if np.isnan(momentum).any():
            momentum = np.where(np.isnan(momentum), _read_momentum(self._model_or_fail()), momentum)
        block = StepBlock(
            epoch=self._epoch,
            first_batch=self._seen,
            first_step=self._steps_before_epoch + self._seen,
            seconds=self._interpolate(position, count),
            learning_rate=rate,
            momentum=momentum,
            loss=loss.astype(np.float32),
        )
        self._seen = position
        for listener in self._listeners:
            listener(block)

    def _interpolate(self, position: int, count: int) -> np.ndarray:
        ends = np.minimum(np.array([self._seen, *self._executions.ends]), position)
        seconds = np.array([self._begun, *self._executions.seconds])
        self._begun = float(seconds[-1])
        self._executions.clear()
        return np.asarray(np.interp(np.arange(position - count, position) + 1, ends, seconds))

    def _find_foreign_hands(self, found: np.ndarray, used: np.ndarray, planned: np.ndarray) -> None:
        expected = np.roll(used, 1)
        expected[0] = self._expected
        for index in np.flatnonzero((found != expected) | (used != planned)):
            step = int(index)
            if used[step] != planned[step]:
                # Changed behind the plan's back, so that the step itself used it.
                self._report(self._seen + step, float(used[step]), float(planned[step]))
            else:
                self._report(self._seen + step, float(found[step]), float(expected[step]))
        self._expected = float(used[-1])

    def _compare(self, rate: float, *, batch: int) -> None:
        if self._expected is not None and rate != self._expected:
            self._report(batch, rate, self._expected)

    def _report(self, batch: int, found: float, expected: float) -> None:
        hand = ForeignHand(self._epoch, batch, self._steps_before_epoch + batch, found, expected)
        for listener in self._foreign_listeners:
            listener(hand)
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"something else changed the learning rate from {expected:g} to {found:g} before step {hand.step} "
                f"(epoch {hand.epoch}, batch {batch}); the plan has set it back",
                RuntimeWarning,
                stacklevel=2,
            )

    def _model_or_fail(self) -> Any:
        model = self._model()
        assert model is not None, "a fit is running, so its model is alive"
        return model


def _wrapped_step(model: Any) -> WrappedStep:
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        from kescape.step_tap.tensorflow_step import TensorFlowStep

        return TensorFlowStep(model, RING_STEPS)
    if backend == "jax":
        from kescape.step_tap.jax_step import JaxStep

        return JaxStep(model, RING_STEPS)
    return BatchHooks(model, RING_STEPS, reason=f"Keras runs on {backend}, which compiles no train step")


def _read_rate(optimizer: Any) -> float:
    import keras

    return float(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(optimizer.learning_rate)))


def _read_momentum(model: Any) -> float:
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    momentum = getattr(optimizer, "momentum", np.nan)
    return float(momentum)
