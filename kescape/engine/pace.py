"""How many steps one execution has: as many as take some 25 ms, by the measured time of a step."""

from __future__ import annotations

__all__ = ["MOST_STEPS", "Pace"]

TARGET_SECONDS = 0.025
"""Long enough that calling the compiled function costs nothing, short enough that a command is obeyed in 100 ms."""

MOST_STEPS = 512
"""Steps in one execution at the most: the step tap holds room for them between two looks."""

_FASTEST_GROWTH = 4
"""One lucky measurement must not make the next execution far too long."""


class Pace:
    """Chooses the steps of the next execution from how long the last one took.

    Example:
        >>> pace = Pace()
        >>> pace.steps
        1
        >>> pace.took(1, 0.5)  # the first execution is traced and says nothing
        >>> pace.took(1, 0.001)
        >>> pace.steps  # 25 would fill the time, but the pace grows in steps
        4
        >>> pace.took(4, 0.004)
        >>> pace.steps
        16
    """

    def __init__(self) -> None:
        self.steps = 1
        """Steps of the next execution, 1 to `MOST_STEPS`."""
        self._traced = False

    def took(self, steps: int, seconds: float) -> None:
        """An execution of `steps` steps took so long."""
        if not self._traced:
            self._traced = True
            return
        fitting = int(TARGET_SECONDS * steps / max(seconds, 1e-6))
        self.steps = max(1, min(fitting, _FASTEST_GROWTH * self.steps, MOST_STEPS))
