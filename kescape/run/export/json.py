"""JSON: the whole run in one file, as RFC 8259 has it: a number that is not finite becomes null."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from kescape.run.reader import Run

_CHUNK = 50_000


def write_json(run: Run, path: Path) -> None:
    """Write settings, plan, edits, events, verdicts on restarts, ensembles, epochs and curves of a run.

    "escapes" holds each `kescape.evidence.escape.Escape` by the names of its fields, "ensembles" each
    `kescape.evidence.ensemble_score.EnsembleRow`; both are empty where nobody looked.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write("{\n")
        for key, value in _facts(run).items():
            file.write(f"{json.dumps(key)}: {_text(value)},\n")
        file.write('"curves": {')
        for number, (name, values) in enumerate(run.curves().items()):
            file.write(f"{',' if number else ''}\n{json.dumps(name)}: ")
            _write_array(file, values)
        file.write("\n}\n}\n")


def json_head(run: Run, values: int = 5) -> str:
    """What `write_json` writes, but only so many values of each curve, in lines for people."""
    curves = []
    for name, numbers in run.curves().items():
        shown = _text(_plain(numbers[:values]))
        curves.append(f"    {json.dumps(name)}: " + (f"{shown[:-1]}, …]" if len(numbers) > values else shown))
    facts = json.dumps(finite(_facts(run)), ensure_ascii=False, allow_nan=False, indent=2)
    return facts.removesuffix("\n}") + ',\n  "curves": {\n' + ",\n".join(curves) + "\n  }\n}\n"


def json_size(run: Run) -> int:
    """About how many bytes `write_json` writes, from some of the numbers of each curve."""
    size = len(_text(_facts(run)).encode())
    for numbers in run.curves().values():
        middle = max(0, (len(numbers) - _CHUNK) // 2)
        sample = _plain(numbers[middle : middle + _CHUNK])
        size += round(len(_text(sample)) * len(numbers) / max(1, len(sample)))
    return size


def _facts(run: Run) -> dict[str, Any]:
    """All but the curves."""
    return {
        "name": run.name,
        "created": dt.datetime.fromtimestamp(run.created, dt.UTC).isoformat(),
        "status": str(run.status),
        "error": run.error,
        "config": run.config,
        "plan": None if run.plan is None else run.plan.to_dict(),
        "steps_per_epoch": run.steps_per_epoch,
        "edits": [dataclasses.asdict(edit) for edit in run.plan_edits()],
        "sessions": [_session(session) for session in run.sessions],
        "columns": [dataclasses.asdict(column) for column in run.columns],
        "events": [dataclasses.asdict(event) for event in run.events()],
        "escapes": [dataclasses.asdict(row) for row in run.escapes()],
        "ensembles": [dataclasses.asdict(row) for row in run.ensembles()],
        "epochs": [
            {"epoch": row.epoch, "last_step": row.last_step, "time": row.time, **row.values} for row in run.epochs()
        ],
    }


def _session(session: Any) -> dict[str, Any]:
    facts = dataclasses.asdict(session)
    plan = facts.pop("plan_json")
    return {**facts, "plan": None if plan is None else json.loads(plan)}


def _write_array(file: TextIO, values: npt.NDArray[Any]) -> None:
    """Write an array in pieces, so that a long run needs little memory."""
    file.write("[")
    for first in range(0, len(values), _CHUNK):
        file.write(", " if first else "")
        file.write(_text(_plain(values[first : first + _CHUNK]))[1:-1])
    file.write("]")


def _plain(values: npt.NDArray[Any]) -> list[Any]:
    numbers: list[Any] = values.astype(np.float64 if values.dtype.kind == "f" else np.int64).tolist()
    return numbers


def _text(value: Any) -> str:
    return json.dumps(finite(value), ensure_ascii=False, allow_nan=False)


def finite(value: Any) -> Any:
    """With null for every number that is not finite, in lists and dictionaries, too."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
