"""A comparison as it is being set up: what was typed and ticked, and what can be made of it; no Qt."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kescape.compare.comparison import UNVARIED, Comparison, default_name
from kescape.compare.overview import planned_epochs
from kescape.config import SETTINGS, ConfigError, RunConfig
from kescape.config.landing_words import landing_words
from kescape.run.folder import check_run_name
from kescape_gui.compare.settings import title_of, written
from kescape_gui.comparison.values import NotUnderstood, values_of
from kescape_gui.setup.setup import Setup
from kescape_gui.words import counted, tr

OWN_FIELDS = ("schedule", "momentum")
"""Settings that have a field of their own among what is varied."""

_NOT_WORTH_IT = ("escapes", "start_from")
"""Settings that change nothing that is compared, or take a path."""

GRID = tuple(name for name in SETTINGS if name not in (*OWN_FIELDS, *UNVARIED, *_NOT_WORTH_IT))
"""Further settings that can be varied, in the order of the form."""

_LONGEST_NAME = 240
_NAMED_ARMS = 2


@dataclass(frozen=True)
class Base:
    """The settings that all arms share, as the form had them when they were taken.

    Attributes:
        config: None where something was wrong with them.
        problem: What that was, in a sentence.
    """

    config: RunConfig | None = None
    problem: str = ""

    @classmethod
    def of(cls, setup: Setup) -> Base:
        """The settings of the form as it is now."""
        if setup.config is not None:
            return cls(setup.config)
        if setup.data is None:
            return cls(None, tr("The data of the form is still being read: take its settings again in a moment."))
        name, sentence = next(iter(setup.errors.items()))
        words = tr("The form has a fault, in {title}: {sentence}")
        return cls(None, words.format(title=title_of(name), sentence=sentence))


@dataclass(frozen=True)
class Design:
    """What stands in the fields; none of it need be right.

    Attributes:
        base: The settings that are not varied.
        schedules: Those that are ticked; without one, the schedule of the base.
        momenta: As typed; without text, the momentum of the base.
        grid: Names of further settings, with their values as typed.
        repeats: A number, or what was typed in its place.
        measure: What is judged by.
        target: The value to reach; None for none, or what was typed in its place.
        halving: As in `Comparison`.
        name: Of the comparison; empty for the default.
    """

    base: Base
    schedules: tuple[str, ...] = ()
    momenta: str = ""
    grid: tuple[tuple[str, str], ...] = ()
    repeats: int | float | str | None = 5
    measure: str = "val_loss"
    target: float | str | None = None
    halving: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Judged:
    """What can be made of a design.

    Attributes:
        comparison: None while something is wrong.
        problems: What that is, in sentences, by field: `base`, `schedule`, `momentum`, the settings of the grid,
            `grid`, `repeats`, `measure`, `reach`, `halving`, `name`.
        name: What the comparison is called, if nothing is wrong.
    """

    comparison: Comparison | None
    problems: Mapping[str, str]
    name: str = ""


def judge(design: Design) -> Judged:
    """Find out what a design compares, or all that is wrong with it.

    Example:
        >>> design = Design(Base(RunConfig()), ("cosine", "sgdr"), "0, 0.9")
        >>> [arm.title for arm in judge(design).comparison.arms]
        ['cosine, momentum 0', 'cosine, momentum 0.9', 'sgdr, momentum 0', 'sgdr, momentum 0.9']
        >>> judge(Design(Base(RunConfig()), ("sgdr",), "0.9")).problems
        {'schedule': 'There is nothing to compare yet: tick a second schedule, or give a setting a second value.'}
    """
    given, problems = _given(design)
    if design.base.config is None:
        return Judged(None, {"base": design.base.problem, **problems})
    comparison = None
    if not problems:
        try:
            comparison = _compared(design, given)
        except ConfigError as error:
            problems |= _by_field(error.errors, given)
    name = design.name.strip()
    if comparison is not None:
        name = name or default_name(comparison.base)
        problem = _problem_with_the_name(name, comparison)
        if problem:
            problems["name"] = problem
    return Judged(None if problems else comparison, problems, name)


def _given(design: Design) -> tuple[dict[str, tuple[Any, ...]], dict[str, str]]:
    """The values of each setting that is to have some, and what could not be read."""
    given: dict[str, tuple[Any, ...]] = {}
    problems: dict[str, str] = {}
    if design.schedules:
        given["schedule"] = design.schedules
    for name, text in (("momentum", design.momenta), *design.grid):
        try:
            values = values_of(name, text)
        except NotUnderstood as refused:
            problems[name] = str(refused)
            continue
        if name in given:
            problems[name] = tr("{title} has a line already: write all of its values there.").format(
                title=title_of(name)
            )
        elif values:
            given[name] = values
    for name, value in (("repeats", design.repeats), ("reach", design.target)):
        if isinstance(value, str) or (name == "repeats" and not isinstance(value, int)):
            kind = tr("a whole number") if name == "repeats" else tr("a number")
            typed = "" if value is None else value
            problems[name] = tr("“{typed}” is not {kind}.").format(typed=typed, kind=kind)
    if not problems and all(len(values) < 2 for values in given.values()):
        problems["schedule"] = tr(
            "There is nothing to compare yet: tick a second schedule, or give a setting a second value."
        )
    return given, problems


def _compared(design: Design, given: Mapping[str, tuple[Any, ...]]) -> Comparison:
    base = design.base.config
    assert base is not None, "it was looked at before"
    # What is varied has no value of its own; a single one holds for all.
    base = base.changed(**{name: values[0] for name, values in given.items()})
    varied = {
        # As the configuration writes them: 0 and 0.0 are one momentum, in the names of runs, too.
        name: tuple(getattr(base.changed(**{name: value}), name) for value in values)
        for name, values in given.items()
        if len(values) > 1
    }
    assert isinstance(design.repeats, int), "what is none was refused"
    assert not isinstance(design.target, str), "what is none was refused"
    return Comparison(base, varied, design.repeats, design.measure, design.target, design.halving)


def _by_field(errors: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, str]:
    """The sentences about what is wrong, each where what it is about was typed."""
    found: dict[str, str] = {}
    for name, sentence in errors.items():
        if name in given or name in ("repeats", "measure", "halving", "reach"):
            found[name] = beside_the_field(name, sentence)
        else:
            field = {"grid": "grid", "seed": "repeats"}.get(name, "base")
            found.setdefault(field, sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") else "."))
    return found


def beside_the_field(name: str, sentence: str) -> str:
    """The sentence without the name, which the field says; of several values, which one it is about stays.

    Example:
        >>> beside_the_field("repeats", "repeats must be > 0, because an arm needs a run; got repeats=0")
        'Must be > 0, because an arm needs a run; got 0.'
    """
    words = sentence.removeprefix(f"{name} ").replace(f"got {name}=", "got ")
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?")) else ".")


def _problem_with_the_name(name: str, comparison: Comparison) -> str:
    try:
        check_run_name(name)
    except ValueError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}."
    longest = max((f"{name}-{arm.name}-{comparison.seeds[-1]}" for arm in comparison.arms), key=len)
    if len(os.fsencode(longest)) > _LONGEST_NAME:
        words = tr("Its runs would have names longer than {most} bytes, such as {name}: choose a shorter one.")
        return words.format(most=_LONGEST_NAME, name=f"{longest[:24]}…")
    return ""


# What is said of it.


def base_words(config: RunConfig) -> str:
    """The settings that all arms share, in a line.

    Example:
        >>> base_words(RunConfig(dataset="wine"))
        'Wine, MLP 64-64, 70 epochs, batches of 8, rate 0.05'
    """
    words = tr("{data}, {model}, {epochs}, batches of {rows}, rate {rate}")
    return words.format(
        data=written("dataset", config.dataset),
        model=written("model", config.model),
        epochs=counted(config.epochs, "epoch"),
        rows=config.batch_size,
        rate=written("eta_max", config.eta_max),
    )


def size_words(comparison: Comparison) -> str:
    """How much is to be trained.

    Example:
        >>> size_words(Comparison(RunConfig(), {"schedule": ("cosine", "sgdr"), "momentum": (0.0, 0.9)}, repeats=5))
        '4 arms × 5 repeats = 20 runs of 70 epochs'
    """
    arms, repeats = len(comparison.arms), comparison.repeats
    words = tr("{arms} × {repeats} = {runs} of {epochs}")
    return words.format(
        arms=counted(arms, "arm"),
        repeats=counted(repeats, "repeat"),
        runs=counted(arms * repeats, "run"),
        epochs=counted(comparison.base.epochs, "epoch"),
    )


def halving_words(comparison: Comparison) -> str:
    """What halving leaves to train; empty without it.

    Example:
        >>> halving_words(Comparison(RunConfig(), {"momentum": (0.0, 0.5, 0.9, 0.95)}, halving=2))
        'After epoch 10, 30 only the best 1/2 of the arms train on: 600 epochs in all in place of 1,400.'
    """
    if comparison.halving is None:
        return ""
    words = tr("After epoch {ends} only the best 1/{k} of the arms train on: {epochs} epochs in all in place of {all}.")
    every = len(comparison.arms) * comparison.repeats * comparison.base.epochs
    return words.format(
        ends=", ".join(map(str, comparison.rungs[:-1])),
        k=comparison.halving,
        epochs=f"{planned_epochs(comparison):,}",
        all=f"{every:,}",
    )


def landing_warnings(comparison: Comparison) -> list[str]:
    """Of each arm that would be stopped in the middle of a cycle, where that would be and what to do."""
    epochs = comparison.base.epochs
    found: dict[str, list[str]] = {}
    for arm in comparison.arms:
        words = landing_words(arm.config.plan(), epochs, tr)
        if not words.lands:
            found.setdefault(words.sentence, []).append(arm.title)
    pattern, several = tr("{arm}: {words}."), tr("{arms} and {count} more: {words}.")
    return [
        pattern.format(arm="; ".join(arms), words=words)
        if len(arms) <= _NAMED_ARMS
        else several.format(arms="; ".join(arms[:_NAMED_ARMS]), count=len(arms) - _NAMED_ARMS, words=words)
        for words, arms in found.items()
    ]


def seconds_needed(comparison: Comparison, speed_of: Callable[[Mapping[str, Any]], float | None]) -> float | None:
    """How long all of it takes on one engine, by how fast runs like these have trained; None where that is not known.

    Args:
        comparison: What is trained.
        speed_of: Steps a second of runs with some settings, if there were any.
    """
    arms = comparison.arms
    seconds = 0.0
    for arm in arms:
        speed = speed_of(arm.config.model_dump())
        if not speed:
            return None
        seconds += arm.config.steps_per_epoch() / speed
    share = planned_epochs(comparison) / len(arms)
    return seconds * share if math.isfinite(seconds) else None
