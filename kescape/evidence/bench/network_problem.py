"""Two networks that are small enough to get stuck: XOR with two hidden units, and two spirals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape.data.points import make_spirals
from kescape.evidence.bench.problem import Trial, Watch
from kescape.evidence.bench.stacked_networks import StackedNetworks, first_weights

__all__ = ["GOAL", "NETWORK_PROBLEMS", "NetworkProblem"]

GOAL = 0.1
"""The goal is a mean cross-entropy over all points below this; at chance it is ln 2 = 0.69."""

_LOOKS = 100
"""How often the watcher is told."""


@dataclass(frozen=True, eq=False)
class NetworkProblem:
    """A small network on points in the plane.

    The loss over all points is looked at after every epoch, an epoch being one pass over them in an order that is
    drawn anew each time. Attributes as in `Problem`, and

    Attributes:
        layers: Units of each layer, the two inputs first.
        x: Points, shape (rows, 2).
        y: Their classes, 0 or 1.
        batch_size: A divisor of the number of rows.
    """

    name: str
    title: str
    goal: str
    steps: int
    layers: tuple[int, ...]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    batch_size: int
    learning_rates: tuple[float, ...] = tuple(2.0**k for k in range(-6, 5))

    def steps_to_goal(self, trials: Sequence[Trial], watch: Watch) -> NDArray[np.float64]:
        """As `Problem` says; all trials are trained at once."""
        seeds = sorted({trial.seed for trial in trials})
        seed_of = np.searchsorted(seeds, [trial.seed for trial in trials])
        begin = [self.first_weights(seed) for seed in seeds]
        networks = StackedNetworks([begin[seed] for seed in seed_of], [trial.method.momentum for trial in trials])
        # The trials of one plan share its rates.
        plans = list(dict.fromkeys((trial.method, trial.learning_rate) for trial in trials))
        plan_of = np.array([plans.index((trial.method, trial.learning_rate)) for trial in trials])
        rates = np.stack([method.rates(self.steps, eta_max) for method, eta_max in plans]).astype(np.float32)
        orders = [self.orders(seed) for seed in seeds]
        rows, size = len(self.x), self.batch_size
        reached = np.full(len(trials), np.inf)
        told = 0
        order = np.empty((len(seeds), rows), np.int64)
        for step in range(self.steps):
            at = step * size % rows
            if at == 0:
                order = np.stack([next(of_seed) for of_seed in orders])
            batch = order[seed_of, at : at + size]
            networks.step(self.x[batch], self.y[batch], rates[plan_of, step])
            if at + size == rows:
                reached[(networks.losses(self.x, self.y) < GOAL) & np.isinf(reached)] = step + 1
            if (step + 1) * _LOOKS // self.steps > told:
                told = (step + 1) * _LOOKS // self.steps
                watch((step + 1) / self.steps)
        return reached

    def first_weights(self, seed: int) -> list[NDArray[np.float32]]:
        """The weights that every method begins with."""
        return first_weights(self.layers, np.random.default_rng([seed, 0]))

    def orders(self, seed: int) -> Iterator[NDArray[np.int64]]:
        """The order of the rows in one epoch after the other, without end, the same for every method."""
        random = np.random.default_rng([seed, 1])
        while True:
            yield random.permutation(len(self.x))


def _xor() -> NetworkProblem:
    """The smallest network that can learn XOR, and may get stuck: two points right and the others at even chances.

    There the loss is ln(2) / 2, on a plateau that goes down only towards infinite weights. (With a squared error, no
    stationary point at finite weights is a minimum.)

    Source: Rumelhart, Hinton & Williams, "Learning internal representations by error propagation", 1986; Hamey, "XOR
    has no local minima: a case study in neural network error surface analysis", Neural Networks 11(4), 1998
    """
    return NetworkProblem(
        name="xor",
        title="XOR, 2 hidden units",
        goal="A 2-2-1 network on the four points (±1, ±1), all in each step; "
        f"reached when the mean cross-entropy is below {GOAL:g}, so that all four are right.",
        steps=3_000,
        layers=(2, 2, 1),
        x=np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32),
        y=np.array([0, 1, 1, 0], np.float32),
        batch_size=4,
    )


def _spirals() -> NetworkProblem:
    """Two spirals with few hidden units.

    Source: Lang & Witbrock, "Learning to tell two spirals apart", 1988 Connectionist Models Summer School
    """
    points, labels = make_spirals(200, noise=0.0)
    return NetworkProblem(
        name="spirals",
        title="Two spirals, 2 × 8 hidden units",
        goal="A 2-8-8-1 network on 200 points of two spirals of 1.75 turns, standardised, in batches of 20; "
        f"reached when the mean cross-entropy over all points is below {GOAL:g}.",
        steps=6_000,
        layers=(2, 8, 8, 1),
        x=((points - points.mean(axis=0)) / points.std(axis=0)).astype(np.float32),
        y=labels.astype(np.float32),
        batch_size=20,
    )


NETWORK_PROBLEMS = (_xor(), _spirals())
