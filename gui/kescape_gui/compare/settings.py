"""The settings of a run as a person reads them, and which of them count; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from kescape.config import SETTINGS
from kescape.data.location import kind_of
from kescape_gui.setup.numbers import format_number
from kescape_gui.setup.taken_values import choice_title
from kescape_gui.words import tr

_PATHS = ("dataset", "model", "start_from")
UNKNOWN = "–"


def used_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the run's schedule and data read, in the order of the form, then what else was recorded.

    Example:
        >>> list(used_settings({"seed": 1, "t_0": 10.0, "schedule": "cosine", "script": "train.py"}))
        ['schedule', 'seed', 'script']
    """
    schedule = config.get("schedule")
    dataset = config.get("dataset")
    kind = kind_of(dataset) if isinstance(dataset, str) else None
    names = [
        name
        for name, setting in SETTINGS.items()
        if name in config
        and (not isinstance(schedule, str) or setting.read_by(schedule))
        and (dataset is None or setting.read_for(kind))
    ]
    return {name: config[name] for name in (*names, *(name for name in config if name not in SETTINGS))}


def title_of(name: str) -> str:
    """What a setting is called.

    Example:
        >>> title_of("t_0"), title_of("steps_per_epoch")
        ('First cycle', 'Steps per epoch')
    """
    setting = SETTINGS.get(name)
    return tr(setting.title) if setting is not None else name.replace("_", " ").capitalize()


def help_of(name: str) -> str:
    """What a setting means, with its unit."""
    setting = SETTINGS.get(name)
    if setting is None:
        return tr("As the script that recorded the run had it")
    return f"{tr(setting.help)} [{tr(setting.unit)}]" if setting.unit else tr(setting.help)


def written(name: str, value: Any) -> str:
    """A value as a person writes it, or as the form calls it; of a path, its last part.

    Example:
        >>> written("schedule", "sgdr"), written("dataset", "wine")
        ('Warm restarts', 'Wine')
        >>> written("eta_max", 0.05), written("nesterov", True), written("cycles", None), written("weight_decay", 1e-4)
        ('0.05', 'on', 'no limit', '1e-4')
        >>> written("dataset", "/data/flowers.csv")
        'flowers.csv'
    """
    if value is None:
        return tr(SETTINGS[name].none) if name in SETTINGS else UNKNOWN
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if isinstance(value, float):
        return format_number(value)
    if name in SETTINGS and value in SETTINGS[name].choices:
        return choice_title(name, value)
    if name in _PATHS:
        return PurePath(str(value)).name
    return str(value)
