"""What is concluded from the runs of a comparison, against numbers by hand."""

from __future__ import annotations

import math

import pytest

from kescape.compare.comparison import Comparison
from kescape.compare.report import Report
from kescape.config import RunConfig

from .made_up import outcomes

INF = math.inf
FIVE = (0.1, 0.2, 0.3, 0.4, 0.5)


def two_arms(sgdr, cosine, *, repeats=5, epochs=3, states=None, steered=(), **more):
    """Restarts against a cosine, with these values at the end; cycles of 1 and 2 epochs."""
    base = RunConfig(epochs=epochs, t_0=1.0, t_mult=2.0)
    comparison = Comparison(base, {"schedule": ("cosine", "sgdr")}, repeats=repeats, **more)
    curves = {
        name: [None if value is None else [1.0] * (epochs - 1) + [value] for value in values]
        for name, values in (("sgdr", sgdr), ("cosine", cosine))
    }
    return Report.from_outcomes(comparison, outcomes(comparison, curves, states, steered))


def test_an_arm_has_the_median_of_its_last_finished_minima():
    """Of five values the interval is from the least to the largest."""
    report = two_arms((0.5, 0.1, 0.3, 0.2, 0.4), FIVE)

    cosine, sgdr = report.arms
    assert sgdr.final == (0.3, 0.1, 0.5)
    assert sgdr.finals == {1: 0.5, 2: 0.1, 3: 0.3, 4: 0.2, 5: 0.4}
    assert (sgdr.n, sgdr.of, sgdr.diverged, sgdr.missing) == (5, 5, 0, ())
    assert sgdr.runs[0] == "try-sgdr-1"
    assert cosine.final == sgdr.final
    assert report.is_complete


def test_better_on_all_of_five_seeds_is_better_and_its_chance_is_said():
    """One sign of five: 2 / 2**5 = 1 of 16."""
    report = two_arms((0.09, 0.18, 0.25, 0.36, 0.49), FIVE)

    (pair,) = report.pairs
    assert (pair.arm.name, pair.control.name, pair.setting, pair.values) == (
        *("sgdr", "cosine", "schedule"),
        ("sgdr", "cosine"),
    )
    assert pair.differences == pytest.approx({1: -0.01, 2: -0.02, 3: -0.05, 4: -0.04, 5: -0.01})
    assert pair.difference == pytest.approx((-0.02, -0.05, -0.01))
    assert (pair.better, pair.worse, pair.chance, pair.verdict) == (5, 0, 0.0625, "better")
    assert pair.sentence == (
        "sgdr against cosine: better: lower on 5 of 5 seeds, by 0.02 (0.01 to 0.05); without any difference this "
        "happens in 1 of 16 comparisons."
    )
    assert report.summary == (
        "Do restarts help here? It seems so: with them the validation loss is lower; chance alone does as much in 1 "
        "of 16 comparisons."
    )


def test_one_seed_to_the_other_side_leaves_it_open():
    report = two_arms((0.09, 0.18, 0.25, 0.36, 0.52), FIVE)

    assert report.pairs[0].verdict == "no difference seen"
    assert report.pairs[0].sentence == (
        "sgdr against cosine: no difference seen with 5 repeats: 0.02 lower (-0.05 to 0.02)."
    )
    assert report.summary == "Do restarts help here? No difference is seen."
