"""What a `.keras` file says of its model, read without Keras and without running anything of it.

The file is a zip; its `config.json` names each layer by module and class. Only classes of Keras itself are let through,
and none of those that run code or read other files. Keras' own safe mode checks once more when the engine loads it.
"""

from __future__ import annotations

import functools
import json
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kescape.data.targets import Task
from kescape.models.errors import ModelUnusable, reason
from kescape.models.fit import unfit_inputs, unfit_outputs

__all__ = ["KerasFile", "read_keras_file"]

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"

LARGEST_CONFIG = 32 * 2**20
"""Bytes of config.json at the most; that of a network of 1,000 layers has some 2 million."""

LARGEST_EXPANSION = 100
"""How many times its packed size a member may be; Keras packs nothing, and a bomb packs 1,000 to 1."""

CODE = {
    "Lambda": "is Python code",
    "__lambda__": "is Python code",
    "TorchModuleWrapper": "is a pickle, which runs code when it is read",
    "TFSMLayer": "loads a program from another file",
    "JaxLayer": "is Python code",
    "FlaxLayer": "is Python code",
}
"""Classes of Keras that run what the file brings along."""

_HOMES = (
    "keras.layers",
    "keras.models",
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.activations",
    "keras.random",
    "keras.dtype_policies",
    "keras.quantizers",
    "keras.ops",
    *(f"keras.src.{part}" for part in ("models", "layers", "initializers", "regularizers", "constraints")),
    *(f"keras.src.{part}" for part in ("activations", "random", "dtype_policies", "quantizers", "ops")),
)
"""The modules whose classes make up a model."""

_KEEPS_SHAPE = ("Activation", "ReLU", "Softmax", "LeakyReLU", "PReLU", "ELU", "Dropout", "BatchNormalization")

# Whatever a malformed zip makes Python's own reader raise.
_BAD_ZIP = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OverflowError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True)
class KerasFile:
    """A model in a `.keras` file, as far as it can be known before Keras loads it."""

    path: Path
    input_shape: tuple[int | None, ...] | None
    """Shape of one input, without the batch; None in it is any length. None if the file does not say."""
    outputs: int | None
    """Numbers it says about an input; None if the file does not say."""
    layers: int
    loss: Any
    """What it was compiled with, as Keras writes it down: a name, or a dictionary; None if it was not compiled."""

    @property
    def title(self) -> str:
        """As shown to people."""
        return self.path.name

    def count_parameters(self, shape: tuple[int, ...], outputs: int) -> int | None:
        """Unknown before it is loaded."""
        return None

    def problem_with(
        self, shape: tuple[int, ...], outputs: int | None = None, task: Task = "classification"
    ) -> str | None:
        """Why it cannot be trained on inputs of this shape with so many outputs, or None as far as the file says."""
        if self.input_shape is not None and (problem := unfit_inputs(self.input_shape, shape)):
            return problem
        if self.outputs is not None and outputs is not None:
            return unfit_outputs((self.outputs,), outputs, task)
        return None


def read_keras_file(path: Path) -> KerasFile:
    """Check a `.keras` file and read its shapes.

    Raises:
        ModelUnusable: It is not there, malformed, or holds code.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise ModelUnusable(f"{path} cannot be read: {reason(error)}") from None
    if not stat.S_ISREG(facts.st_mode):
        raise ModelUnusable(f"{path} is not a file")
    return _read(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=8)
def _read(path: Path, _changed: int, _size: int) -> KerasFile:
    """Read once for each state of the file: a form asks after every key."""
    try:
        with zipfile.ZipFile(path) as archive:
            text = _checked_members(path, archive)
    except OSError as error:
        raise ModelUnusable(f"{path} cannot be read: {reason(error)}") from None
    except ModelUnusable:
        raise
    except _BAD_ZIP as error:
        raise ModelUnusable(f"{path} is not a .keras file, or damaged: {reason(error)}") from None
    try:
        config = json.loads(text)
        _refuse_code(path, config)
        return _facts(path, config)
    except ModelUnusable:
        raise
    except RecursionError:
        raise ModelUnusable(f"{path}, {CONFIG}: nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ModelUnusable(f"{path}, {CONFIG}, line {error.lineno}, column {error.colno}: {error.msg}") from None
    except UnicodeDecodeError:
        raise ModelUnusable(f"{path}, {CONFIG}: not text in UTF-8") from None
    except ValueError as error:  # a number of thousands of digits
        raise ModelUnusable(f"{path}, {CONFIG}: {reason(error)}") from None


def _checked_members(path: Path, archive: zipfile.ZipFile) -> bytes:
    """The bytes of config.json, after a look at every member."""
    members = {member.filename: member for member in archive.infolist()}
    for needed in (CONFIG, WEIGHTS):
        if needed not in members:
            raise ModelUnusable(f"{path} is not a .keras file: it has no {needed}")
    for member in members.values():
        if member.file_size > LARGEST_EXPANSION * max(member.compress_size, 1):
            raise ModelUnusable(
                f"{path}, {member.filename[:60]!r}: would unpack to more than {LARGEST_EXPANSION} times its size"
            )
    if members[CONFIG].file_size > LARGEST_CONFIG:
        raise ModelUnusable(f"{path}, {CONFIG}: larger than {LARGEST_CONFIG} bytes")
    with archive.open(CONFIG) as file:
        text = file.read(LARGEST_CONFIG)
    damaged = archive.testzip()  # reads all, against the checksums
    if damaged is not None:
        raise ModelUnusable(f"{path}, {damaged[:60]!r}: damaged, its checksum is another")
    return text


def _refuse_code(path: Path, config: Any) -> None:
    """Raise ModelUnusable for what is not one of Keras' own layers."""
    if not isinstance(config, dict):
        raise ModelUnusable(f"{path}, {CONFIG}: must be a dictionary; got {config!r:.60}")
    for part in _objects({key: value for key, value in config.items() if key != "compile_config"}):
        kind, module = part.get("class_name"), part.get("module")
        called = f"{path}, {_called(part)}"
        if not isinstance(kind, str):
            raise ModelUnusable(f"{called}: its class must be a name; got {kind!r:.60}")
        if kind in CODE:
            raise ModelUnusable(
                f"{called}: {kind} {CODE[kind]}, which is not run from a model file; write the model as a function "
                "in a Python file and train file.py:function"
            )
        if "module" in part and not (isinstance(module, str) and _is_keras(module)):
            raise ModelUnusable(
                f"{called}: the class {kind!r:.60} is not one of Keras' own, and its code is not in the file; write "
                "the model as a function in a Python file and train file.py:function"
            )
        settings = part.get("config")
        if isinstance(settings, dict) and isinstance(settings.get("vocabulary"), str):
            raise ModelUnusable(f"{called}: reads its vocabulary from another file, which is not done for a model file")


def _is_keras(module: str) -> bool:
    return module in ("keras", "builtins") or any(module == home or module.startswith(f"{home}.") for home in _HOMES)


def _called(part: Mapping[str, Any]) -> str:
    settings = part.get("config")
    name = settings.get("name") if isinstance(settings, dict) else None
    return f"layer {name!r:.60}" if isinstance(name, str) else CONFIG


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every dictionary in a configuration that stands for an object."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            if "class_name" in current:
                yield current
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _facts(path: Path, config: dict[str, Any]) -> KerasFile:
    settings = config.get("config")
    settings = settings if isinstance(settings, dict) else {}
    layers = settings.get("layers")
    if config.get("class_name") not in ("Sequential", "Functional") or not isinstance(layers, list) or not layers:
        raise ModelUnusable(f"{path}, {CONFIG}: must describe a Sequential or a Functional model with layers")
    if not all(isinstance(layer, dict) and isinstance(layer.get("config"), dict) for layer in layers):
        raise ModelUnusable(f"{path}, {CONFIG}: every layer must be a dictionary with its own config")
    first, ending = layers[0], layers
    if config["class_name"] == "Functional":
        first = _only_layer(path, settings, layers, "input_layers")
        ending = [_only_layer(path, settings, layers, "output_layers")]
    compiled = config.get("compile_config")
    return KerasFile(
        path,
        _without_batch(path, first["config"].get("batch_shape")),
        _outputs(ending),
        len(layers),
        compiled.get("loss") if isinstance(compiled, dict) else None,
    )


def _only_layer(path: Path, settings: Mapping[str, Any], layers: list[dict[str, Any]], end: str) -> dict[str, Any]:
    """The layer that is the model's input or output, of which there has to be one."""
    ends = settings.get(end)
    # One is written as [name, 0, 0], or as a list of such.
    if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list):
        ends = ends[0]
    if not (isinstance(ends, list) and ends and isinstance(ends[0], str)):
        count = len(ends) if isinstance(ends, (list, dict)) else 0
        what = end.partition("_")[0]
        raise ModelUnusable(f"{path}: must have one {what} to be trained here, because data has one; it has {count}")
    for layer in layers:
        if layer.get("name", layer["config"].get("name")) == ends[0]:
            return layer
    raise ModelUnusable(f"{path}, {CONFIG}: there is no layer {ends[0]!r:.60}, which {end} names")


def _without_batch(path: Path, batch_shape: Any) -> tuple[int | None, ...] | None:
    if batch_shape is None:
        return None
    is_shape = isinstance(batch_shape, list) and all(
        length is None or (isinstance(length, int) and not isinstance(length, bool) and length > 0)
        for length in batch_shape
    )
    if not is_shape or not batch_shape:
        raise ModelUnusable(
            f"{path}, {CONFIG}: batch_shape must be a list of lengths > 0 or null; got {batch_shape!r:.60}"
        )
    if batch_shape[0] is not None:
        raise ModelUnusable(
            f"{path}: was made for batches of exactly {batch_shape[0]} rows, but the last batch of an epoch may be "
            "smaller; make it with keras.Input(shape) instead"
        )
    return tuple(batch_shape[1:])


def _outputs(ending: list[dict[str, Any]]) -> int | None:
    """The last length of what a model gives, where its configuration says it.

    Args:
        ending: Its layers up to the last, as far as they follow each other.
    """
    for layer in reversed(ending):
        kind = layer.get("class_name")
        if kind == "Dense":
            return _length(layer["config"].get("units"))
        if kind not in _KEEPS_SHAPE:
            return None
        if layer.get("inbound_nodes"):
            return _length(_last_length_going_in(layer["inbound_nodes"]))
    return None


def _last_length_going_in(nodes: Any) -> Any:
    """Of the shape that Keras writes down where one layer's output is the next one's input."""
    try:
        return nodes[0]["args"][0]["config"]["shape"][-1]
    except (LookupError, TypeError):  # written in another way: unknown before it is loaded
        return None


def _length(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
