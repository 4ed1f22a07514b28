"""XOR and the spirals: what is trained, from where, and when the goal counts as reached."""

import dataclasses
import math

import keras
import numpy as np
import pytest

import kescape
from kescape.evidence.bench.methods import METHODS
from kescape.evidence.bench.network_problem import GOAL, NETWORK_PROBLEMS
from kescape.evidence.bench.problem import Trial
from kescape.evidence.bench.stacked_networks import StackedNetworks

XOR, SPIRALS = NETWORK_PROBLEMS
BY_NAME = {method.name: method for method in METHODS}


def quiet(done):
    """Watches nothing."""


class GoalWatch(keras.callbacks.Callback):
    """Notes after which epochs the loss over all points is below the goal."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y, self.is_below = x, y, []

    def on_epoch_end(self, epoch, logs=None):
        logits = np.asarray(self.model(self.x))[:, 0].astype(np.float64)
        losses = np.log1p(np.exp(-np.where(self.y == 1, logits, -logits)))
        self.is_below.append(losses.mean() < GOAL)


def test_momentum_and_sgdr_reach_the_goal_when_they_do_in_keras():
    """XOR a point a step, in the bench's order: `fit` with KEscape's SGDR comes below the goal after the same epoch."""
    problem = dataclasses.replace(XOR, steps=4 * 60, batch_size=1)
    seed, rate = 1, 0.1
    (steps,) = problem.steps_to_goal([Trial(BY_NAME["momentum + SGDR"], rate, seed)], quiet)
    orders = problem.orders(seed)
    order = np.concatenate([next(orders) for _ in range(60)])
    model = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(2, activation="tanh"), keras.layers.Dense(1)]
    )
    model.set_weights(problem.first_weights(seed))
    model.compile(
        kescape.sgd_momentum(learning_rate=rate, momentum=0.9), loss=keras.losses.BinaryCrossentropy(from_logits=True)
    )
    watch = GoalWatch(problem.x, problem.y)
    # 60 epochs in cycles of 4, 8, 16 and 32.
    sgdr = kescape.SGDR(t_0=4, t_mult=2)
    batches = ((problem.x[[row]], problem.y[[row]]) for row in order)
    model.fit(batches, steps_per_epoch=4, epochs=60, shuffle=False, callbacks=[sgdr, watch], verbose=0)

    assert 4 < steps < 4 * 60
    assert steps == 4 * (watch.is_below.index(True) + 1)


def test_a_trial_goes_the_same_way_alone_and_among_others():
    problem = dataclasses.replace(XOR, steps=150)
    trials = [Trial(method, rate, seed) for method in METHODS for rate in (0.25, 1.0) for seed in (3, 1, 8)]

    together = problem.steps_to_goal(trials, quiet)
    assert np.isfinite(together).any()
    for chosen in (0, 10, 35):
        assert problem.steps_to_goal([trials[chosen]], quiet) == together[chosen]


def test_where_xor_gets_stuck_two_points_are_right_and_two_at_even_chances():
    """The mean cross-entropy there is ln(2) / 2."""
    weights = [XOR.first_weights(seed) for seed in range(20)]
    networks = StackedNetworks(weights, [0.0] * 20)
    for _ in range(XOR.steps):
        networks.step(XOR.x, XOR.y, np.full(20, 1.0))
    losses = networks.losses(XOR.x, XOR.y)

    stuck = losses[losses > GOAL]
    assert len(stuck) >= 4
    assert np.median(stuck) == pytest.approx(math.log(2) / 2, abs=0.005)


def test_every_seed_has_a_start_and_an_order_of_its_own():
    first, again, other = SPIRALS.first_weights(1), SPIRALS.first_weights(1), SPIRALS.first_weights(2)

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    one, same, two = (SPIRALS.orders(seed) for seed in (1, 1, 2))
    for _ in range(3):
        order = next(one)
        assert np.array_equal(order, next(same))
        assert not np.array_equal(order, next(two))
        assert sorted(order) == list(range(200))


def test_points_are_standardised_and_classes_are_even():
    assert SPIRALS.x.mean(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert SPIRALS.x.std(axis=0) == pytest.approx([1, 1], abs=1e-6)
    assert SPIRALS.y.mean() == XOR.y.mean() == 0.5
    assert [int(a * b < 0) for a, b in XOR.x] == XOR.y.tolist()


def test_a_rate_that_is_too_high_loses_its_own_network_only():
    """At a rate of 1e30 nothing stays finite, and the other network does not notice."""
    problem = dataclasses.replace(XOR, steps=150)
    good = Trial(BY_NAME["momentum"], 0.25, 1)

    found = problem.steps_to_goal([good, Trial(BY_NAME["momentum"], 1e30, 1)], quiet)
    assert found[0] == problem.steps_to_goal([good], quiet)[0]
    assert found[1] == math.inf
