"""What recording every step costs: bare `model.fit`, KEscape, TensorBoard and others, on a tiny MLP."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
from rich.console import Console

import kescape
from tests.benchmarks.measure import Arm, interleave, never_looking, ratios, shares, table

BATCH = 32


class RateFromPython(keras.callbacks.Callback):
    """Sets and reads the rate in batch hooks, as schedulers elsewhere do, and keeps the running-mean loss."""

    def on_train_begin(self, logs=None):
        self.plan = kescape.CosineRestarts(1, 2, 0.1).on_steps(1_000_000)
        self.rows, self.step = [], 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.plan.learning_rate(self.step)
        self.step += 1

    def on_train_batch_end(self, batch, logs=None):
        self.rows.append((float(self.model.optimizer.learning_rate.numpy()), logs["loss"]))


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the table, return what the JSON keeps."""
    steps, rounds = (100, 2) if small else (600, 11)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(steps * BATCH, 64)).astype(np.float32)
    y = generator.integers(0, 10, len(x))
    folder = Path(tempfile.mkdtemp(prefix="kescape-benchmark-"))

    def model():
        keras.utils.set_random_seed(0)
        made = keras.Sequential(
            [
                keras.layers.Input((64,)),
                keras.layers.Dense(64, activation="relu"),
                keras.layers.Dense(10),
            ]
        )
        made.compile(kescape.sgd_momentum(0.1), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return made

    def arm(name, callbacks):
        made = model()  # one model an arm: tracing is not what is measured
        return Arm(name, lambda: made.fit(x, y, batch_size=BATCH, epochs=1, verbose=0, callbacks=callbacks()))

    def without_looks(callbacks):
        made = model()

        def work():
            with never_looking():
                made.fit(x, y, batch_size=BATCH, epochs=1, verbose=0, callbacks=callbacks())

        return Arm("SGDR in the compiled step, no looks", work)

    recorder, alone = kescape.RunRecorder(folder / "run"), kescape.RunRecorder(folder / "alone")
    arms = [
        arm("bare model.fit", list),
        arm("SGDR + RunRecorder, every step kept", lambda: [kescape.SGDR(1), recorder]),
        without_looks(lambda: [kescape.SGDR(1)]),
        arm("SGDR alone", lambda: [kescape.SGDR(1)]),
        arm("RunRecorder alone", lambda: [alone]),
        arm("rate set and read from Python, per batch", lambda: [RateFromPython()]),
        arm(
            "TensorBoard, per batch",
            lambda: [keras.callbacks.TensorBoard(folder / "tensorboard", update_freq="batch", write_graph=False)],
        ),
    ]
    try:
        interleave(arms, rounds)
        rows = ratios(arms)
        console.print(
            table(f"Recording {steps} steps of a 64-64-10 MLP, batch {BATCH}; lower quartile of {rounds}", rows, steps)
        )
        console.print(shares(rows[1], [("the fit itself", rows[0]), ("rate and loss in the compiled step", rows[2])]))
        console.print("Target S1: SGDR + RunRecorder at 1.05x of bare model.fit or less.\n")
        with kescape.open_run(recorder.folder) as kept:
            assert kept.steps == steps * (rounds + 1), "every step is kept"
    finally:
        shutil.rmtree(folder)
    return {"steps": steps, "rows": rows, "target": {"S1": 1.05, "reached": rows[1]["cpu_ratio"]}}
