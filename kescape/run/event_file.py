"""TensorBoard's event files, written and read without TensorFlow or TensorBoard.

An event file is a row of records, each

    length of the data (8 bytes, little-endian), its checksum (4), the data, their checksum (4)

where the data are an `Event` and the checksum of bytes b is, modulo 2**32,
((crc >> 15) | (crc << 17)) + 0xA282EAD8 with crc = CRC-32C(b). An `Event` is a protocol buffer; of its fields the
following matter here:

    Event           1 wall_time (double), 2 step (int64), 3 file_version (string), 5 summary
    Summary         1 value (repeated)
    Value           1 tag (string), 2 simple_value (float), 8 tensor, 9 metadata
    metadata        1 plugin_data, in it 1 plugin_name (string)
    TensorProto     1 dtype, 2 shape, 4 tensor_content (bytes), 5 float_val, 6 double_val, 7 int_val, 8 string_val,
                    10 int64_val

Sources: TensorFlow `tensorflow/core/lib/io/record_writer.cc`, `tensorflow/core/util/event.proto`, and
`tensorflow/core/framework/{summary,tensor}.proto`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

__all__ = ["BrokenEventFile", "Scalar", "read_scalars", "text_event", "version_event", "write_records", "write_scalars"]

VERSION = b"brain.Event:2"
"""What the first record of a file says."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MASK_DELTA = 0xA282EAD8
_LARGEST_RECORD = 1 << 31

# Tensor types as TensorFlow numbers them, with the field that holds their values one by one.
_DTYPES: dict[int, tuple[str, int]] = {1: ("<f4", 5), 2: ("<f8", 6), 3: ("<i4", 7), 9: ("<i8", 10)}
_DT_STRING = 7

_CHUNK = 20_000
"""Records put together at once: little memory, whatever the length of the run."""


class BrokenEventFile(ValueError):  # noqa: N818 (says what is the case)
    """The bytes are no event file, or a damaged one; the message names the byte."""


@dataclass(frozen=True)
class Scalar:
    """One logged number, and when it was logged in Unix seconds."""

    tag: str
    step: int
    wall_time: float
    value: float


# -- writing -----------------------------------------------------------------------------------------------------------


def version_event(wall_time: float) -> bytes:
    """The event that a file begins with."""
    return _fixed64(1, wall_time) + _bytes(3, VERSION)


def text_event(wall_time: float, step: int, tag: str, text: str) -> bytes:
    """An event that TensorBoard shows as text, which may be Markdown."""
    plugin = _bytes(1, _bytes(1, b"text"))
    tensor = _key(1, _VARINT) + _varint(_DT_STRING) + _bytes(2, b"") + _bytes(8, text.encode())
    value = _bytes(1, tag.encode()) + _bytes(8, tensor) + _bytes(9, plugin)
    head = _fixed64(1, wall_time) + _key(2, _VARINT) + _varint(step)
    return head + _bytes(5, _bytes(1, value))


def write_records(file: BinaryIO, events: Sequence[bytes]) -> None:
    """Append events, each in a record of its own."""
    for event in events:
        length = struct.pack("<Q", len(event))
        file.write(length + struct.pack("<I", _checksum(length)) + event + struct.pack("<I", _checksum(event)))


def write_scalars(
    file: BinaryIO,
    wall_times: npt.NDArray[np.float64],
    steps: npt.NDArray[np.int64],
    values: Mapping[str, npt.NDArray[Any]],
) -> None:
    """Append an event a step, which holds the step's value of each tag as a float32.

    Args:
        file: An event file, open for writing.
        wall_times: Of each step, in Unix seconds.
        steps: Rising, >= 0.
        values: An array for each tag, as long as `steps`.
    """
    for first in range(0, len(steps), _CHUNK):
        part = slice(first, first + _CHUNK)
        chunk = {tag: array[part] for tag, array in values.items()}
        # Numbers of as many bytes make records of one length, which are put together side by side.
        lengths = np.array([len(_varint(step)) for step in steps[part].tolist()])
        for begin, end in _stretches(lengths):
            rows = _scalar_rows(
                wall_times[part][begin:end],
                steps[part][begin:end],
                {tag: array[begin:end] for tag, array in chunk.items()},
            )
            file.write(_framed_rows(rows).tobytes())


def _stretches(lengths: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    borders = [0, *(np.flatnonzero(np.diff(lengths)) + 1).tolist(), len(lengths)]
    return list(pairwise(borders))


def _scalar_rows(
    wall_times: npt.NDArray[np.float64], steps: npt.NDArray[np.int64], values: Mapping[str, npt.NDArray[Any]]
) -> npt.NDArray[np.uint8]:
    """The events as rows of bytes: an event of zeros, repeated, and the numbers laid over it."""
    digits = len(_varint(int(steps[0])))
    head = _fixed64(1, 0.0) + _key(2, _VARINT)
    summary = b""
    places = []
    for tag in values:
        value = _bytes(1, tag.encode()) + _key(2, _FIXED32) + bytes(4)
        summary += _bytes(1, value)
        places.append(len(summary) - 4)
    event = head + bytes(digits) + _bytes(5, summary)
    rows = np.tile(np.frombuffer(event, np.uint8), (len(steps), 1))
    rows[:, 1:9] = _as_bytes(wall_times, "<f8")
    for digit in range(digits):
        more = 0x80 if digit < digits - 1 else 0
        rows[:, len(head) + digit] = ((steps >> (7 * digit)) & 0x7F) | more
    start = len(event) - len(summary)
    for place, numbers in zip(places, values.values(), strict=True):
        rows[:, start + place : start + place + 4] = _as_bytes(numbers, "<f4")
    return rows


def _framed_rows(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    count, length = rows.shape
    head = struct.pack("<Q", length)
    framed = np.empty((count, length + 16), np.uint8)
    framed[:, :12] = np.frombuffer(head + struct.pack("<I", _checksum(head)), np.uint8)
    framed[:, 12:-4] = rows
    framed[:, -4:] = _as_bytes(_row_checksums(rows), "<u4")
    return framed


def _as_bytes(numbers: npt.NDArray[Any], dtype: str) -> npt.NDArray[np.uint8]:
    with np.errstate(over="ignore"):  # what no float32 can hold becomes infinite in it
        exact = np.ascontiguousarray(numbers, np.dtype(dtype))
    return exact.view(np.uint8).reshape(len(numbers), -1)


def _varint(value: int) -> bytes:
    digits = bytearray()
    value &= (1 << 64) - 1  # negative numbers as two's complement
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _bytes(field: int, data: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(data)) + data


def _fixed64(field: int, value: float) -> bytes:
    return _key(field, _FIXED64) + struct.pack("<d", value)


# -- reading -----------------------------------------------------------------------------------------------------------


def read_scalars(path: Path) -> tuple[list[Scalar], bool]:
    """The scalars of a file in their order, and whether its last record was cut off.

    Both ways to log a scalar are understood: a plain value, and a tensor of one number, as `tf.summary` and Keras'
    TensorBoard callback write it. Histograms, images, texts and graphs are left out. Whoever logs appends, so the last
    record of a training that was cut off may be incomplete.

    Raises:
        BrokenEventFile: A checksum is wrong, or the data are no events.
        OSError: The file cannot be read.
    """
    scalars: list[Scalar] = []
    with path.open("rb") as file:
        records = _records(file)
        for number, (start, data) in enumerate(records):
            if data is None:
                return scalars, True
            try:
                found = _event(data)
            except (ValueError, IndexError, TypeError, AttributeError, struct.error) as error:
                # A field of another type, or one that ends too early.
                raise BrokenEventFile(f"the record at byte {start} is no event: {error}") from error
            if number == 0 and not found and b"brain.Event:" not in data[:64]:
                raise BrokenEventFile("its first record does not say the version of an event file")
            scalars += found
    return scalars, False


def _records(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The place and the data of each record; None for data that are cut off."""
    start = 0
    while head := file.read(12):
        if len(head) < 12:
            yield start, None
            return
        length, checksum = struct.unpack("<QI", head)
        if _checksum(head[:8]) != checksum:
            raise BrokenEventFile(f"the checksum of the length at byte {start} is wrong")
        if length > _LARGEST_RECORD:
            raise BrokenEventFile(f"the record at byte {start} claims {length} bytes")
        data = file.read(length + 4)
        if len(data) < length + 4:
            yield start, None
            return
        if _checksum(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
            raise BrokenEventFile(f"the checksum of the record at byte {start} is wrong")
        yield start, data[:-4]
        start += 16 + length


def _event(data: bytes) -> list[Scalar]:
    wall_time, step, summaries = 0.0, 0, []
    for field, value in _fields(data):
        if field == 1:
            wall_time = struct.unpack("<d", value)[0]
        elif field == 2:
            step = value - (1 << 64) if value >= 1 << 63 else value
        elif field == 5:
            summaries.append(value)
    scalars = []
    for summary in summaries:
        for field, value in _fields(summary):
            if field == 1:
                tag, number = _value(value)
                if number is not None:
                    scalars.append(Scalar(tag, step, wall_time, number))
    return scalars


def _value(data: bytes) -> tuple[str, float | None]:
    tag, number, tensor, plugin = "", None, None, b""
    for field, value in _fields(data):
        if field == 1:
            tag = value.decode()
        elif field == 2:
            number = struct.unpack("<f", value)[0]
        elif field == 8:
            tensor = value
        elif field == 9:
            plugin = next((name for at, part in _fields(value) if at == 1 for i, name in _fields(part) if i == 1), b"")
    if number is None and tensor is not None and plugin in (b"", b"scalars"):
        number = _number(tensor)
    return tag, number


def _number(tensor: bytes) -> float | None:
    """The value of a tensor that holds one number; None for any other."""
    fields = list(_fields(tensor))
    dtype, place = _DTYPES.get(next((value for field, value in fields if field == 1), 0), ("", 0))
    sizes = [size for field, shape in fields if field == 2 for size in _dimensions(shape)]
    if not dtype or any(size != 1 for size in sizes):
        return None
    # As raw bytes, or one by one; a whole number by itself comes as such. None at all stands for a zero.
    for field, value in fields:
        if field == 4 or (field == place and dtype[1] == "f"):
            return float(np.frombuffer(value, dtype)[0])
        if field == place:
            whole = value if isinstance(value, int) else _read_varint(value, 0)[0]
            return float(whole - (1 << 64) if whole >= 1 << 63 else whole)
    return 0.0


def _dimensions(shape: bytes) -> list[int]:
    return [size for field, dim in _fields(shape) if field == 2 for at, size in _fields(dim) if at == 1]


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message with their values: whole numbers as int, all others as bytes."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            size, at = _read_varint(data, at)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(data):
            raise ValueError(f"a field of {size} bytes ends behind it")
        yield key >> 3, data[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        digit = data[at]
        at += 1
        value |= (digit & 0x7F) << shift
        if digit < 0x80:
            return value & ((1 << 64) - 1), at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


# -- checksums ---------------------------------------------------------------------------------------------------------


def _table() -> npt.NDArray[np.uint32]:
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = np.where(crc & 1, (crc >> np.uint32(1)) ^ np.uint32(0x82F63B78), crc >> np.uint32(1))
    return crc


_TABLE = _table()
_PLAIN_TABLE: list[int] = _TABLE.tolist()


def _checksum(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _PLAIN_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _row_checksums(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """The checksum of each row, all rows at once."""
    crc = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in rows.T:
        crc = _TABLE[(crc ^ column) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    crc ^= np.uint32(0xFFFFFFFF)
    masked: npt.NDArray[np.uint32] = (crc >> np.uint32(15) | crc << np.uint32(17)) + np.uint32(_MASK_DELTA)
    return masked
