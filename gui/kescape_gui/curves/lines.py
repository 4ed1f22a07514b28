"""As many lines of one kind as there is something to draw: a line a cycle, or a line a run."""

from __future__ import annotations

from collections.abc import Iterator

from kescape_gui.curves.curve_plot import CurvePlot
from kescape_gui.curves.line import Line


class Lines:
    """Lines of a plot that come and go.

    Args:
        plot: Where they are drawn.
        z: What they lie above.
        smooth: Whether their edges are smoothed.
    """

    def __init__(self, plot: CurvePlot, *, z: float, smooth: bool = True) -> None:
        self._plot = plot
        self._z = z
        self._smooth = smooth
        self._lines: list[Line] = []
        self._used = 0

    def begin(self) -> None:
        """Draw anew: none is taken yet."""
        self._used = 0

    def take(self) -> Line:
        """One more line, above those before."""
        if self._used == len(self._lines):
            self._lines.append(self._plot.add_line(z=self._z + 1e-3 * self._used, smooth=self._smooth))
        self._used += 1
        return self._lines[self._used - 1]

    def end(self) -> None:
        """Those that were not taken show nothing."""
        for line in self._lines[self._used :]:
            line.clear_points()

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines[: self._used])
