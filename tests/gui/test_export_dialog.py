"""The export dialog and the clipboard, with the real process beside them."""

import csv
import json
import time

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.curves.curve import Curve
from kescape_gui.export import clipboard, export_dialog
from kescape_gui.export.curve_tsv import MOST_ROWS
from kescape_gui.export.export_dialog import ExportDialog
from kescape_gui.export.job import Choices
from kescape_gui.runs.runs_view import RunsView
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QTextDocument
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QTableView, QWidget

from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts
from tests.gui.recorded import COLUMNS, append, engine_run, record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


def find(inside, name, kind=QWidget):
    found = inside.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


@pytest.fixture
def run(tmp_path):
    """700 steps in 7 epochs, recorded by a script."""
    return record(tmp_path / "runs" / "first", outcome="finished")


@pytest.fixture
def open_dialog(qtbot, qapp, settings, run):
    """Opens the dialog on a run, and closes it."""
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)
    opened = []

    def open_(folder=run, visible=(100, 399)):
        dialog = ExportDialog(folder, settings, visible)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        dialog.saved = []
        dialog.save_wanted.connect(lambda job, target: dialog.saved.append((job, target)))
        dialog.open()
        opened.append(dialog)
        wait_for_preview(dialog, qtbot)
        return dialog

    yield open_
    for dialog in opened:
        dialog.close()
        dialog.deleteLater()
    qapp.sendPostedEvents()
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)


def wait_for_preview(dialog, qtbot):
    """The preview is the one of what is chosen."""
    with qtbot.waitSignal(
        dialog._previewer.made, timeout=30_000, check_params_cb=lambda want, _: want.job == dialog.job
    ):
        dialog._renew()
    qtbot.waitUntil(lambda: not dialog._previewer.is_busy, timeout=30_000)


def choose(dialog, qtbot, **choices):
    """As a user does, box by box; "what" is the row of the list."""
    boxes = {"format": "exportFormatBox", "size": "exportSizeBox", "theme": "exportThemeBox", "level": "exportLevelBox"}
    for name, value in choices.items():
        if name == "what":
            find(dialog, "exportWhatList").setCurrentRow(value)
        elif name == "part":
            find(dialog, "exportPartBox").setValue(value)
        elif name == "dpi":
            find(dialog, "exportDpiBox").setValue(value)
        else:
            find(dialog, boxes[name]).setValue(value)
    wait_for_preview(dialog, qtbot)


def facts(dialog):
    return find(dialog, "exportFacts", QLabel).text()


def dots_of(dialog):
    """Colours of the preview: of its corner, and how often each is there."""
    image = find(dialog, "exportPreview").currentWidget()._image
    return image.size(), image.pixelColor(2, 2).name()


FIGURE, DATA, SCRIPT, EVERYTHING, TENSORBOARD = range(5)


def test_every_name_is_there_and_every_choice_has_a_name_that_is_read_aloud(open_dialog):
    dialog = open_dialog()

    assert dialog.objectName() == "exportDialog"
    for name in ("exportPreview", "exportSaveButton", "exportCopyButton"):
        assert find(dialog, name).isVisible()
    for name in (
        "exportFormatBox",
        "exportSizeBox",
        "exportThemeBox",
        "exportDpiBox",
        "exportPartBox",
        "exportLevelBox",
    ):
        assert find(dialog, name).accessibleName()
        assert find(dialog, name).toolTip()
    assert find(dialog, "exportWhatList").accessibleName() == "What to export"


def test_a_figure_is_seen_as_it_will_be(open_dialog, qtbot, qapp):
    """In its proportions, with its ground; "as the window" follows the window."""
    dialog = open_dialog()
    size, ground = dots_of(dialog)
    assert size.width() / size.height() == pytest.approx(183 / 112, rel=0.01)
    assert ground == "#ffffff"
    assert facts(dialog) == "183 × 112 mm  ·  2,161 × 1,322 dots"

    choose(dialog, qtbot, size="slide", theme="dark", dpi=100)
    size, ground = dots_of(dialog)
    assert size.width() / size.height() == pytest.approx(16 / 9, rel=0.01)
    assert ground == "#16181b"
    assert facts(dialog).endswith("1,333 × 750 dots")

    choose(dialog, qtbot, theme="window")
    assert dots_of(dialog)[1] == "#ffffff"
    theme.apply_appearance(qapp, theme.Appearance.DARK)
    qtbot.waitUntil(lambda: dots_of(dialog)[1] == "#16181b", timeout=20_000)


def test_data_are_seen_as_rows_with_their_number_and_size(open_dialog, qtbot):
    dialog = open_dialog()
    choose(dialog, qtbot, what=DATA)
    model = find(dialog, "exportTable", QTableView).model()
    headings = [model.headerData(column, Qt.Orientation.Horizontal).strip() for column in range(model.columnCount())]
    assert headings == ["step", "time", "learning_rate", "loss", "cycle"]
    assert model.index(3, 0).data() == "3"
    assert facts(dialog).startswith("700 rows  ·  5 columns  ·  about ")

    choose(dialog, qtbot, part="in view")
    assert facts(dialog).startswith("300 rows")
    assert find(dialog, "exportTable", QTableView).model().index(0, 0).data() == "100"

    choose(dialog, qtbot, level="epoch", format="npz")
    assert facts(dialog).startswith("3 rows")  # those that end at steps 199, 299 and 399
    assert not find(dialog, "exportSizeBox").isVisible()
    choose(dialog, qtbot, format="json")
    assert json.loads(find(dialog, "exportPreview").text.replace(", …]", "]"))["name"] == "first"
    assert not find(dialog, "exportPartBox").isVisible()


def test_what_cannot_be_exported_is_said_in_the_place_of_the_preview(open_dialog, qtbot, tmp_path):
    """A script of what a script recorded; a figure with too many dots; a run without a step; a run that is gone."""
    dialog = open_dialog()
    save, copy = find(dialog, "exportSaveButton"), find(dialog, "exportCopyButton")
    view = find(dialog, "exportPreview")
    choose(dialog, qtbot, what=SCRIPT)
    assert view.text.startswith("The run 'first' was recorded in a script")
    assert (save.isEnabled(), copy.isEnabled()) == (False, False)
    assert save.toolTip() == view.text

    choose(dialog, qtbot, what=FIGURE, size="poster", dpi=1200)
    assert view.text.startswith("dpi is too high for size poster")
    choose(dialog, qtbot, dpi=300)
    assert not view.has_sentence
    assert (save.isEnabled(), copy.isEnabled(), save.toolTip()) == (True, True, "")

    RunWriter.open(tmp_path / "runs" / "new", kind="recorder").close()
    for folder, sentence in (("new", "The run 'new' has no recorded loss yet"), ("gone", "There is no run in ")):
        other = open_dialog(tmp_path / "runs" / folder, None)
        assert find(other, "exportPreview").text.startswith(sentence)
        assert not find(other, "exportSaveButton").isEnabled()
        assert not find(other, "exportPartBox").model().item(1).isEnabled()


def test_a_run_that_trains_tells_how_far_it_is(open_dialog, qtbot, tmp_path, monkeypatch):
    """And the preview goes on with it."""
    monkeypatch.setattr(export_dialog, "_LIVE_MILLISECONDS", 50)
    folder = tmp_path / "runs" / "live"
    plan = CosineRestarts(1, 2, 0.1)
    with_facts = {"kind": "recorder", "config": {"epochs": 7}, "plan": plan.to_dict(), "steps_per_epoch": 100}
    writer = RunWriter.open(folder, **with_facts)
    writer.describe_columns(COLUMNS)
    append(writer, plan.on_steps(100), np.geomspace(2, 1, 250))
    dialog = open_dialog(folder, None)
    assert facts(dialog).startswith("so far 250 steps  ·  ")
    append(writer, plan.on_steps(100), np.geomspace(1, 0.5, 50))
    wait_for_preview(dialog, qtbot)
    append(writer, plan.on_steps(100), np.geomspace(1, 0.5, 50))
    writer.flush()  # steps are written 100 ms after the last ones, with the next; here no next ones come
    qtbot.waitUntil(lambda: facts(dialog).startswith("so far 350 steps"), timeout=20_000)
    writer.end("finished")
    writer.close()
    qtbot.waitUntil(lambda: facts(dialog).startswith("183"), timeout=20_000)


def test_what_was_chosen_last_is_chosen_again(open_dialog, qtbot, settings):
    dialog = open_dialog()
    choose(dialog, qtbot, size="column", theme="grey", dpi=600)
    choose(dialog, qtbot, what=DATA, format="parquet", level="epoch", part="in view")
    dialog.close()

    again = open_dialog()
    assert again._choices == Choices("data", "png", "parquet", "column", "grey", 600, "epoch", in_view=True)
    assert find(again, "exportFormatBox").value() == "parquet"
    assert find(again, "exportSizeBox").value() == "column"
    # Nothing of another run is in view, so that is not what is exported of it.
    assert open_dialog(visible=None).job.steps is None


def save_as(dialog, qtbot, name, monkeypatch=None):
    """Press Save as, type a name, press Save."""
    qtbot.mouseClick(find(dialog, "exportSaveButton"), Qt.MouseButton.LeftButton)
    files = dialog.findChildren(QFileDialog, "exportFileDialog")[-1]
    files.selectFile(name)
    files.fileSelected.emit(files.selectedFiles()[0])
    files.close()


def test_a_file_gets_its_suffix_and_the_folder_of_each_kind_is_remembered(open_dialog, qtbot, settings, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "tables").mkdir()
    dialog = open_dialog()
    choose(dialog, qtbot, format="svg")
    save_as(dialog, qtbot, str(tmp_path / "figures" / "v1.2"))
    ((job, target),) = dialog.saved
    assert (job.format, target) == ("svg", tmp_path / "figures" / "v1.2.svg")
    assert not dialog.isVisible()

    other = open_dialog()
    choose(other, qtbot, what=DATA)
    save_as(other, qtbot, str(tmp_path / "tables" / "a.csv"))
    assert other.saved[0][1] == tmp_path / "tables" / "a.csv"

    third = open_dialog()
    for what, folder in ((FIGURE, "figures"), (DATA, "tables")):
        choose(third, qtbot, what=what)
        qtbot.mouseClick(find(third, "exportSaveButton"), Qt.MouseButton.LeftButton)
        files = third.findChildren(QFileDialog, "exportFileDialog")[-1]
        assert files.directory().path() == str(tmp_path / folder)
        assert files.selectedFiles()[0].endswith(f"first.{'svg' if what == FIGURE else 'csv'}")
        files.close()


def test_a_file_that_the_system_did_not_ask_about_is_not_replaced(open_dialog, qtbot, tmp_path):
    """Typed without a suffix that the dialog adds: it asks again, about the file that would be replaced."""
    (tmp_path / "v1.2.csv").write_text("precious", "utf-8")
    dialog = open_dialog()
    choose(dialog, qtbot, what=DATA)
    save_as(dialog, qtbot, str(tmp_path / "v1.2"))

    assert dialog.saved == []
    assert dialog.isVisible()
    files = dialog.findChildren(QFileDialog, "exportFileDialog")[-1]
    assert files.isVisible()
    assert files.selectedFiles()[0] == str(tmp_path / "v1.2.csv")
    files.close()


def test_copies(open_dialog, qtbot, tmp_path):
    """A figure as a picture of all its dots, a table as TSV, a script as text; files are not copied."""
    clip = QGuiApplication.clipboard()
    dialog = open_dialog()
    copy, message = find(dialog, "exportCopyButton"), find(dialog, "exportMessage", QLabel)

    def press(said):
        qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: message.text() == said, timeout=20_000)

    choose(dialog, qtbot, dpi=100)
    press("Copied as a picture.")
    assert clip.image().width() == pytest.approx(183 / 25.4 * 100, abs=1)
    choose(dialog, qtbot, what=DATA, format="parquet", part="in view")
    press("Copied as a table.")
    rows = list(csv.DictReader(clip.text().splitlines(), delimiter="\t"))
    with open_run(tmp_path / "runs" / "first") as opened:
        assert [float(row["loss"]) for row in rows] == opened.curves()["loss"][100:400].tolist()
    for what in (EVERYTHING, TENSORBOARD):
        choose(dialog, qtbot, what=what)
        assert not copy.isEnabled()
        assert copy.toolTip() == "Files cannot be copied from here: save them"
    trained = open_dialog(engine_run(tmp_path / "runs" / "trained", steps=20, outcome="stopped"), None)
    choose(trained, qtbot, what=SCRIPT)
    qtbot.mouseClick(find(trained, "exportCopyButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "kescape.RunRecorder" in clip.text(), timeout=20_000)
    assert clip.text() == find(trained, "exportPreview").text


def test_too_much_for_a_clipboard_is_refused_and_the_clipboard_left_alone(open_dialog, qtbot, tmp_path):
    """200,001 steps of 5 columns are 1,000,005 numbers."""
    QGuiApplication.clipboard().setText("mine")
    dialog = open_dialog(record(tmp_path / "runs" / "long", loss=np.ones(200_001), outcome="finished"), None)
    choose(dialog, qtbot, what=DATA)
    qtbot.mouseClick(find(dialog, "exportCopyButton"), Qt.MouseButton.LeftButton)
    message = find(dialog, "exportMessage", QLabel)
    qtbot.waitUntil(lambda: message.text().startswith("1,000,005 numbers are too many for a clipboard"), timeout=30_000)
    assert QGuiApplication.clipboard().text() == "mine"


def test_of_many_wishes_the_newest_is_made(open_dialog, qtbot):
    """Twenty sizes in a row: what was under way, and the last; nothing in between."""
    dialog = open_dialog()
    made = []
    dialog._previewer.made.connect(lambda want, _: made.append(want.job.size))
    asked = []
    preview = dialog._previewer._beside.preview
    dialog._previewer._beside.preview = lambda job, width: asked.append(job.size) or preview(job, width)
    for _ in range(10):
        for size in ("column", "slide"):
            find(dialog, "exportSizeBox").setValue(size)
    qtbot.waitUntil(lambda: not dialog._previewer.is_busy, timeout=20_000)

    assert asked == ["column", "slide"]
    assert made == ["slide"]


def test_previews_do_not_hold_up_the_window(open_dialog, qtbot, tmp_path, capsys):
    """A run of 100,000 steps, from the first import of matplotlib on; the longest gap is printed, not judged."""
    folder = record(tmp_path / "runs" / "long", steps_per_epoch=1000, loss=np.geomspace(2, 0.01, 100_000))
    times = []
    timer = QTimer()
    timer.setInterval(10)
    timer.timeout.connect(lambda: times.append(time.perf_counter()))
    timer.start()
    dialog = open_dialog(folder, None)
    for size in ("column", "slide", "poster"):
        choose(dialog, qtbot, size=size)
    choose(dialog, qtbot, what=DATA)
    timer.stop()
    with capsys.disabled():
        print(f"\nLongest gap of the event loop while previewing {1000 * np.diff(times).max():.0f} ms")
    # The drawing itself takes several times as long.
    assert len(times) > 30


def test_the_dialog_of_the_window_saves_and_is_closed_with_it(make_window, qtbot, tmp_path, run):
    """Ctrl+E, Save as, and the line at the foot says where it is."""
    window = make_window()
    window.show_run(run)
    find(window, "exportAction", object).trigger()
    dialog = find(window, "exportDialog")
    wait_for_preview(dialog, qtbot)
    choose(dialog, qtbot, size="column", theme="grey", dpi=100)
    save_as(dialog, qtbot, str(tmp_path / "a.png"))
    qtbot.waitUntil(lambda: "Saved a.png" in find(window, "messageLabel").text(), timeout=20_000)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == pytest.approx(89 / 25.4 * 100, abs=1)
    qtbot.waitUntil(lambda: not window.findChildren(QWidget, "exportDialog"))

    window.export_to(run, tmp_path / "no" / "such" / "a.csv")
    qtbot.waitUntil(lambda: find(window, "messageLabel").text().startswith("Export failed: The folder"), timeout=20_000)
    window.export_to(run, tmp_path / "a.doc")
    assert "The suffix '.doc' of 'a.doc' is none that KEscape writes" in find(window, "messageLabel").text()

    find(window, "exportAction", object).trigger()
    process = find(window, "exportDialog")._previewer
    qtbot.waitUntil(lambda: process._beside._worker is not None, timeout=20_000)
    worker = process._beside._worker
    window.leave()
    assert worker.is_gone


def test_a_saved_file_and_its_folder_may_have_any_name(make_window, qtbot, tmp_path, run, monkeypatch):
    """They stand in a text with markup."""
    opened = []
    monkeypatch.setattr("kescape_gui.status_strip.QDesktopServices.openUrl", opened.append)
    folder = tmp_path / "Ana's 100% <b>"
    folder.mkdir()
    window = make_window()
    label = find(window, "messageLabel", QLabel)

    window.export_to(run, folder / "a <b>.csv")
    qtbot.waitUntil(lambda: label.text().startswith("Saved"), timeout=20_000)
    shown = QTextDocument()
    shown.setHtml(label.text())
    assert shown.toPlainText() == "Saved a <b>.csv · Show in folder"
    label.linkActivated.emit(shown.find("folder").charFormat().anchorHref())

    assert [url.toLocalFile() for url in opened] == [str(folder)]


class Plots:
    """Two plots of 30 dots, of which some steps are in view."""

    def __init__(self, *steps):
        self.steps = steps

    def picture(self):
        pixmap = QPixmap(30, 20)
        pixmap.fill(Qt.GlobalColor.red)
        return pixmap

    def visible_steps(self):
        return self.steps


def test_ctrl_c_copies_picture_and_table_at_once(qapp):
    curve = Curve(steps_per_epoch=10)
    curve.append({"step": np.arange(50), "loss": np.linspace(1, 0.1, 50)})
    copier, said = clipboard.CurvesCopier(), []
    copier.told.connect(said.append)
    copier.copy(Plots(10, 19), curve)
    data = QGuiApplication.clipboard().mimeData()

    assert data.hasImage()
    assert data.hasText()
    assert QImage(data.imageData()).size().toTuple() == (30, 20)
    rows = list(csv.DictReader(data.text().splitlines(), delimiter="\t"))
    assert [float(row["loss"]) for row in rows] == curve.loss[10:20].tolist()
    assert said == ["Copied as a picture and as a table of 10 steps."]

    copier.copy(Plots(0, 0), Curve())  # the plan of a draft
    data = QGuiApplication.clipboard().mimeData()
    assert (data.hasImage(), data.hasText()) == (True, False)
    assert said[1:] == ["Copied as a picture."]


def test_ctrl_c_on_too_many_steps_copies_the_picture_and_says_why(qapp):
    curve = Curve()
    curve.append({"step": np.arange(MOST_ROWS + 5), "loss": np.ones(MOST_ROWS + 5)})
    copier, said = clipboard.CurvesCopier(), []
    copier.complained.connect(said.append)
    copier.copy(Plots(0, MOST_ROWS + 4), curve)
    data = QGuiApplication.clipboard().mimeData()

    assert (data.hasImage(), data.hasText()) == (True, False)
    assert said == [
        "Copied the picture only. 200,005 steps are in view, and a table on the clipboard takes 200,000 at most: "
        "zoom in or export."
    ]


def test_the_key_belongs_to_the_plots_alone(qtbot):
    """In a field beside them Ctrl+C copies what is marked there."""
    from PySide6.QtWidgets import QHBoxLayout, QLineEdit

    outside = QWidget()
    layout = QHBoxLayout(outside)
    plots, field = QWidget(), QLineEdit("text")
    plots.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    layout.addWidget(plots)
    layout.addWidget(field)
    qtbot.addWidget(outside)
    pressed = []
    clipboard.copy_key(plots).activated.connect(lambda: pressed.append(True))
    outside.show()
    outside.activateWindow()
    qtbot.waitUntil(outside.isActiveWindow)
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert pressed == []
    assert QGuiApplication.clipboard().text() == "text"
    plots.setFocus()
    qtbot.keyClick(plots, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert pressed == [True]


def test_every_button_has_its_text(open_dialog):
    dialog = open_dialog()
    assert [button.text() for button in dialog.findChildren(QAbstractButton) if button.text()] == [
        "Close", "&Save as…", "&Copy",
    ]  # fmt: skip


def test_the_tab_key_goes_from_the_choices_over_the_preview_to_the_buttons(open_dialog, qtbot):
    dialog = open_dialog()
    choose(dialog, qtbot, what=DATA)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    find(dialog, "exportWhatList").setFocus()
    passed = []
    for _ in range(8):
        passed.append(dialog.focusWidget().objectName() or dialog.focusWidget().text())
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    assert passed == [
        "exportWhatList", "exportFormatBox", "exportLevelBox", "exportPartBox", "exportTable",
        "exportSaveButton", "exportCopyButton", "Close",
    ]  # fmt: skip


def test_what_the_window_shows_is_what_is_in_view(make_window, qtbot, run, tmp_path):
    """Zoomed in by key: so many steps are offered, and Ctrl+C copies them; of another run, none is in view."""
    other = record(tmp_path / "runs" / "other", outcome="finished")
    window = make_window()
    window.show_run(run)
    qtbot.waitUntil(lambda: len(window.curves.shown.curve) == 700)
    plot = find(window, "lossPlot")
    window.activateWindow()
    plot.setFocus()
    qtbot.waitUntil(plot.hasFocus)
    for _ in range(3):
        qtbot.keyClick(plot, "+")
    first, last = window.curves.visible_steps()
    assert 0 < last - first < 600
    qtbot.keyClick(plot, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    words = f"as a table of {last - first + 1} steps"
    qtbot.waitUntil(lambda: words in find(window, "messageLabel").text())
    assert QGuiApplication.clipboard().mimeData().hasImage()
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines(), delimiter="\t"))
    assert [int(rows[0]["step"]), int(rows[-1]["step"])] == [first, last]

    find(window, "exportAction", object).trigger()
    dialog = find(window, "exportDialog")
    assert find(dialog, "exportPartBox").itemText(1) == f"In view: {first} to {last}"
    find(dialog, "exportPartBox").setValue("in view")
    assert dialog.job.steps == (first, last)
    dialog.close()
    qtbot.waitUntil(lambda: not window.findChildren(QWidget, "exportDialog"))

    window.findChild(RunsView).export_wanted.emit(other)
    assert find(window, "exportDialog").job.steps is None
    find(window, "exportDialog").close()
