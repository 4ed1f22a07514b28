"""How fast the engine trains: its own loop, every step recorded, against `model.fit` as it comes."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
from rich.console import Console

import kescape
from kescape.data.load import Split
from kescape.engine.loop import TrainingLoop
from tests.benchmarks.measure import Arm, interleave, ratios, table

BATCH, EPOCHS = 32, 3


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the tables, return what the JSON keeps."""
    rounds = 2 if small else 9
    mlp = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]
    cnn = [
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ]
    return {
        "mlp": _compare("64-64-10 MLP", mlp, (64,), 50 if small else 400, rounds, console),
        "cnn": _compare("small CNN, 16 x 16 images", cnn, (16, 16, 1), 20 if small else 100, rounds, console),
        "target": {"S2": 0.30},
    }


def _compare(
    title: str, layers: list[keras.layers.Layer], shape: tuple[int, ...], steps: int, rounds: int, console: Console
) -> list[dict[str, object]]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(steps * BATCH, *shape)).astype(np.float32)
    y = generator.integers(0, 10, len(x))
    folder = Path(tempfile.mkdtemp(prefix="kescape-benchmark-"))
    numbers = itertools.count()

    def model() -> keras.Model:
        keras.utils.set_random_seed(0)
        made = keras.Sequential([keras.layers.Input(shape), *map(_copy, layers)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        made.compile(kescape.sgd_momentum(0.01), loss=loss, metrics=["accuracy"])
        return made

    plain, ours = model(), model()
    loop = TrainingLoop(ours, Split(x, y, x[:0], y[:0], shape, 10), BATCH, seed=0)

    def train() -> None:
        recorder = kescape.RunRecorder(folder / str(next(numbers)))
        loop.run(EPOCHS, [kescape.FollowPlan(kescape.CosineRestarts(1, 2, 0.01)), recorder])

    arms = [
        Arm("model.fit as it comes", lambda: plain.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)),
        Arm("the engine's loop, SGDR, every step kept", train),
    ]
    try:
        interleave(arms, rounds)
    finally:
        shutil.rmtree(folder)
    rows = ratios(arms)
    console.print(table(f"{EPOCHS} epochs of {steps} steps, {title}; lower quartile of {rounds}", rows, EPOCHS * steps))
    console.print("Target S2, on the MLP: 0.30x of model.fit or less; on the CNN never slower.\n")
    return rows


def _copy(layer: keras.layers.Layer) -> keras.layers.Layer:
    return type(layer).from_config(layer.get_config())
