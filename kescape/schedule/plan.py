"""What a learning-rate plan is: the protocol of all plans, and the values it answers with.

A plan is an immutable value: a function from the position in a training, in epochs, to a learning
rate, divided into cycles. Nothing here imports Keras, Qt or the run folder: the engine follows a
plan, the window draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kescape.schedule.checks import checked_number, checked_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kescape.schedule.placed_plan import PlacedPlan
    from kescape.schedule.step_grid import StepGrid
    from kescape.schedule.timeline import Timeline

__all__ = ["CyclePosition", "Landing", "NewPeak", "Plan", "PlanEdit"]


@dataclass(frozen=True)
class CyclePosition:
    """Where a position lies among the cycles of a plan."""

    index: int
    """The cycle, counted from 0; -1 during the warm-up; the number of cycles once all are over."""
    start: float
    """Where it begins, in epochs."""
    length: float
    """How long it is, in epochs; infinite for what comes after the last cycle."""
    fraction: float
    """How much of it is done, 0 at its start, always < 1."""


@dataclass(frozen=True)
class Landing:
    """How a training of some epochs ends: at the end of a cycle, or in the middle of one."""

    complete: bool
    """Whether the training ends where a cycle ends, or after all cycles."""
    last_end: float
    """The last end of a cycle at or before the training's end; 0 if there is none."""
    next_end: float
    """The first end of a cycle at or after the training's end; infinite if there is none."""
    learning_rate: float
    """The rate that the plan has just before the training's end."""
    cycle: int
    """The cycle that the training ends in, or with; -1 if it ends during the warm-up."""
    fraction: float
    """How much of that cycle is done, 1 if the landing is complete."""


@dataclass(frozen=True)
class PlanEdit:
    """One thing done by hand to a plan while it is followed.

    - "restart": at `step` the next cycle begins, at once, and everything after it follows on.
    - "eta_max": the first cycle that begins at `step` or later has the peak `value`, and the peaks after it
      follow from that one as they did from `eta_max`. What runs at `step` already is left as it is.

    Args:
        step: The first step that the edit applies to, >= 0.
        kind: "restart" or "eta_max".
        value: The new peak, > 0; None for "restart".

    Example:
        >>> import dataclasses
        >>> PlanEdit(**dataclasses.asdict(PlanEdit(120))) == PlanEdit(120, "restart")
        True
        >>> PlanEdit(120, "eta_max", 0.2)
        PlanEdit(step=120, kind='eta_max', value=0.2)
    """

    step: int
    kind: str = "restart"
    value: float | None = None

    def __post_init__(self) -> None:
        step = checked_whole("step", self.step, 0, "steps are counted from 0")
        object.__setattr__(self, "step", step)
        if self.kind == "eta_max":
            value = checked_number("value", self.value, "> 0", lambda eta: eta > 0, "it is the peak of a cycle")
            object.__setattr__(self, "value", value)
        elif self.kind != "restart":
            raise ValueError(
                "kind must be 'restart' or 'eta_max', because these are the edits that a plan knows; "
                f"got kind={self.kind!r}"
            )
        elif self.value is not None:
            raise ValueError(f"value must be None, because a restart takes no value; got value={self.value!r}")


@dataclass(frozen=True)
class NewPeak:
    """What an edit "eta_max" comes to: from cycle `cycle` on (-1: from the warm-up on) `eta_max` is another."""

    cycle: int
    eta_max: float


@runtime_checkable
class Plan(Protocol):
    """A learning-rate plan. CosineRestarts, Constant, StepDecay, OneCycle and ExponentialRise are plans."""

    @property
    def timeline(self) -> Timeline:
        """Where the cycles lie, exactly."""

    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate at a position in epochs; 2.5 is half-way through the third."""

    def cycle_at(self, epoch: float) -> CyclePosition:
        """Return the cycle at a position in epochs."""

    def restarts(self, until: float) -> list[float]:
        """Return where cycles 1, 2, ... start, in epochs, as far as that is before `until`."""

    def landing(self, epochs: float) -> Landing:
        """Return how a training of `epochs` epochs ends."""

    def on_steps(self, steps_per_epoch: int) -> PlacedPlan:
        """Place the plan on whole steps."""

    def with_peaks(self, new_peaks: Sequence[NewPeak]) -> Plan:
        """Return the plan with other peaks from some cycles on, `new_peaks` in their order.

        Raises:
            ValueError: The plan has no cycles with peaks, or a peak is not above its lowest rate.
        """

    def placed_rates(self, grid: StepGrid, first: int, count: int) -> NDArray[np.float64]:
        """Return the rates of `count` steps from `first` on, cycles placed as in `grid`."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, from which `plan_from_dict` makes an equal plan."""
