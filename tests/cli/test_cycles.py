"""The table of cycles that `kescape show` and `kescape train` print."""

import pytest

from kescape.cli import console
from kescape.cli.cycles import CycleRow, cycle_table
from kescape.run.restarts import RestartEffect

METRICS = {"loss": 0.1, "val_loss": 0.1652, "val_accuracy": 0.9444}


@pytest.fixture
def printed(monkeypatch, capsys):
    """The lines of the table of these cycles in a terminal of so many columns."""

    def lines(*rows, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        console.out.cache_clear()
        console.out().print(cycle_table(list(rows), steps_per_epoch=1563))
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    yield lines
    console.out.cache_clear()


def cycle(number, first, stop, *, metrics=METRICS, recovery=12_504):
    effect = RestartEffect(number, first, 0.7017, 1.0801, 0.053, recovery) if number > 0 else None
    return CycleRow(number, first, stop, complete=number < 2, effect=effect, loss=0.053, metrics=metrics)


def test_at_80_columns_it_is_whole(printed):
    """Long numbers: cycles that begin within an epoch, a recovery of thousands of steps; 1563 steps an epoch."""
    lines = printed(cycle(-1, 0, 782), cycle(0, 782, 196_157), cycle(1, 196_157, 398_565), cycle(2, 398_565, 400_000))

    assert max(map(len, lines)) <= 80
    cells = [" ".join(line.split()) for line in lines]
    assert cells[:2] == ["loss steps loss at val val", "cycle epochs before peak back its end loss accuracy"]
    assert cells[2] == "warm-up 0 to 0.5003 0.0530 0.1652 0.9444"
    assert cells[4] == "2 125.5 to 255 0.7017 1.0801 12,504 0.0530 0.1652 0.9444"
    assert cells[5] == "3 255 to 255.9 ... 0.7017 1.0801 12,504 0.0530 0.1652 0.9444"


def test_a_restart_whose_loss_did_not_come_back_says_so(printed):
    assert "1.0801  not yet" in printed(cycle(0, 0, 1563), cycle(1, 1563, 4689, recovery=None))[-1]


def test_where_there_is_no_room_whole_metrics_go(printed):
    """An own model with many metrics; the loss stays."""
    many = METRICS | {"val_top_k_categorical_accuracy": 0.99, "val_precision": 0.5}
    wide, narrow = (printed(cycle(1, 1563, 4689, metrics=many), columns=columns) for columns in (120, 60))

    assert "…" not in "".join([*wide, *narrow])
    assert wide[-1].split()[-4:] == ["0.1652", "0.9444", "0.5000", "0.9900"]
    assert narrow[-1].split()[-2:] == ["0.0530", "0.1652"]
