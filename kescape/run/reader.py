"""Reads a run, live or finished, without Keras: `open_run(path)` gives a `Run`.

Nothing is cached that may change: each call says what is in the folder now. Readers never write
into a live run.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import platform
import re
import sqlite3
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt

from kescape.evidence.ensemble_score import EnsembleRow, EnsembleScore
from kescape.evidence.escape import SENTENCES, Escape
from kescape.run.cycles import CycleStart, cycle_starts
from kescape.run.errors import RunNotFound, RunUnreadable
from kescape.run.folder import CONFIG, DATABASE, GO_ON, expanded, is_run_folder
from kescape.run.lock import EngineLock, lock_is_held
from kescape.run.schema import ESCAPE_COLUMNS, IMPORTED, MIRRORED, file_version
from kescape.run.status import Facts, RunStatus, derive_status
from kescape.run.writer import Column, settle
from kescape.schedule import PlacedPlan, Plan, PlanEdit, plan_from_dict

if TYPE_CHECKING:
    from kescape.run.export.options import FigureOptions

_OWN_FILE = re.compile(r"([a-z]+/)?[^./\\:][^/\\:]*")
"""A name in the run's folder, or in a folder of it."""

_SEVERAL_FILES = bytes.fromhex("d9d505f920a163d7")
"""How a rollback journal of SQLite ends that names the journal of a transaction over several files."""

# A writer never holds the file for long; a reader in a window must not either.
_BUSY_SECONDS = 1.0

_YEAR_9000 = 2.2e11
"""In Unix seconds: calendars know no later ones."""

_Record = TypeVar("_Record")


@dataclass(frozen=True)
class Session:
    """One process that recorded into the run, and the plan that it followed.

    Attributes:
        id: As commands name it.
        kind: "engine", "recorder" or "imported".
        pid: Its process id on `host`.
        process_start: When the process started, in Unix seconds: with `pid`, it names a process for
            good.
        host: The computer's name.
        started: When it began to record, in Unix seconds.
        backend: What trained.
        python: The Python that it ran under.
        first_step: The first step that it recorded.
        plan_step: The step of the run at which its plan begins.
        steps_per_epoch: None where that is not known.
        plan_json: The plan as it is stored, or None.
    """

    id: str
    kind: str
    pid: int
    process_start: float
    host: str
    started: float
    backend: str
    python: str
    first_step: int
    plan_step: int
    steps_per_epoch: int | None
    plan_json: str | None

    @cached_property
    def plan(self) -> Plan | None:
        """The plan; None if there is none, or one of a kind that this KEscape does not know."""
        if self.plan_json is None:
            return None
        try:
            return plan_from_dict(json.loads(self.plan_json))
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class EpochRow:
    """What is known of one epoch: number, last step, when it ended, and its metrics by name."""

    epoch: int
    last_step: int
    time: float
    values: dict[str, float]


@dataclass(frozen=True)
class Event:
    """Something that happened at a step, in words; `data` holds what else belongs to it."""

    id: int
    step: int
    time: float
    session: str
    kind: str
    text: str
    data: dict[str, Any] | None


@dataclass(frozen=True)
class Ack:
    """What became of a command: `outcome` is done, refused or ignored."""

    command_id: str
    command: str
    session: str
    step: int
    time: float
    outcome: str
    reason: str


@dataclass(frozen=True)
class End:
    """How a session ended: `outcome` is finished, stopped or failed."""

    session: str
    time: float
    step: int
    outcome: str
    error: str | None


@dataclass(frozen=True)
class CheckpointRow:
    """A state from which the training can go on: `step` steps were trained, the next is `batch` of `epoch`.

    `file` is in the run's folder; only the newest few are kept.
    """

    session: str
    step: int
    epoch: int
    batch: int
    time: float
    reason: str
    file: str


@dataclass(frozen=True)
class Snapshot:
    """Weights that are kept, after `step` steps.

    Attributes:
        session: Which session trained them.
        step: How many steps had been trained.
        epoch: How many whole epochs had been trained.
        time: When, in seconds since the run was created.
        kind: `cycle` (at the end of one), `hand` (somebody asked), `last_cycle` or `best_validation` (whole models).
        file: Its file in the run's folder.
        label: What it is, in words.
        data: What else belongs to it.
    """

    session: str
    step: int
    epoch: int
    time: float
    kind: str
    file: str
    label: str
    data: dict[str, Any] | None


@dataclass(frozen=True)
class Cut:
    """Where the training went on from a checkpoint: so many steps behind `step` were set aside."""

    session: str
    step: int
    steps: int
    time: float


@dataclass(frozen=True)
class RecordedEdit:
    """A change of the plan by hand, as it is stored: it holds from `step` of the run on."""

    session: str
    step: int
    kind: str
    value: float | None


def open_run(path: str | Path) -> Run:
    """Open a run by its folder, whether it is about to start, live, finished or cut off.

    Raises:
        RunNotFound: There is no run in that folder.
        RunUnreadable: Its run.db is damaged, not ours, or written by a newer KEscape.
    """
    folder = expanded(path).absolute()
    if not is_run_folder(folder):
        raise RunNotFound(f"There is no run in {str(folder)!r}.")
    run = Run(folder)
    run._connect()
    return run


class Run:
    """A run folder, read. Use it in one thread at a time; several may be open on the same run.

    Example:
        >>> from kescape.run.writer import Column, RunWriter
        >>> folder = getfixture("tmp_path") / "first"
        >>> writer = RunWriter.open(folder, kind="recorder")
        >>> writer.describe_columns([Column("loss", "float32", "", "true loss of the batch")])
        >>> writer.append({"loss": [2.5, 1.5, 1.0]})
        >>> writer.end("finished")
        >>> writer.close()
        >>> with open_run(folder) as run:
        ...     str(run.status), run.steps, run.curves()["loss"].tolist()
        ('finished', 3, [2.5, 1.5, 1.0])
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._db: sqlite3.Connection | None = None
        self._placed: tuple[object, PlacedPlan] | None = None

    @property
    def name(self) -> str:
        """The name of the run's folder, by which it is found."""
        return self.path.name

    # What it is.

    @property
    def config(self) -> dict[str, Any]:
        """The settings of the run; empty for a recorded script that gave none."""
        stored = self._meta("config")
        if stored is not None:
            return self._json_object(stored)
        try:
            return tomllib.loads((self.path / CONFIG).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError as error:
            raise RunUnreadable(f"{str(self.path / CONFIG)!r} cannot be read: it is not text in UTF-8.") from error
        except (OSError, ValueError) as error:
            raise RunUnreadable(f"{str(self.path / CONFIG)!r} cannot be read: {error}.") from error

    @property
    def created(self) -> float:
        """When the run was created, in Unix seconds."""
        stored = self._meta("created")
        with self._readable():
            moment = self._asked() if stored is None else float(stored)
        if not 0 <= moment < _YEAR_9000:
            raise self._damaged(f"it was created at {moment:g} seconds")
        return moment

    @property
    def sessions(self) -> list[Session]:
        """The processes that recorded into the run, in their order."""
        return [
            self._record(Session, *row)
            for row in self._rows(
                "SELECT id, kind, pid, process_start, host, started, backend, python, first_step, "
                "plan_step, steps_per_epoch, plan FROM sessions ORDER BY number"
            )
        ]

    @property
    def columns(self) -> list[Column]:
        """What is recorded at every step, in the order of description."""
        return [
            self._record(Column, *row)
            for row in self._rows("SELECT name, dtype, unit, description FROM columns ORDER BY id")
        ]

    @property
    def loss_kind(self) -> str:
        """`batch loss`, or `running mean` where a model's own train step returns only that."""
        rows = self._rows(
            "SELECT data FROM events WHERE kind = 'loss_kind' AND data IS NOT NULL ORDER BY id DESC LIMIT 1"
        )
        data = self._json_object(rows[0][0]) if rows else {}
        return str(data.get("loss", "batch loss"))

    # The plan.

    @property
    def plan(self) -> Plan | None:
        """The plan of the latest session, or None where none is known."""
        sessions = self.sessions
        return sessions[-1].plan if sessions else None

    @property
    def steps_per_epoch(self) -> int | None:
        """How many steps an epoch has in the latest session, or None where that is not known."""
        sessions = self.sessions
        return sessions[-1].steps_per_epoch if sessions else None

    @property
    def placed(self) -> PlacedPlan | None:
        """The latest session's plan on whole steps, with the edits by hand.

        Its step 0 is the run's step `sessions[-1].plan_step`: 0 unless the run has several
        segments.
        """
        sessions = self.sessions
        return self.placed_for(sessions[-1]) if sessions else None

    def placed_for(self, session: Session) -> PlacedPlan | None:
        """A session's plan on whole steps, with the edits by hand.

        Its step 0 is the run's step `session.plan_step`.
        """
        if session.plan is None or session.steps_per_epoch is None:
            return None
        edits = [edit for edit in self.plan_edits() if edit.session == session.id]
        key = (session, tuple(edits))
        if self._placed is None or self._placed[0] != key:
            try:
                placed = session.plan.on_steps(session.steps_per_epoch)
                for edit in edits:
                    step = edit.step - session.plan_step
                    placed = placed.with_edit(PlanEdit(step, edit.kind, edit.value))
            except (ValueError, TypeError) as error:
                raise self._damaged(f"its plan cannot be placed: {error}") from error
            self._placed = (key, placed)
        return self._placed[1]

    def plan_edits(self) -> list[RecordedEdit]:
        """The changes of the plan by hand, in their order."""
        rows = self._rows("SELECT session, step, kind, value FROM plan_edits ORDER BY id")
        return [self._record(RecordedEdit, *row) for row in rows]

    def cycles(self, until: int | None = None) -> list[CycleStart]:
        """Where each cycle began, as the plan has it, before step `until` (by default: so far)."""
        return cycle_starts(self, self.steps if until is None else until)

    def restarts(self, until: int | None = None) -> list[int]:
        """The first steps of cycles 1, 2, ... before step `until` (by default: so far)."""
        return [start.step for start in self.cycles(until) if start.is_restart]

    # How it goes.

    @property
    def status(self) -> RunStatus:
        """What the run is doing, derived from its folder now."""
        # The lock first: an engine that ends between the two questions has left its end row by then.
        held = lock_is_held(self.path)
        session = self._rows("SELECT id, host FROM sessions ORDER BY number DESC LIMIT 1")
        if not session:
            return derive_status(Facts(held, False, True, None, False, False, self._asked()))
        session_id, host = session[0]
        end = self.end
        pauses = self._rows(
            "SELECT kind FROM events WHERE session = ? AND kind IN ('pause', 'resume') ORDER BY id DESC LIMIT 1",
            (session_id,),
        )
        here = platform.node()
        facts = Facts(
            lock_held=held,
            has_session=True,
            # Nobody elsewhere records into a run that was imported here, or into the copy of one trained elsewhere.
            same_host=host == here or self._meta(IMPORTED) is not None or self._meta(MIRRORED) == here,
            end=end.outcome if end else None,
            paused=pauses == [("pause",)],
            has_steps=self.steps > 0,
            asked=self._asked(),
            asked_to_go_on=self._asked_to_go_on(),
        )
        with self._readable():
            return derive_status(facts)

    @property
    def end(self) -> End | None:
        """How the latest session ended, or None while it has not, or if it was cut off."""
        rows = self._rows(
            "SELECT session, time, step, outcome, error FROM ends "
            "WHERE session = (SELECT id FROM sessions ORDER BY number DESC LIMIT 1)"
        )
        return self._record(End, *rows[0]) if rows else None

    @property
    def error(self) -> str | None:
        """Why the run failed, if it did."""
        end = self.end
        return end.error if end else None

    @property
    def last_seen(self) -> float:
        """When something was last written, in Unix seconds."""
        times = [self._asked()]
        for name in (DATABASE, f"{DATABASE}-wal"):
            with contextlib.suppress(OSError):
                times.append((self.path / name).stat().st_mtime)
        return max(times)

    # What it measured.

    @property
    def steps(self) -> int:
        """How many steps are recorded."""
        rows = self._rows("SELECT first_step + steps FROM blocks ORDER BY first_step DESC LIMIT 1")
        return int(rows[0][0]) if rows else 0

    def curves(
        self, since: int = 0, names: Sequence[str] | None = None, *, numbered: bool = True
    ) -> dict[str, npt.NDArray[Any]]:
        """The recorded values from step `since` on: an array a column and "step", an entry a step.

        Where a column was not recorded in some segment it holds NaN, or -1 if it holds whole
        numbers.

        Args:
            since: The first step wanted; a reader that asks again passes the number of steps that
                it has.
            names: Which columns, "step" aside; by default all.
            numbered: Whether "step" is among them, which of ten million steps takes as long to make as to read one.
        """
        since = max(0, since)
        # One look at one moment: the number of steps and their values belong together.
        with self.at_one_moment() as db:
            if db is None:
                return {"step": np.empty(0, np.int64)} if numbered else {}
            return self._read_curves(db, since, names, numbered)

    def epochs(self, since: int = 0) -> list[EpochRow]:
        """The epochs that ended at step `since` or later, in their order."""
        found: dict[int, EpochRow] = {}
        for epoch, last_step, at, name, value in self._rows(
            "SELECT epoch, last_step, time, name, value FROM epochs WHERE last_step >= ? ORDER BY last_step, name",
            (since,),
        ):
            if last_step not in found:
                found[last_step] = self._record(EpochRow, epoch, last_step, at, {})
            found[last_step].values[name] = self._metric(name, value)
        return list(found.values())

    def epoch_state(self) -> tuple[int, dict[str, float]]:
        """How many epochs have ended, and the metrics of the last one, without reading all."""
        (done,) = self._rows("SELECT count(DISTINCT last_step) FROM epochs") or [(0,)]
        rows = self._rows(
            "SELECT name, value FROM epochs WHERE last_step = (SELECT max(last_step) FROM epochs) ORDER BY name"
        )
        return done[0], {name: self._metric(name, value) for name, value in rows}

    def events(self, since_id: int = 0) -> list[Event]:
        """What happened, in its order; `since_id` leaves out the events up to that id."""
        rows = self._rows(
            "SELECT id, step, time, session, kind, text, data FROM events WHERE id > ? ORDER BY id",
            (since_id,),
        )
        return [
            self._record(Event, number, step, at, session, kind, text, data and self._json_object(data))
            for number, step, at, session, kind, text, data in rows
        ]

    def checkpoints(self) -> list[CheckpointRow]:
        """The states from which the training can go on, the oldest first; their files may have been removed since."""
        return [
            self._record(CheckpointRow, *row[:6], self._own_file(row[6]))
            for row in self._rows_since(
                2, "SELECT session, step, epoch, batch, time, reason, file FROM checkpoints ORDER BY id"
            )
        ]

    def snapshots(self) -> list[Snapshot]:
        """The weights that are kept, in the order of their steps."""
        return [
            self._record(Snapshot, *row[:5], self._own_file(row[5]), row[6], row[7] and self._json_object(row[7]))
            for row in self._rows_since(
                2, "SELECT session, step, epoch, time, kind, file, label, data FROM snapshots ORDER BY step, id"
            )
        ]

    def escapes(self) -> list[Escape]:
        """What each restart did, in their order; those that nobody looked at are left out."""
        columns = ", ".join(ESCAPE_COLUMNS)
        return [self._escape(*row) for row in self._rows_since(3, f"SELECT {columns}, data FROM escapes ORDER BY step")]

    def ensembles(self) -> list[EnsembleRow]:
        """The ensemble of the snapshots so far, at the end of each cycle but the first, on the validation part."""
        return [
            self._ensemble(row) for row in self.snapshots() if row.kind == "cycle" and "ensemble" in (row.data or {})
        ]

    def evidence_stamp(self) -> tuple[Any, ...]:
        """Another one as soon as `escapes` or `ensembles` gives something else; costs less than asking them."""
        stamp = "SELECT count(*), max(id), total(time) FROM"
        return tuple(self._rows_since(3, f"{stamp} escapes UNION ALL {stamp} snapshots"))

    def cuts(self) -> list[Cut]:
        """Where the training went on from a checkpoint, in order."""
        return [
            self._record(Cut, *row)
            for row in self._rows_since(2, "SELECT session, step, steps, time FROM cuts ORDER BY id")
        ]

    def acks(self) -> list[Ack]:
        """What became of the commands, in the order of the answers."""
        return [
            self._record(Ack, *row)
            for row in self._rows(
                "SELECT command_id, command, session, step, time, outcome, reason FROM acks ORDER BY rowid"
            )
        ]

    @contextlib.contextmanager
    def at_one_moment(self) -> Iterator[sqlite3.Connection | None]:
        """The tables of `run.db` as they are at one moment, to be read only; None while there is none."""
        db = self._connect()
        if db is None:
            yield None
            return
        with self._readable():
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("COMMIT")

    def copy_database(self, path: Path) -> bool:
        """Write a copy of `run.db` as it is at this moment to `path`; False if there is none yet.

        What is being recorded meanwhile is either in it or not, never in part.
        """
        db = self._connect()
        if db is None:
            return False
        full = False
        with self._readable(), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
            try:
                db.backup(copy)
                # The copy of a live run would else need a log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError as error:
                full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
                if not full:
                    raise
        if full:
            # Not a fault of the run: the copy's disk is full.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return True

    def export(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002  (the word that users know)
        level: Literal["step", "epoch", "restart"] = "step",
        *,
        steps: tuple[int, int | None] | None = None,
        figure: FigureOptions | None = None,
    ) -> Path:
        """Write the run to a file for papers, sheets and tools; returns the file's path.

        Args:
            path: The file, or for tensorboard a new folder; it appears whole or not at all.
            format: csv, json, npz, parquet, png, svg, pdf, script, tensorboard or zip; by default what the suffix says.
            level: For csv, npz and parquet: one row a step, one row an epoch, or one row a restart with its verdict.
            steps: For tables and figures: only the steps from the first to the last of these two, both included;
                (100, None) is all from step 100 on. Epochs are those that end within, restarts those that begin
                within.
            figure: For png, svg and pdf: its size, theme and dots an inch.

        Raises:
            ExportError: What was asked for cannot be written; nothing was.
        """
        # Figures and tables are rarely wanted.
        from kescape.run.export import FigureOptions, Options, Part, export_run

        options = Options(level, Part.of(steps), figure or FigureOptions())
        return export_run(self, Path(path), format, options)

    # Opening and closing.

    def close(self) -> None:
        """Let go of the file. The last one out of an ended run merges its log into it."""
        if self._db is None:
            return
        ended = False
        with contextlib.suppress(RunUnreadable):
            ended = self.end is not None
        self._db.close()
        self._db = None
        log = self.path / f"{DATABASE}-wal"
        if ended and log.exists() and os.access(self.path, os.W_OK):
            self._merge_log()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Run {self.name!r} in {str(self.path.parent)!r}>"

    # What follows is the inside.

    def _merge_log(self) -> None:
        """The writer could not merge its log because we were reading; now the file is nobody's."""
        if lock_is_held(self.path) is not False:
            return
        lock = EngineLock(self.path)
        if not lock.acquire():
            return
        try:
            path = self.path / DATABASE
            uri = f"{path.as_uri()}?mode=rw"
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db,
            ):
                settle(db)
        finally:
            lock.release()

    def _connect(self) -> sqlite3.Connection | None:
        """The open file, or None while there is none or nothing in it."""
        if self._db is None:
            path = self.path / DATABASE
            if not path.exists():
                if not self.path.exists():
                    raise RunNotFound(f"The run folder {str(self.path)!r} is gone.")
                return None
            with self._readable():
                if not path.is_file():
                    # Opening a pipe would wait for somebody to write into it.
                    raise RunUnreadable(f"{str(path)!r} is not a file, so it is no run of KEscape.")
                self._db = _open_database(path)
        return self._db

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        """Turns what SQLite says about a file, or what cannot be made of its values, into RunUnreadable."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError, OverflowError) as error:
            path = str(self.path / DATABASE)
            raise RunUnreadable(f"{path!r} cannot be read: {error}.") from error

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        db = self._connect()
        if db is None:
            return []
        with self._readable():
            return db.execute(sql, values).fetchall()

    def _rows_since(self, version: int, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a table that files have since a version; none from an older file, which is not changed."""
        known = self._rows("PRAGMA user_version")
        return self._rows(sql) if known and known[0][0] >= version else []

    def _record(self, kind: type[_Record], *values: Any) -> _Record:
        """A row as its dataclass; SQLite itself would keep a text where a number belongs."""
        row: type = kind
        for (name, allowed), value in zip(_field_types(row), values, strict=True):
            if not isinstance(value, allowed):
                raise self._damaged(f"the {name} of its {row.__name__} is {value!r:.40}")
        return kind(*values)

    def _escape(self, *row: Any) -> Escape:
        data = self._json_object(row[-1])
        values = dict(zip(ESCAPE_COLUMNS, row, strict=False)) | {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        if set(values) != {name for name, _ in _field_types(Escape)} or values["verdict"] not in SENTENCES:
            raise self._damaged(f"what it says of a restart is not understood: {str(values)[:60]}")
        escape = self._record(Escape, *(values[name] for name, _ in _field_types(Escape)))
        numbers = [*escape.positions, *escape.losses]
        if not (
            all(isinstance(one, int | float) for one in numbers) and 2 <= len(escape.positions) == len(numbers) / 2
        ):
            raise self._damaged(f"the line of its restart {escape.cycle} is not understood: {str(numbers)[:60]}")
        return escape

    def _ensemble(self, row: Snapshot) -> EnsembleRow:
        data = row.data or {}
        found = data["ensemble"]
        if not isinstance(found, dict) or set(found) != {name for name, _ in _field_types(EnsembleScore)}:
            raise self._damaged(f"what it says of an ensemble is not understood: {str(found)[:60]}")
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
        score = self._record(EnsembleScore, *(values[name] for name, _ in _field_types(EnsembleScore)))
        numbers = [*score.members, *score.losses, *(score.accuracies or ())]
        if not (all(isinstance(one, int | float) for one in numbers) and 0 <= score.best < len(score.losses)):
            raise self._damaged(f"what it says of an ensemble is not understood: {str(found)[:60]}")
        return self._record(EnsembleRow, data.get("cycle"), row.step, row.epoch, score, data.get("ensemble_seconds"))

    def _metric(self, name: str, value: Any) -> float:
        if value is None:
            return float("nan")
        if not isinstance(name, str) or not isinstance(value, int | float):
            raise self._damaged(f"the {name!r:.40} of an epoch is {value!r:.40}")
        return value

    def _meta(self, key: str) -> Any:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def _asked(self) -> float:
        """When the folder got its first file, as far as can be told."""
        for path in (self.path / CONFIG, self.path):
            with contextlib.suppress(OSError):
                return path.stat().st_mtime
        return 0.0

    def _asked_to_go_on(self) -> float | None:
        try:
            return (self.path / GO_ON).stat().st_mtime
        except OSError:
            return None

    def _read_curves(
        self, db: sqlite3.Connection, since: int, names: Sequence[str] | None, numbered: bool
    ) -> dict[str, npt.NDArray[Any]]:
        columns = {
            number: (name, self._dtype(name, dtype))
            for number, name, dtype in db.execute("SELECT id, name, dtype FROM columns ORDER BY id")
            if names is None or name in names
        }
        known = {name for name, _ in columns.values()}
        if names is not None and (missing := [n for n in names if n not in known and n != "step"]):
            raise KeyError(f"the run {self.name!r} has no column {missing[0]!r}")
        row = db.execute("SELECT first_step + steps FROM blocks ORDER BY first_step DESC LIMIT 1").fetchone()
        total = int(row[0]) if row else 0
        if total < 0:
            raise self._damaged(f"it claims {total} steps")
        count = max(0, total - since)
        self._check_size(count)
        curves: dict[str, npt.NDArray[Any]] = {}
        if numbered:
            curves["step"] = np.arange(since, since + count, dtype=np.int64)
        for name, dtype in columns.values():
            curves[name] = np.empty(count, dtype)
        if count == 0:
            return curves
        filled = dict.fromkeys(columns, 0)
        start = db.execute("SELECT max(first_step) FROM blocks WHERE first_step <= ?", (since,)).fetchone()[0]
        wanted = ", ".join(map(str, columns))
        for number, first, data in db.execute(
            "SELECT column_id, first_step, data FROM blocks "
            f"WHERE first_step >= ? AND column_id IN ({wanted}) ORDER BY first_step",
            (start or 0,),
        ):
            name, dtype = columns[number]
            values = np.frombuffer(data, dtype)
            begin, stop = max(first - since, 0), first - since + len(values)
            if not filled[number] <= begin <= stop <= count:
                raise self._damaged(f"the {name!r} of step {first} does not fit")
            curves[name][filled[number] : begin] = _nothing(dtype)
            curves[name][begin:stop] = values[begin + since - first :]
            filled[number] = stop
        for number, (name, dtype) in columns.items():
            curves[name][filled[number] :] = _nothing(dtype)
        return curves

    def _dtype(self, name: str, text: str) -> np.dtype[Any]:
        try:
            dtype = np.dtype(text)
        except TypeError:
            dtype = np.dtype(object)
        if dtype.kind not in "biuf":
            raise self._damaged(f"column {name!r} has the dtype {text!r}")
        return dtype

    def _json_object(self, text: str) -> dict[str, Any]:
        try:
            value = json.loads(text) if isinstance(text, str) else None
        except ValueError as error:
            raise self._damaged(str(error)) from error
        if not isinstance(value, dict):
            raise self._damaged(f"{text[:40]!r} is no JSON object")
        return value

    def _own_file(self, file: Any) -> Any:
        """The path of a file of this run; a run of somebody else must not have others read."""
        if isinstance(file, str) and not _OWN_FILE.fullmatch(file):
            raise self._damaged(f"it names the file {file!r}, which is none of its folder")
        return file

    def _damaged(self, how: str) -> RunUnreadable:
        return RunUnreadable(f"{str(self.path / DATABASE)!r} is damaged: {how}.")

    def _check_size(self, count: int) -> None:
        """A damaged file must not make us ask for all memory: each step takes at least a byte."""
        size = 0
        for name in (DATABASE, f"{DATABASE}-wal"):
            with contextlib.suppress(OSError):
                size += (self.path / name).stat().st_size
        if count > size:
            if not (self.path / DATABASE).exists():
                raise RunNotFound(f"The run folder {str(self.path)!r} is gone.")
            raise self._damaged(f"it claims {count} steps in {size} bytes")


@functools.cache
def _field_types(kind: type) -> list[tuple[str, tuple[type, ...]]]:
    """Each field of a row's dataclass, and the types that its value may have."""
    found = []
    for name, hint in get_type_hints(kind).items():
        allowed = {get_origin(part) or part for part in (get_args(hint) if isinstance(hint, UnionType) else (hint,))}
        found.append((name, tuple(allowed | {int} if float in allowed else allowed)))
    return found


def _open_database(path: Path) -> sqlite3.Connection | None:
    uri = f"{path.as_uri()}?mode=ro"
    try:
        return _checked(uri, path)
    except sqlite3.OperationalError as error:
        if os.access(path.parent, os.W_OK):
            if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
            _roll_back(path)
            return _checked(uri, path)
        # A file in WAL mode needs its log beside it, and here none can be made. Without a log the
        # file is whole.
        for log in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")):
            if log.exists() and log.stat().st_size > 0:
                raise RunUnreadable(
                    f"{str(path)!r} cannot be read where it is, because its folder is read-only and "
                    "its last changes are still in a log; copy the folder to where you may write."
                ) from error
        return _checked(f"{uri}&immutable=1", path)


def _roll_back(path: Path) -> None:
    """Undo what a process that was killed had begun to write, as SQLite does when somebody opens the file to write."""
    with path.with_name(f"{path.name}-journal").open("rb") as journal:
        journal.seek(max(0, os.fstat(journal.fileno()).st_size - len(_SEVERAL_FILES)))
        if journal.read() == _SEVERAL_FILES:
            # It names another file, which would be deleted; nothing of ours writes such a journal.
            raise RunUnreadable(f"{str(path)!r} cannot be read: its journal belongs to other files, too.")
    with contextlib.closing(
        sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    ) as db:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _checked(uri: str, path: Path) -> sqlite3.Connection | None:
    db = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        version = file_version(db, repr(str(path)))
    except BaseException:
        db.close()
        raise
    if version == 0:
        db.close()
        return None
    db.execute("PRAGMA query_only = ON")
    return db


def _nothing(dtype: np.dtype[Any]) -> float | int:
    """What stands where nothing was recorded."""
    return {"f": float("nan"), "i": -1}.get(dtype.kind, 0)
