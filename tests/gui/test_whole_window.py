"""What holds for every room of the window, whoever built it: text that fits, names for inputs, one way round by Tab,
actions that explain themselves, colours that can be told apart."""

import itertools
import re

import pytest
from kescape_gui import theme
from kescape_gui.menus import actions_in
from kescape_gui.short_label import ShortLabel
from PySide6.QtCore import QLocale, QPoint, QRect, Qt
from PySide6.QtGui import QAction, QColor, QKeySequence, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QStyle,
    QStyleOptionComboBox,
    QTableView,
    QTabWidget,
    QToolButton,
    QWidget,
)

from tests.gui.recorded import engine_run, record

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise")

SIZES = [(1300, 800), (960, 600)]
TABS_OF_THE_WINDOW = "tabs"


@pytest.fixture
def settled(make_window, qtbot, tmp_path):
    """Makes a window of a size that shows a draft, or a run of many steps, and waits until it is drawn."""

    def make(size=SIZES[0], run=None):
        window = make_window()
        window.resize(*size)
        if run is not None:
            loss = None if run != "failed" else [2.0, 1.0, float("nan")]
            path = record(
                tmp_path / "runs" / "spirals-mlp-sgdr-2", epochs=30, steps_per_epoch=500, outcome=run, loss=loss
            )
            window.show_run(path)
            table = window.findChild(QTableView, "runsTable")
            qtbot.waitUntil(lambda: table.model().rowCount() == 1)
        qtbot.wait(50)
        return window

    return make


def each_tab(window):
    """Bring each of the lower tabs to the front, and let it be filled."""
    tabs = window.findChild(QTabWidget, TABS_OF_THE_WINDOW)
    for number in range(tabs.count()):
        tabs.setCurrentIndex(number)
        window.poll()
        QApplication.processEvents()
        yield tabs.tabText(number)


def seen(top, *kinds):
    """The visible widgets of some kinds; what a widget is made of inside does not count."""
    inside = (QAbstractSpinBox, QComboBox)
    found = [each for kind in kinds for each in top.findChildren(kind)]
    return [each for each in found if each.isVisible() and not isinstance(each.parent(), inside)]


def named(widget):
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton | QLineEdit) else ""
    return f"{type(widget).__name__} {widget.objectName()} “{text[:50]}”"


def is_rich(widget):
    plain = isinstance(widget, QLabel) and widget.textFormat() == Qt.TextFormat.PlainText
    return not plain and re.search(r"<[a-z]", widget.text()) is not None


# Text that fits.


def clipped(top):
    """Every text below a widget that has less room than it needs."""
    return [
        *(named(label) for label in seen(top, QLabel) if label.text() and label_is_clipped(label)),
        *(named(button) for button in seen(top, QAbstractButton) if button.text() and button_is_clipped(button)),
        *(f"{named(box)} {box.currentText()}" for box in seen(top, QComboBox) if box_is_clipped(box)),
        *(named(box) for box in seen(top, QAbstractSpinBox) if spin_box_is_clipped(box)),
        *(found for table in seen(top, QTableView) for found in clipped_in(table)),
        *(named(part) for part in seen(top, QLabel, QAbstractButton) if stands_out(part)),
    ]


def label_is_clipped(label):
    if isinstance(label, ShortLabel) or label.objectName() == "messageLabel":
        return False  # they end in dots, and have all of it in the tooltip
    room = label.contentsRect()
    if label.wordWrap():
        return label.heightForWidth(label.width()) > label.height() + 1
    if is_rich(label):
        document = QTextDocument()
        document.setDefaultFont(label.font())
        document.setDocumentMargin(0)
        document.setHtml(label.text())
        return document.idealWidth() > room.width() + 1
    needed = label.fontMetrics().size(0, re.sub(r"&(.)", r"\1", label.text()) if label.buddy() else label.text())
    return needed.width() > room.width() + 1 or needed.height() > room.height() + 1


def button_is_clipped(button):
    icon_only = Qt.ToolButtonStyle.ToolButtonIconOnly
    if isinstance(button, QToolButton) and button.toolButtonStyle() is icon_only and not button.icon().isNull():
        return False
    needed = button.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, button.text())
    return needed.width() > button.width() or needed.height() > button.height()


def box_is_clipped(box):
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = QStyle.SubControl.SC_ComboBoxEditField
    room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, box)
    return box.fontMetrics().horizontalAdvance(box.currentText()) > room.width()


def spin_box_is_clipped(box):
    line = box.lineEdit()
    return (
        line.fontMetrics().horizontalAdvance(line.text()) > line.width() or line.fontMetrics().height() > line.height()
    )


def clipped_in(table):
    header, high = table.horizontalHeader(), table.fontMetrics().height()
    model = table.model()
    for column in range(model.columnCount()):
        title = str(model.headerData(column, Qt.Orientation.Horizontal) or "").strip()
        marked = header.isSortIndicatorShown() and header.sortIndicatorSection() == column
        arrow = header.style().pixelMetric(QStyle.PixelMetric.PM_HeaderMarkSize, None, header) if marked else 0
        needed = header.fontMetrics().horizontalAdvance(title) + arrow
        told = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        # It may end in dots, if it can be read all the same.
        gives_way = header.textElideMode() is not Qt.TextElideMode.ElideNone and told
        if not table.isColumnHidden(column) and needed > header.sectionSize(column) and not gives_way:
            yield f"heading {title} of {table.objectName()}"
    if table.verticalHeader().defaultSectionSize() < high or header.height() < header.fontMetrics().height():
        yield f"rows of {table.objectName()}"


def stands_out(widget):
    """Whether a part of it lies outside of what holds it, and cannot be scrolled to."""
    rect = QRect(QPoint(0, 0), widget.size())
    while (parent := widget.parentWidget()) is not None and not widget.isWindow():
        if isinstance(parent.parentWidget(), QAbstractScrollArea):
            return False
        rect.translate(widget.pos())
        if not parent.rect().adjusted(-1, -1, 1, 1).contains(rect):
            return True
        widget = parent
    return False


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("run", [None, "finished", "failed"])
def test_no_text_is_cut_off(settled, size, run):
    window = settled(size, run)

    assert {tab: found for tab in each_tab(window) if (found := clipped(window))} == {}
    assert (window.width(), window.height()) == size


def test_no_text_is_cut_off_where_numbers_have_commas(settled):
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    try:
        window = settled(SIZES[1], "finished")
        assert {tab: found for tab in each_tab(window) if (found := clipped(window))} == {}
    finally:
        QLocale.setDefault(before)


def test_no_text_is_cut_off_in_a_larger_font(settled, qapp):
    """As somebody has set it in the system who sees less well: half as large again."""
    before = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(larger.pointSizeF() * 1.5)
    qapp.setFont(larger)
    try:
        window = settled(SIZES[0], "finished")
        assert {tab: found for tab in each_tab(window) if (found := clipped(window))} == {}
    finally:
        qapp.setFont(before)


@pytest.fixture(params=[1.0, 1.5])
def font_scale(request, qapp):
    before = qapp.font()
    font = qapp.font()
    font.setPointSizeF(font.pointSizeF() * request.param)
    qapp.setFont(font)
    yield request.param
    qapp.setFont(before)


@pytest.mark.parametrize("wanted", ["preferences_wanted", "keys_wanted", "about_wanted"])
def test_no_text_is_cut_off_in_the_dialogs(settled, qtbot, wanted, font_scale):
    window = settled()
    getattr(window._menus, wanted).emit()
    (dialog,) = [each for each in window.findChildren(QDialog) if each.isVisible()]
    qtbot.wait(20)

    assert clipped(dialog) == []
    if wanted == "preferences_wanted":
        dialog._choose_runs("/home/somebody/Dropbox/a folder with a rather long name/for all runs of this year")
        dialog.tell(
            "The settings cannot be written to /somewhere/rather/far/away/preferences.toml: no space left. " * 2
        )
        qtbot.wait(20)
        assert clipped(dialog) == []


@pytest.mark.parametrize("name", ["dataDialog", "modelDialog", "differencesDialog", "fitDialog", "presetDialog"])
def test_no_text_is_cut_off_in_the_dialogs_of_the_form(settled, qtbot, tmp_path, name, font_scale):
    window = settled()
    window.show_run(engine_run(tmp_path / "runs" / "first", steps=30, outcome="finished"))
    ask = {
        "dataDialog": window._looking.look,
        "modelDialog": window._looking.look_at_model,
        "differencesDialog": window.findChild(QAbstractButton, "runChip").click,
        "fitDialog": window.findChild(QToolButton, "fitButton").click,
        "presetDialog": window._drafts.ask_save_preset,
    }
    ask[name]()
    qtbot.waitUntil(lambda: window.findChild(QDialog, name) is not None)
    qtbot.wait(20)

    assert clipped(window.findChild(QDialog, name)) == []


def test_the_fields_of_the_form_begin_below_each_other(settled, font_scale):
    window = settled()
    window.findChild(QToolButton, "moreButton").setChecked(True)
    QApplication.processEvents()
    form = window.findChild(QWidget, "setupDock")
    fields = seen(form, QAbstractSpinBox, QComboBox)
    lefts = {field.mapTo(form, QPoint()).x() for field in fields}

    assert len(fields) > 10
    assert len(lefts) == 1


# The keyboard.


def inputs(window):
    found = seen(window, QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTableView, QAbstractButton)
    return [each for each in found if each.focusPolicy() & Qt.FocusPolicy.TabFocus]


@pytest.mark.parametrize("run", [None, "finished"])
def test_every_input_has_a_name(settled, run):
    window = settled(run=run)
    for _ in each_tab(window):
        buddies = {label.buddy() for label in window.findChildren(QLabel)}
        nameless = [
            named(each) for each in inputs(window)
            if not each.accessibleName() and each not in buddies
            and not (isinstance(each, QAbstractButton) and each.text().strip())
        ]  # fmt: skip
        assert nameless == []


def test_every_input_of_the_form_explains_itself(settled):
    window = settled()
    kinds = (QLineEdit, QComboBox, QAbstractSpinBox)

    assert [named(each) for each in inputs(window) if isinstance(each, kinds) and not each.toolTip()] == []


@pytest.mark.parametrize("run", [None, "finished"])
def test_tab_goes_round_once_through_all_that_takes_it(settled, run):
    window = settled(run=run)
    for tab in each_tab(window):
        policy = Qt.FocusPolicy.TabFocus
        wanted = {
            each for each in window.findChildren(QWidget)
            if each.isVisible() and each.isEnabled() and each.focusPolicy() & policy == policy
            and each.focusProxy() is None and not isinstance(each.parent(), QAbstractSpinBox)
        }  # fmt: skip
        window.findChild(QWidget, "epochsBox").setFocus()
        start = QApplication.focusWidget()
        visited = [start]
        for _ in range(3 * len(wanted)):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
            if QApplication.focusWidget() is start:
                break
            # A link in a label is a stop of its own within it.
            if QApplication.focusWidget() is not visited[-1]:
                visited.append(QApplication.focusWidget())

        assert [named(each) for each in wanted - set(visited)] == [], tab
        assert [named(each) for each in visited if visited.count(each) > 1] == [], tab


# Actions.


def own_actions(window):
    """All but what Qt makes for itself."""
    return [each for each in window.findChildren(QAction) if each.text() and not each.isSeparator() and not each.menu()]


def in_menus(window):
    menus = [title.menu() for title in window.menuBar().actions() if isinstance(title.menu(), QMenu)]
    return {action for menu in menus for action in actions_in(menu)}


def test_every_action_explains_itself(settled):
    window = settled()

    for action in in_menus(window):
        assert action.text().strip()
        assert action.toolTip() not in ("", action.text(), action.text().replace("&", "")), action.text()
        assert action.statusTip(), action.text()


def test_every_action_with_a_key_is_in_a_menu_or_belongs_to_a_room(settled):
    window = settled()
    reachable = in_menus(window)

    lost = [
        each.text() for each in own_actions(window) if each.shortcuts() and each not in reachable and not room_of(each)
    ]
    assert lost == []


def room_of(action):
    """The widget that an action is for, if it holds there alone."""
    everywhere = (Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut)
    rooms = [each for each in action.associatedObjects() if isinstance(each, QWidget) and not isinstance(each, QMenu)]
    return rooms[0] if rooms and action.shortcutContext() not in everywhere else None


def test_no_key_means_two_things(settled):
    window = settled()
    keys = [
        (shortcut.toString(QKeySequence.SequenceFormat.PortableText), action.text())
        for action in own_actions(window)
        for shortcut in action.shortcuts()
        if room_of(action) is None
    ]
    keys.sort()

    assert [(first, second) for first, second in itertools.pairwise(keys) if first[0] == second[0]] == []
    # A single letter without Ctrl or Alt would be taken from whatever has the focus.
    assert [each for each in keys if re.fullmatch(r"(Shift\+)?[^+]", each[0])] == []


def test_each_menu_opens_by_a_letter_of_its_own(settled):
    titles = [title.text() for title in settled().menuBar().actions()]
    letters = [re.search(r"&(\w)", title) for title in titles]

    assert None not in letters, titles
    assert len({letter.group(1).lower() for letter in letters}) == len(titles)


# Colours.


def luminance(colour):
    """Relative luminance, W3C, Web Content Accessibility Guidelines 2.2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXTS = [
    *itertools.product(("text", "muted"), ("window", "base", "alternate", "button")),
    *itertools.product(("accent", "good", "warning", "error"), ("window", "base")),
    ("on_accent", "accent"), ("error", "error_base"), ("warning", "warning_base"),
    ("text", "error_base"), ("text", "warning_base"), ("muted", "error_base"), ("muted", "warning_base"),
]  # fmt: skip
LINES = ["loss", "validation", "learning_rate", "planned", "rule"]
"""Not the raw loss, which is a ground under the smoothed one, nor the grid, which tells nothing by itself."""


def test_the_formula_is_that_of_the_guidelines():
    """Black on white is 21; #777 on white is just below 4.5, as the guidelines' own examples say."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_their_ground(colours):
    for text, ground in TEXTS:
        assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5, (text, ground)
    for line in LINES:
        assert contrast(getattr(colours, line), colours.base) >= 3, line


@pytest.mark.parametrize("appearance", [theme.Appearance.LIGHT, theme.Appearance.DARK])
@pytest.mark.parametrize("run", [None, "finished", "failed"])
def test_every_label_and_button_stands_out_from_its_ground(settled, appearance, run):
    window = settled(run=run)
    window.set_appearance(appearance)
    faint = set()
    for _ in each_tab(window):
        for part in seen(window, QLabel, QAbstractButton):
            if part.isEnabled() and part.text() and not is_rich(part):
                palette = part.palette()
                found = contrast(palette.color(part.foregroundRole()), palette.color(part.backgroundRole()))
                if found < 4.5:
                    faint.add((named(part), round(found, 2)))

    assert faint == set()
