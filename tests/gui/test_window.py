"""The window without an engine: form, plan, runs, looks."""

import shutil
import subprocess
import sys

import numpy as np
import pyqtgraph
import pytest
from kescape_gui import icons, theme
from kescape_gui.curves.curve import Curve
from kescape_gui.curves.legend import Legend
from kescape_gui.preferences import PreferenceFile
from kescape_gui.run_state import RunState
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QMessageBox, QWidget

from kescape.config import SETTINGS, RunConfig
from kescape.engine.launch import prepare_run
from kescape.run.importing import import_run
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts
from tests.gui.recorded import COLUMNS, append, record

PLAN = CosineRestarts(1, 2, 0.1)

NAMES = [
    "startButton", "pauseButton", "stopButton", "stopNowButton", "restartButton", "datasetBox", "modelBox",
    "epochsBox", "batchSizeBox", "etaMaxBox", "etaMinBox", "t0Box", "tMultBox", "momentumBox", "lossPlot",
    "learningRatePlot", "runsTable", "escapesTable", "statusLabel", "progressBar",
]  # fmt: skip


def find(window, name):
    found = window.findChildren(QWidget, name)
    assert len(found) == 1, name
    return found[0]


def test_every_promised_name_is_there_once(make_window):
    window = make_window()

    for name in NAMES:
        find(window, name)
    for name in SETTINGS:
        first, *rest = name.split("_")
        find(window, first + "".join(part.capitalize() for part in rest) + "Box")


def test_the_foot_of_the_first_window_is_on_the_screen(make_window):
    """With its frame, and though the size that is meant is that of the whole screen here."""
    window = make_window()

    assert window.height() <= window.screen().availableSize().height() - 30


def test_the_plan_is_there_before_anything_is_trained(make_window, qtbot):
    window = make_window()

    assert window.state is RunState.DRAFT
    assert find(window, "landingLabel").text() == "3 cycles of 10, 20, 40 epochs; the last one ends at the lowest rate"
    config = RunConfig()
    x, y = window.curves.planned_line()
    assert x[0] == 0
    assert x[-1] == config.epochs * config.steps_per_epoch() - 1
    assert y.max() == config.eta_max
    assert find(window, "startButton").isEnabled()
    assert not find(window, "stopButton").isEnabled()
    assert find(window, "stopButton").toolTip()


def test_the_plan_follows_the_form_and_a_cure_sets_the_epochs(make_window):
    window = make_window()
    find(window, "epochsBox").setValue(120)

    landing = find(window, "landingLabel")
    assert "Epoch 120 is 62 % into cycle 4" in landing.text()

    landing.linkActivated.emit("70")

    assert find(window, "epochsBox").value() == 70
    assert landing.text().startswith("3 cycles of 10, 20, 40 epochs")


def test_start_goes_to_the_first_fault_and_starts_nothing(make_window, qtbot, tmp_path):
    window = make_window()
    box = find(window, "etaMaxBox")
    box.lineEdit().setText("0.3x")
    find(window, "t0Box").setValue(0)

    qtbot.mouseClick(find(window, "startButton"), Qt.MouseButton.LeftButton)

    assert window.state is RunState.DRAFT
    assert window.focusWidget() is box
    assert any("“0.3x” is not a number" in label.text() for label in window.findChildren(QLabel) if label.isVisible())
    assert not (tmp_path / "runs").exists()


def test_a_schedule_hides_what_it_does_not_read(make_window):
    window = make_window()
    find(window, "scheduleBox").setValue("constant")

    assert not find(window, "t0Box").isVisible()
    assert "stays the same" in find(window, "landingLabel").text()


def test_a_finished_run_is_shown_as_it_was_live(make_window, qtbot, tmp_path):
    path = record(tmp_path / "runs" / "first", outcome="finished")
    window = make_window()
    table = find(window, "runsTable")
    qtbot.waitUntil(lambda: table.model().rowCount() == 1)

    table.selectRow(0)

    assert window.shown_run.path == path
    assert window.state is RunState.FINISHED
    assert find(window, "statusLabel").text() == "✓ Finished"
    assert find(window, "progressBar").value() == find(window, "progressBar").maximum()
    curve = window.shown_run.curve
    assert len(curve) == 700
    assert curve.restarts == [100, 300]
    window.show_tab("escapes")
    assert find(window, "escapesTable").model().rowCount() == 2
    assert find(window, "captionLabel").text() == "every one of 700 steps"


def test_a_loss_that_is_a_running_mean_is_called_one(make_window, qtbot, tmp_path):
    """Where a model's own train step returns no loss of its batch, "every batch" would be untrue."""
    path = record(tmp_path / "runs" / "own-step")
    writer = RunWriter.open(path, kind="recorder", resume=True)
    writer.event("loss_kind", 0, "only a running mean", {"loss": "running mean"})
    writer.close()
    window = make_window()

    window.show_run(path)

    def legends():
        return " ".join(widget.accessibleName() for widget in window.findChildren(Legend))

    qtbot.waitUntil(lambda: "running mean" in legends())
    assert "every batch" not in legends()


def test_a_log_of_epochs_alone_is_drawn_by_epoch(make_window, qtbot, tmp_path):
    """As imported from Keras' CSVLogger; with a rate, or without one."""
    for name, rate in (("with", ",0.1"), ("without", ",")):
        (tmp_path / f"{name}.csv").write_text(
            "epoch,loss,val_loss,learning_rate\n"
            + "".join(f"{e},{1 / (e + 1)},{2 / (e + 1)}{rate}\n" for e in range(8))
        )
        import_run(tmp_path / f"{name}.csv", runs=tmp_path / "runs").close()
    window = make_window()

    for name in ("with", "without"):
        window.show_run(tmp_path / "runs" / name)
        curve = window.curves.shown.curve
        qtbot.waitUntil(lambda: window.curves.drawn_steps == 8)
        assert curve.loss.tolist() == [1 / (epoch + 1) for epoch in range(8)]
        assert curve.validation.tolist() == [2 / (epoch + 1) for epoch in range(8)]
        assert np.isfinite(curve.learning_rate).all() == (name == "with")
        assert find(window, "captionLabel").text() == "every one of 8 epochs"
        assert "every epoch" in " ".join(widget.accessibleName() for widget in window.findChildren(Legend))
        window.poll()
        assert len(window.curves.shown.curve) == 8


def test_a_new_window_takes_up_a_training_that_went_on_without_one(make_window, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    path = record(tmp_path / "runs" / "first", epochs=3)
    window = make_window()

    qtbot.waitUntil(lambda: window.shown_run is not None)

    assert window.shown_run.path == path
    assert window.state is RunState.RUNNING
    assert len(window.shown_run.curve) == 300
    assert find(window, "stopButton").isEnabled()


def test_the_last_steps_of_a_run_are_drawn_and_told_at_once(make_window, qtbot, tmp_path, monkeypatch):
    """Though the steps before were drawn a moment ago, and nobody looks again soon."""
    trains = True
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: trains)
    facts = {"config": {"epochs": 7}, "plan": PLAN.to_dict(), "steps_per_epoch": 100}
    writer = RunWriter.open(tmp_path / "runs" / "first", kind="recorder", **facts)
    writer.describe_columns(COLUMNS)
    append(writer, PLAN.on_steps(100), np.geomspace(2, 0.1, 300))
    window = make_window()
    qtbot.waitUntil(lambda: window.shown_run is not None and window.curves.drawn_steps == 300)
    append(writer, PLAN.on_steps(100), np.geomspace(0.1, 0.01, 100))
    window.poll()
    append(writer, PLAN.on_steps(100), np.geomspace(0.1, 0.01, 300))
    writer.end("finished")
    writer.close()
    trains = False
    window.poll()

    assert window.state is RunState.FINISHED
    assert window.curves.drawn_steps == 700
    assert "700 steps" in [label.text() for label in window.findChildren(QLabel)]


def test_a_new_window_takes_up_a_training_rather_than_a_start_that_may_never_come(
    make_window, qtbot, tmp_path, monkeypatch
):
    path = record(tmp_path / "runs" / "first", epochs=3)
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: folder == path)
    asked = tmp_path / "runs" / "asked"
    asked.mkdir()
    (asked / "config.toml").write_text("")
    window = make_window()

    qtbot.waitUntil(lambda: window.shown_run is not None)

    assert window.shown_run.path == path


def test_a_start_is_drawn_with_the_plan_of_its_own_folder(make_window, tmp_path):
    wanted = RunConfig(epochs=12, t_0=3, eta_max=0.4)
    path = prepare_run(wanted, tmp_path / "runs")
    window = make_window()
    window.show_run(path)

    assert window.state is RunState.STARTING
    x, y = window.curves.planned_line()
    assert x[-1] == 12 * wanted.steps_per_epoch() - 1
    assert y.max() == 0.4
    assert window.curves.shown.message == ("Starting…", "The engine is loading what it needs · 0 s")

    # It says what it is at, as long as there is no step to show.
    facts = {"plan": wanted.plan().to_dict(), "steps_per_epoch": wanted.steps_per_epoch()}
    writer = RunWriter.open(path, kind="engine", config=wanted.model_dump(), **facts)
    writer.event("stage", 0, "Building the model")
    window.poll()
    assert window.curves.shown.message == ("Starting…", "Building the model · 0 s")
    writer.close()


def test_start_is_out_of_reach_while_another_run_trains(make_window, qtbot, tmp_path, monkeypatch):
    trains = record(tmp_path / "runs" / "trains", epochs=3)
    ended = record(tmp_path / "runs" / "ended", outcome="finished")
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: folder == trains)
    window = make_window()
    monkeypatch.setattr(type(window.engines), "training", property(lambda self: trains))
    window.show_run(trains)
    qtbot.waitUntil(lambda: not find(window, "startButton").isVisible())

    window.show_run(ended)
    qtbot.waitUntil(lambda: find(window, "startButton").isVisible())

    assert not find(window, "startButton").isEnabled()
    assert "“trains” is being trained" in find(window, "startButton").toolTip()


def test_a_run_that_was_stopped_early_takes_all_the_room(make_window, tmp_path):
    path = record(tmp_path / "runs" / "short", outcome="stopped", loss=np.geomspace(2, 0.1, 70))
    window = make_window()
    window.show_run(path)

    low, high = window.curves.loss_plot.steps_in_view()
    assert (low, high) == (pytest.approx(0, abs=1), pytest.approx(70, abs=1))
    assert window.curves.planned_line()[0][-1] == 69
    assert find(window, "progressBar").value() == 100


def test_a_run_whose_folder_was_deleted_says_so_and_keeps_its_curve(make_window, tmp_path):
    path = record(tmp_path / "runs" / "first", outcome="finished")
    window = make_window()
    window.show_run(path)
    shutil.rmtree(path)
    window.poll()

    assert find(window, "errorHeadline").text() == "This run cannot be read"
    assert find(window, "errorCause").text().endswith("is gone.")
    assert len(window.shown_run.curve) == 700


def test_a_long_run_is_read_beside_the_window(make_window, qtbot, tmp_path):
    path = record(tmp_path / "runs" / "long", epochs=2_000, outcome="finished")
    window = make_window()
    window.show_run(path)

    # Not in the window's thread: nothing of it is there yet, and the window says what it waits for.
    assert len(window.shown_run.curve) == 0
    assert window.state is RunState.FINISHED
    assert window.curves.shown.message == ("Reading…", "200,000 steps")

    qtbot.waitUntil(lambda: window.curves.drawn_steps == 200_000, timeout=20_000)

    curve = window.shown_run.curve
    expected = Curve(steps_per_epoch=100)
    with open_run(path) as run:
        expected.set_restarts(run.restarts())
        expected.append(run.curves())
    for name in ("loss", "learning_rate", "time", "smoothed", "steps"):
        assert np.array_equal(getattr(curve, name), getattr(expected, name), equal_nan=True), name
    assert curve.restarts == expected.restarts
    assert len(curve.validation) == 2_000
    assert window.curves.shown.message is None


def test_a_long_run_nobody_waits_for_leaves_no_trace(make_window, qtbot, tmp_path):
    long = record(tmp_path / "runs" / "long", epochs=2_000, outcome="finished")
    short = record(tmp_path / "runs" / "short", outcome="finished")
    window = make_window()
    window.show_run(long)
    window.show_run(short)
    qtbot.wait(300)

    assert window.curves.drawn_steps == 700


def test_validation_points_without_room_between_them_hide_nothing(make_window, tmp_path):
    few = record(tmp_path / "runs" / "few", outcome="finished")
    many = record(tmp_path / "runs" / "many", epochs=300, outcome="finished")
    window = make_window()

    def markers():
        scatter = [i for i in window.curves.loss_plot.scene().items() if isinstance(i, pyqtgraph.ScatterPlotItem)]
        return max(len(item.getData()[0]) for item in scatter if item.opts["symbol"] == "o")

    window.show_run(few)
    assert markers() == 7

    window.show_run(many)

    assert markers() == 0


def test_a_failed_run_tells_why_over_its_curve(make_window, tmp_path):
    path = record(tmp_path / "runs" / "bad", outcome="failed", loss=[1.0, 2.0, 3.0])
    window = make_window()
    window.show_run(path)

    assert find(window, "errorCard").isVisible()
    assert find(window, "errorHeadline").text() == "The loss is no longer a number"
    find(window, "copyReportButton").click()
    assert "loss became NaN at step 3" in QApplication.clipboard().text().lower().replace("nan", "NaN")


def test_a_run_that_is_none_is_a_sentence_not_a_crash(make_window, tmp_path, qtbot):
    folder = tmp_path / "runs" / "odd"
    folder.mkdir(parents=True)
    (folder / "run.db").write_bytes(b"no database" * 100)
    window = make_window()
    table = find(window, "runsTable")
    qtbot.waitUntil(lambda: table.model().rowCount() == 1)

    table.selectRow(0)

    assert find(window, "errorCard").isVisible()
    assert find(window, "startButton").isEnabled()


def test_values_without_a_logarithm_are_counted(make_window, tmp_path):
    path = record(tmp_path / "runs" / "zero", outcome="finished", loss=[1.0, 0.0, -1.0, 0.5])
    window = make_window()
    window.show_run(path)

    assert any("2 values ≤ 0 hidden" in label.text() for label in window.findChildren(QLabel))
    find(window, "logLossBox").setChecked(False)
    assert not any("hidden" in label.text() for label in window.findChildren(QLabel))


def test_panning_ends_following_until_it_is_asked_for(make_window, tmp_path):
    path = record(tmp_path / "runs" / "first", outcome="finished")
    window = make_window()
    window.show_run(path)
    whole = window.curves.loss_plot.steps_in_view()

    window.curves.loss_plot.plotItem.vb.scaleBy(x=0.5)
    window.curves.loss_plot.plotItem.vb.sigRangeChangedManually.emit([True, False])

    assert not window.curves.follows
    assert find(window, "followButton").isVisible()
    find(window, "followButton").click()
    assert window.curves.follows
    assert window.curves.loss_plot.steps_in_view() == pytest.approx(whole)
    assert window.curves.rate_plot.steps_in_view() == pytest.approx(whole)


@pytest.mark.qt_log_ignore("does not support propagateSizeHints")
def test_closing_while_training_asks_and_cancel_keeps_the_window(make_window, tmp_path, monkeypatch):
    window = make_window()
    path = record(tmp_path / "first", loss=[1.0])
    monkeypatch.setattr(type(window.engines), "training", property(lambda self: path))
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    window.close()

    box = window.findChild(QMessageBox, "leaveBox")
    assert window.isVisible()
    assert box.defaultButton().text() == "Keep training in background"
    next(button for button in box.buttons() if button.text() == "Cancel").click()
    assert window.isVisible()


@pytest.mark.parametrize("appearance", [theme.Appearance.LIGHT, theme.Appearance.DARK])
def test_text_is_readable_and_lines_are_visible(make_window, appearance):
    """Contrast as WCAG 2 defines it: 4.5 for text, 3 for lines and signs."""
    window = make_window()
    window.set_appearance(appearance)
    now = theme.colours()

    assert now.dark == (appearance is theme.Appearance.DARK)
    for text in (now.text, now.muted, now.good, now.warning, now.error):
        for ground in (now.window, now.base):
            assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast(now.on_accent, now.accent) >= 4.5
    assert contrast(now.error, now.error_base) >= 4.5
    assert contrast(now.warning, now.warning_base) >= 4.5
    for line in (now.loss, now.validation, now.learning_rate, now.planned, now.rule):
        assert contrast(line, now.base) >= 3, line


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("size", [(960, 600), (1300, 800)])
def test_nothing_is_cut_off(make_window, qtbot, size):
    window = make_window()
    window.resize(*size)
    qtbot.wait(50)

    # A line of text makes room for the buttons in it as it likes.
    buttons = [each for each in window.findChildren(QAbstractButton) if not isinstance(each.parent(), QLineEdit)]
    for widget in window.findChildren(QLabel) + buttons:
        if widget.isVisible() and not (isinstance(widget, QLabel) and widget.wordWrap()):
            assert widget.width() >= widget.sizeHint().width() - 1, (widget.objectName(), widget.text())


def test_the_icon_is_found():
    assert icons.asset("icons/kescape.svg").is_file()
    assert icons.asset("icons/none.svg") is None


def test_every_control_has_a_name_and_every_action_a_text(make_window):
    window = make_window()

    for field in window.findChildren(QComboBox) + window.findChildren(QLineEdit):
        holder = field if isinstance(field, QComboBox) else field.parentWidget()
        assert holder.accessibleName() or field.accessibleName() or holder.isHidden(), field.objectName()
    for action in window.findChildren(QAction):
        assert action.text() or action.isSeparator() or action.menu() or action.inherits("QWidgetAction")


def test_looks_and_size_are_remembered(make_window, settings):
    window = make_window()
    window.set_appearance(theme.Appearance.DARK)
    window.resize(960, 700)
    window.leave()

    again = make_window()

    assert PreferenceFile().value.appearance == "dark"
    # The screen of the offscreen platform is 800 points wide, the least width of the window is 960.
    assert (again.width(), again.height()) == (960, 700)


def test_curves_only_is_no_look_to_be_remembered(make_window):
    """And it brings back what was there before, no form that was hidden."""
    window = make_window()
    dock, only = find(window, "setupDock"), curves_only(window)
    dock.hide()
    only.trigger()
    only.trigger()
    assert (dock.isVisible(), find(window, "tabs").isVisible()) == (False, True)

    dock.show()
    only.trigger()
    assert not dock.isVisible()
    window.leave()

    assert find(make_window(), "setupDock").isVisible()


def curves_only(window):
    return next(action for action in window.findChildren(QAction) if action.shortcut().toString() == "F11")


def test_without_a_display_the_app_says_so(monkeypatch):
    code = "from kescape_gui.app import main; raise SystemExit(main([]))"
    environment = {"PATH": "/usr/bin"}
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always a display")

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "needs a display" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_window_is_painted_before_the_plots_are_loaded_and_never_loads_an_engine():
    code = (
        "import sys, kescape_gui.main_window; before = 'pyqtgraph' in sys.modules; "
        "import kescape_gui.curves.curves_view; "
        "print(before, [name for name in ('keras', 'tensorflow', 'sklearn', 'matplotlib') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.split(maxsplit=1) == ["False", "[]\n"]
