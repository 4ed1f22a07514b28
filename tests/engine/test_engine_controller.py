"""Runs of the engine that act on their verdicts, whole and in pieces."""

from types import SimpleNamespace

import numpy as np
import pytest

from kescape.callbacks.escape_controller import decide
from kescape.config import ConfigError, RunConfig
from kescape.engine import engine_recorder
from kescape.engine.engine_controller import MOST_TIMES
from kescape.engine.trainer import resume, train
from kescape.evidence.advice import best_minimum
from kescape.run.errors import ExportError
from kescape.schedule import CosineRestarts, PlanEdit
from tests.run.test_escapes import escape

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
        assert (step, "eta_max", data["eta_max"]) in edits
        if following:
            assert curves["learning_rate"][step] == data["eta_max"]


class Killed(BaseException):
    pass


def after_step(step):
    """Dies once so many steps have run, just after a checkpoint."""

    class Dies(engine_recorder.EngineRecorder):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self._tap.look()
            if self.writer.steps >= step:
                self._keep_state("time")
                raise Killed

    return Dies


def after_epoch(epochs):
    """Dies once so many epochs are over, just after the checkpoint at the end of a cycle."""

    class Dies(engine_recorder.EngineRecorder):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if epoch + 1 == epochs:
                self._keep_state("cycle")
                raise Killed

    return Dies


def behind_its_checkpoint(epochs, batch):
    """Dies where a cycle has been judged, but the last checkpoint is one of before, after so many batches."""

    class Dies(engine_recorder.EngineRecorder):
        is_last = False

        def on_train_batch_end(self, at, logs=None):
            super().on_train_batch_end(at, logs)
            if self._position[0] + 1 == epochs and at + 1 >= batch and not self.is_last:
                self._tap.look()
                self._keep_state("time")
                self.is_last = True

        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if epoch + 1 == epochs:
                raise Killed

        def _keep_state(self, reason, *, again=False):
            if not self.is_last:
                super()._keep_state(reason, again=again)

    return Dies


STEPS = settings().steps_per_epoch()


@pytest.mark.parametrize(
    ("name", "dies"),
    [
        ("inside", after_step(5 * STEPS + 2)),
        ("at-end", after_epoch(6)),
        ("before-end", behind_its_checkpoint(6, 2)),
        ("last-batch", behind_its_checkpoint(6, STEPS)),
    ],
)
def test_a_run_in_pieces_decides_as_a_whole_one(whole, monkeypatch, name, dies):
    runs, rows, (decisions, edits), curves = whole
    monkeypatch.setattr("kescape.engine.trainer.EngineRecorder", dies)
    with pytest.raises(Killed):
        train(settings(), runs=runs, name=name)
    monkeypatch.undo()
    with resume(name, runs=runs) as run:
        np.testing.assert_array_equal(run.curves(names=["loss"])["loss"], curves["loss"])
        assert [(row.verdict, row.barrier, row.loss_after) for row in run.escapes()] == [
            (row.verdict, row.barrier, row.loss_after) for row in rows
        ]
        assert told(run)[0] == decisions
        session = run.sessions[-1].id
        assert [(edit.step, edit.kind, edit.value) for edit in run.plan_edits() if edit.session == session] == edits
        verdicts = [event.step for event in run.events() if event.kind == "verdict"]
        assert verdicts == [row.end_step for row in rows]
        with pytest.raises(ExportError, match="control=True"):
            run.export(runs / "again.py", "script")


def test_a_run_that_is_asked_for_more_decides_as_one_that_was_long_from_the_start(whole):
    """It ends with the cycle at whose end the peak is first changed."""
    runs, _, (decisions, _), curves = whole
    epochs = next(step for step, _, data in decisions if data["eta_max"] is not None) // STEPS
    assert epochs < 8
    train(settings(epochs=epochs), runs=runs, name="short").close()
    with resume("short", runs=runs, epochs=8) as run:
        np.testing.assert_array_equal(run.curves(names=["learning_rate"])["learning_rate"], curves["learning_rate"])
        np.testing.assert_array_equal(run.curves(names=["loss"])["loss"], curves["loss"])
        assert told(run)[0] == decisions


def test_the_peak_is_not_raised_for_ever():
    """A run that is stuck at ten times the highest rate of its settings is left alone."""
    plan = CosineRestarts(1, 1, 0.1)
    source = SimpleNamespace(plan=plan, placed=plan.on_steps(10).with_edit(PlanEdit(5, "eta_max", 1.0)))
    stuck = escape(cycle=1, verdict="stuck", change_low=-0.1, change_high=0.1)

    assert decide(source, [stuck], most=None).eta_max == 1.5
    assert decide(source, [stuck], most=MOST_TIMES * 0.1) is None


def test_without_verdicts_there_is_nothing_to_act_on():
    with pytest.raises(ConfigError, match="control needs escapes"):
        settings(escapes=False)
