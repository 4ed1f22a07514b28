"""Keeps the folder of a run here as the one elsewhere, where the run is trained. No Ray, no Keras, no Qt.

There, an `Original` says again and again what has changed; here, a `Mirror` does the same to the folder here. What goes
from one to the other is `Changes`: rows of `run.db`, whole files, and what was added to `engine.log`. Rows come in one
transaction, so that who reads the run here sees it as it was there at one moment, some moments ago.

Only files that a training leaves are brought, by their names, and only rows of the tables of a run: whatever comes,
nothing is written outside the folder, and nothing that is not a row changes the database.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from kescape.run.errors import RunLocked, RunUnreadable
from kescape.run.folder import (
    BEST_VALIDATION,
    CHECKPOINTS,
    CONFIG,
    DATABASE,
    ENGINE_LOG,
    GO_ON,
    MODEL,
    PREPROCESSING,
    SNAPSHOTS,
)
from kescape.run.lock import EngineLock
from kescape.run.reader import Run, open_run
from kescape.run.schema import MIRRORED, migrate
from kescape.run.writer import BLOCK_STEPS, check_same_file, connect_to_write, settle, unwritable

__all__ = ["Changes", "Mirror", "Original", "files_of"]

Row: TypeAlias = tuple[int | float | str | bytes | None, ...]

_SINGLE_FILES = (CONFIG, PREPROCESSING, MODEL, BEST_VALIDATION)
_FOLDERS = (CHECKPOINTS, SNAPSHOTS)
_FILE = re.compile(rf"{'|'.join(map(re.escape, _SINGLE_FILES))}|(?:{'|'.join(_FOLDERS)})/\w[\w.\-]{{0,150}}", re.ASCII)
"""The files that a training leaves; the database, the log and the requests have ways of their own."""

_GROWING = {"blocks": "first_step", "epochs": "last_step", "events": "id"}
"""Tables that may become long, and by what their rows are ordered: behind the newest ones, nothing changes any more."""
_OLD = ("cut_blocks", "cut_epochs", "cut_events")
"""Long ones, too, which change only when a training begins."""

_MOST_LOG_BYTES = 1 << 20
"""What a look brings of the log; what is more comes with the next ones."""
_LAST_LOG_BYTES = 64 << 20


@dataclass(frozen=True)
class Changes:
    """What has changed in the folder of a run since the last look.

    Attributes:
        rows: The new and the changed rows of each table of `run.db`.
        gone: The keys of those that are not there any more.
        files: The new and the changed files, by their names in the folder.
        removed: The names of those that are not there any more.
        log: What was added to `engine.log`.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    gone: dict[str, list[Row]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    log: bytes = b""

    def __bool__(self) -> bool:
        return bool(self.rows or self.gone or self.files or self.removed or self.log)


@dataclass(frozen=True)
class _Table:
    """The columns of a table, and which of them are its key."""

    columns: tuple[str, ...]
    key: tuple[int, ...]

    def key_of(self, row: Row) -> Row:
        return tuple(row[place] for place in self.key)

    @property
    def is_key(self) -> str:
        """The condition by which a row is found."""
        return " AND ".join(f"{self.columns[place]} = ?" for place in self.key)


@functools.cache
def _tables() -> dict[str, _Table]:
    """The tables of a run of this KEscape."""
    found = {}
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        migrate(db, "memory")
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = db.execute(f"PRAGMA table_info({name})").fetchall()
            places = [(order, place) for place, *_, order in columns if order]
            found[name] = _Table(tuple(row[1] for row in columns), tuple(place for _, place in sorted(places)))
    return found


def files_of(folder: Path) -> dict[str, bytes]:
    """What must be where a run is trained: its settings and, if it goes on, what it goes on from."""
    found = {name: (folder / name).read_bytes() for name in _names(folder)}
    with contextlib.suppress(FileNotFoundError):
        found[GO_ON] = (folder / GO_ON).read_bytes()
    with tempfile.TemporaryDirectory() as place, open_run(folder) as run:
        if run.copy_database(Path(place) / DATABASE):
            found[DATABASE] = (Path(place) / DATABASE).read_bytes()
    return found


class Original:
    """Says what has changed in the folder of a run, where it is trained.

    Args:
        folder: The run's folder. What is in it now is known to whoever has sent it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._run: Run | None = None
        self._sessions = 0
        self._since: dict[str, int] = dict.fromkeys(_GROWING, -1)
        self._settled: dict[str, dict[Row, bytes]] = {name: {} for name in _tables()}
        self._open: dict[str, dict[Row, bytes]] = {name: {} for name in _tables()}
        self._files: dict[str, tuple[int, int, int]] = {}
        self._log_size = 0
        self.changes()

    def changes(self, *, last: bool = False) -> Changes:
        """What has changed since the last time.

        Args:
            last: Look at all rows, also at those that should not have changed.
        """
        # The files after the rows: a row never promises what is not there.
        rows, gone = self._changed_rows(last)
        files, removed = self._changed_files()
        return Changes(rows, gone, files, removed, self._added_to_log(_LAST_LOG_BYTES if last else _MOST_LOG_BYTES))

    def close(self) -> None:
        """Let go of the folder."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def _changed_rows(self, last: bool) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
        rows: dict[str, list[Row]] = {}
        gone: dict[str, list[Row]] = {}
        if self._run is None:
            self._run = open_run(self._folder)
        with self._run.at_one_moment() as db:
            if db is None:
                return rows, gone
            # Where a session begins, the training may have gone back.
            (sessions,) = db.execute("SELECT count(*) FROM sessions").fetchone()
            whole = last or sessions != self._sessions
            self._sessions = sessions
            for name in _tables():
                if whole or name not in _OLD:
                    self._compare(db, name, whole, rows, gone)
        return rows, gone

    def _compare(
        self, db: sqlite3.Connection, name: str, whole: bool, rows: dict[str, list[Row]], gone: dict[str, list[Row]]
    ) -> None:
        table, since, order = _tables()[name], -1, _GROWING.get(name)
        if whole:
            self._open[name] = self._settled[name] | self._open[name]
            self._settled[name] = {}
        elif order is not None:
            since = self._since[name]
        known, seen = self._open[name], set()
        sql = f"SELECT {', '.join(table.columns)} FROM {name}"
        if order is not None:
            sql += f" WHERE {order} >= {since} ORDER BY {order}"
        for row in db.execute(sql):
            key = table.key_of(row)
            seen.add(key)
            digest = _digest(row)
            if known.get(key) != digest:
                known[key] = digest
                rows.setdefault(name, []).append(row)
        if missing := known.keys() - seen:
            gone[name] = list(missing)
            for key in missing:
                del known[key]
        if order is not None:
            self._since[name] = since = self._settled_before(db, name)
            place = table.key.index(table.columns.index(order))
            for key in [key for key in known if key[place] < since]:  # type: ignore[operator]
                self._settled[name][key] = known.pop(key)

    def _settled_before(self, db: sqlite3.Connection, name: str) -> int:
        """Before which place the rows of a long table do not change any more."""
        if name == "blocks":  # until they have been merged
            sql = f"SELECT max(first_step + steps) FROM blocks WHERE steps >= {BLOCK_STEPS}"
        else:
            sql = f"SELECT max({_GROWING[name]}) FROM {name}"
        return int(db.execute(sql).fetchone()[0] or 0)

    def _changed_files(self) -> tuple[dict[str, bytes], list[str]]:
        files, names = {}, set(_names(self._folder))
        for name in sorted(names):
            try:
                with (self._folder / name).open("rb") as file:
                    facts = os.fstat(file.fileno())
                    stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
                    if self._files.get(name) != stamp:
                        files[name] = file.read()
                        self._files[name] = stamp
            except FileNotFoundError:
                names.discard(name)  # it was removed just now
        removed = sorted(self._files.keys() - names)
        for name in removed:
            del self._files[name]
        return files, removed

    def _added_to_log(self, most: int) -> bytes:
        try:
            with (self._folder / ENGINE_LOG).open("rb") as file:
                file.seek(self._log_size)
                added = file.read(most)
        except FileNotFoundError:
            return b""
        self._log_size += len(added)
        return added


class Mirror:
    """Does to the folder of a run here what happened to it where it is trained, and holds its lock meanwhile.

    Args:
        folder: The run's folder.

    Raises:
        RunLocked: Another process is recording into it.
        RunUnwritable: The folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db: sqlite3.Connection | None = None
        self._lock = EngineLock(folder)
        if not self._lock.acquire():
            raise RunLocked(f"The run {folder.name!r} is in use: another process is recording into it.")

    def apply(self, changes: Changes) -> None:
        """Do what has changed.

        Raises:
            RunUnreadable: It is nothing that the training of a run changes.
            RunUnwritable: The folder cannot be written, or is gone.
        """
        _check(changes)
        with unwritable(self._folder):
            for name, content in changes.files.items():
                _put(self._folder, name, content)
            if changes.log:
                with (self._folder / ENGINE_LOG).open("ab") as log:
                    log.write(changes.log)
            if changes.rows or changes.gone:
                self._write_rows(changes)
            if "sessions" in changes.rows:
                (self._folder / GO_ON).unlink(missing_ok=True)  # it has begun, and says so itself
            for name in changes.removed:
                (self._folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the folder; no effect the second time."""
        if self._db is not None:
            settle(self._db)
            self._db.close()
            self._db = None
        self._lock.release()

    def _write_rows(self, changes: Changes) -> None:
        path = self._folder / DATABASE
        if self._db is None:
            self._db = connect_to_write(self._folder, resume=True)
            self._file = path.stat()
        check_same_file(path, self._file)
        with _transaction(self._db), _only_rows():
            for name, keys in changes.gone.items():
                self._db.executemany(f"DELETE FROM {name} WHERE {_tables()[name].is_key}", keys)
            for name, rows in changes.rows.items():
                places = ", ".join("?" for _ in _tables()[name].columns)
                self._db.executemany(f"INSERT OR REPLACE INTO {name} VALUES ({places})", rows)
            self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (MIRRORED, platform.node()))


def _digest(row: Row) -> bytes:
    """What another row has not."""
    digest = hashlib.blake2b(digest_size=16)
    for value in row:
        content = value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass")
        digest.update(f"{type(value).__name__} {len(content)} ".encode())
        digest.update(content)
    return digest.digest()


@contextlib.contextmanager
def _only_rows() -> Iterator[None]:
    """Turns what SQLite says about rows that the tables cannot hold into RunUnreadable."""
    try:
        yield
    except (
        sqlite3.IntegrityError,
        sqlite3.ProgrammingError,
        sqlite3.InterfaceError,
        ValueError,
        OverflowError,
    ) as error:
        raise RunUnreadable(f"What came from the cluster has rows that no run has: {error}.") from error


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _names(folder: Path) -> list[str]:
    """The files that a training has left so far."""
    found = [name for name in _SINGLE_FILES if (folder / name).is_file()]
    for inner in _FOLDERS:
        with contextlib.suppress(FileNotFoundError):
            found += [f"{inner}/{entry.name}" for entry in os.scandir(folder / inner) if entry.is_file()]
    return [name for name in found if _FILE.fullmatch(name)]


def _put(folder: Path, name: str, content: bytes) -> None:
    """Write a file of a run, which appears whole or not at all."""
    path = folder / name
    if path.parent != folder:  # which is not made anew if somebody has removed it
        path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _check(changes: Changes) -> None:
    """Refuse files and tables that no run has."""
    for name in (*changes.files, *changes.removed):
        if not _FILE.fullmatch(name):
            raise RunUnreadable(f"What came from the cluster names the file {name[:60]!r}, which no run has.")
    for name in (*changes.rows, *changes.gone):
        if name not in _tables():
            raise RunUnreadable(f"What came from the cluster names the table {name[:60]!r}, which no run has.")
