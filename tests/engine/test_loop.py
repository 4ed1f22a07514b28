"""The engine's loop against `model.fit` on the same batches, and what only the loop can do.

Holds on TensorFlow and on JAX; there run with KERAS_BACKEND=jax pytest -m backend.
"""

import keras
import numpy as np
import pytest

import kescape
from kescape.data.load import Split
from kescape.engine.epoch_order import epoch_order
from kescape.engine.loop import TrainingLoop
from kescape.run.commands import send_command
from tests.support.falling_weight import falling_weight

pytestmark = [] if keras.backend.backend() == "tensorflow" else [pytest.mark.backend]

ROWS, BATCH, STEPS = 22, 4, 6  # the sixth batch has two rows


def network():
    """Batch normalisation and dropout: state that is neither weight nor velocity."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Dense(8),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.Dropout(0.2, seed=1),
            keras.layers.Dense(2),
        ]
    )
    model.compile(
        kescape.sgd_momentum(0.1, 0.9),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def data():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(ROWS + 6, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    return Split(x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:], (3,), 2)


def callbacks():
    return [kescape.FollowPlan(kescape.CosineRestarts(1.5, 2, 0.1))]


def test_it_trains_as_fit_does():
    """Same weights, batch statistics, metrics, validation metrics and rates as Keras on the same batches."""
    split, epochs = data(), 4
    looped, fitted = network(), network()
    history = keras.callbacks.History()
    TrainingLoop(looped, split, BATCH, seed=7).run(epochs, [*callbacks(), history])

    def batches():
        for epoch in range(epochs):
            order = epoch_order(ROWS, 7, epoch)
            for first in range(0, ROWS, BATCH):
                rows = order[first : first + BATCH]
                yield split.x_train[rows], split.y_train[rows]

    expected = fitted.fit(
        batches(),
        steps_per_epoch=STEPS,
        epochs=epochs,
        validation_data=(split.x_val, split.y_val),
        callbacks=callbacks(),
        shuffle=False,
        verbose=0,
    ).history

    assert history.history.keys() == expected.keys()
    for name, values in expected.items():
        assert history.history[name] == pytest.approx(values, rel=1e-5), name
    for one, other in zip(looped.get_weights(), fitted.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def weight_data(steps):
    ones = np.ones((2 * steps, 1), np.float32)
    return Split(ones, ones, ones[:0], ones[:0], (1,), 1)


def test_every_step_is_recorded_with_its_rate(tmp_path):
    """40 epochs of 50 steps, many to an execution: the loss of a step is the weight before it, w = 1 - sum of rates."""
    recorder, plan = kescape.RunRecorder(tmp_path / "run"), kescape.CosineRestarts(3, 1.5, 2**-10)

    TrainingLoop(falling_weight(), weight_data(50), 2, seed=0).run(40, [kescape.FollowPlan(plan), recorder])

    rates = plan.on_steps(50).learning_rates(0, 2000)
    with kescape.open_run(tmp_path / "run") as run:
        curves = run.curves()
    np.testing.assert_array_equal(curves["learning_rate"], rates)
    assert curves["loss"] == pytest.approx(1 - np.concatenate([[0], np.cumsum(rates)[:-1]]), abs=1e-4)
    assert np.all(np.diff(curves["time"]) >= 0)


def test_no_execution_runs_over_the_end_of_a_cycle(tmp_path):
    """Told to stop after the cycle, it stops with the cycle's last step, in the middle of an epoch."""

    class Asks(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                send_command(tmp_path / "run", "stop_after_cycle")

    plan = kescape.CosineRestarts([1.3, 1.3, 1.3], 1, 2**-10)
    TrainingLoop(falling_weight(), weight_data(100), 2, seed=0).run(
        9, [kescape.FollowPlan(plan), kescape.RunRecorder(tmp_path / "run"), Asks()]
    )

    with kescape.open_run(tmp_path / "run") as run:
        assert run.status == "stopped"
        assert run.steps in (130, 260)


def test_the_saved_model_is_not_bound_to_long_executions(tmp_path):
    """Whoever loads it trains with one step an execution, as it was compiled."""
    model = falling_weight()
    TrainingLoop(model, weight_data(3), 2, seed=0).run(1, [])

    assert model.steps_per_execution == 1


def test_a_loop_that_died_leaves_nothing_behind(tmp_path):
    """The model has its own step and its rate again, and trains on, recorded or not."""

    class Dies(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise InterruptedError("killed")

    model = falling_weight()
    loop, plan = TrainingLoop(model, weight_data(4), 2, seed=0), kescape.CosineRestarts(2, 1, 2**-4)
    with pytest.raises(InterruptedError):
        loop.run(2, [kescape.FollowPlan(plan), Dies()])

    assert "train_step" not in vars(model)
    assert float(model.optimizer.learning_rate.numpy()) == 0.5
    before = model.get_weights()[0].item()
    loop.run(1, [])
    assert model.get_weights()[0].item() == pytest.approx(before - 4 * 0.5)
    recorder = kescape.RunRecorder(tmp_path / "run")
    loop.run(1, [kescape.FollowPlan(plan), recorder])
    with kescape.open_run(tmp_path / "run") as run:
        np.testing.assert_array_equal(run.curves()["learning_rate"], plan.on_steps(4).learning_rates(0, 4))


def test_an_answer_names_the_step_where_it_took_effect_past_a_refill_of_the_table(tmp_path):
    """Told to stop just when the table of 8,192 rates is filled anew: the answer's step is the last one's number."""

    class Asks(keras.callbacks.Callback):
        asked = False

        def on_train_batch_begin(self, batch, logs=None):
            if batch >= 8192 - 512 + 1 and not self.asked:
                self.asked = True
                send_command(tmp_path / "run", "stop")

    plan = kescape.FollowPlan(kescape.CosineRestarts(3, 1, 2**-10))
    TrainingLoop(falling_weight(), weight_data(20_000), 2, seed=0).run(
        1, [plan, Asks(), kescape.RunRecorder(tmp_path / "run")]
    )

    with kescape.open_run(tmp_path / "run") as run:
        (ack,) = run.acks()
        assert ack.outcome == "done"
        assert ack.step == run.steps < 20_000
