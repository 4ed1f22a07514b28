"""What the restarts of a run suggest, each case by hand."""

import math

import pytest

from kescape.evidence.advice import ADVICE_SENTENCES, advise, best_minimum, peaks_of
from kescape.evidence.escape import Escape
from kescape.schedule import Constant, CosineRestarts, PlanEdit


def row(cycle, verdict, before=1.0, after=1.0, low=None, high=None):
    change = after - before
    return Escape(
        cycle=cycle, step=100 * cycle, end_step=100 * (cycle + 1), barrier=0.0, low=0.0, high=0.0, loss_before=before,
        loss_peak=None, loss_after=after, change_low=change - 0.01 if low is None else low,
        change_high=change + 0.01 if high is None else high, recovery_steps=None, distance=1.0, relative_distance=1.0,
        cosine=0.0, disagreement=None, verdict=verdict, positions=(0.0, 1.0), losses=(before, after), rows=10,
        seconds=0.0, compile_seconds=0.0, epochs=None, above_chord=0.0,
    )  # fmt: skip


def test_higher_without_a_barrier_has_not_come_down_and_goes_back():
    """Beyond noise: half of the peak 0.2, and back to the minimum before."""
    advice = advise([row(1, "stuck", 0.5, 0.9, low=0.3, high=0.5)], [0.2])
    assert (advice.what, advice.eta_max, advice.back_to.cycle) == ("go back", 0.1, 0)
    assert "the cycle did not come down again" in advice.sentence()


def test_before_the_first_restart_there_is_nothing_to_say():
    assert advise([], []) is None


@pytest.mark.parametrize("verdict", ["descended", "crossed, better"])
def test_a_gain_is_a_reason_to_go_on(verdict):
    advice = advise([row(1, verdict, 1.0, 0.5)], [0.1])

    assert (advice.what, advice.eta_max, advice.back_to) == ("go on", None, None)
    assert advice.sentence().endswith("the loss fell from 1 to 0.5.")


def test_a_loss_that_is_higher_within_its_noise_is_no_reason_to_go_back():
    advice = advise([row(1, "crossed, worse", 1.0, 1.02, low=-0.01, high=0.05)], [0.1])

    assert advice.what == "go on"
    assert "(-0.01 to 0.05)" in advice.sentence()


def test_stuck_once_raises_the_peak_by_half():
    advice = advise([row(1, "stuck")], [0.1])

    assert (advice.what, advice.eta_max) == ("raise", 0.15)
    assert advice.sentence() == "No barrier and no gain at a peak of 0.1. Try 0.15, 1.5 times as much."


def test_stuck_where_an_earlier_restart_crossed_takes_that_peak():
    rows = [row(1, "crossed, better", 1, 0.5), row(2, "stuck", 0.5, 0.5)]

    advice = advise(rows, [0.12, 0.1])

    assert advice.eta_max == 0.12
    assert advice.sentence().endswith("Try 0.12, with which restart 1 crossed a barrier.")


def test_stuck_below_a_peak_that_made_things_worse_stays_below_it():
    """1.5 * 0.1 would be more than 0.12, at which it got worse: the geometric mean is sqrt(0.1 * 0.12) = 0.1095."""
    advice = advise([row(1, "crossed, worse", 1, 2), row(2, "stuck")], [0.12, 0.1])

    assert advice.eta_max == pytest.approx(math.sqrt(0.1 * 0.12), abs=5e-5)
    assert "between this and 0.12, with which restart 1 made the loss worse" in advice.sentence()


def test_the_peak_is_not_raised_above_the_highest_that_is_allowed():
    capped = advise([row(1, "stuck")], [0.1], most=0.12)
    at_top = advise([row(1, "stuck")], [0.12], most=0.12)

    assert (capped.what, capped.eta_max) == ("raise", 0.12)
    assert capped.sentence().endswith("Try 0.12, the highest that is allowed.")
    assert (at_top.what, at_top.eta_max) == ("go on", None)


def test_worse_goes_back_to_the_best_minimum_at_half_the_peak():
    """The minima have the losses 1, 0.3 and 0.9: the second, at the end of cycle 1 (the second), is the best."""
    rows = [row(1, "descended", 1.0, 0.3), row(2, "crossed, worse", 0.3, 0.9)]

    advice = advise(rows, [0.2, 0.2])

    assert (advice.what, advice.eta_max) == ("go back", 0.1)
    assert (advice.back_to.cycle, advice.back_to.step, advice.back_to.loss) == (1, 200, 0.3)
    assert advice.sentence() == (
        "The restart crossed a barrier into a minimum whose loss is higher by 0.6 (0.59 to 0.61): go back to the end "
        "of cycle 2, whose loss is 0.3. Try a peak of 0.1, 0.5 times that of this restart."
    )


def test_worse_twice_in_a_row_also_asks_for_a_shorter_cycle():
    rows = [row(1, "crossed, worse", 1, 2), row(2, "crossed, worse", 1, 1.5)]

    advice = advise(rows, [0.2, 0.1])

    assert (advice.what, advice.eta_max, advice.back_to.cycle) == ("go back, shorter", 0.05, 0)
    assert advice.sentence().endswith("A shorter cycle makes it cheaper to be wrong again.")


def test_worse_above_a_peak_that_was_stuck_stays_above_it():
    """Half of 0.15 is less than 0.1, at which it was stuck: sqrt(0.15 * 0.1) = 0.1225."""
    advice = advise([row(1, "stuck"), row(2, "crossed, worse", 1, 2)], [0.1, 0.15])

    assert advice.eta_max == pytest.approx(math.sqrt(0.015), abs=5e-5)


def test_no_peak_down_to_the_lowest_rate_is_proposed():
    """Half of 0.1 is eta_min, which a peak must be above: sqrt(0.1 * 0.05) = 0.0707."""
    advice = advise([row(1, "crossed, worse", 1, 2)], [0.1], least=0.05)

    assert advice.eta_max == pytest.approx(math.sqrt(0.005), abs=5e-5)


def test_without_a_plan_there_is_advice_but_no_peak():
    for verdict, after in (("stuck", 1), ("crossed, worse", 2)):
        advice = advise([row(1, verdict, 1, after)], [None])
        assert advice.eta_max is None
        assert "may help" in advice.sentence()


def test_a_loss_that_is_not_finite_is_gone_back_from():
    advice = advise([row(1, "crossed, worse", 1.0, math.inf, low=math.inf, high=math.inf)], [0.1])

    assert (advice.what, advice.back_to.cycle) == ("go back", 0)


def test_of_equal_minima_the_first_is_the_best_and_none_is_nan():
    assert best_minimum([row(1, "stuck", 1, 1), row(2, "stuck", 1, 1)]).cycle == 0
    assert best_minimum([row(1, "crossed, worse", math.nan, 3)]).cycle == 1


def test_the_peaks_are_those_of_the_plan_with_its_edits():
    """Cycles of 100 steps, each peak half the one before, and another from step 200 on."""
    placed = CosineRestarts(1, 1, 0.1, eta_max_decay=0.5).on_steps(100).with_edit(PlanEdit(150, "eta_max", 0.4))
    rows = [row(1, "stuck"), row(2, "stuck"), row(3, "stuck")]

    assert peaks_of(rows, placed) == pytest.approx([0.05, 0.4, 0.2])
    assert peaks_of(rows, placed, plan_step=100) == pytest.approx([0.1, 0.05, 0.4])
    assert peaks_of(rows, Constant(0.1).on_steps(100)) == [None] * 3
    assert peaks_of(rows, None) == [None] * 3


def test_each_sentence_is_translated_before_the_numbers_are_put_in():
    advice = advise([row(1, "stuck")], [0.1])
    asked = []
    advice.sentence(lambda text: asked.append(text) or text)

    assert asked == [ADVICE_SENTENCES["stuck"], ADVICE_SENTENCES["raise"]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"raise_by": 1}, "raise_by must be > 1"),
        ({"lower_by": 1}, "lower_by must be > 0 and < 1"),
        ({"most": 0}, "most must be > 0"),
        ({"peaks": []}, "peaks must be as many as rows, 1"),
    ],
)
def test_wrong_uses_are_named(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        advise([row(1, "stuck")], **{"peaks": [0.1], **arguments})
