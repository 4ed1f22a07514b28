"""Trials on toy surfaces: where they start, and from when on they stay in the basin that is looked for."""

import dataclasses
import math

import numpy as np
import pytest

from kescape.evidence.bench.methods import METHODS
from kescape.evidence.bench.problem import Trial
from kescape.evidence.bench.surface_problem import SURFACE_PROBLEMS

BY_NAME = {problem.name: problem for problem in SURFACE_PROBLEMS}


def quiet(done):
    """Watches nothing."""


def without_noise(problem):
    return dataclasses.replace(problem, surface=dataclasses.replace(problem.surface, noise=0.0), steps=300)


def test_only_surfaces_with_a_minimum_to_get_stuck_in():
    assert list(BY_NAME) == ["rastrigin", "ackley", "camel", "pair"]


@pytest.mark.parametrize("problem", SURFACE_PROBLEMS, ids=BY_NAME)
def test_no_start_lies_in_the_basin_that_is_looked_for(problem):
    starts = np.stack([problem.start(seed) for seed in range(30)])

    assert not problem.surface.reaches_goal(starts).any()
    assert len(np.unique(starts, axis=0)) == 30
    (x_low, x_high), (y_low, y_high) = problem.surface.x_range, problem.surface.y_range
    assert (starts >= [x_low, y_low]).all()
    assert (starts <= [x_high, y_high]).all()


@pytest.mark.parametrize(("method", "rate"), [(0, 0.25), (1, 0.0625), (5, 0.125)])
def test_steps_are_those_from_which_on_the_basin_is_not_left(method, rate):
    """Against a walk of this test's own, without noise, looked at every sixth step."""
    problem = without_noise(BY_NAME["camel"])
    trials = [Trial(METHODS[method], rate, seed) for seed in range(8)]

    expected = []
    for trial in trials:
        at, velocity, places = problem.start(trial.seed), np.zeros(2), []
        for eta in trial.method.rates(300, rate):
            if np.abs(at).max() < 1e6:  # else it is lost
                velocity = trial.method.momentum * velocity - eta * np.array(problem.surface.gradient(*at))
                at = at + velocity
            places.append(at)
        looks = problem.surface.reaches_goal(places[5::6])
        last_outside = max((i for i, is_inside in enumerate(looks) if not is_inside), default=-1)
        expected.append(6 * (last_outside + 2) if last_outside + 1 < len(looks) else math.inf)

    assert problem.steps_to_goal(trials, quiet).tolist() == expected


def test_small_steps_without_noise_stay_where_they_are():
    """The basin of a start is, by its definition, where small steps downhill lead."""
    problem = without_noise(BY_NAME["rastrigin"])

    assert np.isinf(problem.steps_to_goal([Trial(METHODS[0], 1e-4, seed) for seed in range(10)], quiet)).all()
