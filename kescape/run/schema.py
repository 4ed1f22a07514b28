"""The tables of `run.db`, and how they came to be.

A run is one SQLite file. Whatever reads SQLite reads a run; KEscape is not needed for it.

    meta        key, value
                One row a fact: `name`, `created` (Unix seconds), `config` (JSON), `version`,
                `imported` (Unix seconds) where the run was recorded on another computer, and
                `mirrored` (a computer's name) where it is trained elsewhere and brought to that one.
    sessions    number, id, kind, pid, process_start, host, started, backend, python,
                first_step, plan, plan_step, steps_per_epoch
                One row per process that recorded into the run. `kind` is engine, recorder or
                imported, `plan` is JSON (NULL: none known), `plan_step` is the step of the run at
                which the plan's position 0 lies.
    columns     id, name, dtype, unit, description
                What is known of every step; `dtype` as NumPy writes it, e.g. `<f8`.
    blocks      first_step, column_id, steps, data
                `steps` values of one column from `first_step` on, as raw little-endian numbers of
                the column's dtype. A column's blocks follow each other without a gap; steps count
                from 0 over the whole run, so that no step number is stored.
    epochs      epoch, last_step, time, name, value
                One row a metric and epoch; a NaN is stored as NULL.
    events      id, step, time, session, kind, text, data
                What happened, e.g. pause, resume, restart, segment; `data` is JSON or NULL.
    plan_edits  id, session, step, kind, value
                Changes of the plan by hand, in order; each holds from `step` on. `kind` is restart, or
                eta_max with the new peak as `value`.
    acks        command_id, command, session, step, time, outcome, reason
                What became of each command: done, refused or ignored.
    ends        session, time, step, outcome, error
                How a session ended: finished, stopped or failed. No row: it still runs, or was
                cut off.
    checkpoints id, session, step, epoch, batch, time, reason, file
                From where a training can go on exactly: `step` steps had been trained, the next is
                `batch` of `epoch`. `file` is in the run's folder; only the newest few are kept.
    snapshots   id, session, step, epoch, time, kind, file, label, data
                Weights that are kept after `step` steps. `kind` is cycle (the end of one), hand
                (somebody asked), last_cycle or best_validation (whole models); `data` is JSON or
                NULL.
    escapes     id, session, time, cycle, step, end_step, barrier, low, high, loss_before, loss_peak,
                loss_after, recovery_steps, distance, cosine, disagreement, verdict, data
                One row a restart: whether its cycle (from `step` to `end_step`) ended in another
                minimum than the one before. `barrier` is how far the loss rises on the straight line
                between the two, from `low` to `high` its 95 % interval; `data` (JSON) holds the line.
    cuts        id, session, step, steps, time
                Where a training went on from a checkpoint: the `steps` steps behind `step` no longer
                count, since they are trained again. They are kept in `cut_blocks`, `cut_epochs` and
                `cut_events`, which are as `blocks`, `epochs` and `events`, with the cut's id.

Every `time` is in seconds since the run was created, except `sessions.started` and
`process_start`, which are Unix times; it never decreases, even when the clock is set back.

In the `sqlite3` shell:

    -- the metrics of every epoch
    SELECT epoch, name, value FROM epochs ORDER BY last_step, name;

    -- what happened
    SELECT step, round(time, 1), kind, text FROM events ORDER BY id;

    -- how many steps are recorded
    SELECT max(first_step + steps) FROM blocks;

    -- where the losses are, and the first of them as bytes
    SELECT first_step, steps, hex(substr(data, 1, 16)) FROM blocks
    JOIN columns ON columns.id = column_id WHERE name = 'loss' ORDER BY first_step;

In Python, without KEscape:

    rows = sqlite3.connect("run.db").execute(
        "SELECT dtype, data FROM blocks JOIN columns ON columns.id = column_id "
        "WHERE name = 'loss' ORDER BY first_step").fetchall()
    loss = numpy.concatenate([numpy.frombuffer(data, dtype) for dtype, data in rows])

`PRAGMA application_id` is 0x4B457363 ("KEsc"), `PRAGMA user_version` counts the migrations below.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from kescape.run.errors import RunUnreadable

ESCAPE_COLUMNS = (
    "cycle",
    "step",
    "end_step",
    "barrier",
    "low",
    "high",
    "loss_before",
    "loss_peak",
    "loss_after",
    "recovery_steps",
    "distance",
    "cosine",
    "disagreement",
    "verdict",
)
"""What of an `Escape` has a column of its own."""

APPLICATION_ID = 0x4B457363
"""Marks a SQLite file as a run, in its header."""

IMPORTED = "imported"
"""The fact in `meta` that a run came from elsewhere as a whole."""

MIRRORED = "mirrored"
"""The fact in `meta` that a run is trained elsewhere: which computer holds its lock meanwhile, and has all of it."""


def _first_tables(db: sqlite3.Connection) -> None:
    for statement in (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID",
        """CREATE TABLE sessions (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
            pid INTEGER NOT NULL, process_start REAL NOT NULL, host TEXT NOT NULL,
            started REAL NOT NULL, backend TEXT NOT NULL, python TEXT NOT NULL,
            first_step INTEGER NOT NULL, plan TEXT, plan_step INTEGER NOT NULL,
            steps_per_epoch INTEGER)""",
        """CREATE TABLE columns (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dtype TEXT NOT NULL,
            unit TEXT NOT NULL, description TEXT NOT NULL)""",
        # By step first: what is appended together lies together, so a commit touches few pages.
        """CREATE TABLE blocks (
            first_step INTEGER NOT NULL, column_id INTEGER NOT NULL REFERENCES columns (id),
            steps INTEGER NOT NULL, data BLOB NOT NULL,
            PRIMARY KEY (first_step, column_id))""",
        """CREATE TABLE epochs (
            epoch INTEGER NOT NULL, last_step INTEGER NOT NULL, time REAL NOT NULL,
            name TEXT NOT NULL, value REAL, PRIMARY KEY (last_step, name)) WITHOUT ROWID""",
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY, step INTEGER NOT NULL, time REAL NOT NULL,
            session TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, data TEXT)""",
        """CREATE TABLE plan_edits (
            id INTEGER PRIMARY KEY, session TEXT NOT NULL, step INTEGER NOT NULL,
            kind TEXT NOT NULL, value REAL)""",
        """CREATE TABLE acks (
            command_id TEXT PRIMARY KEY, command TEXT NOT NULL, session TEXT NOT NULL,
            step INTEGER NOT NULL, time REAL NOT NULL, outcome TEXT NOT NULL,
            reason TEXT NOT NULL)""",
        """CREATE TABLE ends (
            session TEXT PRIMARY KEY, time REAL NOT NULL, step INTEGER NOT NULL,
            outcome TEXT NOT NULL, error TEXT)""",
    ):
        db.execute(statement)


def _going_on(db: sqlite3.Connection) -> None:
    for statement in (
        """CREATE TABLE checkpoints (
            id INTEGER PRIMARY KEY, session TEXT NOT NULL, step INTEGER NOT NULL,
            epoch INTEGER NOT NULL, batch INTEGER NOT NULL, time REAL NOT NULL,
            reason TEXT NOT NULL, file TEXT NOT NULL)""",
        """CREATE TABLE snapshots (
            id INTEGER PRIMARY KEY, session TEXT NOT NULL, step INTEGER NOT NULL,
            epoch INTEGER NOT NULL, time REAL NOT NULL, kind TEXT NOT NULL, file TEXT NOT NULL,
            label TEXT NOT NULL, data TEXT)""",
        """CREATE TABLE cuts (
            id INTEGER PRIMARY KEY, session TEXT NOT NULL, step INTEGER NOT NULL,
            steps INTEGER NOT NULL, time REAL NOT NULL)""",
        """CREATE TABLE cut_blocks (
            cut INTEGER NOT NULL REFERENCES cuts (id), first_step INTEGER NOT NULL,
            column_id INTEGER NOT NULL REFERENCES columns (id), steps INTEGER NOT NULL,
            data BLOB NOT NULL, PRIMARY KEY (cut, first_step, column_id))""",
        """CREATE TABLE cut_epochs (
            cut INTEGER NOT NULL REFERENCES cuts (id), epoch INTEGER NOT NULL,
            last_step INTEGER NOT NULL, time REAL NOT NULL, name TEXT NOT NULL, value REAL,
            PRIMARY KEY (cut, last_step, name)) WITHOUT ROWID""",
        """CREATE TABLE cut_events (
            cut INTEGER NOT NULL REFERENCES cuts (id), id INTEGER NOT NULL, step INTEGER NOT NULL,
            time REAL NOT NULL, session TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
            data TEXT, PRIMARY KEY (cut, id))""",
    ):
        db.execute(statement)


def _verdicts(db: sqlite3.Connection) -> None:
    # One row a restart: see kescape.evidence.escape.Escape; `data` holds what else belongs to it, as JSON.
    db.execute(
        """CREATE TABLE escapes (
            id INTEGER PRIMARY KEY, session TEXT NOT NULL, time REAL NOT NULL, cycle INTEGER NOT NULL,
            step INTEGER NOT NULL, end_step INTEGER NOT NULL, barrier REAL, low REAL, high REAL,
            loss_before REAL, loss_peak REAL, loss_after REAL, recovery_steps INTEGER, distance REAL,
            cosine REAL, disagreement REAL, verdict TEXT NOT NULL, data TEXT NOT NULL)"""
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first_tables, _going_on, _verdicts)
"""Each brings the file one version further. New ones go to the end; old ones are never edited."""

VERSION = len(MIGRATIONS)
"""The newest version this KEscape reads and writes."""


def file_version(db: sqlite3.Connection, name: str) -> int:
    """The schema version of an open file: 0 while it is still empty.

    Raises:
        RunUnreadable: The file is no run, or was written by a newer KEscape.
    """
    tables, programs = db.execute(
        "SELECT count(*), coalesce(sum(type IN ('view', 'trigger')), 0) FROM sqlite_master"
    ).fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    # Asked last: a writer that makes its tables at this moment sets all three at once.
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        if tables or version:
            raise RunUnreadable(f"{name} is a SQLite file, but not a run of KEscape.")
        return 0
    if programs and version <= VERSION:
        # A view may compute for ever, a trigger may change what is written.
        raise RunUnreadable(f"{name} is no run of KEscape: it holds views or triggers, and a run has none.")
    if version > VERSION:
        raise RunUnreadable(
            f"{name} was written by a newer KEscape (format {version}, this one reads up to "
            f"{VERSION}); update KEscape to open it."
        )
    return int(version)


def migrate(db: sqlite3.Connection, name: str) -> None:
    """Bring an open, writable file to the newest version, in one transaction.

    `db` must be in autocommit mode (`isolation_level=None`).
    """
    if file_version(db, name) == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        # Asked again inside the transaction: another process may have been faster.
        version = file_version(db, name)
        for migration in MIGRATIONS[version:]:
            migration(db)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
