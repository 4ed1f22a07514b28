"""Lets the user look at the data and the model of the draft."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.data.preview import Preview, preview
from kescape.models.errors import ModelUnusable
from kescape_gui.background import Background
from kescape_gui.setup.data_dialog import DataDialog
from kescape_gui.setup.found_model import model_facts
from kescape_gui.setup.model_dialog import ModelDialog
from kescape_gui.setup.setup import Setup


class Looking(QObject):
    """Opens the dialog at once with what is known; what has to be read comes when it was read."""

    complained = Signal(str)

    def __init__(self, setup: Setup, reader: Background, window: QWidget) -> None:
        super().__init__(window)
        self._setup = setup
        self._reader = reader
        self._window = window

    def look(self) -> None:
        """Show the data of the draft, if it is known."""
        data = self._setup.data
        if data is None or data.facts is None:
            return
        known, values = data.facts, self._setup.values
        DataDialog(known, self._window).open()
        if known.kind == "download":
            return
        # What is read here in full was read for its facts already: the files are whole.
        read = partial(preview, known.dataset, target=known.target, task=known.task)
        if known.kind == "images":
            read = partial(preview, known.dataset, image_size=values["image_size"])
        self._reader.do(read, partial(self._on_read, known.dataset))

    def look_at_model(self) -> None:
        """Show what is known of the model of the draft before it is built."""
        model, data = self._setup.model, self._setup.data
        if model is None:
            return
        try:
            known = model_facts(model, data.facts if data is not None else None)
        except ModelUnusable as error:
            # The file has changed under the form.
            self.complained.emit(str(error))
            return
        ModelDialog(known, self._window).open()

    def _on_read(self, dataset: str, answer: Preview | Exception) -> None:
        dialog = self._window.findChild(DataDialog)
        # Closed meanwhile, or opened on other data, or the file has changed since.
        if dialog is not None and isinstance(answer, Preview) and dialog.dataset == dataset:
            dialog.show_preview(answer)
