"""Data, models and runs that the user opens from a dialog or drops on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from kescape.data.location import ARRAYS, TABLES, UNDERSTOOD
from kescape_gui.dropped import Dropped, model_value, understood


class OwnFiles(QObject):
    """Finds out what is meant; the window does it."""

    data_chosen = Signal(str)
    model_chosen = Signal(str)
    run_chosen = Signal(object)
    log_chosen = Signal(object)
    """The path of what another tool has logged, or of a run that was handed on."""
    settings_chosen = Signal(object)
    """The path of a settings file."""
    told = Signal(str)
    """What would be done with what is dragged over the window; empty once it is done."""

    def __init__(self, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._settings = settings
        self._window = window

    def browse(self, name: str, what: str) -> None:
        """Let the user look for data or a model.

        Args:
            name: The setting that it is for.
            what: "file" or "folder".
        """
        folder = str(self._settings.value(f"browse/{name}/{what}", str(Path.home())))
        dialog = QFileDialog(self._window, "", folder)
        dialog.setObjectName("browseDialog")
        if QApplication.platformName() in ("offscreen", "minimal"):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        if what == "folder":
            dialog.setWindowTitle(self.tr("Open a folder of images, with a folder for each class"))
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        elif name == "dataset":
            dialog.setWindowTitle(self.tr("Open data"))
            patterns = " ".join(f"*{suffix}" for suffix in (*TABLES, *ARRAYS))
            dialog.setNameFilter(self.tr("Tables and arrays ({patterns})").format(patterns=patterns))
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        else:
            dialog.setWindowTitle(self.tr("Open a model"))
            dialog.setNameFilter(self.tr("Keras models and Python files (*.keras *.py)"))
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self.take(name, what, Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def browse_logs(self) -> None:
        """Let the user look for a log to make a run of."""
        folder = str(self._settings.value("browse/log", str(Path.home())))
        dialog = QFileDialog(self._window, self.tr("Import a log"), folder)
        dialog.setObjectName("browseDialog")
        if QApplication.platformName() in ("offscreen", "minimal"):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setNameFilter(self.tr("Logs of Keras and TensorBoard, exported runs (*.csv *tfevents* *.zip)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self._take_log(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_log(self, path: Path) -> None:
        self._settings.setValue("browse/log", str(path.parent))
        self.log_chosen.emit(path)

    def take(self, name: str, what: str, path: Path) -> None:
        """Choose what was found, and look there again the next time."""
        self._settings.setValue(f"browse/{name}/{what}", str(path.parent))
        if name == "dataset":
            self.data_chosen.emit(str(path))
        else:
            self.model_chosen.emit(model_value(path))

    def drag(self, event: QDropEvent) -> None:
        """Say what would be done with what is dragged over the window."""
        dropped = _dropped(event)
        if dropped is None:
            event.ignore()
            if event.mimeData().hasUrls():
                self.told.emit(
                    self.tr("Drop one run, {data}, a .keras or .py model, or .toml settings").format(data=UNDERSTOOD)
                )
            return
        event.acceptProposedAction()
        words = {
            "run": self.tr("Drop to show the run {name}"),
            "zip": self.tr("Drop to import the run in {name}"),
            "dataset": self.tr("Drop to train on {name}"),
            "model": self.tr("Drop to train the model {name}"),
            "settings": self.tr("Drop to fill the form from {name}"),
        }
        self.told.emit(words[dropped.what].format(name=Path(dropped.value).name))

    def drop(self, event: QDropEvent) -> None:
        """Show a run; choose data or a model."""
        dropped = _dropped(event)
        if dropped is None:
            event.ignore()
            return
        event.acceptProposedAction()
        self.told.emit("")
        if dropped.what == "run":
            self.run_chosen.emit(Path(dropped.value))
        elif dropped.what == "zip":
            self.log_chosen.emit(Path(dropped.value))
        elif dropped.what == "dataset":
            self.data_chosen.emit(dropped.value)
        elif dropped.what == "settings":
            self.settings_chosen.emit(Path(dropped.value))
        else:
            self.model_chosen.emit(dropped.value)


def _dropped(event: QDropEvent) -> Dropped | None:
    """What is dragged, if it is one thing that we know."""
    paths = [url.toLocalFile() for url in event.mimeData().urls()]
    return understood(Path(paths[0])) if len(paths) == 1 and paths[0] else None
