"""How numbers are read, written and stepped in the form; no Qt.

A number may be typed as people write them: `0.1`, `.1`, `0,1` or `1e-3`. A comma counts as the decimal mark,
never as a separator of thousands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_DECADE = (1, 2, 5)
TENTHS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""Ten places in each decade, about a quarter apart."""


def parse_number(text: str) -> float | None:
    """The finite number written in `text`, or None if it is none.

    Example:
        >>> [parse_number(text) for text in ("1e-3", "0,001", ".001", "1.2.3", "")]
        [0.001, 0.001, 0.001, None, None]
    """
    typed = text.strip().replace("−", "-")
    if not _NUMBER.fullmatch(typed):
        return None
    value = float(typed.replace(",", "."))
    return value if math.isfinite(value) else None


def parse_integer(text: str) -> int | None:
    """The whole number written in `text`, or None if it is none; `1e3` and `64.0` are whole.

    Example:
        >>> [parse_integer(text) for text in ("64", "1e3", "6.5")]
        [64, 1000, None]
    """
    if parse_number(text) is None:
        return None
    exact = Decimal(text.strip().replace("−", "-").replace(",", "."))
    # 1e999999 would be written out digit by digit.
    if exact.adjusted() > 18 or exact != exact.to_integral_value():
        return None
    return int(exact)


def format_number(value: float) -> str:
    """The shortest text that reads back as exactly `value`; small numbers as powers of ten.

    Example:
        >>> [format_number(value) for value in (0.1, 10.0, 0.0001, 2.5e-7, 0.0)]
        ['0.1', '10', '1e-4', '2.5e-7', '0']
    """
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if 1e-3 <= abs(value) < 1e6:
        return repr(value)
    mantissa, exponent = f"{Decimal(repr(value)):e}".lower().split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def next_in_decade(value: float, steps: int, lowest: float = 1e-6, digits: Sequence[float] = _DECADE) -> float:
    """The number `steps` places from `value` in ..., 0.1, 0.2, 0.5, 1, 2, 5, ...; below `lowest` comes 0.

    Example:
        >>> [next_in_decade(0.1, 1), next_in_decade(0.1, -1), next_in_decade(0.3, 1), next_in_decade(0.0, 1)]
        [0.2, 0.05, 0.5, 1e-06]
        >>> next_in_decade(0.1, 1, digits=TENTHS)
        0.12
    """
    for _ in range(abs(steps)):
        value = _up(value, lowest, digits) if steps > 0 else _down(value, lowest, digits)
    return value


def next_multiple(value: float, steps: int, width: float) -> float:
    """The multiple of `width` that lies `steps` places from `value`.

    Example:
        >>> [next_multiple(0.9, -1, 0.05), next_multiple(0.92, 1, 0.05)]
        [0.85, 0.95]
    """
    # Decimal: 0.9 is 18 times 0.05, but 0.9 / 0.05 is 18.000000000000004 as a double.
    places = Decimal(repr(value)) / Decimal(repr(width))
    whole = math.floor(places) if steps > 0 else math.ceil(places)
    return float((whole + steps) * Decimal(repr(width)))


def next_double(value: float, steps: int) -> float:
    """The power of two that lies `steps` places from `value`; below 1 comes 0.

    Example:
        >>> [next_double(8, 1), next_double(12, -1), next_double(12, 1), next_double(1, -1)]
        [16.0, 8.0, 16.0, 0.0]
    """
    for _ in range(abs(steps)):
        if value < 1:
            value = 1.0 if steps > 0 else 0.0
        else:
            mantissa, exponent = math.frexp(value)
            # frexp says 8 = 0.5 * 2**4, and 12 = 0.75 * 2**4.
            value = math.ldexp(1.0, exponent if steps > 0 else exponent - 1 - (mantissa == 0.5))
            value = value if value >= 1 else 0.0
    return value


def _marks(value: float, digits: Sequence[float]) -> list[float]:
    exponent = math.floor(math.log10(value))
    # One decade to each side: log10 of 0.001 is only almost -3.
    return [float(f"{digit}e{place}") for place in range(exponent - 1, exponent + 2) for digit in digits]


def _up(value: float, lowest: float, digits: Sequence[float]) -> float:
    if value < lowest:
        return lowest
    return next(mark for mark in _marks(value, digits) if mark > value)


def _down(value: float, lowest: float, digits: Sequence[float]) -> float:
    if value <= lowest:
        return 0.0
    return next(mark for mark in reversed(_marks(value, digits)) if mark < value)
