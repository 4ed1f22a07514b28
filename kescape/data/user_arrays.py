"""An NPZ file of the user's, as data to train on.

It holds arrays `x` and `y`, or `x_train` and `y_train`, and may bring a validation part along as `x_val` and `y_val` or
`x_test` and `y_test`. Pickled objects are never read.
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kescape.data.errors import DataError
from kescape.data.facts import Facts
from kescape.data.memory import check_fits
from kescape.data.source import Source
from kescape.data.targets import AskedTask, find_targets
from kescape.data.words import counted, listed, reason_of, shown

__all__ = ["EXPECTED", "arrays_source"]

EXPECTED = "x and y, or x_train and y_train, and with them x_val and y_val or x_test and y_test for validation"
"""The arrays that an NPZ file may hold, in words."""

_TRAINING = (("x", "y"), ("x_train", "y_train"))
_VALIDATION = (("x_val", "y_val"), ("x_test", "y_test"))


def arrays_source(path: Path, task: AskedTask) -> Source:
    """Read an NPZ file: its inputs, its targets, and what they are.

    Raises:
        DataError: It cannot be read or trained on.
    """
    arrays, notes = _read(path)
    (x_name, y_name), validation = _names(path, list(arrays))
    x, y = _checked(path, arrays, x_name, y_name)
    held_out = None
    if validation is not None:
        x_val, y_val = _checked(path, arrays, *validation)
        for name, array, like, model in ((validation[0], x_val, x_name, x), (validation[1], y_val, y_name, y)):
            if array.shape[1:] != model.shape[1:]:
                raise DataError(
                    f"{path}: each row of {name} must have the shape {model.shape[1:]} that one of {like} has; "
                    f"got {array.shape[1:]}"
                )
        held_out = len(x_val)
        x, y = np.concatenate([x, x_val]), np.concatenate([y, y_val])
        notes.append(f"{counted(held_out, 'row')} of {validation[0]} and {validation[1]} judge the network.")
    there = _present(y)
    if not there.all():
        without = int(np.count_nonzero(~there))
        held_out = None if held_out is None else int(np.count_nonzero(there[-held_out:]))
        x, y = x[there], y[there]
        notes.append(f"{counted(without, 'row')} without a target left out.")
    if len(x) < 2:
        raise DataError(f"{path} has {counted(len(x), 'row')} with a target; training needs at least 2")
    found = find_targets(y, task, f"{y_name} of {path.name}")
    inputs = _as_inputs(x, f"{x_name} of {path.name}")
    facts = Facts(
        dataset=str(path),
        title=path.name,
        kind="arrays",
        rows=len(x),
        shape=inputs.values.shape[1:],
        task=found.task,
        outputs=found.outputs,
        class_names=found.class_names,
        class_counts=found.class_counts,
        validation_rows=held_out,
        notes=(*notes, found.note, *inputs.notes),
    )
    return Source(facts, inputs.values, found.values, divisor=inputs.divisor)


@dataclass(frozen=True)
class _Inputs:
    values: NDArray[Any]
    divisor: float | None
    notes: tuple[str, ...]


def _as_inputs(x: NDArray[Any], where: str) -> _Inputs:
    """What the inputs are, by their shape and type: rows of numbers, sequences or images."""
    if x.ndim == 3 and x.dtype == np.uint8:
        x = x[..., None]
    missing = int(np.count_nonzero(~np.isfinite(x))) if x.dtype.kind == "f" else 0
    if missing and x.ndim > 2:
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise DataError(f"{where} must hold finite numbers; got {x[at]} at {list(at)}, and {missing - 1:,} more")
    shape = " x ".join(map(str, x.shape[1:]))
    if x.ndim == 4:
        return _as_images(x, where, shape)
    notes = [f"{where} holds {'sequences' if x.ndim == 3 else 'rows'} of {shape} numbers, standardised."]
    if x.ndim == 2:
        with np.errstate(invalid="ignore"):
            constant = int(np.count_nonzero(np.all((x == x[0]) | ~_present_cells(x), axis=0)))
        if constant == x.shape[1]:
            raise DataError(f"{where} is the same in every row: there is nothing to learn from")
        if constant:
            notes.append(
                f"{counted(constant, 'column')} of {where} {'is' if constant == 1 else 'are'} the same in every row."
            )
    if missing:
        notes.append(f"Missing numbers, {missing:,} of them, take the median of the rows trained on.")
    return _Inputs(x, None, tuple(notes))


def _as_images(x: NDArray[Any], where: str, shape: str) -> _Inputs:
    if x.shape[1] in (1, 3) and x.shape[2] == x.shape[3] and x.shape[3] > 4:
        raise DataError(
            f"{where} must hold images with their channels last, (rows, height, width, channels); got shape {x.shape}; "
            "np.moveaxis(x, 1, -1) turns them"
        )
    low, high = float(x.min()), float(x.max())
    if low < 0 or high > 255:
        return _Inputs(x, None, (f"{where} holds images of {shape}, standardised by channel.",))
    divisor = 255.0 if x.dtype == np.uint8 or high > 1 else 1.0
    how = "divided by 255" if divisor > 1 else "taken as they are, in 0 ... 1"
    return _Inputs(x, divisor, (f"{where} holds images of {shape}, {how}.",))


def _present(y: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows have a target."""
    there: NDArray[np.bool_] = np.logical_and.reduce(_present_cells(y).reshape(len(y), -1), axis=1)
    return there


def _present_cells(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype.kind != "f":
        return np.ones(values.shape, dtype=np.bool_)
    there: NDArray[np.bool_] = np.isfinite(values)
    return there


def _names(path: Path, names: list[str]) -> tuple[tuple[str, str], tuple[str, str] | None]:
    for x, y in _TRAINING:
        if x in names and y in names:
            break
    else:
        raise DataError(f"{path} must hold the arrays {EXPECTED}; it holds {listed(names) or 'none'}")
    for pair in _VALIDATION:
        there = [name for name in pair if name in names]
        if len(there) == 2:
            return (x, y), pair
        if there:
            (other,) = set(pair) - set(there)
            raise DataError(f"{path} must hold {other} beside {there[0]}; it holds {listed(names)}")
    return (x, y), None


def _checked(
    path: Path, arrays: dict[str, NDArray[Any]], x_name: str, y_name: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    x, y = arrays[x_name], arrays[y_name]
    for name, array, kinds in ((x_name, x, "iufb"), (y_name, y, "iufbU")):
        if array.dtype.kind not in kinds:
            what = "numbers" if kinds == "iufb" else "numbers or text"
            raise DataError(f"{path}: {name} must hold {what}; got {array.dtype}")
        if array.ndim == 0 or not array.size:
            raise DataError(f"{path}: {name} must have rows; got shape {array.shape}")
    if x.ndim > 4:
        raise DataError(f"{path}: {x_name} must hold rows, sequences or images; got shape {x.shape}")
    if len(x) != len(y):
        raise DataError(f"{path}: {x_name} and {y_name} must have as many rows; got {len(x):,} and {len(y):,}")
    return x.reshape(len(x), -1) if x.ndim == 1 else x, y


def _read(path: Path) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Every array that is known by name, and notes on the others."""
    wanted = {name for pair in (*_TRAINING, *_VALIDATION) for name in pair}
    arrays: dict[str, NDArray[Any]] = {}
    others: list[str] = []
    name = ""
    try:
        with path.open("rb") as file, _archive(file) as archive:
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if name in wanted:
                    arrays[name] = _read_array(path, archive, member)
                else:
                    others.append(name)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 (a broken archive or header fails in a dozen ways)
        place = f", array {shown(name)}" if name else ""
        raise DataError(f"{path} is not an NPZ file of plain arrays{place}: {reason_of(error)}") from None
    if others and any(set(pair) <= set(arrays) for pair in _TRAINING):
        return arrays, [f"Not used: {listed(others)}."]
    return arrays | {other: np.empty(0) for other in others}, []


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except OSError as error:  # a broken directory of the archive leads to places that the file does not have
        raise zipfile.BadZipFile("its directory is broken") from error


def _read_array(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """An array, once its header says that it fits into memory and into its file."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in readers:
            raise ValueError(f"its format has version {version}")
        shape, _, dtype = readers[version](file)
    name = member.filename.removesuffix(".npy")
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never read because they can run code")
    if any(length < 0 for length in shape):
        raise ValueError(f"its shape is {shape}")
    if shape:
        check_fits(f"{name} of {path.name}", shape[0], shape[1:] or (1,), "a smaller file, or fewer columns, will do")
    size = math.prod(shape) * dtype.itemsize
    if size > member.file_size:
        raise ValueError(f"its header speaks of {size:,} bytes, and the file holds {member.file_size:,}")
    with archive.open(member) as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array
