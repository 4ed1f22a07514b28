"""What is drawn of a comparison, against numbers by hand; no window."""

import math

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.comparison.picture import Mode, Swatches, cycles_of, picture_of

from kescape.compare.jobs import JobState
from kescape.config import RunConfig
from tests.gui.comparison.told import BASE, FALLING, many_arms, report_of, two_arms

SERIES = theme.LIGHT.series


def drawn(report, mode):
    return picture_of(report, mode, Swatches().of(report, SERIES))


def test_the_measure_itself_is_drawn_over_the_epochs():
    """Of two seeds the middle, and a band from the one to the other."""
    cosine, sgdr = drawn(two_arms(), Mode.EPOCHS).lines

    assert (cosine.title, sgdr.title) == ("cosine", "sgdr")
    assert cosine.x.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert cosine.median.tolist() == [7.5, 6.5, 5.5, 4.5, 3.5, 2.5, 1.5]
    assert cosine.low.tolist() == FALLING
    assert cosine.high.tolist() == [each + 1 for each in FALLING]
    assert not cosine.steps


def test_the_best_so_far_holds_until_the_next_minimum():
    """Cycles end at epochs 1, 3 and 7; a single cosine has nothing to show before its end."""
    cosine, sgdr = drawn(two_arms(), Mode.ANYTIME).lines

    assert np.isnan(cosine.median[:6]).all()
    assert cosine.median[6] == 1.5
    assert sgdr.median.tolist() == [6.5, 6.5, 4.5, 4.5, 4.5, 4.5, 1.0]
    assert sgdr.steps


def test_cycles_lie_on_top_of_each_other():
    """The second cycle is that of epochs 2 and 3: half of it, and its end. Older ones stand back."""
    lines = drawn(two_arms(), Mode.CYCLES).lines
    sgdr = sorted((line for line in lines if line.title == "sgdr"), key=lambda line: -line.faded)
    (cosine,) = (line for line in lines if line.title == "cosine")

    assert [line.x.tolist() for line in sgdr] == [[100], [50, 100], [25, 50, 75, 100]]
    assert sgdr[1].median.tolist() == [7.5, 4.5]
    assert [line.is_newest for line in sgdr] == [False, False, True]
    assert sgdr[0].faded > sgdr[1].faded > 0
    assert cosine.x.tolist() == pytest.approx([100 * epoch / 7 for epoch in range(1, 8)])
    # What stands back is drawn first.
    assert [line.faded for line in lines] == sorted((line.faded for line in lines), reverse=True)


def test_a_cycle_that_is_cut_off_ends_before_100_percent():
    config = RunConfig(epochs=60, t_0=10.0, t_mult=2.0)

    assert cycles_of(config)[-1] == (30.0, 40.0)


def test_restarts_are_marked_where_all_arms_have_them():
    assert drawn(two_arms(), Mode.EPOCHS).restarts == (1.0, 3.0)
    assert drawn(two_arms(), Mode.CYCLES).restarts == ()
    curves = {"t_0=1": [FALLING], "t_0=2": [FALLING]}
    assert drawn(report_of(curves, varied={"t_0": (1.0, 2.0)}), Mode.EPOCHS).restarts == ()


def test_the_best_twelve_arms_are_drawn_and_that_is_said():
    picture = drawn(many_arms(14), Mode.EPOCHS)

    assert len(picture.lines) == 12
    # The two with the lowest rates are the worst.
    assert picture.lines[0].title == "eta_max 0.03"
    assert picture.words == "The best 12 of 14 arms are drawn."
    assert drawn(many_arms(12), Mode.EPOCHS).words == ""


def test_twelve_arms_can_be_told_apart():
    swatches = Swatches().of(many_arms(12), SERIES).values()

    assert len(set(swatches)) == 12
    assert not any(swatch.dashed for swatch in list(swatches)[:6])


def test_an_arm_keeps_its_colour_when_the_ranking_changes():
    """While 13 arms train, one more comes among the best twelve, and one leaves."""
    swatches, names = Swatches(), [f"eta_max={0.01 * (number + 1):g}" for number in range(13)]
    rates = tuple(round(0.01 * (number + 1), 2) for number in range(13))

    def ranked(last):
        curves = {name: [[9.0] * 6 + [float(number)]] for number, name in enumerate(names)}
        curves[names[12]] = [[9.0] * 6 + [last]]
        return report_of(curves, varied={"eta_max": rates})

    before = swatches.of(ranked(12.0), SERIES)
    after = swatches.of(ranked(-1.0), SERIES)

    assert set(before) - set(after) == {"eta_max=0.12"}
    assert after["eta_max=0.13"] == before["eta_max=0.12"]
    assert all(after[name] == before[name] for name in set(before) & set(after))


def test_what_has_not_begun_has_no_line():
    report = report_of({"cosine": [None], "sgdr": [[6.0, 7.0]]})

    assert [line.title for line in drawn(report, Mode.EPOCHS).lines] == ["sgdr"]
    assert [line.x.tolist() for line in drawn(report, Mode.CYCLES).lines] == [[100], [50, 100]]


def test_a_line_ends_where_half_of_its_runs_have_diverged_and_that_is_said():
    curves = {"cosine": [FALLING], "sgdr": [[6.0, math.nan]]}
    picture = drawn(report_of(curves, states={("sgdr", 1): JobState.DIVERGED}), Mode.EPOCHS)

    assert picture.words == "Where half of the runs of an arm have diverged, its line ends (1 of them)."
    assert np.isfinite(picture.values).all()
    assert picture.values.max() == 7.0


def test_the_value_to_reach_is_drawn_if_one_was_asked_for():
    assert drawn(two_arms(target=2.0), Mode.EPOCHS).target == 2.0
    assert drawn(two_arms(), Mode.EPOCHS).target is None
    assert drawn(two_arms(), Mode.EPOCHS).extent == (0.0, float(BASE.epochs))
