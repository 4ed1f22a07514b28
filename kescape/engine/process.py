"""The engine process: `python -m kescape.engine [RUN_FOLDER | --worker [PID]]`.

With a run folder it trains that run. Without one it is a spare: it imports TensorFlow, waits for
one line on stdin, the path of its run folder; end of input before that ends it. From then on the run
folder is all it talks to: what it prints goes to `engine.log`, what happens goes to `run.db`. While it trains,
the computer is kept awake, unless the environment says `KESCAPE_KEEP_AWAKE=0`. A run is trained on when its starter
ends; a range test, which nobody else would read, ends with it.

A worker trains one run after the other, on the backend that `KERAS_BACKEND` names: every line on stdin is the path of
a run folder. Each run is trained as if it were alone; one that fails says so in its folder, and the worker goes on
with the next. After the end of input it finishes the run that it trains. With the number of a process it ends at once,
in the middle of a run, when that process is gone.

Exit codes: 0 trained, stopped as told, or dismissed; 1 failed, a worker where it could not even write down why in the
run's folder; 2 there is no such run.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kescape.engine.detached import outlive_the_parent, print_into, print_to
from kescape.engine.keep_awake import kept_awake
from kescape.engine.launch import SPARE_BACKEND, backend_for
from kescape.run.folder import CONFIG, ENGINE_LOG

__all__ = ["main"]

_LOOK_SECONDS = 1.0


def main(arguments: Sequence[str]) -> int:
    """Train the run at the given path, or wait for a path; returns the exit code."""
    starter = os.getppid()
    outlive_the_parent()
    _set_up_backends()
    if arguments[:1] == ["--worker"]:
        return _train_one_after_the_other(*map(int, arguments[1:]))
    os.environ["KERAS_BACKEND"] = backend_for(Path(arguments[0])) if arguments else SPARE_BACKEND
    folder = Path(arguments[0]) if arguments else _wait_as_spare()
    if not _is_there(folder):
        return 2
    print_into(folder / ENGINE_LOG)
    from kescape.engine.range_request import is_range_test, remove_range_test

    if is_range_test(folder):
        _end_with(starter, lambda: remove_range_test(folder))
    _prepare_training()
    return 0 if _train(folder) is None else 1


def _train_one_after_the_other(starter: int | None = None) -> int:
    """Train the runs whose paths come in; with the number of a process, until that is gone."""
    if starter is not None:
        _end_with(starter)
    _prepare_training()
    from kescape.engine.backend import start_afresh

    outputs = os.dup(1), os.dup(2)
    # A line that was cut off is a path that was cut off.
    while (line := sys.stdin.buffer.readline()).endswith(b"\n"):
        folder = _path_in(line)
        if not _is_there(folder):
            return 2
        print_into(folder / ENGINE_LOG)
        before = _sessions(folder)
        problem = _train(folder)
        # The log of a run that has ended is nobody's, and can be removed.
        print_to(*outputs)
        if problem is not None and not _has_ended(folder, before):
            print(" ".join(str(problem).split()) or type(problem).__name__, file=sys.stderr)
            return 1
        start_afresh()
    return 0


def _prepare_training() -> None:
    from kescape.engine import trainer  # noqa: F401 (what takes long, before a run is begun)
    from kescape.engine.backend import keep_tensorflow_out

    keep_tensorflow_out()
    # What is imported stays: whoever collects garbage, as between two runs, need not look through all of it each time.
    gc.freeze()


def _is_there(folder: Path) -> bool:
    if (folder / CONFIG).is_file():
        return True
    print(f"There is no run to train at {str(folder)!r}: it has no {CONFIG}.", file=sys.stderr)
    return False


def _train(folder: Path) -> Exception | None:
    """What went wrong, if something did."""
    from kescape.engine.trainer import train_folder

    try:
        with kept_awake():
            train_folder(folder)
    except Exception as error:  # noqa: BLE001 (the process's last stop: run.db has the cause, the log the rest)
        traceback.print_exc()
        return error
    return None


def _sessions(folder: Path) -> int:
    from kescape.run.errors import RunError
    from kescape.run.reader import open_run

    try:
        with open_run(folder) as run:
            return len(run.sessions)
    except RunError:
        return 0


def _has_ended(folder: Path, before: int) -> bool:
    """Whether a session after the first `before` ones was this process's and has written down how it ended."""
    from kescape.run.errors import RunError
    from kescape.run.reader import open_run

    try:
        with open_run(folder) as run:
            return len(run.sessions) > before and run.sessions[-1].pid == os.getpid() and run.end is not None
    except RunError:
        return False


def _end_with(starter: int, last: Callable[[], None] = lambda: None) -> None:
    """From now on, end this process when its starter is gone, and do something last."""
    parent = os.getppid()

    def watch() -> None:
        import psutil

        # Where it is gone a process gets another parent, except on Windows.
        while os.getppid() == parent and psutil.pid_exists(starter):
            time.sleep(_LOOK_SECONDS)
        last()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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
    return _path_in(lines[0])


def _path_in(line: bytes) -> Path:
    return Path(os.fsdecode(line.rstrip(b"\r\n")))


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
