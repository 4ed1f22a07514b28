"""A report as text, Markdown, JSON and CSV, and what becomes of a wrong path."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace

import pytest

from kescape.compare.comparison import Comparison
from kescape.compare.jobs import JobState
from kescape.compare.report import Interval, Report
from kescape.compare.report_files import SUFFIXES, as_csv, as_json, as_markdown, as_text, write_report
from kescape.config import RunConfig
from kescape.run.errors import ExportError, ExportUnwritable
from tests.compare.made_up import outcomes


@pytest.fixture
def report():
    """Three schedules from three seeds: a constant rate diverges once, a run of the restarts is missing."""
    comparison = Comparison(
        RunConfig(epochs=3, t_0=1.0, t_mult=2.0, seed=4),
        {"schedule": ("constant", "cosine", "sgdr"), "cycles": (None,)},
        repeats=3,
    )
    curves = {
        "constant": [[0.9, 0.8, 0.7], [0.9, 0.8, 0.6], [0.9, math.nan]],
        "cosine": [[0.9, 0.7, 0.1 + 0.2], [0.9, 0.7, 0.4], [0.9, 0.7, 0.5]],
        "sgdr-cycles=none": [[0.5, 0.9, 0.2], [0.5, 0.9, 0.35], None],
    }
    return Report.from_outcomes(
        comparison, outcomes(comparison, curves, {("constant", 6): JobState.DIVERGED}), name="three | schedules"
    )


def test_text_fits_80_columns_and_says_it_all(report):
    text = as_text(report)

    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[0] == "three | schedules: validation loss, 3 epochs of spirals, 3 repeats (seeds 4 to"
    assert [
        line.split() for line in text.splitlines() if line.startswith(("arm ", "sgdr, c", "cosine ", "constant "))
    ] == [
        ["arm", "runs", "median", "95", "%", "interval", "epochs", "to", "0.7"],
        ["sgdr,", "cycles", "none", "2/3", "0.275", "1"],
        ["cosine", "3/3", "0.4", "0.3", "to", "0.5", "3"],
        ["constant", "3/3", "0.7", "0.6", "to", "∞", "3", "(3", "to", "∞),", "2", "of", "3"],
    ]
    joined = " ".join(text.split())
    for sentence in (report.summary, *(pair.sentence for pair in report.pairs), *report.notes):
        assert sentence in joined


def test_text_of_long_names_fits_80_columns():
    varied = dict.fromkeys(("momentum", "eta_max", "weight_decay", "eta_max_decay", "warmup"), (0.125, 0.0625))
    comparison = Comparison(RunConfig(epochs=1), varied, repeats=1)
    report = Report.from_outcomes(comparison, outcomes(comparison, {arm.name: [[1e-300]] for arm in comparison.arms}))

    lines = as_text(report).splitlines()
    assert max(map(len, lines)) <= 80
    assert "eta_max_decay 0.0625" in " ".join(lines)


def test_text_of_long_numbers_leaves_room_for_names(report):
    """Numbers of epochs have all their digits, and a row of them may be longer than a line."""
    long = Interval(-1.5e-100, -2.3456e-100, -1.2468e-100), Interval(12345.0, 12000.5, 13000.5)
    arms = tuple(replace(arm, final=long[0], epochs_to_target=long[1], reached=1) for arm in report.arms)

    text = as_text(replace(report, arms=arms))

    assert "-1.5e-100  -2.346e-100 to -1.247e-100  12345 (12000.5 to 13000.5), 1 of " in text
    assert "cosine  " in text


def test_markdown_has_a_table(report):
    lines = as_markdown(report).splitlines()

    rows = [line for line in lines if line.startswith("|")]
    assert rows[2] == "| sgdr, cycles none | 2/3 | 0.275 |  | 1 |"
    assert {line.count("|") for line in rows} == {6}
    assert f"- {report.pairs[0].sentence}" in lines
    assert lines[0] == "# three | schedules"


def test_json_is_strict_and_has_all_of_it(report):
    """What is infinite or not known is null, as the file itself says."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    known = json.loads(as_json(report), parse_constant=refuse)

    constant, cosine, sgdr = known["arms"]
    assert cosine["settings"] == {"schedule": "cosine"}
    assert (cosine["n"], cosine["median"], cosine["low"], cosine["high"]) == (3, 0.4, 0.1 + 0.2, 0.5)
    assert cosine["runs"] == ["try-cosine-4", "try-cosine-5", "try-cosine-6"]
    assert constant["finals"] == {"4": 0.7, "5": 0.6, "6": None}
    assert (constant["diverged"], constant["high"]) == (1, None)
    assert constant["epochs_to_target"] == {"median": 3, "low": 3, "high": None, "reached": 2}
    assert sgdr["anytime"] == {
        "epochs": [1, 2, 3],
        "median": [0.5, 0.5, 0.275],
        "low": [0.5, 0.5, 0.2],
        "high": [0.5, 0.5, 0.35],
        "runs": [2, 2, 2],
    }
    assert sgdr["settings"] == {"schedule": "sgdr", "cycles": None}
    pair = next(pair for pair in known["pairs"] if pair["arm"] == "constant")
    assert (pair["control"], pair["setting"], pair["values"], pair["n"]) == (
        "cosine",
        "schedule",
        ["constant", "cosine"],
        3,
    )
    assert (pair["difference"], pair["low"], pair["high"]) == (pytest.approx(0.4), pytest.approx(0.2), None)
    assert pair["sentence"] == next(pair.sentence for pair in report.pairs)
    assert (known["measure"], known["target"], known["epochs"], known["repeats"]) == ("val_loss", 0.7, 3, 3)
    assert (known["seeds"], known["complete"], known["ranking"][0]) == ([4, 5, 6], False, "sgdr-cycles=none")
    assert known["settings"]["dataset"] == "spirals"
    assert "schedule" not in known["settings"]
    assert known["notes"] == list(report.notes)
    assert known["null"].startswith("infinite")


def test_csv_has_a_row_a_run_with_all_digits(report):
    rows = list(csv.DictReader(as_csv(report).splitlines()))

    assert len(rows) == 9
    assert rows[3] == {
        "arm": "cosine",
        "schedule": "cosine",
        "cycles": "",
        "seed": "4",
        "run": "try-cosine-4",
        "state": "done",
        "steered": "false",
        "epochs": "3",
        "final": "0.30000000000000004",
        "epochs_to_target": "3",
    }
    diverged, missing = rows[2], rows[8]
    assert (diverged["state"], diverged["final"], diverged["epochs_to_target"]) == ("diverged", "inf", "inf")
    assert (missing["state"], missing["epochs"], missing["final"], missing["cycles"]) == ("missing", "0", "", "none")


def test_a_report_of_nothing_is_written_all_the_same():
    """But for a figure, which would be empty."""
    comparison = Comparison(RunConfig(), {"schedule": ("cosine", "sgdr")}, repeats=1)
    report = Report.from_outcomes(comparison, outcomes(comparison, {"cosine": [None], "sgdr": [None]}))

    assert "median" in as_text(report)
    assert json.loads(as_json(report))["arms"][0]["median"] is None
    assert len(as_csv(report).splitlines()) == 3
    assert "| cosine | 0/1 |" in as_markdown(report)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_says_what_is_written(report, suffix, tmp_path):
    begins = {".json": b"{", ".csv": b"arm,", ".md": b"# ", ".txt": b"three", ".png": b"\x89PNG", ".svg": b"<?xml"}

    path = write_report(report, tmp_path / f"Été{suffix.upper()}")

    assert path.read_bytes().startswith(begins.get(suffix, b"%PDF-"))
    assert [*tmp_path.iterdir()] == [path]


def test_what_cannot_be_written_is_said(report, tmp_path):
    with pytest.raises(ExportError, match=r"output must end with \.json, .* or \.pdf, because .*; got '.*a\.xlsx'"):
        write_report(report, tmp_path / "a.xlsx")
    with pytest.raises(ExportError, match=r"folder .* does not exist"):
        write_report(report, tmp_path / "none" / "a.csv")
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        write_report(report, tmp_path / "b.csv")
    with pytest.raises(ExportUnwritable, match="cannot be written"):
        write_report(report, tmp_path / f"{'a' * 300}.csv")
