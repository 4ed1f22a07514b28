"""Which model a configuration means: a bundled one by name, a `.keras` file, or a function in a Python file.

Needs no Keras and runs nothing of what it finds.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from pathlib import Path

from kescape.models.catalogue import MODELS, Model
from kescape.models.errors import ModelUnusable, reason
from kescape.models.keras_file import KerasFile, read_keras_file
from kescape.models.python_file import PythonFile, read_python_file

__all__ = ["MODEL_FILES", "Choice", "content_of", "find_model", "located_model", "short_name"]

Choice = Model | KerasFile | PythonFile
"""What is known of a model without Keras: each has `title`, `count_parameters` and `problem_with`."""

MODEL_FILES = "a .keras file or file.py:function"
"""What a path may lead to, in words."""

_PYTHON = re.compile(r"(?P<path>.+\.py)(?::(?P<function>[^:/\\]*))?", re.IGNORECASE | re.DOTALL)


def located_model(model: str, base: str | Path = "") -> str:
    """A name of the catalogue as it is, a path as an absolute one; what is neither, unchanged.

    Args:
        model: As somebody wrote it.
        base: The folder that a relative path starts from; by default the current one.

    Example:
        >>> located_model("mlp")
        'mlp'
        >>> located_model("nets/small.py:build_model", "/data")
        '/data/nets/small.py:build_model'
    """
    path, function = _parts(model)
    if path is None:
        return model
    absolute = os.path.abspath(os.path.join(base, os.path.expanduser(path)))  # noqa: PTH100, PTH111, PTH118 (a NUL may be in it)
    return absolute if function is None else f"{absolute}:{function}"


def find_model(model: str) -> Choice:
    """What is known of the model that a configuration names.

    Raises:
        ModelUnusable: There is no such model, or its file cannot be used.

    Example:
        >>> find_model("cnn").title
        'Small CNN'
    """
    if model in MODELS:
        return MODELS[model]
    path, function = _parts(model)
    if path is None:
        near = difflib.get_close_matches(model, MODELS, n=1)
        raise ModelUnusable(
            f"model must be one of {', '.join(MODELS)}, or the path of {MODEL_FILES}, because these can be built; "
            f"got model={model!r:.60}" + (f"; did you mean {near[0]}?" if near else "")
        )
    if _PYTHON.fullmatch(model) is None:
        if not path.endswith(".keras"):
            raise ModelUnusable(f"model must be {MODEL_FILES} where it is a path; got model={model!r:.100}")
        return read_keras_file(Path(path))
    if not function:
        raise ModelUnusable(f"{path} must be followed by the function that builds the model: {path}:build_model")
    return read_python_file(Path(path), function)


def content_of(model: str) -> str | None:
    """The SHA-256 of the file that a model is in, in hexadecimal; None for a bundled one.

    Raises:
        ModelUnusable: The file cannot be read.
    """
    path, _ = _parts(model)
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{path} cannot be read: {reason(error)}") from None


def short_name(model: str) -> str:
    """How a run is called after its model: the name, or that of the file without what a folder's name cannot hold.

    Example:
        >>> short_name("/data/nets/small.py:build_model")
        'small'
    """
    path, _ = _parts(model)
    return model if path is None else re.sub(r"[^\w.-]+", "-", Path(path).stem)[:60].strip(".-") or "own"


def _parts(model: str) -> tuple[str | None, str | None]:
    """Path and function of a model that is a file; (None, None) if it is no path."""
    if model in MODELS:
        return None, None
    python = _PYTHON.fullmatch(model)
    if python:
        return python["path"], python["function"]
    is_path = model.lower().endswith(".keras") or "/" in model or os.sep in model
    return (model, None) if is_path else (None, None)
