"""The measure of an arm after each epoch, against numbers by hand."""

from __future__ import annotations

import math

import numpy as np

from kescape.compare.comparison import Comparison
from kescape.compare.jobs import JobState
from kescape.compare.report import Report
from kescape.config import RunConfig

from .made_up import outcomes

BASE = RunConfig(epochs=3, t_0=1.0, t_mult=2.0)


def each_epoch(*curves, states=None):
    """Of an arm whose runs have these values."""
    comparison = Comparison(BASE, {"schedule": ("sgdr",)}, repeats=len(curves))
    report = Report.from_outcomes(comparison, outcomes(comparison, {"sgdr": curves}, states))
    return report.arms[0].each_epoch


def test_of_three_runs_it_is_the_middle_between_the_least_and_the_largest():
    """Three values are too few to leave one out of the interval."""
    found = each_epoch([9.0, 2.0, 5.0], [7.0, 4.0, 6.0], [8.0, 3.0, 1.0])

    assert found.epochs.tolist() == [1, 2, 3]
    assert found.median.tolist() == [8.0, 3.0, 5.0]
    assert found.low.tolist() == [7.0, 2.0, 1.0]
    assert found.high.tolist() == [9.0, 4.0, 6.0]


def test_it_counts_the_runs_that_have_come_so_far():
    """Epochs within a cycle, too, which no finished minimum tells of; of two runs the range is shown."""
    found = each_epoch([9.0, 2.0, 5.0], [7.0, 4.0], None)

    assert found.runs.tolist() == [2, 2, 1]
    assert found.median.tolist() == [8.0, 3.0, 5.0]
    assert found.low.tolist() == [7.0, 2.0, 5.0]
    assert found.high.tolist() == [9.0, 4.0, 5.0]


def test_a_run_that_diverged_is_the_worst_from_there_on():
    found = each_epoch([9.0, 2.0, 5.0], [7.0, math.nan], states={("sgdr", 2): JobState.DIVERGED})

    assert found.median.tolist() == [8.0, math.inf, math.inf]
    assert found.low.tolist() == [7.0, 2.0, 5.0]
    assert found.high.tolist() == [9.0, math.inf, math.inf]


def test_nothing_is_known_of_what_nobody_has_begun():
    found = each_epoch(None, None)

    assert np.isnan(found.median).all()
    assert found.runs.tolist() == [0, 0, 0]
