"""What the table of compared runs says; no Qt."""

import math
from itertools import combinations

import numpy as np
import pytest
from kescape_gui.compare.repeats import groups_of
from kescape_gui.compare.settings_table import table_of

from kescape import import_run
from tests.gui.compare.compared import CONFIG, ended_run, grow, watched, writer_of
from tests.gui.recorded import record

MINUS = "\u2212"


def falling(last):
    """A loss that ends at `last`, where it is lowest; the validation loss is 1.1 times that."""
    return np.linspace(last + 1, last, 63)


def titles(table):
    return [heading.title for heading in table.headings]


def texts(table, title):
    at = titles(table).index(title)
    return [line.cells[at].text for line in table.lines()]


def table(*folders, shown=None, baseline=None, all_settings=False):
    return table_of(groups_of(watched(*folders)), shown=shown, baseline=baseline, all_settings=all_settings)


def test_only_the_settings_that_differ_have_columns_in_words(tmp_path):
    a = ended_run(tmp_path / "a")
    b = ended_run(tmp_path / "b", eta_max=0.5, nesterov=True, clipnorm=1.0)

    made = table(a, b)

    assert titles(made) == [
        "Run", "State", "Steps", "Highest rate", "Nesterov", "Clip gradient", "Best val. loss", "Val. loss",
    ]  # fmt: skip
    assert texts(made, "Highest rate") == ["0.1", "0.5"]
    assert texts(made, "Nesterov") == ["off", "on"]
    assert texts(made, "Clip gradient") == ["off", "1"]
    assert texts(made, "Steps") == ["63", "63"]
    assert texts(made, "State") == ["✓ Finished", "✓ Finished"]


def test_settings_that_are_the_same_are_counted_and_can_be_shown(tmp_path):
    """A run of warm restarts on a bundled data set reads all settings but those of tables and images."""
    a, b = ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5)
    read = len(CONFIG.model_dump()) - len(("target", "task", "image_size"))

    short, full = table(a, b), table(a, b, all_settings=True)

    assert short.same == full.same == read - len(("momentum",))
    assert len(full.headings) == len(short.headings) + short.same
    assert texts(full, "Data") == ["Wine", "Wine"]
    assert texts(full, "Cycles") == ["no limit", "no limit"]


def test_what_a_schedule_does_not_read_is_no_difference(tmp_path):
    """A cosine has no first cycle: only that it is a cosine is told."""
    a, b = ended_run(tmp_path / "a"), ended_run(tmp_path / "b", schedule="cosine", t_0=3.0)

    made, full = table(a, b), table(a, b, all_settings=True)

    assert titles(made)[3:-2] == ["Schedule"]
    assert texts(made, "Schedule") == ["Warm restarts", "One cosine"]
    assert texts(full, "First cycle") == ["1", "–"]


def test_two_files_of_the_same_name_are_told_apart_by_their_folders(tmp_path):
    runs = watched(ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5))
    for run, folder in zip(runs, ("one", "two"), strict=True):
        run.config = {**run.config, "dataset": f"/{folder}/flowers.csv"}

    assert texts(table_of(groups_of(runs)), "Data") == ["/one/flowers.csv", "/two/flowers.csv"]


def test_the_difference_to_the_baseline_has_a_sign_and_percents(tmp_path):
    """Lowest validation losses of 1.1 * 0.2 = 0.22, 1.1 * 0.1 = 0.11 and 1.1 * 0.3 = 0.33."""
    base = ended_run(tmp_path / "base", falling(0.2))
    lower = ended_run(tmp_path / "lower", falling(0.1), momentum=0.5)
    higher = ended_run(tmp_path / "higher", falling(0.3), momentum=0.6)

    made = table(base, lower, higher, baseline=base)

    assert texts(made, "Run") == ["base (baseline)", "lower", "higher"]
    assert texts(made, "Best val. loss") == ["0.22", f"0.11 ({MINUS}0.11, {MINUS}50 %)", "0.33 (+0.11, +50 %)"]


def test_accuracies_differ_in_points(tmp_path):
    runs = watched(ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5))
    for run, accuracy in zip(runs, (0.9, 0.925), strict=True):
        run.metrics = {"val_accuracy": accuracy}

    made = table_of(groups_of(runs), baseline=runs[0].path)

    assert texts(made, "Val. accuracy") == ["90.0 %", "92.5 % (+2.5 points)"]
    assert "Val. loss" not in titles(made)


def test_a_baseline_of_zero_has_no_percents(tmp_path):
    runs = watched(ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5))
    for run, loss in zip(runs, (0.0, 0.5), strict=True):
        run.metrics = {"val_loss": loss}

    assert texts(table_of(groups_of(runs), baseline=runs[0].path), "Val. loss") == ["0", "0.5 (+0.5)"]


def test_a_loss_that_is_not_finite_is_no_result(tmp_path):
    losses = falling(0.5)
    losses[-1] = math.nan
    [run] = watched(ended_run(tmp_path / "a", losses, outcome="failed"))

    made = table_of(groups_of([run]))

    assert "Val. loss" not in titles(made)
    assert len(texts(made, "Best val. loss")) == 1


def test_repeats_stand_together_under_their_median(tmp_path):
    """The median of 0.11, 0.22 and 0.44 is 0.22; the other run's 0.33 is 50 % above that of its own baseline."""
    repeats = [
        ended_run(tmp_path / f"r{seed}", falling(last), seed=seed) for seed, last in ((1, 0.4), (2, 0.1), (3, 0.2))
    ]
    other = ended_run(tmp_path / "other", falling(0.3), momentum=0.5)

    made = table(repeats[0], other, *repeats[1:], baseline=other)

    assert [text.strip() for text in texts(made, "Run")] == [
        "3 repeats: median", "r1", "r2", "r3", "other (baseline)",
    ]  # fmt: skip
    assert texts(made, "Best val. loss")[0] == f"0.22 ({MINUS}0.11, {MINUS}33 %)"
    assert texts(made, "Seed")[0] == "1, 2, 3"
    assert made.lines()[0].help.splitlines()[0] == "Best val. loss: 0.11 to 0.44"


def test_the_run_in_view_comes_first_if_it_is_not_compared(tmp_path):
    a, b, shown = (ended_run(tmp_path / name, momentum=at / 10) for at, name in enumerate(("a", "b", "shown")))
    [run] = watched(shown)

    made = table(a, b, shown=run)

    assert texts(made, "Run") == ["shown", "a", "b"]


@pytest.fixture
def mixed(tmp_path):
    """Repeats with best validation losses of 0.44 and 0.11, a run with 0.22, and one that has none yet."""
    writer = writer_of(tmp_path / "new", CONFIG.changed(momentum=0.7))
    grow(writer, [1.0] * 3)
    folders = [
        ended_run(tmp_path / "r1", falling(0.4), seed=1),
        ended_run(tmp_path / "r2", falling(0.1), seed=2),
        tmp_path / "new",
        ended_run(tmp_path / "single", falling(0.2), momentum=0.5),
    ]
    yield table(*folders)
    writer.close()


@pytest.mark.parametrize(
    ("title", "descending", "order"),
    [
        # The median of the repeats is 0.275; what is not known comes last, whichever way round.
        ("Best val. loss", False, ["single", "2 repeats: median", "r2", "r1", "new"]),
        ("Best val. loss", True, ["2 repeats: median", "r1", "r2", "single", "new"]),
        ("Run", False, ["new", "2 repeats: median", "r1", "r2", "single"]),
        ("Steps", False, ["new", "2 repeats: median", "r1", "r2", "single"]),
    ],
)
def test_sorting_keeps_repeats_together(mixed, title, descending, order):
    lines = mixed.lines(titles(mixed).index(title), descending=descending)

    assert [line.cells[0].text.strip() for line in lines] == order


def test_a_sheet_gets_all_digits_and_the_differences_in_columns_of_their_own(tmp_path):
    base = ended_run(tmp_path / "base", falling(0.2), eta_max=0.123456789)
    lower = ended_run(tmp_path / "lower\twith tab", falling(0.1))

    made = table(base, lower, baseline=base)
    head, first, second = (line.split("\t") for line in made.as_tsv(made.lines()).splitlines())

    assert head == [
        "Run", "State", "Steps", "Highest rate", "Best val. loss", "Best val. loss, to baseline", "Val. loss",
        "Val. loss, to baseline",
    ]  # fmt: skip
    assert first[:4] == ["base", "Finished", "63", "0.123456789"]
    assert second[0] == "lower with tab"
    assert first[5] == ""
    assert float(second[4]) == pytest.approx(0.11)
    assert float(second[5]) == pytest.approx(-0.11)


# What is said under the table.


def arms(tmp_path, **lasts):
    """Repeats by arm: each has a momentum of its own."""
    return {
        arm: [
            ended_run(tmp_path / f"{arm}{seed}", falling(last), momentum=at / 10, seed=seed)
            for seed, last in enumerate(values)
        ]
        for at, (arm, values) in enumerate(lasts.items())
    }


def said(made, baseline=None):
    return list(table(*(path for arm in made.values() for path in arm), baseline=baseline).sentences)


def test_one_run_each_knows_no_spread(tmp_path):
    made = arms(tmp_path, a=[0.1], b=[0.9])

    assert said(made, made["a"][0]) == ["1 run each: no spread is known."]
    assert table(made["a"][0]).sentences == ("1 run: no spread shown.",)


def test_fewer_than_three_repeats_are_never_better(tmp_path):
    """However far apart: three against two, and two against three."""
    made = arms(tmp_path, a=[0.1, 0.11, 0.12], b=[0.8, 0.9])

    for baseline in (made["a"][0], made["b"][0]):
        assert said(made, baseline) == ["With fewer than 3 repeats on a side, a difference may be chance."]


def test_three_that_are_all_below_three_are_better_and_how_often_chance_does_that_is_said(tmp_path):
    """Of the 20 ways to choose 3 of 6 values, two set the lowest three apart from the others: one side or the other."""
    made = arms(tmp_path, a=[0.1, 0.11, 0.12], b=[0.2, 0.3, 0.4])
    dealt = list(combinations(range(6), 3))
    apart = [hand for hand in dealt if hand in ((0, 1, 2), (3, 4, 5))]
    assert len(dealt) // len(apart) == 10

    assert said(made, made["b"][0]) == [
        "Better: all 3 of a0 are below all 3 of the baseline in best val. loss; by chance, once in 10."
    ]
    assert said(made, made["a"][2]) == [
        "Worse: all 3 of b0 are above all 3 of the baseline in best val. loss; by chance, once in 10."
    ]


def test_ranges_that_overlap_are_no_clear_difference(tmp_path):
    made = arms(tmp_path, a=[0.1, 0.11, 0.25], b=[0.2, 0.3, 0.4])

    assert said(made, made["b"][0]) == ["No clear difference: a0 and the baseline overlap."]


def test_nothing_is_better_before_all_have_ended(tmp_path):
    made = arms(tmp_path, a=[0.1, 0.11], b=[0.2, 0.3, 0.4])
    writer = writer_of(tmp_path / "a-live", config := CONFIG.changed(momentum=0.0, seed=9))
    grow(writer, falling(0.01), config)

    sentences = said({**made, "live": [tmp_path / "a-live"]}, made["b"][0])

    assert sentences == ["Not all repeats of a0 and the baseline have ended."]
    writer.close()


def test_other_things_to_keep_in_mind(tmp_path):
    """A twin, a run without settings, and one that was stopped early."""
    folders = [
        ended_run(tmp_path / "a", seed=1),
        ended_run(tmp_path / "twin", seed=1),
        ended_run(tmp_path / "short", np.ones(9), momentum=0.5, outcome="stopped"),
    ]
    script = record(tmp_path / "script", outcome="finished")
    runs = watched(*folders, script)
    runs[3].config = {}

    sentences = table_of(groups_of(runs)).sentences

    assert sentences == (
        "1 run each: no spread is known.",
        "twin has the settings and the seed of another run: it is no repeat.",
        "The settings of script are not known.",
        "Not all were trained equally long.",
    )


def test_seven_epochs_are_not_fewer_than_sixty_three_steps(tmp_path):
    """The log of a run of seven epochs of nine steps was kept by epoch."""
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss\n" + "".join(f"{epoch},1.0\n" for epoch in range(7)), "utf-8")
    with import_run(log, runs=tmp_path) as imported:
        runs = watched(ended_run(tmp_path / "a"), imported.path)

    assert [len(run.curve) for run in runs] == [63, 7]
    assert "Not all were trained equally long." not in table_of(groups_of(runs)).sentences


def test_without_runs_there_is_nothing_to_say():
    assert table_of([]).blocks == ()
    assert table_of([]).sentences == ()
