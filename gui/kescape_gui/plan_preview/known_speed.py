"""How fast runs like the draft have trained here; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kescape_gui.curves.curve import Curve
from kescape_gui.progress import speed

_DECIDING = ("dataset", "target", "model", "batch_size", "image_size", "backend", "deterministic")
"""Settings that a step takes longer or shorter by."""


class KnownSpeed:
    """Remembers the speed of each run that was in view; one that trains later has the say."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], float] = {}
        self._seen: tuple[Any, int] = ((), 0)

    def learn(self, config: Mapping[str, Any], curve: Curve) -> bool:
        """Look at a run; True if there was something to learn."""
        key = _key(config)
        if "dataset" not in config or self._seen == (key, len(curve)):
            return False
        self._seen = (key, len(curve))
        now = speed(curve)
        if now is None:
            return False
        self._known[key] = now.middle
        return True

    def of(self, config: Mapping[str, Any]) -> float | None:
        """Steps a second of the last run with this data, model and batch size; None if there was none."""
        return self._known.get(_key(config))


def _key(config: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(config.get(name) for name in _DECIDING)
