"""What a comparison trains: its arms, its pairs, its seeds, and what it refuses."""

from __future__ import annotations

import json

import pytest

from kescape.compare.comparison import Comparison, default_name
from kescape.compare.folder import comparison_of, new_comparison
from kescape.config import ConfigError, RunConfig

SCHEDULES = ("constant", "step", "cosine", "sgdr")


def test_four_schedules_and_two_momenta_make_eight_arms():
    """In the order in which they were given, the last setting varying fastest."""
    comparison = Comparison(RunConfig(), {"schedule": SCHEDULES, "momentum": (0.0, 0.9)}, repeats=5)

    assert [arm.title for arm in comparison.arms[:3]] == [
        "constant, momentum 0",
        "constant, momentum 0.9",
        "step, momentum 0",
    ]
    assert len(comparison.arms) == 8
    assert comparison.seeds == (1, 2, 3, 4, 5)


def test_what_a_schedule_does_not_read_makes_no_arm_of_its_own():
    """A cosine has no first cycle: with two lengths of it there is one cosine and two of the restarts."""
    comparison = Comparison(RunConfig(), {"schedule": ("cosine", "sgdr"), "t_0": (5.0, 10.0)})

    assert [arm.name for arm in comparison.arms] == ["cosine", "sgdr-t_0=5", "sgdr-t_0=10"]


def test_each_pair_differs_in_one_setting():
    """Three schedules against the cosine at both momenta, and momentum against none in all four schedules."""
    comparison = Comparison(RunConfig(), {"schedule": SCHEDULES, "momentum": (0.0, 0.9)})

    pairs = [(one.title, other.title) for one, other in comparison.pairs]

    assert len(pairs) == 3 * 2 + 4
    assert ("sgdr, momentum 0.9", "cosine, momentum 0.9") in pairs
    assert ("sgdr, momentum 0.9", "sgdr, momentum 0") in pairs
    for one, other in comparison.pairs:
        assert sum(one.settings[name] != other.settings[name] for name in one.settings) == 1


def test_another_baseline_can_be_chosen():
    """Against the constant rate instead of the cosine."""
    comparison = Comparison(RunConfig(), {"schedule": SCHEDULES}, baseline={"schedule": "constant"})

    assert {other.title for _, other in comparison.pairs} == {"constant"}


def test_arms_are_halved_where_all_their_cycles_end():
    """First cycles of 10 and 5 epochs that double end at 10, 30, 70 and at 5, 15, 35, 75: never together."""
    base = RunConfig(epochs=80)
    alike = Comparison(base.changed(epochs=70), {"eta_max": (0.1, 0.2, 0.3, 0.4)}, halving=2)

    assert alike.rungs == (10, 30, 70)
    with pytest.raises(ConfigError, match="a cycle that ends in all arms at the same whole epoch"):
        Comparison(base, {"t_0": (10.0, 5.0)}, halving=2)


def test_a_comparison_survives_being_written_down():
    """As JSON and back."""
    comparison = Comparison(
        RunConfig(epochs=30), {"schedule": ("cosine", "sgdr"), "cycles": (None, 2)}, 3, "val_accuracy", 0.9
    )

    assert Comparison.from_dict(json.loads(json.dumps(comparison.to_dict()))) == comparison


@pytest.mark.parametrize(
    ("varied", "more", "sentence"),
    [
        ({}, {}, "grid must vary at least one setting"),
        ({"epochs": (10, 20)}, {}, "epochs must be the same in all arms, because every arm has the same budget"),
        ({"seed": (1, 2)}, {}, "which repeats are for"),
        ({"rate": (1, 2)}, {}, "'rate', which is none"),
        ({"momentum": (0.9, 0.9)}, {}, "momentum must have each value once"),
        ({"momentum": (0.9, 1.5)}, {}, r"momentum must be < 1.*got momentum=1\.5"),
        ({"momentum": (0.9,)}, {"repeats": 0}, r"repeats must be a whole number from 1 to 1,000.*got repeats=0"),
        ({"momentum": (0.9,)}, {"halving": 1}, r"halving must be a whole number from 2 to 100.*got halving=1"),
        ({"momentum": (0.9,)}, {"measure": "f1"}, "measure must be one of val_loss, val_accuracy, loss, accuracy"),
        ({"momentum": (0.9,)}, {"target": float("nan")}, "must be a finite number"),
        ({"schedule": ("cosine", "sgdr")}, {"halving": 2}, "halving needs schedules that do not depend on"),
        ({"schedule": ("cosine",)}, {"baseline": {"schedule": "sgdr"}}, "baseline must be among the values"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(varied, more, sentence):
    """With rule, reason and value."""
    with pytest.raises(ConfigError, match=sentence):
        Comparison(RunConfig(), varied, **more)


def test_a_loss_that_is_not_held_out_cannot_be_judged():
    """By default runs are judged by the validation loss."""
    with pytest.raises(ConfigError, match="measure=val_loss needs rows that are held out; got validation_fraction=0"):
        Comparison(RunConfig(validation_fraction=0.0), {"momentum": (0.0, 0.9)})


def test_a_grid_that_explodes_is_refused_at_once():
    """Ten values of each of eight settings are 100 million combinations, which nobody waits for."""
    varied = {name: tuple(0.01 * (i + 1) for i in range(10)) for name in ("eta_max", "momentum", "weight_decay")}
    varied |= {name: tuple(1.0 + i for i in range(10)) for name in ("t_0", "t_mult", "clipnorm", "warmup")}

    with pytest.raises(ConfigError, match=r"at most 10,000 runs.*; got 100,000,000 combinations"):
        Comparison(RunConfig(), {**varied, "batch_size": tuple(range(1, 11))})


def test_a_run_knows_the_comparison_that_it_is_named_after(tmp_path):
    """There may be one called `first` beside `first-2`; a run of neither belongs to none."""
    comparison = Comparison(RunConfig(), {"schedule": ("cosine", "sgdr")})
    first, second = (new_comparison(comparison, tmp_path, "first", "unused") for _ in range(2))

    assert second.name == "first-2"
    assert comparison_of(tmp_path / "first-sgdr-1") == first
    assert comparison_of(tmp_path / "first-2-sgdr-momentum=0.9-1") == second
    assert comparison_of(tmp_path / "other-sgdr-1") is None
    assert comparison_of(first) is None


def test_the_default_name_does_not_speak_of_a_schedule():
    """Which several arms of it have, each another one."""
    assert default_name(RunConfig(dataset="wine", model="logistic")) == "wine-logistic-compared"
