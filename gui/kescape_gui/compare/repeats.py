"""Runs that repeat each other with another seed, and how far they are apart; no Qt."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kescape_gui.compare.settings import used_settings
from kescape_gui.curves.curve import Curve
from kescape_gui.watched_run import WatchedRun

_POINTS = 1 << 16
"""A band has no more points than this: over a million steps, every 16th."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but seed and name; most often one."""

    runs: tuple[WatchedRun, ...]
    """One for each seed."""
    twins: tuple[WatchedRun, ...] = ()
    """Runs with a seed that is there already: they say nothing of how far repeats are apart."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Middle and range of the smoothed losses of some runs at the same steps."""

    steps: Values
    low: Values
    middle: Values
    high: Values


def groups_of(runs: Sequence[WatchedRun]) -> list[Group]:
    """The runs in groups, in the order of their first ones."""
    found: dict[Hashable, list[WatchedRun]] = {}
    for run in runs:
        found.setdefault(_same_but_for_the_seed(run), []).append(run)
    groups = []
    for members in found.values():
        first: dict[object, WatchedRun] = {}
        for run in members:
            first.setdefault(run.config.get("seed"), run)
        groups.append(Group(tuple(first.values()), tuple(run for run in members if run not in first.values())))
    return groups


def _same_but_for_the_seed(run: WatchedRun) -> Hashable:
    """The same for two runs whose settings are known, and the same, and that were steered alike."""
    settings = used_settings(run.config)
    if "seed" not in settings:
        # Of a script's run nobody knows what else differs.
        return run.path
    del settings["seed"]
    return json.dumps(settings, sort_keys=True, default=str), run.placed.edits if run.placed is not None else ()


def spread_of(curves: Sequence[Curve]) -> Spread:
    """Median and range of the smoothed losses, as far as all curves go and are smoothed.

    Where a loss was not finite nothing is known of the group.
    """
    count = min(len(curve.smoothed) for curve in curves)
    apart = 1
    while count > apart * _POINTS:
        apart *= 2
    kept = slice(0, count, apart)
    losses = np.stack([curve.smoothed[kept] for curve in curves])
    losses.sort(axis=0)
    # NaN is sorted behind everything else.
    unknown = np.isnan(losses[-1])
    if unknown.any():
        losses[:, unknown] = np.nan
    half = len(curves) // 2
    middle = losses[half] if len(curves) % 2 else (losses[half - 1] + losses[half]) / 2
    return Spread(curves[0].steps[kept].copy(), losses[0], middle, losses[-1])
