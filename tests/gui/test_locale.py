"""The app where the system writes 0,1: a comma can be typed, and what is shown and written has dots."""

import json
import os
import subprocess
import sys

import pytest

from tests.faults import means
from tests.gui.recorded import record

CHILD = """
import json, locale, sys
from pathlib import Path
from PySide6.QtCore import QLocale, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView, QWidget

app = QApplication(["kescape-app"])
said = {"system": QLocale.system().toString(0.5), "c_before": locale.localeconv()["decimal_point"]}

def look():
    window = next(each for each in app.topLevelWidgets() if each.objectName() == "mainWindow")
    if window.findChild(QWidget, "lossPlot") is None:
        QTimer.singleShot(50, look)
        return
    box = window.findChild(QWidget, "etaMaxBox")
    box.lineEdit().setText("0,25")
    box.lineEdit().editingFinished.emit()
    said["typed"] = box.value()
    box.setValue(0.0625)
    said["shown"] = box.lineEdit().text()
    said["c"] = locale.localeconv()["decimal_point"]
    said["qt"] = QLocale().toString(0.5)
    window.show_run(Path(sys.argv[1]))
    window.show_tab("data")
    table = window.findChild(QTableView, "stepsTable")
    window._tables.go_to_step(30)
    said["cells"] = [table.model().index(30, column).data() for column in range(7)]
    table.copy()
    said["copied"] = QGuiApplication.clipboard().text()
    with __import__("kescape").open_run(sys.argv[1]) as run:
        run.export(Path(sys.argv[2]))
    window.leave()

QTimer.singleShot(0, look)
from kescape_gui.app import main
said["code"] = main(["--runs", str(Path(sys.argv[1]).parent)])
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    """The environment of a German system; its C locale is made here, where that is possible."""
    german = {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}
    return {**os.environ, **german, **means.decimal_comma(tmp_path_factory.mktemp("locales"))}


def test_a_comma_can_be_typed_and_what_is_shown_and_written_has_dots(tmp_path, german):
    run = record(tmp_path / "runs" / "first", outcome="finished")
    german = {**german, "KESCAPE_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "preferences.toml").write_text("spare_engine = false\n")

    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(run), str(tmp_path / "curves.csv")],
        env=german, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["system"] == "0,5", "this is no German system"
    if "LOCPATH" in german:
        assert said["c_before"] == ",", "Qt has not taken over the system's decimal mark"
    assert (said["c"], said["qt"]) == (".", "0.5")
    assert (said["typed"], said["shown"]) == (0.25, "0.0625")
    assert not any("," in cell for cell in said["cells"])
    assert all(float(cell) for cell in said["copied"].splitlines()[1].split("\t")[3:6])
    heading, *rows = (tmp_path / "curves.csv").read_text("utf-8").splitlines()
    assert all(len(row.split(",")) == len(heading.split(",")) for row in rows)
    assert float(rows[30].split(",")[heading.split(",").index("learning_rate")]) > 0
