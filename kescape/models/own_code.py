"""Runs the function of a user's Python file that builds a model. The one place where a user's code is run.

Only the process that trains comes here, and only for a file whose content the user has said yes to.
"""

from __future__ import annotations

import sys
import traceback
import types
from typing import Any

import keras

from kescape.models.consent import check_allowed, fingerprint
from kescape.models.errors import ModelUnusable
from kescape.models.python_file import PythonFile, source_of

__all__ = ["call_build_model"]

MODULE = "kescape_own_model"
"""What the file is called while it runs: a file named keras.py must not stand in for Keras."""


def call_build_model(file: PythonFile, input_shape: tuple[int, ...], outputs: int, seed: int) -> Any:
    """What the function returns; every random generator is seeded before.

    Raises:
        CodeNotAllowed: Nobody has said yes to the file as it is now.
        ModelUnusable: The function, or the file around it, failed; the sentence names the line.
    """
    source = source_of(file.path)
    # Checked is what is run: the file is not read a second time.
    check_allowed(file.path, fingerprint(source))
    module = types.ModuleType(MODULE)
    module.__file__ = str(file.path)
    keras.utils.set_random_seed(seed)
    sys.modules[MODULE] = module
    try:
        exec(compile(source, str(file.path), "exec", dont_inherit=True), module.__dict__)
        return getattr(module, file.function)(input_shape, outputs)
    except (Exception, SystemExit) as error:
        raise ModelUnusable(_where_and_what(file, error)) from error


def _where_and_what(file: PythonFile, error: BaseException) -> str:
    """The line of the user's file that failed, and why, in one line."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file.path)]
    place = f"{file.path}"
    if isinstance(error, SyntaxError) and error.filename == str(file.path):
        place += f", line {error.lineno}"
    elif frames:
        within = "" if frames[-1].name == "<module>" else f", in {frames[-1].name}"
        place += f", line {frames[-1].lineno}{within}"
    text = " ".join(str(error).split())
    what = f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
    if isinstance(error, ModuleNotFoundError):
        what += (
            " (packages that are installed can be imported; a file beside this one cannot, for nobody has allowed it)"
        )
    return f"{place}: {what}"
