"""Asks an ended run to go on from its newest checkpoint, perhaps for longer. No Keras and no Qt.

The request is a small file in the run's folder, as the settings of a new run are; the engine that obeys removes it.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kescape.config import RunConfig
from kescape.config.backends import check_installed
from kescape.data.errors import DataError
from kescape.data.fingerprint import fingerprint
from kescape.data.preprocessing import Preprocessing
from kescape.engine.checkpoint import Checkpoint
from kescape.engine.checkpoint_folder import newest_checkpoint
from kescape.models.choice import content_of
from kescape.run.errors import CannotGoOn, RunUnwritable
from kescape.run.folder import CONFIG, GO_ON, PREPROCESSING
from kescape.run.reader import Run, Session, open_run
from kescape.schedule import PlacedPlan, PlanEdit

__all__ = ["GoOn", "ask_to_go_on", "check_model", "read_request", "withdraw_request"]

GROWING = ("epochs", "cycles")
"""Settings with which a run can go on otherwise than it began."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class GoOn:
    """How a run goes on.

    Attributes:
        config: Its settings from now on.
        session: The session that is continued.
        placed: Its plan on steps, with all that was done to it by hand.
        checkpoint: The state to begin with.
        problems: What is wrong with newer checkpoints, in sentences.
        started_from: The file of weights that the run began with, which may be gone; None for fresh ones.
    """

    config: RunConfig
    session: Session
    placed: PlacedPlan
    checkpoint: Checkpoint = field(repr=False)
    problems: list[str]
    started_from: str | None = None


def ask_to_go_on(folder: Path, **changes: Any) -> GoOn:
    """Leave word in a run's folder that it shall go on; an engine started for the folder then obeys.

    Args:
        folder: The run's folder.
        changes: `epochs` or `cycles` from now on. They may not change what has been trained.

    Raises:
        CannotGoOn: The run is live, was recorded by a script, has no checkpoint, has nothing left to train, or the
            changes would have given it another past.
        ConfigError: A changed setting is wrong by itself.
    """
    with open_run(folder) as run:
        status = run.status
        if status.is_live:
            raise CannotGoOn(f"The run {run.name!r} is {status}; only a run that has ended can go on.")
        how = _how(run, changes)
    text = json.dumps({"session": how.session.id, "settings": changes})
    temporary = folder / f".{GO_ON}.tmp"
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / GO_ON)
    except OSError as error:
        raise RunUnwritable(f"The run folder {str(folder)!r} cannot be written: {error.strerror or error}.") from error
    return how


def read_request(folder: Path) -> GoOn | None:
    """How the run in `folder` is to go on; None if nobody has asked for that."""
    try:
        request = json.loads((folder / GO_ON).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CannotGoOn(f"{str(folder / GO_ON)!r} cannot be read: {error}.") from error
    with open_run(folder) as run:
        known = request if isinstance(request, dict) else {}
        session, settings = known.get("session"), known.get("settings")
        if not run.sessions or session != run.sessions[-1].id or not isinstance(settings, dict):
            raise CannotGoOn(f"{str(folder / GO_ON)!r} asks to continue another session of this run; ask again.")
        return _how(run, settings)


def withdraw_request(folder: Path) -> None:
    """The request has been obeyed, or cannot be."""
    with contextlib.suppress(OSError):
        (folder / GO_ON).unlink(missing_ok=True)


def _how(run: Run, changes: dict[str, Any]) -> GoOn:
    session, placed = _continued(run)
    wrong = [name for name in changes if name not in GROWING]
    if wrong:
        raise CannotGoOn(
            f"The run {run.name!r} cannot go on with {wrong[0]}={changes[wrong[0]]}, because only "
            f"{' and '.join(GROWING)} leave what has been trained as it is; branch from it instead."
        )
    # Where it started from is past; that file may be gone.
    config = RunConfig(**{**run.config, "start_from": None, **changes})
    check_installed(config.backend)
    checkpoint, problems = newest_checkpoint(run)
    if checkpoint is None and not run.steps and not problems:
        checkpoint = Checkpoint.of_nothing()  # cut off before it had trained anything
    if checkpoint is None:
        why = f" ({problems[0].rstrip('.')})" if problems else ""
        raise CannotGoOn(f"The run {run.name!r} has no checkpoint to go on from{why}.")
    # Without an end it was cut off while it wrote its models.
    if checkpoint.epoch > config.epochs or (checkpoint.epoch == config.epochs and run.end is not None):
        raise CannotGoOn(
            f"The run {run.name!r} has finished {checkpoint.epoch} epochs; say how many it shall have in all, for "
            f"example --epochs {2 * checkpoint.epoch}."
        )
    steps = config.steps_per_epoch()
    if steps != session.steps_per_epoch:
        raise CannotGoOn(
            f"The run {run.name!r} cannot go on, because its data have changed: an epoch had {session.steps_per_epoch} "
            f"steps and would have {steps} now."
        )
    _check_data(run, config)
    check_model(run, config)
    try:
        following = PlacedPlan(config.plan(), steps, _kept_edits(run, placed, session, checkpoint.step))
    except ValueError as error:
        said = ", ".join(f"{name}={value}" for name, value in changes.items())
        raise CannotGoOn(
            f"The run {run.name!r} cannot go on with {said}, because what was done to its plan by hand does not fit: "
            f"{error}"
        ) from error
    _check_past(run, placed, following, checkpoint.step - session.plan_step, changes)
    return GoOn(config, session, following, checkpoint, problems, run.config.get("start_from"))


def _continued(run: Run) -> tuple[Session, PlacedPlan]:
    """The session to continue and its plan."""
    sessions = run.sessions
    if not sessions or sessions[-1].kind != "engine" or not (run.path / CONFIG).exists():
        why = "was recorded by a script, which has its data and its model" if sessions else "has not begun to train"
        if sessions and sessions[-1].kind == "imported":
            why = "was imported from a log, which has neither data nor model"
        raise CannotGoOn(f"The run {run.name!r} cannot go on from here: it {why}.")
    placed = run.placed_for(sessions[-1])
    if placed is None:
        raise CannotGoOn(f"The run {run.name!r} cannot go on: it has no plan.")
    return sessions[-1], placed


def _kept_edits(run: Run, placed: PlacedPlan, session: Session, step: int) -> tuple[PlanEdit, ...]:
    """What was done to the plan, without what was decided on verdicts after `step`: that is decided again."""
    decisions = [(event.step, event.data or {}) for event in run.events() if event.kind == "decision"]
    undone = {(at - session.plan_step, data.get("eta_max")) for at, data in decisions if at > step}
    return tuple(edit for edit in placed.edits if (edit.step, edit.value) not in undone or edit.kind == "restart")


def _check_data(run: Run, config: RunConfig) -> None:
    """Refuse other rows than those that the run began with."""
    kept = run.path / PREPROCESSING
    if not kept.exists():  # a run of an older KEscape
        return
    try:
        unchanged = Preprocessing.load(kept).fingerprint == fingerprint(config.facts())
    except DataError as error:
        raise CannotGoOn(f"The run {run.name!r} cannot go on: {error}.") from error
    if not unchanged:
        raise CannotGoOn(
            f"The run {run.name!r} cannot go on, because its data have changed: {config.dataset} is not what it was "
            "when the run began."
        )


def check_model(run: Run, config: RunConfig) -> None:
    """Refuse another file than the one that the run's model was built from."""
    data = [event.data or {} for event in run.events() if event.kind == "model"]
    known = [facts["sha256"] for facts in data if "sha256" in facts]
    if known and known[0] != content_of(config.model):
        raise CannotGoOn(
            f"The run {run.name!r} cannot go on, because its model has changed: {config.model} is not what it was "
            "when the run began; branch from it instead."
        )


def _check_past(run: Run, old: PlacedPlan, new: PlacedPlan, steps: int, changes: dict[str, Any]) -> None:
    """Refuse what would have given the steps that are trained other rates."""
    for first in range(0, steps, _CHUNK):
        count = min(_CHUNK, steps - first)
        before, after = old.learning_rates(first, count), new.learning_rates(first, count)
        if not np.array_equal(before, after):
            at = first + int(np.flatnonzero(before != after)[0])
            said = ", ".join(f"{name}={value}" for name, value in changes.items())
            raise CannotGoOn(
                f"The run {run.name!r} cannot go on with {said}, because step {at} was trained at the rate "
                f"{old.learning_rate(at):.4g} and would have had {new.learning_rate(at):.4g}; branch from it instead."
            )
