"""What is known of a landscape, as the views of a surface and of lines take it; no Qt."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kescape.landscape.store import Landscape
from kescape_gui.landscape.lines import Line
from kescape_gui.surface.grid import Grid, Mark, Path
from kescape_gui.theme import Colours
from kescape_gui.words import tr

NameOf = Callable[[int], str]
"""What the snapshot of a step is called."""


@dataclass(frozen=True)
class Slice:
    """A surface with the training on it."""

    grid: Grid
    paths: list[Path]
    marks: list[Mark]


def slice_of(landscape: Landscape, name_of: NameOf, colours: Colours) -> Slice:
    """A plane of a landscape: what is known of it, and where the snapshots lie in it or are projected to.

    The dots of the training have the colours of the true loss of their weights: where one stands out from what is
    around it, the snapshot lies off the plane.
    """
    # In random directions others than the one in the middle have no place that says anything.
    points = [point for point in landscape.path if landscape.kind != "random" or point.step in landscape.request.steps]
    paths = []
    if len(points) > 1:
        x, y, z = (np.array([getattr(point, name) for point in points]) for name in ("alpha", "beta", "loss"))
        # White on any of the colours of a surface, with a dark rim: none of those of the curves is meant.
        paths = [Path(tr("training"), x, y, z, colours.text if colours.dark else colours.base)]
    marks = [Mark(point.alpha, point.beta, name_of(point.step), colours.text) for point in points]
    return Slice(Grid(landscape.alpha, landscape.beta, landscape.shown), paths, marks)


def lines_of(landscape: Landscape, name_of: NameOf) -> list[Line]:
    """The pieces of a line, from each of its snapshots to the next; the outer ones go on beyond theirs."""
    steps, alpha = landscape.request.steps, landscape.alpha
    lines = []
    for number, (start, end) in enumerate(itertools.pairwise(steps)):
        first = -np.inf if number == 0 else number
        last = np.inf if number == len(steps) - 2 else number + 1
        # The places are sums of steps, so a snapshot may be missed by a rounding error.
        inside = (alpha >= first - _CLOSE) & (alpha <= last + _CLOSE)
        positions = alpha[inside] - number
        positions[np.abs(positions) < _CLOSE] = 0.0
        positions[np.abs(positions - 1) < _CLOSE] = 1.0
        barrier = landscape.barriers[number] if landscape.barriers else None
        lines.append(Line(name_of(start), name_of(end), positions, landscape.loss[inside], barrier))
    return lines


_CLOSE = 1e-9
