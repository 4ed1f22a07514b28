"""What of a network's loss is looked at: a line, a plane, random directions, or the plane of the training's path.

No Keras and no Qt: the window and the command line ask with it, a process of its own answers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kescape.run.errors import RunError
from kescape.run.reader import Run, Snapshot
from kescape.schedule.checks import checked_number, checked_whole, refuse

__all__ = [
    "HOW_MANY",
    "KINDS",
    "MOST_POINTS",
    "PARTS",
    "LandscapeImpossible",
    "LandscapeRequest",
    "check_known",
    "kept_weights",
    "request_for",
    "takes",
]

KINDS = ("line", "plane", "random", "pca")
PARTS = ("training", "validation")

MOST_POINTS = 501
"""Along an axis: a picture has no more pixels to show more."""

HOW_MANY = {"line": "two or more", "plane": "three", "random": "one", "pca": "three or more"}
"""Snapshots that each kind takes."""


class LandscapeImpossible(RunError):  # noqa: N818 (says what is the case, like the run's own errors)
    """The run has not the snapshots, the model or the data that it takes."""


@dataclass(frozen=True)
class LandscapeRequest:
    """One picture of a run's loss.

    Args:
        kind: `line` through two snapshots, or through several, one straight piece after the other; `plane` through
            three; `random`: the plane of two random directions through one, scaled filter by filter; `pca`: the plane
            in which three or more snapshots lie farthest apart.
        steps: The snapshots, each by the number of steps that had been trained, in the order of the picture.
        points: Along each axis, 3 to 501; of a line between its first two snapshots and beyond.
        rows: Of data the loss is a mean of so many, >= 1, drawn once; of less data all are taken.
        part: Which data, `training` or `validation`.
        seed: Decides the rows and the random directions, >= 0.
        margin: How far the picture goes beyond the snapshots, as a share of their extent, >= 0; of `random`, how far
            from the snapshot, in lengths of its filters, > 0. By default 0.25 and 1.
        model: A compiled `.keras` file, where the run does not say how its model is built.
        data: A `.npz` file with `x` and `y` as that model takes them, where the run does not say what it was trained
            on.

    Raises:
        ValueError: One of them is out of range.

    Example:
        >>> request = LandscapeRequest("line", (100, 200), points=11)
        >>> request.margin, request.size
        (0.25, 11)
        >>> LandscapeRequest("plane", (100, 200))
        Traceback (most recent call last):
        ValueError: steps must be three different snapshots, because kind 'plane' takes so many; got steps=(100, 200)
    """

    kind: str
    steps: tuple[int, ...]
    points: int = 51
    rows: int = 2000
    part: str = "training"
    seed: int = 0
    margin: float | None = None
    model: str | None = None
    data: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            refuse("kind", self.kind, "line, plane, random or pca", "these can be looked at")
        if self.part not in PARTS:
            refuse("part", self.part, "training or validation", "data has these two")
        steps = tuple(checked_whole("steps", step, 0, "a snapshot was taken after so many") for step in self.steps)
        if not takes(self.kind, len(steps)) or len(set(steps)) < len(steps):
            many = "one snapshot" if self.kind == "random" else f"{HOW_MANY[self.kind]} different snapshots"
            refuse("steps", steps, many, f"kind {self.kind!r} takes so many")
        points = checked_whole("points", self.points, 3, "between the two ends of an axis there must be one")
        if points > MOST_POINTS:
            refuse("points", points, f"<= {MOST_POINTS}", "a picture has no more pixels to show more")
        margin = (1.0 if self.kind == "random" else 0.25) if self.margin is None else self.margin
        if self.kind == "random":
            margin = checked_number("margin", margin, "> 0", lambda m: m > 0, "else the plane is a point")
        else:
            margin = checked_number("margin", margin, ">= 0", lambda m: m >= 0, "it is added at both ends")
        values = {
            "steps": steps,
            "points": points,
            "rows": checked_whole("rows", self.rows, 1, "a loss is a mean over rows"),
            "seed": checked_whole("seed", self.seed, 0, "a random generator takes no other"),
            "margin": margin,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def is_line(self) -> bool:
        """Whether it has one axis, not two."""
        return self.kind == "line"

    @property
    def has_no_path(self) -> bool:
        """Whether only its own snapshots are in it: beside a line, or in random directions, the others say nothing."""
        return self.kind in ("line", "random")

    @property
    def beyond(self) -> int:
        """Of a line: how many points lie beyond each end; so many that the snapshots lie on points."""
        assert self.margin is not None
        intervals = self.points - 1
        return min(round(intervals * self.margin / (1 + 2 * self.margin)), (intervals - 1) // 2)

    @property
    def size(self) -> int:
        """How many points there are in all."""
        if not self.is_line:
            return self.points**2
        return self.points + (len(self.steps) - 2) * (self.points - 1 - 2 * self.beyond)

    @property
    def key(self) -> str:
        """A short name of what is asked for, the same for the same."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """As text, which `from_json` understands."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> LandscapeRequest:
        """From what `to_json` gave.

        Raises:
            ValueError: It is something else.
        """
        try:
            values = json.loads(text)
            return cls(**{**values, "steps": tuple(values["steps"])})
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(
                f"a request must be a JSON object as to_json gives it: {error}; got {text[:60]!r}"
            ) from error


def takes(kind: str, count: int) -> bool:
    """Whether a kind of picture can be had of so many snapshots."""
    return {"line": count >= 2, "plane": count == 3, "random": count == 1, "pca": count >= 3}[kind]


def kept_weights(run: Run) -> list[Snapshot]:
    """The snapshots whose weights are still there, one for each step, in the order of the training."""
    found: dict[int, Snapshot] = {}
    for snapshot in run.snapshots():
        if snapshot.kind not in ("cycle", "hand") or not (run.path / snapshot.file).is_file():
            continue
        # The end of a cycle is known as such, also where somebody asked for the same step.
        if snapshot.step not in found or snapshot.kind == "cycle":
            found[snapshot.step] = snapshot
    return [found[step] for step in sorted(found)]


def request_for(
    run: Run, kind: str | None = None, steps: tuple[int, ...] | None = None, **options: Any
) -> LandscapeRequest:
    """What is asked for of a run, with what suits it where nothing was said.

    Args:
        run: The run.
        kind: By default a plane through the ends of the last three cycles, a line where there are two, random
            directions around the only one. Where so few cycles have ended, snapshots taken by hand count, too.
        steps: Which snapshots; by default the last ones, for `pca` all.
        options: The other arguments of `LandscapeRequest`.

    Raises:
        LandscapeImpossible: The run has not the snapshots.
        ValueError: An argument is out of range.
    """
    kept = kept_weights(run)
    if not kept:
        raise LandscapeImpossible(
            f"The run {run.name!r} has no snapshot to look at: one is kept at the end of each cycle, and whenever "
            "`kescape snapshot` asks for one."
        )
    known = [snapshot.step for snapshot in kept]
    missing = sorted(set(steps or ()) - set(known))
    if missing:
        raise LandscapeImpossible(
            f"The run {run.name!r} has no snapshot of step {missing[0]}; it has those of these steps: "
            f"{', '.join(map(str, known))}."
        )
    if kind is not None and kind not in KINDS:
        refuse("kind", kind, "line, plane, random or pca", "these can be looked at")
    if kind is None:
        count = len(known) if steps is None else len(steps)
        kind = "random" if count == 1 else "line" if count == 2 or (steps is not None and count > 3) else "plane"
    if steps is None:
        least = {"line": 2, "plane": 3, "random": 1, "pca": 3}[kind]
        ends = [snapshot.step for snapshot in kept if snapshot.kind == "cycle"]
        chosen = ends if len(ends) >= least else known
        if len(chosen) < least:
            raise LandscapeImpossible(
                f"The run {run.name!r} has {len(known)} snapshot{'s' if len(known) > 1 else ''}, but kind {kind!r} "
                f"takes {HOW_MANY[kind]}: one is kept at the end of each cycle."
            )
        steps = tuple(chosen if kind == "pca" else chosen[-least:])
    for name in ("model", "data"):
        if options.get(name) is not None:
            options[name] = str(Path(options[name]).absolute())
    return LandscapeRequest(kind, steps, **options)


def check_known(run: Run, request: LandscapeRequest) -> None:
    """Raise unless it is known how the model is built and what it was trained on.

    Raises:
        LandscapeImpossible: The run was recorded by a script, and model and data are not given; or they are given for a
            run that has its own.
    """
    given = [name for name in ("model", "data") if getattr(request, name) is not None]
    if any(session.kind == "engine" for session in run.sessions):
        if given:
            raise LandscapeImpossible(
                f"The run {run.name!r} has its own model and data, so no other {given[0]} can be given."
            )
    elif len(given) < 2:
        raise LandscapeImpossible(
            f"The run {run.name!r} was recorded by a script, so its model and its data are not known here: give the "
            "compiled model as --model FILE.keras, and its data as --data FILE.npz with x and y as the model takes "
            "them; or call kescape.loss_landscape in the script."
        )
