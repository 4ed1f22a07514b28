"""Turns whatever is wrong with a configuration into one sentence per setting.

The sentence has name, rule, reason and value: ``t_0 must be > 0 epochs, because a cycle needs at
least one step; got t_0=0``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from kescape.config.setting import Setting

__all__ = ["ConfigError", "sentence_for", "show_value"]

OTHER_NAMES = {
    "learning_rate": "eta_max",
    "lr": "eta_max",
    "max_lr": "eta_max",
    "lr_max": "eta_max",
    "min_lr": "eta_min",
    "lr_min": "eta_min",
    "period": "t_0",
    "decay": "weight_decay",
    "optimizer": "momentum",
}
"""What people coming from other tools may call a setting."""

_KINDS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
}
"""What a value of the wrong kind should have been, by pydantic's name of the problem."""


class ConfigError(ValueError):
    """A configuration that cannot be trained, with one sentence per setting in `errors`."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("\n".join(errors.values()))
        self.errors = dict(errors)


def sentence_for(problem: ErrorDetails, settings: Mapping[str, Setting]) -> tuple[str, str]:
    """The setting that one of pydantic's errors is about, and what to tell its owner."""
    name = str(problem["loc"][0]) if problem["loc"] else ""
    value = problem["input"]
    known = settings.get(name)
    if known is None:
        return name, _unknown(name, settings)
    got = f"got {name}={show_value(value)}"
    kind = problem["type"]
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return name, f"{name} must be {known.broken(kind.startswith('less'))}; {got}"
    if kind in _KINDS:
        return name, f"{name} must be {_KINDS[kind]} {known.rule}, because {known.because}; {got}"
    suggestion = ""
    if known.kind == "choice" and isinstance(value, str):
        near = difflib.get_close_matches(value, known.choices, n=1)
        suggestion = f"; did you mean {near[0]}?" if near else ""
    return name, f"{name} must be {known.rule}, because {known.because}; {got}{suggestion}"


def show_value(value: Any) -> str:
    """A value as written in Python, cut where it would fill the line."""
    try:
        text = repr(value)
    except ValueError:  # an int too long for Python to print
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."


def _unknown(name: str, settings: Mapping[str, Setting]) -> str:
    lowered = name.lower().replace("-", "_")
    near = [OTHER_NAMES[lowered]] if lowered in OTHER_NAMES else []
    near = near or difflib.get_close_matches(lowered, settings, n=1)
    ending = f"did you mean {near[0]}?" if near else "the settings are " + ", ".join(settings)
    return f"{show_value(name)[1:-1]} is not a setting of a run; {ending}"
