"""Every text that a person sees can be translated: a translator that brackets what it is given reaches all of them."""

import re
from datetime import UTC, datetime

import pytest
from kescape_gui import words
from kescape_gui.comparison.comparison_window import ComparisonWindow
from kescape_gui.comparison.design import Base
from kescape_gui.continuation import continuation_of
from kescape_gui.escapes.escapes import empty_sentence
from kescape_gui.escapes.escapes_view import EscapesView
from kescape_gui.failure import cut_off, explain
from kescape_gui.keys_dialog import KeysDialog
from kescape_gui.landscape.landscape_window import LandscapeWindow
from kescape_gui.notice import notice_of
from kescape_gui.playground.playground_window import PlaygroundWindow
from kescape_gui.preferences_dialog import PreferencesDialog
from kescape_gui.progress import Speed, speed_words, time_left_words
from kescape_gui.run_state import RunState, Verb, offers
from kescape_gui.run_words import run_words
from kescape_gui.setup.draft_file import draft_path, write_draft
from kescape_gui.steering import note_problem, peak_problem
from kescape_gui.watched_run import WatchedRun
from PySide6.QtCore import QCoreApplication, QModelIndex, QSettings, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QTabWidget,
    QToolButton,
    QTreeView,
    QWidget,
)

from kescape.compare.comparison import Comparison
from kescape.compare.folder import new_comparison
from kescape.config import PRESETS, RunConfig
from kescape.evidence.escape import SENTENCES
from kescape.landscape.store import write_landscape
from kescape.landscape.surfaces import SURFACES
from kescape.run.escapes import note_escape
from kescape.run.reader import open_run
from tests.gui.landscape.known import known_landscape, run_with_snapshots
from tests.gui.recorded import engine_run, go_on, record
from tests.run.test_escapes import escape

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise")

BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")


class Brackets(QTranslator):
    """Puts every text into brackets."""

    def isEmpty(self):  # noqa: N802
        return False

    def translate(self, _context, text, _disambiguation=None, _n=-1):
        return f"⟦{text}⟧"


@pytest.fixture
def bracketed(qapp):
    translator = Brackets()
    qapp.installTranslator(translator)
    words.translate_by(lambda text: QCoreApplication.translate("KEscape", text))
    yield
    qapp.removeTranslator(translator)
    words._translators.clear()


def is_translated(text, data=()):
    """Whether nothing with letters stands outside of brackets, but what is data: names, numbers, units in them."""
    for each in sorted(data, key=len, reverse=True):
        text = text.replace(each, "")
    rest, found = re.sub(r"&[a-z]+;|<sub>.*?</sub>|<[^>]*>", "", text), 1
    while found:
        rest, found = BRACKETED.subn("", rest)
    return not re.search(r"[^\W\d_]{2,}", rest)


def texts_in(top):
    """Each visible text below a widget, with where it stands."""
    for widget in top.findChildren(QWidget):
        if not widget.isVisible():
            continue
        found = [widget.toolTip()]
        if isinstance(widget, QLabel | QAbstractButton):
            found.append(widget.text())
        elif isinstance(widget, QLineEdit):
            found.append(widget.placeholderText())
        elif isinstance(widget, QGroupBox):
            found.append(widget.title())
        elif isinstance(widget, QComboBox):
            found += [widget.itemText(number) for number in range(widget.count())]
        elif isinstance(widget, QTabWidget):
            found += [widget.tabText(number) for number in range(widget.count())]
        elif isinstance(widget, QTableView):
            model = widget.model()
            found += [
                model.headerData(number, Qt.Orientation.Horizontal, role)
                for number in range(model.columnCount())
                for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
            ]
            found += [
                model.index(row, column).data()
                for row in range(model.rowCount())
                for column in range(model.columnCount())
            ]
        for text in found:
            yield f"{type(widget).__name__} {widget.objectName()}", text or ""


def untranslated(pairs, data=()):
    return {(where, text) for where, text in pairs if not is_translated(text, data)}


def test_the_test_itself_sees_what_is_not_translated():
    assert is_translated("⟦3 steps⟧ · 12 %")
    assert is_translated("first · ⟦held⟧", data=["first"])
    assert not is_translated("⟦held⟧ at step 3")


def test_the_window_with_a_draft_and_with_a_run(make_window, tmp_path, bracketed):
    path = record(tmp_path / "runs" / "first", outcome="failed")
    window = make_window()
    data = ["KEscape", "loss became NaN at step 3", "Loss became NaN at step 3", "first", str(tmp_path)]
    window.findChild(QToolButton, "moreButton").setChecked(True)
    for show in (lambda: None, lambda: window.show_run(path)):
        show()
        for tab in ("runs", "compare", "escapes", "data", "log"):
            window.show_tab(tab)
            window.poll()
            assert untranslated(texts_in(window), data) == set()
    assert is_translated(window.windowTitle(), data)


@pytest.mark.parametrize("verdict", SENTENCES)
def test_what_restarts_did(make_window, tmp_path, bracketed, verdict):
    """Verdicts, what stands behind them, and what is suggested."""
    path = engine_run(tmp_path / "runs" / "first", steps=63)
    writer = go_on(path, 63)
    note_escape(writer, escape(cycle=1, step=9, end_step=27, verdict=verdict, change_low=0.1, change_high=0.2))
    writer.end("finished")
    writer.close()
    window = make_window()
    window.show_run(path)
    window.show_tab("escapes")
    window.curves.show_step(12)
    tab = window.findChild(EscapesView)
    model = tab.table.model()
    tips = [model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or "" for row in (0, 1) for column in range(12)]
    plot = window.findChild(QWidget, "linePlot")
    told = [plot.accessibleDescription(), plot.accessibleName(), tab.table.accessibleName()]
    readout = window.findChild(QLabel, "readoutLabel").text()

    assert untranslated([*texts_in(tab), *((verdict, text) for text in [*tips, *told, readout])]) == set()


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 71, "momentum": "much"},
        {"epochs": 75},
        {"epochs": 1, "t_0": 1.0},
        {"warmup": 5.0, "epochs": 65},
        {"epochs": 70, "cycles": 1},
        {"t_mult": 1.0, "t_0": 1.0},
        {"schedule": "step"},
        {"schedule": "constant"},
        {"schedule": "1cycle"},
        {"dataset": "digits", "model": "cnn"},
        {"batch_size": ""},
    ],
)
def test_form_and_plan_of_drafts(make_window, bracketed, values):
    draft_path().parent.mkdir(parents=True, exist_ok=True)
    write_draft(draft_path(), values)
    dock = make_window().findChild(QWidget, "setupDock")

    assert untranslated(texts_in(dock), ["much"]) == set()


def test_every_action_and_menu(make_window, bracketed):
    window = make_window()
    data = [*PRESETS, "KEscape"]
    actions = [(action.text(), text) for action in window.findChildren(QAction) if not action.isSeparator()
               for text in (action.text(), action.toolTip(), action.statusTip())]  # fmt: skip
    menus = [("menu", menu.title()) for menu in window.findChildren(QMenu)]

    own = [pair for pair in actions + menus if pair[0]]
    assert untranslated(own, data) == set()


@pytest.mark.parametrize("dialog", [KeysDialog, PreferencesDialog])
def test_the_dialogs(make_window, tmp_path, bracketed, dialog):
    window = make_window()
    (window._menus.keys_wanted if dialog is KeysDialog else window._menus.preferences_wanted).emit()
    shown = window.findChild(dialog)
    keys = [label.text() for label in shown.findChildren(QLabel, "keyNames")]
    paths = [line.text() for line in shown.findChildren(QLineEdit)]

    assert untranslated(texts_in(shown), [*keys, *paths, str(tmp_path)]) == set()


@pytest.mark.parametrize("kind", ["line", "lines", "plane", "random", "pca"])
def test_the_window_of_a_landscape(qtbot, tmp_path, bracketed, kind):
    """Before anything is computed, and with all of it."""
    run = run_with_snapshots(tmp_path / "first")
    window = LandscapeWindow(run)
    window.show()
    window.findChild(QWidget, "landscapeKindBox").setValue(kind)
    assert untranslated(texts_in(window), ["first"]) == set()

    write_landscape(run, known_landscape(run, window._form.request))
    window._on_changed()
    assert window.findChild(QWidget, "landscapeExportButton").isEnabled()
    assert untranslated(texts_in(window), ["first"]) == set()
    assert is_translated(window.windowTitle(), ["first"])
    window.close()


@pytest.mark.parametrize("page", ["set up", "report"])
def test_the_window_of_a_comparison(qtbot, tmp_path, bracketed, page):
    """As it is set up, with faults; and as it is reported, before anything is trained."""
    folder, form = None, Base(RunConfig(dataset="wine", epochs=5))
    if page == "report":
        comparison = Comparison(form.config, {"schedule": ("cosine", "sgdr"), "momentum": (0.0, 0.9)}, repeats=2)
        folder = new_comparison(comparison, tmp_path, "first", "unused")
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = ComparisonWindow(folder, tmp_path, lambda: form, lambda _: 9.0, None, settings)
    window.show()
    # Names of schedules and of settings in those of arms, and of formats.
    data = ["first", "constant", "cosine", "sgdr", "step", "1cycle", "momentum", "wine-mlp-compared", "MLP 64-64"]
    if page == "set up":
        size = window.findChild(QLabel, "comparisonSize")
        qtbot.waitUntil(lambda: "2" in size.text())
        assert untranslated(texts_in(window), data) == set()
        window.findChild(QLineEdit, "momentaEdit").setText("0,9")
        window.findChild(QWidget, "gridTable").setValue([("batch_size", "all"), ("nesterov", "maybe")])
        fault = window.findChild(QWidget, "momentumFault")
        qtbot.waitUntil(fault.isVisible)
    else:
        qtbot.waitUntil(lambda: window.report is not None)
        table = window.findChild(QTreeView, "rankingTable").model()
        headings = [table.headerData(column, Qt.Orientation.Horizontal, role) for column in range(table.columnCount())
                    for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)]  # fmt: skip
        cells = [table.index(0, column, parent).data() for column in range(table.columnCount())
                 for parent in (QModelIndex(), table.index(0, 0))]  # fmt: skip
        assert untranslated([("rankingTable", text) for text in [*headings, *cells]], data) == set()
        actions = [(action.objectName(), action.text()) for action in window.findChildren(QAction) if action.text()]
        assert untranslated([pair for pair in actions if pair[0]]) == set()
    assert untranslated(texts_in(window), ["all", "maybe", *data]) == set()
    assert is_translated(window.windowTitle(), data)
    window.close()


@pytest.mark.parametrize("surface", [surface.name for surface in SURFACES])
def test_the_playground(qtbot, tmp_path, bracketed, surface):
    """As it is opened, with its answer, with a wrong figure."""
    window = PlaygroundWindow(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    window.show()
    box = window.findChild(QComboBox, "surfaceBox")
    box.setCurrentIndex(box.findData(surface))
    window.playground.advance(120)
    window.take_step()
    assert untranslated(texts_in(window)) == set()

    window.findChild(QAbstractButton, "escapeRateButton").click()
    assert untranslated(texts_in(window)) == set()
    qtbot.waitUntil(lambda: window.rates != [], timeout=20_000)
    assert untranslated(texts_in(window)) == set()

    qtbot.keyClicks(window.findChild(QWidget, "noiseBox"), "x")
    assert window.findChild(QLabel, "playgroundProblem").isVisible()
    assert untranslated(texts_in(window)) == set()
    assert is_translated(window.windowTitle())
    window.close()


@pytest.mark.parametrize("state", RunState)
def test_what_each_verb_says_in_each_state(bracketed, state):
    for unanswered, elsewhere in ((False, None), (True, "first")):
        for has_restarts in (True, False):
            table = offers(state, elsewhere=elsewhere, has_restarts=has_restarts, unanswered=unanswered)
            for verb in Verb:
                assert is_translated(table[verb].text)
                assert is_translated(table[verb].reason, ["first"])


def test_an_icon_does_not_hang_on_a_language(bracketed):
    """A verb that lets a run go on shows the sign for that, whatever it is called."""
    assert offers(RunState.PAUSED)[Verb.PAUSE].goes_on
    assert offers(RunState.FINISHING_CYCLE)[Verb.STOP_AFTER_CYCLE].goes_on
    assert not offers(RunState.RUNNING)[Verb.PAUSE].goes_on


def test_what_is_said_of_a_run(tmp_path, bracketed):
    path = engine_run(tmp_path / "first", steps=20, outcome="stopped")
    run = WatchedRun(path)
    run.poll()
    said = run_words(run, datetime(2026, 1, 1, tzinfo=UTC))
    with open_run(path) as opened:
        continuation = continuation_of(opened)
    run.close()
    for text in (said.title, said.time, said.speed, said.cycle, continuation.problem):
        assert is_translated(text, ["first", "KEscape"])
    speed, clock = Speed(10, 9, 11), datetime(2026, 1, 1, tzinfo=UTC)
    for steps in (5, 100, 2_000, 500_000):
        assert is_translated(time_left_words(speed, steps, clock), ["Jan"])
    assert is_translated(time_left_words(None, 5, clock))
    assert is_translated(speed_words(speed))


def test_what_is_said_of_failures_and_mistakes(tmp_path, bracketed):
    gone = WatchedRun(tmp_path / "nowhere")
    gone.poll()
    notice = notice_of(gone)
    gone.close()
    if notice is not None:
        assert is_translated(notice.headline)
    for told in (explain(""), explain("MemoryError: oom"), cut_off(None, 3), cut_off(None, None), cut_off("⟦No⟧", 3)):
        assert is_translated(told.headline)
        assert is_translated(told.advice)
    for text in (note_problem(""), peak_problem("0"), peak_problem("-1"), empty_sentence(None), empty_sentence(3.0)):
        assert is_translated(text)
