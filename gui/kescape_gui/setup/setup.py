"""What is set up for the next run: values that may still be wrong, and the configuration once they are right.

No Qt. The form (`setup_view`) shows it; the plan preview and Start read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from kescape.config import SETTINGS, RunConfig, Setting, config_errors
from kescape.data.location import kind_of, located
from kescape.models.choice import Choice, find_model, located_model
from kescape.models.errors import ModelUnusable
from kescape_gui.setup.found_data import FoundData, Key, find_data, is_a_users
from kescape_gui.words import tr

_REMEMBERED = 32

Beside = Callable[[Callable[[], FoundData], Callable[[FoundData], None]], None]
"""Calls the first beside the window, then the second with what it returned."""


def _at_once(work: Callable[[], FoundData], done: Callable[[FoundData], None]) -> None:
    done(work())


class Setup:
    """The draft of the next run.

    Args:
        changed: Called after each change that makes a difference.
        beside: Where a user's file is read, which may take a while.
        values: What stands in it at first, in place of defaults.
    """

    def __init__(
        self,
        changed: Callable[[], None] = lambda: None,
        beside: Beside = _at_once,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.changed = changed
        self._beside = beside
        self._found: dict[Key, FoundData] = {}
        self._asked: set[Key] = set()
        self._values: dict[str, Any] = {name: setting.default for name, setting in SETTINGS.items()}
        self._values.update(values or {})
        self._errors: dict[str, str] = {}
        self._config: RunConfig | None = None
        self._judge()

    @property
    def values(self) -> dict[str, Any]:
        """Every setting as it stands, wrong ones too."""
        return dict(self._values)

    @property
    def config(self) -> RunConfig | None:
        """What Start would train, or None while something is wrong."""
        return self._config

    @property
    def data(self) -> FoundData | None:
        """What is known of the chosen data, or None while it is being read."""
        return self._found.get(self._key())

    @property
    def model(self) -> Choice | None:
        """What is known of the chosen model, or None if it cannot be used; why is in `errors`."""
        try:
            return find_model(located_model(str(self._values["model"])))
        except ModelUnusable:
            return None

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, in words that fit under the field, by setting in the order of the form."""
        return dict(self._errors)

    @property
    def first_fault(self) -> str | None:
        """The topmost setting that is wrong."""
        return next(iter(self._errors), None)

    def set(self, name: str, value: Any) -> None:
        """Take over one setting as it was typed: a number, or text that is none."""
        self.set_many({name: value})

    def set_many(self, values: dict[str, Any]) -> None:
        """Take over several settings at once."""
        different = differing(self._values, values)
        if not different:
            return
        self._values.update({name: values[name] for name in different})
        self._judge()
        self.changed()

    def choose_data(self, dataset: str) -> None:
        """Take over other data; what was said of the columns or images of the old, and weights for it, do not fit it.

        A file that is chosen again is read again.
        """
        path = located(dataset)
        self._found = {key: found for key, found in self._found.items() if key[0] != path}
        said = {name: SETTINGS[name].default for name in ("target", "task", "image_size", "start_from")}
        if dataset == self._values["dataset"]:
            self._judge()
            self.changed()
        else:
            self.set_many({**said, "dataset": dataset})

    def applies(self, setting: Setting) -> bool:
        """Whether the chosen schedule and the chosen data read the setting."""
        return setting.read_by(str(self._values["schedule"])) and setting.read_for(
            kind_of(located(self._values["dataset"]))
        )

    def _key(self) -> Key:
        values = self._values
        size = values["image_size"]
        kind = kind_of(located(values["dataset"]))
        return (
            located(values["dataset"]),
            values["target"] if SETTINGS["target"].read_for(kind) else None,
            values["task"] if SETTINGS["task"].read_for(kind) else "auto",
            size if isinstance(size, int) and SETTINGS["image_size"].read_for(kind) else None,
        )

    def _know_data(self) -> bool:
        """Whether the data is known; if it is not, it is asked for, and the draft judged when it is."""
        key = self._key()
        if key in self._found:
            return True
        if not is_a_users(key[0]):
            self._found[key] = find_data(key)
            return True
        if key not in self._asked:
            self._asked.add(key)
            self._beside(partial(find_data, key), partial(self._on_found, key))
        return key in self._found

    def _on_found(self, key: Key, found: FoundData) -> None:
        self._asked.discard(key)
        while len(self._found) >= _REMEMBERED:
            del self._found[next(iter(self._found))]
        self._found[key] = found
        if key == self._key():
            self._judge()
            self.changed()

    def _judge(self) -> None:
        if not self._know_data():
            self._errors, self._config = {}, None
            return
        values, errors = self._values, _errors_of(self._values)
        # What schedule and data do not read is not in the form either: a fault in it must not stand in the way.
        unread = {name: SETTINGS[name].default for name in errors if not self.applies(SETTINGS[name])}
        if unread:
            values = {**values, **unread}
            errors = _errors_of(values)
        self._errors = errors
        self._config = None if errors else RunConfig(**values)


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """The settings of `second` that are others in `first`; a text is not the number that it may spell.

    Example:
        >>> differing({"epochs": 5, "seed": 1}, {"epochs": "5", "seed": 1})
        ['epochs']
    """
    return [name for name, value in second.items() if type(first[name]) is not type(value) or first[name] != value]


def _errors_of(values: dict[str, Any]) -> dict[str, str]:
    unreadable = {
        name: _not_a_number(SETTINGS[name], value)
        for name, value in values.items()
        if SETTINGS[name].kind in ("int", "float") and isinstance(value, str)
    }
    # The rest is judged with defaults in their place, so that every fault shows at once.
    judged = {**values, **{name: SETTINGS[name].default for name in unreadable}}
    sentences = {name: under_the_field(name, text) for name, text in config_errors(judged).items()}
    found = {**sentences, **unreadable}
    return {name: found[name] for name in SETTINGS if name in found}


def _not_a_number(setting: Setting, typed: str) -> str:
    kind = tr("a whole number") if setting.kind == "int" else tr("a number")
    example = "64" if setting.kind == "int" else tr("0.1 or 1e-3")
    if not typed:
        return tr("Needs {kind} {rule}, like {example}.").format(kind=kind, rule=setting.rule, example=example)
    shown = typed if len(typed) <= 24 else typed[:23] + "…"
    return tr("“{typed}” is not {kind}; write it like {example}.").format(typed=shown, kind=kind, example=example)


def under_the_field(name: str, sentence: str) -> str:
    """The sentence without what is seen beside it: the setting's name in front, its value at the end."""
    words = sentence.removeprefix(f"{name} ")
    words = words.split(f"; got {name}=")[0]
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?")) else ".")
