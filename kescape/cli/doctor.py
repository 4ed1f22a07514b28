"""`kescape doctor`: looks whether everything KEscape needs is here, and says the cure where it is not."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import typer

from kescape.cli import console
from kescape.cli.open_app import has_no_display
from kescape.cli.runs_option import RunsOption, chosen_runs
from kescape.config.backends import backend_problem
from kescape.run.folder import storage_warning

__all__ = ["doctor"]

QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
}
"""What Qt loads on Linux beside its own files, and the Debian and Ubuntu package that has it."""

QT_PROBE = "from PySide6.QtWidgets import QApplication; print(QApplication([]).platformName())"

TENSORFLOW_PROBE = (
    "import time; t = time.perf_counter(); import keras, tensorflow as tf; "
    "s = time.perf_counter() - t; g = len(tf.config.list_physical_devices('GPU')); "
    "print(f'{keras.backend.backend()}, {g} GPU, imported in {s:.1f} s')"
)


JAX_PROBE = (
    "import time; t = time.perf_counter(); import keras, jax; s = time.perf_counter() - t; "
    "print(f'jax {jax.__version__} on {jax.default_backend().upper()}, imported in {s:.1f} s')"
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    title: str
    fine: bool
    text: str
    cure: str = ""
    grave: bool = True
    """False: KEscape works without it, if less well."""


def doctor(context: typer.Context, runs: RunsOption = None) -> None:
    """Check that KEscape can train and open its window here."""
    from rich.text import Text

    healthy = True
    for finding in _examine(chosen_runs(context, runs)):
        mark, style = ("ok", "green") if finding.fine else ("no", "red")
        if not finding.fine and not finding.grave:
            mark, style = ("!!", "yellow")
        line = Text.assemble((f"{mark}  ", style), (f"{finding.title:<12}", "bold"), finding.text)
        console.out().print(line, soft_wrap=True)
        if finding.cure:
            console.out().print(f"{'':<16}{finding.cure}", soft_wrap=True)
        healthy = healthy and (finding.fine or not finding.grave)
    raise typer.Exit(console.DONE if healthy else console.FAILED)


def _examine(runs: Path) -> Iterator[Finding]:
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    yield Finding("Python", True, f"{platform.python_version()} on {system}")
    yield _versions()
    yield _tensorflow()
    yield _jax()
    yield from _window()
    yield _runs_folder(runs)


def _versions() -> Finding:
    found, missing = [], []
    for name in ("kescape", "keras", "tensorflow", "PySide6-Essentials", "pyqtgraph"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    cure = f"pip install {' '.join(missing)}" if missing else ""
    return Finding("Packages", not missing, ", ".join(found), cure)


def _tensorflow() -> Finding:
    said, code = _probe(TENSORFLOW_PROBE, {"TF_CPP_MIN_LOG_LEVEL": "3"})
    cure = "" if code == 0 else "pip install --force-reinstall tensorflow"
    return Finding("TensorFlow", code == 0, said, cure)


def _jax() -> Finding:
    if backend_problem("jax") is not None:
        return Finding("JAX", True, 'not here, and only --backend jax needs it: pip install "kescape[jax]"')
    said, code = _probe(JAX_PROBE, {"KERAS_BACKEND": "jax"})
    cure = "" if code == 0 else 'pip install --upgrade "kescape[jax]"'
    return Finding("JAX", code == 0, said, cure, grave=False)


def _window() -> Iterator[Finding]:
    missing = _missing_qt_libraries() if sys.platform.startswith("linux") else []
    if missing:
        packages = " ".join(QT_LIBRARIES[library] for library in missing)
        yield Finding(
            "Qt needs",
            False,
            f"missing: {', '.join(missing)}",
            f"On Debian and Ubuntu: sudo apt install {packages}",
            grave=False,
        )
    if has_no_display():
        yield Finding("Window", False, "no display; the commands work without one", grave=False)
        return
    # In a child: without a usable display Qt aborts the process that asks.
    said, code = _probe(QT_PROBE, {})
    text = f"opens on {said!r}" if code == 0 else f"cannot open: {said}"
    yield Finding("Window", code == 0, text, grave=False)


def _missing_qt_libraries() -> list[str]:
    missing = []
    for library in QT_LIBRARIES:
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(library)
    return missing


def _runs_folder(runs: Path) -> Finding:
    existing = next((p for p in (runs, *runs.parents) if p.exists()), runs)
    try:
        with tempfile.TemporaryDirectory(prefix=".kescape-", dir=existing) as folder:
            mode = _journal_mode(Path(folder) / "probe.db")
    except OSError as error:
        reason = error.strerror or str(error)
        return Finding("Runs", False, f"{runs} cannot be written: {reason}", "Choose another: --runs")
    except sqlite3.Error as error:
        return Finding("Runs", False, f"{runs}: SQLite cannot work there: {error}", "Use a local disk")
    if mode != "wal":
        return Finding("Runs", False, f"{runs}: no write-ahead log there", "Use a local disk")
    warning = storage_warning(runs)
    if warning is not None:
        return Finding("Runs", False, warning, grave=False)
    return Finding("Runs", True, f"{runs} can be written, with a write-ahead log")


def _journal_mode(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as db:
        (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("CREATE TABLE probe (number)")
        return str(mode)


def _probe(program: str, environment: dict[str, str]) -> tuple[str, int]:
    """Run a few lines of Python; what they printed last, or complained of, and the exit code."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", program],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            env={**os.environ, **environment},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "no answer within two minutes", 1
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return (said[-1] if said else f"ended with code {done.returncode}"), done.returncode
