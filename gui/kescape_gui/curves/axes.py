"""The axes of the plots: places along the training, and values on a linear or a true log scale."""

from __future__ import annotations

import math

import pyqtgraph as pg

from kescape_gui.clock import clock
from kescape_gui.curves.along import Unit
from kescape_gui.setup.numbers import format_number


def nice_spacing(span: float, ticks: float) -> float:
    """The 1, 2 or 5 times a power of ten that divides `span` into at most `ticks` parts.

    Example:
        >>> [nice_spacing(70, 8), nice_spacing(3500, 8), nice_spacing(1, 8)]
        [10.0, 500.0, 0.2]
    """
    wanted = span / max(ticks, 1.0)
    decade = 10.0 ** math.floor(math.log10(wanted))
    return next(decade * digit for digit in (1, 2, 5, 10) if decade * digit >= wanted * 0.999)


_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def nice_seconds(span: float, ticks: float) -> float:
    """The round part of an hour, or number of them, that divides `span` seconds into at most `ticks` parts.

    Example:
        >>> [nice_seconds(span, 8) for span in (2, 70, 1000, 40_000)]
        [0.5, 10, 300, 7200]
    """
    wanted = span / max(ticks, 1.0)
    if wanted <= _SECONDS[0]:
        return nice_spacing(span, ticks)
    days = 86400 * nice_spacing(span / 86400, ticks)
    return next((seconds for seconds in _SECONDS if seconds >= wanted * 0.999), days)


def format_seconds(seconds: float, spacing: float = 1.0) -> str:
    """A time of the run, as exactly as `spacing` asks for.

    Example:
        >>> [format_seconds(83), format_seconds(90_061), format_seconds(7500, 300), format_seconds(0.5, 0.5)]
        ['1:23', '25:01:01', '2:05 h', '0.5 s']
        >>> [format_seconds(seconds, 0.5) for seconds in (59.5, 60, 60.5)]
        ['59.5 s', '1:00.0', '1:00.5']
    """
    places = max(0, math.ceil(-math.log10(spacing) - 1e-9))
    if places and abs(seconds) < 60:
        return f"{round(seconds, places):g} s"
    if spacing < 60 or round(abs(seconds)) < 3600:
        return clock(seconds, places)
    return f"{clock(seconds)[:-3]} h"


class _Axis(pg.AxisItem):
    def updateAutoSIPrefix(self) -> None:
        """Draw anew. Without a label on the axis there is no prefix to choose, which pyqtgraph does at every move."""
        self.picture = None
        self.update()


class PlaceAxis(_Axis):
    """The axis along the training. Its places are those of an `Along`; its labels are what that counts in."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.unit = Unit.STEPS
        self.steps_per_epoch = 1
        self.is_log = False

    def count_in(self, unit: Unit, steps_per_epoch: int | None, *, log: bool) -> None:
        """Label these; without a length of an epoch, steps are counted."""
        if unit is Unit.EPOCHS and steps_per_epoch is None:
            unit = Unit.STEPS
        wanted = (unit, steps_per_epoch or 1, log)
        if wanted != (self.unit, self.steps_per_epoch, self.is_log):
            self.unit, self.steps_per_epoch, self.is_log = wanted
            self.picture = None
            self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Round numbers, some 80 pixels apart."""
        if high <= low or not math.isfinite(high - low):
            return []
        unit = self._places_a_label()
        if self.is_log:
            if self.unit is Unit.TIME and high - low > 0.5:
                return [(1.0, log_seconds(low, high, size / 70))]
            low, high = low - math.log10(unit), high - math.log10(unit)
            return [
                (spacing, [t + math.log10(unit) for t in ticks]) for spacing, ticks in log_ticks(low, high, size, 200)
            ]
        span = (high - low) / unit
        spacing = nice_seconds(span, size / 80) if self.unit is Unit.TIME else nice_spacing(span, size / 80)
        if self.unit is Unit.STEPS:
            spacing = max(1.0, spacing)
        first = math.ceil(low / unit / spacing - 1e-9)
        last = math.floor(high / unit / spacing + 1e-9)
        return [(spacing * unit, [number * spacing * unit for number in range(first, last + 1)])]

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """Epochs as they are counted, steps with thousands apart, times as a clock shows them, shares in percent."""
        if self.is_log:
            values = [float(f"{10.0**value:.12g}") for value in values]
        if self.unit is Unit.TIME:
            # A log axis has a spacing of its own at each value.
            return [format_seconds(value, value / 60 if self.is_log else spacing) for value in values]
        if self.unit is Unit.CYCLE:
            return [f"{round(value, 6):g} %" for value in values]
        return [f"{round(value / self._places_a_label(), 6):,.12g}" for value in values]

    def _places_a_label(self) -> int:
        return self.steps_per_epoch if self.unit is Unit.EPOCHS else 1


def log_ticks(low: float, high: float, size: float, apart: float) -> list[tuple[float, list[float]]]:
    """Places of round values on a logarithmic axis: decades, with 2 and 5 between them where there is room.

    Args:
        low: The decimal logarithm of the lowest value in view.
        high: That of the highest.
        size: Length of the axis in pixels.
        apart: Room that a decade with 2 and 5 in it needs, in pixels.
    """
    pixels_a_decade = size / (high - low)
    # Beyond that there are no doubles.
    low, high = max(low, -300.0), min(high, 300.0)
    if low >= high:
        return []
    if high - low < 0.5:
        # Too little of a decade in view for 1, 2 and 5: round values, at their places.
        bottom, top = 10.0**low, 10.0**high
        spacing = nice_spacing(top - bottom, size / (0.75 * apart))
        numbers = range(math.ceil(bottom / spacing), math.floor(top / spacing) + 1)
        return [(1.0, [math.log10(number * spacing) for number in numbers if number > 0])]
    digits = (1, 2, 5) if pixels_a_decade > apart else (1,)
    every = max(1, math.ceil(0.3 * apart / pixels_a_decade))
    decades = range(math.floor(low / every) * every, math.ceil(high) + 1, every)
    places = [decade + math.log10(digit) for decade in decades for digit in digits]
    return [(1.0, [place for place in places if low <= place <= high])]


def log_seconds(low: float, high: float, ticks: float) -> list[float]:
    """Places of round times between two decimal logarithms of seconds, at most about so many."""
    below = [digit * 10.0**decade for decade in range(-9, 0) for digit in (1, 2, 5)]
    beyond = [86400.0 * digit * 10**decade for decade in range(4) for digit in (2, 5, 10)]
    places = [math.log10(seconds) for seconds in (*below, *_SECONDS, *beyond)]
    taken: list[float] = []
    for place in places:
        if low <= place <= high and (not taken or place - taken[-1] >= (high - low) / ticks):
            taken.append(place)
    return taken


class ValueAxis(_Axis):
    """The axis of a value. On a log scale its places are powers of ten, its labels the values themselves."""

    def __init__(self) -> None:
        super().__init__("left")
        self.log = False

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Decades, with 2 and 5 between them where there is room; round numbers on a linear scale."""
        span = high - low
        if span <= 0 or not math.isfinite(span):
            return []
        if not self.log:
            spacing = nice_spacing(span, max(3.0, size / 40))
            first, last = math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9)
            return [(spacing, [number * spacing for number in range(first, last + 1)])]
        return log_ticks(low, high, size, 80)

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """The values, short."""
        if self.log:
            return [format_number(float(f"{10.0**value:.3g}")) for value in values]
        places = max(0, -math.floor(math.log10(spacing) + 1e-9)) if spacing > 0 else 0
        if places > 4:
            return [format_number(float(f"{value:.3g}")) for value in values]
        return [f"{value:.{places}f}" for value in values]
