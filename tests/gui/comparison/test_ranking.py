"""The ranking of arms as a table, against numbers by hand; no window."""

from pathlib import Path

from kescape_gui import theme
from kescape_gui.comparison.picture import Swatches
from kescape_gui.comparison.ranking import as_tsv, headings, ranking

from kescape.compare.jobs import JobState
from kescape.config import RunConfig
from tests.gui.comparison.told import FALLING, report_of, two_arms


def ranked(report):
    return ranking(report, Swatches().of(report, theme.LIGHT.series))


def test_the_best_arm_comes_first_with_its_runs_below_it():
    """Restarts end at 0.5 and 1.5, the cosine at 1 and 2: both of them get to 1.5, and one cosine."""
    best, other = ranked(two_arms(target=1.5))

    # Of two runs there is no interval.
    assert best.texts == ("sgdr", "2 / 2", "1", "7", "done")
    assert other.texts == ("cosine", "2 / 2", "1.5", "∞, 1 of 2", "done")
    assert [run.texts for run in best.runs] == [
        ("seed 1", "", "0.5", "7", "done, 7 / 7"),
        ("seed 2", "", "1.5", "7", "done, 7 / 7"),
    ]
    assert best.swatch is not None
    assert best.runs[0].path == Path("runs/try-sgdr-1")
    assert best.runs[0].is_there


def test_runs_that_are_on_their_way_say_how_far_they_are():
    states = {("sgdr", 1): JobState.LIVE, ("sgdr", 3): JobState.FAILED}
    report = report_of({"cosine": [FALLING] * 3, "sgdr": [[6.0, 7.0], None, [5.0]]}, states=states)
    arm = next(arm for arm in ranked(report) if arm.name == "sgdr")

    assert arm.texts == ("sgdr", "0 / 3", "–", "–", "1 waiting, 1 training, 1 failed")
    assert [run.texts[2] for run in arm.runs] == ["7 at epoch 2", "–", "5 at epoch 1"]
    assert [run.texts[-1] for run in arm.runs] == [
        "training, 2 / 7",
        "waiting, 0 / 7",
        "failed, 1 / 7",
    ]
    assert [run.is_there for run in arm.runs] == [True, False, True]
    assert [run.is_problem for run in arm.runs] == [False, False, True]


def test_runs_that_diverged_count_as_the_worst():
    curves = {"cosine": [FALLING], "sgdr": [[6.0]]}
    arm = ranked(report_of(curves, states={("sgdr", 1): JobState.DIVERGED}))[-1]

    assert arm.texts[:4] == ("sgdr", "1 / 1", "∞", "not reached")
    assert arm.help == "1 of its runs diverged, which counts as worse than any value."
    assert arm.runs[0].texts[2] == "∞"


def test_arms_that_halving_left_behind_say_where():
    """Four momenta, cycles of 1, 2 and 4 epochs: after epoch 1 two of them go on, after epoch 3 one."""
    base = RunConfig(dataset="wine", model="logistic", epochs=7, t_0=1.0, t_mult=2.0)
    momenta = (0.0, 0.5, 0.9, 0.95)
    lengths = {"momentum=0": 1, "momentum=0.5": 1, "momentum=0.9": 3, "momentum=0.95": 7}
    curves = {name: [[4.0 - number - 0.1 * epoch for epoch in range(length)]]
              for number, (name, length) in enumerate(lengths.items())}  # fmt: skip
    report = report_of(curves, varied={"momentum": momenta}, base=base, halving=2)

    titles = [heading.title for heading in headings(report)]
    column = titles.index("Left behind")
    assert [(arm.name, arm.texts[column]) for arm in ranked(report)] == [
        ("momentum=0.95", "–"),
        ("momentum=0.9", "3"),
        ("momentum=0.5", "1"),
        ("momentum=0", "1"),
    ]


def test_without_halving_no_arm_is_left_behind():
    report = two_arms(target=1.5)

    assert [heading.title for heading in headings(report)] == [
        "Arm",
        "Runs",
        "Validation loss",
        "Epochs to 1.5",
        "State",
    ]
    assert all(len(line.texts) == 5 for arm in ranked(report) for line in (arm, *arm.runs))


def test_the_table_can_be_put_into_a_sheet():
    text = as_tsv(headings(two_arms(target=1.5)), ranked(two_arms(target=1.5)))

    assert text.splitlines()[:3] == [
        "Arm\tRuns\tValidation loss\tEpochs to 1.5\tState",
        "sgdr\t2 / 2\t1\t7\tdone",
        "seed 1\t\t0.5\t7\tdone, 7 / 7",
    ]
    assert len(text.splitlines()) == 7
