"""The live picture and the plain lines of `kescape train`."""

import contextlib
import io

import numpy as np
import pytest
from rich.console import Console

from kescape.cli import progress
from kescape.cli.follow import Follower, Look
from kescape.cli.progress import LiveProgress, PlainProgress
from kescape.cli.sparkline import sparkline
from kescape.config import RunConfig
from kescape.engine.launch import prepare_run
from kescape.run.reader import EpochRow
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts


@pytest.fixture
def screen(monkeypatch):
    console = Console(file=io.StringIO(), width=100, highlight=False, markup=False)
    monkeypatch.setattr(progress, "out", lambda: console)
    return console


def row(epoch, **values):
    return EpochRow(epoch, 10 * (epoch + 1) - 1, 0.0, values)


def look(**changed):
    """Half of a run of 7 epochs of 10 steps in cycles of 1, 2 and 4 epochs."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(10)
    known = {
        "steps": 35,
        "total_steps": 70,
        "epoch": 3.5,
        "cycle": 3,
        "cycles": 3,
        "learning_rate": placed.learning_rate(34),
        "loss": 0.125,
        "seconds_left": 75.2,
        "plan": placed,
        "last_epoch": row(2, val_loss=0.5, val_accuracy=0.75, loss=0.4),
        "losses": np.linspace(1, 0.1, 35),
        "learning_rates": placed.learning_rates(0, 35),
    }
    return Look(**{**known, **changed})


def test_the_picture_has_everything_and_fits(screen):
    screen.print(LiveProgress(epochs=7)._picture(look()))
    lines = screen.file.getvalue().splitlines()

    assert lines[0].startswith("epoch 4 of 7  cycle 3 of 3")
    assert lines[0].rstrip().endswith("50 %  1:16 left")
    assert lines[1].startswith("loss      0.1250")
    assert lines[2].startswith("rate      ")
    assert lines[3] == "held out  val loss 0.5000   val accuracy 0.7500"
    assert max(map(len, lines)) <= 100


def test_the_curves_lie_over_the_whole_run(screen):
    """At half time the loss fills half the line; the rate goes on as planned, with its restarts."""
    screen.print(LiveProgress(epochs=7)._picture(look()))
    lines = screen.file.getvalue().splitlines()
    columns = 100 - progress.LABEL - progress.NUMBER

    assert len(lines[1].rstrip()) == progress.LABEL + progress.NUMBER + columns // 2
    rate = lines[2][progress.LABEL + progress.NUMBER :]
    assert len(rate) == columns
    # Restarts at 1/7 and 3/7 of the line: low just before, high just after.
    for part in (1 / 7, 3 / 7):
        at = round(part * columns)
        assert "▁" in rate[at - 3 : at + 1]
        assert "█" in rate[at : at + 3]
    assert rate[-1] == "▁"


def test_a_loss_that_is_not_finite_does_not_break_the_picture(screen):
    screen.print(LiveProgress(epochs=7)._picture(look(loss=float("nan"), losses=np.full(35, np.nan))))

    assert "loss      nan" in screen.file.getvalue()


def test_plain_lines_for_a_short_run(screen):
    display = PlainProgress(epochs=3)
    with display:
        display.show(look(new_epochs=[row(0, loss=0.5, cycle=0, learning_rate=0.05, val_loss=0.4, restart=0)]))
        display.show(look(new_epochs=[]))

    assert screen.file.getvalue() == "epoch 1/3  cycle 1  rate 0.05  loss 0.5000  val_loss 0.4000\n"


def test_ten_plain_lines_for_a_long_run(screen):
    display = PlainProgress(epochs=95)
    for epoch in range(95):
        display.show(look(new_epochs=[row(epoch, loss=1.0)]))

    printed = [line.split()[1] for line in screen.file.getvalue().splitlines()]
    assert printed == [f"{n}/95" for n in (10, 20, 30, 40, 50, 60, 70, 80, 90, 95)]


def test_sparklines_of_nothing_and_of_one_height():
    assert sparkline([], 10) == ""
    assert sparkline([5, 5], 4) == "▁▁▁▁"
    assert sparkline([0, 1], 4) == "▁▁██"
    assert sparkline([float("nan"), 0, 1], 3) == "!▁█"
    assert sparkline([0, 1, 100], 3, log=True) == "▁▁█"
    assert len(sparkline(range(1000), 40)) == 40


@pytest.mark.parametrize("display", [PlainProgress, LiveProgress])
def test_what_the_engine_says_of_its_devices_is_said_once(screen, tmp_path, display):
    """And not again for what it said before the run went on."""
    folder = prepare_run(RunConfig(), tmp_path)
    for session in (1, 2):
        with contextlib.closing(Follower(folder, RunConfig())) as follower:
            writer = RunWriter.open(folder, kind="engine", resume=session > 1)
            writer.event("stage", 0, "Reading the data")
            writer.event("devices", 0, f"Two devices, session {session}.")
            writer.end("stopped")
            writer.close()
            with display(epochs=7) as shown:
                shown.show(follower.look())
                shown.show(follower.look())

    text = screen.file.getvalue()
    assert [text.count(f"Two devices, session {session}.") for session in (1, 2)] == [1, 1]


def test_a_pause_is_shown(screen):
    """In the picture instead of the time left; in plain lines once, with its end."""
    screen.print(LiveProgress(epochs=7)._picture(look(is_paused=True)))
    assert screen.file.getvalue().splitlines()[0].rstrip().endswith("50 %  paused")
    screen.file.truncate(0)
    screen.file.seek(0)

    display = PlainProgress(epochs=7)
    for paused, steps in ((False, 30), (True, 35), (True, 35), (False, 36)):
        display.show(look(is_paused=paused, steps=steps))

    assert screen.file.getvalue() == "paused at step 35\ngoes on at step 36\n"
