"""The callback that lets a fit follow a plan.

A shell: the plan says the rate of each step, the step tap sets it inside the compiled step, this callback tells the
two where the fit is. Its base at each look is the epoch and batch that Keras hands over; no counter survives a fit.
"""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import keras
import numpy as np

from kescape.callbacks import compiled_rate, siblings
from kescape.schedule import PlacedPlan, Plan, PlanEdit
from kescape.step_tap import StepTap


class FollowPlan(keras.callbacks.LearningRateScheduler):
    """Sets the learning rate of each step to that of `plan`, exactly and inside the compiled step.

    `learning_rate`, `cycle` and `restart` are added to the logs of each epoch, for all callbacks whatever their
    order: the rate and the cycle of the epoch's last step, and 1.0 if a restart began in the epoch, else 0.0.
    Cycles count from 0; a warm-up is cycle -1. When training ends the optimizer has its compiled rate again.

    Args:
        plan: What to follow: `CosineRestarts`, or a baseline such as `Constant` or `OneCycle`.
        per: `batch`: a new rate each step; `epoch`: the rate of the epoch's start, all epoch long.
        steps_per_epoch: Steps in an epoch, where Keras cannot know it (a generator). Without it the first epoch of
            such data holds the plan's value at its start, and later ones use the length counted in the first.
        verbose: 1 prints the rate at each epoch's start.
        edits: What is done to the plan on the way, by rising step, as in `PlacedPlan`: the steering of an earlier run,
            to be repeated. With `per="epoch"` a step of an edit is an epoch.

    Raises:
        ValueError: When training begins: the optimizer's rate is a schedule or a function, or another callback
            follows a plan too, or an edit cannot be made. (What can be lived with is a warning that names its cure.)

    Example:
        >>> import keras, kescape, numpy as np
        >>> plan = kescape.CosineRestarts(t_0=2, t_mult=2, eta_max=0.1)
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(0.1), loss="mse")
        >>> history = model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, epochs=3, verbose=0,
        ...                     callbacks=[kescape.FollowPlan(plan)])
        >>> history.history["cycle"], history.history["restart"]
        ([0, 0, 1], [0.0, 0.0, 1.0])
    """

    def __init__(
        self,
        plan: Plan | None,
        *,
        per: Literal["batch", "epoch"] = "batch",
        steps_per_epoch: int | None = None,
        verbose: int = 0,
        edits: Sequence[PlanEdit] = (),
    ) -> None:
        super().__init__(schedule=self._rate_at_start, verbose=verbose)
        if per not in ("batch", "epoch"):
            raise ValueError(f"per must be 'batch' or 'epoch'; got per={per!r}")
        if steps_per_epoch is not None and (
            not isinstance(steps_per_epoch, numbers.Integral)
            or isinstance(steps_per_epoch, bool)
            or int(steps_per_epoch) < 1
        ):
            raise ValueError(
                "steps_per_epoch must be an integer >= 1, or None to take Keras' own count; got "
                f"steps_per_epoch={steps_per_epoch!r}"
            )
        for edit in edits:
            if not isinstance(edit, PlanEdit):
                raise TypeError(
                    f"edits must hold PlanEdit(step, kind, value), because each is done to the plan; got {edit!r}"
                )
        self._plan = plan
        self.edits = tuple(edits)
        self.per = per
        self.steps_per_epoch = None if steps_per_epoch is None else int(steps_per_epoch)
        self._placed: PlacedPlan | None = None
        self._length: int | None = None
        self._compiled_rate: float | None = None
        self._tap: StepTap | None = None
        self._epoch = 0
        self._epoch_is_over = False

    # -- what others may ask -------------------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """The plan that is followed."""
        if self._plan is None:
            raise RuntimeError(
                f"{type(self).__name__} knows its plan once training begins, because eta_max is the compiled rate"
            )
        return self._plan

    @property
    def placed(self) -> PlacedPlan | None:
        """The plan on this fit's steps, with its edits; None while the length of an epoch is unknown.

        With `per="epoch"` a step of the placed plan is an epoch.
        """
        return self._placed

    def plan_step(self, epoch: int, batch: int) -> int | None:
        """The step of `placed` that rules this batch; it never leaves its epoch. None while the length is unknown."""
        if self.per == "epoch":
            return epoch
        if self._length is None:
            return None
        return epoch * self._length + min(batch, self._length - 1)

    @property
    def length(self) -> int | None:
        """Steps in an epoch of this fit, as the plan counts them; None while unknown."""
        return self._length

    def steps_until(self, epoch: int, batches: int) -> int:
        """How many steps of the placed plan are over once `batches` batches of `epoch` have run."""
        if self.per == "epoch":
            return epoch
        length = self._length_or_fail()
        return epoch * length + min(batches, length)

    def steps_to_cycle_end(self, epoch: int, batch: int) -> int | None:
        """How many steps the cycle of this batch still has, this one included; None if it never ends, or unknown."""
        step = self.plan_step(epoch, batch)
        if step is None or self.per == "epoch":
            return None
        end = self._placed_or_fail().cycle_bounds(step)[1]
        return None if end is None else end - step

    def restarts_in(self, epoch: int, first_batch: int, count: int) -> list[tuple[int, int]]:
        """Restarts among `count` batches of `epoch`: the batch that each begins with, and its cycle."""
        if self._placed is None:
            return []
        if self.per == "epoch":
            first, until = epoch, epoch + (first_batch == 0 and count > 0)
        else:
            length = self._length_or_fail()
            first = epoch * length + first_batch
            until = min(first + count, (epoch + 1) * length)
        found = []
        step = self._placed.next_restart(max(first - 1, 0))
        while step is not None and step < until:
            found.append((first_batch + step - first, self._placed.cycle_of(step)))
            step = self._placed.next_restart(step)
        return found

    def restart_now(self, eta_max: float | None = None) -> int:
        """Begin the next cycle with the next step, at another peak if `eta_max` is given; returns that step.

        It is a step of the placed plan: with `per="epoch"` the next epoch. In an epoch that is longer than the plan
        knows, the next step of the plan is the next epoch's first.

        Raises:
            ValueError: The plan has no further cycle, or its steps are not known; or `eta_max` is no peak for it.
        """
        step = self._next_step()
        peak = [] if eta_max is None else [PlanEdit(step, "eta_max", eta_max)]
        self._edit(*peak, PlanEdit(step, "restart"))
        return step

    def change_eta_max(self, eta_max: float) -> int:
        """Give the next cycle, and so those after it, another peak; returns the step of the placed plan it begins with.

        The cycle that is running is left as it is.

        Raises:
            ValueError: The plan has no further cycle, or its steps are not known; or `eta_max` is no peak for it.
        """
        step = self._next_step()
        self._edit(PlanEdit(step, "eta_max", eta_max))
        return next(start for start, _ in self._placed_or_fail().eta_max_changes() if start >= step)

    def _next_step(self) -> int:
        """The step of the placed plan that the next step to run follows."""
        if self._placed is None or self._tap is None:
            raise ValueError(
                "a plan is changed on known steps, because the change begins with the next one; "
                f"got steps_per_epoch={self._length}"
            )
        if self.per == "epoch":
            return self._epoch + 1
        self._tap.look()
        # Between two epochs, and in one that is longer than the plan's, the next position is the next epoch's start.
        length = self._length_or_fail()
        return self._epoch * length + (length if self._epoch_is_over else min(self._tap.next_batch, length))

    def _edit(self, *edits: PlanEdit) -> None:
        """Change the plan by all of these edits, or by none."""
        placed = self._placed_or_fail()
        for edit in edits:
            placed = placed.with_edit(edit)
        self._placed = placed
        tap = self._tap_or_fail()
        tap.refill(tap.next_batch)

    # -- rates, as the step tap asks for them --------------------------------------------------------------------

    def rates(self, epoch: int, first_batch: int, count: int) -> np.ndarray:
        """Learning rates of `count` batches of `epoch`; past the epoch's end its last rate is held."""
        if self._placed is None:
            return np.full(count, self.plan.learning_rate(epoch))
        return self._of_batches(self._placed.learning_rates, epoch, first_batch, count)

    def momenta(self, epoch: int, first_batch: int, count: int) -> np.ndarray | None:
        """Momenta of the same batches, if the optimizer was made with `cycle_momentum`: high where the rate is low."""
        momentum_range = getattr(inner_optimizer(self.model.optimizer), "cycle_momentum", None)
        if momentum_range is None:
            return None
        low, high = momentum_range
        floor, _ = _range(self.plan)
        peaks = self._of_batches(self._peaks, epoch, first_batch, count)
        share = (self.rates(epoch, first_batch, count) - floor) / (peaks - floor)
        return np.asarray(high - (high - low) * share)

    def _of_batches(
        self, of_steps: Callable[[int, int], np.ndarray], epoch: int, first_batch: int, count: int
    ) -> np.ndarray:
        """What a function of (first step, count) says of `count` batches; past the epoch's end its last is held."""
        first = self.plan_step(epoch, first_batch)
        if first is None:
            return np.repeat(of_steps(0, 1), count)
        if self.per == "epoch":
            return np.repeat(of_steps(first, 1), count)
        inside = min(count, max(1, self._length_or_fail() - first_batch))
        values = of_steps(first, inside)
        return np.concatenate([values, np.full(count - inside, values[-1])])

    def _peaks(self, first: int, count: int) -> np.ndarray:
        """The eta_max in force at each of `count` steps."""
        peaks = np.full(count, _range(self.plan)[1])
        for step, eta_max in [] if self._placed is None else self._placed.eta_max_changes():
            peaks[max(step - first, 0) :] = eta_max
        return peaks

    # -- hooks ---------------------------------------------------------------------------------------------------

    def set_model(self, model: Any) -> None:
        """Meet the model, before any callback restores it."""
        super().set_model(model)
        if getattr(model, "optimizer", None) is not None and _has_own_rate(model.optimizer):
            self._compiled_rate = compiled_rate.compiled_rate(model)
        siblings.move_to_front(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check what would defeat the plan, then let the step tap follow it."""
        optimizer = self.model.optimizer
        check_optimizer(type(self).__name__, optimizer)
        self._plan = self._plan_for(self._compiled_rate)
        if getattr(inner_optimizer(optimizer), "cycle_momentum", None) is not None:
            _range(self.plan)
        self._length = self.steps_per_epoch or (self.params or {}).get("steps")
        if self.edits and self._length is None and self.per == "batch":
            raise ValueError(
                "steps_per_epoch must be given where edits are, because they lie on steps and the length of an epoch "
                f"is not known; got edits={list(self.edits)!r}"
            )
        self._placed = None
        self._place()
        self._warn_of_neighbours()
        self._tap = StepTap.of(self.model)
        self._tap.join(self)
        siblings.watch(self._tap.guard)
        self._tap.follow(self)
        self._tap.listen(on_died=self._on_died)
        compiled_rate.keep(optimizer, self._compiled_rate)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the rate of the epoch's start."""
        self._epoch, self._epoch_is_over = epoch, False
        tap = self._tap_or_fail()
        tap.begin_epoch(epoch)
        if self.verbose > 0:
            print(
                f"\nEpoch {epoch + 1}: {type(self).__name__} sets the learning rate to "
                f"{float(self.rates(epoch, 0, 1)[0]):g}."
            )

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """An execution is about to start."""
        self._tap_or_fail().begin_batch(batch)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """An execution has ended."""
        self._tap_or_fail().end_batch(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the rate, the cycle and the restart to the logs."""
        steps = self._tap_or_fail().end_epoch()
        self._epoch_is_over = True
        if logs is not None:
            logs.update(self._epoch_logs(epoch, steps))
        if self._length is None and self.per == "batch" and steps > 0:
            self._length = steps
            self._place()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Give the optimizer its compiled rate back."""
        tap, self._tap = self._tap_or_fail(), None
        tap.leave(self)
        compiled_rate.give_back(self.model.optimizer)

    def _on_died(self) -> None:
        """The fit ended in an exception, and the next begins, perhaps without a plan."""
        tap, self._tap = self._tap_or_fail(), None
        optimizer = self.model.optimizer
        if _has_own_rate(optimizer) and tap.has_set(compiled_rate.read_rate(optimizer)):
            compiled_rate.give_back(optimizer)
        else:
            compiled_rate.forget(optimizer)  # a rate set by hand since then is meant

    # -- inside --------------------------------------------------------------------------------------------------

    def _plan_for(self, compiled: float | None) -> Plan:
        """The plan of the fit that begins, for an optimizer compiled with this rate."""
        return self.plan

    def _rate_at_start(self, epoch: int, learning_rate: float | None = None) -> float:
        return float(self.rates(epoch, 0, 1)[0])

    def _place(self) -> None:
        if self.per == "epoch":
            self._placed = replace(self.plan.on_steps(1), edits=self.edits)
        elif self._length is not None:
            self._placed = replace(self.plan.on_steps(self._length), edits=self.edits)

    def _epoch_logs(self, epoch: int, steps: int) -> dict[str, Any]:
        last = self.plan_step(epoch, max(steps - 1, 0))
        if last is None:
            cycle = self.plan.cycle_at(epoch)
            began = cycle.index > 0 and cycle.start == epoch
            return {
                "learning_rate": self.plan.learning_rate(epoch),
                "cycle": cycle.index,
                "restart": float(began),
            }
        placed = self._placed_or_fail()
        return {
            "learning_rate": placed.learning_rate(last),
            "cycle": placed.cycle_of(last),
            "restart": float(bool(self.restarts_in(epoch, 0, steps))),
        }

    def _warn_of_neighbours(self) -> None:
        name = type(self).__name__
        for other in siblings.neighbours(self):
            kind = type(other).__name__
            if isinstance(other, keras.callbacks.ReduceLROnPlateau):
                _warn(f"{kind} has no effect beside {name}, which sets the rate of every step: remove one of the two")
            elif isinstance(other, keras.callbacks.LearningRateScheduler) and not isinstance(other, FollowPlan):
                _warn(
                    f"a second scheduler, {kind}, has no effect beside {name}, which sets the rate of every step: "
                    "remove one of the two"
                )
            elif isinstance(other, keras.callbacks.EarlyStopping):
                longest = self._longest_cycle()
                if other.patience < longest:
                    _warn(
                        f"EarlyStopping(patience={other.patience}) can end the training inside a cycle of "
                        f"{longest:g} epochs, at a high rate: give it a patience of at least {longest:g} epochs"
                    )
            elif isinstance(other, keras.callbacks.BackupAndRestore) and other.save_freq != "epoch":
                _warn(
                    f"BackupAndRestore(save_freq={other.save_freq}) resumes at the start of the interrupted epoch, "
                    f"so its first steps run twice; {name} follows the plan from that start: "
                    "save_freq='epoch' avoids it"
                )
        if self._length is None and self.per == "batch":
            _warn(
                f"the length of an epoch is not known, so {name} holds the plan's value during the first epoch and "
                "counts its steps: give steps_per_epoch= to follow the plan from the first step"
            )

    def _longest_cycle(self) -> float:
        timeline = self.plan.timeline
        end = float((self.params or {}).get("epochs", 0))
        if timeline.count is not None:
            # After the last cycle the rate stays low, and a constant plan has no cycle to cut.
            end = min(end, float(timeline.start(timeline.count)) if timeline.count else 0.0)
        edges = [0.0, *self.plan.restarts(end), end]
        return max(end - start for start, end in pairwise(edges))

    def _tap_or_fail(self) -> StepTap:
        if self._tap is None:
            raise RuntimeError(f"{type(self).__name__} works inside a fit: on_train_begin comes first")
        return self._tap

    def _placed_or_fail(self) -> PlacedPlan:
        assert self._placed is not None
        return self._placed

    def _length_or_fail(self) -> int:
        assert self._length is not None
        return self._length


def inner_optimizer(optimizer: Any) -> Any:
    """The optimizer that updates the weights: mixed precision wraps it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _has_own_rate(optimizer: Any) -> bool:
    return not hasattr(optimizer, "optimizers") and hasattr(optimizer.learning_rate, "assign")


def check_optimizer(name: str, optimizer: Any) -> None:
    """Raise ValueError unless the optimizer has one rate that can be set; `name` is what needs that."""
    if optimizer is None:
        raise ValueError(f"{name} needs a model compiled with an optimizer, because it sets its learning rate")
    if hasattr(optimizer, "optimizers"):
        raise ValueError(
            f"{name} needs one optimizer, because a plan has one rate; got {type(optimizer).__name__} with "
            f"{len(optimizer.optimizers)} optimizers"
        )
    if not _has_own_rate(optimizer):
        raise ValueError(
            f"{name} needs an optimizer whose learning_rate is a number, because a schedule or a function sets the "
            "rate itself: compile with learning_rate=0.1, say; got an optimizer that computes its rate, now "
            f"{compiled_rate.read_rate(optimizer):g}"
        )


def _range(plan: Plan) -> tuple[float, float]:
    """Lowest and highest rate of `plan`, between which `cycle_momentum` moves."""
    floor, peak = getattr(plan, "eta_min", None), getattr(plan, "eta_max", None)
    if floor is None or peak is None or not floor < peak:
        raise ValueError(
            "cycle_momentum needs a plan between two rates, because the momentum moves against the rate; "
            f"got plan={plan!r}"
        )
    return floor, peak


def _warn(sentence: str) -> None:
    warnings.warn(sentence, UserWarning, stacklevel=3)
