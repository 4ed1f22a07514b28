"""The tab of compared runs, by mouse and keyboard."""

import pytest
from kescape_gui import theme
from kescape_gui.compare.compare_view import CompareView
from kescape_gui.compare.repeats import groups_of
from kescape_gui.compare.series import swatch_at
from kescape_gui.compare.settings_table import table_of
from kescape_gui.compare.table import Table
from kescape_gui.rows import MARGIN
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QLabel, QMenu

from tests.gui.compare.compared import ended_run, watched

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
"""A widget or a menu of its own asks the window system for more than the offscreen one has."""


@pytest.fixture
def view(qtbot, qapp):
    theme.apply_appearance(qapp, theme.Appearance.LIGHT)
    made = CompareView()
    qtbot.addWidget(made)
    made.resize(900, 220)
    made.show()
    return made


@pytest.fixture
def runs(tmp_path):
    """Three that differ in momentum, from the highest to the lowest."""
    return watched(*(ended_run(tmp_path / f"run-{n}", momentum=0.9 - n / 10) for n in range(3)))


def show(view, runs, **options):
    table = table_of(groups_of(runs), all_settings=view.all_settings, baseline=options.get("baseline"))
    samples = {(run.path, False): swatch_at(at, theme.LIGHT.series) for at, run in enumerate(runs)}
    view.show_table(table, samples, compared=[run.path for run in runs], **options)
    return table


def column(view, number):
    model = view.table.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def click_heading(qtbot, view, title):
    header = view.table.horizontalHeader()
    titles = [header.model().headerData(at, Qt.Orientation.Horizontal).strip() for at in range(header.count())]
    at = titles.index(title)
    place = QPoint(header.sectionViewportPosition(at) + header.sectionSize(at) // 2, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    return at


def test_without_runs_it_says_how_to_get_some(view):
    view.show_table(Table(), {})

    [words] = [label for label in view.findChildren(QLabel) if label.isVisible()]
    assert words.text() == "Tick runs in the list to draw them together here."
    assert not view.table.isVisible()


def test_the_first_column_is_a_sample_of_the_line(view, runs):
    show(view, runs)
    model = view.table.model()

    assert column(view, 0) == ["━━━"] * 3
    assert column(view, 1) == ["run-0", "run-1", "run-2"]
    colours = [model.index(row, 0).data(Qt.ItemDataRole.ForegroundRole).name() for row in range(3)]
    assert colours == list(theme.LIGHT.series[:3])


def test_a_click_on_a_heading_sorts_and_a_second_turns_it_round(qtbot, view, runs):
    show(view, runs)

    at = click_heading(qtbot, view, "Momentum")
    assert column(view, 1) == ["run-2", "run-1", "run-0"]
    assert view.table.horizontalHeader().sortIndicatorSection() == at
    click_heading(qtbot, view, "Momentum")
    assert column(view, 1) == ["run-0", "run-1", "run-2"]


def test_order_and_choice_stay_when_columns_come(qtbot, view, runs):
    show(view, runs)
    click_heading(qtbot, view, "Momentum")
    view.table.selectRow(2)

    view.findChild(QCheckBox, "allSettingsBox").click()
    show(view, runs)

    assert view.table.model().columnCount() > 20
    assert column(view, 1) == ["run-2", "run-1", "run-0"]
    assert view.table.selectionModel().selectedRows()[0].row() == 2


def test_ctrl_c_copies_the_table_as_it_is_sorted(qtbot, view, runs):
    table = show(view, runs)
    click_heading(qtbot, view, "Momentum")
    view.table.setFocus()
    qtbot.waitUntil(view.table.hasFocus)

    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    rows = QGuiApplication.clipboard().text().splitlines()
    assert rows == table.as_tsv(list(reversed(table.lines()))).splitlines()
    assert [row.split("\t")[0] for row in rows] == ["Run", "run-2", "run-1", "run-0"]


def test_enter_shows_the_run_that_is_chosen(qtbot, view, runs):
    show(view, runs)
    view.table.selectRow(1)
    view.table.setFocus()

    with qtbot.waitSignal(view.chosen) as shown:
        qtbot.keyClick(view.table, Qt.Key.Key_Return)

    assert shown.args == [runs[1].path]


def menu_of(qtbot, view, row):
    view.table.customContextMenuRequested.emit(view.table.visualRect(view.table.model().index(row, 1)).center())
    qtbot.waitUntil(lambda: bool(view.findChildren(QMenu)))
    menu = view.findChildren(QMenu)[-1]
    return menu, {action.text(): action for action in menu.actions() if action.text()}


def test_the_menu_pins_and_leaves_out(qtbot, view, runs):
    show(view, runs, baseline=runs[0].path)

    menu, actions = menu_of(qtbot, view, 1)
    assert list(actions) == ["Show", "Pin as the baseline", "Leave out", "Copy the table"]
    with qtbot.waitSignal(view.baseline_wanted) as pinned:
        actions["Pin as the baseline"].trigger()
    assert pinned.args == [runs[1].path]
    menu.close()
    menu, actions = menu_of(qtbot, view, 0)
    with qtbot.waitSignal(view.baseline_wanted) as pinned:
        actions["No longer the baseline"].trigger()
    assert pinned.args == [None]
    with qtbot.waitSignal(view.left_out) as left:
        actions["Leave out"].trigger()
    assert left.args == [runs[0].path]
    menu.close()


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_no_text_is_cut_off(qtbot, view, runs, scale):
    """In a font half as large again, too; a table sorted by any column has room for the sign of the order."""
    view.resize(2000, 300)
    view.table.setFont(theme.font(view.table, scale=scale))
    view.table.horizontalHeader().setFont(view.table.font())
    show(view, runs, baseline=runs[0].path)
    header, model, metrics = view.table.horizontalHeader(), view.table.model(), view.table.fontMetrics()

    for number in range(model.columnCount()):
        if number:
            click_heading(qtbot, view, model.headerData(number, Qt.Orientation.Horizontal).strip())
        assert header.isSortIndicatorShown() == (number > 0)
        assert header.sectionSizeHint(number) <= header.sectionSize(number)
        room = header.sectionSize(number) - 2 * MARGIN
        texts = [model.index(row, number).data() for row in range(model.rowCount())]
        assert [metrics.elidedText(text, Qt.TextElideMode.ElideRight, room) for text in texts] == texts


def test_a_width_that_the_user_chose_stays_until_the_column_needs_another(view, runs):
    show(view, runs)
    view.table.setColumnWidth(1, 200)
    show(view, runs)
    assert view.table.columnWidth(1) == 200

    runs[0].path = runs[0].path.with_name("a run with a longer name")
    show(view, runs)

    room = view.table.columnWidth(1) - 2 * MARGIN
    assert room >= view.table.fontMetrics().horizontalAdvance(runs[0].name)


def test_every_control_is_reached_by_key_and_says_what_it_does(view, runs):
    show(view, runs)

    boxes = view.findChildren(QCheckBox)
    assert {box.text() for box in boxes} == {"Repeats as &bands", "&All settings (24 are the same)"}
    assert all(box.toolTip() and box.focusPolicy() & Qt.FocusPolicy.TabFocus for box in boxes)
    assert view.table.accessibleName() == "Compared runs"
    assert view.table.focusPolicy() & Qt.FocusPolicy.TabFocus
