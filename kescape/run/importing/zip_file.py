"""Takes a run out of a zip that `kescape export --format zip` wrote, and trusts nothing in it.

Only files with the names that such a zip has are written, into the folder of the new run and nowhere else; nothing in
them is run. The database must have exactly the tables of a run, hence no triggers or views, and must be readable whole.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sqlite3
import stat
import time
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from kescape.run.errors import ImportRefused, RunUnreadable
from kescape.run.folder import BEST_VALIDATION, CONFIG, DATABASE, LABELS, MODEL, PREPROCESSING, SNAPSHOTS
from kescape.run.reader import open_run
from kescape.run.schema import IMPORTED, MIGRATIONS, VERSION

__all__ = ["extract_run"]

_WANTED = (DATABASE, CONFIG, LABELS, MODEL, BEST_VALIDATION, PREPROCESSING)
_SNAPSHOT = re.compile(rf"{SNAPSHOTS}/\w[\w.\-]{{0,150}}\.weights\.h5", re.ASCII)

_MOST_FILES = 100_000
_LARGEST_FACTOR = 100
_HARMLESS_BYTES = 256 << 20
"""What is packed a hundred times smaller than it is, and is larger than this, is there to fill a disk."""

_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError)
"""What `zipfile` raises for damaged, encrypted and exotic archives."""


def extract_run(path: Path, folder: Path) -> None:
    """Write what belongs to a run from a zip into an empty folder.

    Raises:
        ImportRefused: It is no zip of a run, or one that was made to do harm.
        OSError: The folder cannot be written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = _files(archive, path)
            _check_size(list(files.values()), path, folder)
            for name, info in files.items():
                target = folder / name
                target.parent.mkdir(exist_ok=True)
                with archive.open(info) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, _CHUNK)
    except _BROKEN as error:
        raise ImportRefused(f"{str(path)!r} cannot be imported: the zip is damaged: {error}.") from error
    try:
        _check_settings(folder)
        _check_database(folder / DATABASE)
        _read_all(folder)
        _settle_in(folder / DATABASE, set(files))
    except sqlite3.Error as error:
        raise _refused(path, f"its {DATABASE} cannot be read: {error}") from error
    except (RunUnreadable, ValueError) as error:
        raise ImportRefused(f"{str(path)!r} cannot be imported: {_without(folder, str(error))}") from error


def _files(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """What is wanted of an archive, by its name in the run's folder."""
    entries = [info for info in archive.infolist() if not info.is_dir()]
    if len(entries) > _MOST_FILES:
        raise _refused(path, f"it holds {len(entries)} files")
    for info in entries:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if not parts or parts[0] == "/" or ":" in parts[0] or ".." in parts:
            raise _refused(path, f"{info.filename[:60]!r} in it would be written outside the run's folder")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _refused(path, f"{info.filename[:60]!r} in it is a link")
    # Who unpacks and packs again may get a folder around all.
    tops = {info.filename.split("/")[0] for info in entries}
    names = [info.filename for info in entries]
    inside = f"{next(iter(tops))}/" if len(tops) == 1 and DATABASE not in names else ""
    files: dict[str, zipfile.ZipInfo] = {}
    for info in entries:
        name = info.filename.removeprefix(inside)
        if name not in _WANTED and not _SNAPSHOT.fullmatch(name):
            continue  # tables, the figure and the text are made from the rest
        if name in files:
            raise _refused(path, f"it holds {name!r} twice")
        if info.flag_bits & 0x1:
            raise _refused(path, "it is locked with a password")
        files[name] = info
    if DATABASE not in files:
        raise _refused(path, f"it holds no {DATABASE}, so it is no exported run")
    return files


def _check_size(files: list[zipfile.ZipInfo], path: Path, folder: Path) -> None:
    size = sum(info.file_size for info in files)
    if size > max(_HARMLESS_BYTES, _LARGEST_FACTOR * path.stat().st_size):
        raise _refused(path, f"unpacked it would take {size:,} bytes, more than {_LARGEST_FACTOR} times its own size")
    free = shutil.disk_usage(folder).free
    if size > free:
        raise _refused(path, f"unpacked it takes {size:,} bytes, and {free:,} are free")


def _check_settings(folder: Path) -> None:
    """The files that are text; models are for those who load them to judge, in safe mode."""
    readers: tuple[tuple[str, Callable[[str], Any]], ...] = ((CONFIG, tomllib.loads), (PREPROCESSING, json.loads))
    for name, read in readers:
        try:
            read((folder / name).read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (ValueError, RecursionError) as error:
            raise ValueError(f"its {name} cannot be read: {error}.") from error


def _check_database(path: Path) -> None:
    """Whether a database has the tables of a run, and nothing else in it."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        db.execute("PRAGMA trusted_schema = OFF")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        found = _tables(db)
        with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
            for migration in MIGRATIONS[:version]:
                migration(fresh)
            if version <= VERSION and found != _tables(fresh):
                raise ValueError(f"the tables of its {DATABASE} are not those of a run.")
        ((answer,), *_) = db.execute("PRAGMA quick_check(1)").fetchall()
        if answer != "ok":
            raise ValueError(f"its {DATABASE} is damaged: {answer}.")


def _tables(db: sqlite3.Connection) -> set[tuple[str, ...]]:
    return set(db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall())


def _read_all(folder: Path) -> None:
    """Whatever a window or an export would read must be readable now."""
    try:
        with open_run(folder) as run:
            if not run.sessions:
                raise ValueError(f"its {DATABASE} holds no run.")
            for column in run.columns:
                run.curves(names=[column.name])
            for read in (run.epochs, run.events, run.plan_edits, run.acks, run.snapshots, run.cuts, run.cycles):
                read()
            _ = (run.config, run.created, run.plan, run.end)
    except (TypeError, ArithmeticError, AttributeError) as error:
        # Values of a kind that no writer of ours leaves.
        raise ValueError(f"its {DATABASE} is damaged: {error}.") from error


def _settle_in(path: Path, files: set[str]) -> None:
    """Note where the run came from, and forget the files that did not come with it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("BEGIN")
        db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (IMPORTED, time.time()))
        if db.execute("PRAGMA user_version").fetchone()[0] >= 2:
            db.execute("DELETE FROM checkpoints")
            missing = [row for row in db.execute("SELECT id, file FROM snapshots") if row[1] not in files]
            db.executemany("DELETE FROM snapshots WHERE id = ?", [(number,) for number, _ in missing])
        db.execute("COMMIT")


def _without(folder: Path, sentence: str) -> str:
    """A sentence about a file in the folder that will be gone when it is read."""
    return sentence.replace(f"{folder}/", "").replace(f"{folder}\\\\", "")


def _refused(path: Path, why: str) -> ImportRefused:
    return ImportRefused(f"{str(path)!r} cannot be imported: {why}.")
