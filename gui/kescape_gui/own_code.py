"""Lets something begin that runs a user's Python file, once the user has said yes to it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from kescape.models.choice import find_model
from kescape.models.consent import allow, fingerprint, is_allowed
from kescape.models.errors import ModelUnusable
from kescape.models.python_file import PythonFile, source_of
from kescape_gui.consent_box import ConsentBox


class OwnCode(QObject):
    """Asks once for each content of a file."""

    refused = Signal(str)
    """Why the file cannot be run."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def allow_then(self, model: str, begin: Callable[[], None]) -> None:
        """Call `begin`, at once for a model that brings no code, else when the user has said yes."""
        try:
            file = find_model(model)
            if not isinstance(file, PythonFile):
                begin()
                return
            source = source_of(file.path)
            content = fingerprint(source)
            if is_allowed(file.path, content):
                begin()
                return
        except ModelUnusable as error:
            self.refused.emit(str(error))
            return
        box = ConsentBox(file, source, self._window)
        box.allowed.connect(lambda: self._on_allowed(file, content, begin))
        box.open()

    def _on_allowed(self, file: PythonFile, content: str, begin: Callable[[], None]) -> None:
        try:
            allow(file.path, content)
        except ModelUnusable as error:
            self.refused.emit(str(error))
            return
        begin()
