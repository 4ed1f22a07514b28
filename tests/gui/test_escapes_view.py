"""The tab of escapes in a real window, over a real run's file."""

import itertools
import json
import math

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.escapes.escapes import Escapes, barrier_words, empty_sentence
from kescape_gui.escapes.escapes_view import EscapesView
from kescape_gui.escapes.evidence_words import ensemble_words, ledger_words
from kescape_gui.escapes.verdict import SIGNS
from kescape_gui.run_state import RunState, Verb
from kescape_gui.setup.draft_file import draft_path, write_draft
from kescape_gui.watched_run import WatchedRun
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QTableView, QWidget

from kescape.config import RunConfig
from kescape.engine.launch import write_config
from kescape.evidence.ensemble_score import EnsembleRow, EnsembleScore
from kescape.evidence.escape import SENTENCES
from kescape.run.commands import CommandInbox
from kescape.run.escapes import note_escape
from kescape.run.reader import Run
from kescape.run.writer import RunWriter
from tests.gui.recorded import COLUMNS, CONFIG, LENGTH, append, engine_run, go_on, record
from tests.gui.test_words import curve_of
from tests.run.test_escapes import escape

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise")

SLOW = RunConfig(dataset="wine", model="logistic", batch_size=1, epochs=30, t_0=10.0, t_mult=1.0, eta_max=0.1)
"""142 steps an epoch; three cycles of 10 epochs, so that a trend can be seen in each."""
CYCLE = 10 * SLOW.steps_per_epoch()


@pytest.fixture
def live(tmp_path):
    """Makes a run that an engine is at work on; give it its losses."""
    writers = []

    def make(losses, config=CONFIG, name="first"):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        write_config(folder, config)
        writer = RunWriter.open(
            folder,
            kind="engine",
            config=config.model_dump(),
            plan=config.plan().to_dict(),
            steps_per_epoch=config.steps_per_epoch(),
            backend="TensorFlow 2.21.0, CPU",
        )
        writers.append(writer)
        writer.describe_columns(COLUMNS)
        append(writer, config.plan().on_steps(config.steps_per_epoch()), losses)
        writer.flush()
        return writer

    yield make
    for writer in writers:
        writer.close()


def judged_run(folder, *rows, outcome="finished", config=CONFIG):
    """An engine's run with restarts after 9 and 27 of its 63 steps, with what its ledger found."""
    path = engine_run(folder, steps=63, config=config)
    writer = go_on(path, 63, config=config)
    for row in rows:
        note_escape(writer, row)
    writer.end(outcome)
    writer.close()
    return path


def show(window, folder):
    window.show_run(folder)
    window.show_tab("escapes")
    return window.findChild(QTableView, "escapesTable")


def heads(table):
    model = table.model()
    return [model.headerData(c, Qt.Orientation.Horizontal).strip() for c in range(model.columnCount())]


def cells(table, row, role=Qt.ItemDataRole.DisplayRole):
    model = table.model()
    values = [model.index(row, column).data(role) for column in range(model.columnCount())]
    return dict(zip(heads(table), values, strict=True))


def label(window, name):
    return window.findChild(QLabel, name).text()


FIRST = {"cycle": 1, "step": LENGTH, "end_step": 3 * LENGTH}
SECOND = {"cycle": 2, "step": 3 * LENGTH, "end_step": 7 * LENGTH}
STUCK = {"verdict": "stuck", "barrier": 0.0, "low": 0.0, "high": 0.003, "loss_after": 0.5}
WORSE = {"verdict": "crossed, worse", "loss_before": 0.5, "loss_after": 0.9, "change_low": 0.3, "change_high": 0.5}


# The table.


def test_a_judged_restart_is_told_in_numbers_and_in_words(make_window, tmp_path):
    window = make_window()
    table = show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST)))

    shown = cells(table, 0)

    assert shown["Verdict"] == "∩↓ crossed, better"
    assert shown["Barrier"] == "0.25 (0.20 to 0.30)"
    assert (shown["Loss before"], shown["Loss after"]) == ("0.5", "0.4")
    assert (shown["Distance"], shown["Cosine"], shown["Differ on"]) == ("50 %", "0.900", "12.5 %")
    assert shown["In words"] == "A barrier separates the two minima, and the new one is lower."
    assert label(window, "verdictSentence") == f"Restart 1: {shown['In words']}"


def test_behind_each_number_is_what_it_rests_on(make_window, tmp_path):
    table = show(make_window(), judged_run(tmp_path / "runs" / "first", escape(**FIRST)))

    told = cells(table, 0, Qt.ItemDataRole.ToolTipRole)

    assert told["Barrier"] == (
        "Barrier 0.25, 95 % interval 0.2 to 0.3; above the chord 0.26. Mean over 128 rows, on the straight line only."
    )
    assert told["Verdict"].endswith("On the straight line between them; a curved path may join them.")
    assert told["Loss before"] == "Mean over 128 rows at the minimum before the restart, step 9"
    assert told["Differ on"] == "16 of 128 rows"
    assert told["Epoch"] == "Step 9"


def test_until_its_cycle_has_ended_it_says_when_the_verdict_is_due(make_window, live):
    """Restarts at epochs 1 and 3 of 7; the first was judged, the second runs."""
    writer = live(np.geomspace(2, 1, 40))
    note_escape(writer, escape(**FIRST))
    window = make_window()
    table = show(window, writer.folder)

    assert [cells(table, row)["Verdict"] for row in (0, 1)] == ["∩↓ crossed, better", "due at epoch 7"]
    assert cells(table, 1)["Barrier"] == ""


def test_no_verdict_is_promised_for_a_cycle_that_the_training_does_not_reach(make_window, live):
    """Of cycles of 1, 2 and 4 epochs, five epochs end inside the third."""
    config = RunConfig(**CONFIG.model_dump() | {"epochs": 5})
    table = show(make_window(), live(np.geomspace(2, 1, 40), config).folder)

    assert [cells(table, row)["Verdict"] for row in (0, 1)] == ["", ""]


def test_before_the_first_verdict_it_says_when(make_window, live):
    window = make_window()
    show(window, live(np.geomspace(2, 1, 12)).folder)

    assert label(window, "escapesNote").endswith("first verdict after cycle 2, epoch 3.")
    assert empty_sentence(10.0, 30.0).endswith("first verdict after cycle 2, epoch 30.")
    assert not window.findChild(QWidget, "adviceLabel").isVisible()


@pytest.mark.parametrize(("escapes", "end"), [(True, "first verdict after cycle 2, epoch 30."), (False, "epoch 10.")])
def test_a_draft_promises_a_verdict_if_restarts_are_to_be_judged(make_window, escapes, end):
    draft_path().parent.mkdir(parents=True, exist_ok=True)
    write_draft(draft_path(), {"escapes": escapes})
    window = make_window()
    window.show_tab("escapes")

    (said,) = (each.text() for each in window.findChild(EscapesView).findChildren(QLabel) if each.isVisible())

    assert said.endswith(end)


def test_the_way_back_is_told_while_it_lasts():
    """Loss 1 before, 5 at the peak, 2 now: three of the four that were lost are regained."""
    curve = curve_of([1.0] * 100 + [5.0] * 40 + [2.0] * 40)
    curve.set_restarts([100])

    (line,) = Escapes().lines(curve, grows=True)

    assert line.recovered == "75 %, 80 steps"
    assert line.words == "75 % of the lost ground regained, 80 steps"


@pytest.mark.parametrize("appearance", list(theme.Appearance)[1:])
@pytest.mark.parametrize("verdict", SENTENCES)
def test_a_verdict_has_a_sign_and_a_colour_of_the_palette(make_window, tmp_path, verdict, appearance):
    window = make_window()
    table = show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST | {"verdict": verdict})))
    window.set_appearance(appearance)
    now = theme.DARK if appearance is theme.Appearance.DARK else theme.LIGHT

    colour = cells(table, 0, Qt.ItemDataRole.ForegroundRole)["Verdict"].name()

    assert colour == dict(zip(SENTENCES, (now.accent, now.warning, now.good, now.error), strict=True))[verdict]
    assert len(set(SIGNS.values())) == 4
    assert cells(table, 0)["Verdict"] == f"{SIGNS[verdict]} {verdict}"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"barrier": 0.2134, "low": 0.18, "high": 0.25}, "0.21 (0.18 to 0.25)"),
        ({"barrier": 1.21, "low": 0.03, "high": 2.1}, "1.21 (0.03 to 2.10)"),
        ({"barrier": 0.0, "low": 0.0, "high": 0.003, "verdict": "descended"}, "none seen (0 to 0.003)"),
        ({"barrier": math.inf, "low": math.inf, "high": math.inf}, "loss not finite"),
    ],
)
def test_words_of_barriers(values, words):
    assert barrier_words(escape(**values)) == words


def test_rows_are_copied_with_all_digits(make_window, qtbot, tmp_path):
    third = 1 / 3
    table = show(make_window(), judged_run(tmp_path / "runs" / "first", escape(**FIRST, barrier=third)))
    table.setFocus()
    table.selectRow(0)

    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    names, row = (line.split("\t") for line in QGuiApplication.clipboard().text().splitlines())
    copied = dict(zip(names, row, strict=True))
    assert (copied["restart"], copied["step"], copied["verdict"]) == ("1", "9", "crossed, better")
    assert float(copied["barrier"]) == third


def test_without_a_selection_all_rows_are_copied(make_window, tmp_path):
    """Of a restart that was not judged, what the steps say."""
    window = make_window()
    show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST)))

    window.findChild(EscapesView).copy()

    names, *rows = (line.split("\t") for line in QGuiApplication.clipboard().text().splitlines())
    verdicts = [dict(zip(names, row, strict=True))["verdict"] for row in rows]
    assert verdicts == ["crossed, better", ""]


# The line between the minima.


def test_the_plot_shows_the_line_and_the_height_of_the_barrier(make_window, tmp_path):
    """0.5 and 0.4 at the ends, 0.75 between: 0.25 above the higher, with 0.2 to 0.3 as its interval."""
    window = make_window()
    show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST)))
    plot = window.findChild(QWidget, "linePlot")

    assert plot.accessibleDescription() == (
        "The loss on the straight line from the end of cycle 1 to the end of cycle 2. Barrier 0.25, 95 % interval 0.2 "
        "to 0.3."
    )
    low, high = plot.plotItem.vb.viewRange()[1]
    assert low < 0.4
    assert high > 0.5 + 0.3
    shown = [item.getData() for item in plot.scene().items() if hasattr(item, "getData") and item.isVisible()]
    drawn = {tuple(np.round(y, 9)) for _, y in shown if y is not None}
    assert (0.5, 0.75, 0.4) in drawn
    assert (0.5, 0.4) in drawn
    assert (0.5, 0.75) in drawn


def test_choosing_another_restart_shows_its_line(make_window, tmp_path):
    """The newest that was judged, until somebody chooses."""
    window = make_window()
    table = show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST), escape(**SECOND | STUCK)))
    assert label(window, "verdictSentence").startswith("Restart 2: No barrier and no gain")

    table.selectRow(0)

    assert label(window, "verdictSentence").startswith("Restart 1: A barrier")
    assert "end of cycle 1 " in window.findChild(QWidget, "linePlot").accessibleDescription()


def test_a_line_with_losses_that_are_not_finite_is_drawn_with_a_gap(make_window, tmp_path):
    row = escape(**FIRST, barrier=math.inf, low=math.inf, high=math.inf, losses=(0.5, math.inf, 0.4))
    window = make_window()
    show(window, judged_run(tmp_path / "runs" / "first", row))

    plot = window.findChild(QWidget, "linePlot")
    plot.grab()

    assert "not finite" in plot.accessibleDescription()
    assert all(map(math.isfinite, plot.plotItem.vb.viewRange()[1]))


# The curves.


def test_selecting_a_restart_shows_its_cycle(make_window, tmp_path):
    window = make_window()
    table = show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST)))
    room = 0.04 * 2 * LENGTH

    table.selectRow(0)

    assert window.curves.rate_plot.steps_in_view() == pytest.approx((LENGTH - room, 3 * LENGTH + room))


def test_coming_by_with_the_tab_key_moves_nothing(make_window, qtbot, tmp_path):
    window = make_window()
    table = show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST)))
    before = window.curves.rate_plot.steps_in_view()

    table.setFocus(Qt.FocusReason.TabFocusReason)

    assert table.currentIndex().isValid()
    assert window.curves.rate_plot.steps_in_view() == before


def test_the_curves_tell_a_verdict_as_soon_as_it_is_there(make_window, live):
    """Nothing else is new: no step, no event."""
    writer = live(np.geomspace(2, 1, 40))
    window = make_window()
    window.show_run(writer.folder)
    curves = window.curves
    curves.redraw()
    assert curves.shown.verdicts == {}
    drawn = curves._drawn

    writer.escape(escape(**FIRST))
    window.poll()
    curves.redraw()

    assert curves._drawn != drawn
    assert curves.shown.verdicts[LENGTH].words == "∩↓ crossed, better"
    curves.show_step(LENGTH + 3)
    assert "∩↓ crossed, better" in label(window, "readoutLabel")
    curves.show_step(LENGTH - 1)
    assert "crossed" not in label(window, "readoutLabel")


def test_the_names_of_restarts_never_cover_each_other(make_window, tmp_path):
    """With as much of the verdicts as leaves room for each that is in view: 59, six of them, and one alone."""
    config = RunConfig(**CONFIG.model_dump() | {"epochs": 60, "t_mult": 1.0})
    path = engine_run(tmp_path / "runs" / "first", steps=60 * LENGTH, config=config)
    writer = go_on(path, 60 * LENGTH, config=config)
    for number in range(1, 60):
        note_escape(writer, escape(cycle=number, step=number * LENGTH, end_step=(number + 1) * LENGTH))
    writer.end("finished")
    writer.close()
    window = make_window()
    window.show_run(path)
    rules = window.curves.loss_plot.rules
    for low, high, least in ((0, 540, 20), (0, 60, 6), (5, 14, 1)):
        window.curves.rate_plot.show_steps(low, high)
        window.curves.redraw()
        window.curves.loss_plot.grab()
        boxes = sorted((box.left(), box.right()) for box, _ in rules._boxes)
        assert len(boxes) >= least
        assert all(left[1] <= right[0] for left, right in itertools.pairwise(boxes))


def test_what_was_chosen_in_one_run_is_not_in_another(make_window, tmp_path):
    window = make_window()
    table = show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST), escape(**SECOND)))
    table.selectRow(0)

    show(window, judged_run(tmp_path / "runs" / "second", escape(**FIRST), escape(**SECOND | STUCK)))

    assert not table.selectionModel().hasSelection()
    assert label(window, "verdictSentence").startswith("Restart 2: No barrier and no gain")
    assert window.curves.follows


# What is suggested.


def test_a_stuck_restart_offers_a_higher_peak_for_the_next(make_window, live):
    """Stuck at 0.1: 1.5 times as much is proposed; what is set is sent to the run."""
    writer = live(np.geomspace(2, 1, 30), RunConfig(**CONFIG.model_dump() | {"epochs": 15}))
    note_escape(writer, escape(**FIRST | STUCK))
    window = make_window()
    show(window, writer.folder)
    button = window.findChild(QPushButton, "adviceButton")
    assert label(window, "adviceLabel") == "No barrier and no gain at a peak of 0.1. Try 0.15, 1.5 times as much."
    assert button.text() == "Set peak 0.15…"
    assert "95 % interval" in window.findChild(QLabel, "adviceLabel").toolTip()

    button.click()
    dialog = window.findChild(QWidget, "peakDialog")
    assert dialog.findChild(QLineEdit, "lineEdit").text() == "0.15"
    dialog.findChild(QPushButton, "lineOkButton").click()

    (command,) = CommandInbox(writer.folder).poll()
    assert (command.kind, command.args) == ("eta_max", {"value": 0.15})


def test_a_restart_that_made_things_worse_offers_a_branch_from_the_best_minimum(make_window, qtbot, tmp_path):
    """Worse beyond noise: back to the end of the first cycle, step 9, at half the peak."""
    path = engine_run(tmp_path / "runs" / "first", steps=63)
    (path / "snapshots").mkdir()
    file = "snapshots/step-000000009.weights.h5"
    (path / file).write_bytes(b"")
    writer = go_on(path, 63)
    writer.snapshot(9, 1, "cycle", file, "end of cycle 1")
    note_escape(writer, escape(**FIRST | WORSE))
    writer.checkpoint(63, 7, 0, "end", "checkpoints/there.npz")
    (path / "checkpoints").mkdir()
    (path / "checkpoints" / "there.npz").write_bytes(b"")
    writer.end("finished")
    writer.close()
    window = make_window()
    show(window, path)
    button = window.findChild(QPushButton, "adviceButton")
    assert "go back to the end of cycle 1" in label(window, "adviceLabel")
    assert button.text() == "Branch at 0.05"

    assert button.isEnabled(), button.toolTip()
    button.click()
    qtbot.waitUntil(lambda: window.shown_run is None)

    assert window.findChild(QWidget, "etaMaxBox").value() == 0.05
    assert window._setup.values["start_from"] == str(path / file)


def test_what_cannot_be_done_says_why(make_window, tmp_path):
    """A run without weights to start from."""
    window = make_window()
    show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST | WORSE)))
    button = window.findChild(QPushButton, "adviceButton")

    assert button.isVisible()
    assert not button.isEnabled()
    assert button.toolTip() == window._in_view.offers[Verb.BRANCH].reason


def test_a_loss_that_falls_no_more_at_a_low_rate_suggests_a_restart(make_window, live):
    """At 70 % of the first cycle the cosine is at a fifth of its peak; the loss has been noise around 1 since it began.

    In the last tenth of the cycle the planned restart is near enough.
    """
    noise = 1 + 0.02 * np.random.default_rng(0).standard_normal(CYCLE)
    writer = live(noise[: int(0.3 * CYCLE)], SLOW)
    window = make_window()
    show(window, writer.folder)
    button = window.findChild(QPushButton, "adviceButton")
    assert not button.isVisible()  # 0.79 of the peak: usual at a high rate

    placed = SLOW.plan().on_steps(SLOW.steps_per_epoch())
    append(writer, placed, noise[int(0.3 * CYCLE) : int(0.7 * CYCLE)])
    writer.flush()
    window.poll()
    window._tables.renew()
    assert window.findChild(QLabel, "adviceLabel").isVisible()
    assert label(window, "adviceLabel").endswith("A restart may help.")
    assert window.findChild(QLabel, "adviceLabel").toolTip() == "The rate has come down to 21 % of the cycle's highest."
    assert button.text() == "Restart now"
    button.click()
    assert [command.kind for command in CommandInbox(writer.folder).poll()] == ["restart"]

    append(writer, placed, noise[int(0.7 * CYCLE) : int(0.95 * CYCLE)])
    writer.flush()
    window.poll()
    window._tables.renew()
    assert not window.findChild(QWidget, "adviceLabel").isVisible()


def test_a_run_that_acts_by_itself_offers_nothing_to_be_done_twice(make_window, tmp_path):
    config = RunConfig(**CONFIG.model_dump() | {"control": True})
    window = make_window()
    show(window, judged_run(tmp_path / "runs" / "first", escape(**FIRST | WORSE), config=config))

    assert label(window, "adviceLabel").startswith("This run acts on its verdicts: ")
    assert not window.findChild(QPushButton, "adviceButton").isVisible()


# What is to be known of all verdicts.


def test_rows_and_cost_are_told(make_window, tmp_path):
    """A fifth and a tenth of an epoch: 0.15 a cycle."""
    rows = (escape(**FIRST, epochs=0.2), escape(**SECOND, epochs=0.1))
    window = make_window()
    show(window, judged_run(tmp_path / "runs" / "first", *rows))

    assert label(window, "escapesNote") == (
        "Judged on 128 rows of the training data, on the straight line only. Cost: 0.15 epochs a cycle."
    )


def test_runs_without_verdicts_say_why_and_how_to_get_them(make_window, tmp_path):
    window = make_window()
    table = show(window, record(tmp_path / "runs" / "script", outcome="finished"))
    assert "add kescape.EscapeLedger(x, y) to its callbacks" in label(window, "escapesNote")
    assert all(table.isColumnHidden(heads(table).index(name)) for name in ("Verdict", "Barrier", "Cosine"))

    off = RunConfig(**CONFIG.model_dump() | {"escapes": False})
    show(window, engine_run(tmp_path / "runs" / "off", steps=63, outcome="finished", config=off))
    assert "“Judge restarts” is switched off" in label(window, "escapesNote")

    old = engine_run(tmp_path / "runs" / "old", steps=63, outcome="finished")
    run = WatchedRun(old)
    run.poll()
    del run.config["escapes"]
    assert "older than the ledger" in ledger_words(run)
    run.close()


def score(**changes):
    values = {
        "members": (0, 1, 2), "losses": (0.3, 0.2, 0.25), "accuracies": (0.96, 0.97, 0.965), "loss": 0.15,
        "accuracy": 0.975, "best": 1, "change_low": -0.08, "change_high": -0.02, "won": 3, "lost": 1, "rows": 400,
    }  # fmt: skip
    return EnsembleRow(2, 63, 7, EnsembleScore(**values | changes), 0.01)


def test_the_ensemble_is_told_beside_the_best_single_snapshot():
    """Right on three rows more and wrong on one more: p = 0.625 by McNemar's exact test, 2 * (1 + 4) / 2 ** 4."""
    assert ensemble_words([score()]) == (
        "Ensemble of 3 snapshots: validation accuracy 97.5 %, best single one 97.0 % (400 rows; a difference of 2 "
        "rows). That is no evidence that either is better (McNemar's test, p = 0.62)."
    )
    without = score(accuracies=None, accuracy=None, won=None, lost=None)
    assert ensemble_words([without]).startswith(
        "Ensemble of 3 snapshots: validation loss 0.15, best single one 0.2 (400 rows)."
    )
    assert ensemble_words([]) == ""


def test_the_ensemble_of_a_run_is_shown(make_window, tmp_path):
    path = judged_run(tmp_path / "runs" / "first", escape(**FIRST))
    writer = RunWriter.open(path, kind="engine", resume=True)
    data = {"cycle": 2, "ensemble": json.loads(json.dumps(vars(score().score))), "ensemble_seconds": 0.01}
    writer.snapshot(63, 7, "cycle", "snapshots/step-000000063.weights.h5", "end of cycle 3", data)
    writer.end("finished")
    writer.close()
    window = make_window()

    show(window, path)

    assert label(window, "ensembleLabel").startswith("Ensemble of 3 snapshots: validation accuracy 97.5 %")


# Reading.


def test_rows_are_read_when_there_are_new_ones_and_only_then(tmp_path, monkeypatch):
    path = record(tmp_path / "first")
    writer = RunWriter.open(path, kind="recorder", resume=True)
    asked = []
    true = Run.escapes
    monkeypatch.setattr(Run, "escapes", lambda run: asked.append(1) or true(run))
    first, second = WatchedRun(path), WatchedRun(path)
    for run in (first, second):
        run.poll()
    assert first.escapes == second.escapes == []
    before = len(asked)

    writer.escape(escape(step=100))
    for _ in range(3):
        first.poll()
        second.poll()
    assert [row.verdict for row in first.escapes] == [row.verdict for row in second.escapes] == ["crossed, better"]
    assert len(asked) == before + 2

    writer.escape(escape(step=100, verdict="stuck"))
    first.poll()
    assert [row.verdict for row in first.escapes] == ["stuck"]
    writer.close()
    first.close()
    second.close()


def test_what_a_resume_takes_back_is_gone_from_the_table(make_window, tmp_path):
    """The second restart's verdict was found at step 63; the run goes on from step 30."""
    path = judged_run(tmp_path / "runs" / "first", escape(**FIRST), escape(**SECOND), outcome="stopped")
    window = make_window()
    table = show(window, path)
    assert [cells(table, row)["Verdict"] for row in (0, 1)] == ["∩↓ crossed, better"] * 2

    writer = go_on(path, 30)
    window.poll()
    window._tables.renew()

    assert window.state is RunState.RUNNING
    assert [cells(table, row)["Verdict"] for row in (0, 1)] == ["∩↓ crossed, better", "due at epoch 7"]
    writer.close()


def test_a_row_that_goes_moves_nothing_in_the_curves(make_window, tmp_path):
    """Of two that are selected the run takes one back: nobody has chosen the other one alone."""
    window = make_window()
    path = judged_run(tmp_path / "runs" / "first", escape(**FIRST), escape(**SECOND), outcome="stopped")
    table = show(window, path)
    table.selectAll()

    writer = go_on(path, 20)
    window.poll()
    window._tables.renew()

    assert len(table.selectionModel().selectedRows()) == 1
    assert window.curves.follows
    writer.close()
