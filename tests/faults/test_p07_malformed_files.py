"""P7: malformed files are refused in a clear sentence that names file, line or field: code 2, nothing written.

Not every file that is broken from a seed is malformed: a bit flipped in a comment harms nobody. What is taken as whole
is counted apart; what is refused must be refused well, and nothing may escape either way.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from kescape.config import ConfigError, RunConfig
from kescape.run.commands import CommandInbox
from kescape.run.folder import COMMANDS, DATABASE
from kescape.run.writer import RunWriter
from tests.faults.broken_runs import COLUMNS, broken_run, whole_run
from tests.faults.command_line import Answer, kescape
from tests.faults.malformed_files import (
    malformed_arrays,
    malformed_command,
    malformed_model,
    malformed_table,
    whole_bytes,
)
from tests.faults.malformed_settings import malformed_settings
from tests.faults.report import Report
from tests.faults.whole_files import keras_file

SLOW_SECONDS = 20.0
"""Who waits longer for a refusal will think that it hangs; the machine may be busy."""

MOST_TRIES = 6
"""So many files are broken, at the most, for each one that is malformed."""


@dataclass
class Kind:
    """One kind of files.

    Attributes:
        name: As people call it.
        refused: So many were malformed, and were refused.
        whole: So many could be read after all.
        slowest: Seconds that one of them took at the most.
    """

    name: str
    refused: int = 0
    whole: int = 0
    slowest: float = 0.0
    flaws: list[str] = field(default_factory=list)


def check(folder: Path, full: bool) -> Report:
    """Hand malformed files of every kind to the command line, and to an inbox of commands."""
    report = Report("P7", "malformed files of every kind, from seeds")
    wanted = 1000 if full else 40
    nowhere = folder / "runs"
    kinds = [
        _try("TOML", wanted, _settings(folder, nowhere)),
        _try("CSV and Parquet", wanted, _data(folder, nowhere, malformed_table)),
        _try("NPZ", wanted, _data(folder, nowhere, malformed_arrays)),
        _try(".keras", wanted, _models(folder, nowhere)),
        _try("run.db", wanted, _runs(folder)),
        _try_commands(folder, wanted),
    ]
    for kind in kinds:
        for flaw in kind.flaws:
            report.expect(False, f"{kind.name}, {flaw}")
        report.expect(kind.refused >= wanted, f"{kind.name}: of {wanted} wanted {kind.refused} were refused")
        report.expect(kind.slowest < SLOW_SECONDS, f"{kind.name}: one took {kind.slowest:.1f} s")
    report.expect(not nowhere.exists(), f"a runs folder was made: {nowhere}")
    refused = ", ".join(f"{kind.refused} {kind.name}" for kind in kinds)
    report.tried = f"{refused} ({sum(kind.whole for kind in kinds)} more were whole after all)"
    report.lost = "nothing written"
    report.worst = f"{1000 * max(kind.slowest for kind in kinds):.0f} ms to refuse one; each in a sentence, code 2"
    return report


Trial = Callable[[int], tuple[Answer, str] | None]
"""Breaks the file of a seed and has it read; the answer and what it must name, or None where it is whole after all."""


def _try(name: str, wanted: int, trial: Trial) -> Kind:
    kind = Kind(name)
    for seed in range(MOST_TRIES * wanted):
        began = time.monotonic()
        result = trial(seed)
        kind.slowest = max(kind.slowest, time.monotonic() - began)
        if result is None:
            kind.whole += 1
            continue
        answer, must_name = result
        flaw = answer.flaw(must_name)
        if flaw is not None:
            kind.flaws.append(f"seed {seed}: {flaw}")
        kind.refused += 1
        if kind.refused == wanted:
            break
    return kind


def _settings(folder: Path, nowhere: Path) -> Trial:
    def trial(seed: int) -> tuple[Answer, str] | None:
        content, _ = malformed_settings(Random(seed))
        file = folder / f"settings {seed}.toml"
        file.write_bytes(content)
        try:
            with contextlib.suppress(ConfigError):
                RunConfig.from_toml(file)
                return None  # or it would be trained
            return kescape("train", str(file), "--runs", str(nowhere)), str(file)
        finally:
            file.unlink()

    return trial


def _data(folder: Path, nowhere: Path, broken: Callable[[Random], tuple[str, bytes]]) -> Trial:
    def trial(seed: int) -> tuple[Answer, str] | None:
        suffix, content = broken(Random(seed))
        file = folder / f"data {seed}{suffix}"
        file.write_bytes(content)
        try:
            looked = kescape("datasets", str(file))
            if looked.escaped is None and looked.code == 0:
                return None
            if seed % 5:
                return looked, file.name
            return kescape("train", "--dataset", str(file), "--runs", str(nowhere)), file.name
        finally:
            file.unlink()

    return trial


def _models(folder: Path, nowhere: Path) -> Trial:
    whole = whole_bytes(keras_file(folder / "whole.keras"))

    def trial(seed: int) -> tuple[Answer, str] | None:
        suffix, content = malformed_model(whole, Random(seed))
        file = folder / f"model {seed}{suffix}"
        file.write_bytes(content)
        try:
            looked = kescape("models", str(file))
            if looked.escaped is None and looked.code == 0:
                return None
            if seed % 5:
                return looked, file.name
            given = ("--dataset", "digits", "--model", str(file), "--runs", str(nowhere))
            return kescape("train", *given), file.name
        finally:
            file.unlink()

    return trial


def _runs(folder: Path) -> Trial:
    whole = whole_run(folder / "whole run")

    def trial(seed: int) -> tuple[Answer, str] | None:
        broken = folder / f"run {seed}"
        broken_run(whole, broken, Random(seed))
        target = folder / "curves.csv"
        answer = kescape("export", str(broken), "--output", str(target))
        if answer.escaped is None and answer.code == 0:
            target.unlink()
            return None
        if "has no recorded step yet" in answer.err:
            return None  # an empty file is a run that is just being made
        if answer.escaped is None and target.exists():
            answer = Answer(answer.code, answer.out, f"{target} was written in spite of {answer.err}")
        return answer, str(broken.name)

    return trial


def _try_commands(folder: Path, wanted: int) -> Kind:
    """They come to a run that is being recorded: each is answered in run.db and removed, and changes nothing."""
    kind = Kind("commands")
    run_folder = folder / "live run"
    writer = RunWriter.open(run_folder, kind="engine")
    writer.describe_columns(COLUMNS)
    inbox = CommandInbox(run_folder)
    with _rows(run_folder) as rows:
        before = rows("SELECT count(*) FROM events") + rows("SELECT count(*) FROM plan_edits")
        for seed in count():
            if kind.refused == wanted:
                break
            file = run_folder / COMMANDS / f"{seed:05}.json"
            file.write_bytes(malformed_command(writer.session, Random(seed)))
            began = time.monotonic()
            try:
                obeyed = inbox.take(writer, seed)
            except Exception as error:  # noqa: BLE001 (what escapes is what is looked for)
                kind.flaws.append(f"seed {seed}: {error!r}")
                file.unlink()
                continue
            kind.slowest = max(kind.slowest, time.monotonic() - began)
            if obeyed:
                kind.whole += 1
                for command in obeyed:
                    inbox.remove(command)
                continue
            kind.refused += 1
            if file.exists():
                kind.flaws.append(f"seed {seed}: the file is still there")
                file.unlink()
        reasons = [str(row[0]) for row in rows("SELECT reason FROM acks")]
        after = rows("SELECT count(*) FROM events") + rows("SELECT count(*) FROM plan_edits")
    kind.flaws += [f"an answer gives no reason: {reason!r}" for reason in reasons if len(reason) < 5]
    if before != after:
        kind.flaws.append("refused commands have changed the run")
    writer.end("stopped")
    writer.close()
    return kind


@contextlib.contextmanager
def _rows(run_folder: Path) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    with contextlib.closing(sqlite3.connect(run_folder / DATABASE)) as db:
        yield lambda sql: db.execute(sql).fetchall()


def test_malformed_files(problems):
    assert problems(check) == []
