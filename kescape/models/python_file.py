"""A model that a function in a user's Python file builds: what can be known without running it.

The file is parsed, never run, here. It is run by `kescape.models.own_code`, in the process that trains, and only
after the user has said yes to its content (`kescape.models.consent`).
"""

from __future__ import annotations

import ast
import difflib
import functools
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

from kescape.data.targets import Task
from kescape.models.errors import ModelUnusable, reason

__all__ = ["PythonFile", "builders", "read_python_file", "source_of"]

LARGEST = 2**20
"""Bytes of a source file at the most."""

SIGNATURE = "build_model(input_shape, outputs)"


@dataclass(frozen=True)
class PythonFile:
    """A function in a Python file that builds a model."""

    path: Path
    function: str
    line: int
    """Where the function begins, from 1."""

    @property
    def title(self) -> str:
        """As shown to people."""
        return f"{self.path.name}:{self.function}"

    def count_parameters(self, shape: tuple[int, ...], outputs: int) -> int | None:
        """Unknown before it is built."""
        return None

    def problem_with(
        self, shape: tuple[int, ...], outputs: int | None = None, task: Task = "classification"
    ) -> str | None:
        """Unknown before it is built: the function gets the shape, and what it returns is checked then."""
        return None


def read_python_file(path: Path, function: str) -> PythonFile:
    """Check that a file defines a function of two arguments, without running it.

    Raises:
        ModelUnusable: It is not there, is not Python, or defines no such function.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise ModelUnusable(f"{path} cannot be read: {reason(error)}") from None
    if not stat.S_ISREG(facts.st_mode):
        raise ModelUnusable(f"{path} is not a file")
    return _read(path, function, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=8)
def _read(path: Path, function: str, _changed: int, _size: int) -> PythonFile:
    """Read once for each state of the file: a form asks after every key."""
    source = source_of(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns of is the user's, and for when it is run
            tree = ast.parse(source)
    except SyntaxError as error:
        where = f"{path}, line {error.lineno}" if error.lineno else f"{path}"
        raise ModelUnusable(f"{where}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ModelUnusable(f"{path} is not Python: {reason(error)}") from None
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if function not in functions:
        near = difflib.get_close_matches(function, functions, n=1)
        known = ", ".join(list(functions)[:5]) or "no function at all"
        ending = f"did you mean {near[0]}?" if near else f"it defines {known}"
        raise ModelUnusable(f"{path} must define {function}(input_shape, outputs) at its top level; {ending}")
    node = functions[function]
    if not _takes_two(node.args):
        raise ModelUnusable(
            f"{path}, line {node.lineno}: {function} must take two arguments, as in {SIGNATURE}; got "
            f"{function}({ast.unparse(node.args)[:80]})"
        )
    return PythonFile(path, function, node.lineno)


def builders(path: Path) -> list[str]:
    """The functions of a file that take two arguments, in their order; none if it cannot be read.

    `read_python_file` says what is wrong with the file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source_of(path))
    except (ModelUnusable, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _takes_two(node.args)]


def source_of(path: Path) -> bytes:
    """The content of a source file; a `ModelUnusable` names what is wrong with it."""
    try:
        with path.open("rb") as file:
            source = file.read(LARGEST + 1)
    except OSError as error:
        raise ModelUnusable(f"{path} cannot be read: {reason(error)}") from None
    if len(source) > LARGEST:
        raise ModelUnusable(f"{path} is larger than {LARGEST} bytes, so it is hardly a model's source")
    return source


def _takes_two(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    needed = positional - len(arguments.defaults)
    needs_names = any(default is None for default in arguments.kw_defaults)
    return needed <= 2 and (positional >= 2 or arguments.vararg is not None) and not needs_names
