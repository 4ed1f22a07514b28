"""The verdicts of runs that the engine trains, through the run's file."""

import numpy as np
import pytest

from kescape.config import RunConfig
from kescape.engine import engine_recorder
from kescape.engine.trainer import resume, train
from kescape.evidence.escape import SENTENCES
from kescape.run.reader import open_run

SMALL = {"dataset": "wine", "model": "mlp", "batch_size": 32, "t_0": 2, "t_mult": 1, "deterministic": True}
"""142 rows of training: 5 steps an epoch."""


def facts(run):
    """All of the rows but what they took."""
    timed = {"seconds", "compile_seconds", "epochs"}
    return [{k: v for k, v in vars(row).items() if k not in timed} for row in run.escapes()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of three cycles of 2 epochs of 5 steps."""
    with train(RunConfig(**SMALL, epochs=6), runs=tmp_path_factory.mktemp("runs"), name="whole") as run:
        yield run


def test_every_restart_of_a_run_is_judged(whole):
    """Restarts at steps 10 and 20; the loss is that of the kept snapshots."""
    rows, events, snapshots = whole.escapes(), whole.events(), whole.snapshots()
    loss = whole.curves()["loss"]
    assert [(row.cycle, row.step, row.end_step) for row in rows] == [(1, 10, 20), (2, 20, 30)]
    assert [s.step for s in snapshots if s.kind == "cycle"] == [10, 20, 30]
    assert rows[0].loss_after == pytest.approx(rows[1].loss_before, rel=1e-6)
    for row in rows:
        assert row.verdict in SENTENCES
        assert row.loss_peak <= loss[row.step : row.end_step].max()
        assert row.rows == 128
        assert row.epochs > 0
    assert rows[0].compile_seconds > 0
    assert rows[1].compile_seconds == 0
    assert [event.step for event in events if event.kind == "verdict"] == [20, 30]


def test_it_can_be_switched_off_and_changes_nothing(whole, tmp_path):
    with train(RunConfig(**SMALL, epochs=6, escapes=False), runs=tmp_path, name="off") as run:
        assert run.escapes() == []
        np.testing.assert_array_equal(run.curves()["loss"], whole.curves()["loss"])


@pytest.mark.parametrize("step", [13, 20])
def test_a_run_that_goes_on_judges_as_one_that_never_ended(whole, tmp_path, monkeypatch, step):
    """Killed in the middle of the second cycle, or right at its end."""

    class Killed(BaseException):
        pass

    class Dies(engine_recorder.EngineRecorder):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self._tap.look()
            if self.writer.steps >= step:
                self._keep_state("time")
                raise Killed

    monkeypatch.setattr("kescape.engine.trainer.EngineRecorder", Dies)
    with pytest.raises(Killed):
        train(RunConfig(**SMALL, epochs=6), runs=tmp_path, name="cut")
    monkeypatch.undo()
    with resume("cut", runs=tmp_path) as run:
        assert facts(run) == facts(whole)


def test_rows_behind_the_place_where_it_goes_on_are_taken_back(tmp_path):
    """A checkpoint at step 10, ten steps before the verdict on the restart there."""
    train(RunConfig(**SMALL, epochs=4), runs=tmp_path, name="run").close()
    folder = tmp_path / "run"
    with open_run(folder) as run:
        assert len(run.escapes()) == 1
        later = [row.file for row in run.checkpoints() if row.step > 10]
    for file in later:
        (folder / file).unlink()
    with resume("run", runs=tmp_path, epochs=6) as run:
        assert [row.end_step for row in run.escapes()] == [20, 30]
        assert len([event for event in run.events() if event.kind == "verdict"]) == 2
