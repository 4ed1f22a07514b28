"""The desktop tells that a run has ended, if the window is not in front."""

from pathlib import Path
from typing import ClassVar

import pytest
from kescape_gui import notifier as notifier_module
from kescape_gui.notifier import Notifier
from kescape_gui.run_ends import RunEnds, end_words
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from kescape.run.listing import RunSummary
from kescape.run.status import RunStatus


def summary(status, name="spirals-mlp-sgdr", *, problem=None, **more):
    return RunSummary(name, Path("/runs") / name, RunStatus(status), problem, 0.0, 0.0, **more)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            summary("finished", epochs_done=70, epochs_total=70, metrics={"val_loss": 0.01234}),
            "spirals-mlp-sgdr has finished: 70 epochs, val. loss 0.0123",
        ),
        (summary("finished", epochs_done=1, epochs_total=1), "spirals-mlp-sgdr has finished: 1 epoch"),
        (summary("stopped", epochs_done=30, epochs_total=70), "spirals-mlp-sgdr has stopped: 30 of 70 epochs"),
        (summary("interrupted", epochs_done=3, epochs_total=70), "spirals-mlp-sgdr was cut off: 3 of 70 epochs"),
        (
            summary("failed", error="loss became NaN at step 3"),
            "spirals-mlp-sgdr has failed: loss became NaN at step 3",
        ),
        (summary("failed"), "spirals-mlp-sgdr has failed: see its log"),
    ],
)
def test_an_end_in_one_sentence(run, words):
    assert end_words(run) == words


def test_only_what_was_live_before_has_ended():
    ends = RunEnds()

    assert ends.new([summary("finished"), summary("running", "b"), summary("paused", "c")]) == []
    assert [run.name for run in ends.new([summary("running", "b"), summary("stopped", "c")])] == ["c"]
    # Deleted, or not to be read at the moment, is not ended; and an end is told once.
    assert ends.new([summary("unknown", "b", problem="it is gone"), summary("stopped", "c")]) == []
    assert [run.name for run in ends.new([summary("finished", "b"), summary("stopped", "c")])] == ["b"]
    assert ends.new([]) == []


class Tray(QObject):
    """A system tray that is there."""

    activated = Signal()
    messageClicked = Signal()  # noqa: N815 (Qt's own name)
    MessageIcon = QSystemTrayIcon.MessageIcon
    shown: ClassVar[list] = []

    def __init__(self, *_of):
        super().__init__()
        self.is_visible = False

    isSystemTrayAvailable = staticmethod(lambda: True)  # noqa: N815
    supportsMessages = staticmethod(lambda: True)  # noqa: N815

    def setToolTip(self, text):  # noqa: N802
        pass

    def show(self):
        self.is_visible = True

    def hide(self):
        self.is_visible = False

    def showMessage(self, title, words, icon):  # noqa: N802
        assert self.is_visible
        self.shown.append((title, words, icon))


@pytest.fixture
def tray(monkeypatch):
    monkeypatch.setattr(notifier_module, "QSystemTrayIcon", Tray)
    monkeypatch.setattr(Tray, "shown", [])
    return Tray.shown


def ends(notifier, status="finished", **more):
    notifier.look([summary("running")])
    notifier.look([summary(status, epochs_done=2, **more)])


def test_it_is_told_on_the_tray_when_no_window_of_ours_is_in_front(qtbot, tray, monkeypatch):
    window = QWidget()
    qtbot.addWidget(window)
    notifier = Notifier(window)
    alerted = []
    monkeypatch.setattr(notifier_module.QApplication, "alert", alerted.append)

    ends(notifier)
    ends(notifier, "failed", error="disk full")

    icon = QSystemTrayIcon.MessageIcon
    assert tray == [
        ("KEscape", "spirals-mlp-sgdr has finished: 2 epochs", icon.Information),
        ("KEscape", "spirals-mlp-sgdr has failed: disk full", icon.Warning),
    ]
    assert alerted == [window, window]


def test_nothing_is_told_to_who_looks_at_the_window_or_does_not_want_it(qtbot, tray, monkeypatch):
    window = QWidget()
    qtbot.addWidget(window)
    notifier = Notifier(window)
    monkeypatch.setattr(notifier_module.QApplication, "activeWindow", lambda: window)
    ends(notifier)
    monkeypatch.setattr(notifier_module.QApplication, "activeWindow", lambda: None)
    notifier.wanted = False
    ends(notifier)

    assert tray == []


def test_without_a_tray_the_task_bar_still_calls(qtbot, monkeypatch):
    """As on the platform of these tests, and on a bare desktop."""
    window = QWidget()
    qtbot.addWidget(window)
    notifier = Notifier(window)
    alerted = []
    monkeypatch.setattr(notifier_module.QApplication, "alert", alerted.append)

    with qtbot.waitSignal(notifier.told) as told:
        ends(notifier)

    assert told.args == ["spirals-mlp-sgdr has finished: 2 epochs"]
    assert alerted == [window]


def test_the_window_tells_of_each_run_in_its_list(make_window, qtbot, tmp_path, monkeypatch):
    from kescape.run.writer import RunWriter
    from tests.gui.recorded import record

    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: True)
    path = record(tmp_path / "runs" / "first", epochs=3)
    window = make_window()
    monkeypatch.setattr(notifier_module.QApplication, "activeWindow", lambda: None)
    qtbot.waitUntil(lambda: window.shown_run is not None)

    with qtbot.waitSignal(window._notifier.told, timeout=10_000) as told:
        writer = RunWriter.open(path, kind="recorder", resume=True)
        writer.end("finished")
        writer.close()

    assert told.args[0].startswith("first has finished: 3 epochs, val. loss ")
