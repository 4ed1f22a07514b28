"""What the benchmark of comparisons lets run, each in a process of its own: `python -m tests.benchmarks.compare_work`.

    pool FOLDER                the comparison in FOLDER by engines of this machine
    cluster FOLDER             by a Ray cluster of this machine
    here FOLDER                its runs one after the other in one process
    script NAME SEED MOMENTUM EPOCHS   one training as a plain Keras script, which keeps its history and its model

The first two print how many seconds of CPU time the process took that hands out the runs.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from pathlib import Path

BATCH, RATE = 32, 0.05


def _pool(folder: Path, where: str) -> None:
    from kescape.compare.conduct import Conductor
    from kescape.compare.folder import read_comparison, working_on
    from kescape.compare.local_pool import LocalPool
    from kescape.compare.place import Place

    place: Place
    if where == "pool":
        place = LocalPool()
    else:
        from kescape.compare.cluster.ray_place import RayCluster

        comparison = read_comparison(folder)
        place = RayCluster("local", most=len(comparison.arms) * comparison.repeats)
    with working_on(folder), contextlib.closing(place):
        before = time.process_time()
        assert Conductor(folder, place).run()
        print(time.process_time() - before)


def _here(folder: Path) -> None:
    import kescape
    from kescape.compare.folder import read_comparison
    from kescape.compare.jobs import jobs_of

    for job in jobs_of(read_comparison(folder), folder):
        kescape.train(job.config, runs=folder.parent, name=job.name).close()


def _script(name: str, seed: int, momentum: float, epochs: int) -> None:
    import keras
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    keras.utils.set_random_seed(seed)
    x, y = load_digits(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(x / 16, y, test_size=0.2, stratify=y, random_state=seed)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        keras.optimizers.SGD(RATE, momentum=momentum),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    cosine = keras.callbacks.LearningRateScheduler(lambda epoch: RATE * (1 + math.cos(math.pi * epoch / epochs)) / 2)
    log = keras.callbacks.CSVLogger(f"{name}.csv")
    model.fit(
        x_train,
        y_train,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=(x_val, y_val),
        callbacks=[cosine, log],
        verbose=0,
    )
    model.save(f"{name}.keras")


def main(work: str, *rest: str) -> None:
    """Do one work."""
    if work == "script":
        name, seed, momentum, epochs = rest
        _script(name, int(seed), float(momentum), int(epochs))
    elif work == "here":
        _here(Path(rest[0]))
    else:
        _pool(Path(rest[0]), work)


if __name__ == "__main__":
    main(*sys.argv[1:])
