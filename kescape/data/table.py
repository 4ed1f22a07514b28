"""Reads a table strictly: every line has as many cells as the header, every cell is what its column is.

A column becomes numbers (Float64; a truth value 0 or 1, a date the days since 1970) or text, with null where a value is
missing. Nothing here knows what a column is used for.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from kescape.data.errors import DataError
from kescape.data.memory import MOST_BYTES
from kescape.data.words import counted, reason_of, shown

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MISSING", "ColumnKind", "Table", "as_kind", "column_names", "read_head", "read_table"]

ColumnKind = Literal["number", "boolean", "date", "text", "other"]
"""What the values of a column are; other: lists, bytes and the like, which no cell of a CSV file holds."""

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "?")
"""Cells that stand for a missing value. "None" does not: it may well be a class."""

_TOO_LARGE = 3
"""How the child that decodes a Parquet file first says that there are too many rows."""

_DATE = re.compile(r"\d{4}([-/])\d\d?\1\d\d?([ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?|\d\d?\.\d\d?\.\d{4}")
_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y")
_TIME_FORMATS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f")


@dataclass(frozen=True)
class Table:
    """A table that has been read."""

    frame: pl.DataFrame
    """Float64 columns for numbers, truth values and dates; String columns for text; others as they were."""
    kinds: dict[str, ColumnKind]
    """What each column holds."""
    notes: tuple[str, ...]
    """What the reader had to decide, in sentences."""


def read_table(path: Path) -> Table:
    """Read a CSV, TSV or Parquet file.

    Raises:
        DataError: It cannot be read; the sentence names the line where there is one.
    """
    if path.suffix.lower() == ".parquet":
        frame, notes = _read_parquet(path), list[str]()
    else:
        frame, notes = _read_csv(path)
    kinds: dict[str, ColumnKind] = {}
    columns = []
    for column in frame.get_columns():
        kinds[column.name], converted = _understood(column)
        columns.append(converted)
    return Table(frame.with_columns(columns), kinds, tuple(notes))


def read_head(path: Path, rows: int) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The names of the columns, and the first rows as they are written; of a file that `read_table` can read."""
    import polars as pl

    with path.open("rb") as file:
        if path.suffix.lower() == ".parquet":
            frame = pl.read_parquet(file, n_rows=rows)
        else:
            frame = _parsed(file, _look_at(path), rows)
    cells = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in frame.rows())
    return tuple(frame.columns), cells


def column_names(path: Path) -> tuple[str, ...]:
    """The columns of a CSV, TSV or Parquet file in their order, from its head alone.

    Raises:
        DataError: It cannot be read, or what it begins with names no columns.
    """
    if path.suffix.lower() != ".parquet":
        return tuple(_look_at(path).names)
    import polars as pl

    try:
        with path.open("rb") as file:
            return tuple(pl.read_parquet_schema(file))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{path} is not a Parquet file: {reason_of(error)}") from None


def as_kind(column: pl.Series, kind: ColumnKind) -> pl.Series:
    """A column's raw values as what the column is known to hold: null where a cell is missing.

    Raises:
        DataError: A cell is something else; the sentence names the column and the row, counted from 1.
    """
    import polars as pl

    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if column.dtype == pl.String:
        column = _without_missing(column)
    if kind == "text":
        return column.cast(pl.String)
    converted = _as_numbers(column, kind)
    bad = column.is_not_null() & converted.is_null()
    if column.dtype.is_float():
        bad &= column.is_finite()
    if bad.any():
        row = int(bad.arg_true()[0])
        what = {"number": "a number", "boolean": "true or false", "date": "a date"}[kind]
        raise DataError(
            f"column {column.name!r} must hold {what} in each row; got {shown(column[row])} in row {row + 1}"
        )
    return converted


def _understood(column: pl.Series) -> tuple[ColumnKind, pl.Series]:
    import polars as pl

    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    kind = _kind_by_type(column)
    if kind is not None:
        return kind, column if kind == "other" else as_kind(column, kind)
    cells = _without_missing(column)
    there = cells.drop_nulls()
    for candidate in _candidates(there):
        converted = _as_numbers(cells, candidate)
        # Infinite numbers count as missing, which a cast that failed must not be taken for.
        if (cells.is_null() | converted.is_not_null() | _is_infinite(cells)).all():
            return candidate, converted
    return "text", cells


def _kind_by_type(column: pl.Series) -> ColumnKind | None:
    """What a column's type says it is; None for text, which has to be looked at."""
    import polars as pl

    if column.dtype == pl.String:
        return None
    if column.dtype == pl.Boolean:
        return "boolean"
    if column.dtype.is_numeric() or column.dtype == pl.Null:
        return "number"
    return "date" if column.dtype in (pl.Date, pl.Datetime) else "other"


def _candidates(cells: pl.Series) -> Iterator[ColumnKind]:
    """What a text column may be, judged by its first cell; an empty column is numbers."""
    first = str(cells[0]) if len(cells) else "0"
    if first.lower() in ("true", "false"):
        yield "boolean"
    elif _DATE.fullmatch(first):
        yield "date"
    else:
        yield "number"


def _without_missing(cells: pl.Series) -> pl.Series:
    """Text without the blanks around it, and null for what stands for a missing value."""
    import polars as pl

    stripped = cells.str.strip_chars()
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
    return stripped.zip_with(~stripped.is_in(list(MISSING)), nothing)


def _as_numbers(column: pl.Series, kind: ColumnKind) -> pl.Series:
    """Float64, with null for what cannot be one."""
    import polars as pl

    if kind == "boolean" and column.dtype == pl.String:
        words = column.str.to_lowercase()
        numbers = words.replace_strict({"true": 1.0, "false": 0.0}, default=None, return_dtype=pl.Float64)
    elif kind == "date":
        numbers = _days(column)
    else:
        numbers = column.cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite(), None)


def _is_infinite(cells: pl.Series) -> pl.Series:
    import polars as pl

    return cells.cast(pl.Float64, strict=False).is_infinite().fill_null(value=False)


def _days(column: pl.Series) -> pl.Series:
    """Dates as days since 1970, with fractions for the time of day."""
    import polars as pl

    microseconds = 86_400_000_000
    if column.dtype.is_numeric():  # days already
        return column.cast(pl.Float64)
    if column.dtype != pl.String:
        return column.cast(pl.Datetime("us")).cast(pl.Int64) / microseconds
    cells = column.str.replace("T", " ", literal=True).str.strip_suffix("Z")
    days = pl.Series(column.name, [None], dtype=pl.Float64).new_from_index(0, len(column))
    for date, time in itertools.product(_DATE_FORMATS, _TIME_FORMATS):
        if days.null_count() == cells.null_count():
            break
        if time:
            parsed = cells.str.to_datetime(date + time, time_unit="us", strict=False)
        else:
            parsed = cells.str.to_date(date, strict=False).cast(pl.Datetime("us"))
        days = days.fill_null(parsed.cast(pl.Int64) / microseconds) if parsed.null_count() < len(parsed) else days
    return days


_DECODE = """
import sys, polars
try:
    with open(sys.argv[1], "rb") as file:
        table = polars.scan_parquet(file)
        rows, columns = table.select(polars.len()).collect().item(), len(table.collect_schema())
        if 4 * rows * columns > int(sys.argv[2]):
            print(f"{rows:,} rows of {columns:,} columns")
            sys.exit(3)
        table.collect()
except polars.exceptions.PolarsError as error:
    print(str(error).splitlines()[0].removeprefix("parquet: ").removeprefix("File out of specification: ").rstrip("."))
    sys.exit(1)
"""


def _read_parquet(path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        with path.open("rb") as file:
            file.read(1)
            # A broken file can end the process that decodes it: a child goes first.
            child = subprocess.run(
                [sys.executable, "-P", "-c", _DECODE, path, str(MOST_BYTES)],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if child.returncode == _TOO_LARGE:
                raise DataError(f"{path} is too large to be kept in memory: it has {child.stdout.strip()}")
            if child.returncode:
                raise DataError(f"{path} is not a whole Parquet file: {child.stdout.strip() or 'it cannot be decoded'}")
            file.seek(0)
            return pl.read_parquet(file)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


def _read_csv(path: Path) -> tuple[pl.DataFrame, list[str]]:
    import polars as pl

    form = _look_at(path)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise DataError(
            f"{path} is too large to be kept in memory: it has {size / 2**30:.1f} GiB, and at most "
            f"{MOST_BYTES / 2**30:.0f} GiB are read"
        )
    try:
        with path.open("rb") as file:
            frame = _parsed(file, form)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except pl.exceptions.PolarsError as error:
        raise DataError(_what_is_wrong(path, form) or f"{path} is not a CSV file: {reason_of(error)}") from None
    if frame.width != len(form.names):
        raise DataError(_what_is_wrong(path, form) or f"{path} has {frame.width} columns, but {len(form.names)} names")
    # A line that is too short is filled up with nothing, so that its last cell is missing.
    if frame[:, -1].null_count():
        wrong = _what_is_wrong(path, form) if _has_quotes(path) else _uneven_line(path, form)
        if wrong:
            raise DataError(wrong)
    notes = []
    if frame.width > 1 and not frame.columns[-1] and frame[:, -1].null_count() == len(frame):
        frame = frame[:, :-1]
        notes.append("The last column has neither name nor values, and is left out.")
    if not form.has_header:
        notes.append(
            f"The first line holds values, no names: the columns are called {form.names[0]} to {form.names[-1]}."
        )
    if form.separator == ";" and form.decimal_comma:
        frame = frame.with_columns(pl.all().str.replace(r"^(\s*[+-]?\d*),(\d+\s*)$", "$1.$2"))
        notes.append("Numbers are written with a decimal comma.")
    blank = frame.select(pl.all_horizontal(pl.all().is_null()).alias("")).to_series()
    if blank.any() and frame.width > 1:
        frame = frame.filter(~blank)
        notes.append(f"{counted(int(blank.sum()), 'blank line')} left out.")
    return frame, notes


def _parsed(file: IO[bytes], form: _Form, rows: int | None = None) -> pl.DataFrame:
    """Each cell as it is written: what a column holds is decided when all of it has been seen."""
    import polars as pl

    return pl.read_csv(
        file,
        has_header=form.has_header,
        new_columns=form.names,
        separator=form.separator,
        eol_char=form.line_end,
        infer_schema=False,
        truncate_ragged_lines=False,
        n_rows=rows,
    )


@dataclass(frozen=True)
class _Form:
    """How a CSV file is written."""

    names: list[str]
    has_header: bool
    separator: str
    line_end: str
    decimal_comma: bool


_SAMPLE = 65_536
"""Bytes that are looked at to see how a file is written."""


def _look_at(path: Path) -> _Form:
    try:
        with path.open("rb") as file:
            raw = file.read(_SAMPLE)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{path} cannot be read: {reason}") from None
    if not raw.strip():
        raise DataError(f"{path} is empty")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path} is text in UTF-16; save it as UTF-8")
    if b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise DataError(f"{path} is not a text file: it has a zero byte in line {line}")
    whole = len(raw) < _SAMPLE
    if not whole:
        raw = raw[: raw.rfind(b"\n") + 1] or raw
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not whole and error.start > len(raw) - 4:  # a letter that the sample cuts in two
            text = raw[: error.start].decode("utf-8-sig")
        else:
            raise DataError(_not_utf8(path, raw, error.start)) from None
    line_end = "\r" if "\r" in text and "\n" not in text else "\n"
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    first = text.partition("\n")[0]
    separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t|", key=first.count)
    try:
        lines = list(itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 100))
    except csv.Error as error:
        raise DataError(f"{path} is not a CSV file: {error}") from None
    header = [name.strip() for name in lines[0]]
    body = [line for line in lines[1:] if len(line) == len(header)]
    has_header = not _holds_values(header, body)
    names = header if has_header else [f"column_{i + 1}" for i in range(len(header))]
    _check_names(path, names)
    cells = [cell for line in body for cell in line]
    decimal_comma = any(re.fullmatch(r"\s*[+-]?\d*,\d+\s*", cell) for cell in cells)
    return _Form(names, has_header, separator, line_end, decimal_comma)


def _holds_values(header: list[str], body: list[list[str]]) -> bool:
    """Whether the first line is a row like the others, not their names.

    It is if a number stands over every column of numbers; but years, or 0, 1, 2 ..., may well be names: whole numbers
    that all differ are.
    """
    columns = zip(*body, strict=True) if body else [()] * len(header)
    numbers = [name for name, cells in zip(header, columns, strict=True) if all(map(_is_number, cells))]
    if not numbers or not all(map(_is_number, numbers)):
        return False
    return not (all(name.isdigit() for name in numbers) and len(set(numbers)) == len(numbers) > 1)


def _check_names(path: Path, names: list[str]) -> None:
    for i, name in enumerate(names):
        first = names.index(name)
        if first < i:
            raise DataError(
                f"{path}, line 1: the names of columns must differ, because the target is found by name; "
                f"columns {first + 1} and {i + 1} are both called {name!r}"
            )


def _what_is_wrong(path: Path, form: _Form) -> str | None:
    """The first line of a CSV file that is not like its header, as a sentence; None if there is none."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(path, raw, error.start)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=form.separator, strict=True)
    begins = 1
    try:
        for row in rows:
            if row and len(row) != len(form.names):
                return _uneven(path, begins, len(row), form)
            begins = rows.line_num + 1
    except csv.Error as error:
        return f"{path}, line {begins}: the quotes do not match ({error})"
    for number, line in enumerate(text.split(form.line_end), start=1):
        if line.count('"') % 2:
            return f"{path}, line {number}: the quotes do not match; a quote inside a cell is written twice"
    return None


def _has_quotes(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b'"' in piece for piece in iter(lambda: file.read(1 << 20), b""))


def _uneven_line(path: Path, form: _Form) -> str | None:
    """As `_what_is_wrong`, a hundred times as fast, for a file without quotes that polars has read."""
    with path.open("rb") as file:
        whole = _Form(["line"], has_header=False, separator="\x1f", line_end=form.line_end, decimal_comma=False)
        lines = _parsed(file, whole).to_series()
    cells = lines.str.count_matches(form.separator, literal=True) + 1
    uneven = (cells != len(form.names)).fill_null(value=False) & (lines.str.strip_chars() != "")
    first = uneven.arg_max() if uneven.any() else None
    return None if first is None else _uneven(path, first + 1, int(cells[first]), form)


def _uneven(path: Path, line: int, cells: int, form: _Form) -> str:
    width = len(form.names)
    few = "only " if cells < width else ""
    return f"{path}, line {line}: has {few}{counted(cells, 'cell')}, but the first line has {width}"


def _not_utf8(path: Path, raw: bytes, at: int) -> str:
    line = raw[:at].count(b"\n") + 1
    return f"{path}, line {line}: is not text in UTF-8 (byte 0x{raw[at]:02x}); save the file as UTF-8"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
