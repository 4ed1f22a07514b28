"""SGD with momentum, configured and ready to compile, and a plan as a Keras learning-rate schedule.

With velocity v, momentum mu and learning rate eta, one step on the gradient g of a weight w is

    v <- mu * v - eta * g
    w <- w + v                      (Nesterov: w <- w + mu * v - eta * g)

Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, eq. 1-2;
Loshchilov & Hutter, "SGDR", ICLR 2017, eq. 3-4, https://arxiv.org/abs/1608.03983
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kescape.schedule import CosineRestarts, plan_from_dict
from kescape.schedule.step_grid import StepGrid
from kescape.schedule.timeline import exact

_MOST_CYCLES = 65_536
_LAST_STEP = 2**31 - 1


def sgd_momentum(
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    *,
    nesterov: bool = False,
    weight_decay: float | None = None,
    l2_equivalent: float | None = None,
    clipnorm: float | None = None,
    clipvalue: float | None = None,
    global_clipnorm: float | None = None,
    use_ema: bool = False,
    gradient_accumulation_steps: int | None = None,
    exclude_from_weight_decay: Sequence[str] = ("bias", "gamma", "beta"),
    cycle_momentum: tuple[float, float] | None = None,
) -> keras.optimizers.SGD:
    """A `keras.optimizers.SGD` with momentum, ready to compile.

    It is a plain `SGD` unless an option needs more; then it is a registered subclass that survives `.keras` save
    and load with the option.

    Args:
        learning_rate: Step size, > 0; with `SGDR` the rate of each restart.
        momentum: Share of the velocity kept from step to step, in [0, 1); 0 is plain gradient descent.
        nesterov: Take the gradient where the velocity leads.
        weight_decay: Each step shrinks weights by `learning_rate * weight_decay`, >= 0; so it follows the schedule.
        l2_equivalent: Factor of an L2 term in the gradient, as papers state it, turned into the `weight_decay` that
            shrinks weights as fast: `l2_equivalent / (1 - momentum)`. Instead of `weight_decay`.
        clipnorm: Largest norm of each weight's gradient, > 0. At most one of the three clips.
        clipvalue: Largest absolute gradient, > 0.
        global_clipnorm: Largest norm of all gradients together, > 0.
        use_ema: Keep an exponential moving average of the weights; `fit` puts it in place when it ends.
        gradient_accumulation_steps: Batches per update, >= 2; None updates after each.
        exclude_from_weight_decay: Weights whose name contains one of these do not decay.
        cycle_momentum: `(low, high)`, both in [0, 1): the plan of `SGDR` moves the momentum against the rate, high at
            the lowest rate and low at the highest.

    Raises:
        TypeError: A value is not a number.
        ValueError: A value is out of range, or two options exclude each other.

    Example:
        >>> optimizer = sgd_momentum(learning_rate=0.1, momentum=0.9)
        >>> type(optimizer).__name__, optimizer.momentum
        ('SGD', 0.9)
        >>> sgd_momentum(momentum=1)
        Traceback (most recent call last):
        ...
        ValueError: momentum must be in [0, 1), because a velocity that loses nothing never settles; got momentum=1
    """
    rate = _number("learning_rate", learning_rate)
    if not 0 < rate < np.inf:
        raise ValueError(
            f"learning_rate must be > 0, because a step of that size must move the weights; got "
            f"learning_rate={learning_rate}"
        )
    kept = _fraction("momentum", momentum)
    if l2_equivalent is not None:
        if weight_decay is not None:
            raise ValueError(
                "weight_decay and l2_equivalent exclude each other, because both set the decay; got "
                f"weight_decay={weight_decay} and l2_equivalent={l2_equivalent}"
            )
        weight_decay = _at_least_0("l2_equivalent", l2_equivalent) / (1 - kept)
    elif weight_decay is not None:
        weight_decay = _at_least_0("weight_decay", weight_decay)
    clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
    given = {name: _clip(name, value) for name, value in clips.items() if value is not None}
    if len(given) > 1:
        raise ValueError(
            "only one of clipnorm, clipvalue and global_clipnorm can be given, because each rescales the gradient; "
            "got " + ", ".join(f"{name}={value:g}" for name, value in given.items())
        )
    if gradient_accumulation_steps is not None and (
        not isinstance(gradient_accumulation_steps, numbers.Integral)
        or isinstance(gradient_accumulation_steps, bool)
        or int(gradient_accumulation_steps) < 2
    ):
        raise ValueError(
            "gradient_accumulation_steps must be an integer >= 2, or None to update after each batch; got "
            f"gradient_accumulation_steps={gradient_accumulation_steps}"
        )
    options: dict[str, Any] = {
        "learning_rate": rate,
        "momentum": kept,
        "nesterov": bool(nesterov),
        "weight_decay": weight_decay,
        "use_ema": bool(use_ema),
        "gradient_accumulation_steps": None
        if gradient_accumulation_steps is None
        else int(gradient_accumulation_steps),
        **given,
    }
    if isinstance(exclude_from_weight_decay, str):
        raise TypeError(
            "exclude_from_weight_decay must be a list of names, because each letter of a text would count as one; got "
            f"exclude_from_weight_decay={exclude_from_weight_decay!r}"
        )
    excluded = list(exclude_from_weight_decay) if weight_decay else []
    if not excluded and cycle_momentum is None:
        return keras.optimizers.SGD(**options)
    return MomentumSGD(**options, exclude_from_weight_decay=excluded, cycle_momentum=cycle_momentum)


@keras.saving.register_keras_serializable(package="kescape")
class MomentumSGD(keras.optimizers.SGD):
    """`keras.optimizers.SGD` that saves what it excludes from weight decay and whose momentum can move.

    Keras bakes the attribute `momentum` into the traced graph, so that a later change has no effect. With
    `cycle_momentum` the momentum is a variable instead, `momentum_variable`.
    """

    momentum: float

    def __init__(
        self,
        *args: Any,
        exclude_from_weight_decay: Sequence[str] = (),
        cycle_momentum: tuple[float, float] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._excluded = list(exclude_from_weight_decay)
        if self._excluded:
            self.exclude_from_weight_decay(var_names=self._excluded)
        self.cycle_momentum: tuple[float, float] | None = None
        self.momentum_variable: Any = None
        if cycle_momentum is not None:
            self.cycle_momentum = _momentum_range(cycle_momentum)
            # A velocity is needed even where the compiled momentum is 0.
            self.momentum = self.momentum or self.cycle_momentum[1]

    def build(self, variables: Any) -> None:
        """Make the velocities, and the momentum variable if it is to move."""
        if self.built:
            return
        super().build(variables)
        if self.cycle_momentum is not None:
            self.momentum_variable = self.add_variable(
                shape=(),
                dtype="float32",
                initializer=keras.initializers.Constant(self.momentum),
                name="momentum_now",
                aggregation="only_first_replica",
            )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step of the formula in this module's docstring."""
        if self.momentum_variable is None:
            super().update_step(gradient, variable, learning_rate)
            return
        ops = keras.ops
        velocity = self.momentums[self._get_variable_index(variable)]
        momentum = ops.cast(self.momentum_variable, variable.dtype)
        push = ops.multiply(ops.cast(gradient, variable.dtype), ops.cast(learning_rate, variable.dtype))
        self.assign(velocity, ops.subtract(ops.multiply(velocity, momentum), push))
        if self.nesterov:
            self.assign_add(variable, ops.subtract(ops.multiply(velocity, momentum), push))
        else:
            self.assign_add(variable, velocity)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "exclude_from_weight_decay": self._excluded,
            "cycle_momentum": self.cycle_momentum,
        }


@keras.saving.register_keras_serializable(package="kescape")
class WarmRestarts(keras.optimizers.schedules.LearningRateSchedule):
    """A plan as a Keras learning-rate schedule, for those who want no callback.

    The rate is computed from the optimizer's own count of steps, so it goes on where a loaded optimizer stopped, and
    knows nothing of epochs that turn out shorter or longer. With gradient accumulation Keras counts batches.

    Args:
        plan: The plan to follow.
        steps_per_epoch: Batches in an epoch, >= 1.

    The first 65,536 cycles are followed; after them the rate stays at `eta_min`.

    Example:
        >>> from kescape.schedule import CosineRestarts
        >>> schedule = WarmRestarts(CosineRestarts(t_0=10, t_mult=2, eta_max=0.1), steps_per_epoch=5)
        >>> [round(float(schedule(step)), 4) for step in (0, 25, 50, 100)]
        [0.1, 0.05, 0.1, 0.05]
    """

    def __init__(self, plan: CosineRestarts, steps_per_epoch: int) -> None:
        if not isinstance(plan, CosineRestarts):
            raise TypeError(
                f"plan must be a CosineRestarts, because only its cycles have a form in the graph; got plan={plan!r}"
            )
        self.plan = plan
        self.steps_per_epoch = steps_per_epoch
        grid = StepGrid(plan.timeline, plan.on_steps(steps_per_epoch).steps_per_epoch)
        horizon = _MOST_CYCLES
        block = grid.block(0, horizon)
        while len(block.index) <= _MOST_CYCLES and horizon < _LAST_STEP:
            horizon = min(4 * horizon, _LAST_STEP)
            block = grid.block(0, horizon)
        known = slice(0, _MOST_CYCLES)
        index = block.index[known]
        over = index == grid.count
        peaks = np.array([plan.peak(max(int(cycle), 0)) for cycle in index])
        ramps = np.minimum(grid.steps_in(exact(plan.restart_warmup)), block.length[known] - 1)
        self._starts = block.start[known].astype(np.int32)
        self._lengths = np.where(over, 1, block.length[known]).astype(np.float32)
        self._peaks = np.where(over, plan.eta_min, peaks).astype(np.float32)
        self._ramps = (np.where(index > 0, ramps, 0) / self._lengths).astype(np.float32)
        self._is_warmup = index < 0
        self._end = np.int32(
            min(
                int(block.start[len(index)]) if len(index) < len(block.index) else horizon,
                _LAST_STEP,
            )
        )

    def __call__(self, step: Any) -> Any:
        """Learning rate of `step`, counted from 0."""
        ops = keras.ops
        floor = self.plan.eta_min
        step = ops.cast(step, "int32")
        cycle = ops.searchsorted(ops.convert_to_tensor(self._starts), ops.reshape(step, (1,)), side="right")[0] - 1

        def of_cycle(values: np.ndarray) -> Any:
            return ops.take(ops.convert_to_tensor(values), cycle)

        peak, ramp = of_cycle(self._peaks), of_cycle(self._ramps)
        fraction = ops.cast(step - of_cycle(self._starts), "float32") / of_cycle(self._lengths)
        weight = (1 + ops.cos(np.pi * ops.maximum(fraction, ramp))) / 2
        # floor + (peak - floor) can be one float beside the peak, and a restart must not be.
        cosine = ops.where(weight == 1, peak, floor + (peak - floor) * weight)
        rising = floor + (cosine - floor) * fraction / ops.maximum(ramp, 1e-9)
        rate = ops.where(fraction < ramp, rising, cosine)
        rate = ops.where(of_cycle(self._is_warmup), floor + (peak - floor) * fraction, rate)
        return ops.where(step < self._end, rate, ops.cast(floor, "float32"))

    def get_config(self) -> dict[str, Any]:
        """The plan as plain values, and the steps per epoch."""
        return {"plan": self.plan.to_dict(), "steps_per_epoch": self.steps_per_epoch}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> WarmRestarts:
        """The schedule with this `get_config`."""
        plan = plan_from_dict(config["plan"])
        assert isinstance(plan, CosineRestarts)
        return cls(plan, config["steps_per_epoch"])


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number; got {name}={value!r}")
    return float(value)


def _fraction(name: str, value: Any) -> float:
    number = _number(name, value)
    if not 0 <= number < 1:
        raise ValueError(
            f"{name} must be in [0, 1), because a velocity that loses nothing never settles; got {name}={value}"
        )
    return number


def _at_least_0(name: str, value: Any) -> float:
    number = _number(name, value)
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} must be >= 0, because weights decay and do not grow; got {name}={value}")
    return number


def _clip(name: str, value: Any) -> float:
    number = _number(name, value)
    if not number > 0:
        raise ValueError(f"{name} must be > 0, because a gradient clipped to 0 moves nothing; got {name}={value}")
    if number == np.inf:
        raise ValueError(f"{name} must be finite, or None to clip nothing; got {name}={value}")
    return number


def _momentum_range(cycle_momentum: Any) -> tuple[float, float]:
    try:
        low, high = cycle_momentum
    except (TypeError, ValueError):
        raise ValueError(f"cycle_momentum must be a pair (low, high); got cycle_momentum={cycle_momentum!r}") from None
    low, high = _fraction("cycle_momentum low", low), _fraction("cycle_momentum high", high)
    if not low < high:
        raise ValueError(
            "cycle_momentum must be (low, high) with low < high, because the momentum is high where the rate is "
            f"low; got cycle_momentum={cycle_momentum!r}"
        )
    return low, high
