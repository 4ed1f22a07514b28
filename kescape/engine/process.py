"""The engine process: `python -m kescape.engine [RUN_FOLDER]`.

With a run folder it trains that run. Without one it is a spare: it imports TensorFlow, waits for
one line on stdin, the path of its run folder; end of input before that ends it. From then on the run
folder is all it talks to: what it prints goes to `engine.log`, what happens goes to `run.db`. While it trains,
the computer is kept awake, unless the environment says `KESCAPE_KEEP_AWAKE=0`. A run is trained on when its starter
ends; a range test, which nobody else would read, ends with it.

Exit codes: 0 trained, stopped as told, or dismissed; 1 failed; 2 there is no such run.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from kescape.engine.keep_awake import kept_awake
from kescape.engine.launch import SPARE_BACKEND, backend_for
from kescape.run.folder import CONFIG, ENGINE_LOG

__all__ = ["main"]

_LOOK_SECONDS = 1.0


def main(arguments: Sequence[str]) -> int:
    """Train the run at the given path, or wait for a path; returns the exit code."""
    starter = os.getppid()
    _outlive_the_parent()
    _set_up_backends()
    os.environ["KERAS_BACKEND"] = backend_for(Path(arguments[0])) if arguments else SPARE_BACKEND
    folder = Path(arguments[0]) if arguments else _wait_as_spare()
    if not (folder / CONFIG).is_file():
        print(f"There is no run to train at {str(folder)!r}: it has no {CONFIG}.", file=sys.stderr)
        return 2
    _log_to(folder / ENGINE_LOG)
    from kescape.engine.range_request import is_range_test

    if is_range_test(folder):
        threading.Thread(target=_end_with, args=(starter, folder), daemon=True).start()
    from kescape.engine.backend import keep_tensorflow_out
    from kescape.engine.trainer import train_folder

    keep_tensorflow_out()
    try:
        with kept_awake():
            train_folder(folder)
    except Exception:  # noqa: BLE001 (the process's last stop: run.db has the cause, the log the rest)
        traceback.print_exc()
        return 1
    return 0


def _outlive_the_parent() -> None:
    """Train on when the window, the terminal or the shell that asked for the run goes away."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _end_with(starter: int, folder: Path) -> None:
    """Remove the range test in `folder` and end this process when its starter is gone."""
    import psutil

    from kescape.engine.range_request import remove_range_test

    # Where it is gone a process gets another parent, except on Windows.
    while os.getppid() == starter and psutil.pid_exists(starter):
        time.sleep(_LOOK_SECONDS)
    remove_range_test(folder)
    os._exit(1)


def _set_up_backends() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # All of a GPU's memory would go to the first process that asks, which may be a spare.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def _wait_as_spare() -> Path:
    """Import and warm up what training needs, then wait for the path of a run.

    The input is read meanwhile, in a thread of its own: its end ends the process at any moment.
    """
    lines: list[bytes] = []
    reading = threading.Thread(target=_read_path, args=(lines,), daemon=True)
    reading.start()
    _run_at_low_priority("kescape.engine.trainer", None)
    from kescape.engine import warm_up

    # TensorFlow's threads have the priority of the one that first asks for them: this one.
    if warm_up.start_threads():
        _run_at_low_priority("kescape.engine.warm_up", "fit_once")
    reading.join()
    return Path(os.fsdecode(lines[0].rstrip(b"\r\n")))


def _read_path(lines: list[bytes]) -> None:
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        # Nobody will ask any more. An import in another thread cannot be ended politely, and there
        # is nothing to tidy up.
        os._exit(0)
    lines.append(line)


def _run_at_low_priority(module: str, function: str | None) -> None:
    """Import a module and call a function of it without taking the processor from other programs."""
    problem: list[BaseException] = []

    def work() -> None:
        try:
            with _low_priority():
                imported = importlib.import_module(module)
                if function is not None:
                    getattr(imported, function)()
        except BaseException as error:  # noqa: BLE001 (raised again by the thread that waits)
            problem.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if problem:
        raise problem[0]


@contextlib.contextmanager
def _low_priority() -> Iterator[None]:
    """Lower the priority of this thread, where it can be had back for the training.

    On Linux an unprivileged process can give priority away but never take it back, so a process that
    lowers its own would train slowly too. But there priority belongs to the thread: this one is
    lowered and ends with its work, while the threads that train start from the main one, at full
    priority. On Windows the process may go down and up again. Elsewhere it stays as it is.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        yield
    elif sys.platform == "win32":
        import psutil

        process = psutil.Process()
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        try:
            yield
        finally:
            process.nice(psutil.NORMAL_PRIORITY_CLASS)
    else:
        yield


def _log_to(path: Path) -> None:
    """Send what this process and its libraries print to a file, crashes included."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable(file=2)
