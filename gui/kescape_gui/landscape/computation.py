"""The landscape of a run as its window sees it: what is known, how far it is, and why it failed; no Qt.

A process beside the window computes, at low priority, and writes what it knows into the run's folder, where this
reads it. What was computed once is found there again.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from kescape.landscape.launch import LandscapeProcess
from kescape.landscape.request import LandscapeRequest
from kescape.landscape.store import Landscape, read_landscape
from kescape_gui.words import tr


class Stage(Enum):
    """How far the computation is."""

    IDLE = "idle"
    LOADING = "loading"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        """Whether something may still come."""
        return self in (Stage.LOADING, Stage.RUNNING)


class Computation:
    """Computes one landscape after the other.

    Args:
        run: The run's folder.
        now: A clock, in seconds.

    Attributes:
        stage: How far it is.
        request: What was asked for, or None.
        found: What is known of that so far, or None.
        failure: Why it failed, in a sentence.
    """

    def __init__(self, run: Path, now: Callable[[], float] = time.monotonic) -> None:
        self.run = run
        self.stage = Stage.IDLE
        self.request: LandscapeRequest | None = None
        self.found: Landscape | None = None
        self.failure = ""
        self._now = now
        self._began = now()
        self._first: tuple[float, int] | None = None
        self._process: LandscapeProcess | None = None

    def look_up(self, request: LandscapeRequest | None) -> None:
        """Show what is known of one; nothing is computed."""
        self.cancel()
        self.request, self.failure, self._first = request, "", None
        self._read()
        self.stage = Stage.DONE if self._is_finished else Stage.IDLE

    def begin(self, request: LandscapeRequest) -> None:
        """Compute what is not known of one yet."""
        self.look_up(request)
        if self.stage is not Stage.DONE:
            self.stage, self._began = Stage.LOADING, self._now()
            self._process = LandscapeProcess(self.run, request)

    def poll(self) -> bool:
        """Read what is new; whether anything may be."""
        if not self.stage.is_active:
            return False
        process = self._process
        assert process is not None, "it was started"
        # Asked first, so that nothing it wrote before its end is missed.
        code = process.wait(0)
        before = self.known
        self._read()
        if self._first is None and self.known > before:
            self._first = self._now(), self.known
            self.stage = Stage.RUNNING
        if code is not None:
            self._on_ended(process, code)
        return True

    def cancel(self) -> None:
        """End the process if there is one; what it has written stays."""
        self._end_process()
        if self.stage.is_active:
            self.stage = Stage.CANCELLED

    @property
    def known(self) -> int:
        """How many points are known."""
        return self.found.known if self.found is not None else 0

    @property
    def share(self) -> float:
        """How much is known, from 0 to 1."""
        return self.known / self.request.size if self.request is not None else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it still takes at the speed it has now; None while that cannot be told."""
        if self._first is None or self.request is None:
            return None
        since, known = self._first
        passed, done = self._now() - since, self.known - known
        return (self.request.size - self.known) * passed / done if done > 0 and passed > 0 else None

    @property
    def words(self) -> str:
        """How far it is, in a line; empty where there is nothing to say."""
        if self.stage is Stage.LOADING:
            seconds = tr("{seconds} s").format(seconds=int(self._now() - self._began))
            return tr("Loading Keras, the data and the snapshots") + f" · {seconds}"
        if self.stage is Stage.RUNNING and self.request is not None:
            said = tr("{known} of {wanted} points")
            said = said.format(known=f"{self.known:,}", wanted=f"{self.request.size:,}")
            left = self.seconds_left
            return said if not left else f"{said} · " + tr("{seconds} s left").format(seconds=math.ceil(left))
        if self.stage is Stage.DONE and self.found is not None:
            seconds = tr("{seconds} s").format(seconds=f"{self.found.seconds:.1f}")
            return tr("Computed in {time}; kept in the run’s folder.").format(time=seconds)
        if self.stage is Stage.CANCELLED and self.known:
            return tr("Cancelled; what was computed so far is kept.")
        return self.failure

    @property
    def _is_finished(self) -> bool:
        return self.found is not None and self.found.finished

    # The process.

    def _on_ended(self, process: LandscapeProcess, code: int) -> None:
        complaint = process.complaint
        self._end_process()
        if code == 0 and self._is_finished:
            self.stage = Stage.DONE
            return
        self.stage = Stage.FAILED
        self.failure = tr("The landscape could not be computed: {why}").format(why=complaint.rstrip(".") + ".")

    def _read(self) -> None:
        self.found = read_landscape(self.run, self.request) if self.request is not None else None

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            # It ends between two writes, which may take as long as a library needs to load.
            threading.Thread(target=process.close).start()
