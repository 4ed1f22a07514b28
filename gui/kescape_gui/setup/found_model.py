"""What is known of the model of a draft before anything of it is built or run; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from kescape.data.catalogue import DATASETS
from kescape.data.facts import Facts
from kescape.data.words import listed
from kescape.models.catalogue import Model
from kescape.models.choice import Choice
from kescape.models.consent import is_allowed
from kescape.models.keras_file import KerasFile
from kescape.models.python_file import PythonFile, source_of
from kescape_gui.words import counted, tr


@dataclass(frozen=True)
class ModelFacts:
    """A closer look at a model.

    Attributes:
        title: What it is called.
        told: What it is, in a sentence or two.
        facts: What is known of it, each with its name.
        source: Of a Python file, what stands in it, as it is now.
        line: Where its function begins, from 1; 0 without a source.
    """

    title: str
    told: str
    facts: tuple[tuple[str, str], ...]
    source: bytes | None = None
    line: int = 0


def model_summary(model: Choice, data: Facts | None) -> str:
    """The model in one line, on the data that it is to learn from.

    Example:
        >>> from kescape.data.facts import facts
        >>> from kescape.models.catalogue import MODELS
        >>> model_summary(MODELS["mlp"], facts("spirals"))
        'takes any shape, 4,482 weights'
    """
    if isinstance(model, PythonFile):
        return tr("{function} in line {line}").format(function=model.function, line=model.line)
    if isinstance(model, KerasFile):
        return tr("{layers}, takes {takes}, gives {gives}").format(
            layers=counted(model.layers, "layer"), takes=_shape(model.input_shape), gives=_outputs(model.outputs)
        )
    weights = _weights(model, data)
    return tr("takes {takes}").format(takes=tr(model.expects)) + (f", {weights}" if weights else "")


def model_facts(model: Choice, data: Facts | None) -> ModelFacts:
    """All that is known of a model.

    Raises:
        ModelUnusable: Its file cannot be read any more.
    """
    if isinstance(model, Model):
        facts = [(tr("Takes"), tr(model.expects)), (tr("Gives"), tr("one number for each class, or each target"))]
        weights = _weights(model, data)
        if weights and data is not None:
            facts.append((tr("Weights"), tr("{weights}, on {data}").format(weights=weights, data=tr(data.title))))
        return ModelFacts(tr(model.title), tr(model.description), (*facts, (tr("Fits"), _fitting(model))))
    if isinstance(model, KerasFile):
        return ModelFacts(
            model.title,
            tr("Training starts from the weights in the file; none of its code is run."),
            (
                (tr("File"), str(model.path)),
                (tr("Layers"), f"{model.layers:,}"),
                (tr("Takes"), _shape(model.input_shape)),
                (tr("Gives"), _outputs(model.outputs)),
                (tr("Fits"), _fitting(model)),
            ),
        )
    return ModelFacts(
        model.title,
        tr("The function gets input_shape and outputs of the data; what it returns is checked before training."),
        (
            (tr("File"), str(model.path)),
            (tr("Function"), tr("{function}, line {line}").format(function=model.function, line=model.line)),
            (tr("Allowed"), _allowed(model)),
        ),
        source_of(model.path),
        model.line,
    )


def _weights(model: Model, data: Facts | None) -> str:
    if data is None or model.problem_with(data.shape, data.outputs, data.task) is not None:
        return ""
    return counted(model.count_parameters(data.shape, data.outputs), "weight")


def _shape(shape: tuple[int | None, ...] | None) -> str:
    if shape is None:
        return tr("what the file does not say")
    return " × ".join(tr("any") if length is None else str(length) for length in shape) or "1"


def _outputs(outputs: int | None) -> str:
    return tr("what the file does not say") if outputs is None else counted(outputs, "number")


def _fitting(model: Choice) -> str:
    names = [tr(data.title) for data in DATASETS.values() if model.problem_with(data.shape, data.classes) is None]
    return listed(names, most=20) if names else tr("none of the bundled data")


def _allowed(model: PythonFile) -> str:
    return tr("to be run, as it is now") if is_allowed(model.path) else tr("not yet: Start asks before it is run")
