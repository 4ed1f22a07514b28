"""What `kescape compare` was told to vary: settings with several values, from options and from `--grid`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kescape.cli.setting_options import given_settings
from kescape.config import SETTINGS, ConfigError

__all__ = ["baseline_of", "split_values"]

_SINGLE = ("dataset", "target", "start_from")
"""Settings whose value may itself hold a comma."""

_TRUTHS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def split_values(
    options: Mapping[str, Any], schedules: str | None, grid: Sequence[str]
) -> tuple[dict[str, Any], dict[str, tuple[Any, ...]]]:
    """The settings that all runs share, and the values of those that are varied, in the order in which they are known.

    Args:
        options: What was typed for each setting's own option: a text, a truth value or None.
        schedules: What was typed for `--schedules`.
        grid: What was typed for each `--grid`: `NAME=VALUE,VALUE,...`.

    Raises:
        ConfigError: Something that was typed makes no sense.

    Example:
        >>> split_values({"momentum": "0,0.9", "epochs": "7", "seed": None}, "cosine,sgdr", ["eta_max=0.1,0.2"])
        ({'epochs': 7}, {'schedule': ('cosine', 'sgdr'), 'momentum': (0, 0.9), 'eta_max': (0.1, 0.2)})
    """
    varied: dict[str, tuple[Any, ...]] = {}
    if schedules is not None:
        varied["schedule"] = _values("schedule", schedules)
    shared = {}
    for name, typed in options.items():
        if typed is None:
            continue
        if isinstance(typed, str) and "," in typed and name not in _SINGLE and not Path(typed).exists():
            varied.setdefault(name, _values(name, typed))
        else:
            shared[name] = typed
    for one in grid:
        name, sign, typed = one.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not sign or not typed.strip():
            raise ConfigError(
                {"grid": f"grid must be NAME=VALUE,VALUE,..., because it says what is varied; got {one!r}"}
            )
        if name not in SETTINGS:
            raise ConfigError({"grid": f"grid must name a setting of a run; got {name!r} (see `kescape train --help`)"})
        varied[name] = _values(name, typed)
    both = next((name for name in varied if name in shared), None)
    if both is not None:
        raise ConfigError(
            {both: f"{both} must be given once, because it is varied; got {both}={shared[both]} beside several values"}
        )
    return given_settings(shared), varied


def baseline_of(typed: Sequence[str]) -> dict[str, Any]:
    """The values that others are held against, from each `--baseline NAME=VALUE`.

    Example:
        >>> baseline_of(["schedule=constant", "momentum=0.9"])
        {'schedule': 'constant', 'momentum': 0.9}
    """
    baseline = {}
    for one in typed:
        name, sign, value = one.partition("=")
        name = name.strip().replace("-", "_")
        if not sign or name not in SETTINGS:
            raise ConfigError({"baseline": f"baseline must be NAME=VALUE of a setting that is varied; got {one!r}"})
        baseline[name] = _values(name, value)[0]
    return baseline


def _values(name: str, typed: str) -> tuple[Any, ...]:
    texts = [text.strip() for text in typed.split(",") if text.strip()]
    if not texts:
        raise ConfigError({name: f"{name} must have a value, because it is compared; got {typed!r}"})
    if SETTINGS[name].kind == "bool":
        unknown = next((text for text in texts if text.lower() not in _TRUTHS), None)
        if unknown is not None:
            raise ConfigError({name: f"{name} must be on or off, because it is a switch; got {name}={unknown!r}"})
        return tuple(_TRUTHS[text.lower()] for text in texts)
    return tuple(given_settings({name: text})[name] for text in texts)
