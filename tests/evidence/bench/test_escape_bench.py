"""The bench on problems whose outcome is known: which rates it chooses, whom it judges, and what it then says."""

import csv
import json
import math

import numpy as np
import pytest

from kescape.evidence.bench.escape_bench import TUNING_SEEDS, Outcome, Result, best_rate, run_problem
from kescape.evidence.bench.methods import METHODS
from kescape.evidence.bench.report import as_csv, as_json, as_markdown
from kescape.evidence.bench.verdicts import best, contrasts

NAMES = [method.name for method in METHODS]
INF = math.inf


class Known:
    """Every seed reaches the goal after 10 steps at rate 0.5, and after 20 at 1; momentum also at 0.1, after 5."""

    name, title, goal, steps = "known", "Known", "Nothing is trained.", 100
    learning_rates = (0.1, 0.5, 1.0)

    def __init__(self):
        self.asked = []

    def steps_to_goal(self, trials, watch):
        self.asked.append(trials)
        watch(1.0)
        steps = {0.1: INF, 0.5: 10.0, 1.0: 20.0}
        return np.array(
            [5.0 if t.method.momentum and t.learning_rate == 0.1 else steps[t.learning_rate] for t in trials]
        )


def result(**steps):
    """A result of six seeds: by default everybody reaches the goal after 50 of 100 steps."""
    given = {name.replace("_", " ").replace(" plus ", " + "): of_seeds for name, of_seeds in steps.items()}
    outcomes = [Outcome(name, 0.5, False, tuple(given.get(name, [50.0] * 6))) for name in NAMES]
    assert set(given) <= set(NAMES)
    return Result("known", "Known", "Nothing is trained.", 100, tuple(outcomes))


def test_every_method_has_the_rate_that_suits_it():
    problem, told = Known(), []

    found = run_problem(problem, 4, told.append)
    assert [outcome.learning_rate for outcome in found.outcomes] == [0.5, 0.1, 0.5, 0.5, 0.1, 0.1]
    assert [outcome.is_at_an_end for outcome in found.outcomes] == [False, True, False, False, True, True]
    assert found.outcomes[1].steps == (5.0,) * 4
    assert found.seeds == 4
    assert told[-1] == 1.0


def test_nobody_is_judged_on_a_seed_that_its_rate_was_chosen_on():
    problem = Known()
    run_problem(problem, 4)
    tuning, judged = problem.asked

    assert {trial.seed for trial in tuning} == set(TUNING_SEEDS)
    assert {trial.seed for trial in judged} == {0, 1, 2, 3}
    assert len(tuning) == 6 * 3 * 20
    assert len(set(judged)) == 6 * 4


def test_the_rule_looks_at_the_share_first_and_at_the_mean_then():
    """Two of three beat one of three, however fast; a miss counts as 100 steps: (30 + 30 + 100) < (60 + 60 + 100)."""
    steps = np.array([[1, INF, INF], [60, 60, INF], [30, 30, INF], [100, INF, INF]])

    assert best_rate(steps, 100) == 2
    assert best_rate(np.full((3, 2), INF), 100) == 0


@pytest.mark.parametrize("seeds", [2, 10_001])
def test_a_number_of_seeds_that_shows_nothing_or_never_ends(seeds):
    with pytest.raises(ValueError, match=f"seeds must be between 3 and 10,000.*got seeds={seeds}"):
        run_problem(Known(), seeds)


def test_the_best_is_named_only_if_chance_explains_none_of_its_leads():
    """Six seeds that all differ the same way: 2 / 2**6 = 0.03, times 5 after Holm, is too much; ten give 0.01."""
    never = {name: [INF] * 6 for name in NAMES if name != "SGDR"}
    six = Result("", "", "", 100, tuple(Outcome(n, 1, False, tuple(never.get(n, [50.0] * 6))) for n in NAMES))
    ten = Result("", "", "", 100, tuple(Outcome(n, 1, False, (INF if n in never else 50.0,) * 10) for n in NAMES))

    assert best(six) == (
        "No method is the best: SGDR reaches the goal most often, 6 of 6, but its lead over each other method may be "
        "chance."
    )
    assert best(ten) == "The best is SGDR, 10 of 10: its lead over each other method is more than chance."


def test_a_lead_over_some_only_is_said_as_such():
    close = [50.0] * 9 + [INF]
    outcomes = {"SGDR": [50.0] * 10, "momentum": close}
    found = Result("", "", "", 100, tuple(Outcome(n, 1, False, tuple(outcomes.get(n, [INF] * 10))) for n in NAMES))

    assert best(found) == (
        "No method is the best: SGDR reaches the goal most often, 10 of 10, but its lead over momentum may be chance."
    )


def test_ties_are_no_winners():
    assert best(result()) == "All methods reach the goal equally often, 6 of 6."
    assert best(result(momentum=[INF] * 6)) == (
        "No method is the best: plain SGD, single cosine, SGDR, momentum + cosine and momentum + SGDR reach the goal "
        "most often, 6 of 6."
    )
    nobody = Result("", "", "", 100, tuple(Outcome(n, 1, False, (INF,) * 6) for n in NAMES))
    assert best(nobody) == "No method reaches the goal."


def test_contrasts_by_hand():
    """SGDR sooner on all of 12 seeds: 2 / 2**12, times 6 after Holm, is 0.0029; nothing else differs."""
    steps = {"SGDR": [40.0] * 12}
    found = Result("", "", "", 100, tuple(Outcome(n, 1, False, tuple(steps.get(n, [50.0] * 12))) for n in NAMES))
    momentum, restarts, both = contrasts(found)

    assert momentum.words == both.words == "no clear difference"
    assert restarts.soon == pytest.approx(6 * 2 / 2**12)
    assert restarts.words == "sooner: 12 sooner and 0 later (p = 0.0029)"
    assert restarts.sentence == (
        "Restarts (SGDR against single cosine): sooner; 12 seeds against 12 (p = 1), "
        "12 sooner and 0 later (p = 0.0029)."
    )


def test_a_goal_that_only_one_side_reaches_is_reached_sooner_there():
    steps = {"SGDR": [40.0] * 12, "single cosine": [INF] * 12}
    found = Result("", "", "", 100, tuple(Outcome(n, 1, False, tuple(steps.get(n, [50.0] * 12))) for n in NAMES))
    restarts = contrasts(found)[1]

    assert (restarts.with_it, restarts.without, restarts.sooner, restarts.later) == (12, 0, 12, 0)
    assert restarts.words.startswith("more often: 12 seeds against 0 (p = 0.0029); sooner: 12 sooner")


def test_markdown_counts_those_that_did_not_reach_the_goal():
    """4 of 6: Wilson by hand (z = 1.96): 30 to 90 %. Median of 10, 20, 30, 40, -, -: 35; its interval is all six."""
    text = as_markdown([result(SGDR=[10.0, 20.0, 30.0, 40.0, INF, INF])])
    lines = text.splitlines()

    header = "| problem | plain SGD | momentum | single cosine | SGDR | momentum + cosine | momentum + SGDR |"
    assert lines[2:5] == [
        header,
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| Known | 6 (61 to 100 %) | 6 (61 to 100 %) | 6 (61 to 100 %) | 4 (30 to 90 %) | 6 (61 to 100 %) "
        "| 6 (61 to 100 %) |",
    ]
    assert "| Known | 50 | 50 | 50 | 35 (10 to > 100) | 50 | 50 |" in lines
    assert "- Known, 100 steps: nothing is trained." in lines
    assert "Each method trains at its own rate: " in lines[-1]


def test_with_few_seeds_an_interval_may_go_from_the_first_step_beyond_the_last():
    few = Result("", "Few", "G.", 100, tuple(Outcome(n, 1, True, (10.0, 20.0, 30.0)) for n in NAMES))

    assert "| Few | 20 (1 to > 100) |" in as_markdown([few])
    assert "| Few | 1 (at an end) |" in as_markdown([few])
    assert "a better one may exist" in as_markdown([few]).splitlines()[-1]


def test_csv_and_json_hold_the_same():
    found = [result(SGDR=[10.0, 20.0, 30.0, 40.0, INF, INF])]
    rows = list(csv.DictReader(as_csv(found).splitlines()))
    (problem,) = json.loads(as_json(found))["problems"]

    assert [row["method"] for row in rows] == [method["method"] for method in problem["methods"]] == NAMES
    sgdr, same = rows[3], problem["methods"][3]
    assert (sgdr["escaped"], sgdr["seeds"], sgdr["median_steps"], sgdr["median_high"]) == ("4", "6", "35.0", "inf")
    assert same["steps"] == [10.0, 20.0, 30.0, 40.0, None, None]
    assert same["median_interval"] == [10.0, None]
    assert [float(sgdr["share_low"]), float(sgdr["share_high"])] == same["share_interval"]
    assert problem["contrasts"][1]["what"] == "restarts"
