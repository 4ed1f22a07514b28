"""Cosine annealing with warm restarts, the plan that KEscape is about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kescape.schedule.checks import checked_number, checked_whole, refuse
from kescape.schedule.cycled_plan import CycledPlan
from kescape.schedule.plan import NewPeak
from kescape.schedule.step_grid import StepGrid
from kescape.schedule.timeline import GeometricCycles, ListedCycles, Timeline, exact

__all__ = ["CosineRestarts", "single_cosine"]

_LENGTH = "a cycle needs at least one step"


@dataclass(frozen=True)
class CosineRestarts(CycledPlan):
    """Cosine annealing with warm restarts (SGDR), as an immutable value.

    Cycle i lasts T_i = t_0 * t_mult**i epochs and begins at the peak

        P_i = eta_min + (eta_max - eta_min) * eta_max_decay**i

    and T_cur epochs into it

        eta = eta_min + (P_i - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2

    A restart has exactly the peak; the position where eta_min would be reached is the next
    restart. Boundaries are computed exactly from the decimals as they were written, so that
    `t_0=10, t_mult=1.1` restarts at 33.1.

    Args:
        t_0: Length of the first cycle, in epochs, > 0; or the lengths of all cycles, and then there are no others.
        t_mult: Each cycle is this many times as long as the one before, > 0; not used with a list of lengths.
        eta_max: Learning rate at the start of cycle 0, > eta_min.
        eta_min: Smallest learning rate, >= 0.
        eta_max_decay: Each peak is this many times as far above eta_min as the one before, in (0, 1].
        warmup: The first epochs rise linearly from eta_min to eta_max; cycle 0 comes after them, >= 0.
        restart_warmup: In cycles 1, 2, ... the first epochs rise linearly from eta_min to the value that the cosine
            has at their end, >= 0 and shorter than each of those cycles.
        cycles: How many cycles there are, >= 1; after them the rate is eta_min. None: no end, or the end of the list.
            With t_mult < 1 the lengths of endlessly many cycles add up to t_0 / (1 - t_mult) epochs, and from there
            on the rate is eta_min; placed on whole steps, cycles of one step go on instead.

    Example:
        >>> plan = CosineRestarts(t_0=10, t_mult=2, eta_max=0.1)
        >>> [round(plan.learning_rate(epoch), 3) for epoch in (0, 5, 9, 10, 20)]
        [0.1, 0.05, 0.002, 0.1, 0.05]
        >>> plan.restarts(until=200)
        [10.0, 30.0, 70.0, 150.0]
        >>> plan.landing(70).complete, round(plan.landing(120).fraction, 3)
        (True, 0.625)
        >>> CosineRestarts([7, 13, 27, 53], 1, 0.1).restarts(until=100)
        [7.0, 20.0, 47.0]

    Source: Loshchilov & Hutter, "SGDR", ICLR 2017, eq. 5, https://arxiv.org/abs/1608.03983
    """

    t_0: float | Sequence[float]
    t_mult: float
    eta_max: float
    eta_min: float = 0.0
    _: KW_ONLY
    eta_max_decay: float = 1.0
    warmup: float = 0.0
    restart_warmup: float = 0.0
    cycles: int | None = None
    # Edits by hand, as a placed plan hands them over; no part of the plan that is written down.
    _new_peaks: tuple[NewPeak, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        def put(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        def number(name: str, rule: str, holds: Any, why: str) -> None:
            put(name, checked_number(name, getattr(self, name), rule, holds, why))

        put("t_0", _checked_lengths(self.t_0))
        number("t_mult", "> 0", lambda m: m > 0, "every cycle must have a length > 0")
        number("eta_min", ">= 0", lambda eta: eta >= 0, "a negative rate would climb the loss")
        number(
            "eta_max",
            f"> eta_min={self.eta_min!r}",
            lambda eta: eta > self.eta_min,
            "a cycle falls from eta_max to eta_min",
        )
        number(
            "eta_max_decay",
            "> 0 and <= 1",
            lambda decay: 0 < decay <= 1,
            "it is the share of the height above eta_min that the next peak keeps",
        )
        number("warmup", ">= 0 epochs", lambda w: w >= 0, "it is the length of the warm-up")
        number("restart_warmup", ">= 0 epochs", lambda w: w >= 0, "it is the length of a warm-up")
        if self.cycles is not None:
            put("cycles", checked_whole("cycles", self.cycles, 1, "a plan has at least one cycle"))
        if self.cycles is not None and isinstance(self.t_0, tuple) and self.cycles > len(self.t_0):
            raise ValueError(
                f"cycles must be <= {len(self.t_0)}, because t_0 lists the lengths of all cycles; "
                f"got cycles={self.cycles!r}"
            )
        self._check_restart_warmup()

    def _check_restart_warmup(self) -> None:
        if not self.restart_warmup:
            return
        cycles = self.timeline.cycles
        if isinstance(cycles, GeometricCycles) and cycles.count is None and self.t_mult < 1:
            raise ValueError(
                "restart_warmup must be 0 for t_mult < 1 without cycles, because the cycles get "
                f"shorter than any warm-up; got restart_warmup={self.restart_warmup!r}"
            )
        if isinstance(cycles, ListedCycles):
            applies_to = list(range(1, cycles.count or 0))
        elif cycles.count == 1:
            applies_to = []
        else:
            applies_to = [1 if self.t_mult >= 1 else (cycles.count or 0) - 1]
        shortest = min((cycles.length(cycle) for cycle in applies_to), default=None)
        if shortest is not None and exact(self.restart_warmup) >= shortest:
            raise ValueError(
                f"restart_warmup must be < {float(shortest):g} epochs, because that is the "
                "shortest cycle it applies to, and the cosine needs a part of it; "
                f"got restart_warmup={self.restart_warmup!r}"
            )

    def _make_timeline(self) -> Timeline:
        cycles: ListedCycles | GeometricCycles
        if isinstance(self.t_0, tuple):
            cycles = ListedCycles([exact(length) for length in self.t_0[: self.cycles]])
        else:
            assert isinstance(self.t_0, float)
            cycles = GeometricCycles(exact(self.t_0), exact(self.t_mult), self.cycles)
        return Timeline(cycles, exact(self.warmup))

    def peak(self, cycle: int) -> float:
        """Return the highest rate of a cycle: exactly eta_max for cycle 0.

        Example:
            >>> plan = CosineRestarts(10, 2, eta_max=0.1, eta_min=0.01, eta_max_decay=0.5)
            >>> [round(plan.peak(cycle), 4) for cycle in (0, 1, 2)]
            [0.1, 0.055, 0.0325]
        """
        eta_max, first = self._peak_in_force(cycle)
        height = self.eta_max_decay ** (cycle - max(first, 0))
        if height == 1:
            return eta_max
        return self.eta_min + (eta_max - self.eta_min) * height

    def with_peaks(self, new_peaks: Sequence[NewPeak]) -> CosineRestarts:
        """Return the plan with other peaks from some cycles on, `new_peaks` in their order.

        From `new.cycle` on, the peak of cycle i is eta_min + (new.eta_max - eta_min) * eta_max_decay**(i - new.cycle).

        Example:
            >>> plan = CosineRestarts(10, 2, eta_max=0.1, eta_max_decay=0.5).with_peaks([NewPeak(2, 0.4)])
            >>> [plan.peak(cycle) for cycle in range(5)]
            [0.1, 0.05, 0.4, 0.2, 0.1]
        """
        for new in new_peaks:
            if new.eta_max <= self.eta_min:
                refuse(
                    "eta_max",
                    new.eta_max,
                    f"> eta_min={self.eta_min!r}",
                    "a cycle falls from eta_max to eta_min",
                )
        return replace(self, _new_peaks=tuple(new_peaks))

    def _peak_in_force(self, cycle: int) -> tuple[float, int]:
        """Return the eta_max that a cycle's peak follows from, and the cycle that has exactly it."""
        for new in reversed(self._new_peaks):
            if new.cycle <= cycle:
                return new.eta_max, new.cycle
        return self.eta_max, 0

    def learning_rate(self, epoch: float) -> float:
        """Return the learning rate at a position in epochs; 2.5 is half-way through the third."""
        position = self.cycle_at(epoch)
        index = position.index
        if self.timeline.is_over(index):
            return self.eta_min
        if index < 0:
            return self.eta_min + (self._peak_in_force(-1)[0] - self.eta_min) * position.fraction
        ramp = self.restart_warmup / position.length if index > 0 else 0.0
        rate = self._in_cycle(np.array([position.fraction]), np.array([self.peak(index)]), np.array([ramp]))
        return float(rate[0])

    def _rate_before(self, epochs: float, complete: bool) -> float:
        return self.eta_min if complete else self.learning_rate(epochs)

    def _in_cycle(
        self,
        fraction: NDArray[np.float64],
        peak: NDArray[np.float64],
        ramp: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Rates inside cycles; `fraction` of the cycle is done, `ramp` of it is restart warm-up."""
        rate = self._cosine(np.maximum(fraction, ramp), peak)
        rising = fraction < ramp
        if rising.any():
            share = fraction[rising] / ramp[rising]
            rate[rising] = self.eta_min + (rate[rising] - self.eta_min) * share
        return rate

    def _cosine(self, fraction: NDArray[np.float64], peak: NDArray[np.float64]) -> NDArray[np.float64]:
        weight = (1 + np.cos(math.pi * fraction)) / 2
        # eta_min + (peak - eta_min) can be one double beside the peak, and a restart must not be.
        return np.where(weight == 1, peak, self.eta_min + (peak - self.eta_min) * weight)

    def placed_rates(self, grid: StepGrid, first: int, count: int) -> NDArray[np.float64]:
        """Return the rates of `count` steps from `first` on, cycles placed as in `grid`."""
        block = grid.block(first, count)
        if self.eta_max_decay == 1:
            peaks = np.full(len(block.index), self.eta_max)
            for new in self._new_peaks:
                peaks[block.index >= new.cycle] = new.eta_max
        else:
            peaks = np.array([self.peak(max(i, 0)) for i in block.index.tolist()])
        ramp_steps = grid.steps_in(exact(self.restart_warmup))
        # Rounding to steps must leave the cosine at least one step of the cycle.
        ramps = np.where(block.index > 0, np.minimum(ramp_steps, block.length - 1), 0)

        def to_steps(values: NDArray[Any]) -> NDArray[Any]:
            return np.repeat(values, block.count)

        offset = np.arange(first, first + count, dtype=np.int64) - to_steps(block.start)
        fraction = offset / to_steps(block.length)
        rates = self._in_cycle(fraction, to_steps(peaks), to_steps(ramps / block.length))
        if block.index[0] < 0:
            warmup = slice(0, int(block.count[0]))
            rates[warmup] = self.eta_min + (self._peak_in_force(-1)[0] - self.eta_min) * fraction[warmup]
        if block.index[-1] == grid.count:
            rates[count - int(block.count[-1]) :] = self.eta_min
        return rates

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary, from which `plan_from_dict` makes an equal plan."""
        return {
            "kind": "cosine_restarts",
            "t_0": list(self.t_0) if isinstance(self.t_0, tuple) else self.t_0,
            "t_mult": self.t_mult,
            "eta_max": self.eta_max,
            "eta_min": self.eta_min,
            "eta_max_decay": self.eta_max_decay,
            "warmup": self.warmup,
            "restart_warmup": self.restart_warmup,
            "cycles": self.cycles,
        }


def _checked_lengths(t_0: Any) -> float | tuple[float, ...]:
    if isinstance(t_0, np.ndarray) and t_0.ndim == 1:
        t_0 = tuple(t_0)
    if not isinstance(t_0, (list, tuple)):
        return checked_number("t_0", t_0, "> 0 epochs", lambda t: t > 0, _LENGTH)
    if not t_0:
        raise ValueError("t_0 must list at least one length, because a plan has at least one cycle; got t_0=[]")
    return tuple(
        checked_number(f"t_0[{i}]", length, "> 0 epochs", lambda t: t > 0, _LENGTH) for i, length in enumerate(t_0)
    )


def single_cosine(epochs: float, eta_max: float, eta_min: float = 0.0) -> CosineRestarts:
    """Return the plan without restarts: one cosine from eta_max to eta_min.

    Args:
        epochs: How long the cosine is, in epochs, > 0; after it the rate is eta_min.
        eta_max: Learning rate at the start, > eta_min.
        eta_min: Learning rate at the end, >= 0.

    Example:
        >>> plan = single_cosine(epochs=70, eta_max=0.1)
        >>> plan.learning_rate(35), plan.learning_rate(70), plan.restarts(until=70)
        (0.05, 0.0, [])
    """
    checked_number("epochs", epochs, "> 0", lambda e: e > 0, _LENGTH)
    return CosineRestarts(epochs, 1.0, eta_max, eta_min, cycles=1)
