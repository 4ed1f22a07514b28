"""What is compared with what: all combinations of some settings, trained from the same seeds. No Keras and no Qt.

An *arm* is one such combination. Every arm has the same epochs, and each seed gives all arms the same split, the same
order of the data and (where they have the same model) the same first weights: the runs of a seed are a matched set.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kescape.config import SETTINGS, ConfigError, RunConfig
from kescape.config.errors import show_value
from kescape.data.location import kind_of
from kescape.models.choice import short_name

__all__ = [
    "GROWING",
    "MEASURES",
    "MOST_RUNS",
    "UNVARIED",
    "Arm",
    "Comparison",
    "default_name",
    "higher_is_better",
    "in_words",
    "written",
]

MEASURES = ("val_loss", "val_accuracy", "loss", "accuracy")
"""What runs can be compared by: a metric of their epochs."""

MOST_RUNS = 10_000
_MOST_REPEATS = 1_000

UNVARIED = {
    "epochs": "every arm has the same budget",
    "seed": "every arm has the same seeds, which repeats are for",
    "dataset": "losses on other data cannot be compared",
    "target": "losses on another target cannot be compared",
    "task": "losses of another task cannot be compared",
    "image_size": "losses on other data cannot be compared",
    "validation_fraction": "losses on other rows cannot be compared",
    "deterministic": "it changes nothing that is compared",
    "devices": "they change nothing that is compared",
    "backend": "the first weights of a seed differ between backends",
}
"""Settings that all arms share, and why."""

GROWING = ("sgdr", "constant")
"""Schedules whose first epochs are the same however long the training goes on."""


def higher_is_better(measure: str) -> bool:
    """Whether more of a measure is better: of an accuracy, yes; of a loss, no."""
    return measure.endswith("accuracy")


@dataclass(frozen=True)
class Arm:
    """One combination of the settings that are varied.

    Attributes:
        name: As part of a folder's name, such as `sgdr-momentum=0.9`.
        settings: The values of the varied settings that this arm reads.
        config: All of its settings, with the comparison's first seed.
    """

    name: str
    settings: dict[str, Any]
    config: RunConfig

    @property
    def title(self) -> str:
        """In words, such as `sgdr, momentum 0.9`."""
        return ", ".join(in_words(name, value) for name, value in self.settings.items())


@dataclass(frozen=True)
class Comparison:
    """What is trained, how often, and what it is judged by.

    Args:
        base: The settings that are not varied; its seed is the first of the seeds.
        varied: The values of each varied setting, at least one each. Combinations that differ only in settings that
            their schedule does not read are one arm.
        repeats: How many seeds every arm is trained from, >= 1: `base.seed`, `base.seed + 1`, ...
        measure: One of `MEASURES`.
        target: A value of the measure: how many epochs until it is reached is reported. By default the value that the
            worst arm ends with.
        halving: None, or k >= 2: at the end of every cycle only the best 1/k of the arms (rounded up) train on.
        baseline: Values of varied settings that others are held against; by default `cosine` of the schedules, and
            the first value of every other setting.

    Raises:
        ConfigError: Something is out of its range or cannot be compared, by name.

    Example:
        >>> comparison = Comparison(RunConfig(), {"schedule": ("cosine", "sgdr"), "momentum": (0.0, 0.9)}, repeats=5)
        >>> [arm.name for arm in comparison.arms]
        ['cosine-momentum=0', 'cosine-momentum=0.9', 'sgdr-momentum=0', 'sgdr-momentum=0.9']
        >>> len(comparison.arms) * len(comparison.seeds)
        20
    """

    base: RunConfig
    varied: Mapping[str, Sequence[Any]]
    repeats: int = 5
    measure: str = "val_loss"
    target: float | None = None
    halving: int | None = None
    baseline: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "varied", {name: tuple(values) for name, values in self.varied.items()})
        object.__setattr__(self, "baseline", dict(self.baseline or {}))
        problems = self._problems()
        if not problems:
            problems = self._problems_of_arms()
        if problems:
            raise ConfigError(problems)

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """All combinations, the last setting varying fastest; each once."""
        arms: dict[tuple[Any, ...], Arm] = {}
        for values in itertools.product(*self.varied.values()):
            given = dict(zip(self.varied, values, strict=True))
            config = self.base.changed(**given)
            read = {name: getattr(config, name) for name in given if _reads(config, name)}
            arm = Arm(_name_of(read), read, config)
            arms.setdefault(tuple(sorted((name, repr(value)) for name, value in read.items())), arm)
        return tuple(arms.values())

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that every arm is trained from."""
        return tuple(range(self.base.seed, self.base.seed + self.repeats))

    def config_of(self, arm: Arm, seed: int) -> RunConfig:
        """The settings of one run."""
        return arm.config.changed(seed=seed)

    @cached_property
    def pairs(self) -> tuple[tuple[Arm, Arm], ...]:
        """What is held against what: an arm, and the one that differs from it only in one setting at its baseline.

        So every pair shows what one thing changes, everything else being equal.
        """
        found = []
        for name in self.varied:
            home = self.baseline_of(name)
            for arm in self.arms:
                if name not in arm.settings or arm.settings[name] == home:
                    continue
                other = next((other for other in self.arms if _is_control(other, arm, name, home)), None)
                if other is not None:
                    found.append((arm, other))
        return tuple(found)

    def baseline_of(self, name: str) -> Any:
        """The value of a varied setting that its other values are held against."""
        assert self.baseline is not None, "made a dictionary when the comparison was"
        if name in self.baseline:
            return self.baseline[name]
        values = self.varied[name]
        return "cosine" if name == "schedule" and "cosine" in values else values[0]

    @cached_property
    def rungs(self) -> tuple[int, ...]:
        """The epochs at which arms are left behind, and the last one; without halving only that.

        They are the ends of cycles, where the rate is lowest in every arm and their losses can be compared.
        """
        epochs = self.base.epochs
        if self.halving is None:
            return (epochs,)
        ends = [_cycle_ends(arm.config) for arm in self.arms if arm.config.schedule == "sgdr"]
        common = set.intersection(*ends) if ends else set()
        return (*sorted(common - {epochs}), epochs)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-safe dictionary, from which `from_dict` makes an equal comparison."""
        return {
            "settings": self.base.model_dump(),
            "varied": {name: list(values) for name, values in self.varied.items()},
            "repeats": self.repeats,
            "measure": self.measure,
            "target": self.target,
            "halving": self.halving,
            "baseline": dict(self.baseline or {}),
        }

    @classmethod
    def from_dict(cls, known: Mapping[str, Any]) -> Comparison:
        """The comparison in a dictionary.

        Raises:
            ConfigError: It cannot be compared, or not here.
            ValueError: It is not what `to_dict` makes.
        """
        try:
            base = RunConfig(**known["settings"])
            return cls(base, known["varied"], **{name: known[name] for name in _OTHERS})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no comparison: {error}") from error

    def can_become(self, other: Comparison) -> bool:
        """Whether the runs of this one are runs of `other`, too: it has the same settings, perhaps more repeats.

        Values of the varied settings may have come or gone, and another measure or target may be asked for.
        """
        shared = {name: value for name, value in self.base.model_dump().items() if name not in self.varied}
        others = {name: value for name, value in other.base.model_dump().items() if name not in other.varied}
        return shared == others and list(self.varied) == list(other.varied) and self.halving == other.halving

    def _problems(self) -> dict[str, str]:
        problems: dict[str, str] = {}
        if not self.varied:
            problems["grid"] = "grid must vary at least one setting, because there is nothing to compare; got none"
        combinations = math.prod(map(len, self.varied.values()))
        if combinations > MOST_RUNS:  # so many are not even looked at
            problems["grid"] = (
                f"grid must make at most {MOST_RUNS:,} runs, because they have to end; "
                f"got {combinations:,} combinations"
            )
        for name, values in self.varied.items():
            if name not in SETTINGS:
                problems[name] = f"grid must vary settings of a run; got {name!r}, which is none"
            elif name in UNVARIED:
                problems[name] = f"{name} must be the same in all arms, because {UNVARIED[name]}; got {list(values)}"
            elif not values:
                problems[name] = f"{name} must have at least one value to be compared; got none"
            elif len(set(map(repr, values))) < len(values):
                problems[name] = f"{name} must have each value once; got {', '.join(map(show_value, values))}"
        whole = {"repeats": (self.repeats, 1, _MOST_REPEATS, "an arm needs a run, and a comparison has to end")}
        if self.halving is not None:
            whole["halving"] = (self.halving, 2, 100, "one arm in so many trains on after each cycle")
        for name, (value, low, high, why) in whole.items():
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                problems[name] = (
                    f"{name} must be a whole number from {low} to {high:,}, because {why}; got {name}={value!r}"
                )
        if self.measure not in MEASURES:
            problems["measure"] = (
                f"measure must be one of {', '.join(MEASURES)}, because each epoch has these; "
                f"got measure={self.measure!r}"
            )
        if self.target is not None and (isinstance(self.target, bool) or not abs(self.target) < float("inf")):
            problems["reach"] = (
                f"the value to reach must be a finite number, because it is looked for; got {self.target}"
            )
        return problems

    def _problems_of_arms(self) -> dict[str, str]:
        runs = len(self.arms) * self.repeats  # a value that is out of its range is refused here
        if runs > MOST_RUNS:
            return {"grid": f"grid must make at most {MOST_RUNS:,} runs, because they have to end; got {runs:,}"}
        if self.seeds[-1] > 2**32 - 1:
            return {"seed": f"seed + repeats must fit into 32 bits; got seed={self.base.seed}"}
        if len({arm.name for arm in self.arms}) < len(self.arms):
            return {"grid": "grid must have values that can be told apart in the names of runs; got two with one name"}
        held_out = self.base.facts().parts(self.base.validation_fraction)[1]
        if self.measure.startswith("val_") and not held_out:
            return {"measure": f"measure={self.measure} needs rows that are held out; got validation_fraction=0"}
        if self.measure.endswith("accuracy") and self.base.facts().task != "classification":
            return {"measure": f"measure={self.measure} needs classes; {self.base.dataset} is a regression"}
        for name, value in (self.baseline or {}).items():
            if value not in self.varied.get(name, ()):
                return {"baseline": f"baseline must be among the values that are compared; got {name}={value!r}"}
        return self._problems_of_halving()

    def _problems_of_halving(self) -> dict[str, str]:
        if self.halving is None:
            return {}
        other = next((arm for arm in self.arms if arm.config.schedule not in GROWING), None)
        if other is not None:
            return {
                "halving": f"halving needs schedules that do not depend on the last epoch: {' or '.join(GROWING)}; "
                f"got schedule={other.config.schedule!r}"
            }
        if len(self.rungs) == 1:
            return {
                "halving": "halving needs a cycle that ends in all arms at the same whole epoch before the last one; "
                f"got epochs={self.base.epochs}"
            }
        return {}


_OTHERS = ("repeats", "measure", "target", "halving", "baseline")


def default_name(base: RunConfig) -> str:
    """What a comparison is called if nobody gives it a name.

    Example:
        >>> default_name(RunConfig(dataset="wine"))
        'wine-mlp-compared'
    """
    return f"{base.default_name().removesuffix(f'-{base.schedule}')}-compared"


def _reads(config: RunConfig, name: str) -> bool:
    setting = SETTINGS[name]
    return setting.read_by(config.schedule) and setting.read_for(kind_of(config.dataset))


def _is_control(other: Arm, arm: Arm, name: str, home: Any) -> bool:
    """Whether `other` differs from `arm` in `name` alone (and in what only one of their schedules reads)."""
    shared = (arm.settings.keys() & other.settings.keys()) - {name}
    return other.settings.get(name) == home and all(arm.settings[key] == other.settings[key] for key in shared)


def _cycle_ends(config: RunConfig) -> set[int]:
    """The whole epochs up to the last at which a cycle ends."""
    ends = config.plan().restarts(config.epochs + 0.5)
    return {int(end) for end in ends if float(end).is_integer()}


def _name_of(settings: Mapping[str, Any]) -> str:
    parts = [
        (written(name, value) if name in ("schedule", "model") else f"{name}={written(name, value)}")
        for name, value in settings.items()
    ]
    words = re.sub(r"[^\w.+=-]+", "-", "-".join(parts)).strip("-. ")
    return words[:100] or "arm"


def in_words(name: str, value: Any) -> str:
    """A setting and its value as part of a title.

    Example:
        >>> in_words("schedule", "sgdr"), in_words("momentum", 0.9)
        ('sgdr', 'momentum 0.9')
    """
    return written(name, value) if name in ("schedule", "model") else f"{name} {written(name, value)}"


def written(name: str, value: Any) -> str:
    """A value as part of a name.

    Example:
        >>> written("momentum", 0.9), written("eta_max", 0.1), written("nesterov", True), written("cycles", None)
        ('0.9', '0.1', 'on', 'none')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.12g}"
    if name == "model":
        return short_name(str(value))
    if name == "start_from":
        return Path(str(value)).name
    return str(value)
