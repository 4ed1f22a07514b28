"""One run as the window follows it: everything that is shown of a run is read here, from its folder; no Qt.

Polling costs a few small queries. Nothing is pushed, so nothing can be missed: each poll reads on from what it saw.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kescape.config import RunConfig
from kescape.evidence.ensemble_score import EnsembleRow
from kescape.evidence.escape import Escape
from kescape.landscape.request import kept_weights
from kescape.run.commands import send_command
from kescape.run.cycles import cycle_starts
from kescape.run.errors import RunError, RunNotFound
from kescape.run.folder import ENGINE_LOG
from kescape.run.reader import Ack, EpochRow, Event, Run, Session, open_run
from kescape.schedule import PlacedPlan
from kescape_gui.continuation import continuation_of
from kescape_gui.curve_reader import CurveReader
from kescape_gui.curves.curve import Curve
from kescape_gui.curves.shown import EPOCH_MEAN, Mark
from kescape_gui.engine_end import EngineEnd, telling_lines
from kescape_gui.run_state import Continuation, Facts, RunState, derive_state
from kescape_gui.words import tr

_LOG_TAIL = 16_000
_AT_ONCE = 100_000
"""Some 20 ms."""


_COMMANDS = {
    "pause": "Pause",
    "resume": "Resume",
    "stop_after_cycle": "Stop after cycle",
    "stop": "Stop",
    "restart": "Restart",
    "snapshot": "Snapshot",
    "eta_max": "New highest rate",
    "note": "Note",
}
"""What the commands are called in the window, in the source language."""

_BATCH_LOSS = "batch loss"

_ENDED = ("failed", "stopped", "finished", "interrupted")


@dataclass(frozen=True)
class Answer:
    """What the run said to a command of ours."""

    text: str
    refused: bool


class WatchedRun:
    """A run that the window shows, or draws along.

    Args:
        path: The run's folder.
        at_once: So many steps are read within a poll; more than that are read beside it.

    Attributes:
        path: The run's folder.
        curve: Its steps so far.
        placed: Its plan on steps, edits by hand included, if it is known.
        plan_step: The step at which that plan begins: 0, unless a script went on with another plan.
        config: Its settings.
        metrics: Those of the last epoch that has ended, by name.
        events: What happened, in order.
        escapes: What each restart did, as far as it was judged.
        ensembles: The ensemble of the snapshots so far, at the end of each cycle but the first.
        error: Why it failed, if it did.
        engine_end: How the engine of this window ended that trained it, if one has.
        backend: What trains it, in words; empty where that is not known.
        kind: What records it: "engine", "recorder" or "imported"; empty where nothing does yet.
        continuation: Whether it can go on, once it has ended.
        sessions_seen: Whether an engine has begun to record into it.
        problem: Why it cannot be read at the moment, in one sentence; else None.
        version: Grows with each change, so that views know when to look.
    """

    def __init__(self, path: Path, *, at_once: int = _AT_ONCE) -> None:
        self.path = path
        self._at_once = at_once
        self.curve = Curve()
        self.placed: PlacedPlan | None = None
        self.plan_step = 0
        self.config: dict[str, Any] = {}
        self.metrics: dict[str, float] = {}
        self.events: list[Event] = []
        self.escapes: list[Escape] = []
        self.ensembles: list[EnsembleRow] = []
        self._evidence: tuple[Any, ...] | None = None
        self._old_events = 0
        self.error: str | None = None
        self.problem: str | None = None
        self.engine_end: EngineEnd | None = None
        self.backend = ""
        self.kind = ""
        self.continuation = Continuation()
        self.version = 0
        self._run: Run | None = None
        self._reader: CurveReader | None = None
        self._status: str = "starting"
        self._pending: dict[str, str] = {}
        self._acks = 0
        self._stops_after_cycle = False
        self._engine_failed = False
        self.sessions_seen = False
        self._given_up = False
        self._has_epochs_alone = False
        self._loss_kind = _BATCH_LOSS
        self._forget_epochs()
        self._asked_at = time.monotonic()
        self._state = RunState.STARTING
        self._answers: list[Answer] = []
        self._planned: tuple[PlacedPlan, int, int, list[int]] | None = None
        self._session: str | None = None
        self._cuts = 0

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def state(self) -> RunState:
        """What the run is doing, from its folder and the commands that it has not answered yet."""
        return self._state

    @property
    def loss_kind(self) -> str:
        """What the loss of a point is: `batch loss`, or `running mean` where a model's own step returns only that.

        `EPOCH_MEAN` where no steps are known.
        """
        return EPOCH_MEAN if self._has_epochs_alone else self._loss_kind

    @property
    def counts_epochs(self) -> bool:
        """Whether a point of the curve is an epoch, since a log was imported that holds no steps."""
        return self._has_epochs_alone

    @property
    def steps_per_epoch(self) -> int | None:
        """Steps an epoch, if they are known."""
        return self.curve.steps_per_epoch

    @property
    def total_steps(self) -> int:
        """How long the run is planned to be; 0 if that is not known."""
        epochs = self.config.get("epochs")
        if not isinstance(epochs, int) or not self.steps_per_epoch:
            return 0
        planned = epochs * self.steps_per_epoch
        # A script that trains on and on has told how long its first training was.
        return planned if planned >= len(self.curve) else 0

    @property
    def steps_being_read(self) -> int:
        """How many steps are on their way into the curve, if they are too many to be read within a poll; else 0."""
        return self._reader.steps if self._reader is not None and self._reader.is_awaited else 0

    @property
    def seconds_since_asked(self) -> float:
        """How long this window has been waiting for the run or its last command."""
        return time.monotonic() - self._asked_at

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Where the run went on, what somebody noted, and where something else set the rate, in order."""
        return tuple(
            Mark(event.step, tr("resumed at step {step}").format(step=f"{event.step:,}"), event.text)
            if event.kind == "resumed"
            else Mark(event.step, text=event.text, warns=event.kind == "foreign_hand")
            for event in self.events
            if event.kind in ("resumed", "note", "foreign_hand")
        )

    @property
    def minima(self) -> int:
        """At how many snapshots its landscape can be looked at."""
        if self._run is None:
            return 0
        try:
            return len(kept_weights(self._run))
        except RunError:
            # What is wrong with it, the next poll says.
            return 0

    @property
    def stage(self) -> str | None:
        """What the engine does before there is a step to show, in words; None where it does not say."""
        last = self.events[-1] if len(self.events) > self._old_events else None
        return last.text if last is not None and last.kind == "stage" else None

    @property
    def highest_rate(self) -> float | None:
        """The peak that the plan has at present, if it is known."""
        if self.placed is None or not len(self.curve):
            return None
        bounds = self.placed.cycle_bounds(max(0, len(self.curve) - 1 - self.plan_step))
        return self.placed.learning_rate(bounds[0])

    @property
    def planned_restarts(self) -> list[int]:
        """The restarts that the plan has over the whole length of the run."""
        begin, total = self.plan_step, self.total_steps
        if self.placed is None or total <= begin:
            return []
        if self._planned is None or self._planned[:3] != (self.placed, begin, total):
            restarts = [begin + step for step in self.placed.restarts(total - begin)]
            self._planned = (self.placed, begin, total, restarts)
        return list(self._planned[3])

    def poll(self) -> bool:
        """Read what is new; True if anything is."""
        before = (self.version, self.curve.version)
        try:
            self._read()
        except RunError as error:
            self._set("problem", str(error))
            self._set("_status", "unknown")
        else:
            self._set("problem", None)
        self._derive()
        return (self.version, self.curve.version) != before

    def send(self, kind: str, **args: Any) -> None:
        """Leave a command for the run; the state changes when it is sent and again when it is answered.

        Raises:
            RunError: The run is not live, or its folder cannot be written.
            ValueError: The command needs something else.
        """
        command_id = send_command(self.path, kind, **args)
        self._pending[command_id] = kind
        self._asked_at = time.monotonic()
        self._derive()

    def take_answers(self) -> list[Answer]:
        """What the run has answered to our commands since this was last asked."""
        answers, self._answers = self._answers, []
        return answers

    def goes_on(self) -> None:
        """An engine was asked to train the run on: what is known of an earlier attempt counts no more."""
        self._engine_failed = self._given_up = False
        self._set("error", None)
        self._set("engine_end", None)
        self._old_events = len(self.events)
        self._asked_at = time.monotonic()
        self.poll()

    def give_up(self) -> None:
        """The start was given up before the run began."""
        self._given_up = True

    def engine_ended(self, end: EngineEnd) -> None:
        """Our engine process has ended; if it recorded nothing, or nothing new, that is how the run has failed."""
        self._set("engine_end", end)
        if self.state.is_active or (self.state is RunState.INTERRUPTED and not self.sessions_seen):
            self._engine_failed = True
            self._given_up |= end.was_wanted
            self._set("error", next(reversed(telling_lines(end.complaint)), ""))
            self._derive()

    def log_tail(self) -> str:
        """The end of what the engine printed."""
        try:
            with (self.path / ENGINE_LOG).open("rb") as log:
                log.seek(0, 2)
                log.seek(max(0, log.tell() - _LOG_TAIL))
                return log.read().decode("utf-8", errors="replace")
        except OSError:
            return ""

    def close(self) -> None:
        """Let go of the run's file."""
        if self._reader is not None:
            self._reader.abandon()
            self._reader = None
        if self._run is not None:
            with contextlib.suppress(RunError):
                self._run.close()
            self._run = None

    def _read(self) -> None:
        if self._run is None:
            self._run = open_run(self.path)
        elif not self.path.exists():
            # An open file can be read on after it was deleted, but nobody can export or open it again.
            raise RunNotFound(f"The run folder {str(self.path)!r} is gone.")
        run = self._run
        # The status first: what is read after an end was seen is all there is.
        self._set("_status", str(run.status))
        if not self.config:
            self._set("config", run.config)
        sessions = run.sessions
        if not sessions:
            self._read_wanted_plan()
            return
        if sessions[-1].id != self._session:
            self._begin_session(run, sessions[-1])
        self._set("plan_step", sessions[-1].plan_step)
        if self._set("placed", run.placed_for(sessions[-1])) and self.placed is not None:
            # The restarts before may have changed with an edit by hand.
            self.curve.set_steps_per_epoch(self.placed.steps_per_epoch)
        self._read_curve(run)
        new_events = run.events(self.events[-1].id if self.events else 0)
        if new_events:
            self.events += new_events
            for event in new_events:
                if event.kind == "loss_kind" and event.data:
                    self._loss_kind = str(event.data["loss"])
            self.version += 1
        self._read_evidence(run)
        self._read_acks(run, sessions[-1].id)
        if self._status in _ENDED:
            self._set("error", run.error)
            self._set("continuation", continuation_of(run))

    def _begin_session(self, run: Run, session: Session) -> None:
        """Another process records now: go back to where it begins, and forget what only the one before it knew."""
        first = self._session is None
        self._session = session.id
        cuts = run.cuts()
        new, self._cuts = cuts[self._cuts :], len(cuts)
        self._set("backend", session.backend)
        self._set("kind", session.kind)
        if first:
            self.sessions_seen = True
            # What was asked for names no setting that is off; what is trained names them all.
            self._set("config", run.config)
            return
        if new:
            # The steps may have grown past the old number since: it is the cut that counts.
            self.curve.cut(min(cut.step for cut in new))
            if self._reader is not None:
                self._reader.abandon()
                self._reader = None
        self._forget_epochs()
        self.metrics = {}
        self.events, self._old_events, self._acks = [], 0, 0
        self._loss_kind = _BATCH_LOSS
        self._pending.clear()
        self._stops_after_cycle = self._engine_failed = self._given_up = False
        self.error = self.engine_end = None
        self.config = run.config
        self.version += 1

    def _read_wanted_plan(self) -> None:
        """What was asked for, until the engine that takes it up says what it follows."""
        if self.placed is not None or not self.config:
            return
        # Settings of another version are the engine's to judge; then there is no plan to show yet.
        with contextlib.suppress(ValueError):
            wanted = RunConfig(**self.config)
            steps_per_epoch = wanted.steps_per_epoch()
            self.curve.set_steps_per_epoch(steps_per_epoch)
            self._set("placed", wanted.plan().on_steps(steps_per_epoch))

    def _read_curve(self, run: Run) -> None:
        steps = run.steps
        if not steps and not len(self.curve) and run.end is not None and (rows := run.epochs()):
            self._show_epochs(rows)
        if self._has_epochs_alone:
            return
        if steps - len(self.curve) > self._at_once:
            if self._reader is None:
                self._reader = CurveReader(self.path, self.steps_per_epoch, steps)
                self.version += 1
            whole = self._reader.take()
            if whole is None:
                return
            if self.steps_per_epoch is not None:
                whole.set_steps_per_epoch(self.steps_per_epoch)
            self.curve = whole
            self._forget_epochs()
            self._take_epochs(self._reader.epochs)
            self._reader = None
            self.version += 1
        new = run.curves(since=len(self.curve))
        if len(new["step"]):
            # The restarts first: what follows them is smoothed afresh.
            starts = cycle_starts(run, len(self.curve) + len(new["step"]))
            self.curve.set_restarts([start.step for start in starts if start.is_restart])
            self.curve.append(new)
        self._take_epochs(run.epochs(self._epochs_from))

    def _show_epochs(self, rows: list[EpochRow]) -> None:
        """A log was imported that holds no steps: the curve has a point an epoch."""
        self._has_epochs_alone = True
        self.curve.set_steps_per_epoch(1)
        columns: dict[str, Any] = {"step": np.arange(len(rows))}
        if any(row.time for row in rows):
            # Else the log knows no times.
            columns["time"] = np.array([row.time for row in rows])
        for name in ("loss", "learning_rate"):
            values = np.array([row.values.get(name, math.nan) for row in rows])
            if not np.isnan(values).all():
                columns[name] = values
        self.curve.append(columns)
        self._take_epochs([EpochRow(row.epoch, at, row.time, row.values) for at, row in enumerate(rows)])

    def _forget_epochs(self) -> None:
        self._metrics: dict[str, tuple[list[int], list[float]]] = {}
        self._epochs_from = 0

    def _take_epochs(self, rows: list[EpochRow]) -> None:
        if not rows:
            return
        self._epochs_from = rows[-1].last_step + 1
        for row in rows:
            for name, value in row.values.items():
                if name == "val_loss" or name.endswith("accuracy"):
                    steps, values = self._metrics.setdefault(name, ([], []))
                    steps.append(row.last_step)
                    values.append(value)
        self.curve.set_validation(*self._metrics.get("val_loss", ([], [])))
        self.curve.set_accuracies({name: known for name, known in self._metrics.items() if name != "val_loss"})
        self.metrics = rows[-1].values

    def _read_evidence(self, run: Run) -> None:
        """The few rows about restarts, whenever there are other ones: where a run goes on, some are taken back."""
        stamp = run.evidence_stamp()
        if stamp != self._evidence:
            self._set("escapes", run.escapes())
            self._set("ensembles", run.ensembles())
            self._evidence = stamp

    def _read_acks(self, run: Run, session: str) -> None:
        acks = run.acks()
        if len(acks) == self._acks:
            return
        self._acks = len(acks)
        paused = stops = False
        for ack in acks:
            kind = self._pending.pop(ack.command_id, None)
            if kind is not None:
                self._answers.append(_answer(kind, ack))
            if ack.session != session or ack.outcome != "done":
                continue
            if ack.command == "pause":
                paused = True
            elif ack.command == "resume" and paused:
                paused = False
            elif ack.command == "resume":
                stops = False
            elif ack.command == "stop_after_cycle":
                stops = True
        self._stops_after_cycle = stops
        self.version += 1

    def _derive(self) -> None:
        state = derive_state(
            Facts(
                status=self._status,
                pending=frozenset(self._pending.values()),
                stops_after_cycle=self._stops_after_cycle,
                engine_failed=self._engine_failed,
                given_up=self._given_up,
            )
        )
        self._set("_state", state)

    def _set(self, name: str, value: Any) -> bool:
        if getattr(self, name) == value:
            return False
        setattr(self, name, value)
        self.version += 1
        return True


def _answer(kind: str, ack: Ack) -> Answer:
    if ack.outcome != "done":
        what = tr(_COMMANDS.get(kind, kind))
        return Answer(tr("{command}: {why}").format(command=what, why=ack.reason), refused=True)
    words = tr("Noted at step {step}.").format(step=f"{ack.step:,}") if kind == "note" else ack.reason
    return Answer(words, refused=False)
