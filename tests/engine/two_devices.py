"""Run by test_devices.py, in a process that may divide its CPU: trains on two devices, and on one to compare with.

In the last training the process kills itself.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from kescape.config import RunConfig
from kescape.data.load import Split
from kescape.engine.devices import Devices
from kescape.engine.loop import TrainingLoop
from kescape.engine.trainer import train
from kescape.run.commands import send_command
from kescape.run.reader import open_run
from kescape.step_tap import StepTap

SMALL = {
    "dataset": "wine",
    "model": "mlp",
    "epochs": 5,
    "batch_size": 8,
    "validation_fraction": 0.3,
    "clipnorm": 0.5,
    "weight_decay": 0.01,
    "t_0": 1.3,
    "t_mult": 1.0,
    "eta_max": 0.05,
    "seed": 3,
    "deterministic": True,
    "backend": keras.backend.backend(),
}
"""125 rows to train on and 53 to judge: 16 steps an epoch, the last on 5 rows. Cycles end with steps 21, 42 and 62."""

ONE_LEFT = SMALL | {"model": "logistic", "batch_size": 124, "epochs": 4, "escapes": False}
"""The second and last batch of an epoch has one row, fewer than there are devices."""

KILLED_AT = 55


def main(runs: Path) -> None:
    for name, settings, devices in [
        ("two", SMALL, 2),
        ("one", SMALL, 1),
        ("two, one left", ONE_LEFT, 2),
        ("one, one left", ONE_LEFT, 1),
    ]:
        train(RunConfig(**settings, devices=devices), runs=runs, name=name).close()
    (runs / "is divided").write_text(str(is_divided()))
    endless = RunConfig(**SMALL | {"epochs": 10_000, "escapes": False}, devices=2)
    hand = threading.Thread(target=steer, args=(runs / "steered",))
    hand.start()
    train(endless, runs=runs, name="steered").close()
    hand.join()
    kill_this_process_at(KILLED_AT)
    train(RunConfig(**SMALL, devices=2), runs=runs, name="killed")


def is_divided() -> bool:
    """Whether each device really gets its half of a batch: the curves are the same if each goes through all of it."""
    x, y = np.ones((8, 2), np.float32), np.ones((8, 1), np.float32)
    with Devices.of(RunConfig(devices=2)).scope():
        model = keras.Sequential([keras.layers.Input((2,)), Rows(), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), loss="mse")
        loop = TrainingLoop(model, Split(x, y, x, y, (2,), 1), 8, seed=0)
    if SMALL["backend"] == "tensorflow":
        loop.run(1, [])
        return float(model.layers[0].rows.numpy()) == 4
    steps = loop._device
    steps.begin_epoch(np.arange(8, dtype=np.int32))
    state = steps._take_state(
        ("trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables")
    )
    one, _ = steps._compile(tapped=False)
    text = one.lower(state, steps._training, steps._order, np.int32(0), 8).compile().as_text()
    return "f32[4,2]" in text and "all-reduce" in text


class Rows(keras.layers.Layer):
    """Notes how many rows it has seen last; on several devices the mean of what each has seen."""

    def build(self, _shape) -> None:
        self.rows = self.add_weight(shape=(), initializer="zeros", trainable=False, aggregation="mean")

    def call(self, inputs):
        self.rows.assign(keras.ops.cast(keras.ops.shape(inputs)[0], "float32"))
        return inputs


def steer(folder: Path) -> None:
    """Restart with another peak, keep a snapshot, pause, go on and stop: each when the one before is obeyed."""
    for number, (kind, args) in enumerate(
        [("restart", {"eta_max": 0.03}), ("snapshot", {}), ("pause", {}), ("resume", {}), ("stop", {})]
    ):
        while not (folder / "run.db").is_file() or answers(folder) < number:
            time.sleep(0.02)
        send_command(folder, kind, **args)


def answers(folder: Path) -> float:
    """How many commands are answered; fewer than any if nothing is trained yet."""
    with open_run(folder) as run:
        return len(run.acks()) if run.steps else -1


def kill_this_process_at(step: int) -> None:
    """As from outside, without a word, when so many steps have been recorded."""

    def look_or_die(tap: StepTap, look=StepTap.look) -> None:
        look(tap)
        if tap.steps >= step:
            os.kill(os.getpid(), signal.SIGKILL)

    StepTap.look = look_or_die


if __name__ == "__main__":
    main(Path(sys.argv[1]))
