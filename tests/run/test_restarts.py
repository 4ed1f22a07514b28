"""What a restart did, by hand."""

import math

import numpy as np

from kescape.run.restarts import WINDOW_STEPS, RestartEffect, restart_effects


def test_a_restart_by_hand():
    """Cycles of 40 steps at known levels, so that every mean of 20 can be written down.

    Before: 0.5. After: 20 steps at 2.0, then 0.25: after n low steps the mean of the last 20 is
    2 - n * 1.75 / 20, at or below 0.5 from n = 18 on (2 - 17.1...): 1.5 * 20 / 1.75 = 17.14.
    """
    loss = [0.5] * 40 + [2.0] * 20 + [0.25] * 20 + [1.0] * 10

    first, second = restart_effects(range(90), loss, [40, 80])

    assert WINDOW_STEPS == 20
    assert first == RestartEffect(1, 40, 0.5, 2.0, 0.25, 38)
    # Ten steps are recorded of cycle 2: one mean of ten, above 0.25, and not back yet.
    assert second == RestartEffect(2, 80, 0.25, 1.0, 1.0, None)


def test_a_loss_that_never_rose_has_recovered_at_once():
    [effect] = restart_effects(range(60), [1.0] * 30 + [0.5] * 30, [30])
    assert (effect.loss_peak, effect.recovery_steps) == (0.5, 0)


def test_a_slow_rise_counts_from_the_peak():
    """A warm-up after the restart: the first means are still low, and are not taken for a recovery."""
    loss = [1.0] * 20 + [1.0] * 20 + [3.0] * 20 + [1.0] * 20
    [effect] = restart_effects(range(80), loss, [20])
    assert effect == RestartEffect(1, 20, 1.0, 3.0, 1.0, 60)


def test_short_cycles_use_what_there_is():
    """Cycle 0 has 2 steps: the mean before is theirs."""
    [effect] = restart_effects(range(5), [1.0, 3.0, 9.0, 1.0, 2.0], [2])
    assert effect == RestartEffect(1, 2, 2.0, 4.0, 4.0, None)


def test_steps_need_not_begin_at_zero():
    assert restart_effects([10, 11, 12, 13], [1, 1, 3, 3], [12]) == restart_effects(
        [10, 11, 12, 13], [1.0, 1.0, 3.0, 3.0], [12]
    )
    [effect] = restart_effects([10, 11, 12, 13], [1, 1, 3, 3], [12])
    assert (effect.loss_before, effect.loss_peak) == (1.0, 3.0)


def test_losses_that_are_not_finite_are_left_out():
    loss = np.array([1.0, math.nan, 1.0, 5.0, math.inf, 3.0])
    [effect] = restart_effects(range(6), loss, [3])
    assert (effect.loss_before, effect.loss_peak, effect.loss_after) == (1.0, 4.0, 4.0)


def test_restarts_without_a_before_or_after_have_no_entry():
    assert restart_effects(range(5), [1.0] * 5, [0, 5, 9]) == []
    assert restart_effects([], [], [3]) == []
    assert restart_effects(range(4), [1.0, 1.0, math.nan, math.nan], [2]) == []
