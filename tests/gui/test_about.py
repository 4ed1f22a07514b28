"""About, and what it copies."""

import getpass
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from kescape_gui.about_dialog import AboutDialog
from kescape_gui.diagnostics import diagnostics, without_home
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from kescape import __version__

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


def test_it_says_what_is_installed_and_copies_it(make_window, qtbot, tmp_path):
    window = make_window()
    window._menus.about_wanted.emit()
    dialog = window.findChild(AboutDialog)

    qtbot.mouseClick(dialog.findChild(QPushButton, "copyDiagnosticsButton"), Qt.MouseButton.LeftButton)

    copied = dict(line.split(": ", 1) for line in QGuiApplication.clipboard().text().splitlines())
    assert copied["KEscape"] == __version__
    assert copied["Qt"] == qVersion()
    assert copied["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert copied["TensorFlow"] == metadata.version("tensorflow")
    assert copied["Runs"] == str(tmp_path / "runs")
    shown = {label.text() for label in dialog.findChildren(QLabel)}
    assert set(copied.values()) <= shown
    assert any("arxiv.org/abs/1608.03983" in text for text in shown)


def test_paths_do_not_name_who_works_here(monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ana"))

    facts = diagnostics(qt="6", screens=["1 × 1"], runs=Path("/home/ana/KEscape/runs"))

    assert facts["Runs"] == str(Path("~/KEscape/runs"))
    assert not any("ana/" in value for value in facts.values())
    assert without_home(Path("/home/anabel/runs")) == str(Path("/home/anabel/runs"))
    assert getpass.getuser() not in {value for name, value in facts.items() if name != "System"}


def test_what_is_not_installed_is_left_out_and_nothing_is_imported():
    code = (
        "import sys; from kescape_gui.diagnostics import versions; found = versions(); "
        "print(*found); print('tensorflow' in sys.modules, 'keras' in sys.modules, 'PySide6' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    names, imported = done.stdout.splitlines()

    assert names.split()[:3] == ["KEscape", "Python", "PySide6"]
    assert imported == "False False False"
