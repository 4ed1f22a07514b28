"""The report of a comparison as text, Markdown, JSON, CSV or a figure. No Keras and no Qt."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kescape.compare.figure import write_figure
from kescape.compare.outcome import Outcome
from kescape.compare.report import Anytime, ArmReport, Interval, PairReport, Report
from kescape.compare.report_words import counted, figure, interval, measure_in_words, repeats_in_words
from kescape.run.errors import ExportError
from kescape.run.export.json import finite
from kescape.run.export.options import FigureOptions
from kescape.run.export.registry import whole_file
from kescape.run.folder import expanded

__all__ = ["SUFFIXES", "as_csv", "as_json", "as_markdown", "as_text", "check_suffix", "write_report"]

_COLUMNS = 80
_FEWEST_COLUMNS = 12
"""Of the names of arms, however long the numbers are."""
_EPOCH_DIGITS = 9
_NULL = "infinite (diverged, not reached, without a bound) or not known yet"


def as_text(report: Report) -> str:
    """The report for a terminal or a letter, in lines of at most 80 columns where its numbers leave room."""
    head, *rows = _table(report)
    numbers = [max(len(row[column]) for row in (head, *rows)) for column in range(1, len(head))]
    room = max(_FEWEST_COLUMNS, _COLUMNS - sum(numbers) - 2 * len(numbers))
    titles = [textwrap.wrap(row[0], room) for row in (head, *rows)]
    widest = max(len(line) for lines in titles for line in lines)
    table = []
    for (first, *more), row in zip(titles, (head, *rows), strict=True):
        cells = (f"  {cell:>{width}}" for cell, width in zip(row[1:], numbers, strict=True))
        table += [f"{first:<{widest}}{''.join(cells)}".rstrip(), *more]
    parts = [_wrapped(f"{report.name}: {_about(report)}"), _wrapped(report.summary), "\n".join(table)]
    for title, sentences in _lists(report):
        parts.append("\n".join([f"{title}:", *(_wrapped(sentence, "- ") for sentence in sentences)]))
    return "\n\n".join(parts) + "\n"


def as_markdown(report: Report) -> str:
    """The report with a table and lists in Markdown."""
    head, *rows = _table(report)
    lines = [_row(head), f"| --- |{' ---: |' * (len(head) - 1)}", *(_row(row) for row in rows)]
    parts = [f"# {report.name}", f"{_about(report)}", report.summary, "\n".join(lines)]
    for title, sentences in _lists(report):
        parts += [f"## {title}", "\n".join(f"- {sentence}" for sentence in sentences)]
    return "\n\n".join(parts) + "\n"


def as_json(report: Report) -> str:
    """All of it, as RFC 8259 has it: a number that is infinite or not known is null.

    `settings` are those that all arms share; those of an arm are the varied ones. A seed stands for a run in `finals`
    (of an arm) and in `differences` (of a pair); one that does not count is not among them.
    """
    comparison = report.comparison
    facts = {
        "name": report.name,
        "measure": report.measure,
        "target": report.target,
        "epochs": comparison.base.epochs,
        "repeats": comparison.repeats,
        "seeds": list(comparison.seeds),
        "settings": {
            name: value for name, value in comparison.base.model_dump().items() if name not in comparison.varied
        },
        "varied": {name: list(values) for name, values in comparison.varied.items()},
        "halving": comparison.halving,
        "complete": report.is_complete,
        "summary": report.summary,
        "arms": [_arm_facts(arm) for arm in report.arms],
        "ranking": [arm.arm.name for arm in report.ranking],
        "pairs": [_pair_facts(pair) for pair in report.pairs],
        "notes": list(report.notes),
        "null": _NULL,
    }
    return json.dumps(finite(facts), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(report: Report) -> str:
    """A row for each run, all numbers with all their digits; `inf` where one diverged or did not reach the target.

    What is not known yet, or is not read by an arm, is empty.
    """
    varied = list(report.comparison.varied)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["arm", *varied, "seed", "run", "state", "steered", "epochs", "final", "epochs_to_target"])
    for arm in report.arms:
        for outcome in arm.outcomes:
            settings = [_cell(arm.settings[name]) if name in arm.settings else "" for name in varied]
            writer.writerow([arm.arm.name, *settings, *_run_cells(arm, outcome, report.target)])
    return file.getvalue()


_TEXTS = {".json": as_json, ".csv": as_csv, ".md": as_markdown, ".txt": as_text}

SUFFIXES = (*_TEXTS, ".png", ".svg", ".pdf")
"""Of the files that a report can be written to."""


def check_suffix(path: str | Path) -> str:
    """The suffix of a file for a report.

    Raises:
        ExportError: A report is not written to such files.
    """
    suffix = expanded(path).suffix.lower()
    if suffix not in SUFFIXES:
        *others, last = SUFFIXES
        raise ExportError(
            f"output must end with {', '.join(others)} or {last}, because these can be written; got {str(path)!r}"
        )
    return suffix


def write_report(report: Report, path: str | Path, options: FigureOptions | None = None) -> Path:
    """Write a report to `path`, which appears whole or not at all; returns the path.

    Args:
        report: What is written.
        path: The file, whose suffix says which kind; an existing one is replaced.
        options: How a figure looks; by default as on a page.

    Raises:
        ExportError: The suffix is none of `SUFFIXES`, or there is nothing to draw yet.
        ExportUnwritable: The file cannot be written.
    """
    suffix = check_suffix(path)
    path = expanded(path).absolute()
    with whole_file(path) as temporary:
        if suffix in _TEXTS:
            temporary.write_text(_TEXTS[suffix](report), encoding="utf-8", newline="")
        else:
            write_figure(report, temporary, suffix.removeprefix("."), options)
    return path


def _about(report: Report) -> str:
    base = report.comparison.base
    epochs = counted(base.epochs, "epoch")
    return f"{measure_in_words(report.measure)}, {epochs} of {base.dataset}, {repeats_in_words(report)}"


def _table(report: Report) -> list[list[str]]:
    """A head and a row for each arm, best first."""
    left = any(arm.left_behind_at is not None for arm in report.arms)
    head = ["arm", "runs", "median", "95 % interval", *(["epochs"] if left else [])]
    if report.target is not None:
        head.append(f"epochs to {figure(report.target)}")
    rows = []
    for arm in report.ranking:
        row = [arm.title, f"{arm.n}/{arm.of}", *_median_cells(arm.final), *([str(arm.epochs)] if left else [])]
        if report.target is not None:
            row.append(_epochs_cell(arm))
        rows.append(row)
    return [head, *rows]


def _median_cells(values: Interval | None) -> tuple[str, str]:
    if values is None:
        return "", ""
    has_none = values.low == -math.inf and values.high == math.inf
    return figure(values.median), "" if has_none else f"{figure(values.low)} to {figure(values.high)}"


def _epochs_cell(arm: ArmReport) -> str:
    if arm.epochs_to_target is None:
        return ""
    if not arm.reached:
        return "not reached"
    median, low, high = arm.epochs_to_target
    words = figure(median, _EPOCH_DIGITS) if low == high else interval(arm.epochs_to_target, _EPOCH_DIGITS)
    return words if arm.reached == arm.n else f"{words}, {arm.reached} of {arm.n}"


def _lists(report: Report) -> Iterable[tuple[str, Sequence[str]]]:
    lists = [("Pairs", [pair.sentence for pair in report.pairs]), ("Notes", report.notes)]
    return [(title, sentences) for title, sentences in lists if sentences]


def _wrapped(sentence: str, bullet: str = "") -> str:
    return textwrap.fill(sentence, _COLUMNS, initial_indent=bullet, subsequent_indent=" " * len(bullet))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _arm_facts(arm: ArmReport) -> dict[str, Any]:
    return {
        "name": arm.arm.name,
        "title": arm.title,
        "settings": arm.settings,
        "n": arm.n,
        "of": arm.of,
        **_interval_facts(arm.final, "median"),
        "diverged": arm.diverged,
        "epochs": arm.epochs,
        "left_behind_at": arm.left_behind_at,
        "runs": list(arm.runs),
        "finals": arm.finals,
        "epochs_to_target": {**_interval_facts(arm.epochs_to_target, "median"), "reached": arm.reached},
        "anytime": {field.name: getattr(arm.anytime, field.name).tolist() for field in dataclasses.fields(Anytime)},
    }


def _pair_facts(pair: PairReport) -> dict[str, Any]:
    return {
        "arm": pair.arm.name,
        "control": pair.control.name,
        "setting": pair.setting,
        "values": list(pair.values),
        "epochs": pair.epochs,
        "n": pair.n,
        **_interval_facts(pair.difference, "difference"),
        "better": pair.better,
        "worse": pair.worse,
        "chance": pair.chance,
        "verdict": pair.verdict,
        "sentence": pair.sentence,
        "differences": pair.differences,
    }


def _interval_facts(values: Interval | None, median: str) -> dict[str, float | None]:
    middle, low, high = values or (None, None, None)
    return {median: middle, "low": low, "high": high}


def _run_cells(arm: ArmReport, outcome: Outcome, target: float | None) -> list[object]:
    seed, progress = outcome.job.seed, outcome.progress
    final = arm.finals.get(seed)
    ended = final is not None and target is not None
    return [
        seed,
        outcome.job.name,
        str(progress.state),
        _cell(outcome.steered),
        progress.epochs,
        "" if final is None else repr(final),
        repr(outcome.epochs_to(target)) if ended and target is not None else "",
    ]


def _cell(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)
