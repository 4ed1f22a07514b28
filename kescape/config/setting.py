"""What is known of one setting: its words, symbol, unit, range and place in a form.

`setting` declares a field of the configuration, `Setting` is what a form or a command line reads.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

from kescape.data.location import Kind as DataKind

__all__ = ["Setting", "describe", "setting"]

Group = Literal["Data and model", "SGD", "Warm restarts", "Repeatability"]
Level = Literal["basic", "more"]
Kind = Literal["int", "float", "bool", "choice", "text"]


@dataclass(frozen=True)
class Setting:
    """One setting of a run, as a form, a command line or a message needs it."""

    name: str
    """As in the configuration, for example ``"t_0"``."""
    title: str
    """In words, for example ``"First cycle"``."""
    symbol: str
    """As in the paper, for example ``"T0"``; may be empty."""
    unit: str
    """For example ``"epochs"``; may be empty."""
    help: str
    """One sentence."""
    because: str
    """Why a value must not be smaller, or of another kind: the middle of the error message."""
    because_top: str
    """Why a value must not be larger."""
    level: Level
    group: Group
    kind: Kind
    default: Any
    optional: bool
    """True if the setting can be off, written as None or left out."""
    none: str
    """What it means that an optional setting is off, in a word or two, for example ``"no limit"``."""
    choices: tuple[str, ...]
    """What a setting of kind ``"choice"`` can be."""
    other: str
    """What a setting of kind ``"choice"`` can be beside its choices, in words; empty if nothing."""
    minimum: float | None
    maximum: float | None
    minimum_allowed: bool
    """False if values must lie above the minimum, not on it."""
    maximum_allowed: bool
    schedules: tuple[str, ...] | None
    """The schedules that read this setting, or None if all do."""
    data: tuple[DataKind, ...] | None
    """The kinds of data that read this setting, or None if all do."""

    @property
    def flag(self) -> str:
        """The option on the command line, for example ``"--t-0"``."""
        return "--" + self.name.replace("_", "-")

    def read_by(self, schedule: str) -> bool:
        """True if a run with this schedule uses the setting."""
        return self.schedules is None or schedule in self.schedules

    def read_for(self, kind: DataKind | None) -> bool:
        """True if a run on this kind of data uses the setting."""
        return self.data is None or kind in self.data

    @property
    def rule(self) -> str:
        """What a value must be, for example ``"> 0 epochs"``."""
        if self.kind == "bool":
            return "true or false"
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices) + (f", or {self.other}" if self.other else "")
        if self.kind == "text":
            return "text"
        return " and ".join(filter(None, (self.bottom, self.top))) + self._unit

    @property
    def bottom(self) -> str:
        """The smallest value as part of a rule, for example ``"> 0"``; empty if there is none."""
        if self.minimum is None:
            return ""
        return f"{'>=' if self.minimum_allowed else '>'} {_plain(self.minimum)}"

    @property
    def top(self) -> str:
        """The largest value as part of a rule, for example ``"< 1"``; empty if there is none."""
        if self.maximum is None:
            return ""
        return f"{'<=' if self.maximum_allowed else '<'} {_plain(self.maximum)}"

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def broken(self, at_the_top: bool) -> str:
        """Rule and reason for a value outside the range.

        For example ``"> 0 epochs, because a cycle needs at least one step"``.
        """
        bound, because = (self.top, self.because_top) if at_the_top else (self.bottom, self.because)
        return f"{bound}{self._unit}, because {because}"


def setting(
    default: Any,
    title: str,
    help: str,  # noqa: A002 (the word forms and command lines use)
    *,
    because: str,
    because_top: str = "",
    group: Group,
    level: Level = "basic",
    symbol: str = "",
    unit: str = "",
    choices: tuple[str, ...] = (),
    other: str = "",
    none: str = "off",
    schedules: tuple[str, ...] | None = None,
    data: tuple[DataKind, ...] | None = None,
    **bounds: float,
) -> Any:
    """Declare a field of the configuration; `bounds` are pydantic's ge, gt, le and lt."""
    extra: dict[str, Any] = {
        "symbol": symbol,
        "unit": unit,
        "level": level,
        "group": group,
        "because": because,
        "because_top": because_top or because,
        "choices": list(choices),
        "other": other,
        "none": none,
        "schedules": None if schedules is None else list(schedules),
        "data": None if data is None else list(data),
        "bounds": dict(bounds),
    }
    return Field(
        default,
        title=title,
        description=help,
        json_schema_extra=extra,
        ge=bounds.get("ge"),
        gt=bounds.get("gt"),
        le=bounds.get("le"),
        lt=bounds.get("lt"),
    )


def describe(name: str, field: FieldInfo) -> Setting:
    """Read back what `setting` declared."""
    extra = typing.cast("dict[str, Any]", field.json_schema_extra)
    bounds: dict[str, float] = extra["bounds"]
    minimum = bounds.get("ge", bounds.get("gt"))
    maximum = bounds.get("le", bounds.get("lt"))
    kind, optional = _kind(field.annotation, bool(extra["choices"]))
    return Setting(
        name=name,
        title=field.title or name,
        symbol=extra["symbol"],
        unit=extra["unit"],
        help=field.description or "",
        because=extra["because"],
        because_top=extra["because_top"],
        level=extra["level"],
        group=extra["group"],
        kind=kind,
        default=field.default,
        optional=optional,
        none=extra["none"],
        choices=tuple(extra["choices"]),
        other=extra["other"],
        minimum=None if minimum is None else float(minimum),
        maximum=None if maximum is None else float(maximum),
        minimum_allowed="ge" in bounds,
        maximum_allowed="le" in bounds,
        schedules=None if extra["schedules"] is None else tuple(extra["schedules"]),
        data=None if extra["data"] is None else tuple(extra["data"]),
    )


def _kind(annotation: Any, has_choices: bool) -> tuple[Kind, bool]:
    types = typing.get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    optional = type(None) in types
    if has_choices:
        return "choice", optional
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    return next(kinds[t] for t in types if t in kinds), optional


def _plain(number: float) -> str:
    return f"{number:.0f}" if number.is_integer() else f"{number:g}"
