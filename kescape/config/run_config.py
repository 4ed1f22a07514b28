"""The settings of a run: each with its type, default, range and words, in one place."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from kescape.config import toml_file
from kescape.config.backends import BACKENDS, backend_problem
from kescape.config.errors import ConfigError, sentence_for, show_value
from kescape.config.setting import Setting, describe, setting
from kescape.config.start import branch_name, located_start, start_problem
from kescape.data.catalogue import DATASETS
from kescape.data.errors import DataError
from kescape.data.facts import Facts, facts
from kescape.data.location import UNDERSTOOD, located
from kescape.models.catalogue import MODELS
from kescape.models.choice import MODEL_FILES, Choice, find_model, located_model, short_name
from kescape.models.errors import ModelUnusable
from kescape.schedule import Constant, CosineRestarts, OneCycle, Plan, StepDecay, single_cosine

__all__ = ["SETTINGS", "RunConfig", "config_errors"]

SCHEDULES = ("sgdr", "cosine", "step", "constant", "1cycle")
RESTARTS = ("sgdr",)
COSINES = ("sgdr", "cosine")


class RunConfig(BaseModel):
    """Everything that decides what a run does. Immutable; a wrong value is refused by name.

    Lengths are in epochs and may be fractions.

    Example:
        >>> config = RunConfig(dataset="digits", model="cnn", epochs=14, t_0=2.0)
        >>> config.plan().restarts(until=14)
        [2.0, 6.0]
        >>> RunConfig(t_0=0)
        Traceback (most recent call last):
        kescape.config.errors.ConfigError: t_0 must be > 0 epochs, because a cycle needs at least \
one step; got t_0=0
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    dataset: str = setting(
        "spirals",
        "Data",
        "What the network learns from: a data set by name, or a file or folder of your own.",
        because="that is what can be read",
        group="Data and model",
        choices=tuple(DATASETS),
        other=f"the path of {UNDERSTOOD}",
    )
    target: str | None = setting(
        None,
        "Target",
        "The column of a table that is learned; by default one called target, label, class or y, else the last one.",
        because="a column is found by its name",
        group="Data and model",
        none="found",
        data=("table",),
    )
    task: Literal["auto", "classification", "regression"] = setting(
        "auto",
        "Task",
        "Whether classes are told apart or numbers are learned.",
        because="a target is one or the other",
        group="Data and model",
        choices=("auto", "classification", "regression"),
        data=("table", "arrays"),
    )
    image_size: int | None = setting(
        None,
        "Image size",
        "Height and width that the images of a folder are resized to.",
        unit="pixels",
        because="an image has at least one pixel",
        because_top="a batch has to fit into memory",
        group="Data and model",
        none="as they are",
        data=("images",),
        ge=1,
        le=4096,
    )
    model: str = setting(
        "mlp",
        "Model",
        "The network that is trained: one by name, or a file of your own.",
        because="these can be built",
        group="Data and model",
        choices=tuple(MODELS),
        other=f"the path of {MODEL_FILES}",
    )
    start_from: str | None = setting(
        None,
        "Start from",
        "A file of weights to start from, such as a snapshot of another run.",
        because="weights come from a file",
        group="Data and model",
        level="more",
        none="fresh weights",
    )
    epochs: int = setting(
        70,
        "Epochs",
        "How often the training data is gone through.",
        because="training needs at least one pass over the data",
        because_top="a run has to end",
        group="Data and model",
        ge=1,
        le=100_000,
    )
    batch_size: int = setting(
        8,
        "Batch size",
        "How many rows make one step.",
        unit="rows",
        because="a step needs at least one row",
        because_top="a batch has to fit into memory",
        group="Data and model",
        ge=1,
        le=65_536,
    )
    validation_fraction: float = setting(
        0.2,
        "Held out",
        "Share of the data that is not trained on but used to judge the network.",
        because="a share cannot be negative",
        because_top="something has to be left to train on",
        group="Data and model",
        level="more",
        ge=0,
        le=0.9,
    )
    eta_max: float = setting(
        0.05,
        "Highest rate",
        "The learning rate at the start of each cycle.",
        symbol="η max",
        because="a rate of zero learns nothing",
        group="SGD",
        gt=0,
    )
    momentum: float = setting(
        0.9,
        "Momentum",
        "Share of the last step's velocity that is kept.",
        symbol="m",
        because="a share cannot be negative",
        because_top="a velocity that is kept whole never dies down",
        group="SGD",
        ge=0,
        lt=1,
    )
    nesterov: bool = setting(
        False,
        "Nesterov",
        "Look ahead along the velocity before measuring the slope.",
        because="it is either on or off",
        group="SGD",
        level="more",
    )
    weight_decay: float = setting(
        0.0,
        "Weight decay",
        "Each step shrinks the weights by this share of the learning rate; 0 is off.",
        because="a negative decay makes the weights grow without end",
        because_top="more would throw the weights to the other side of zero",
        group="SGD",
        level="more",
        ge=0,
        le=1,
    )
    clipnorm: float | None = setting(
        None,
        "Clip gradient",
        "Longest gradient a weight array may get; longer ones are cut.",
        symbol="clipnorm",
        because="a gradient cut to nothing learns nothing",
        group="SGD",
        level="more",
        gt=0,
    )
    schedule: Literal["sgdr", "cosine", "step", "constant", "1cycle"] = setting(
        "sgdr",
        "Schedule",
        "How the learning rate moves, with warm restarts or as a baseline.",
        because="these are the plans KEscape knows",
        group="Warm restarts",
        choices=SCHEDULES,
    )
    t_0: float = setting(
        10.0,
        "First cycle",
        "Length of the first cycle.",
        symbol="T0",
        unit="epochs",
        because="a cycle needs at least one step",
        group="Warm restarts",
        schedules=RESTARTS,
        gt=0,
    )
    t_mult: float = setting(
        2.0,
        "Each next cycle",
        "Each cycle is this many times as long as the one before.",
        symbol="T_mult",
        because="a cycle needs a length",
        group="Warm restarts",
        schedules=RESTARTS,
        gt=0,
    )
    eta_min: float = setting(
        0.0,
        "Lowest rate",
        "The learning rate that each cycle falls to.",
        symbol="η min",
        because="a negative rate climbs instead of descending",
        group="Warm restarts",
        schedules=COSINES,
        ge=0,
    )
    eta_max_decay: float = setting(
        1.0,
        "Peak decay",
        "Each restart's peak is this share of the one before.",
        symbol="γ",
        because="a peak cannot vanish",
        because_top="peaks that grow soon make the loss explode",
        group="Warm restarts",
        level="more",
        schedules=RESTARTS,
        gt=0,
        le=1,
    )
    warmup: float = setting(
        0.0,
        "Warm-up",
        "The rate rises this long before the first cycle begins.",
        unit="epochs",
        because="a length cannot be negative",
        group="Warm restarts",
        level="more",
        schedules=RESTARTS,
        ge=0,
    )
    restart_warmup: float = setting(
        0.0,
        "Soft restart",
        "The rate rises this long at each restart instead of jumping.",
        unit="epochs",
        because="a length cannot be negative",
        group="Warm restarts",
        level="more",
        schedules=RESTARTS,
        ge=0,
    )
    cycles: int | None = setting(
        None,
        "Cycles",
        "After this many cycles the rate stays at its lowest.",
        because="a plan needs at least one cycle",
        group="Warm restarts",
        level="more",
        none="no limit",
        schedules=RESTARTS,
        ge=1,
    )
    escapes: bool = setting(
        True,
        "Judge restarts",
        "At the end of each cycle, see whether the restart has left the basin; takes some ms, or up to half an epoch.",
        because="it is either on or off",
        group="Warm restarts",
        level="more",
        schedules=RESTARTS,
    )
    control: bool = setting(
        False,
        "Act on verdicts",
        "Go back to the best minimum after a restart that made things worse, and raise the peak if it was stuck.",
        because="it is either on or off",
        group="Warm restarts",
        level="more",
        schedules=RESTARTS,
    )
    seed: int = setting(
        1,
        "Seed",
        "Decides the first weights, the split and the order of the data.",
        because="the random generators take 32 bits",
        group="Repeatability",
        ge=0,
        le=2**32 - 1,
    )
    deterministic: bool = setting(
        False,
        "Bit for bit",
        "Two runs with the same settings give the very same numbers; somewhat slower.",
        because="it is either on or off",
        group="Repeatability",
        level="more",
    )

    backend: Literal["tensorflow", "jax"] = setting(
        "tensorflow",
        "Backend",
        "What computes the steps; JAX, an extra, is faster on small networks.",
        because="the engine is compiled by one of these",
        group="Repeatability",
        level="more",
        choices=tuple(BACKENDS),
    )
    devices: int = setting(
        1,
        "Devices",
        "How many GPUs of this machine one run is trained on; each batch is divided among them.",
        because="something has to compute the steps",
        because_top="no machine has more",
        group="Repeatability",
        level="more",
        ge=1,
        le=64,
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigError(_sentences(error)) from None

    @field_validator("dataset")
    @classmethod
    def _locate(cls, dataset: str) -> str:
        # Absolute, so that an engine that works elsewhere finds it.
        return located(dataset)

    @field_validator("start_from")
    @classmethod
    def _locate_start(cls, start_from: str | None) -> str | None:
        return start_from if start_from is None else located_start(start_from)

    @field_validator("model")
    @classmethod
    def _locate_model(cls, model: str) -> str:
        return located_model(model)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        problems = _problems_together(self)
        if problems:
            # Keeps the sentences apart from pydantic's own wording; see _sentences.
            raise PydanticCustomError("together", "{problems}", {"problems": problems})
        return self

    def plan(self) -> Plan:
        """The learning-rate plan of this run."""
        if self.schedule == "sgdr":
            return CosineRestarts(
                self.t_0,
                self.t_mult,
                self.eta_max,
                self.eta_min,
                eta_max_decay=self.eta_max_decay,
                warmup=self.warmup,
                restart_warmup=self.restart_warmup,
                cycles=self.cycles,
            )
        if self.schedule == "cosine":
            return single_cosine(self.epochs, self.eta_max, self.eta_min)
        if self.schedule == "step":
            return StepDecay(self.eta_max, milestones=(self.epochs * 0.5, self.epochs * 0.75))
        if self.schedule == "1cycle":
            return OneCycle(self.epochs, self.eta_max)
        return Constant(self.eta_max)

    def steps_per_epoch(self) -> int:
        """How many batches one epoch has; the last one may be smaller."""
        training, _ = self.facts().parts(self.validation_fraction)
        return math.ceil(training / self.batch_size)

    def facts(self) -> Facts:
        """What is known of the data: rows, shape, classes, and what was found in a file of the user's.

        Raises:
            DataError: The file has changed since this configuration was made, and cannot be trained on any more.
        """
        return facts(self.dataset, target=self.target, task=self.task, image_size=self.image_size)

    def changed(self, **values: Any) -> RunConfig:
        """A copy with some settings changed, checked like a new one.

        Example:
            >>> RunConfig().changed(schedule="cosine").schedule
            'cosine'
        """
        return RunConfig(**{**self.model_dump(), **values})

    def default_name(self) -> str:
        """What a run of this configuration is called if nobody gives it a name.

        Example:
            >>> RunConfig().default_name()
            'spirals-mlp-sgdr'
        """
        branch = branch_name(self.start_from) if self.start_from is not None else None
        return branch or f"{_short_name(self.dataset)}-{short_name(self.model)}-{self.schedule}"

    def to_toml(self) -> str:
        """The settings as a TOML file with a word of explanation on each line."""
        return toml_file.write(self.model_dump(), SETTINGS)

    @classmethod
    def from_toml(cls, path: Path | str, **values: Any) -> RunConfig:
        """Read a TOML file; `values` take the place of what it says.

        A relative path starts from the file's folder. An error names the file and, where it can be
        known, the line.
        """
        written = toml_file.read(path)
        from_file, folder = dict(written.values), written.path.absolute().parent
        for name, locate in (("dataset", located), ("model", located_model), ("start_from", located_start)):
            if isinstance(from_file.get(name), str):
                from_file[name] = locate(from_file[name], folder)
        try:
            return cls(**{**from_file, **values})
        except ConfigError as error:
            placed = {
                name: sentence if name in values else f"{written.place(name)}: {sentence}"
                for name, sentence in error.errors.items()
            }
            raise ConfigError(placed) from None


SETTINGS: dict[str, Setting] = {name: describe(name, field) for name, field in RunConfig.model_fields.items()}
"""Every setting by name, in the order in which a form shows them."""


def config_errors(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with these settings: one sentence per setting, empty if they can be trained here.

    Example:
        >>> config_errors({"epochs": 5})
        {}
        >>> list(config_errors({"epochs": 0, "batchsize": 8}))
        ['epochs', 'batchsize']
    """
    try:
        config = RunConfig(**values)
    except ConfigError as error:
        return error.errors
    problem = backend_problem(config.backend)
    return {} if problem is None else {"backend": problem}


def _sentences(error: ValidationError) -> dict[str, str]:
    sentences: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        if problem["type"] == "together":
            sentences.update(problem["ctx"]["problems"])
        else:
            name, sentence = sentence_for(problem, SETTINGS)
            sentences.setdefault(name, sentence)
    return sentences


def _problems_together(config: RunConfig) -> dict[str, str]:
    """What is wrong although each setting by itself is in its range."""
    return (
        _data_and_model_problems(config)
        or _device_problems(config)
        or _start_problems(config)
        or _plan_problems(config)
    )


def _device_problems(config: RunConfig) -> dict[str, str]:
    if config.batch_size % config.devices == 0:
        return {}
    return {
        "batch_size": (
            f"batch_size must be a multiple of devices={config.devices}, because each gets equally many rows; "
            f"got batch_size={config.batch_size}"
        )
    }


def _start_problems(config: RunConfig) -> dict[str, str]:
    problem = None if config.start_from is None else start_problem(config.start_from)
    return {} if problem is None else {"start_from": problem}


def _data_and_model_problems(config: RunConfig) -> dict[str, str]:
    try:
        model = find_model(config.model)
    except ModelUnusable as error:
        return {"model": str(error)}
    try:
        known = config.facts()
    except DataError as error:
        return {error.setting: str(error)}
    unfit = model.problem_with(known.shape, known.outputs, known.task)
    if unfit is not None:
        return {"model": f"model={config.model!r} {unfit}, which dataset={config.dataset!r} has{_fitting(model)}"}
    return _split_problems(config, known)


def _fitting(model: Choice) -> str:
    """The end of a sentence: the data sets that the model can be trained on, if there are any."""
    names = [data.name for data in DATASETS.values() if not model.problem_with(data.shape, data.classes)]
    return f"; it fits {', '.join(names)}" if names else ""


def _split_problems(config: RunConfig, known: Facts) -> dict[str, str]:
    training, held_out = known.parts(config.validation_fraction)
    if training < 1:
        return {
            "validation_fraction": (
                f"validation_fraction must leave at least one row of {known.title!r} to train on; got "
                f"validation_fraction={config.validation_fraction}, {held_out} of {held_out} rows"
            )
        }
    wanted = known.outputs if known.task == "classification" else 1
    if known.validation_rows is None and config.validation_fraction > 0 and held_out < wanted:
        reason = "each of its classes needs one" if wanted > 1 else "nothing can be judged without"
        rows = "one row" if wanted == 1 else f"{wanted} rows"
        return {
            "validation_fraction": (
                f"validation_fraction must be 0 or hold out at least {rows} of {known.title!r}, because {reason}; got "
                f"validation_fraction={config.validation_fraction}, {held_out} {'row' if held_out == 1 else 'rows'}"
            )
        }
    return {}


def _short_name(dataset: str) -> str:
    """A data set's name, or what its file is called, as far as it can be part of a folder's name."""
    if dataset in DATASETS:
        return dataset
    words = re.sub(r"[^\w.-]+", "-", Path(dataset).stem)[:40].strip("-.")
    return words or "data"


def _plan_problems(config: RunConfig) -> dict[str, str]:
    if config.control and not config.escapes:
        return {"control": "control needs escapes, because it acts on the verdicts; got control=true, escapes=false"}
    if config.schedule == "sgdr" and config.warmup >= config.epochs:
        return {
            "warmup": (
                f"warmup must be < epochs={config.epochs}, because the first cycle comes after it; "
                f"got warmup={show_value(config.warmup)}"
            )
        }
    try:
        config.plan()
    except ValueError as error:
        sentence = str(error)
        first_word = sentence.split(maxsplit=1)[0]
        return {first_word if first_word in SETTINGS else "schedule": sentence}
    return {}
