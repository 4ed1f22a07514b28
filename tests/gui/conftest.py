"""The windows of these tests are drawn offscreen; any warning of Qt fails a test."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from kescape_gui import theme
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QWidget


@pytest.fixture(scope="session")
def qapp_args():
    return ["kescape-tests", "-style", "Fusion"]


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def make_window(qtbot, qapp, tmp_path, settings):
    """Makes the app's window on a runs folder of its own; it is closed and deleted afterwards."""
    from kescape_gui.main_window import MainWindow

    theme.apply_appearance(qapp, theme.Appearance.LIGHT)
    windows = []

    def make(*, spare_engine=False, runs=None):
        window = MainWindow(runs or tmp_path / "runs", settings, spare_engine=spare_engine)
        windows.append(window)
        window.show()
        # The keys that a test before held with another one would still count.
        qtbot.keyRelease(window, Qt.Key.Key_F35)
        # The plots come right after the first paint.
        qtbot.waitUntil(lambda: window.findChild(QWidget, "lossPlot") is not None)
        return window

    yield make
    for window in windows:
        window.leave()
        window.deleteLater()
    qapp.sendPostedEvents()
    qapp.processEvents()
    for window in windows:
        window.engines.wait_for_ended()
