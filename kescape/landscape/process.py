"""The process that computes a landscape: `python -m kescape.landscape RUN_FOLDER REQUEST_FILE`.

It reads what is asked for from REQUEST_FILE, writes what it knows into the run's folder (see `store`), and ends when
all of it is known, when REQUEST_FILE is removed, or when its starter ends. It works at low priority, and while the run
trains with one thread; nothing of the training is touched. What was known already is not computed again.

Exit codes: 0 all is known; 1 failed, the last line on stderr says why in a sentence; 2 there is no such request; 130 it
was no longer wanted.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from kescape.config import ConfigError
from kescape.data.errors import DataError
from kescape.engine.launch import backend_for
from kescape.landscape.request import LandscapeRequest
from kescape.landscape.store import Landscape, read_landscape, write_landscape
from kescape.models.errors import ModelUnusable
from kescape.run.errors import RunError
from kescape.run.reader import open_run

__all__ = ["main"]

_LOOK_SECONDS = 0.2

_REFUSED = (RunError, ConfigError, DataError, ModelUnusable, ValueError, OSError, MemoryError)
"""What is told in a sentence; anything else is a mistake of ours and keeps its traceback."""


def main(arguments: Sequence[str]) -> int:
    """Compute the landscape that was asked for; returns the exit code."""
    starter = os.getppid()
    if len(arguments) != 2:
        print("usage: python -m kescape.landscape RUN_FOLDER REQUEST_FILE", file=sys.stderr)
        return 2
    folder, asked = Path(arguments[0]).absolute(), Path(arguments[1]).absolute()
    try:
        request = LandscapeRequest.from_json(asked.read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(f"The request {str(asked)!r} cannot be read: {error}", file=sys.stderr)
        return 2
    with contextlib.suppress(ValueError):
        # Ctrl+C in the terminal is meant for the starter, which ends this process in its own way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    writing = threading.Lock()
    threading.Thread(target=_end_with, args=(starter, asked, writing), daemon=True).start()
    _give_way()
    try:
        begun = read_landscape(folder, request)
        if begun is None or not begun.finished:
            _compute(folder, request, begun, writing)
    except _REFUSED as error:
        print(" ".join(str(error).split()) or type(error).__name__, file=sys.stderr)
        return 1
    return 0


def _compute(folder: Path, request: LandscapeRequest, begun: Landscape | None, writing: threading.Lock) -> None:
    with open_run(folder) as run:
        is_live = run.status.is_live
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ["KERAS_BACKEND"] = backend_for(folder)
    if is_live:
        _one_thread()
    from kescape.engine.backend import keep_tensorflow_out
    from kescape.landscape.evaluate import evaluate
    from kescape.landscape.subject import Subject

    keep_tensorflow_out()
    subject = Subject.of(folder, request)

    def keep(landscape: Landscape) -> None:
        with writing:
            write_landscape(folder, replace(landscape, fingerprint=subject.fingerprint))

    evaluate(request, subject.model, subject.x, subject.y, subject.weights, subject.labels, begun=begun, keep=keep)


def _end_with(starter: int, asked: Path, writing: threading.Lock) -> None:
    """End this process when nobody wants its answer any more, but never while it writes."""
    # Where the starter is gone a process gets another parent, except on Windows.
    while asked.exists() and os.getppid() == starter and psutil.pid_exists(starter):
        time.sleep(_LOOK_SECONDS)
    with writing:
        os._exit(130)


def _give_way() -> None:
    """Let every training, and the window, go before this."""
    with contextlib.suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(10)


def _one_thread() -> None:
    """Leave the other processors to the training."""
    if os.environ["KERAS_BACKEND"] == "jax":
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
        return
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
