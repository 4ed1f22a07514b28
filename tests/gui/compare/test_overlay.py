"""The runs that are drawn along; no Qt."""

import gc
import shutil
import weakref

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.compare import overlay as overlay_module
from kescape_gui.compare.overlay import NoRoom, Overlay
from kescape_gui.watched_run import WatchedRun

from kescape.run.importing import import_run
from tests.gui.compare.compared import CONFIG, LENGTH, ended_run, grow, overlaid, writer_of
from tests.gui.recorded import append, engine_run, go_on

SERIES = theme.LIGHT.series


def read(overlay):
    """Poll until all that is there is known."""
    overlay.poll()
    while overlay.is_reading:
        overlay.poll()


def drawn(overlay):
    return [(other.name, other.colour, other.dashed) for other in overlay.others(SERIES)]


def test_each_run_is_drawn_in_the_next_colour_with_all_its_steps(tmp_path):
    runs = [ended_run(tmp_path / f"run-{number}", momentum=number / 10) for number in range(8)]

    overlay = overlaid(*runs)

    assert drawn(overlay) == [(f"run-{n}", SERIES[n % 6], n >= 6) for n in range(8)]
    assert all(len(other.curve) == 7 * LENGTH for other in overlay.others(SERIES))
    overlay.close()


def test_the_thirteenth_is_refused_with_a_sentence_and_nothing_changes(tmp_path):
    overlay = Overlay()
    for number in range(12):
        overlay.add(tmp_path / f"run-{number}")
    version = overlay.version

    for attempt in (overlay.add, overlay.pin):
        with pytest.raises(NoRoom) as refused:
            attempt(tmp_path / "one-too-many")

    assert str(refused.value) == (
        "12 runs are compared, and no more can be told apart; untick one to compare one-too-many."
    )
    assert (overlay.version, len(overlay.paths), overlay.baseline) == (version, 12, None)


def test_colours_stay_when_others_go_and_come_and_across_a_restart_of_the_app(tmp_path):
    a, b, c, d = (ended_run(tmp_path / name, momentum=at / 10) for at, name in enumerate("abcd"))
    overlay = overlaid(a, b, c)
    overlay.remove(a)
    overlay.add(d)
    overlay.pin(c)
    overlay.draw_as_bands(False)
    read(overlay)
    assert drawn(overlay) == [("b", SERIES[1], False), ("c", SERIES[2], False), ("d", SERIES[0], False)]

    again = Overlay()
    again.restore(overlay.save())
    read(again)

    assert drawn(again) == drawn(overlay)
    assert (again.baseline, again.as_bands) == (c, False)
    for each in (overlay, again):
        each.close()


@pytest.mark.parametrize("saved", ["", "nonsense", "[]", '{"runs": 3}', '{"runs": [["x", 1], [2, 3], ["/a"]]}'])
def test_what_was_saved_and_cannot_be_read_says_nothing(saved):
    overlay = Overlay()

    overlay.restore(saved)

    assert overlay.paths == []


def test_a_live_run_keeps_growing_and_an_ended_one_is_read_once(tmp_path, monkeypatch):
    ended = ended_run(tmp_path / "ended")
    writer = writer_of(tmp_path / "live", config := CONFIG.changed(momentum=0.5))
    grow(writer, np.ones(5), config)
    overlay = overlaid(ended, tmp_path / "live")
    polled = []
    poll = WatchedRun.poll
    monkeypatch.setattr(WatchedRun, "poll", lambda run: polled.append(run.name) or poll(run))

    grow(writer, np.ones(7), config)
    assert overlay.poll()
    assert [len(other.curve) for other in overlay.others(SERIES)] == [7 * LENGTH, 12]
    assert not overlay.poll()

    assert polled == ["live", "live"]
    assert overlay.waits
    writer.end("finished")
    writer.close()
    assert overlay.poll()
    assert not overlay.waits
    overlay.close()


def test_an_ended_run_that_goes_on_is_read_on(tmp_path):
    folder = engine_run(tmp_path / "run", steps=30, checkpoint=13, outcome="stopped")
    overlay = overlaid(folder)
    assert not overlay.waits

    writer = go_on(folder, 13)
    append(writer, CONFIG.plan().on_steps(LENGTH), np.full(4, 0.25))
    writer.flush()

    assert overlay.poll()
    assert overlay.waits
    assert [len(other.curve) for other in overlay.others(SERIES)] == [17]
    overlay.close()
    writer.close()


def test_the_run_in_view_is_not_drawn_along_with_itself_but_keeps_its_colour_for_later(tmp_path):
    a, b = ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5)
    overlay = overlaid(a, b)
    shown = overlay.run_of(a)
    overlay.show(shown)

    assert drawn(overlay) == [("b", SERIES[1], False)]
    assert {path.name: swatch.colour for path, swatch in overlay.swatches(SERIES, "#0072b2").items()} == {
        "a": "#0072b2",
        "b": SERIES[1],
    }

    shown.close()
    overlay.show(WatchedRun(b))
    overlay.poll()

    assert drawn(overlay) == [("a", SERIES[0], False)]
    overlay.close()


def test_a_run_that_left_the_view_is_not_read_again_from_its_beginning(tmp_path):
    a, b = ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5)
    overlay = overlaid(a)
    shown = WatchedRun(a)
    shown.poll()
    overlay.show(shown)
    curve = shown.curve
    shown.close()

    overlay.show(WatchedRun(b))
    read(overlay)

    assert overlay.others(SERIES)[0].curve is curve
    overlay.close()


def test_a_run_that_cannot_be_read_is_a_sentence_and_left_out(tmp_path):
    good, bad = ended_run(tmp_path / "good"), ended_run(tmp_path / "bad", momentum=0.5)
    (bad / "run.db").write_bytes(b"not a database" * 100)

    overlay = overlaid(good, bad)

    assert drawn(overlay) == [("good", SERIES[0], False)]
    [sentence] = overlay.problems
    assert "bad" in sentence
    assert sentence.endswith(".")
    assert overlay.paths == [good, bad]
    overlay.close()


def test_a_run_that_is_deleted_disappears_and_its_colour_is_free(tmp_path):
    a, b, c = (ended_run(tmp_path / name, momentum=at / 10) for at, name in enumerate("abc"))
    overlay = overlaid(a, b, baseline=a)

    shutil.rmtree(a)
    assert overlay.poll()

    assert (overlay.paths, overlay.baseline, overlay.problems) == ([b], None, [])
    overlay.add(c)
    read(overlay)
    assert drawn(overlay) == [("b", SERIES[1], False), ("c", SERIES[0], False)]
    overlay.close()


def test_a_run_that_is_renamed_keeps_place_and_colour(tmp_path):
    a, b = ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5)
    overlay = overlaid(a, b, baseline=a)

    a.rename(tmp_path / "new")
    overlay.rename(a, tmp_path / "new")
    read(overlay)

    assert drawn(overlay) == [("new", SERIES[0], False), ("b", SERIES[1], False)]
    assert overlay.baseline == tmp_path / "new"
    overlay.close()


def test_the_baseline_is_one_of_the_compared_and_unpinned_when_it_leaves(tmp_path):
    a, b = ended_run(tmp_path / "a"), ended_run(tmp_path / "b", momentum=0.5)
    overlay = overlaid(a)

    overlay.pin(b)
    read(overlay)
    assert [(other.name, other.is_baseline) for other in overlay.others(SERIES)] == [("a", False), ("b", True)]
    overlay.remove(b)

    assert (overlay.paths, overlay.baseline) == ([a], None)
    overlay.close()


def test_repeats_are_one_band_with_their_number_in_its_name(tmp_path):
    """Losses of 1, 2 and 6 throughout have 2 as their median."""
    repeats = [
        ended_run(tmp_path / f"sgdr-{seed}", np.full(63, level), seed=seed)
        for seed, level in ((1, 6.0), (2, 1.0), (3, 2.0))
    ]
    other = ended_run(tmp_path / "other", momentum=0.5)

    overlay = overlaid(repeats[0], other, *repeats[1:])

    [band] = overlay.bands(SERIES)
    assert (band.name, band.colour, band.dashed) == ("sgdr-1, 3 repeats", SERIES[0], False)
    # Cycles begin at the steps 0, 9 and 27; of each the first five are no averages yet.
    averaged = np.ones(63, dtype=bool)
    for start in (0, 9, 27):
        averaged[start : start + 5] = False
    for values, level in ((band.low, 1.0), (band.middle, 2.0), (band.high, 6.0)):
        assert np.array_equal(np.isfinite(values), averaged)
        np.testing.assert_allclose(values[averaged], level)
    assert drawn(overlay) == [("other", SERIES[1], False)]
    swatches = overlay.swatches(SERIES, "#0072b2")
    assert {swatches[path].colour for path in repeats} == {SERIES[0]}

    overlay.draw_as_bands(False)
    assert overlay.bands(SERIES) == ()
    assert [name for name, _, _ in drawn(overlay)] == ["sgdr-1", "other", "sgdr-2", "sgdr-3"]
    overlay.close()


def test_a_group_of_one_stays_a_line(tmp_path):
    overlay = overlaid(ended_run(tmp_path / "a", seed=1), ended_run(tmp_path / "b", seed=1))

    assert overlay.bands(SERIES) == ()
    assert len(overlay.others(SERIES)) == 2
    overlay.close()


def test_a_live_repeat_holds_the_band_where_all_are(tmp_path):
    ended = ended_run(tmp_path / "ended", seed=1)
    writer = writer_of(tmp_path / "live", config := CONFIG.changed(seed=2))
    grow(writer, np.full(8, 3.0), config)
    overlay = overlaid(ended, tmp_path / "live")

    [band] = overlay.bands(SERIES)
    assert band.steps.tolist() == list(range(8))
    assert band.middle[5:].tolist() == pytest.approx([2.0] * 3)
    grow(writer, np.full(2, 3.0), config)
    overlay.poll()

    assert len(overlay.bands(SERIES)[0].steps) == 10
    overlay.close()
    writer.close()


def test_a_band_keeps_its_colour_when_the_run_that_gave_it_leaves(tmp_path):
    a, b, c = (ended_run(tmp_path / name, seed=seed) for seed, name in enumerate("abc"))
    other = ended_run(tmp_path / "other", momentum=0.5)
    overlay = overlaid(a, b, c)

    overlay.remove(a)
    overlay.add(other)
    read(overlay)

    assert [band.colour for band in overlay.bands(SERIES)] == [SERIES[0]]
    assert drawn(overlay) == [("other", SERIES[1], False)]
    overlay.close()


def test_a_twin_that_takes_the_place_of_the_run_that_leaves_takes_its_colour(tmp_path):
    a, twin, b, c = (
        ended_run(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("twin", 1), ("b", 2), ("c", 3))
    )
    overlay = overlaid(a, twin, b, c)
    assert drawn(overlay) == [("twin", SERIES[1], False)]

    overlay.remove(a)

    assert [(band.name, band.colour) for band in overlay.bands(SERIES)] == [("twin, 3 repeats", SERIES[0])]
    overlay.close()


def test_the_baseline_is_a_line_even_within_its_band(tmp_path):
    a, b, c = (ended_run(tmp_path / name, seed=seed) for seed, name in enumerate("abc"))

    overlay = overlaid(a, b, c, baseline=b)

    assert [(other.name, other.is_baseline) for other in overlay.others(SERIES)] == [("b", True)]
    assert [band.name for band in overlay.bands(SERIES)] == ["a, 3 repeats"]
    overlay.close()


def test_the_run_in_view_counts_among_the_repeats_if_it_is_compared(tmp_path):
    a, b = (ended_run(tmp_path / name, seed=seed) for seed, name in enumerate("ab"))
    overlay = overlaid(a, b)

    overlay.show(overlay.run_of(a))

    assert [band.name for band in overlay.bands(SERIES)] == ["a, 2 repeats"]
    assert overlay.others(SERIES) == ()
    overlay.close()


def test_nothing_is_computed_without_news(tmp_path, monkeypatch):
    overlay = overlaid(*(ended_run(tmp_path / name, seed=seed) for seed, name in enumerate("abc")))
    overlay.bands(SERIES)
    for name in ("groups_of", "spread_of"):
        monkeypatch.setattr(overlay_module, name, lambda *_: pytest.fail("nothing is new"))

    for _ in range(3):
        assert not overlay.poll()
        assert len(overlay.bands(theme.DARK.series)) == 1
    overlay.close()


def test_runs_with_a_loss_for_each_epoch_only_are_not_drawn_along_steps(tmp_path):
    stepped = ended_run(tmp_path / "stepped")
    log = tmp_path / "epochs.csv"
    log.write_text("epoch,loss\n0,2.0\n1,1.0\n")
    with import_run(log, runs=tmp_path) as run:
        overlay = overlaid(stepped, run.path)
    shown = WatchedRun(ended_run(tmp_path / "shown", momentum=0.5))
    shown.poll()
    assert [name for name, _, _ in drawn(overlay)] == ["stepped", "epochs"]

    overlay.show(shown)

    assert [name for name, _, _ in drawn(overlay)] == ["stepped"]
    assert overlay.problems == ["epochs has a loss for each epoch, shown for each step: they have no axis in common."]
    shown.close()
    overlay.close()


def test_what_is_no_longer_compared_is_let_go(tmp_path):
    overlay = overlaid(*(ended_run(tmp_path / name, seed=seed) for seed, name in enumerate("ab")))
    overlay.bands(SERIES)
    curves = [weakref.ref(run.curve) for run in overlay.runs]

    for path in overlay.paths:
        overlay.remove(path)
    overlay.bands(SERIES)
    gc.collect()

    assert [curve() for curve in curves] == [None, None]


def test_long_runs_are_read_beside_the_window_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.setattr(overlay_module, "_AT_ONCE", 10)
    runs = [ended_run(tmp_path / f"run-{number}", momentum=number / 10) for number in range(3)]
    overlay = Overlay()
    for path in runs:
        overlay.add(path)

    most = 0
    while overlay.is_reading:
        overlay.poll()
        most = max(most, sum(bool(run.steps_being_read) for run in overlay.runs))

    assert most == 1
    assert [len(other.curve) for other in overlay.others(SERIES)] == [63] * 3
    overlay.close()
