"""Which runs are repeats of each other, and how far apart they are, by numbers made by hand."""

import math

import numpy as np
from kescape_gui.compare.repeats import groups_of, spread_of
from kescape_gui.curves.curve import Curve

from kescape.schedule import PlanEdit
from tests.gui.compare.compared import ended_run, watched
from tests.gui.recorded import record


def curve(*losses):
    """A run of these losses, one an epoch; where they stay the same, smoothing changes nothing."""
    made = Curve(steps_per_epoch=1)
    made.set_half_life(10)
    made.append({"step": np.arange(len(losses)), "loss": np.array(losses)})
    return made


def names(groups):
    return [[run.name for run in group.runs] for group in groups]


def test_runs_that_differ_in_seed_and_name_alone_are_a_group(tmp_path):
    a = ended_run(tmp_path / "a", seed=1)
    other = ended_run(tmp_path / "other", seed=2, momentum=0.5)
    b = ended_run(tmp_path / "b", seed=2)
    c = ended_run(tmp_path / "c", seed=3)

    assert names(groups_of(watched(a, other, b, c))) == [["a", "b", "c"], ["other"]]


def test_a_setting_that_the_schedule_does_not_read_makes_no_difference(tmp_path):
    a = ended_run(tmp_path / "a", seed=1, schedule="cosine", t_0=1.0)
    b = ended_run(tmp_path / "b", seed=2, schedule="cosine", t_0=3.0)

    assert names(groups_of(watched(a, b))) == [["a", "b"]]


def test_the_same_seed_twice_is_no_second_repeat(tmp_path):
    a, twin, b = (ended_run(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("twin", 1), ("b", 2)))

    [group] = groups_of(watched(a, twin, b))

    assert [run.name for run in group.runs] == ["a", "b"]
    assert [run.name for run in group.twins] == ["twin"]


def test_a_run_that_was_steered_by_hand_repeats_none(tmp_path):
    a, b = watched(ended_run(tmp_path / "a", seed=1), ended_run(tmp_path / "b", seed=2))
    b.placed = b.placed.with_edit(PlanEdit(20))

    assert names(groups_of([a, b])) == [["a"], ["b"]]


def test_runs_of_scripts_are_no_repeats_since_nobody_knows_what_else_differs(tmp_path):
    runs = watched(record(tmp_path / "a", outcome="finished"), record(tmp_path / "b", outcome="finished"))

    assert names(groups_of(runs)) == [["a"], ["b"]]


def test_an_odd_number_has_its_middle_one_and_an_even_number_the_mean_of_two():
    constant = [curve(*[level] * 5) for level in (6.0, 1.0, 2.0, 4.0)]

    three, four = spread_of(constant[:3]), spread_of(constant)

    np.testing.assert_allclose([three.low, three.middle, three.high], [[1] * 5, [2] * 5, [6] * 5])
    np.testing.assert_allclose([four.low, four.middle, four.high], [[1] * 5, [3] * 5, [6] * 5])
    assert four.steps.tolist() == [0, 1, 2, 3, 4]


def test_it_is_the_smoothed_loss_that_is_spread_step_by_step():
    """Twice and three times the losses of one run are smoothed to twice and three times its own."""
    losses = np.array([3.0, 1.0, 2.0, 5.0, 0.5, 0.25])
    one, two, three = (curve(*(factor * losses)) for factor in (1, 2, 3))

    spread = spread_of([three, one, two])

    np.testing.assert_allclose(spread.middle, 2 * one.smoothed)
    np.testing.assert_allclose(spread.high, 3 * one.smoothed)


def test_the_band_ends_with_the_shortest():
    spread = spread_of([curve(1, 1, 1), curve(2, 2)])

    assert spread.steps.tolist() == [0, 1]
    assert spread.middle.tolist() == [1.5, 1.5]


def test_the_band_waits_for_what_is_smoothed_anew():
    """A million steps are smoothed at once; of a band this long every 16th is kept."""
    count = 1_000_100
    ones, twos = Curve(), Curve()
    for made, level in ((ones, 1.0), (twos, 2.0)):
        made.append({"step": np.arange(count), "loss": np.full(count, level)})
        made.smooth_on(count)

    twos.set_half_life(100)

    spread = spread_of([ones, twos])
    assert spread.steps[-1] == 999_984
    # The very first step is no average yet.
    assert np.isnan(spread.middle[0])
    assert set(spread.middle[1:].tolist()) == {1.5}
    twos.smooth_on(count)
    assert spread_of([ones, twos]).steps[-1] == 1_000_096


def test_where_a_loss_was_not_finite_nothing_is_known_of_the_group():
    spread = spread_of([curve(1, math.nan, 1), curve(2, 2, 2), curve(3, 3, 3)])

    for values in (spread.low, spread.middle, spread.high):
        assert np.isnan(values).tolist() == [False, True, False]


def test_of_a_long_band_every_so_many_steps_are_kept_as_they_are():
    """200,001 steps are more than 3 * 65,536: every fourth is kept."""
    count = 200_001
    ramps = []
    for factor in (1.0, 3.0):
        ramp = Curve(steps_per_epoch=1)
        ramp.append({"step": np.arange(count), "loss": factor * np.linspace(1, 2, count)})
        ramps.append(ramp)

    spread = spread_of(ramps)

    assert spread.steps.tolist() == list(range(0, count, 4))
    np.testing.assert_allclose(spread.middle, 2 * ramps[0].smoothed[spread.steps.astype(int)])
