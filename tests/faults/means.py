"""Real means of doing harm, as far as this system lets us; each says which it took."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
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
