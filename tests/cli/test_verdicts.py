"""What the terminal says of restarts: in `kescape show`, and as their cycles end."""

import io
import math
import re

import numpy as np
import pytest
from rich.console import Console

from kescape.cli import console, progress
from kescape.cli.follow import Follower
from kescape.cli.main import run
from kescape.cli.progress import LiveProgress, PlainProgress
from kescape.config import RunConfig
from kescape.evidence.ensemble_score import EnsembleScore
from kescape.run.writer import Column, RunWriter
from kescape.schedule import CosineRestarts
from tests.cli.test_progress import look
from tests.run.test_escapes import escape

SCORE = EnsembleScore((0, 1), (0.5, 0.4), (0.8, 0.9), 0.3, 0.95, 1, -0.2, -0.05, 12, 2, 200)


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    """What `kescape show` says in so many columns of a run with these verdicts."""

    def said(*escapes, columns=80, ensemble=None):
        plan = CosineRestarts(1, 2, 0.1)
        writer = RunWriter.open(tmp_path / "first", kind="recorder", plan=plan.to_dict(), steps_per_epoch=100)
        writer.describe_columns([Column("loss", "float32", "", "")])
        writer.append({"loss": np.ones(700)})
        for row in escapes:
            writer.escape(row)
        if ensemble is not None:
            data = {"cycle": 1, "ensemble": vars(ensemble), "ensemble_seconds": 0.5}
            writer.snapshot(300, 3, "cycle", "snapshots/a.weights.h5", "", data)
        writer.end("finished")
        writer.close()
        monkeypatch.setenv("COLUMNS", str(columns))
        console.out.cache_clear()
        assert run(["show", "first", "--runs", str(tmp_path)]) == 0
        return capsys.readouterr().out

    yield said
    console.out.cache_clear()


WORSE = escape(
    cycle=2, step=300, end_step=700, verdict="crossed, worse", loss_before=0.4, loss_after=0.45, change_low=0.02,
    change_high=0.08, recovery_steps=None, disagreement=None, compile_seconds=0.0,
)  # fmt: skip


def test_a_line_a_restart_and_what_follows_from_them(show):
    text = show(escape(), WORSE)
    lines = text.splitlines()

    cells = [re.split(r" {2,}", line.strip()) for line in lines]
    assert ["1", "1", "crossed, better", "0.25 (0.2 to 0.3)", "0.5 → 0.4", "42", "12.5 %"] in cells
    assert ["2", "3", "crossed, worse", "0.25 (0.2 to 0.3)", "0.4 → 0.45"] in cells
    said = " ".join(text.split())
    assert "at epoch verdict (95 % interval) loss back on" in said
    assert "go back to the end of cycle 2, whose loss is 0.4. Try a peak of 0.05, 0.5 times" in said
    # 0.01 s and a quarter of an epoch for each; compiled once.
    assert lines[-1] == "Judging 0.02 s on 128 rows, 0.5 epochs; compiling 0.1 s."
    assert max(map(len, lines[2:])) <= 80  # the second line is a path


def test_the_newest_ensemble_is_told(show):
    text = " ".join(show(escape(), ensemble=SCORE).split())
    assert "On 200 rows the ensemble of 2 is right on 12 that the best single one gets wrong, and wrong on 2" in text
    assert text.endswith("Judging 0.01 s on 128 rows, 0.25 epochs; compiling 0.1 s; ensembles 0.5 s.")


def test_a_run_without_verdicts_says_nothing_of_them(show):
    text = show()
    assert "interval" not in text
    assert "Judging" not in text


def test_a_barrier_that_is_not_finite_has_no_interval(show):
    text = show(escape(barrier=math.inf, low=math.inf, high=math.inf))
    assert "not finite" in text
    assert "inf" not in text.replace("not finite", "").replace("interval", "")


@pytest.mark.parametrize(("columns", "gone"), [(72, "at epoch"), (66, "differ"), (58, "steps")])
def test_in_a_narrow_terminal_whole_columns_go(show, columns, gone):
    """From 80 columns on all are there; the words of the verdicts are never cut off."""
    long = escape(barrier=0.0221, low=0.00162, high=0.0445, loss_before=0.523, loss_after=0.412)
    text = show(long, columns=columns)
    table = text[text.index("no spread shown") :]
    assert gone not in table
    assert "crossed, better" in table
    assert "…" not in table


def test_of_many_restarts_the_last_are_listed(show):
    rows = [escape(cycle=n, step=10 * n, end_step=10 * n + 10) for n in range(1, 15)]
    text = show(*rows)
    assert text.count("crossed, better") == 12
    assert "The last 12 of 14 restarts with a verdict." in text


@pytest.mark.parametrize("display", [PlainProgress, LiveProgress])
def test_a_line_when_a_cycle_ends(monkeypatch, display):
    screen = Console(file=io.StringIO(), width=200, highlight=False, markup=False)
    monkeypatch.setattr(progress, "out", lambda: screen)
    with display(epochs=7) as shown:
        shown.show(look(new_escapes=[escape()]))
        shown.show(look())

    assert screen.file.getvalue().count("cycle 2 ends") == 1
    assert (
        "cycle 2 ends: crossed, better. A barrier separates the two minima, and the new one is lower. "
        "Barrier 0.25, 95 % interval 0.2 to 0.3.\n"
    ) in screen.file.getvalue()


def test_a_verdict_is_news_once_and_not_from_before_a_run_goes_on(tmp_path):
    writer = RunWriter.open(tmp_path / "run", kind="engine", steps_per_epoch=10)
    writer.describe_columns([Column(name, "float64", "", "") for name in ("time", "learning_rate", "loss")])
    writer.escape(escape(step=10, end_step=30))
    writer.flush()
    follower = Follower(tmp_path / "run", RunConfig(dataset="xor", epochs=7), from_step=30)
    assert follower.look().new_escapes == []
    second = escape(cycle=2, step=30, end_step=70)
    writer.escape(second)
    writer.flush()
    assert follower.look().new_escapes == [second]
    assert follower.look().new_escapes == []
    follower.close()
    writer.close()
