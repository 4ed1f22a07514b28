"""What the engine's benchmark lets run, on the backend that Keras has been loaded with.

`python -m tests.benchmarks.engine_work CASE [--small]` does it on demand: each line on stdin names a work, each line on
stdout is its wall and CPU seconds. So that another backend, in a process of its own, takes its turn with this one.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

import kescape
from kescape.data.load import Split
from kescape.engine.loop import TrainingLoop
from tests.benchmarks.measure import Took, never_looking

BATCH, EPOCHS = 32, 3

CASES = {"mlp": "64-64-10 MLP", "cnn": "small CNN, 16 x 16 images"}


def steps_of(case: str, small: bool) -> int:
    """Steps in an epoch."""
    return {"mlp": (50, 400), "cnn": (20, 100)}[case][not small]


@contextmanager
def works(case: str, small: bool) -> Iterator[dict[str, Callable[[], object]]]:
    """By name: `fit` as it comes, `engine` with every step recorded, and less of the engine; each has its own model.

    `bare` is the loop alone, without a plan; `silent` follows a plan and keeps each step on the device only.
    """
    shape = {"mlp": (64,), "cnn": (16, 16, 1)}[case]
    generator = np.random.default_rng(0)
    x = generator.normal(size=(steps_of(case, small) * BATCH, *shape)).astype(np.float32)
    y = generator.integers(0, 10, len(x))
    folder = Path(tempfile.mkdtemp(prefix="kescape-benchmark-"))
    numbers = itertools.count()
    plain = _model(case, shape)
    split = Split(x, y, x[:0], y[:0], shape, 10)
    loop, bare, silent = (TrainingLoop(_model(case, shape), split, BATCH, seed=0) for _ in range(3))
    plan = kescape.CosineRestarts(1, 2, 0.01)

    def train() -> None:
        recorder = kescape.RunRecorder(folder / str(next(numbers)))
        loop.run(EPOCHS, [kescape.FollowPlan(plan), recorder])

    def train_silently() -> None:
        with never_looking():
            silent.run(EPOCHS, [kescape.FollowPlan(plan)])

    try:
        yield {
            "fit": lambda: plain.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0),
            "engine": train,
            "bare": lambda: bare.run(EPOCHS, []),
            "silent": train_silently,
        }
    finally:
        shutil.rmtree(folder)


@contextmanager
def works_on(backend: str, case: str, small: bool) -> Iterator[dict[str, Callable[[], Took]]]:
    """The same works in a process of their own, on another backend."""
    command = [sys.executable, "-m", "tests.benchmarks.engine_work", case, *(["--small"] if small else [])]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:

        def ask(name: str) -> Took:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{name}\n")
            process.stdin.flush()
            wall, cpu = map(float, process.stdout.readline().split())
            return Took(wall, cpu)

        yield {name: lambda name=name: ask(name) for name in ("fit", "engine")}  # type: ignore[misc]


def _model(case: str, shape: tuple[int, ...]) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]
    if case == "cnn":
        layers = [
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    made = keras.Sequential([keras.layers.Input(shape), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(kescape.sgd_momentum(0.01), loss=loss, metrics=["accuracy"])
    return made


def main(case: str, *options: str) -> None:
    """Work on demand until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed is no answer
    with works(case, "--small" in options) as known:
        for line in sys.stdin:
            wall, cpu = time.perf_counter(), time.process_time()
            known[line.strip()]()
            print(time.perf_counter() - wall, time.process_time() - cpu, file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
