"""Runs of the engine that act on their verdicts, whole and in pieces."""

import numpy as np
import pytest

from kescape.config import ConfigError, RunConfig
from kescape.engine import engine_recorder
from kescape.engine.trainer import resume, train
from kescape.evidence.advice import best_minimum
from kescape.run.errors import ExportError

WILD = {"dataset": "spirals", "model": "mlp", "batch_size": 32, "t_0": 2, "t_mult": 1, "eta_max": 1.0}
"""At such a peak restarts of two spirals cross into worse minima."""


def settings(**changes):
    return RunConfig(**(WILD | {"epochs": 8, "deterministic": True, "control": True} | changes))


def told(run):
    decisions = [(event.step, event.text, event.data) for event in run.events() if event.kind == "decision"]
    return decisions, [(edit.step, edit.kind, edit.value) for edit in run.plan_edits()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    with train(settings(), runs=runs, name="whole") as run:
        return runs, run.escapes(), told(run), run.curves(names=["loss", "learning_rate"])


def test_decisions_are_followed(whole):
    """Where a decision goes back, the next restart begins at the best minimum, at the peak that was decided."""
    _, rows, (decisions, edits), curves = whole
    back = [(step, data) for step, _, data in decisions if data["back_to"] is not None]
    assert back
    for step, data in back:
        before = [row for row in rows if row.end_step <= step]
        following = [row for row in rows if row.step == step]
        if following:
            assert following[0].loss_before == pytest.approx(best_minimum(before).loss, rel=1e-6)
        if data["eta_max"] is not None:
            assert (step, "eta_max", data["eta_max"]) in edits
            assert curves["learning_rate"][step] == data["eta_max"]


@pytest.mark.parametrize("step", [130, 320])
def test_a_run_in_pieces_decides_as_a_whole_one(whole, monkeypatch, step):
    runs, rows, (decisions, _), curves = whole

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
        train(settings(), runs=runs, name=f"cut-{step}")
    monkeypatch.undo()
    with resume(f"cut-{step}", runs=runs) as run:
        np.testing.assert_array_equal(run.curves(names=["loss"])["loss"], curves["loss"])
        assert [(row.verdict, row.barrier, row.loss_after) for row in run.escapes()] == [
            (row.verdict, row.barrier, row.loss_after) for row in rows
        ]
        assert told(run)[0] == decisions
        with pytest.raises(ExportError, match="control=True"):
            run.export(runs / "again.py", "script")


def test_without_verdicts_there_is_nothing_to_act_on():
    with pytest.raises(ConfigError, match="control needs escapes"):
        settings(escapes=False)
