"""Real means of doing harm, as far as this system lets us; each says which it took."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kescape.engine.launch import Engine


@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[str | None]:
    """A disk of this size at `folder`; gives its kind, or None where no disk may be mounted."""
    folder.mkdir(parents=True)
    if not _succeeds("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)):
        yield None
        return
    try:
        yield f"tmpfs of {kilobytes} kB"
    finally:
        # Lazily, since somebody may still look into it.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def enlarge_disk(folder: Path, kilobytes: int) -> None:
    """Somebody has tidied up on a disk made by `small_disk`."""
    subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(folder)], check=True)


def limit_files(engine: Engine, kilobytes: int) -> str:
    """Let no file of an engine grow beyond this size, where no disk may be mounted: writing fails as on a full one."""
    import resource  # not on Windows

    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))
    return f"files limited to {kilobytes} kB"


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[str | None]:
    """`folder` as on a disk that may only be read; gives the means, or None where there is none."""
    if _succeeds("mount", "--bind", str(folder), str(folder)):
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
            yield "a read-only mount"
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    elif _succeeds("chattr", "-R", "+i", str(folder)):
        try:
            yield "files made immutable"
        finally:
            subprocess.run(["chattr", "-R", "-i", str(folder)], check=True)
    elif sys.platform == "win32" or os.getuid() == 0:
        yield None  # modes keep nobody from writing there
    else:
        paths = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for path in paths:
            path.chmod(0o555)
        try:
            yield "folders without write permission"
        finally:
            for path in paths:
                path.chmod(0o755)


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


class Clock:
    """A clock on the wall that can be set for processes that are started with its environment.

    A few lines of C, compiled here and loaded into each process before its own libraries: what the process asks the
    system for the time, it asks them.

    Args:
        folder: Where it is made.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set(0)
        library = folder / "clock.so"
        source = Path(__file__).with_name("clock_shim.c")
        compiled = _succeeds("cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl")
        self.environment = {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(self._file)} if compiled else {}

    @property
    def works(self) -> bool:
        """Whether there is one: it needs a compiler, and Linux."""
        if not self.environment:
            return False
        self.set(-7200)
        asked = [sys.executable, "-c", "import time; print(time.time())"]
        said = subprocess.run(asked, env={**os.environ, **self.environment}, capture_output=True, text=True, check=True)
        self.set(0)
        return abs(float(said.stdout) + 7200 - time.time()) < 60

    def set(self, seconds: float) -> None:
        """So many seconds later than it is; earlier if negative."""
        # In place: the processes have it mapped.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("d", seconds))


def decimal_comma(folder: Path) -> dict[str, str]:
    """The environment of a computer that writes numbers with a comma; empty where German is not installed."""
    if _succeeds("localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")):
        return {"LOCPATH": str(folder), "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}
    asked = [sys.executable, "-c", "import locale; locale.setlocale(locale.LC_ALL, '')"]
    installed = {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}
    found = subprocess.run(asked, env={**os.environ, **installed}, capture_output=True, check=False).returncode == 0
    return installed if found else {}
