"""The only writer of `run.db`: appends what the training measures, in commits that survive a kill.

Used by one thread of one process, which holds the run's lock. What the tables mean is said in
`schema`.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import psutil

from kescape.evidence.escape import Escape
from kescape.run.commands import Command
from kescape.run.errors import RunError, RunExists, RunLocked, RunUnreadable, RunUnwritable
from kescape.run.folder import COMMANDS, DATABASE
from kescape.run.lock import EngineLock
from kescape.run.schema import ESCAPE_COLUMNS, migrate

COMMIT_SECONDS = 0.1
"""The longest that appends wait for a commit, as long as appends go on."""

RESERVE_BYTES = 256 * 1024
"""Enough for the steps between two commits and the row that says how the run ended."""

BLOCK_STEPS = 4096
"""Small blocks are merged as soon as they hold this many steps together."""

_MEASURED_EVENTS = ("restart", "foreign_hand", "loss_kind")
"""Events that training the same steps again records again; what people did and said is never set aside."""

_JUDGED_EVENTS = ("verdict", "decision")
"""The same, of a step that ends a cycle and not of the one that comes next."""


@dataclass(frozen=True)
class Column:
    """One value recorded at every step: `Column("loss", "float32", "", "true batch loss")`."""

    name: str
    dtype: str
    unit: str
    description: str


class RunWriter:
    """Writes one session of a run. Made by `RunWriter.open`, ended by `end` and `close`."""

    def __init__(
        self, folder: Path, db: sqlite3.Connection, lock: EngineLock, session: str, created: float | None = None
    ) -> None:
        self.folder = folder
        self.session = session
        self._db = db
        self._lock = lock
        self._file = (folder / DATABASE).stat()
        self._reserve = _Reserve(folder)
        self._columns: dict[str, tuple[int, np.dtype[Any]]] = {}
        self._parts: list[dict[str, npt.NDArray[Any]]] = []
        self._statements: list[tuple[str, tuple[Any, ...]]] = []
        self._committed = 0.0  # of time.monotonic()
        self._tail_steps = 0  # in blocks that are still to be merged
        self._tail_first = self._stored_steps = self._count_steps()
        self.steps = self._stored_steps
        self._standing_at: float | None = None
        self._clock_offset = self._start_clock(time.time() if created is None else created)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        kind: Literal["engine", "recorder", "imported"],
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        plan: Mapping[str, Any] | None = None,
        steps_per_epoch: int | None = None,
        plan_step: int | None = None,
        backend: str = "",
        resume: bool = False,
        go_on_at: tuple[int, int] | None = None,
        created: float | None = None,
    ) -> RunWriter:
        """Begin a run in `folder`, which is created if need be, or a further segment of one.

        Args:
            folder: The run's folder.
            kind: Who records: an engine, a recorder in the user's own script, or nobody here: it is imported.
            name: The name the run was given; by default the folder's.
            config: The settings of the run, as JSON can hold them. Kept from the first session, unless the run goes on
                from a checkpoint, perhaps for longer than it was asked for at first.
            plan: The plan as `Plan.to_dict()` gives it, or None while none is known.
            steps_per_epoch: How many steps an epoch has, or None while that is not known.
            plan_step: The step of the run at which the plan begins; by default the next one.
            backend: What trains, e.g. "tensorflow 2.21.0 on CPU".
            resume: Whether an existing run goes on. A new run never overwrites one.
            go_on_at: The step, and its epoch, from which the last session is trained again: what is recorded behind
                it is set aside, and what was done to its plan by hand holds for this session, too.
            created: When the run began, in Unix seconds; by default now.

        Raises:
            RunLocked: Another process is recording into it.
            RunExists: There is a run, and `resume` is False.
            RunUnreadable: There is a run.db, but none that this KEscape understands.
            RunUnwritable: The folder cannot be written.
        """
        folder = folder.absolute()
        with unwritable(folder):
            (folder / COMMANDS).mkdir(parents=True, exist_ok=True)
        lock = EngineLock(folder)
        if not lock.acquire():
            raise RunLocked(_locked_sentence(folder))
        db = None
        try:
            with unwritable(folder):
                db = connect_to_write(folder, resume)
            writer = cls(folder, db, lock, uuid.uuid4().hex, created)
            with unwritable(folder):
                writer._begin_session(
                    kind,
                    {"name": name or folder.name, "config": json.dumps(config or {})},
                    (_json_or_none(plan), plan_step, steps_per_epoch),
                    backend,
                    go_on_at,
                )
        except BaseException:
            if db is not None:
                db.close()
            lock.release()
            raise
        return writer

    def now(self) -> float:
        """Seconds since the run was created; never less than what is recorded."""
        return time.monotonic() + self._clock_offset if self._standing_at is None else self._standing_at

    def stand_at(self, seconds: float) -> None:
        """Have it be `seconds` after the run was created: for what happened earlier and is written now."""
        self._standing_at = seconds

    def describe_columns(self, columns: Sequence[Column]) -> None:
        """Say what is recorded at every step from now on."""
        self.flush()
        self._columns = {}
        self._tail_first, self._tail_steps = self._stored_steps, 0
        with self._transaction():
            for column in columns:
                dtype = np.dtype(column.dtype).newbyteorder("<")
                known = self._db.execute("SELECT id, dtype FROM columns WHERE name = ?", (column.name,)).fetchone()
                if known is None:
                    cursor = self._db.execute(
                        "INSERT INTO columns (name, dtype, unit, description) VALUES (?, ?, ?, ?)",
                        (column.name, dtype.str, column.unit, column.description),
                    )
                    known = (cursor.lastrowid, dtype.str)
                elif known[1] != dtype.str:
                    raise ValueError(
                        f"column {column.name!r} is recorded as {known[1]}, which cannot change; got {dtype.str}"
                    )
                else:
                    self._db.execute("UPDATE columns SET description = ? WHERE id = ?", (column.description, known[0]))
                self._columns[column.name] = (known[0], dtype)

    def append(self, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add the next steps: for each described column an array, all of one length.

        Commits if `COMMIT_SECONDS` have passed since the last commit; else a later `append` or
        `flush` does.
        """
        if columns.keys() != self._columns.keys():
            raise ValueError(
                f"append needs exactly the described columns {sorted(self._columns)}; got {sorted(columns)}"
            )
        part = {}
        for name, values in columns.items():
            # Copied: the caller may reuse its buffers.
            part[name] = np.array(values, dtype=self._columns[name][1], ndmin=1)
        lengths = {array.shape for array in part.values()}
        if len(lengths) != 1 or any(array.ndim != 1 for array in part.values()):
            shapes = {name: array.shape for name, array in part.items()}
            raise ValueError(f"append needs flat arrays of one length; got {shapes}")
        count = lengths.pop()[0]
        if count:
            self._parts.append(part)
            self.steps += count
        self._flush_if_due()

    def epoch(self, epoch: int, last_step: int, values: Mapping[str, float]) -> None:
        """Note an epoch's metrics; `last_step` is the run's step at which it ended."""
        now = self.now()
        for name, value in values.items():
            self._later(
                "INSERT OR REPLACE INTO epochs (epoch, last_step, time, name, value) VALUES (?, ?, ?, ?, ?)",
                (int(epoch), int(last_step), now, name, float(value)),
            )
        self._flush_if_due()

    def event(self, kind: str, step: int, text: str, data: Mapping[str, Any] | None = None) -> None:
        """Note that something happened, in words that the window shows."""
        self._later(
            "INSERT INTO events (step, time, session, kind, text, data) VALUES (?, ?, ?, ?, ?, ?)",
            (int(step), self.now(), self.session, kind, text, _json_or_none(data)),
        )
        self.flush()

    def plan_edit(self, step: int, kind: str, value: float | None = None) -> None:
        """Note a change of the plan by hand, which holds from `step` on, after those that are noted for that step."""
        self._later(
            "INSERT INTO plan_edits (session, step, kind, value) VALUES (?, ?, ?, ?)",
            (self.session, int(step), kind, None if value is None else float(value)),
        )
        self.flush()

    def checkpoint(self, step: int, epoch: int, batch: int, reason: str, file: str) -> None:
        """Note that the training can go on from `step`; `file` has landed in the run's folder."""
        self._later(
            "INSERT INTO checkpoints (session, step, epoch, batch, time, reason, file) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.session, int(step), int(epoch), int(batch), self.now(), reason, file),
        )
        self.flush()

    def snapshot(
        self, step: int, epoch: int, kind: str, file: str, label: str, data: Mapping[str, Any] | None = None
    ) -> None:
        """Note that the weights after `step` steps are kept in `file`, in the run's folder.

        The later of two of a kind with the same file counts. What somebody kept at the end of a cycle is both.
        """
        self._later("DELETE FROM snapshots WHERE file = ? AND kind = ?", (file, kind))
        self._later(
            "INSERT INTO snapshots (session, step, epoch, time, kind, file, label, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self.session, int(step), int(epoch), self.now(), kind, file, label, _json_or_none(data)),
        )
        self.flush()

    def escape(self, escape: Escape) -> None:
        """Note what a restart did; of two on the same restart the later counts."""
        row = asdict(escape)
        columns = [name for name in row if name in ESCAPE_COLUMNS]
        data = {name: row[name] for name in row if name not in ESCAPE_COLUMNS}
        self._later("DELETE FROM escapes WHERE step = ?", (int(escape.step),))
        self._later(
            f"INSERT INTO escapes (session, time, {', '.join(columns)}, data) "
            f"VALUES (?, ?, {', '.join('?' for _ in columns)}, ?)",
            (self.session, self.now(), *(row[name] for name in columns), json.dumps(data)),
        )
        self.flush()

    def set_plan(
        self,
        plan: Mapping[str, Any] | None,
        steps_per_epoch: int | None,
        plan_step: int | None = None,
    ) -> None:
        """Replace this session's plan, once more of it is known; `plan_step` stays unless given."""
        self._later(
            "UPDATE sessions SET plan = ?, steps_per_epoch = ?, plan_step = coalesce(?, plan_step) WHERE id = ?",
            (_json_or_none(plan), steps_per_epoch, plan_step, self.session),
        )
        self.flush()

    def ack(
        self,
        command: Command,
        step: int,
        outcome: Literal["done", "refused", "ignored"],
        reason: str = "",
    ) -> None:
        """Answer a command; for an obeyed one, `step` is the first step that it affects."""
        # A command that comes twice keeps its first answer.
        self._later(
            "INSERT OR IGNORE INTO acks "
            "(command_id, command, session, step, time, outcome, reason) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (command.id, command.kind, self.session, int(step), self.now(), outcome, reason),
        )
        self.flush()

    def end(
        self,
        outcome: Literal["finished", "stopped", "failed"],
        step: int | None = None,
        error: str | None = None,
    ) -> None:
        """Note how the session ended; `step` is the number of steps by default.

        On a full disk the reserve makes room for this last word.
        """
        self._later(
            "INSERT OR REPLACE INTO ends (session, time, step, outcome, error) VALUES (?, ?, ?, ?, ?)",
            (self.session, self.now(), self.steps if step is None else int(step), outcome, error),
        )
        try:
            self.flush()
        except RunUnwritable:
            self._reserve.give_up()
            try:
                self.flush()
            except RunUnwritable:
                # Once the log is merged into the file, it begins anew and needs no room.
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
                self.flush()

    def flush(self) -> None:
        """Commit everything appended so far.

        Raises:
            RunUnwritable: It cannot be written. Nothing is lost: a later `flush` tries again.
        """
        if not self._parts and not self._statements:
            return
        self.check_file()
        with self._transaction():
            stored, tail = self._write_blocks()
            for sql, values in self._statements:
                self._db.execute(sql, values)
        # Only now, so that a failed commit is tried again as a whole.
        self._stored_steps, (self._tail_first, self._tail_steps) = stored, tail
        self._parts.clear()
        self._statements.clear()
        self._committed = time.monotonic()

    def close(self) -> None:
        """Commit, merge the log into run.db and give the lock back; no effect the second time.

        While a reader is connected the log's mode cannot be switched back; the last reader does it
        then.
        """
        try:
            self.flush()
        finally:
            self._parts.clear()
            self._statements.clear()
            settle(self._db)
            self._db.close()
            self._reserve.give_up()
            self._lock.release()

    # What follows is the inside.

    def _begin_session(
        self,
        kind: str,
        meta: dict[str, str],
        plan: tuple[str | None, int | None, int | None],
        backend: str,
        go_on_at: tuple[int, int] | None,
    ) -> None:
        from kescape import __version__  # the package's own names are loaded lazily

        process = psutil.Process()
        text, plan_step, steps_per_epoch = plan
        with self._transaction():
            cut = None if go_on_at is None else self._cut_back(*go_on_at)
            for key, value in {**meta, "version": __version__}.items():
                self._db.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (key, value))
            if cut is not None:
                self._db.execute("UPDATE meta SET value = ? WHERE key = 'config'", (meta["config"],))
            self._db.execute(
                "INSERT INTO sessions (id, kind, pid, process_start, host, started, backend, "
                "python, first_step, plan, plan_step, steps_per_epoch) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.session,
                    kind,
                    process.pid,
                    process.create_time(),
                    platform.node(),
                    time.time(),
                    backend,
                    f"{platform.python_version()} ({sys.platform})",
                    self.steps,
                    text,
                    self.steps if plan_step is None else plan_step,
                    steps_per_epoch,
                ),
            )
            if cut is not None:
                self._event("resumed", _resumed_sentence(self.steps, cut), {"cut_steps": cut})
            elif self._db.execute("SELECT count(*) FROM sessions").fetchone()[0] > 1:
                self._event("segment", f"A further segment begins at step {self.steps}.")

    def _event(self, kind: str, text: str, data: Mapping[str, Any] | None = None) -> None:
        self._db.execute(
            "INSERT INTO events (step, time, session, kind, text, data) VALUES (?, ?, ?, ?, ?, ?)",
            (self.steps, self.now(), self.session, kind, text, _json_or_none(data)),
        )

    def _cut_back(self, step: int, epoch: int) -> int:
        """Set aside what is recorded from `step` on; returns how many steps that were."""
        db, count = self._db, self.steps - step
        if count < 0:
            raise RunUnreadable(
                f"{str(self.folder / DATABASE)!r} holds {self.steps} steps, so the run cannot go on at step {step}."
            )
        number = db.execute(
            "INSERT INTO cuts (session, step, steps, time) VALUES (?, ?, ?, ?)",
            (self.session, step, count, self.now()),
        ).lastrowid
        straddling = (
            "SELECT first_step, column_id, steps, data FROM blocks WHERE first_step < ? AND first_step + steps > ?"
        )
        for first, column, steps, data in db.execute(straddling, (step, step)).fetchall():
            kept = step - first
            border = len(data) // steps * kept
            db.execute(
                "UPDATE blocks SET steps = ?, data = ? WHERE first_step = ? AND column_id = ?",
                (kept, data[:border], first, column),
            )
            db.execute(
                "INSERT INTO cut_blocks VALUES (?, ?, ?, ?, ?)", (number, step, column, steps - kept, data[border:])
            )
        measured, judged = (", ".join(f"'{kind}'" for kind in kinds) for kinds in (_MEASURED_EVENTS, _JUDGED_EVENTS))
        # Where the last batch of an epoch had run and its end is still to come, so is what is judged there.
        at_end = "EXISTS (SELECT 1 FROM epochs WHERE epoch = :epoch AND last_step = :step - 1)"
        told_again = (
            f"step >= :step AND kind IN ({measured}) OR "
            f"kind IN ({judged}) AND (step > :step OR step = :step AND {at_end})"
        )
        decided = db.execute("SELECT step, data FROM events WHERE kind = 'decision' AND step > ?", (step,)).fetchall()
        for table, columns, condition in (
            ("events", "id, step, time, session, kind, text, data", told_again),
            ("blocks", "first_step, column_id, steps, data", "first_step >= :step"),
            ("epochs", "epoch, last_step, time, name, value", "last_step >= :step OR epoch >= :epoch"),
        ):
            values = {"cut": number, "step": step, "epoch": epoch}
            db.execute(
                f"INSERT INTO cut_{table} (cut, {columns}) SELECT :cut, {columns} FROM {table} WHERE {condition}",
                values,
            )
            db.execute(f"DELETE FROM {table} WHERE {condition}", values)
        # What is trained again writes these again.
        db.execute("DELETE FROM snapshots WHERE kind <> 'hand' AND step > ?", (step,))
        db.execute("DELETE FROM checkpoints WHERE step > ?", (step,))
        db.execute("DELETE FROM escapes WHERE end_step > ?", (step,))
        db.execute(
            "INSERT INTO plan_edits (session, step, kind, value) SELECT ?, step, kind, value FROM plan_edits "
            "WHERE session = (SELECT id FROM sessions ORDER BY number DESC LIMIT 1) ORDER BY id",
            (self.session,),
        )
        # So will whoever decided then decide again, perhaps otherwise.
        db.executemany(
            "DELETE FROM plan_edits WHERE session = ? AND step = ? AND kind = 'eta_max' AND value = ?",
            [(self.session, at, json.loads(data or "{}").get("eta_max")) for at, data in decided],
        )
        self.steps = self._stored_steps = self._tail_first = step
        self._tail_steps = 0
        return count

    def _start_clock(self, created: float) -> float:
        """What has to be added to time.monotonic() to get the run's time."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'created'").fetchone()
        if row is None:
            row = (created,)
            with self._transaction():
                self._db.execute("INSERT INTO meta (key, value) VALUES ('created', ?)", row)
        latest = self._db.execute(
            "SELECT max(time) FROM (SELECT max(time) AS time FROM events UNION ALL "
            "SELECT max(time) FROM epochs UNION ALL SELECT max(time) FROM acks UNION ALL "
            "SELECT max(time) FROM ends)"
        ).fetchone()[0]
        block = self._db.execute(
            "SELECT dtype, data FROM blocks JOIN columns ON columns.id = column_id "
            "WHERE name = 'time' ORDER BY first_step DESC LIMIT 1"
        ).fetchone()
        if block is not None:
            latest = max(latest or 0.0, float(np.frombuffer(block[1], block[0])[-1]))
        return max(time.time() - float(row[0]), latest or 0.0) - time.monotonic()

    def _count_steps(self) -> int:
        row = self._db.execute("SELECT first_step + steps FROM blocks ORDER BY first_step DESC LIMIT 1").fetchone()
        return 0 if row is None else int(row[0])

    def _later(self, sql: str, values: tuple[Any, ...]) -> None:
        self._statements.append((sql, values))

    def _flush_if_due(self) -> None:
        if time.monotonic() - self._committed >= COMMIT_SECONDS:
            self.flush()

    def _write_blocks(self) -> tuple[int, tuple[int, int]]:
        """Write what is buffered; returns the new steps stored, and the tail's first and count."""
        first, tail_first, tail_steps = self._stored_steps, self._tail_first, self._tail_steps
        if not self._parts:
            return first, (tail_first, tail_steps)
        count = sum(len(next(iter(part.values()))) for part in self._parts)
        merge = tail_steps + count >= BLOCK_STEPS
        for name, (column, _) in self._columns.items():
            data = b"".join(part[name].tobytes() for part in self._parts)
            if merge and tail_steps:
                tail = self._db.execute(
                    "SELECT data FROM blocks WHERE first_step >= ? AND column_id = ? ORDER BY first_step",
                    (tail_first, column),
                )
                data = b"".join([*(row[0] for row in tail), data])
                self._db.execute(
                    "DELETE FROM blocks WHERE first_step >= ? AND column_id = ?",
                    (tail_first, column),
                )
            self._db.execute(
                "INSERT INTO blocks (first_step, column_id, steps, data) VALUES (?, ?, ?, ?)",
                (tail_first, column, tail_steps + count, data) if merge else (first, column, count, data),
            )
        first += count
        return first, ((first, 0) if merge else (tail_first, tail_steps + count))

    def check_file(self) -> None:
        """See whether run.db is still the file that was opened.

        Raises:
            RunUnwritable: It is not.
        """
        check_same_file(self.folder / DATABASE, self._file)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with unwritable(self.folder):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # After some errors, e.g. a full disk, SQLite has rolled back by itself.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


class _Reserve:
    """Room that is kept on the disk while a run is recorded, so that a full disk can still be named as its end."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".reserve"
        # A disk that is full already will say so when there is something to record.
        with contextlib.suppress(OSError):
            self._path.write_bytes(bytes(RESERVE_BYTES))

    def give_up(self) -> None:
        """Free the room."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def check_same_file(path: Path, opened: os.stat_result) -> None:
    """See whether a file is still the one that was opened.

    SQLite would go on writing into a deleted file, where nobody would ever find it.

    Raises:
        RunUnwritable: It is not.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise RunUnwritable(f"{str(path)!r} is gone: it was deleted or moved while recording.") from error
    if (facts.st_dev, facts.st_ino) != (opened.st_dev, opened.st_ino):
        raise RunUnwritable(f"{str(path)!r} was replaced by another file while recording.")


def settle(db: sqlite3.Connection) -> bool:
    """Merge the log and set the journal mode back; False while somebody else is connected."""
    try:
        db.execute("PRAGMA busy_timeout = 0")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(db.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete")
    except sqlite3.Error:
        return False


def connect_to_write(folder: Path, resume: bool) -> sqlite3.Connection:
    """Open the run.db of a run whose lock is held, and make it if need be; readers go on reading what is in it.

    Raises:
        RunExists: It holds a run, and `resume` is False.
        RunUnreadable: It is damaged, not ours, or written by a newer KEscape.
    """
    path = folder / DATABASE
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        migrate(db, repr(str(path)))
        if not resume and db.execute("SELECT count(*) FROM sessions").fetchone()[0]:
            raise RunExists(f"{str(folder)!r} already holds a run, and runs are not overwritten.")  # noqa: TRY301
        db.execute("PRAGMA journal_mode = WAL")
        # A power cut can cost the last commits, never the file; a killed process costs nothing.
        db.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.DatabaseError as error:
        db.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise RunUnreadable(f"{str(path)!r} is damaged or not a run: {error}.") from error
    except BaseException:
        db.close()
        raise
    return db


@contextlib.contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Turns what the system says about a disk or a folder into RunUnwritable."""
    try:
        yield
    except RunError:
        raise
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RunUnwritable(f"The run in {str(folder)!r} cannot be written: {reason}.") from error


def _locked_sentence(folder: Path) -> str:
    from kescape.run.reader import open_run  # only needed to say who holds the run

    holder = "another process"
    with contextlib.suppress(RunError), open_run(folder) as run:
        if run.sessions:
            session = run.sessions[-1]
            holder = f"process {session.pid} on {session.host}"
    return f"The run {folder.name!r} is in use: {holder} is recording into it."


def _resumed_sentence(step: int, cut: int) -> str:
    again = f"; {cut} steps recorded behind it are set aside and trained again" if cut else ""
    return f"The training goes on at step {step}{again}."


def _json_or_none(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)
