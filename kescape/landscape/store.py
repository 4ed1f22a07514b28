"""Where landscapes lie in a run: `RUN/landscapes/<key>.npz`, written by the process that computes one; no Keras, no Qt.

A file holds the places (`alpha`, `beta`), the loss (NaN where it is not known yet), the path, and all else as JSON in
`about`. It is replaced as a whole whenever more is known, so a reader never sees half of one. One that was made of
other snapshots than those that lie there now counts for nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from kescape.landscape.levels import filled
from kescape.landscape.request import LandscapeRequest
from kescape.run.errors import RunUnwritable
from kescape.run.folder import LANDSCAPES

__all__ = [
    "Fingerprint",
    "Landscape",
    "LineBarrier",
    "PathPoint",
    "fingerprint_of",
    "list_landscapes",
    "read_landscape",
    "write_landscape",
]

Floats = NDArray[np.float64]

Fingerprint = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of each file."""


@dataclass(frozen=True)
class PathPoint:
    """A snapshot in the picture.

    Attributes:
        step: How many steps had been trained.
        alpha: Where it is, or is projected to, along the first axis.
        beta: Along the second; 0 on a line.
        loss: Its true loss, on the same rows.
        distance: How far from the picture it lies, in the space of weights: 0 in it.
        label: What it is, in words.
    """

    step: int
    alpha: float
    beta: float
    loss: float
    distance: float
    label: str = ""


@dataclass(frozen=True)
class LineBarrier:
    """What separates two snapshots that follow each other on a line, as `kescape.evidence.barrier` defines it.

    Attributes:
        rise: How far the loss rises above the higher of the two, >= 0.
        low: Lower end of its 95 % interval.
        high: Upper end.
        above_chord: How far it rises above the straight line between the two losses, >= 0.
        is_above_noise: Whether the rise is.
    """

    rise: float
    low: float
    high: float
    above_chord: float
    is_above_noise: bool


@dataclass(frozen=True, eq=False)
class Landscape:
    """The loss along a line or over a plane, as far as it is known.

    Attributes:
        request: What was asked for.
        alpha: The n places along the first axis. On a line, 0 is the first snapshot, 1 the second, 2 the third, ...; on
            a plane, the distance in the space of weights from the first snapshot (`plane`), from the last one (`pca`);
            in a random direction, 1 is as far as each filter is long.
        beta: The m places along the second axis, likewise; empty for a line.
        loss: Mean loss of the rows, shape (m, n), or (n,) for a line; infinite where it is not a number, NaN where it
            is not known yet.
        level: The finest level that is known in full, in points an axis; 0 if none is.
        path: The snapshots of the training, in their order; of a line and of random directions, those asked for alone.
        barriers: Of a line that is finished: one for each piece between two snapshots.
        explained: Of `pca`: the share of the variance of the snapshots along each axis, 0 to 1.
        dimensions: How many weights there are, of which the picture shows one or two directions.
        rows: How many rows of data the loss is a mean of.
        seconds: What it took so far.
        fingerprint: Of the files that it was made of.
    """

    request: LandscapeRequest
    alpha: Floats
    beta: Floats
    loss: Floats
    level: int = 0
    path: tuple[PathPoint, ...] = ()
    barriers: tuple[LineBarrier, ...] = ()
    explained: tuple[float, ...] = ()
    dimensions: int = 0
    rows: int = 0
    seconds: float = 0.0
    fingerprint: Fingerprint = field(default=(), repr=False)

    @property
    def kind(self) -> str:
        """`line`, `plane`, `random` or `pca`."""
        return self.request.kind

    @property
    def finished(self) -> bool:
        """Whether all of it is known."""
        return not np.isnan(self.loss).any()

    @property
    def known(self) -> int:
        """How many points are known."""
        return int((~np.isnan(self.loss)).sum())

    @property
    def shown(self) -> Floats:
        """The loss as a picture shows it: what is not known yet lies between what is, linearly."""
        return filled(self.alpha, self.beta, self.loss, self.level)

    def save(self, path: str | Path) -> Path:
        """Write it as a figure (`.png`, `.svg`, `.pdf`) or a table (`.csv`); see `save_landscape`."""
        from kescape.landscape.figure import save_landscape

        return save_landscape(self, path)


def read_landscape(folder: Path, request: LandscapeRequest) -> Landscape | None:
    """What is known of a landscape of the run in `folder`.

    None where it was never computed, its file is damaged, or it is of other snapshots than those that lie there now.
    """
    found = _read(_file(folder, request))
    return found if found is not None and found.request == request and _is_fresh(folder, found) else None


def list_landscapes(folder: Path) -> list[Landscape]:
    """The landscapes of the run in `folder`, the newest first."""
    files: list[tuple[float, Path]] = []
    for file in (folder / LANDSCAPES).glob("[!.]*.npz"):
        with contextlib.suppress(OSError):
            files.append((file.stat().st_mtime, file))
    found = [_read(file) for _, file in sorted(files, reverse=True)]
    return [landscape for landscape in found if landscape is not None and _is_fresh(folder, landscape)]


def write_landscape(folder: Path, landscape: Landscape) -> None:
    """Keep what is known; it takes the place of what was known before.

    Raises:
        RunUnwritable: It cannot be written; what was there stays.
    """
    target = _file(folder, landscape.request)
    temporary = target.with_name(f".{target.stem}-{os.getpid()}.tmp")
    about = {
        "request": json.loads(landscape.request.to_json()),
        "path": [asdict(point) for point in landscape.path],
        "barriers": [asdict(barrier) for barrier in landscape.barriers],
        **{name: getattr(landscape, name) for name in _PLAIN},
    }
    try:
        target.parent.mkdir(exist_ok=True)
        _tidy(target.parent)
        with temporary.open("wb") as file:
            np.savez(
                file, alpha=landscape.alpha, beta=landscape.beta, loss=landscape.loss, about=np.array(json.dumps(about))
            )
        temporary.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise RunUnwritable(f"The landscape {str(target)!r} cannot be written: {error.strerror or error}.") from error


def fingerprint_of(folder: Path, files: Iterable[str]) -> Fingerprint:
    """What tells whether files, by their path in the run's folder or an absolute one, are still the same.

    Raises:
        OSError: One is not there.
    """
    found = []
    for name in files:
        facts = (folder / name).stat()
        found.append((name, facts.st_size, facts.st_mtime_ns))
    return tuple(found)


_PLAIN = ("level", "explained", "dimensions", "rows", "seconds", "fingerprint")


def _file(folder: Path, request: LandscapeRequest) -> Path:
    return folder / LANDSCAPES / f"{request.key}.npz"


def _read(file: Path) -> Landscape | None:
    try:
        # Opened here: where NumPy finds no zip it leaves a file open.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], np.float64) for name in ("alpha", "beta", "loss")}
            about = json.loads(str(stored["about"]))
        return _understood(arrays, about)
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError, zipfile.BadZipFile):
        return None  # not there, or damaged: it is computed again


def _understood(arrays: dict[str, Floats], about: dict[str, Any]) -> Landscape:
    request = LandscapeRequest.from_json(json.dumps(about["request"]))
    wanted = (len(arrays["alpha"]),) if request.is_line else (len(arrays["beta"]), len(arrays["alpha"]))
    if arrays["loss"].shape != wanted or arrays["loss"].size != request.size:
        raise ValueError("places and losses do not fit")
    return Landscape(
        request,
        **arrays,
        level=int(about["level"]),
        path=tuple(PathPoint(**point) for point in about["path"]),
        barriers=tuple(LineBarrier(**barrier) for barrier in about["barriers"]),
        explained=tuple(map(float, about["explained"])),
        dimensions=int(about["dimensions"]),
        rows=int(about["rows"]),
        seconds=float(about["seconds"]),
        fingerprint=tuple((str(name), int(size), int(moment)) for name, size, moment in about["fingerprint"]),
    )


def _is_fresh(folder: Path, landscape: Landscape) -> bool:
    files = [name for name, _, _ in landscape.fingerprint]
    try:
        return fingerprint_of(folder, files) == landscape.fingerprint
    except (OSError, ValueError):
        return False


def _tidy(place: Path) -> None:
    """Remove what processes that were killed were writing."""
    for leftover in place.glob(".*-*.tmp"):
        pid = leftover.stem.rpartition("-")[2]
        if pid.isdecimal() and int(pid) != os.getpid() and not psutil.pid_exists(int(pid)):
            with contextlib.suppress(OSError):
                leftover.unlink()
