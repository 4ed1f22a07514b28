"""What is concluded from the runs of a comparison, against numbers by hand."""

from __future__ import annotations

import math
import re

import pytest

import kescape
from kescape.compare.comparison import Comparison
from kescape.compare.folder import new_comparison, read_comparison
from kescape.compare.jobs import JobState, jobs_of
from kescape.compare.report import Report
from kescape.config import RunConfig
from tests.compare.made_up import outcomes

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


def test_more_of_an_accuracy_is_better():
    report = two_arms((0.95, 0.9, 0.92), (0.9, 0.85, 0.9), repeats=3, measure="val_accuracy")

    (pair,) = report.pairs
    assert (pair.better, pair.verdict) == (3, "better")
    assert pair.difference == pytest.approx((0.05, 0.02, 0.05))
    assert pair.sentence == (
        "sgdr against cosine: better: higher on 3 of 3 seeds, by 0.05 (0.02 to 0.05); without any difference this "
        "happens in 1 of 4 comparisons."
    )
    assert [arm.arm.name for arm in report.ranking] == ["sgdr", "cosine"]
    assert report.target == 0.9


def test_what_diverged_is_worse_than_anything_and_a_tie_with_what_diverged_too():
    """Restarts diverge from seeds 1 and 2, the cosine from seed 1."""
    states = {("sgdr", 1): JobState.DIVERGED, ("sgdr", 2): JobState.DIVERGED, ("cosine", 1): JobState.DIVERGED}
    report = two_arms((0.1, 0.2, 0.2, 0.3), (0.1, 0.2, 0.3, 0.4), repeats=4, states=states)

    cosine, sgdr = report.arms
    assert sgdr.finals == {1: INF, 2: INF, 3: 0.2, 4: 0.3}
    assert (sgdr.diverged, cosine.diverged) == (2, 1)
    assert (sgdr.final.median, sgdr.final.high) == (INF, INF)
    (pair,) = report.pairs
    assert pair.differences == pytest.approx({1: 0, 2: INF, 3: -0.1, 4: -0.1})
    assert (pair.better, pair.worse, pair.diverged, pair.verdict) == (2, 1, (2, 1), "no difference seen")
    assert pair.sentence == (
        "sgdr against cosine: no difference seen with 4 repeats: 0.05 lower (-0.1 to ∞). Diverged: sgdr on 2 and "
        "cosine on 1 of 4 seeds."
    )
    assert report.target == 0.4, "of the arms that do not diverge in the median"
    assert "3 runs diverged, which counts as worse than any value." in report.notes


def test_an_arm_that_always_diverges_is_worse_by_no_amount():
    states = {("sgdr", seed): JobState.DIVERGED for seed in (1, 2, 3)}
    (pair,) = two_arms((0.1, 0.2, 0.3), (0.1, 0.2, 0.3), repeats=3, states=states).pairs

    assert pair.verdict == "worse"
    assert pair.sentence == (
        "sgdr against cosine: worse: higher on 3 of 3 seeds; without any difference this happens in 1 of 4 "
        "comparisons. Diverged: sgdr on 3 of 3 seeds."
    )


@pytest.mark.parametrize(
    ("seeds", "sentence"),
    [
        (0, "sgdr against cosine: no seed has ended in both yet."),
        (1, "sgdr against cosine: too few repeats to tell, 3 are needed; lower on 1 of 1 seed."),
        (2, "sgdr against cosine: too few repeats to tell, 3 are needed; lower on 2 of 2 seeds."),
    ],
)
def test_fewer_than_three_seeds_say_nothing(seeds, sentence):
    """Even if they are of one mind."""
    sgdr = [0.01 if seed < seeds else None for seed in range(5)]
    report = two_arms(sgdr, FIVE)

    (pair,) = report.pairs
    assert (pair.n, pair.verdict, pair.sentence) == (seeds, "too few", sentence)
    assert report.arms[1].final == ((0.01, -INF, INF) if seeds else None)
    assert not report.is_complete
    assert f"Still to be trained: {5 - seeds} of 10 runs." in report.notes
    assert report.summary == (
        "Do restarts help here? Too few repeats to tell: 3 seeds have to end in both arms of a pair."
    )


def test_a_run_that_was_steered_by_hand_does_not_count():
    report = two_arms(FIVE, FIVE, steered=[("sgdr", 2)])

    assert list(report.arms[1].finals) == [1, 3, 4, 5]
    assert report.pairs[0].n == 4
    assert report.is_complete
    assert any("1 steered by hand" in note for note in report.notes)


def test_nothing_is_known_of_a_comparison_that_has_not_begun():
    report = two_arms([None] * 5, [None] * 5)

    assert (report.target, report.arms[0].final, report.arms[0].epochs_to_target) == (None, None, None)
    assert not report.arms[0].anytime.runs.any()
    assert report.summary.endswith("3 seeds have to end in both arms of a pair.")


CURVES = {
    "sgdr": [[0.5, 0.9, 0.2], [0.7, 0.9, 0.4], [0.6, 0.9, 0.8]],
    "cosine": [[0.9, 0.5, 0.3], [0.9, 0.5, 0.5], [0.9, 0.5]],
}


def test_the_best_finished_minimum_so_far():
    """Cycles end after epochs 1 and 3; the third run gets worse, which leaves its best as it was."""
    comparison = Comparison(RunConfig(epochs=3, t_0=1.0, t_mult=2.0), {"schedule": ("cosine", "sgdr")}, repeats=3)
    cosine, sgdr = Report.from_outcomes(comparison, outcomes(comparison, CURVES)).arms

    assert sgdr.anytime.epochs.tolist() == [1, 2, 3]
    assert sgdr.anytime.median.tolist() == [0.6, 0.6, 0.4]
    assert sgdr.anytime.low.tolist() == [0.5, 0.5, 0.2]
    assert sgdr.anytime.high.tolist() == [0.7, 0.7, 0.6]
    # A single cosine has nothing to show before its end, and its third run has not come there: range of two.
    assert [math.isnan(value) for value in cosine.anytime.median] == [True, True, False]
    assert (cosine.anytime.median[2], cosine.anytime.low[2], cosine.anytime.high[2]) == (0.4, 0.3, 0.5)
    assert cosine.anytime.runs.tolist() == [0, 0, 2]


def test_what_diverged_before_its_first_minimum_has_nothing_to_show_where_others_have():
    comparison = Comparison(RunConfig(epochs=3), {"schedule": ("step", "cosine")}, repeats=3)
    curves = {"step": [[0.9, 0.5, 0.1], [0.9, 0.5, 0.2], [math.nan]], "cosine": [[1, 1, 1]] * 3}
    states = {("step", 3): JobState.DIVERGED}
    step = Report.from_outcomes(comparison, outcomes(comparison, curves, states)).arms[0]

    assert step.anytime.median.tolist() == [0.9, 0.5, 0.2]
    assert step.anytime.high.tolist() == [INF] * 3
    assert step.anytime.runs.tolist() == [3] * 3


def test_epochs_to_the_target():
    """It is what two of three runs of the worst arm end with, or what was asked for."""
    base = RunConfig(epochs=3, t_0=1.0, t_mult=2.0)
    curves = {**CURVES, "cosine": [*CURVES["cosine"][:2], [0.9, 0.5, 0.6]]}
    found = Comparison(base, {"schedule": ("cosine", "sgdr")}, repeats=3)
    report = Report.from_outcomes(found, outcomes(found, curves))
    asked = Comparison(base, {"schedule": ("cosine", "sgdr")}, repeats=3, target=0.65)
    other = Report.from_outcomes(asked, outcomes(asked, curves))

    cosine, sgdr = report.arms
    assert report.target == 0.5
    assert (cosine.epochs_to_target, cosine.reached) == ((3, 3, INF), 2)
    assert (sgdr.epochs_to_target, sgdr.reached) == ((3, 1, INF), 2)
    assert other.target == 0.65
    assert (other.arms[1].epochs_to_target, other.arms[1].reached) == ((1, 1, 3), 3)


def test_more_than_half_of_the_runs_of_each_arm_reach_the_target_that_nobody_chose():
    """Of two runs, both."""
    report = two_arms((0.1, 0.2), (0.3, 0.4), repeats=2)
    better = two_arms((0.7, 0.8), (0.5, 0.6), repeats=2, measure="val_accuracy")

    assert (report.target, report.arms[0].reached) == (0.4, 2)
    assert (better.target, better.arms[0].reached) == (0.5, 2)


def halved(curves):
    """Four highest rates, cycles that end after 1 and 3 epochs: two train on after 1."""
    varied = {"eta_max": (0.1, 0.2, 0.3, 0.4)}
    comparison = Comparison(RunConfig(epochs=3, t_0=1.0, t_mult=2.0), varied, repeats=3, halving=2)
    return Report.from_outcomes(
        comparison, outcomes(comparison, {f"eta_max={rate}": curve for rate, curve in curves.items()})
    )


def test_arms_that_halving_left_behind_are_judged_where_they_were_left():
    """Their runs have one epoch; they come after those that trained on, and pairs are judged after one epoch, too."""
    report = halved(
        {
            0.1: [[0.5, 1, 0.4]] * 3,
            0.2: [[0.4, 1, 0.45]] * 3,
            0.3: [[0.8], [0.9], [1.0]],
            0.4: [[0.6], [0.6], [0.6]],
        }
    )

    assert [arm.left_behind_at for arm in report.arms] == [None, None, 1, 1]
    assert [arm.title for arm in report.ranking] == ["eta_max 0.1", "eta_max 0.2", "eta_max 0.4", "eta_max 0.3"]
    assert report.is_complete
    assert report.target == 0.45, "of the arms that train to the end"
    assert report.arms[2].final == (0.9, 0.8, 1.0)
    assert [pair.epochs for pair in report.pairs] == [3, 1, 1]
    assert report.pairs[1].sentence.startswith(
        "eta_max 0.3 against 0.1 after 1 epoch: worse: higher on 3 of 3 seeds, by 0.4 (0.3 to 0.5)"
    )
    assert any(note.startswith("Halving left 2 of 4 arms behind") for note in report.notes)
    assert (
        report.summary
        == "The lowest validation loss: eta_max 0.1, 0.4 (0.4 to 0.4) of 3 runs; in 3 of 3 pairs a "
        + ("difference is seen.")
    )


def test_nobody_is_left_behind_while_a_run_may_still_come_to_the_end_of_the_cycle():
    report = halved({0.1: [[0.5]] * 3, 0.2: [[0.4]] * 3, 0.3: [[0.8]] * 3, 0.4: [[0.6], [0.6], None]})

    assert [arm.left_behind_at for arm in report.arms] == [None] * 4
    assert not report.is_complete
    assert all(arm.final is None for arm in report.arms)


def summary(varied, ends, *, repeats=8, **more):
    """Of arms whose runs all end with what is given, a little worse from each further seed."""
    comparison = Comparison(RunConfig(epochs=1, t_0=1.0), varied, repeats=repeats, **more)
    curves = {name: [[end + seed / 100] for seed in range(repeats)] for name, end in ends.items()}
    return Report.from_outcomes(comparison, outcomes(comparison, curves)).summary


def test_a_finding_that_chance_alone_hardly_makes_is_told_as_one():
    """All of eight seeds: 2 / 2**8 = 1 of 128, for two pairs 1 of 64."""
    one = {"schedule": ("cosine", "sgdr")}
    assert summary(one, {"cosine": 0.5, "sgdr": 0.4}) == (
        "Do restarts help here? Yes: with them the validation loss is lower."
    )
    assert summary(one, {"cosine": 0.5, "sgdr": 0.6}) == (
        "Do restarts help here? No: with them the validation loss is higher."
    )


def test_a_question_is_answered_whichever_side_is_the_baseline():
    varied = {"schedule": ("cosine", "sgdr"), "momentum": (0.9, 0.0)}
    ends = {"cosine-momentum=0.9": 0.4, "sgdr-momentum=0.9": 0.3, "cosine-momentum=0": 0.5, "sgdr-momentum=0": 0.6}

    assert summary(varied, ends, baseline={"schedule": "sgdr"}) == (
        "Do restarts help here? That depends: with them the validation loss is lower in 1 of 2 pairs, higher in 1 of "
        "2 pairs. Does momentum help here? Yes: with it the validation loss is lower in 2 of 2 pairs."
    )


def test_many_findings_of_which_chance_makes_some_are_told_with_it():
    """Six seeds of one mind: 1 of 32 each, but of four pairs one of 8 has such a one."""
    varied = {"momentum": (0.0, 0.5, 0.7, 0.8, 0.9)}
    ends = {"momentum=0": 0.5, "momentum=0.5": 0.4, "momentum=0.7": 0.4, "momentum=0.8": 0.5, "momentum=0.9": 0.5}

    assert summary(varied, ends, repeats=6) == (
        "Does momentum help here? Perhaps: with it the validation loss is lower in 2 of 4 pairs, and no difference "
        "is seen in 2; chance alone does as much in 1 of 8 comparisons."
    )


def test_what_is_sure_of_some_pairs_is_not_told_of_all():
    """All of ten seeds at one rate, 1 of 512 and for four pairs 1 of 128; no difference at the other."""
    varied = {"schedule": ("cosine", "sgdr"), "eta_max": (0.1, 0.2)}
    ends = {"cosine-eta_max=0.1": 0.5, "cosine-eta_max=0.2": 0.5, "sgdr-eta_max=0.1": 0.4, "sgdr-eta_max=0.2": 0.5}

    assert summary(varied, ends, repeats=10) == (
        "Do restarts help here? In part: with them the validation loss is lower in 1 of 2 pairs, and no difference is "
        "seen in 1."
    )


@pytest.mark.parametrize(
    ("base", "varied", "more", "note"),
    [
        ({}, {"momentum": (0.0, 0.9)}, {}, "momentum 0.9 takes steps up to 10 times as long as momentum 0"),
        ({}, {"batch_size": (8, 16)}, {}, "larger batches take fewer steps"),
        ({}, {"schedule": ("constant", "cosine")}, {}, "its rate is still high"),
        ({}, {"model": ("mlp", "logistic")}, {}, "different models do not start from the same weights"),
        (
            {"epochs": 50},
            {"momentum": (0.0,)},
            {},
            "last cycle of momentum 0 is cut off by the budget: .* epoch 30 of 50",
        ),
        ({"epochs": 5}, {"momentum": (0.0,)}, {}, "first cycle of momentum 0 does not end within 5 epochs"),
        ({}, {"momentum": (0.0,)}, {"repeats": 2}, "With fewer than 3 repeats"),
        ({}, {"momentum": (0.0,)}, {"repeats": 3}, "holds the true median in 75 % of cases"),
        ({}, {"momentum": (0.0,)}, {"repeats": 4}, "holds the true median in 88 % of cases"),
        ({}, {"momentum": (0.0,)}, {"measure": "loss"}, "does not tell how an arm does on new ones"),
        ({}, {"momentum": (0.0,)}, {}, "validation loss is of rows held out of training, the same for all arms"),
        ({}, {"schedule": ("step", "cosine")}, {}, "flatters arms with many minima"),
        ({}, {"momentum": (0.0, 0.5, 0.9)}, {}, "Of 2 pairs, chance alone makes about 0.1 better or worse"),
    ],
)
def test_what_a_reader_has_to_know(base, varied, more, note):
    comparison = Comparison(RunConfig(**base), varied, **more)
    flat = {arm.name: [[0.5] * comparison.base.epochs] * comparison.repeats for arm in comparison.arms}

    notes = Report.from_outcomes(comparison, outcomes(comparison, flat)).notes
    assert sum(bool(re.search(note, one)) for one in notes) == 1


def test_a_plain_comparison_has_no_other_notes_than_where_it_is_measured():
    """Restarts with whole cycles, another decay of the weights."""
    comparison = Comparison(RunConfig(), {"weight_decay": (0.0, 1e-4)})
    flat = {arm.name: [[0.5] * 70] * 5 for arm in comparison.arms}

    assert Report.from_outcomes(comparison, outcomes(comparison, flat)).notes == (
        "The validation loss is of rows held out of training, the same for all arms of a seed.",
    )


def test_the_title_of_a_pair_names_what_only_one_of_them_reads():
    comparison = Comparison(RunConfig(), {"t_0": (5.0, 10.0), "schedule": ("cosine", "sgdr"), "momentum": (0.0, 0.9)})
    flat = {arm.name: [None] * 5 for arm in comparison.arms}

    titles = [pair.title for pair in Report.from_outcomes(comparison, outcomes(comparison, flat)).pairs]
    assert "t_0 5, sgdr against cosine (momentum 0.9)" in titles
    assert "momentum 0.9 against 0 (t_0 10, sgdr)" in titles


def test_trained_runs_are_read_from_their_folders(tmp_path):
    """The values of the report are those that the runs recorded; what is not trained yet is missing."""
    base = RunConfig(dataset="wine", model="logistic", epochs=3, t_0=1.0, t_mult=2.0, batch_size=64)
    comparison = Comparison(base, {"schedule": ("cosine", "sgdr")}, repeats=2)
    folder = new_comparison(comparison, tmp_path, "try", "")
    ends = {}
    for job in jobs_of(comparison, folder)[:2]:
        with kescape.train(job.config, runs=tmp_path, name=job.name) as run:
            ends[job.arm.name] = run.epochs()[-1].values["val_loss"]

    report = Report.of(read_comparison(folder), folder)

    cosine, sgdr = report.arms
    assert (report.name, cosine.finals, sgdr.finals) == ("try", {1: ends["cosine"]}, {1: ends["sgdr"]})
    assert [outcome.job.name for outcome in sgdr.missing] == ["try-sgdr-2"]
    assert report.pairs[0].differences == {1: ends["sgdr"] - ends["cosine"]}
