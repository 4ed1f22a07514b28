"""Shows a dialog that stands beside the window and blocks nothing; asked for again, the same one comes to the front."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QDialog, QWidget

_Dialog = TypeVar("_Dialog", bound=QDialog)


def show_one(window: QWidget, kind: type[_Dialog], make: Callable[[], _Dialog]) -> None:
    """Show the window's dialog of a kind, which `make` makes if there is none."""
    dialog = window.findChild(kind)
    if dialog is None:
        make().show()
    else:
        dialog.raise_()
        dialog.activateWindow()
