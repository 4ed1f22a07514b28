"""Plans that are steered by hand, in real fits, and the same steering repeated from its list of edits."""

import json

import keras
import numpy as np
import pytest

import kescape
from kescape import PlanEdit
from tests.support.falling_weight import Weights, falling_weight, fit

BATCHES = 4


class Presses(keras.callbacks.Callback):
    """Presses Restart now once so many steps have run."""

    def __init__(self, follow, *after):
        super().__init__()
        self.follow, self.after, self.steps = follow, after, 0

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        if self.steps in self.after:
            self.follow.restart_now()


def test_the_edits_of_a_steered_run_give_every_rate_of_it_again(tmp_path):
    """Steered at steps 6, 9 and 17; repeated from the recorded edits with FollowPlan and with SGDR, bit for bit."""
    steered, recorder, moved = kescape.SGDR(t_0=3, t_mult=1), kescape.RunRecorder(tmp_path / "first"), Weights()
    fit(falling_weight(), [steered, Presses(steered, 6, 9, 17), recorder, moved], epochs=6)
    with kescape.open_run(recorder.folder) as run:
        rates = run.curves()["learning_rate"]
        edits = [PlanEdit(edit.step, edit.kind, edit.value) for edit in run.plan_edits()]
        plan = run.plan
    assert [edit.step for edit in edits] == [6, 9, 17]
    assert rates[[6, 9, 17]].tolist() == [0.5] * 3

    for name, again in (
        ("plan", kescape.FollowPlan(plan, edits=edits)),
        ("sgdr", kescape.SGDR(t_0=3, t_mult=1, edits=edits)),
    ):
        weights = Weights()
        fit(falling_weight(), [again, weights, kescape.RunRecorder(tmp_path / name)], epochs=6)
        with kescape.open_run(tmp_path / name) as run:
            np.testing.assert_array_equal(run.curves()["learning_rate"], rates)
            np.testing.assert_array_equal(run.placed.learning_rates(0, 24), rates)
            assert run.restarts() == [6, 9, 17]
        assert weights.weights == moved.weights


def test_a_new_peak_holds_from_the_next_restart_on():
    """Cycles of 4 steps; told at step 6, the peaks are 0.5, 0.5, 0.25, 0.25: what the weight moved by."""
    weights = Weights()
    history = fit(
        falling_weight(), [kescape.SGDR(t_0=1, t_mult=1, edits=[PlanEdit(6, "eta_max", 0.25)]), weights], epochs=4
    ).history

    cosine = (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    expected = np.concatenate([0.5 * cosine, 0.5 * cosine, 0.25 * cosine, 0.25 * cosine])
    assert weights.rates() == pytest.approx(expected, abs=1e-6)
    assert history["learning_rate"] == pytest.approx(expected[3::4], abs=1e-12)


def test_per_epoch_a_step_of_an_edit_is_an_epoch():
    """Cycles of 4 epochs: one begins by hand with epoch 2, and has the peak 0.25."""
    sgdr = kescape.SGDR(t_0=4, t_mult=1, per="epoch", edits=[PlanEdit(1, "eta_max", 0.25), PlanEdit(2)])
    weights = Weights()
    history = fit(falling_weight(), [sgdr, weights], epochs=4).history

    expected = np.repeat([0.5, 0.5 * (1 + np.sqrt(0.5)) / 2, 0.25, 0.25 * (1 + np.sqrt(0.5)) / 2], BATCHES)
    assert weights.rates() == pytest.approx(expected, abs=1e-6)
    assert history["restart"] == [0, 0, 1, 0]


def test_the_momentum_is_low_at_the_new_peak_too():
    """cycle_momentum=(0.5, 0.9): at each peak 0.5, whatever the peak is; never below."""
    optimizer = kescape.sgd_momentum(0.5, cycle_momentum=(0.5, 0.9))
    sgdr = kescape.SGDR(t_0=1, t_mult=1, edits=[PlanEdit(4, "eta_max", 1.0)])
    momenta = []

    class Reads(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            momenta.append(float(optimizer.momentum_variable.numpy()))

    fit(falling_weight(optimizer), [sgdr, Reads()], epochs=2)

    cosine = (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    assert momenta == pytest.approx(np.tile(0.9 - 0.4 * cosine, 2), abs=1e-6)


@pytest.mark.parametrize(
    ("edits", "error", "sentence"),
    [
        (
            [(6, "restart")],
            TypeError,
            r"edits must hold PlanEdit\(step, kind, value\), because .*; got \(6, 'restart'\)",
        ),
        ([PlanEdit(9), PlanEdit(6)], ValueError, "step must be >= 9, because edits are in the order of their steps"),
        ([PlanEdit(1, "eta_max", 0.001)], ValueError, "eta_max must be > eta_min=0.01"),
    ],
)
def test_wrong_edits_are_refused(edits, error, sentence):
    """Before anything is trained."""
    with pytest.raises(error, match=sentence):
        fit(falling_weight(), [kescape.SGDR(t_0=3, eta_min=0.01, edits=edits)], epochs=1)


@pytest.mark.filterwarnings("ignore:the length of an epoch is not known")
def test_edits_need_known_steps():
    """A generator of unknown length has no step that an edit could lie on."""

    def generate():
        while True:
            yield np.ones((2, 1), np.float32), np.ones((2, 1), np.float32)

    with pytest.raises(ValueError, match="steps_per_epoch must be given where edits are, because"):
        falling_weight().fit(generate(), epochs=1, shuffle=False, callbacks=[kescape.SGDR(edits=[PlanEdit(6)])])


def test_the_config_keeps_the_edits():
    """As plain values that JSON can hold."""
    sgdr = kescape.SGDR(t_0=3, eta_max=0.5, edits=[PlanEdit(6), PlanEdit(9, "eta_max", 0.25)])

    again = kescape.SGDR.from_config(json.loads(json.dumps(sgdr.get_config())))

    assert again.edits == sgdr.edits
