"""What a run's file says of its restarts."""

import contextlib
import sqlite3

import pytest

from kescape.evidence.escape import SENTENCES, Escape, verdict_of
from kescape.run.errors import RunUnreadable
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter


def escape(**changes):
    values = {
        "cycle": 1, "step": 100, "end_step": 300, "barrier": 0.25, "low": 0.2, "high": 0.3, "above_chord": 0.26,
        "loss_before": 0.5, "loss_peak": 1.5, "loss_after": 0.4, "change_low": -0.12, "change_high": -0.08,
        "recovery_steps": 42, "distance": 3.0, "relative_distance": 0.5, "cosine": 0.9, "disagreement": 0.125,
        "verdict": "crossed, better", "positions": (0.0, 0.5, 1.0), "losses": (0.5, 0.75, 0.4), "rows": 128,
        "seconds": 0.01, "compile_seconds": 0.1, "epochs": 0.25,
    }  # fmt: skip
    return Escape(**(values | changes))


@pytest.fixture
def folder(tmp_path):
    writer = RunWriter.open(tmp_path / "run", kind="recorder")
    writer.escape(escape())
    writer.escape(escape(cycle=2, step=300, end_step=700, loss_peak=None, recovery_steps=None, disagreement=None))
    writer.close()
    return tmp_path / "run"


def test_rows_come_back_as_they_were_written(folder):
    with open_run(folder) as run:
        first, second = run.escapes()
    assert first == escape()
    assert (second.step, second.loss_peak, second.recovery_steps, second.disagreement) == (300, None, None, None)


def test_infinite_barriers_come_back(tmp_path):
    infinite = escape(barrier=float("inf"), low=float("inf"), high=float("inf"), losses=(0.5, float("inf"), 0.4))
    writer = RunWriter.open(tmp_path / "run", kind="recorder")
    writer.escape(infinite)
    writer.close()
    with open_run(tmp_path / "run") as run:
        assert run.escapes() == [infinite]


def test_of_two_on_the_same_restart_the_later_counts(folder):
    writer = RunWriter.open(folder, kind="recorder", resume=True)
    writer.escape(escape(verdict="stuck"))
    writer.close()
    with open_run(folder) as run:
        assert [row.verdict for row in run.escapes()] == ["stuck", "crossed, better"]


def test_a_run_from_before_has_none(folder):
    """A file of version 2 has no table of them; reading it does not change it."""
    with contextlib.closing(sqlite3.connect(folder / "run.db")) as db:
        db.execute("DROP TABLE escapes")
        db.execute("PRAGMA user_version = 2")
        db.commit()
    before = (folder / "run.db").read_bytes()
    with open_run(folder) as run:
        assert run.escapes() == []
    assert (folder / "run.db").read_bytes() == before


def test_a_run_from_before_has_room_for_them_when_it_goes_on(folder):
    """What else is in it stays."""
    writer = RunWriter.open(folder, kind="recorder", resume=True)
    writer.event("note", 0, "kept")
    writer.close()
    with contextlib.closing(sqlite3.connect(folder / "run.db")) as db:
        db.execute("DROP TABLE escapes")
        db.execute("PRAGMA user_version = 2")
        db.commit()
    writer = RunWriter.open(folder, kind="recorder", resume=True)
    writer.escape(escape())
    writer.close()
    with open_run(folder) as run:
        assert run.escapes() == [escape()]
        assert "kept" in [event.text for event in run.events()]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE escapes SET verdict = 'won'",
        "UPDATE escapes SET barrier = 'high'",
        "UPDATE escapes SET data = '[]'",
        "UPDATE escapes SET data = '{}'",
        "UPDATE escapes SET data = '{'",
        "UPDATE escapes SET cycle = 1.5",
        "UPDATE escapes SET data = json_set(data, '$.losses[1]', 'high')",
        "UPDATE escapes SET data = json_set(data, '$.losses', json('[0.5, 0.75]'))",
        "UPDATE escapes SET data = json_set(data, '$.positions[1]', null)",
        "UPDATE escapes SET data = json_set(data, '$.positions', json('[[0], 0.5, 1]'))",
        "UPDATE escapes SET data = json_set(data, '$.positions', json('[]'), '$.losses', json('[]'))",
    ],
)
def test_damaged_rows_are_a_sentence(folder, statement):
    with contextlib.closing(sqlite3.connect(folder / "run.db")) as db:
        db.execute(statement)
        db.commit()
    with open_run(folder) as run, pytest.raises(RunUnreadable, match=r"run.db"):
        run.escapes()


def test_the_four_verdicts_in_the_words_of_the_design():
    words = {
        (False, True): ("descended", "No barrier: the same valley, further down."),
        (False, False): (
            "stuck",
            "No barrier and no gain: the restart fell back; a higher rate may be needed.",
        ),
        (True, True): ("crossed, better", "A barrier separates the two minima, and the new one is lower."),
        (True, False): ("crossed, worse", "A barrier separates the two minima, and the new one is higher."),
    }
    for (separated, lower), (short, sentence) in words.items():
        assert verdict_of(separated=separated, lower=lower) == short
        assert escape(verdict=short).sentence() == sentence
    assert len(SENTENCES) == len(words)


@pytest.mark.parametrize(("before", "after"), [(0.5, float("inf")), (float("inf"), 0.5), (float("inf"),) * 2])
def test_of_a_minimum_that_is_not_finite_no_barrier_is_told(before, after):
    inf = float("inf")
    row = escape(barrier=inf, low=inf, high=inf, loss_before=before, loss_after=after)
    assert row.sentence() == "The loss at one of the two minima is not finite: nothing can be said of a barrier."


def test_between_two_finite_minima_an_infinite_loss_is_a_barrier():
    inf = float("inf")
    row = escape(barrier=inf, low=inf, high=inf, losses=(0.5, inf, 0.4))
    assert row.sentence() == "A barrier separates the two minima, and the new one is lower."
    assert row.barrier_words() == "The loss between them is not finite"


def test_the_barrier_in_words():
    assert escape().barrier_words() == "Barrier 0.25, 95 % interval 0.2 to 0.3"
