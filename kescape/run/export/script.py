"""A Python script that trains a run again with the public names alone, and from which a person can learn how.

It loads the same data, begins with the same weights, goes through the data in the same order, follows the same plan
with what was done to it by hand, and ends at the same step. What was only said, or changed no number, stands in it as
comments.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kescape.run.errors import ExportError
from kescape.run.folder import MODEL, PREPROCESSING, check_run_name

if TYPE_CHECKING:
    from kescape.run.reader import Run, Session
    from kescape.schedule import PlacedPlan, Plan

_HANDS = ("restart_now", "eta_max", "stop_after_cycle", "stop", "pause", "resume", "snapshot", "note")
"""Events of what somebody did to the run."""

_WHOLE = ("epochs", "batch_size", "seed")
_BACKENDS = ("tensorflow", "jax")
_LINE = 110

_LOSSES = {
    "classification": (
        "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        '"accuracy"',
    ),
    "regression": ("keras.losses.MeanSquaredError()", '"mean_absolute_error"'),
}
"""Loss and metric of the models that come with KEscape, by task."""


def write_script(run: Run, path: Path) -> None:
    """Write the script of a run that KEscape trained.

    Raises:
        ExportError: The run cannot be trained again from what is known of it.
    """
    path.write_text(script_text(run), encoding="utf-8")


def script_text(run: Run) -> str:
    """The script of a run that KEscape trained.

    Raises:
        ExportError: The run cannot be trained again from what is known of it.
    """
    return _script(run, _checked_session(run))


def _checked_session(run: Run) -> Session:
    """The session that tells the plan of the whole run."""
    sessions = run.sessions
    if not sessions:
        raise ExportError(f"The run {run.name!r} has not begun to train, so there is nothing to repeat in a script.")
    last = sessions[-1]
    if last.kind == "imported":
        raise ExportError(
            f"The run {run.name!r} was imported from a log, which tells neither data nor model, so there is no script "
            "that could train it again."
        )
    if last.kind != "engine":
        where = run.config.get("script") or "a script"
        raise ExportError(
            f"The run {run.name!r} was recorded in {where}, which has its data and its model: that is the script that "
            "trains it again."
        )
    if last.plan_step != 0 or run.placed is None:
        raise ExportError(f"The run {run.name!r} follows no single plan from its first step on, as a script would.")
    return last


def _script(run: Run, session: Session) -> str:
    placed = run.placed
    assert placed is not None
    settings = _Settings(run)
    stop = _stop(run, settings, placed.steps_per_epoch)
    blocks = [
        _heading(run, session, settings, stop, placed.steps_per_epoch),
        _imports(settings),
        _constants(settings, placed, stop),
        _data(run, settings),
        _model(run, settings),
        _batches(),
        _stopper(stop),
        _fit(run, settings, placed, stop),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


class _Settings:
    """The settings of a run, of which none may be missing from the script."""

    def __init__(self, run: Run) -> None:
        from kescape.config import SETTINGS

        self._run = run
        self._config = run.config
        for name, value in self._config.items():
            usual = SETTINGS[name].default if name in SETTINGS else None
            if name not in KNOWN and value != usual:
                raise ExportError(
                    f"The run {run.name!r} has {name}={value!r}, a setting that a script cannot take over."
                )

    def __getitem__(self, name: str) -> Any:
        if name not in self._config:
            raise ExportError(f"The run {self._run.name!r} does not tell its {name}, so it cannot be trained again.")
        value = self._config[name]
        if name in _WHOLE and not isinstance(value, int):
            raise ExportError(f"The run {self._run.name!r} has {name}={value!r}, where a whole number has to be.")
        return value

    def get(self, name: str, default: Any) -> Any:
        return self._config.get(name, default)


KNOWN = frozenset(
    {
        *("dataset", "target", "task", "image_size", "validation_fraction", "model", "start_from"),
        *("epochs", "batch_size", "seed", "deterministic", "backend", "devices"),
        *("momentum", "nesterov", "weight_decay", "clipnorm"),
        # What follows is in the plan.
        *("schedule", "t_0", "t_mult", "eta_max", "eta_min", "eta_max_decay", "warmup", "restart_warmup", "cycles"),
        # The script has the callback.
        "escapes",
    }
)
"""The settings that a script takes over."""


def _stop(run: Run, settings: _Settings, steps_per_epoch: int) -> int | None:
    """After how many steps an ended run ended, if that was before its last epoch was over."""
    steps = run.steps
    if run.status.is_live or steps == 0 or steps >= settings["epochs"] * steps_per_epoch:
        return None
    return steps


def _heading(run: Run, session: Session, settings: _Settings, stop: int | None, steps_per_epoch: int) -> str:
    from kescape import __version__  # the package's own names are loaded lazily

    begun = dt.datetime.fromtimestamp(run.created).astimezone()
    lines = [
        f"The run {_plain(run.name)}, trained again: the same data, first weights and order of the data, and the same",
        "learning rate at every step.",
        "",
        f"Exported by KEscape {__version__}; the run began on {begun:%d %b %Y} on {_plain(session.backend)}.",
    ]
    devices = settings.get("devices", 1)
    if devices != 1:
        lines.append(
            f"The run was trained on {_plain(str(devices))} devices, and this script trains on one: the losses"
        )
        lines.append(
            "are the same up to rounding. On TensorFlow each device had its own batch normalisation and dropout,"
        )
        lines.append("so with these they are others.")
    elif settings.get("deterministic", False):
        lines.append("On a computer like that, with these versions, the losses are the same to the last bit.")
    else:
        lines.append("The losses are the same up to rounding, which grows from step to step (a run with")
        lines.append("deterministic = true repeats them to the last bit).")
    if stop is not None:
        whole = settings["epochs"] * steps_per_epoch
        lines += ["", f"The run ended after {stop:,} of its {whole:,} steps, and so does this script."]
    hands = [event for event in run.events() if event.kind in _HANDS]
    if hands:
        lines += ["", "What was done by hand, and when:"]
        for event in hands:
            words = f"note: {event.text}" if event.kind == "note" else event.text
            lines.append(f"    step {event.step:,} (epoch {event.step / steps_per_epoch:.4g}): {_plain(words)}")
    return "\n".join(f"# {line}".rstrip() for line in lines)


def _imports(settings: _Settings) -> str:
    backend = settings.get("backend", "tensorflow")
    if backend not in _BACKENDS:
        raise ExportError(
            f"backend must be one of {', '.join(_BACKENDS)}, because scripts know these; got {backend!r}."
        )
    lines = [
        "import math",
        "import os",
        "",
        f'os.environ["KERAS_BACKEND"] = "{backend}"  # before Keras is imported',
        "",
        "import keras",
        *(["import tensorflow as tf"] if settings.get("deterministic", False) and backend == "tensorflow" else []),
        "",
        "import kescape",
    ]
    return "\n".join(lines)


def _constants(settings: _Settings, placed: PlacedPlan, stop: int | None) -> str:
    data = [f"DATASET = {_literal(settings['dataset'])}"]
    for name, usual in (("target", None), ("task", "auto"), ("image_size", None)):
        if settings.get(name, usual) != usual:
            data.append(f"{name.upper()} = {_literal(settings.get(name, usual))}")
    data += [
        f"VALIDATION_FRACTION = {_literal(settings['validation_fraction'])}  # held out, to judge the model",
        f"MODEL = {_literal(settings['model'])}",
    ]
    if settings.get("start_from", None) is not None:
        data.append(f"START_FROM = {_literal(settings.get('start_from', None))}  # the first weights")
    data += [
        f"EPOCHS = {_literal(settings['epochs'])}",
        f"BATCH_SIZE = {_literal(settings['batch_size'])}",
        f"SEED = {_literal(settings['seed'])}  # decides the first weights, the split and the order of the data",
        f"MOMENTUM = {_literal(settings['momentum'])}",
    ]
    data += [f"{name.upper()} = {_literal(value)}" for name, value in _options(settings)]
    data += ["", "# The learning rate; lengths are in epochs.", f"PLAN = {_call(placed.plan)}"]
    if placed.edits:
        data += ["# What was done to the plan by hand, in the order of the steps.", "EDITS = ["]
        for edit in placed.edits:
            arguments = [repr(edit.step), repr(edit.kind).replace("'", '"')]
            arguments += [] if edit.value is None else [repr(edit.value)]
            epoch = edit.step / placed.steps_per_epoch
            data.append(f"    kescape.PlanEdit({', '.join(arguments)}),  # at epoch {epoch:.4g}")
        data.append("]")
    if stop is not None:
        data += [f"STEPS = {stop}  # where the run ended"]
    return "\n".join(data)


def _options(settings: _Settings) -> list[tuple[str, Any]]:
    """What the optimizer has beside its rate and momentum."""
    usual = (("nesterov", False), ("weight_decay", 0.0), ("clipnorm", None))
    return [(name, settings.get(name, value)) for name, value in usual if settings.get(name, value) != value]


def _data(run: Run, settings: _Settings) -> str:
    arguments = ["DATASET"]
    for name, usual in (("target", None), ("task", "auto"), ("image_size", None)):
        if settings.get(name, usual) != usual:
            arguments.append(f"{name}={name.upper()}")
    arguments += ["seed=SEED", "validation_fraction=VALIDATION_FRACTION"]
    lines = ["keras.utils.set_random_seed(SEED)"]
    if settings.get("deterministic", False) and settings.get("backend", "tensorflow") == "tensorflow":
        lines.append("tf.config.experimental.enable_op_determinism()  # bit for bit, somewhat slower")
    lines.append(f"data = kescape.load_data({', '.join(arguments)})")
    found = _fingerprint(run)
    if found:
        lines += [
            f"if data.preprocessing.fingerprint != {_literal(found)}:",
            '    raise SystemExit("The data have changed since the run: the curves would not be the same.")',
        ]
    return "\n".join(lines)


def _fingerprint(run: Run) -> str:
    """What tells the rows of the user's own data, as the run began with them; empty for a named set."""
    try:
        return str(json.loads((run.path / PREPROCESSING).read_text("utf-8")).get("fingerprint", ""))
    except FileNotFoundError:
        return ""  # a run of an older KEscape
    except (OSError, ValueError, RecursionError, AttributeError) as error:
        raise ExportError(f"{str(run.path / PREPROCESSING)!r} cannot be read: {error}.") from error


def _model(run: Run, settings: _Settings) -> str:
    from kescape.models.catalogue import MODELS  # knows the models without Keras

    bundled = settings["model"] in MODELS
    loss, metrics = _LOSSES[_task(run, settings)] if bundled else _own_objective(run)
    task = "" if bundled else ", task=data.task"
    options = "".join(f", {name}={name.upper()}" for name, _ in _options(settings))
    lines = [
        f"model = kescape.build_model(MODEL, data.shape, data.outputs, seed=SEED{task})",
        "model.compile(",
        f"    optimizer=kescape.sgd_momentum(PLAN.eta_max, MOMENTUM{options}),",
        f"    loss={loss},",
        f"    metrics=[{metrics}],",
        ")",
    ]
    if settings.get("start_from", None) is not None:
        lines.append("kescape.start_from(model, START_FROM)  # weights and velocity")
    return "\n".join(lines)


def _task(run: Run, settings: _Settings) -> str:
    """What was learned: as asked for, or as the recorded metrics tell."""
    if settings.get("task", "auto") in _LOSSES:
        return str(settings.get("task", "auto"))
    _, metrics = run.epoch_state()
    if "mean_absolute_error" in metrics:
        return "regression"
    if "accuracy" in metrics:
        return "classification"
    from kescape.config import ConfigError, RunConfig

    try:
        return RunConfig(**run.config).facts().task
    except ConfigError as error:
        raise ExportError(f"The run {run.name!r} ended before its first epoch, and its data: {error}") from error


def _own_objective(run: Run) -> tuple[str, str]:
    """Loss and metrics of a model of the user's, as they were kept with the trained model."""
    try:
        with zipfile.ZipFile(run.path / MODEL) as archive:
            compiled = json.loads(archive.read("config.json"))["compile_config"]
        metrics = [_keras_call(metric, "metrics") for metric in compiled["metrics"]]
        return _keras_call(compiled["loss"], "losses"), ", ".join(metrics)
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ExportError(
            f"The run {run.name!r} trains a model of your own, whose loss a script takes from its {MODEL}; that cannot "
            f"be read: {' '.join(str(error).split()) or type(error).__name__}."
        ) from error


def _keras_call(written: Any, where: str) -> str:
    """A loss or metric of Keras as an expression."""
    if isinstance(written, str):
        return _literal(written)
    name, config = written["class_name"], written["config"]
    if written["module"] != f"keras.{where}" or not str(name).isidentifier():
        raise ValueError(f"{name!r} of {written['module']!r} is none of Keras' own")
    # Left out is what Keras would put in by itself.
    usual = {"reduction": "sum_over_batch_size", **({"name": config.get("name")} if where == "losses" else {})}
    given = {
        key: value
        for key, value in config.items()
        if key != "dtype" and value is not None and usual.get(key, ...) != value
    }
    if not all(key.isidentifier() and isinstance(value, bool | int | float | str) for key, value in given.items()):
        raise ValueError(f"{name} has arguments that are no numbers or texts")
    return f"keras.{where}.{name}({', '.join(f'{key}={_literal(value)}' for key, value in given.items())})"


def _batches() -> str:
    return '''
def batches():
    """The training data batch by batch; each epoch has an order of its own, given by seed and epoch alone."""
    for epoch in range(EPOCHS):
        order = kescape.epoch_order(len(data.x_train), SEED, epoch)
        for first in range(0, len(order), BATCH_SIZE):
            rows = order[first : first + BATCH_SIZE]
            yield data.x_train[rows], data.y_train[rows]
'''.rstrip()


def _stopper(stop: int | None) -> str:
    if stop is None:
        return ""
    return '''
class StopAfter(keras.callbacks.Callback):
    """Ends the training after so many steps, where the run ended."""

    def __init__(self, steps):
        super().__init__()
        self.steps_left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.steps_left -= 1
        if self.steps_left == 0:
            self.model.stop_training = True
'''.rstrip()


def _fit(run: Run, settings: _Settings, placed: PlacedPlan, stop: int | None) -> str:
    follow = "kescape.FollowPlan(PLAN, edits=EDITS)" if placed.edits else "kescape.FollowPlan(PLAN)"
    again = f"{run.name}-again"
    try:
        check_run_name(again)
    except ValueError:
        again = "again"
    stopper = ", StopAfter(STEPS)" if stop is not None else ""
    judged = settings.get("escapes", False) and settings["schedule"] == "sgdr"
    ledger = "kescape.EscapeLedger(data.x_train, data.y_train, seed=SEED), " if judged else ""
    return f"""
recorder = kescape.RunRecorder({_literal(again)})
model.fit(
    batches(),
    epochs=EPOCHS,
    steps_per_epoch=math.ceil(len(data.x_train) / BATCH_SIZE),
    shuffle=False,  # the batches come in their order already
    validation_data=(data.x_val, data.y_val) if len(data.x_val) else None,
    validation_batch_size=1024,
    callbacks=[{follow}, {ledger}recorder{stopper}],
    verbose=2,
)
print(f"Recorded in {{recorder.folder}}")
""".rstrip()


def _call(plan: Plan) -> str:
    """A plan as an expression, without what it has by default."""
    assert dataclasses.is_dataclass(plan)
    arguments = [
        f"{field.name}={_literal(value)}"
        for field in dataclasses.fields(plan)
        if (value := getattr(plan, field.name)) != field.default
    ]
    name = f"kescape.{type(plan).__name__}"
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= _LINE:
        return line
    return f"{name}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def _literal(value: Any) -> str:
    """A value in Python; whatever a setting holds, it is never more than a value."""
    plain = isinstance(value, str) and value.isascii() and value.isprintable()
    return json.dumps(value) if plain else repr(value)


def _plain(text: str) -> str:
    """Text of others in one line of a comment."""
    return "".join(char if char.isprintable() else " " for char in text)
