"""The order of the list of runs, and what can be done with them."""

import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from kescape_gui.run_state import Offer
from kescape_gui.runs.deeds import Deed, deed_offers
from kescape_gui.runs.order import By, Order, order_from, ordered
from kescape_gui.runs.runs import RunLines, run_lines
from kescape_gui.runs.runs_table import shared
from kescape_gui.runs.swatch import Swatch

from kescape.run.labels import Labels
from kescape.run.listing import RunSummary, list_runs
from kescape.run.status import RunStatus
from tests.gui.recorded import engine_run, record

NOON = datetime(2026, 3, 4, 12)  # noqa: DTZ001


def lines(*runs):
    made = []
    for number, (name, facts) in enumerate(runs):
        made.append(RunSummary(name, Path("/r") / name, RunStatus.FINISHED, None, 1e9 - number, 0.0, **facts))
    return run_lines(made, NOON)


def names(found):
    return " ".join(line.name for line in found)


METRICS = lines(
    ("a", {"metrics": {"loss": 0.3}}),
    ("b", {}),
    ("c", {"metrics": {"loss": 0.1}}),
    ("d", {"metrics": {"loss": math.nan}}),
    ("e", {"metrics": {"loss": math.inf}}),
    ("f", {"metrics": {"loss": 0.1}}),
)


def test_numbers_are_numbers_and_what_is_not_known_comes_last():
    """Equal ones stay newest first, either way."""
    assert names(ordered(METRICS, Order(By.LOSS, descending=False))) == "c f a e b d"
    assert names(ordered(METRICS, Order(By.LOSS, descending=True))) == "e a c f b d"


def test_names_are_ordered_as_people_count():
    found = lines(("run-10", {}), ("Run-2", {}), ("run-1", {}), ("2nd", {}), ("alpha", {}))

    assert names(ordered(found, Order(By.NAME, descending=False))) == "2nd alpha run-1 Run-2 run-10"


def test_tags_progress_and_what_is_compared():
    found = lines(
        ("a", {"labels": Labels(("z",)), "epochs_done": 5, "epochs_total": 10}),
        ("b", {"epochs_done": 9}),
        ("c", {"labels": Labels(("k", "a")), "epochs_done": 70, "epochs_total": 70}),
    )

    assert names(ordered(found, Order(By.TAGS, descending=False))) == "c a b"
    assert names(ordered(found, Order(By.TAGS, descending=True))) == "a c b"
    assert names(ordered(found, Order(By.PROGRESS, descending=True))) == "c a b"
    assert names(ordered(found, Order(By.COMPARED), {Path("/r/b")})) == "b a c"
    assert names(ordered(found, Order())) == "a b c"
    assert names(ordered(found, Order(By.STARTED, descending=False))) == "c b a"


@pytest.mark.parametrize("by", By)
def test_an_order_is_remembered(by):
    for order in (Order(by, descending=True), Order(by, descending=False)):
        assert order_from(str(order)) == order
        assert ordered([], order) == []


@pytest.mark.parametrize("text", ["", "-", "nonsense", "--loss", "loss "])
def test_what_is_no_order_is_the_usual_one(text):
    assert order_from(text) == Order(By.STARTED, descending=True)


def test_an_unchanged_run_is_the_same_line_again():
    """A list is shown every two seconds; only what changed is put into words, and all of it on another day."""
    summaries = [line.summary for line in METRICS]
    known = RunLines()
    before = known.lines(summaries, NOON)
    changed = replace(summaries[1], steps=7)

    after = known.lines([summaries[0], changed], NOON)

    assert after[0] is before[0]
    assert after[1].progress == "7 steps"
    assert known.lines(summaries[:1], NOON.replace(day=5))[0] is not before[0]


def test_columns_share_the_room_to_the_last_pixel():
    columns = [(50, 100, 1), (40, 60, 0), (30, 40, 2)]
    for room in range(121, 1000, 7):
        widths = shared(room, columns)
        assert sum(widths) == room
        assert all(width >= least for width, (least, _, _) in zip(widths, columns, strict=True))
    assert shared(90, columns) == [50, 40, 30]
    assert shared(500, columns)[1] == 60


def offers_of(folder, **facts):
    [line] = run_lines(list_runs(folder), NOON)
    return deed_offers([line], {}, **facts)


def test_a_run_that_can_go_on_can_be_resumed_from_the_list(tmp_path):
    engine_run(tmp_path / "cut", steps=20, checkpoint=18)

    assert offers_of(tmp_path)[Deed.RESUME].enabled
    busy = offers_of(tmp_path, busy="“other” is being trained")[Deed.RESUME]
    assert (busy.enabled, busy.reason) == (False, "“other” is being trained")


@pytest.mark.parametrize(
    ("outcome", "checkpoint", "why"),
    [
        ("stopped", None, "It has no checkpoint to go on from"),
        ("finished", 20, "The run has trained all its epochs; “Train on…” adds more"),
    ],
)
def test_a_run_that_cannot_go_on_says_why(tmp_path, outcome, checkpoint, why):
    engine_run(tmp_path / "ended", steps=20, checkpoint=checkpoint, outcome=outcome)

    assert offers_of(tmp_path)[Deed.RESUME] == Offer("Resume", enabled=False, visible=True, reason=why)


def test_what_a_script_recorded_cannot_be_resumed(tmp_path):
    record(tmp_path / "script", outcome="stopped")

    assert "recorded by a script" in offers_of(tmp_path)[Deed.RESUME].reason


def test_what_cannot_be_read_can_still_be_thrown_away(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.db").write_bytes(b"no database" * 100)

    offers = offers_of(tmp_path)

    assert offers[Deed.TRASH].enabled
    assert offers[Deed.TAGS].enabled
    assert {deed: offers[deed].reason for deed in (Deed.RESUME, Deed.COMPARE, Deed.USE_SETTINGS)} == {
        Deed.RESUME: "It cannot be read",
        Deed.COMPARE: "What cannot be read cannot be drawn",
        Deed.USE_SETTINGS: "It came without settings",
    }


def test_words_follow_what_is_compared_and_pinned():
    chosen = METRICS[:2]
    both = {line.path: Swatch("#000000") for line in chosen}

    assert deed_offers(chosen, {})[Deed.COMPARE].text == "Compare"
    assert deed_offers(chosen, dict([*both.items()][:1]))[Deed.COMPARE].text == "Compare"
    assert deed_offers(chosen, both)[Deed.COMPARE].text == "Do not compare"
    assert deed_offers(chosen[:1], both)[Deed.PIN].text == "Pin as baseline"
    pinned = {chosen[0].path: Swatch("#000000", is_baseline=True)}
    assert deed_offers(chosen[:1], pinned)[Deed.PIN].text == "Unpin the baseline"


def test_several_runs_can_be_compared_tagged_and_thrown_away():
    offers = deed_offers(METRICS[:2], {})

    assert {deed for deed, offer in offers.items() if offer.enabled} == {Deed.COMPARE, Deed.TAGS, Deed.TRASH}
    assert offers[Deed.RENAME].reason == "Select a single run for this"
    assert all(not offer.enabled and offer.reason for offer in deed_offers([], {}).values())
    assert deed_offers([], {}, undone="first")[Deed.UNDO_TRASH].text == "Bring back first"
