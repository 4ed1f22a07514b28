"""The list of runs as a widget: what survives a refresh, the keyboard, the filter, and what is compared."""

from dataclasses import replace
from pathlib import Path

import pytest
from kescape_gui import theme
from kescape_gui.runs.order import By
from kescape_gui.runs.runs_table import COLUMNS
from kescape_gui.runs.runs_view import RunsView
from kescape_gui.runs.swatch import Swatch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QColor, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMainWindow, QStyleOptionViewItem, QWidget

from kescape.run.labels import Labels
from kescape.run.listing import RunSummary
from kescape.run.status import RunStatus

NAME = COLUMNS.index(By.NAME)


def summary(number, **facts):
    name = f"run-{number}"
    return RunSummary(
        name, Path("/runs") / name, RunStatus.FINISHED, None, 1.7e9 + number, 1.7e9,
        **{"steps": 100, "epochs_done": number, "epochs_total": 100, "metrics": {"loss": number / 10}} | facts,
    )  # fmt: skip


def summaries(*numbers):
    """As they are listed: the newest first."""
    return [summary(number) for number in sorted(numbers, reverse=True)]


@pytest.fixture
def view(qtbot, qapp, settings):
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)
    made = RunsView(settings)
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setMinimumSize(300, 150)
    window.setCentralWidget(made)
    window.resize(1000, 260)
    window.show()
    yield made  # noqa: PT022 (until then the window lives)


def names(view):
    model = view.table.model()
    return [model.index(row, NAME).data() for row in range(model.rowCount())]


def selected(view):
    return [line.name for line in view.selected]


def heard(signal):
    said = []
    signal.connect(lambda *args: said.append(args[0] if len(args) == 1 else args))
    return said


def click(qtbot, view, row, column, modifier=Qt.KeyboardModifier.NoModifier):
    place = view.table.visualRect(view.table.model().index(row, column)).center()
    if column == 0:
        place.setX(16)
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def test_a_refresh_leaves_selection_and_scroll_position_where_they_are(view, qtbot):
    """New runs come above, others go: what the user looks at stays under the eye."""
    chosen = heard(view.chosen)
    view.show_runs(summaries(*range(60)), None)
    click(qtbot, view, 3, NAME)
    assert chosen == [Path("/runs/run-56")]
    bar = view.table.verticalScrollBar()
    bar.setValue(bar.maximum() // 2 + 3)
    top = view.table.indexAt(QPoint(0, 0))
    before = (top.data(), view.table.rowViewportPosition(top.row()), selected(view))

    newer = [n for n in range(66) if n not in (58, 40, 2)]
    view.show_runs(summaries(*newer), Path("/runs/run-56"))

    top = view.table.indexAt(QPoint(0, 0))
    assert (top.data(), view.table.rowViewportPosition(top.row()), selected(view)) == before
    assert chosen == [Path("/runs/run-56")]
    assert names(view) == [f"run-{n}" for n in sorted(newer, reverse=True)]


def test_only_names_are_cut_in_the_middle(view):
    """Names of runs that belong together begin alike; of a number the beginning counts."""
    view.show_runs(summaries(1), None)
    table = view.table
    cut = {}
    for column, by in enumerate(COLUMNS):
        index, option = table.model().index(0, column), QStyleOptionViewItem()
        option.textElideMode = table.textElideMode()
        table.itemDelegateForIndex(index).initStyleOption(option, index)
        cut[by] = option.textElideMode

    assert [by for by, mode in cut.items() if mode == Qt.TextElideMode.ElideMiddle] == [By.NAME]


def test_at_the_top_new_runs_come_into_sight(view):
    view.show_runs(summaries(*range(60)), None)
    view.show_runs(summaries(*range(61)), None)

    assert view.table.indexAt(QPoint(0, 0)).siblingAtColumn(NAME).data() == "run-60"


def test_several_selected_runs_stay_selected_and_show_nothing_else(view, qtbot):
    chosen = heard(view.chosen)
    view.show_runs(summaries(*range(10)), None)
    click(qtbot, view, 1, NAME)
    click(qtbot, view, 3, NAME, Qt.KeyboardModifier.ShiftModifier)
    click(qtbot, view, 6, NAME, Qt.KeyboardModifier.ControlModifier)
    assert selected(view) == ["run-8", "run-7", "run-6", "run-3"]

    view.show_runs(summaries(*range(12)), Path("/runs/run-8"))

    assert selected(view) == ["run-8", "run-7", "run-6", "run-3"]
    assert chosen == [Path("/runs/run-8")]


def test_the_run_in_view_is_marked_when_it_appears_in_the_list(view):
    """A start is shown before it is listed."""
    view.show_runs(summaries(1, 2), Path("/runs/run-3"))
    assert selected(view) == []
    view.show_runs(summaries(1, 2, 3), Path("/runs/run-3"))
    assert selected(view) == ["run-3"]
    view.show_runs(summaries(1, 2, 3), None)
    assert selected(view) == []


def test_a_run_that_goes_takes_no_other_into_view(view):
    chosen = heard(view.chosen)
    view.show_runs(summaries(1, 2, 3), Path("/runs/run-2"))

    view.show_runs(summaries(1, 3), Path("/runs/run-2"))

    assert chosen == []
    assert selected(view) == []


def test_headings_order_the_list_and_it_is_remembered(view, qtbot, settings):
    view.show_runs([summary(3), summary(2, metrics={}), summary(1, metrics={"loss": 9})], None)
    header = view.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(COLUMNS.index(By.LOSS)) + 20, 5)

    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert names(view) == ["run-3", "run-1", "run-2"]
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert names(view) == ["run-1", "run-3", "run-2"]
    assert header.sortIndicatorSection() == COLUMNS.index(By.LOSS)

    again = RunsView(settings)
    qtbot.addWidget(again)
    again.show_runs([summary(3), summary(2, metrics={}), summary(1, metrics={"loss": 9})], None)
    assert names(again) == ["run-1", "run-3", "run-2"]
    assert again.table.horizontalHeader().sortIndicatorSection() == COLUMNS.index(By.LOSS)


def test_the_order_is_in_reach_of_the_keyboard(view):
    view.show_runs(summaries(1, 2), None)
    menu = view.make_menu()
    by = next(action.menu() for action in menu.actions() if action.text() == "Order by")
    assert [action.text() for action in by.actions()] == [
        "Compare", "State", "Run", "Progress", "Loss", "Val. loss", "Val. accuracy", "Tags", "Started",
    ]  # fmt: skip
    assert [action.text() for action in by.actions() if action.isChecked()] == ["Started"]

    by.actions()[2].trigger()
    assert names(view) == ["run-1", "run-2"]
    menu.deleteLater()


def test_the_filter_lists_what_fits_and_says_how_many(view, qtbot):
    view.show_runs([summary(3, labels=Labels(("keep",))), *summaries(1, 2)], Path("/runs/run-3"))
    box, count = view.findChild(QLineEdit, "filterEdit"), view.findChild(QLabel, "filterCount")
    assert count.text() == "3 runs"

    view.focus_filter()
    qtbot.keyClicks(box, "loss<0.25")
    assert names(view) == ["run-2", "run-1"]
    assert count.text() == "2 of 3 runs"
    assert selected(view) == []

    # Runs that come later are judged, too.
    view.show_runs([summary(4, metrics={"loss": 0.01}), *summaries(1, 2, 3)], Path("/runs/run-3"))
    assert names(view) == ["run-4", "run-2", "run-1"]

    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert box.text() == ""
    assert names(view) == ["run-4", "run-3", "run-2", "run-1"]
    assert selected(view) == ["run-3"]
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert view.table.hasFocus()


def test_a_filter_that_makes_no_sense_says_why_and_hides_nothing(view):
    view.show_runs(summaries(1, 2), None)
    box, fault = view.findChild(QLineEdit, "filterEdit"), view.findChild(QLabel, "filterFault")

    box.setText("loss<")
    assert fault.isVisible()
    assert fault.text() == "“loss<” needs a value, as in loss<0.1."
    assert len(names(view)) == 2

    box.setText("loss<0.15")
    assert not fault.isVisible()
    assert names(view) == ["run-1"]


def test_a_setting_that_only_a_run_to_come_has_is_understood_when_it_comes(view):
    view.show_runs(summaries(1), None)
    view.findChild(QLineEdit, "filterEdit").setText("blocks=3")
    assert "No run has anything called “blocks”" in view.findChild(QLabel, "filterFault").text()

    view.show_runs([summary(2, config={"blocks": 3}), *summaries(1)], None)

    assert not view.findChild(QLabel, "filterFault").isVisible()
    assert names(view) == ["run-2"]


def test_nothing_to_list_is_told_in_words(view, qtbot):
    empty = view.findChild(QLabel, "noRunsLabel")
    assert empty.text().startswith("Your runs will be listed here")

    view.show_runs(summaries(1, 2), None)
    assert not empty.isVisible()
    view.findChild(QLineEdit, "filterEdit").setText("<b>nothing</b> & more")
    assert empty.isVisible()
    assert "None of the 2 runs fits “&lt;b&gt;nothing&lt;/b&gt; &amp; more”." in empty.text()
    empty.linkActivated.emit("clear")
    assert names(view) == ["run-2", "run-1"]

    view.show_folder(Path("/other"), Path("/runs"), None)
    view.show_runs([], None)
    assert empty.text() == f"There are no runs in {Path('/other')}."
    view.show_folder(Path("/other"), Path("/runs"), "/other cannot be read: Permission denied.")
    assert empty.text() == "/other cannot be read: Permission denied."


def test_another_folder_is_named_with_a_way_back(view):
    heading = view.findChild(QWidget, "runsHeading")
    assert not heading.isVisible()

    view.show_folder(Path("/other"), Path("/runs"), None)
    assert heading.isVisible()
    assert view.findChild(QLabel, "runsFolderLabel").text() == f"Runs in {Path('/other')}"
    assert heading.toolTip() == f"New runs still go to {Path('/runs')}"
    home = heard(view.home_wanted)
    view.findChild(QLabel, "homeLink").linkActivated.emit("home")
    assert len(home) == 1

    view.show_folder(Path("/runs"), Path("/runs"), None)
    assert not heading.isVisible()


def test_a_check_box_asks_and_shows_only_what_it_is_told(view, qtbot):
    """It shows no other run; and what is compared follows from what is drawn, never from a click."""
    view.show_runs(summaries(1, 2, 3), Path("/runs/run-3"))
    toggled, chosen = heard(view.compare_toggled), heard(view.chosen)
    check = view.table.model().index(1, 0)

    click(qtbot, view, 1, 0)
    assert toggled == [(Path("/runs/run-2"), True)]
    assert chosen == []
    assert selected(view) == ["run-3"]
    assert check.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked

    view.show_swatches({Path("/runs/run-2"): Swatch("#d55e00", dashed=True)})
    assert check.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    click(qtbot, view, 1, 0)
    assert toggled[1:] == [(Path("/runs/run-2"), False)]


def test_space_compares_and_a_pin_tells_the_baseline_in_words(view, qtbot):
    view.show_runs(summaries(1, 2, 3), Path("/runs/run-3"))
    toggled, wanted = heard(view.compare_toggled), heard(view.baseline_wanted)
    view.table.setFocus()

    qtbot.keyClick(view.table, Qt.Key.Key_Space)
    assert toggled == [(Path("/runs/run-3"), True)]

    find_action(view, "pinRunAction").trigger()
    assert wanted == [Path("/runs/run-3")]
    view.show_swatches({Path("/runs/run-3"): Swatch("#d55e00", is_baseline=True)})
    tip = view.table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "The baseline: the other runs are held against it"
    find_action(view, "pinRunAction").trigger()
    assert wanted == [Path("/runs/run-3"), None]


def find_action(view, name):
    return view.findChild(QAction, name)


@pytest.mark.parametrize("dashed", [False, True])
def test_the_sample_has_the_colour_of_the_line(view, dashed):
    """A dashed one has gaps in which the ground is seen."""
    view.show_runs(summaries(1), None)
    view.show_swatches({Path("/runs/run-1"): Swatch("#d55e00", dashed=dashed)})

    image = view.table.viewport().grab().toImage()
    place = view.table.visualRect(view.table.model().index(0, 0))
    y = place.center().y()
    line = [max_colour(image, x, y) for x in range(30, 50)]

    assert QColor("#d55e00") in line
    assert (QColor("#ffffff") in line) == dashed


def max_colour(image, x, y):
    """The colour of the line where it is, whichever of the rows of pixels it fills whole."""
    found = [image.pixelColor(x, y + dy) for dy in (-1, 0, 1)]
    return next((colour for colour in found if colour == QColor("#d55e00")), found[1])


def test_keys_do_what_the_menu_says(view, qtbot):
    view.show_runs(summaries(1, 2), Path("/runs/run-2"))
    view.table.setFocus()
    said = {name: heard(getattr(view, name)) for name in ("rename_wanted", "trash_wanted", "settings_wanted")}

    qtbot.keyClick(view.table, Qt.Key.Key_F2)
    qtbot.keyClick(view.table, Qt.Key.Key_Delete)
    view.show_runs([summary(2, config={"epochs": 7}), *summaries(1)], Path("/runs/run-2"))
    qtbot.keyClick(view.table, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)

    path = Path("/runs/run-2")
    assert said == {"rename_wanted": [path], "trash_wanted": [[path]], "settings_wanted": [path]}


def test_keys_typed_into_the_filter_do_nothing_to_runs(view, qtbot):
    view.show_runs(summaries(1, 2), Path("/runs/run-2"))
    said = [heard(view.trash_wanted), heard(view.compare_toggled)]
    view.focus_filter()
    box = view.findChild(QLineEdit, "filterEdit")

    qtbot.keyClicks(box, "a b")
    qtbot.keyClick(box, Qt.Key.Key_Delete)

    assert said == [[], []]
    assert box.text() == "a b"


def test_a_run_that_cannot_be_read_cannot_be_compared(view, qtbot):
    bad = replace(summary(1), status=RunStatus.UNKNOWN, problem="'/runs/run-1/run.db' is damaged.")
    view.show_runs([bad], None)
    toggled = heard(view.compare_toggled)

    click(qtbot, view, 0, 0)

    assert toggled == []
    assert not view.table.model().index(0, 0).flags() & Qt.ItemFlag.ItemIsUserCheckable


def test_what_a_run_hides_is_told_when_a_hand_points_at_it(view):
    labels = Labels(("keep",), "Why it\nworked.")
    view.show_runs([summary(1, labels=labels), summary(2, labels=Labels(problem="labels.json cannot be read."))], None)
    model = view.table.model()

    tags = [model.index(row, COLUMNS.index(By.TAGS)).data() for row in (0, 1)]
    tips = [model.index(row, NAME).data(Qt.ItemDataRole.ToolTipRole) for row in (0, 1)]

    assert tags == ["⚠", "keep  ✎"]
    assert tips == ["run-2\n\nlabels.json cannot be read.", "run-1\n\nWhy it\nworked."]


def test_a_note_of_somebody_else_is_no_markup(view):
    """Qt would load what it names, from a server, too."""
    note = "<img src='file://elsewhere/a.png'>\n  a < b"
    view.show_runs([summary(1, labels=Labels((), note))], None)
    tip = QTextDocument()
    tip.setHtml(view.table.model().index(0, NAME).data(Qt.ItemDataRole.ToolTipRole))

    assert tip.toPlainText() == f"run-1\n\n{note}"


@pytest.mark.parametrize("width", [616, 975, 1600])
def test_all_columns_fit(view, width):
    view.window().resize(width, 200)
    view.show_runs(summaries(1, 2), None)
    QApplication.processEvents()

    assert view.table.horizontalScrollBar().maximum() == 0
    assert view.table.horizontalHeader().length() == view.table.viewport().width()
