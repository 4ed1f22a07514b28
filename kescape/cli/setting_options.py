"""The options of `kescape train`, made from the settings of a run."""

from __future__ import annotations

import contextlib
import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from kescape.config import SETTINGS, Setting

__all__ = ["given_settings", "with_setting_options"]

OFF = "off"
"""What switches off a setting that can be."""


def with_setting_options(command: Callable[..., None], *, defaults: bool = True) -> Callable[..., None]:
    """Give a command one option per setting; they reach its `**settings`, None where not given.

    Args:
        command: What gets the options.
        defaults: Whether a setting that is not given has its default, which the help then names.
    """
    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    made = [_parameter(setting, defaults) for setting in SETTINGS.values()]

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        command(*args, **kwargs)

    # typer reads both: the signature for the order, the annotations for the types.
    target = typing.cast("Any", wrapped)
    target.__signature__ = signature.replace(parameters=[*own, *made])
    target.__annotations__ = {p.name: p.annotation for p in (*own, *made)}
    return wrapped


def given_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were typed, as numbers where they are numbers.

    What is no number stays as it is, for the configuration to refuse by name.
    """
    return {name: _read(SETTINGS[name], text) for name, text in options.items() if text is not None}


def _read(setting: Setting, text: Any) -> Any:
    if setting.optional and setting.kind != "text" and text == OFF:
        return None
    # A whole number is a float, too; kept as typed, so that a message repeats what was typed.
    kinds: dict[str, tuple[Callable[[str], Any], ...]] = {"int": (int,), "float": (int, float)}
    for read in kinds.get(setting.kind, ()):
        with contextlib.suppress(ValueError):
            return read(text)
    return text


def _parameter(setting: Setting, default: bool) -> inspect.Parameter:
    is_flag = setting.kind == "bool"
    option = typer.Option(
        f"{setting.flag}/--no-{setting.flag[2:]}" if is_flag else setting.flag,
        help=_help(setting) + (f" [dim]\\[{_shown_default(setting)}][/]" if default else ""),
        metavar="" if is_flag else _metavar(setting),
        rich_help_panel=setting.group,
        show_default=False,
    )
    annotation: Any = Annotated[(bool if is_flag else str) | None, option]
    return inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _help(setting: Setting) -> str:
    if setting.kind == "choice":
        start = setting.help[:-1] + (";" if setting.other else ":")
        return f"{start} {', '.join(setting.choices)}" + (f", or {setting.other}." if setting.other else ".")
    return setting.help


def _metavar(setting: Setting) -> str:
    names = {"choice": "name or path" if setting.other else "name", "int": "integer", "float": "number", "text": "name"}
    return (setting.unit or names[setting.kind]).upper()


def _shown_default(setting: Setting) -> str:
    if setting.default is None:
        return setting.none
    if setting.kind == "bool":
        return "yes" if setting.default else "no"
    return f"{setting.default:g}" if setting.kind == "float" else str(setting.default)
