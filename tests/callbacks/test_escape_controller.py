"""What the controller does in real fits, and what it writes down."""

import keras
import numpy as np
import pytest

import kescape
from kescape.callbacks.escape_controller import still
from kescape.engine.checkpoint import Kept

X = np.ones((8, 1), "float32")


class Squared(keras.layers.Layer):
    """w**2 * x: fitted to 1, its loss (w**2 - 1)**2 has minima at -1 and 1 with a barrier of 1 between them."""

    def build(self, shape):
        self.w = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(-1.0), name="w")

    def call(self, x):
        return self.w**2 * x


def double_well(rate=1e-9):
    model = keras.Sequential([keras.layers.Input((1,)), Squared()])
    model.compile(kescape.sgd_momentum(rate, 0.9), loss="mse")
    return model


class Push(keras.callbacks.Callback):
    """Sets the weight after so many epochs, as a wild restart would."""

    def __init__(self, pushes):
        super().__init__()
        self.pushes = pushes

    def on_epoch_begin(self, epoch, logs=None):
        if epoch in self.pushes:
            self.model.set_weights([np.array([self.pushes[epoch]], "float32")])


def fit(model, epochs, *callbacks, **plan):
    ledger = kescape.EscapeLedger(X, X)
    controller = kescape.EscapeController(ledger)
    sgdr = kescape.SGDR(**({"t_0": 2, "t_mult": 1} | plan))
    model.fit(X, X, epochs=epochs, verbose=0, batch_size=4, callbacks=[controller, sgdr, ledger, *callbacks])
    return ledger, controller, sgdr


def weight(model):
    return float(model.get_weights()[0][0])


def test_a_restart_that_made_things_worse_is_taken_back():
    """From -1 to 0.9, over the barrier at 0: loss 0 before, (0.81 - 1)**2 = 0.0361 after. Then half the peak."""
    model = double_well()
    ledger, controller, sgdr = fit(model, 6, Push({3: 0.9}))

    assert ledger.rows[0].verdict == "crossed, worse"
    assert ledger.rows[0].loss_after == pytest.approx(0.0361, abs=1e-5)
    (decision, *_) = controller.decisions
    assert (decision.cycle, decision.step, decision.back_to) == (1, 8, 0)
    assert decision.eta_max == pytest.approx(0.5e-9)
    assert weight(model) == pytest.approx(-1, abs=1e-6)
    # The next restart is compared with where it began.
    assert ledger.rows[1].loss_before == pytest.approx(0, abs=1e-9)
    assert sgdr.placed.peak(1) == 1e-9
    assert sgdr.placed.peak(2) == pytest.approx(0.5e-9)


def test_the_velocity_is_gone_and_the_counters_are_not():
    model = double_well(1e-3)
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 4:
                optimizer = model.optimizer
                seen.extend([float(optimizer.momentums[0].numpy()[0]), int(optimizer.iterations.numpy())])

    fit(model, 5, Push({3: 0.9}), Look())
    assert seen == [0.0, 8]


@pytest.mark.parametrize("lost", [np.nan, np.inf, 1e30])
def test_weights_that_are_lost_are_put_back(tmp_path, lost):
    """Whatever is no number, or too large for one as a loss, is worse than the loss 0 before."""
    model, recorder = double_well(), kescape.RunRecorder(tmp_path / "run")
    ledger, controller, _ = fit(model, 6, Push({3: lost}), recorder)

    assert ledger.rows[0].verdict == "crossed, worse"
    assert (ledger.rows[0].loss_before, ledger.rows[0].loss_after) == (pytest.approx(0, abs=1e-9), np.inf)
    assert controller.decisions[0].back_to == 0
    assert weight(model) == pytest.approx(-1, abs=1e-6)
    with kescape.open_run(recorder.folder) as run:
        assert run.escapes() == ledger.rows


@pytest.mark.parametrize("optimizer", ["Adam", "RMSprop", "SGD"])
def test_only_the_velocity_is_set_to_0(optimizer):
    """A layer may be called as what an optimizer keeps; second moments and averages are no velocity."""
    options = {"Adam": {}, "RMSprop": {"momentum": 0.5}, "SGD": {"momentum": 0.5, "gradient_accumulation_steps": 3}}
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, name="momentum")])
    model.compile(getattr(keras.optimizers, optimizer)(0.01, use_ema=True, **options[optimizer]), loss="mse")
    model.fit(X, 3 * X, batch_size=2, verbose=0)
    before = {variable.path: variable.numpy() for variable in model.optimizer.variables}

    still(model)

    for variable in model.optimizer.variables:
        if variable.path.endswith(("kernel_momentum", "bias_momentum", "_accumulator")):
            assert before[variable.path].any()
            assert not variable.numpy().any()
        else:
            np.testing.assert_array_equal(variable.numpy(), before[variable.path])


def test_what_is_put_back_are_the_weights_and_not_the_dropout_that_is_drawn_next():
    layers = [keras.layers.Dropout(0.5, seed=1), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.layers.Input((1,)), *layers])
    model.compile("sgd", loss="mse")
    kept, weights = Kept.of(model, 0, 0, ""), model.get_weights()
    model.fit(X, 3 * X, batch_size=4, verbose=0)
    drawn, rate = layers[0].seed_generator.state.numpy(), model.optimizer.iterations.numpy()

    kept.put_weights_into(model)

    assert all(np.array_equal(old, new) for old, new in zip(weights, model.get_weights(), strict=True))
    np.testing.assert_array_equal(layers[0].seed_generator.state.numpy(), drawn)
    assert model.optimizer.iterations.numpy() == rate == 2


def test_a_restart_that_gained_nothing_is_followed_by_a_higher_peak():
    """At -1 there is nothing to gain: 1.5 times the peak, and again."""
    _, controller, sgdr = fit(double_well(), 6)
    assert [decision.back_to for decision in controller.decisions] == [None, None]
    assert sgdr.placed.peak(2) == pytest.approx(1.5e-9)
    # After the last cycle no other follows.
    assert controller.decisions[-1].eta_max is None


def test_a_gain_is_left_alone():
    model = double_well(1e-3)
    model.set_weights([np.array([-1.6], "float32")])
    _, controller, _ = fit(model, 4)
    assert controller.decisions == []


def test_every_decision_is_in_the_run(tmp_path):
    recorder = kescape.RunRecorder(tmp_path / "run")
    _, controller, _ = fit(double_well(), 6, Push({3: 0.9}), recorder)
    with kescape.open_run(recorder.folder) as run:
        events = [event for event in run.events() if event.kind == "decision"]
        edits = run.plan_edits()
    assert [event.text for event in events] == [decision.sentence for decision in controller.decisions]
    assert events[0].data == {"eta_max": controller.decisions[0].eta_max, "back_to": 0}
    assert (edits[0].step, edits[0].kind) == (8, "eta_max")


def test_wrong_use_is_refused_by_name():
    ledger = kescape.EscapeLedger(X, X, every=1)
    with pytest.raises(ValueError, match="raise_by must be > 1"):
        kescape.EscapeController(ledger, raise_by=1)
    with pytest.raises(ValueError, match="lower_by must be > 0 and < 1"):
        kescape.EscapeController(ledger, lower_by=2)
    with pytest.raises(ValueError, match="ledger must be among the callbacks"):
        double_well().fit(X, X, verbose=0, callbacks=[kescape.SGDR(t_0=1), kescape.EscapeController(ledger)])
    with pytest.raises(ValueError, match="EscapeController needs"):
        double_well().fit(X, X, verbose=0, callbacks=[ledger, kescape.EscapeController(ledger)])
