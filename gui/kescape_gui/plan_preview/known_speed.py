"""How fast runs like the draft have trained here; no Qt."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kescape.config import SETTINGS
from kescape.run.listing import RunSummary
from kescape.run.reader import open_run
from kescape_gui.curves.curve import Curve
from kescape_gui.progress import speed

_DECIDING = ("dataset", "target", "model", "batch_size", "image_size", "backend", "devices", "deterministic")
"""Settings that a step takes longer or shorter by."""

_FEW_EPOCHS = 3
"""A run of fewer epochs says little: its first one holds the compiling of the step."""

_PARTS = 8
_LOOKED_AT = 200
"""So many of the newest runs may be like the draft."""

_Key = tuple[Any, ...]
_Answer = float | Exception | None
Beside = Callable[[Callable[[], _Answer], Callable[[_Answer], None]], None]
"""Calls the first beside the window, then the second with what it returned, or the error that stood in the way."""


def speed_of(path: Path) -> float | None:
    """Steps a second of a run, by when its epochs have ended; None if there are too few.

    The middle of some parts of it, as a pause makes only one of them slow; of parts, as short epochs are noted several
    at once.
    """
    with open_run(path) as run:
        epochs = run.epochs()
    if len(epochs) < _FEW_EPOCHS:
        return None
    ends = [epochs[round(part / _PARTS * (len(epochs) - 1))] for part in range(_PARTS + 1)]
    gaps = [(late.last_step - soon.last_step, late.time - soon.time) for soon, late in itertools.pairwise(ends)]
    rates = [steps / seconds for steps, seconds in gaps if steps > 0 and seconds > 0]
    return statistics.median(rates) if rates else None


class KnownSpeed:
    """Remembers the speed of each run that was in view, and looks it up in older ones.

    Args:
        beside: Where runs are read, which may take a while.
        changed: Called when more is known.
    """

    def __init__(self, beside: Beside, changed: Callable[[], None]) -> None:
        self._beside = beside
        self._changed = changed
        self._known: dict[_Key, float] = {}
        self._asked: set[Path] = set()
        self._seen: tuple[_Key, int] = ((), 0)

    def learn(self, config: Mapping[str, Any], curve: Curve) -> None:
        """Look at a run in view; a later one has the say."""
        key = _key(config)
        if "dataset" not in config or self._seen == (key, len(curve)):
            return
        self._seen = (key, len(curve))
        now = speed(curve)
        if now is not None:
            self._known[key] = now.middle
            self._changed()

    def seek(self, config: Mapping[str, Any], summaries: Iterable[RunSummary]) -> None:
        """Look up the newest run like `config`, if none was in view."""
        key = _key(config)
        if key in self._known:
            return
        for summary in itertools.islice(summaries, _LOOKED_AT):
            if "dataset" in summary.config and _key(summary.config) == key and summary.epochs_done >= _FEW_EPOCHS:
                if summary.path not in self._asked:
                    self._asked.add(summary.path)
                    self._beside(partial(speed_of, summary.path), partial(self._on_found, key))
                return

    def of(self, config: Mapping[str, Any]) -> float | None:
        """Steps a second of the last run with this data, model and batch size; None if that is not known."""
        return self._known.get(_key(config))

    def _on_found(self, key: _Key, found: _Answer) -> None:
        if isinstance(found, float) and key not in self._known:
            self._known[key] = found
            self._changed()


def _key(config: Mapping[str, Any]) -> _Key:
    # A run of before a setting was made has it as it is by default.
    return tuple(config.get(name, SETTINGS[name].default) for name in _DECIDING)
