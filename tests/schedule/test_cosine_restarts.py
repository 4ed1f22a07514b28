"""The rates of cosine annealing with warm restarts, against published and hand-computed numbers."""

import math

import numpy as np
import pytest

from kescape.schedule import CosineRestarts, CyclePosition, single_cosine


def test_epoch_mode_reference_values():
    """Ten epochs, doubling, 0.05 to 0: the values at whole epochs."""
    plan = CosineRestarts(t_0=10, t_mult=2, eta_max=0.05)
    expected = {
        0: 0.05,
        1: 0.04877641,
        5: 0.025,
        9: 0.00122359,
        10: 0.05,
        11: 0.04969221,
        20: 0.025,
        29: 0.00030779,
        30: 0.05,
        70: 0.05,
    }
    for epoch, rate in expected.items():
        assert plan.learning_rate(epoch) == pytest.approx(rate, abs=5e-9), epoch
    assert plan.learning_rate(69) == pytest.approx(7.707e-5, abs=5e-9)
    assert plan.learning_rate(149) == pytest.approx(1.927e-5, abs=5e-9)


@pytest.mark.parametrize(
    ("epoch", "batch", "rate"),
    [
        (0, 1, 0.0499999919),
        (0, 390, 0.0487826124),
        (5, 0, 0.025),
        (9, 390, 8.06967827e-9),
        (10, 0, 0.05),
        (10, 1, 0.049999998),
        (20, 0, 0.025),
        (29, 390, 2.01741965e-9),
    ],
)
def test_batch_mode_reference_values(epoch, batch, rate):
    """391 steps an epoch: the same numbers in epochs and on steps."""
    plan = CosineRestarts(t_0=10, t_mult=2, eta_max=0.05)

    assert plan.learning_rate(epoch + batch / 391) == pytest.approx(rate, rel=1e-7, abs=1e-14)
    placed = plan.on_steps(391)
    assert placed.learning_rate(epoch * 391 + batch) == pytest.approx(rate, rel=1e-7, abs=1e-14)


def test_a_floor_lifts_the_values():
    """The same with eta_min = 1e-4."""
    plan = CosineRestarts(t_0=10, t_mult=2, eta_max=0.05, eta_min=1e-4)

    expected = [0.05, 0.04877886, 0.02505, 0.0013211399]
    assert [plan.learning_rate(e) for e in (0, 1, 5, 9)] == pytest.approx(expected, abs=5e-9)


def test_pytorch_reference_list():
    """PyTorch's own list for T_0=1, T_mult=2, lr 0.5 (pytorch#23833), one value per half epoch."""
    plan = CosineRestarts(t_0=1, t_mult=2, eta_max=0.5)

    rates = [plan.learning_rate(e) for e in (0, 1, 2, 3, 3.5 + 0.5, 5, 6, 7, 7.5 + 0.5)]
    assert rates == pytest.approx([0.5, 0.5, 0.25, 0.5, 0.426777, 0.25, 0.073223, 0.5, 0.480970], abs=5e-7)


def test_snapshot_ensembles_form():
    """a(t) = a0/2 * (cos(pi * mod(t-1, L)/L) + 1) with T=1000, M=5, a0=0.2; t counts from 1."""
    plan = CosineRestarts(t_0=math.ceil(1000 / 5), t_mult=1, eta_max=0.2, cycles=5)

    rates = [plan.learning_rate(t - 1) for t in (1, 2, 101, 200, 201)]
    assert rates == pytest.approx([0.2, 0.19998766, 0.1, 1.234e-5, 0.2], abs=5e-9)


def test_restarts_of_the_paper():
    """T_0=1, T_mult=2 restarts at 1, 3, 7, ...; T_0=10 at 10, 30, 70, 150, 310."""
    assert CosineRestarts(1, 2, 0.1).restarts(256) == [1, 3, 7, 15, 31, 63, 127, 255]
    assert CosineRestarts(10, 2, 0.1).restarts(310) == [10, 30, 70, 150]
    assert CosineRestarts(10, 2, 0.1).restarts(310.5) == [10, 30, 70, 150, 310]
    assert CosineRestarts(5, 3, 0.1).restarts(201) == [5, 20, 65, 200]


def test_decayed_peaks_keep_their_distance_to_the_floor():
    """Keras' values for lr0=.1, alpha=.1, m_mul=.5: the peak is not eta_max * decay**i."""
    plan = CosineRestarts(10, 2, eta_max=0.1, eta_min=0.01, eta_max_decay=0.5)

    rates = [plan.learning_rate(e) for e in (0, 9, 10, 29, 30, 69)]
    assert rates == pytest.approx([0.1, 0.012202, 0.055, 0.010277, 0.0325, 0.010035], abs=5e-7)


def test_a_warm_up_comes_before_cycle_0():
    """Two epochs rise from 0.01 to 0.1, and all cycles move by two epochs."""
    plan = CosineRestarts(10, 2, eta_max=0.1, eta_min=0.01, warmup=2)

    assert [plan.learning_rate(e) for e in (0, 1, 2)] == pytest.approx([0.01, 0.055, 0.1])
    assert plan.learning_rate(2) == 0.1
    assert plan.restarts(100) == [12, 32, 72]
    assert plan.cycle_at(1) == CyclePosition(-1, 0.0, 2.0, 0.5)
    assert plan.cycle_at(2) == CyclePosition(0, 2.0, 10.0, 0.0)


def test_a_restart_warm_up_meets_the_cosine():
    """Cycle 1 (10 epochs) rises for 2 epochs to what its cosine has there; cycle 0 does not."""
    plan = CosineRestarts(10, 1, eta_max=0.1, eta_min=0.02, restart_warmup=2)
    top = 0.02 + 0.08 * (1 + math.cos(math.pi * 0.2)) / 2

    assert plan.learning_rate(0) == 0.1
    assert plan.learning_rate(10) == 0.02
    assert plan.learning_rate(11) == pytest.approx((0.02 + top) / 2)
    assert plan.learning_rate(12) == pytest.approx(top)
    assert plan.learning_rate(15) == pytest.approx(0.06)


def test_after_the_last_cycle_the_rate_is_the_floor():
    """Two cycles of 10 and 20 epochs are over at 30."""
    plan = CosineRestarts(10, 2, eta_max=0.1, eta_min=0.001, cycles=2)

    assert [plan.learning_rate(e) for e in (30, 31.5, 1e9)] == [0.001] * 3
    assert plan.restarts(1000) == [10]
    assert plan.cycle_at(45) == CyclePosition(2, 30.0, math.inf, 0.0)


def test_listed_lengths_are_all_the_cycles():
    """7, 13, 27 and 53 epochs; nothing comes after 100."""
    plan = CosineRestarts([7, 13, 27, 53], 2, eta_max=0.1)

    assert plan.t_0 == (7, 13, 27, 53)
    assert plan.restarts(1000) == [7, 20, 47]
    assert plan.learning_rate(20 + 13.5) == pytest.approx(0.05)
    assert plan.learning_rate(100) == 0.0
    assert CosineRestarts(np.array([7, 13]), 1, 0.1) == CosineRestarts((7.0, 13.0), 1, 0.1)


def test_listed_lengths_may_be_cut_short_by_cycles():
    """The first two of four."""
    assert CosineRestarts([7, 13, 27, 53], 1, 0.1, cycles=2).restarts(1000) == [7]


def test_shrinking_cycles_end_at_a_limit():
    """8 + 4 + 2 + ... = 16: from there on the floor, and no cycle a float could not tell apart."""
    plan = CosineRestarts(8, 0.5, eta_max=0.1, eta_min=0.003)

    assert plan.restarts(15.9) == [8, 12, 14, 15, 15.5, 15.75, 15.875]
    assert [plan.learning_rate(e) for e in (8, 12, 14, 15)] == [0.1] * 4
    assert [plan.learning_rate(e) for e in (16, 17, 1e6)] == [0.003] * 3
    everything = plan.restarts(1e6)
    assert len(set(everything)) == len(everything) < 60


def test_shrinking_cycles_may_be_counted():
    """Three cycles of 8, 4 and 2 epochs; the tail has index 3 even if the count is beyond floats."""
    plan = CosineRestarts(8, 0.5, eta_max=0.1, cycles=3)

    assert plan.restarts(100) == [8, 12]
    assert plan.cycle_at(14).index == 3
    assert CosineRestarts(8, 0.5, eta_max=0.1, cycles=1000).cycle_at(16).index == 1000


def test_a_single_cosine_has_no_restart():
    """70 epochs from 0.1 to 0.001, and then 0.001."""
    plan = single_cosine(70, 0.1, 0.001)

    assert plan.restarts(1000) == []
    assert plan.learning_rate(0) == 0.1
    assert plan.learning_rate(35) == pytest.approx(0.0505)
    assert plan.learning_rate(70) == 0.001
    assert plan == CosineRestarts(70, 1, 0.1, 0.001, cycles=1)


def test_a_plan_is_a_value():
    """Equal arguments make equal, hashable, unchangeable plans."""
    plan = CosineRestarts(10, 2, 0.1)

    assert plan == CosineRestarts(10.0, np.float64(2), np.float32(0.1))
    assert hash(plan) == hash(CosineRestarts(10.0, 2.0, 0.1))
    assert len({plan, CosineRestarts([10, 20], 1, 0.1), CosineRestarts([10, 20], 1, 0.1)}) == 2
    with pytest.raises(AttributeError):
        plan.t_0 = 5


def test_a_numpy_float_counts_by_its_shortest_decimal():
    """np.float32(1.1) is 1.10000002..., but the user wrote 1.1."""
    assert CosineRestarts(10, np.float32(1.1), 0.1).restarts(40) == [10, 21, 33.1]
