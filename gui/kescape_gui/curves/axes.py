"""The axes of the plots: places along the training, and values on a linear or a true log scale."""

from __future__ import annotations

import math

import pyqtgraph as pg

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


class StepAxis(pg.AxisItem):
    """The axis along the training. Its places are steps; its labels are steps or epochs."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.steps_per_epoch: int | None = None
        """None: labels are steps."""

    def count_in(self, steps_per_epoch: int | None) -> None:
        """Label epochs of that many steps, or steps."""
        if steps_per_epoch != self.steps_per_epoch:
            self.steps_per_epoch = steps_per_epoch
            self.picture = None
            self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Round numbers of epochs or steps, some 80 pixels apart."""
        unit = self.steps_per_epoch or 1
        span = (high - low) / unit
        if span <= 0 or not math.isfinite(span):
            return []
        spacing = nice_spacing(span, size / 80)
        if self.steps_per_epoch is None:
            spacing = max(1.0, spacing)
        first = math.ceil(low / unit / spacing - 1e-9)
        last = math.floor(high / unit / spacing + 1e-9)
        return [(spacing * unit, [number * spacing * unit for number in range(first, last + 1)])]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """Epochs as they are counted, steps with thousands apart."""
        if self.steps_per_epoch is None:
            return [f"{value:,.0f}" for value in values]
        return [f"{round(value / self.steps_per_epoch, 6):,g}" for value in values]


class ValueAxis(pg.AxisItem):
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
        decades = range(math.floor(low), math.ceil(high) + 1)
        pixels_a_decade = size / span
        digits = (1, 2, 5) if pixels_a_decade > 80 else (1,)
        every = max(1, math.ceil(24 / pixels_a_decade))
        if pixels_a_decade > 1200:
            # Less than a tenth of a decade in view: round values, at their places.
            bottom, top = 10.0**low, 10.0**high
            spacing = nice_spacing(top - bottom, size / 60)
            numbers = range(math.ceil(bottom / spacing), math.floor(top / spacing) + 1)
            return [(1.0, [math.log10(number * spacing) for number in numbers if number > 0])]
        places = [decade + math.log10(digit) for decade in decades for digit in digits if decade % every == 0]
        return [(1.0, [place for place in places if low <= place <= high])]

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """The values, short."""
        if self.log:
            return [format_number(float(f"{10.0**value:.3g}")) for value in values]
        places = max(0, -math.floor(math.log10(spacing) + 1e-9)) if spacing > 0 else 0
        if places > 4:
            return [format_number(float(f"{value:.3g}")) for value in values]
        return [f"{value:.{places}f}" for value in values]
