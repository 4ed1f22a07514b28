"""Values from elsewhere, a run of another version or a draft on disk: what the form can hold of them; no Qt.

What a value is worth is the configuration's to say, under its field; here only what no field could show is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kescape.config import SETTINGS, Setting
from kescape.data.catalogue import DATASETS
from kescape.models.catalogue import MODELS
from kescape_gui.setup.setup import differing
from kescape_gui.words import tr

_TITLES = {
    "auto": "Found",
    "classification": "Classification",
    "regression": "Regression",
    "sgdr": "Warm restarts",
    "cosine": "One cosine",
    "step": "Falling in steps",
    "constant": "Constant",
    "1cycle": "1cycle",
    "tensorflow": "TensorFlow",
    "jax": "JAX",
}

_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "choice": (str,),
    "text": (str,),
}


@dataclass(frozen=True)
class Difference:
    """One setting that two sets of settings have in different ways.

    Attributes:
        title: The setting in words.
        first: What it is in the one.
        second: What it is in the other.
    """

    name: str
    title: str
    first: str
    second: str


def can_hold(setting: Setting, value: Any, *, typed: bool = False) -> bool:
    """Whether a field could show this value.

    Args:
        setting: The field's.
        value: From a file.
        typed: Whether text that is no number counts as well, as somebody has left it in a field for numbers.
    """
    if value is None:
        return setting.optional
    if isinstance(value, bool) != (setting.kind == "bool"):
        return False
    if typed and setting.kind in ("int", "float") and isinstance(value, str):
        return True
    if not isinstance(value, _KINDS[setting.kind]):
        return False
    if isinstance(value, int | float):
        # Neither infinite nor a whole number of hundreds of digits: no form reckons with these.
        return abs(value) <= sys.float_info.max
    return setting.kind != "choice" or bool(setting.other) or value in setting.choices


def taken(values: Mapping[str, Any], *, typed: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The values that the form can hold, and the names of those it cannot.

    Example:
        >>> taken({"epochs": 5, "epoch_callback": 3, "nesterov": "yes"})
        ({'epochs': 5}, ['epoch_callback', 'nesterov'])
    """
    kept = {
        name: value
        for name, value in values.items()
        if name in SETTINGS and can_hold(SETTINGS[name], value, typed=typed)
    }
    return kept, [name for name in values if name not in kept]


def settings_of(run_config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The settings of a run, as the form can take them over, and the names of what this version cannot.

    A setting that the run does not name, because it is of an older version, has its default.

    Example:
        >>> values, dropped = settings_of({"epochs": 5, "lookahead": True})
        >>> values["epochs"], values["momentum"], dropped
        (5, 0.9, ['lookahead'])
    """
    kept, dropped = taken(run_config)
    return {name: kept.get(name, setting.default) for name, setting in SETTINGS.items()}, dropped


def dropped_words(names: list[str]) -> str:
    """The sentence about what was left out; empty if nothing was."""
    if not names:
        return ""
    listed = ", ".join(name if len(name) <= 40 else name[:39] + "…" for name in names[:5])
    if len(names) > 5:
        listed += tr(" and {count} more").format(count=len(names) - 5)
    return tr("Left out, because this version does not know it: {names}.").format(names=listed)


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Difference]:
    """The settings in which both differ, in the order of the form; only what both name is compared.

    Example:
        >>> differences({"epochs": 5, "seed": 1}, {"epochs": 70, "seed": 1})
        [Difference(name='epochs', title='Epochs', first='5', second='70')]
    """
    both = [name for name in SETTINGS if name in first and name in second]
    plain = [{name: _plain(values[name]) for name in both} for values in (first, second)]
    return [
        Difference(name, tr(SETTINGS[name].title), *(shown_value(SETTINGS[name], v[name]) for v in (first, second)))
        for name in differing(*plain)
    ]


def shown_value(setting: Setting, value: Any) -> str:
    """A value in the words of the form, with its unit.

    Example:
        >>> shown_value(SETTINGS["t_0"], 10.0), shown_value(SETTINGS["cycles"], None), shown_value(
        ...     SETTINGS["nesterov"], True
        ... )
        ('10 epochs', 'no limit', 'on')
    """
    if value is None:
        return tr(setting.none)
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if isinstance(value, int | float):
        number = f"{value:g}" if float(f"{value:g}") == value else repr(value)
        unit = tr(setting.unit).removesuffix("s") if value == 1 else tr(setting.unit)
        return f"{number} {unit}" if unit else number
    return choice_title(setting.name, str(value)) if value in setting.choices else str(value)


def choice_title(name: str, value: str) -> str:
    """What a choice is called in the form.

    Example:
        >>> choice_title("schedule", "sgdr"), choice_title("dataset", "wine")
        ('Warm restarts', 'Wine')
    """
    if name == "dataset":
        return tr(DATASETS[value].title)
    if name == "model":
        return tr(MODELS[value].title)
    return tr(_TITLES.get(value, value))


def _plain(value: Any) -> Any:
    """A whole number counts as the number that it is, in a run that wrote 10 as in one that wrote 10.0."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
