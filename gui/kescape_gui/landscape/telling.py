"""What a picture of a landscape shows, in plain words, and what it cannot show; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kescape.landscape.store import Landscape, PathPoint
from kescape_gui.landscape.lines import Line
from kescape_gui.landscape.slices import NameOf, lines_of
from kescape_gui.surface.colour_scale import value_text
from kescape_gui.words import tr

_ROUNDING = 1e-6
"""Weights in float32 are as exact as this, as a share of what they differ by."""


@dataclass(frozen=True)
class Told:
    """What is seen, and the limits of it."""

    seen: str = ""
    limits: str = ""


def tell(landscape: Landscape | None, name_of: NameOf) -> Told:
    """What there is to say of what is known so far; nothing as long as nothing is."""
    if landscape is None or not landscape.level:
        return Told()
    where = _where(landscape)
    if landscape.kind == "line":
        limits = tr("A straight line in a space of {where}: a curved path between the same minima may stay low.")
        return Told(_lines_words(lines_of(landscape, name_of)), limits.format(where=where))
    is_exact = all(_is_in_plane(point, landscape) for point in landscape.path)
    if landscape.kind == "plane" or (landscape.kind == "pca" and is_exact):
        limits = tr("A flat slice of a space of {where}: what lies beside it is not seen.")
        seen = _plane_words(landscape, name_of) if landscape.kind == "plane" else _pca_words(landscape, name_of)
        return Told(seen, limits.format(where=where))
    if landscape.kind == "random":
        limits = tr(
            "Two directions of a space of {where}, drawn by chance: others may look different. They are scaled filter "
            "by filter, so that how steep it is can be compared between networks."
        )
        return Told(_random_words(landscape, name_of), limits.format(where=where))
    limits = tr(
        "A flat slice of a space of {where}. The snapshots are only projected onto it: the colour of a dot is the "
        "true loss there, the colour around it that of the slice."
    )
    return Told(_pca_words(landscape, name_of), limits.format(where=where))


def _where(landscape: Landscape) -> str:
    is_training = landscape.request.part == "training"
    rows = tr("{rows} rows of the training data") if is_training else tr("{rows} rows of the validation data")
    words = tr("{dimensions} dimensions, on {rows}")
    return words.format(dimensions=f"{landscape.dimensions:,}", rows=rows.format(rows=f"{landscape.rows:,}"))


def _lines_words(lines: Sequence[Line]) -> str:
    barriers = [(line, line.peak) for line in lines if line.peak is not None and line.has_barrier]
    if len(lines) == 1 and not barriers:
        words = tr(
            "Between {start} and {end} the loss does not rise above both minima by more than chance explains: on this "
            "line nothing separates them."
        )
        return words.format(start=lines[0].start, end=lines[0].end)
    if not barriers:
        words = tr("On none of the {count} lines does the loss rise above both minima by more than chance explains.")
        return words.format(count=len(lines))
    one = tr("Between {start} and {end} the loss rises to {top}, {rise} above the higher minimum: a barrier.")
    several = tr(
        "A barrier stands on {barriers} of {count} lines. The highest, between {start} and {end}, rises to {top}, "
        "{rise} above the higher minimum."
    )
    line, peak = max(barriers, key=lambda pair: pair[1].rise)
    return (one if len(lines) == 1 else several).format(
        start=line.start,
        end=line.end,
        top=value_text(peak.loss),
        rise=value_text(peak.rise),
        barriers=len(barriers),
        count=len(lines),
    )


def _plane_words(landscape: Landscape, name_of: NameOf) -> str:
    steps = landscape.request.steps
    names = [name_of(step) for step in steps]
    words = tr("All three minima lie exactly in this plane: {first}, {second} and {third}.")
    told = words.format(first=names[0], second=names[1], third=names[2])
    told = f"{told} {_extent_words(landscape)}"
    off = [point for point in landscape.path if point.step not in steps]
    if not off:
        return told
    farthest = max(off, key=lambda point: point.distance)
    if _is_in_plane(farthest, landscape):
        return f"{told} " + tr("All other snapshots lie in it, too.")
    words = tr("The other snapshots are projected onto it; the farthest, {name}, lies {distance} away from it.")
    return f"{told} " + words.format(name=name_of(farthest.step), distance=value_text(farthest.distance))


def _random_words(landscape: Landscape, name_of: NameOf) -> str:
    (step,) = landscape.request.steps
    centre = next(point for point in landscape.path if point.step == step)
    words = tr("At {name}, in the middle, the loss is {loss}.")
    return words.format(name=name_of(step), loss=value_text(centre.loss)) + " " + _extent_words(landscape)


def _extent_words(landscape: Landscape) -> str:
    losses = landscape.loss[np.isfinite(landscape.loss)]
    if not len(losses):
        return tr("Nowhere in this plane is the loss a finite number.")
    words = tr("In this plane the loss goes from {low} to {high}.")
    return words.format(low=value_text(float(losses.min())), high=value_text(float(losses.max())))


def _pca_words(landscape: Landscape, name_of: NameOf) -> str:
    first, second = (100 * share for share in landscape.explained[:2])
    words = tr("This plane holds {both} % of how the snapshots differ: {first} % along α, {second} % along β.")
    told = (
        _extent_words(landscape)
        + " "
        + words.format(both=f"{first + second:.0f}", first=f"{first:.0f}", second=f"{second:.0f}")
    )
    farthest = max(landscape.path, key=lambda point: point.distance)
    if _is_in_plane(farthest, landscape):
        return f"{told} " + tr("All snapshots lie in it.")
    words = tr("The farthest snapshot from it, {name}, lies {distance} away.")
    return f"{told} " + words.format(name=name_of(farthest.step), distance=value_text(farthest.distance))


def _is_in_plane(point: PathPoint, landscape: Landscape) -> bool:
    """Whether a snapshot is off its plane by no more than rounding."""
    return point.distance <= _ROUNDING * float(landscape.alpha[-1] - landscape.alpha[0])
