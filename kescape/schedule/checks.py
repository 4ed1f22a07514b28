"""How the numbers of a plan are checked: by name, with the rule, its reason and the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["checked_number", "checked_whole", "refuse"]


def checked_number(name: str, value: Any, rule: str, holds: Callable[[float], bool], why: str) -> float:
    """Return `value` as a Python float, or raise an error that names it.

    A NumPy number counts by its shortest decimal: `np.float32(1.1)` is 1.1, as the user wrote it.

    Args:
        name: The argument as the user typed it.
        value: What was given: an int, a float or a NumPy scalar, but no bool.
        rule: The rule in words, for example "> 0 epochs".
        holds: The rule as a function of the float.
        why: The reason of the rule, a half sentence that goes on after "because".

    Example:
        >>> why = "a cycle needs at least one step"
        >>> checked_number("t_0", 0, "> 0 epochs", lambda t: t > 0, why)
        Traceback (most recent call last):
        ValueError: t_0 must be > 0 epochs, because a cycle needs at least one step; got t_0=0
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number {rule}, because {why}; got {name}={_shown(value)}")
    try:
        number = float(str(value) if isinstance(value, np.generic) else value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number {rule}, because {why}; got {name}={_shown(value)}")
    if not holds(number):
        refuse(name, value, rule, why)
    return number


def checked_whole(name: str, value: Any, at_least: int, why: str) -> int:
    """Return `value` as a Python int that is at least `at_least`, or raise an error that names it.

    Example:
        >>> checked_whole("cycles", 0, 1, "a plan has at least one cycle")
        Traceback (most recent call last):
        ValueError: cycles must be >= 1, because a plan has at least one cycle; got cycles=0
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number >= {at_least}, because {why}; got {name}={_shown(value)}")
    number = int(value)
    if number < at_least:
        refuse(name, value, f">= {at_least}", why)
    return number


def refuse(name: str, value: Any, rule: str, why: str) -> None:
    """Raise the ValueError for a value that breaks a rule."""
    raise ValueError(f"{name} must be {rule}, because {why}; got {name}={_shown(value)}")


def _shown(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)
