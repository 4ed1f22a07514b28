"""Records a fit into a run folder, and lets the run folder steer the fit."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
import warnings
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import keras
import numpy as np

from kescape.callbacks import siblings
from kescape.callbacks.follow_plan import FollowPlan
from kescape.callbacks.snapshot_file import save_snapshot
from kescape.evidence.escape import Escape
from kescape.run.commands import CommandInbox
from kescape.run.errors import RunUnwritable
from kescape.run.escapes import note_decision, note_escape
from kescape.run.folder import new_run_folder, remember_run, runs_folder, storage_warning
from kescape.run.writer import Column, RunWriter
from kescape.schedule import PlanEdit
from kescape.step_tap import StepBlock, StepTap
from kescape.step_tap.step_tap import ForeignHand
from kescape.step_tap.wrapped_step import LOOK_SECONDS

_MOST_FOREIGN_HANDS = 20
"""A callback that changes the rate before every batch would otherwise leave an event for each step."""


class _Obeyed(NamedTuple):
    """What came of a command."""

    answer: str
    step: int | None = None
    """The first step that it affects; None: the next one."""
    text: str = ""
    """What the run's log says; empty: the answer."""
    data: dict[str, Any] | None = None


class RunRecorder(keras.callbacks.Callback):
    """Records every step of any `model.fit` into a run folder that the desktop app shows live and can steer.

    The loss is the true loss of each batch, the rate the one that the step used; metrics and validation metrics are
    kept per epoch, restarts and whatever else happens as events. The app and the command line (`kescape pause`,
    `stop`, `restart`, `set`, `snapshot`, `note`) can steer the fit; what they do to the plan is kept as its edits.

    An existing run is never overwritten: where `path` holds one already, the new run becomes `first-2`, said aloud.
    A second `fit` of the same recorder is a second segment of its run.

    Args:
        path: A bare name goes to the runs folder (`$KESCAPE_RUNS`, else `~/KEscape/runs`); a path is used as it is, and
            remembered so that the app finds it. None: a name made from the model's.
        name: What the run is called; by default the folder's name.

    Attributes:
        folder: The run's folder; None before the first fit.

    Raises:
        RunLocked: When training begins: another process records into this folder.
        RunUnwritable: The folder cannot be written.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(0.1), loss="mse")
        >>> recorder = kescape.RunRecorder(getfixture("tmp_path") / "first")
        >>> history = model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, epochs=3, verbose=0,
        ...                     callbacks=[kescape.SGDR(t_0=1), recorder])
        >>> run = kescape.open_run(recorder.folder)
        >>> run.status.value, len(run.curves()["loss"])
        ('finished', 12)
    """

    kind: Literal["engine", "recorder"] = "recorder"

    def __init__(self, path: str | os.PathLike[str] | None = None, *, name: str | None = None) -> None:
        super().__init__()
        if path is not None and not os.fspath(path):
            raise ValueError("path must name a run or a folder, or be None to make a name; got path=''")
        self._wanted = None if path is None else Path(path)
        self._name = name
        self.folder: Path | None = None
        self._writer: RunWriter | None = None

    # -- hooks ---------------------------------------------------------------------------------------------------

    def set_model(self, model: Any) -> None:
        """Meet the model; the logs are read after every other callback has added to them."""
        super().set_model(model)
        siblings.move_to_back(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Open the run, take its lock, and listen to the step tap."""
        if self._writer is not None:
            # The fit before ended in an exception: its segment has no end.
            self._writer.close()
        self._writer = self._open()
        self._inbox = CommandInbox(self._writer.folder)
        self._first_step = self._writer.steps
        self._plan_state: Any = None
        self._noted_edits: list[PlanEdit] = []
        self._is_on_grid = True
        self._looked = False
        self._foreign_hands = 0
        self._paused = False
        self._stop_at: int | None = None
        self._stopped = False
        self._position = (0, 0)
        model = self.model
        self._tap = StepTap.of(model)
        self._tap.join(self)
        siblings.watch(self._tap.guard)
        close = partial(_close, weakref.ref(self), self._writer.session)
        self._tap.listen(self._on_steps, self._on_foreign_hand, close)
        self._clock = self._writer.now() - time.perf_counter()
        if self._tap.fallback_reason is not None:
            self._writer.event(
                "batch_hooks",
                self._writer.steps,
                f"Rate and loss are taken by batch hooks: {self._tap.fallback_reason}.",
            )
        # The tap notices an exception that ends the fit. Outside of a notebook it cannot notice one that comes between
        # two of the calls that it guards; but then the list of callbacks goes away, or the next fit closes.
        running = siblings.callback_list()
        if running is not None:
            weakref.finalize(running, close)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the plan as far as it is known."""
        self._tap.begin_epoch(epoch)
        self._position = (epoch, self._tap.next_batch)
        self._note_plan(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """An execution is about to start."""
        self._tap.begin_batch(batch)
        # A look before the execution, to fill the table, says nothing of the steps that run now.
        self._looked = False

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Obey commands some 20 times a second; stop exactly at the end of a cycle if told so."""
        self._tap.end_batch(batch, logs)
        if self._looked:
            self._looked = False
            self._obey()
        if self._cycle_is_over(batch + 1) and not self._is_last(batch + 1):
            self._stop()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Keep what has run: a validation may take long, and nothing is appended meanwhile."""
        if self._writer is not None:
            self._tap.look()
            self._writer.flush()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the epoch's metrics."""
        self._tap.end_epoch()
        writer = self._writer_or_fail()
        values = {key: float(value) for key, value in (logs or {}).items() if np.ndim(value) == 0}
        writer.epoch(epoch, writer.steps - 1, values)
        self._looked = False
        source = self._tap.source
        if isinstance(source, FollowPlan) and self._position[1] > (source.length or self._position[1]):
            # Longer than the plan's: said now, since there may be no next epoch.
            self._note_plan(epoch + 1)
        self._position = (epoch + 1, 0)
        self._on_epoch_recorded(epoch, values)
        self._obey()
        if self._cycle_is_over(0) and epoch + 1 < (self.params or {}).get("epochs", math.inf):
            self._stop()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Note how the run ended and give the folder back."""
        self._tap.leave(self)
        writer = self._writer_or_fail()
        untold = self._foreign_hands - _MOST_FOREIGN_HANDS
        if untold > 0:
            writer.event("foreign_hand", writer.steps, f"The learning rate was changed at {untold} further steps.")
        writer.end("stopped" if self._stopped else "finished")
        writer.close()
        self._writer = None

    # -- what others tell of the fit -----------------------------------------------------------------------------

    @property
    def first_step(self) -> int:
        """The step of the run that the fit began with."""
        return self._first_step

    def keep_snapshot(
        self, epoch: int, kind: Literal["cycle", "hand"], label: str, data: dict[str, Any] | None = None
    ) -> str:
        """Keep the weights as they are now, after `epoch` whole epochs; returns the file's path in the run's folder.

        Raises:
            RunUnwritable: They cannot be written; nothing is left behind.
        """
        writer = self._writer_or_fail()
        file = save_snapshot(self.model, writer.folder, writer.steps)
        writer.snapshot(writer.steps, epoch, kind, file, label, data)
        return file

    @property
    def steps(self) -> int:
        """How many steps of the run are recorded."""
        return self._writer_or_fail().steps

    def note_escape(self, escape: Escape) -> None:
        """Note what a restart did, in the table of the run and in its log."""
        note_escape(self._writer_or_fail(), escape)

    def note_decision(self, sentence: str, data: dict[str, Any]) -> None:
        """Note what was done because of the verdicts, and what it changed in the plan."""
        note_decision(self._writer_or_fail(), sentence, data)
        if isinstance(self._tap.source, FollowPlan):
            self._note_edits(self._tap.source)

    # -- the run -------------------------------------------------------------------------------------------------

    def _open(self) -> RunWriter:
        if self.folder is not None:
            writer = RunWriter.open(self.folder, kind=self.kind, backend=_backend(), resume=True)
        else:
            folder = self._new_folder()
            warning = storage_warning(folder)
            if warning is not None:
                warnings.warn(warning, UserWarning, stacklevel=3)
            writer = RunWriter.open(
                folder,
                kind=self.kind,
                name=self._name or folder.name,
                config=self._config(),
                backend=_backend(),
            )
            self.folder = folder
        writer.describe_columns(self._columns())
        return writer

    def _new_folder(self) -> Path:
        wanted = self._wanted
        if wanted is None:
            default = time.strftime(f"{self.model.name}-%Y%m%d-%H%M%S")
            return new_run_folder(runs_folder(), self._name, default)
        bare = len(wanted.parts) == 1 and not wanted.is_absolute()
        parent = runs_folder() if bare else wanted.absolute().parent
        folder = new_run_folder(parent, wanted.name, wanted.name)
        if folder.name != wanted.name:
            print(f"{parent / wanted.name} holds a run already; this one is recorded as {folder}")
        if not bare:
            remember_run(folder)
        return folder

    def _config(self) -> dict[str, Any]:
        """What is known of the settings of a script."""
        optimizer = self.model.optimizer
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        config = {
            "script": Path(sys.argv[0]).name if sys.argv else "",
            "model": self.model.name,
            "parameters": int(self.model.count_params()) if self.model.built else None,
            "epochs": (self.params or {}).get("epochs"),
            "steps_per_epoch": (self.params or {}).get("steps"),
            "steps_per_execution": self.model.steps_per_execution,
            "optimizer": type(inner).__name__,
        }
        for option in ("momentum", "nesterov", "weight_decay", "clipnorm"):
            value = getattr(inner, option, None)
            if isinstance(value, bool | int | float):
                config[option] = value
        return config

    def _columns(self, loss: str = "loss of the step's batch") -> list[Column]:
        return [
            Column("epoch", "int32", "epochs", "epoch of the step, from 0"),
            Column(
                "time",
                "float64",
                "s",
                "end of the step since the run was created; measured per execution, interpolated inside",
            ),
            Column("learning_rate", "float64", "", "learning rate that the step used"),
            Column("momentum", "float64", "", "momentum that the step used"),
            # The kind of loss is known once the step has been traced; see _on_steps.
            Column("loss", "float32", "", loss),
        ]

    def _note_plan(self, epoch: int) -> None:
        source = self._tap.source
        if not isinstance(source, FollowPlan):
            return
        # A plan per epoch has no rate for each step that could be drawn.
        length = source.length if source.per == "batch" else None
        plan_step = None
        if length is not None and self._is_on_grid:
            plan_step = self._writer_or_fail().steps - source.steps_until(*self._position)
            self._is_on_grid = self._follows_grid(source, epoch, length, plan_step)
        if not self._is_on_grid:
            # The recorded restarts are right; those of the placed plan would lie at other steps.
            length = plan_step = None
        known = (source.plan, length, plan_step)
        if self._plan_state != known:
            self._plan_state = known
            self._writer_or_fail().set_plan(source.plan.to_dict(), length, plan_step)
        self._note_edits(source)

    def _note_edits(self, source: FollowPlan) -> None:
        """Note what is done to the plan by hand, so that the run's plan is the one that was followed."""
        plan_step = self._plan_state and self._plan_state[2]
        if plan_step is None or source.placed is None:
            return
        # One by one: a peak that is changed and changed back is the same edit twice, and the last one counts.
        noted = list(self._noted_edits)
        for edit in source.placed.edits:
            if edit in noted:
                noted.remove(edit)
            else:
                self._noted_edits.append(edit)
                self._writer_or_fail().plan_edit(plan_step + edit.step, edit.kind, edit.value)

    def _follows_grid(self, source: FollowPlan, epoch: int, length: int, plan_step: int) -> bool:
        """Whether the steps that have run lie where the placed plan has them, so that it tells their cycles."""
        if self._plan_state is None:
            return True
        _, known_length, known_step = self._plan_state
        if known_length is not None:
            return bool(plan_step == known_step)  # else an epoch was longer or shorter than the plan's
        # In the epoch that counted the steps the rate was held: no restart in it took place.
        return not source.restarts_in(epoch - 1, 1, length - 1)

    # -- what the tap tells --------------------------------------------------------------------------------------

    def _on_steps(self, block: StepBlock) -> None:
        writer = self._writer_or_fail()
        first = writer.steps
        if first == self._first_step and self._tap.loss_kind != "batch loss":
            writer.event(
                "loss_kind",
                first,
                "The model's own train step shows no loss of its batch: the recorded loss is the running mean that it "
                "returns.",
                {"loss": self._tap.loss_kind},
            )
            writer.describe_columns(self._columns("running mean that the model's own train step returns"))
        writer.append(
            {
                "epoch": np.full(len(block), block.epoch, np.int32),
                "time": block.seconds + self._clock,
                "learning_rate": block.learning_rate,
                "momentum": block.momentum,
                "loss": block.loss,
            }
        )
        self._position = (block.epoch, block.first_batch + len(block))
        if isinstance(self._tap.source, FollowPlan):
            self._note_edits(self._tap.source)
        self._note_restarts(block, first)
        self._looked = True

    def _note_restarts(self, block: StepBlock, first: int) -> None:
        source = self._tap.source
        if not isinstance(source, FollowPlan):
            return
        for batch, cycle in source.restarts_in(block.epoch, block.first_batch, len(block)):
            step = first + batch - block.first_batch
            rate = block.learning_rate[batch - block.first_batch]
            self._writer_or_fail().event(
                "restart",
                step,
                f"Restart {cycle}: the learning rate is {rate:g} again.",
                {"cycle": cycle},
            )

    def _on_foreign_hand(self, hand: ForeignHand) -> None:
        self._foreign_hands += 1
        if self._foreign_hands > _MOST_FOREIGN_HANDS:
            return
        self._writer_or_fail().event(
            "foreign_hand",
            self._first_step + hand.step,
            f"Something else changed the learning rate from {hand.expected:g} to {hand.found:g}; the plan set it back.",
            {"found": hand.found, "expected": hand.expected},
        )

    # -- commands ------------------------------------------------------------------------------------------------

    def _obey(self) -> None:
        """Do what lies in the run's command folder; hold here while paused."""
        self._take_commands()
        while self._paused and not self._stopped:
            time.sleep(LOOK_SECONDS)
            # Nothing is written meanwhile, and no command would ever come into a folder that is gone.
            self._writer_or_fail().check_file()
            self._take_commands()

    def _take_commands(self) -> None:
        writer = self._writer_or_fail()
        for command in self._inbox.take(writer, writer.steps):
            try:
                obeyed = self._COMMANDS[command.kind](self, **command.args)
            except ValueError as refusal:
                writer.ack(command, writer.steps, "refused", str(refusal))
            else:
                if isinstance(obeyed, str):
                    obeyed = _Obeyed(obeyed)
                step = writer.steps if obeyed.step is None else obeyed.step
                writer.ack(command, step, "done", obeyed.answer)
                # `restart` is the event of every restart, by hand or not, with its cycle.
                kind = "restart_now" if command.kind == "restart" else command.kind
                writer.event(kind, writer.steps, obeyed.text or obeyed.answer, obeyed.data)
            self._inbox.remove(command)

    def _pause(self) -> str:
        if self._paused:
            raise ValueError("the run is paused already")
        self._paused = True
        self._before_standstill("pause")
        return f"Paused: held at step {self._writer_or_fail().steps:,}."

    def _resume(self) -> str:
        if self._paused:
            self._paused = False
            return "Resumed."
        if self._stop_at is not None:
            self._stop_at = None
            return "Goes on: no stop after this cycle."
        raise ValueError("the run is neither paused nor about to stop")

    def _stop(self) -> str:
        self._stopped = True
        self.model.stop_training = True
        self._before_standstill("stop")
        return f"Stopped at step {self._writer_or_fail().steps:,}."

    def _stop_after_cycle(self) -> str:
        self._stop_at = self._cycle_end()
        steps = self.model.steps_per_execution
        if self.kind == "recorder" and steps > 1:
            return f"Stops with the execution of {steps} steps in which this cycle ends."
        return "Stops at the end of this cycle."

    def _restart(self, eta_max: float | None = None) -> _Obeyed:
        source = self._source_or_refuse()
        first = source.restart_now(eta_max)
        step = self._step_of_run(source, first)
        self._note_edits(source)
        if self._stop_at is not None and source.placed is not None:
            # The cycle that begins, and not the one that has just ended, also where an epoch ends here.
            self._stop_at = source.placed.cycle_bounds(first)[1]
        self._after_restart()
        peak = "" if eta_max is None else f", and its peak is {eta_max:g}"
        return _Obeyed(
            f"Restart by hand: the next cycle begins at step {step:,}{peak}.",
            step=step,
            data=None if eta_max is None else {"eta_max": eta_max},
        )

    def _eta_max(self, value: float) -> _Obeyed:
        source = self._source_or_refuse()
        step = self._step_of_run(source, source.change_eta_max(value))
        self._note_edits(source)
        return _Obeyed(
            f"Another peak by hand: from the next cycle on, which begins at step {step:,}, it is {value:g}.",
            step=step,
            data={"eta_max": value, "from_step": step},
        )

    def _snapshot(self) -> _Obeyed:
        try:
            file = self.keep_snapshot(self._position[0], "hand", "kept by hand")
        except RunUnwritable as error:
            raise ValueError(str(error)) from error
        return _Obeyed(f"Snapshot of the weights after step {self.steps}: {file}.", data={"file": file})

    def _note(self, text: str) -> _Obeyed:
        return _Obeyed("Noted.", text=text.strip())

    _COMMANDS: ClassVar[dict[str, Callable[..., str | _Obeyed]]] = {
        "pause": _pause,
        "resume": _resume,
        "stop": _stop,
        "stop_after_cycle": _stop_after_cycle,
        "restart": _restart,
        "eta_max": _eta_max,
        "snapshot": _snapshot,
        "note": _note,
    }

    def _step_of_run(self, source: FollowPlan, plan_step: int) -> int:
        """The step of the run at which a step of the plan, not before the next one, begins.

        With a plan per epoch, whose steps are epochs, the epochs to come are taken to be as long as Keras says; where
        it does not say, the next step stands for all of them.
        """
        steps = self._writer_or_fail().steps
        epoch, batch = self._position
        if source.per == "batch":
            return steps + max(0, plan_step - source.steps_until(epoch, batch))
        length = (self.params or {}).get("steps")
        return steps if length is None else steps + max(0, (plan_step - epoch) * length - batch)

    def _source_or_refuse(self) -> FollowPlan:
        source = self._tap.source
        if not isinstance(source, FollowPlan):
            raise ValueError("the run follows no plan with cycles")  # noqa: TRY004
        return source

    def _cycle_end(self) -> int:
        """The first step of the plan after the cycle that the next step belongs to."""
        source = self._source_or_refuse()
        epoch, batch = self._position
        step = source.plan_step(epoch, batch)
        if step is None or source.placed is None:
            raise ValueError("the length of an epoch is not known yet, so neither is the end of the cycle")
        end = source.placed.cycle_bounds(step)[1]
        if end is None:
            raise ValueError("the plan has no further end of a cycle")
        return end

    def _cycle_is_over(self, batches: int) -> bool:
        """Whether the cycle to stop after has ended, once `batches` batches of this epoch have run."""
        source = self._tap.source
        if self._stop_at is None or not isinstance(source, FollowPlan):
            return False
        return source.steps_until(self._position[0], batches) >= self._stop_at

    def _is_last(self, batches: int) -> bool:
        """Whether the training ends by itself once `batches` batches of this epoch have run."""
        known = self.params or {}
        last_epoch = self._position[0] + 1 >= known.get("epochs", math.inf)
        return last_epoch and batches >= (known.get("steps") or math.inf)

    # -- inside --------------------------------------------------------------------------------------------------

    def _on_epoch_recorded(self, epoch: int, values: dict[str, float]) -> None:
        """For who keeps more than this recorder does; called before any command is obeyed."""

    def _after_restart(self) -> None:
        """For who keeps more than this recorder does; the step that ran last has ended its cycle."""

    def _before_standstill(self, reason: Literal["pause", "stop"]) -> None:
        """For who keeps more than this recorder does; no step runs until the training goes on or ends."""

    def _writer_or_fail(self) -> RunWriter:
        if self._writer is None:
            raise RuntimeError("RunRecorder works inside a fit: on_train_begin comes first")
        return self._writer

    def close_segment(self, session: str) -> None:
        """A fit ended without `on_train_end`: give the folder back, so that the run shows as interrupted."""
        if self._writer is not None and self._writer.session == session:
            self._writer.close()
            self._writer = None


def _close(recorder: weakref.ref[RunRecorder], session: str) -> None:
    alive = recorder()
    if alive is not None:
        # What cannot be written any more has ended the fit already, with its cause.
        with contextlib.suppress(RunUnwritable):
            alive.close_segment(session)


def _backend() -> str:
    name = keras.backend.backend()
    module = sys.modules.get(name)
    version = getattr(module, "__version__", "")
    return f"{name} {version}, keras {keras.__version__}".replace(" ,", ",")
