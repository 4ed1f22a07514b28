"""Run folders that no writer of ours leaves: damaged, foreign, newer, or no run at all, from seeds."""

from __future__ import annotations

import contextlib
import inspect
import os
import shutil
import sqlite3
from pathlib import Path
from random import Random

import numpy as np

from kescape.evidence.escape import Escape
from kescape.run.folder import CONFIG, DATABASE
from kescape.run.reader import Run, open_run
from kescape.run.writer import Column, RunWriter
from kescape.schedule import CosineRestarts

COLUMNS = [
    Column("epoch", "int32", "epochs", "epoch of the step"),
    Column("time", "float64", "s", "end of the step"),
    Column("learning_rate", "float64", "", "rate of the step"),
    Column("momentum", "float64", "", "momentum of the step"),
    Column("loss", "float32", "", "loss of the step's batch"),
]

STEPS = 7000
_PER_EPOCH = 100


def whole_run(folder: Path) -> Path:
    """A finished run of 70 epochs with three cycles, as the engine would leave it."""
    plan = CosineRestarts(t_0=10, t_mult=2, eta_max=0.1)
    config = {"dataset": "spirals", "model": "mlp", "epochs": 70, "t_0": 10.0, "schedule": "sgdr"}
    writer = RunWriter.open(folder, kind="engine", config=config, plan=plan.to_dict(), steps_per_epoch=_PER_EPOCH)
    writer.describe_columns(COLUMNS)
    for epoch in range(70):
        step = np.arange(epoch * _PER_EPOCH, (epoch + 1) * _PER_EPOCH)
        writer.append(
            {
                "epoch": step // _PER_EPOCH,
                "time": step / 1000,
                "learning_rate": plan.on_steps(_PER_EPOCH).learning_rates(int(step[0]), len(step)),
                "momentum": np.full(len(step), 0.9),
                "loss": 3 / (1 + step),
            }
        )
        writer.epoch(epoch, int(step[-1]), {"loss": 1 / (1 + epoch), "val_loss": 2 / (1 + epoch)})
        if epoch % 7 == 0:
            writer.flush()
    writer.event("note", 3500, "half of it", {"a": 1})
    writer.plan_edit(4000, "restart")
    for cycle, (step, end) in enumerate(((1000, 3000), (3000, STEPS)), start=1):
        writer.escape(
            Escape(
                cycle=cycle, step=step, end_step=end, barrier=0.2, low=0.1, high=0.3, above_chord=0.25,
                loss_before=0.5, loss_peak=1.5, loss_after=0.4, change_low=-0.2, change_high=-0.1, recovery_steps=40,
                distance=3.0, relative_distance=0.5, cosine=0.9, disagreement=0.1, verdict="crossed, better",
                positions=(0.0, 0.5, 1.0), losses=(0.5, 0.7, 0.4), rows=128, seconds=0.01, compile_seconds=0.1,
                epochs=0.2,
            )
        )  # fmt: skip
    writer.end("finished")
    writer.close()
    return folder


_STATEMENTS = (
    "PRAGMA user_version = 99",
    "PRAGMA user_version = -1",
    "PRAGMA application_id = 7",
    "UPDATE meta SET value = '{' WHERE key = 'config'",
    "UPDATE meta SET value = '[1]' WHERE key = 'config'",
    "UPDATE meta SET value = zeroblob(9) WHERE key = 'config'",
    "UPDATE meta SET value = 'yesterday' WHERE key = 'created'",
    "UPDATE meta SET value = 1e300 WHERE key = 'created'",
    "UPDATE meta SET value = NULL WHERE key = 'created'",
    "DELETE FROM meta",
    "DELETE FROM sessions",
    "UPDATE sessions SET plan = 'nonsense'",
    'UPDATE sessions SET plan = \'{"kind": "restarts"}\'',
    "UPDATE sessions SET steps_per_epoch = 0",
    "UPDATE sessions SET steps_per_epoch = -5, plan_step = 1 << 60",
    "UPDATE sessions SET first_step = 'here'",
    "UPDATE columns SET dtype = 'object'",
    "UPDATE columns SET dtype = '<f8,<i4'",
    "UPDATE columns SET name = 'loss2' WHERE name = 'loss'",
    "DELETE FROM columns",
    "UPDATE blocks SET data = x'00'",
    "UPDATE blocks SET data = 'text'",
    "UPDATE blocks SET data = NULL",
    "UPDATE blocks SET steps = 1 << 60",
    "UPDATE blocks SET steps = 'many'",
    "UPDATE blocks SET first_step = first_step + 1 WHERE column_id = 3",
    "UPDATE blocks SET first_step = -first_step - 7",
    "DELETE FROM blocks WHERE first_step > 0 AND column_id = 5",
    "UPDATE epochs SET value = 'low'",
    "UPDATE epochs SET epoch = 1e40",
    "UPDATE events SET data = '[1]'",
    "UPDATE events SET data = '{'",
    "UPDATE events SET step = 'there', time = 'then', text = zeroblob(3), kind = 5",
    "UPDATE plan_edits SET step = -1",
    "UPDATE plan_edits SET kind = 'explode', value = 'x'",
    "UPDATE plan_edits SET step = 1 << 62",
    "UPDATE ends SET outcome = 'exploded'",
    "UPDATE ends SET time = 'late', step = 'last'",
    "UPDATE escapes SET verdict = 'won'",
    "UPDATE escapes SET barrier = 'high', cosine = zeroblob(8)",
    "UPDATE escapes SET step = 1 << 62, end_step = -7, cycle = -1",
    "UPDATE escapes SET data = '{'",
    "UPDATE escapes SET data = json_set(data, '$.losses[1]', 'high')",
    "UPDATE escapes SET data = json_set(data, '$.positions', json('[]'))",
    "DROP TABLE escapes",
    "DROP TABLE blocks",
    "DROP TABLE sessions",
    "DROP TABLE epochs",
    "DROP TABLE events",
    "DROP TABLE ends",
    "DROP TABLE columns",
    "ALTER TABLE epochs RENAME COLUMN value TO worth",
    "CREATE TRIGGER t AFTER INSERT ON acks BEGIN DELETE FROM blocks; END",
    "DROP TABLE epochs; CREATE VIEW epochs AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i AS epoch, i AS last_step, i AS time, 'loss' AS name, i AS value FROM n",
)
"""Each makes a file that opens but says what cannot be."""


def _meddled(run: Path, chance: Random) -> None:
    # TEXT affinity and checks of today's tables must not keep the damage out.
    with contextlib.closing(sqlite3.connect(run / DATABASE)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        with contextlib.suppress(sqlite3.IntegrityError):  # e.g. NOT NULL: then the file is whole
            db.executescript(chance.choice(_STATEMENTS))
        db.commit()


def _foreign(run: Path, chance: Random) -> None:
    (run / DATABASE).unlink()
    with contextlib.closing(sqlite3.connect(run / DATABASE)) as db:
        db.execute("CREATE TABLE places (url TEXT)")
        if chance.random() < 0.5:
            db.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        db.commit()


def _flattened(run: Path, chance: Random) -> None:
    """Something else bears its name."""
    path = run / DATABASE
    path.unlink()
    kind = chance.choice(("folder", "pipe", "loop", "dangling", "device", "nothing"))
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe" and hasattr(os, "mkfifo"):
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "dangling":
        path.symlink_to(run / "gone")
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        (run / CONFIG).write_bytes(chance.randbytes(200))


def _bytes_damaged(run: Path, chance: Random) -> None:
    from tests.faults.damage import damaged

    path = run / DATABASE
    path.write_bytes(damaged(path.read_bytes(), chance))


def _log_damaged(run: Path, chance: Random) -> None:
    """A log beside the file that is not its own."""
    (run / f"{DATABASE}-wal").write_bytes(chance.randbytes(chance.choice((0, 31, 9000))))
    data = bytearray((run / DATABASE).read_bytes())
    data[18:20] = b"\x02\x02"  # the mode in which a log is looked for
    (run / DATABASE).write_bytes(data)


def broken_run(whole: Path, folder: Path, chance: Random) -> str:
    """Make a broken copy of a whole run; returns what was done to it, in a word."""
    shutil.copytree(whole, folder)
    ways = (_bytes_damaged, _bytes_damaged, _bytes_damaged, _meddled, _meddled, _foreign, _flattened, _log_damaged)
    way = chance.choice(ways)
    way(folder, chance)
    return way.__name__.strip("_").replace("_", " ")


def read_everything(folder: Path) -> None:
    """Ask a run all that can be asked without arguments, whatever a later version adds to that."""
    with open_run(folder) as run:
        for name, member in inspect.getmembers(Run):
            if name.startswith("_") or name in ("close", "export"):
                continue
            if callable(member):
                wanted = list(inspect.signature(member).parameters.values())[1:]
                if all(parameter.default is not parameter.empty for parameter in wanted):
                    getattr(run, name)()
            else:
                getattr(run, name)
