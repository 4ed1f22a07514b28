"""What is set up as a comparison, and what is said of it; no window."""

from dataclasses import replace

import pytest
from kescape_gui.comparison.design import (
    GRID,
    Base,
    Design,
    halving_words,
    judge,
    landing_warnings,
    seconds_needed,
    size_words,
)
from kescape_gui.setup.setup import Setup

from kescape.config import SETTINGS, RunConfig

BASE = RunConfig(dataset="wine", model="logistic", epochs=70, t_0=10.0, t_mult=2.0)
DESIGN = Design(Base(BASE), ("cosine", "sgdr"), "0; 0,9")


def test_schedules_and_momenta_are_combined():
    judged = judge(DESIGN)

    assert judged.problems == {}
    assert judged.name == "wine-logistic-compared"
    assert [arm.name for arm in judged.comparison.arms] == [
        "cosine-momentum=0",
        "cosine-momentum=0.9",
        "sgdr-momentum=0",
        "sgdr-momentum=0.9",
    ]
    assert size_words(judged.comparison) == "4 arms × 5 repeats = 20 runs of 70 epochs"


def test_a_single_value_holds_for_all_arms_and_is_no_part_of_their_names():
    judged = judge(replace(DESIGN, momenta="0.5"))

    assert [arm.name for arm in judged.comparison.arms] == ["cosine", "sgdr"]
    assert {arm.config.momentum for arm in judged.comparison.arms} == {0.5}


def test_without_a_tick_the_schedule_of_the_form_holds():
    judged = judge(Design(Base(BASE.changed(schedule="step")), (), "0, 0.9"))

    assert {arm.config.schedule for arm in judged.comparison.arms} == {"step"}
    assert [arm.title for arm in judged.comparison.arms] == ["momentum 0", "momentum 0.9"]


def test_further_settings_are_varied_as_the_grid_says():
    judged = judge(replace(DESIGN, momenta="", grid=(("eta_max", "0.05, 0.1"), ("t_0", "5 10"))))

    # A cosine has no first cycle.
    assert [arm.title for arm in judged.comparison.arms] == [
        "cosine, eta_max 0.05",
        "cosine, eta_max 0.1",
        "sgdr, eta_max 0.05, t_0 5",
        "sgdr, eta_max 0.05, t_0 10",
        "sgdr, eta_max 0.1, t_0 5",
        "sgdr, eta_max 0.1, t_0 10",
    ]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        (
            {"schedules": ("sgdr",), "momenta": ""},
            "schedule",
            "There is nothing to compare yet: tick a second schedule, or give a setting a second value.",
        ),
        (
            {"momenta": "0, 1.5"},
            "momentum",
            "Must be < 1, because a velocity that is kept whole never dies down; got 1.5.",
        ),
        ({"momenta": "0.9, 0.9"}, "momentum", "Must have each value once; got 0.9, 0.9."),
        ({"momenta": "0, some"}, "momentum", "“some” is not a number."),
        ({"grid": (("eta_max", "0.1, fast"),)}, "eta_max", "“fast” is not a number."),
        (
            {"grid": (("eta_max", "0.1, 0.2"), ("eta_max", "0.3"))},
            "eta_max",
            "Highest rate has a line already: write all of its values there.",
        ),
        ({"grid": (("model", "logistic, cmm"),)}, "model", "because these can be built; got 'cmm'."),
        ({"repeats": "five"}, "repeats", "“five” is not a whole number."),
        ({"repeats": None}, "repeats", "“” is not a whole number."),
        (
            {"repeats": 0},
            "repeats",
            "Must be a whole number from 1 to 1,000, because an arm needs a run, and a comparison has to end; got 0.",
        ),
        ({"target": "low"}, "reach", "“low” is not a number."),
        (
            {"halving": 2},
            "halving",
            "Needs schedules that do not depend on the last epoch: sgdr or constant; got schedule='cosine'.",
        ),
        ({"name": "a/b"}, "name", "The name of a run must not contain '/'"),
        ({"name": "x" * 230}, "name", "Its runs would have names longer than 240 bytes, such as xxxxxxxxxxxxxxxxxxx"),
        (
            {"grid": (("eta_min", "0, 0.5"),)},
            "base",
            "Eta_max must be > eta_min=0.5, because a cycle falls from eta_max to eta_min; got eta_max=0.05.",
        ),
        ({"repeats": 1000, "grid": (("eta_max", "0.01 0.02 0.03"),)}, "grid", "at most 10,000 runs"),
    ],
)
def test_what_is_wrong_is_said_where_it_was_typed(changes, field, sentence):
    judged = judge(replace(DESIGN, **changes))

    assert judged.comparison is None
    assert list(judged.problems) == [field]
    assert sentence in judged.problems[field]


def test_every_unreadable_field_is_told_at_once():
    judged = judge(replace(DESIGN, momenta="some", repeats="many", grid=(("batch_size", "all"),)))

    assert set(judged.problems) == {"momentum", "repeats", "batch_size"}


def test_accuracy_needs_classes_and_a_loss_needs_rows_held_out():
    nothing_held_out = Base(BASE.changed(validation_fraction=0.0))

    assert "needs rows that are held out" in judge(replace(DESIGN, base=nothing_held_out)).problems["measure"]


def test_a_form_with_a_fault_is_no_base():
    setup = Setup()
    setup.set("momentum", "much")

    base = Base.of(setup)

    assert base.config is None
    assert base.problem == "The form has a fault, in Momentum: “much” is not a number; write it like 0.1 or 1e-3."
    assert judge(replace(DESIGN, base=base)).problems == {"base": base.problem}


def test_a_form_whose_data_is_still_read_is_no_base(tmp_path):
    setup = Setup(beside=lambda work, done: None)
    setup.choose_data(str(tmp_path / "table.csv"))

    assert Base.of(setup).problem.startswith("The data of the form is still being read")


def test_a_right_form_is_the_base():
    assert Base.of(Setup()) == Base(RunConfig())


def test_halving_is_told_in_epochs():
    """Four arms to epoch 10, two to 30, one to 70, five times each: 40 + 40 + 40 = 120, times 5."""
    judged = judge(Design(Base(BASE), ("sgdr",), "0 0.5 0.9 0.95", halving=2))

    assert halving_words(judged.comparison) == (
        "After epoch 10, 30 only the best 1/2 of the arms train on: 600 epochs in all in place of 1,400."
    )
    assert halving_words(judge(DESIGN).comparison) == ""


def test_arms_that_are_stopped_in_the_middle_of_a_cycle_are_warned_of_together():
    """Cycles of 10, 20 and 40 epochs: 60 epochs end in the third."""
    judged = judge(replace(DESIGN, base=Base(BASE.changed(epochs=60))))

    assert landing_warnings(judged.comparison) == [
        "sgdr, momentum 0; sgdr, momentum 0.9: Epoch 60 is 75 % into cycle 3: stop at 30 or extend to 70."
    ]
    assert landing_warnings(judge(DESIGN).comparison) == []


def test_how_long_it_takes_is_known_where_runs_like_it_are():
    """142 rows to train on in batches of 8 are 18 steps an epoch; 20 runs of 70 epochs at 100 steps a second."""
    comparison = judge(DESIGN).comparison

    assert seconds_needed(comparison, lambda _: 100.0) == pytest.approx(18 * 20 * 70 / 100)
    assert seconds_needed(comparison, lambda _: None) is None


def test_the_grid_offers_what_can_be_varied():
    assert {"eta_max", "t_0", "t_mult", "batch_size", "nesterov", "model"} < set(GRID)
    assert not {"schedule", "momentum", "epochs", "seed", "dataset", "escapes"} & set(GRID)
    assert [name for name in SETTINGS if name in GRID] == list(GRID)
