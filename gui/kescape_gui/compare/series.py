"""Which runs that are drawn along have which colour: six colours, solid and then dashed; no Qt.

A place is a number from 0 to 11 that a run holds as long as it is drawn along, whatever else comes and goes. The
colours themselves are the theme's, one set for light and one for dark: a place has the same hue in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kescape_gui.runs.swatch import Swatch

COLOURS = 6
MOST = 2 * COLOURS
"""So many runs can be told apart by colour and dashes."""


def swatch_at(place: int, series: Sequence[str], *, is_baseline: bool = False) -> Swatch:
    """The line of a place.

    Args:
        place: From 0 to `MOST` - 1.
        series: The theme's `COLOURS` colours.
        is_baseline: Whether the others are held against this run.

    Example:
        >>> series = ("#100000", "#200000", "#300000", "#400000", "#500000", "#600000")
        >>> swatch_at(1, series)
        Swatch(colour='#200000', dashed=False, is_baseline=False)
        >>> swatch_at(7, series)
        Swatch(colour='#200000', dashed=True, is_baseline=False)
    """
    return Swatch(series[place % COLOURS], dashed=place >= COLOURS, is_baseline=is_baseline)


class Places:
    """Gives each run a place: the one it had before, if that is free, else the lowest free one.

    Example:
        >>> places = Places()
        >>> [places.take(Path(name)) for name in ("a", "b", "c")]
        [0, 1, 2]
        >>> places.leave(Path("a"))
        >>> places.take(Path("d")), places[Path("b")], places.take(Path("a"))
        (0, 1, 3)
    """

    def __init__(self) -> None:
        self._held: dict[Path, int] = {}
        self._before: dict[Path, int] = {}

    def __getitem__(self, path: Path) -> int:
        return self._held[path]

    def take(self, path: Path, wanted: int | None = None) -> int:
        """Give a run a place, `wanted` if that is free.

        Raises:
            ValueError: All places are held.
        """
        if path in self._held:
            return self._held[path]
        free = sorted(set(range(MOST)).difference(self._held.values()))
        if not free:
            raise ValueError(f"at most {MOST} runs have a place, because no more can be told apart; got one more")
        liked = self._before.get(path) if wanted is None else wanted
        self._held[path] = self._before[path] = liked if liked in free else free[0]
        return self._held[path]

    def leave(self, path: Path) -> None:
        """A run is no longer drawn; its place is free."""
        self._held.pop(path, None)

    def swap(self, one: Path, other: Path) -> None:
        """Two runs change places: the lines of both are drawn as one, which is to keep its colour."""
        held = self._held
        held[one], held[other] = held[other], held[one]
        self._before[one], self._before[other] = held[one], held[other]

    def rename(self, old: Path, new: Path) -> None:
        """The same run has another folder now."""
        for places in (self._held, self._before):
            if old in places:
                places[new] = places.pop(old)
