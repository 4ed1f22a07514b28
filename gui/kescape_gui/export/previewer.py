"""Has previews and copies made beside the window, one at a time; of several that are wanted, the newest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from kescape.run.errors import RunError
from kescape_gui.background import Background
from kescape_gui.export.beside import Beside
from kescape_gui.export.job import Job
from kescape_gui.export.preview import Preview

_FINE = 1200
"""Dots across, from which on small text is sharp."""


@dataclass(frozen=True)
class Wanted:
    """A job that is to be seen, so many dots wide if it is a picture."""

    job: Job
    width: int


@dataclass(frozen=True)
class Seen:
    """What it looks like."""

    preview: Preview
    picture: QImage


class Previewer(QObject):
    """Asks for one preview after the other; what was asked for meanwhile and is no longer wanted is never made."""

    made = Signal(object, object)
    """A `Wanted`, and what it looks like: `Seen`, or the error that says why there is nothing to see."""
    copied = Signal(object, object)
    """A `Job`, and what of it belongs on the clipboard: a picture, a text, or the error that says why not."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._beside = Beside()
        self._background = Background(self)
        self._under_way: Wanted | None = None
        self._next: Wanted | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a preview is being made."""
        return self._under_way is not None

    def want(self, job: Job, width: int) -> None:
        """Have a preview made, unless that very one is being made."""
        wanted = Wanted(job, width)
        if self._under_way is None:
            self._make(wanted)
        else:
            self._next = wanted if wanted != self._under_way else None

    def copy(self, job: Job) -> None:
        """Have what belongs on the clipboard made."""
        self._background.do(partial(_copied, self._beside, job), partial(self.copied.emit, job))

    def close(self) -> None:
        """Give up what is under way."""
        self._next = None
        self._beside.close()
        self._background.close()

    def _make(self, wanted: Wanted) -> None:
        self._under_way = wanted
        self._background.do(partial(_seen, self._beside, wanted), partial(self._on_made, wanted))

    def _on_made(self, wanted: Wanted, answer: Seen | RunError) -> None:
        newer, self._next, self._under_way = self._next, None, None
        if newer is not None:
            self._make(newer)
        else:
            self.made.emit(wanted, answer)


def _seen(beside: Beside, wanted: Wanted) -> Seen:
    # Text of a few dots is drawn for print, not for a screen: twice as large and made smaller it can be read.
    drawn_width = 2 * wanted.width if wanted.width < _FINE else wanted.width
    preview, data = beside.preview(wanted.job, drawn_width)
    # Decoded here, beside the window: a large picture takes its time.
    picture = QImage.fromData(data) if data else QImage()
    if drawn_width != wanted.width and not picture.isNull():
        picture = picture.scaledToWidth(wanted.width, Qt.TransformationMode.SmoothTransformation)
    return Seen(preview, picture)


def _copied(beside: Beside, job: Job) -> QImage | str:
    data = beside.copy(job)
    return QImage.fromData(data) if job.is_figure else data.decode()
