"""Tables, arrays, models and commands with something wrong in them, from seeds."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from random import Random

import numpy as np
import polars as pl

from tests.faults.damage import damaged
from tests.faults.whole_files import table

_WORDS = (
    "",
    "NaN",
    "inf",
    "1e999",
    "1,5",
    "0x1F",
    "yes",
    "☃",
    "x" * 5000,
    "1" * 400,
    "\x00",
    '"',
    "-",
    "'",
    "=1+1",
    " ",
)


def malformed_table(chance: Random) -> tuple[str, bytes]:
    """A suffix and a file: a table with something wrong in it."""
    rows = table()
    kind = chance.choice(("bytes", "bytes", "parquet", "ragged", "cells", "heading", "rows", "quotes", "separator"))
    if kind == "parquet":
        packed = io.BytesIO()
        pl.DataFrame(rows[1:], schema=rows[0], orient="row").write_parquet(packed)
        return ".parquet", damaged(packed.getvalue(), chance)
    if kind == "ragged":
        row = rows[chance.randrange(len(rows))]
        row[:] = chance.choice((row[:-1], [*row, "more"], row[:1], [*row, *row]))
    elif kind == "cells":
        column, word = chance.randrange(4), chance.choice(_WORDS)
        for row in rows[1 : None if chance.random() < 0.5 else chance.randrange(2, 10)]:
            row[column] = word
    elif kind == "heading":
        rows[0] = chance.choice(
            ([], ["a"] * 4, ["", "", "", ""], ["kind"] * 4, ["a", "b", "c"], rows[1], ["x" * 9000] * 4)
        )
    elif kind == "rows":
        rows = chance.choice((rows[:1], rows[:2], [], [[cell] for cell in rows[0]], [row[3:] for row in rows]))
    elif kind == "quotes":
        rows[chance.randrange(len(rows))][chance.randrange(4)] = chance.choice(('"', '"open', 'mid"dle', '""x', '"a"b'))
    separator = chance.choice((";", "|", "\t", " ")) if kind == "separator" else ","
    data = "\n".join(separator.join(row) for row in rows).encode()
    return ".csv", damaged(data, chance) if kind == "bytes" and data else data


def malformed_arrays(chance: Random) -> tuple[str, bytes]:
    """A suffix and a file: arrays with something wrong in them."""
    generator = np.random.default_rng(chance.randrange(1 << 30))
    content = {"x": generator.normal(size=(60, 5)).astype("f4"), "y": np.arange(60) % 3}
    kind = chance.choice(("bytes", "bytes", "names", "shapes", "kinds", "values", "members"))
    if kind == "names":
        content = {
            chance.choice(("x", "X_", "data", "a")): content["x"],
            chance.choice(("b", "labels_", "c")): content["y"],
        }
    elif kind == "shapes":
        x, y = content["x"], content["y"]
        content = chance.choice(
            ({"x": x, "y": y[:-1]}, {"x": x[:0], "y": y[:0]}, {"x": x[0, 0], "y": y}, {"x": x, "y": y[:, None, None]},
             {"x": x[:, :0], "y": y}, {"x": x[:1], "y": y[:1]}, {"x": x, "y": np.zeros((60, 0))})
        )  # fmt: skip
    elif kind == "kinds":
        name = chance.choice(("x", "y"))
        shape = content[name].shape
        content[name] = chance.choice(
            (np.full(shape, "text"), np.full(shape, 1j), np.zeros(shape, "M8[s]"), np.zeros(shape, "V8"),
             np.zeros(shape, [("a", "f4"), ("b", "i4")]), np.full(shape, b"bytes"))
        )  # fmt: skip
    elif kind == "values":
        content[chance.choice(("x", "y"))].flat[chance.randrange(60)] = 0
        content["x"][chance.randrange(60)] = chance.choice((np.nan, np.inf, -np.inf))
        if chance.random() < 0.5:
            content["y"] = chance.choice((content["y"] * 0, content["y"] - 7, np.full(60, np.nan), np.full(60, 2**62)))
    packed = io.BytesIO()
    np.savez(packed, **content)
    data = packed.getvalue()
    if kind == "members":
        data = _with_other_members(data, chance)
    return ".npz", damaged(data, chance) if kind == "bytes" else data


def malformed_model(whole: bytes, chance: Random) -> tuple[str, bytes]:
    """A suffix and a file: a `.keras` file with something wrong in it."""
    kind = chance.choice(("bytes", "members", "config", "config", "text"))
    if kind == "bytes":
        return ".keras", damaged(whole, chance)
    if kind == "members":
        return ".keras", _with_other_members(whole, chance)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    if kind == "text":
        members["config.json"] = damaged(members["config.json"], chance)
    else:
        config = json.loads(members["config.json"])
        _meddle(config, chance)
        members["config.json"] = json.dumps(config).encode()
    return ".keras", _zipped(members)


def malformed_command(session: str, chance: Random) -> bytes:
    """A file for the folder of commands, with something wrong in it."""
    message = {"id": "a" * 32, "session": session, "command": "stop", "args": {}, "sent": 1.7e9}
    kind = chance.choice(("bytes", "missing", "value", "value", "command", "args"))
    if kind == "bytes":
        return damaged(json.dumps(message).encode(), chance)
    wrong = (None, True, -1, 1e400, "", "x" * 200, [], [1], {}, {"a": 1}, "\ud800", 10**400, "explode", float("nan"))
    if kind == "missing":
        del message[chance.choice(list(message))]
    elif kind == "value":
        message[chance.choice(list(message))] = chance.choice(wrong)
    elif kind == "command":
        message["command"] = chance.choice(("STOP", "stop ", "rm -rf", "eta_max", "note", "__init__"))
    else:
        message["command"] = chance.choice(("eta_max", "note", "restart", "stop", "pause"))
        message["args"] = chance.choice(
            ({"value": -1}, {"value": "high"}, {"value": None}, {"text": 5}, {"text": ""}, {"text": "x" * 50_000},
             {"eta_max": 0}, {"eta_max": [1]}, {"more": 1}, {"value": 10**400}, {"value": True}, {"text": "\ud800"})
        )  # fmt: skip
    return json.dumps(message).encode("utf-8", "surrogatepass")


def _meddle(config: object, chance: Random) -> None:
    """Change one place somewhere in a tree of dictionaries and lists."""
    places: list[tuple[object, object]] = []

    def walk(node: object) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in items:
            places.append((node, key))
            walk(value)

    walk(config)
    node, key = chance.choice(places)
    if chance.random() < 0.3 and isinstance(node, dict):
        del node[key]
    else:
        node[key] = chance.choice(
            (None, -1, 0, "nonsense", [], {}, [[]], {"class_name": "Lambda"}, True, 1e300, "x" * 999)
        )


def _with_other_members(data: bytes, chance: Random) -> bytes:
    """A zip with a member less, renamed, twice, or broken inside."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = chance.choice(list(members))
    what = chance.choice(("less", "renamed", "broken", "empty", "none", "outside"))
    if what == "broken":
        members[name] = damaged(members[name], chance)
    elif what == "empty":
        members[name] = b""
    elif what == "none":
        members = {}
    elif what != "outside":
        content = members.pop(name)
        if what == "renamed":
            members[f"{name}.bak"] = content
    if what == "outside":
        members["../outside"] = b"x"
    return _zipped(members)


def _zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def whole_bytes(path: Path) -> bytes:
    """What a whole file holds, and the file gone."""
    data = path.read_bytes()
    path.unlink()
    return data
