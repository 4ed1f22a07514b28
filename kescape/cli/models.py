"""`kescape models`: the models that can be trained, and what a file of the user's holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kescape.cli.console import out, plain_table

if TYPE_CHECKING:
    from kescape.models.catalogue import Model
    from kescape.models.keras_file import KerasFile
    from kescape.models.python_file import PythonFile

__all__ = ["models"]


def models(
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="A .keras file, or file.py:function: say what is found in it.")
    ] = None,
) -> None:
    """List the models, or say what a file of your own holds."""
    from kescape.models.catalogue import Model
    from kescape.models.choice import find_model, located_model
    from kescape.models.keras_file import KerasFile

    found = None if path is None else find_model(located_model(path))
    if found is None or isinstance(found, Model):
        _print_list([] if found is None else [found])
    elif isinstance(found, KerasFile):
        _print_keras_file(found)
    else:
        _print_python_file(found)


def _print_list(wanted: list[Model]) -> None:
    from kescape.data.catalogue import DATASETS
    from kescape.models.catalogue import MODELS
    from kescape.models.choice import MODEL_FILES

    table = plain_table("--model", "weights", "expects", "what it is", numbers=("weights",))
    digits = DATASETS["digits"]  # fits every model
    for model in wanted or MODELS.values():
        weights = model.count_parameters(digits.shape, digits.classes)
        table.add_row(model.name, f"{weights:,}", model.expects, f"{model.title}. {model.description}")
    out().print(table)
    out().print(
        "An image has the shape (height, width, channels), a sequence (steps, features). "
        "Weights as on digits; they depend on the data's shape and classes.",
        style="dim",
    )
    if not wanted:
        out().print(
            f"Your own: --model takes {MODEL_FILES}, the function as in build_model(input_shape, outputs); "
            "`kescape models PATH` says what is found there.",
            style="dim",
        )


def _print_keras_file(file: KerasFile) -> None:
    out().print(f"{file.path}: a Keras model of {file.layers} layers", soft_wrap=True)
    expects = "unknown before it is loaded" if file.input_shape is None else _shape_words(file.input_shape)
    out().print(f"inputs   {expects}", soft_wrap=True)
    out().print(f"outputs  {'unknown before it is loaded' if file.outputs is None else file.outputs}")
    out().print(f"fits     {_fitting(file)}", soft_wrap=True)
    out().print("Training starts from the weights in the file; none of its code is run.", style="dim")


def _print_python_file(file: PythonFile) -> None:
    from kescape.models.consent import is_allowed

    out().print(f"{file.path}: {file.function}, line {file.line}", soft_wrap=True)
    if is_allowed(file.path):
        out().print("You have allowed this file to be run, as it is now.")
    else:
        out().print("Not allowed to be run yet: `kescape train` asks, --allow-code says yes.")
    out().print("It gets input_shape and outputs of the data; what it returns is checked before training.", style="dim")


def _shape_words(shape: tuple[int | None, ...]) -> str:
    return (
        "("
        + ", ".join("any" if length is None else str(length) for length in shape)
        + (",)" if len(shape) == 1 else ")")
    )


def _fitting(file: KerasFile) -> str:
    from kescape.data.catalogue import DATASETS

    names = [data.name for data in DATASETS.values() if file.problem_with(data.shape, data.classes) is None]
    return ", ".join(names) or "none of the bundled data"
