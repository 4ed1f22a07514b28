"""What dialogs share that stand beside the window and block nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QDialog, QWidget

_Dialog = TypeVar("_Dialog", bound=QDialog)


def show_one(window: QWidget, kind: type[_Dialog], make: Callable[[], _Dialog]) -> None:
    """Show the window's dialog of a kind, which `make` makes; asked for again, the same one comes to the front."""
    dialog = window.findChild(kind)
    if dialog is None:
        make().show()
    else:
        dialog.raise_()
        dialog.activateWindow()


def fit_height(dialog: QDialog) -> None:
    """Make a dialog as high as its texts need, broken into lines as its width makes them."""
    layout = dialog.layout()
    assert layout is not None, "it has been laid out"
    layout.activate()
    dialog.resize(dialog.width(), layout.totalHeightForWidth(dialog.width()))
