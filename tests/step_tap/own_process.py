"""Run by test_tensorflow_step.py: fits on two logical CPUs, and under op determinism. Prints one line of JSON."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import json
import logging

import keras
import numpy as np
import tensorflow as tf

import kescape
from tests.step_tap.watcher import Rising, Watcher
from tests.support.falling_weight import falling_weight

# Collective operations on CPUs warn at each start.
logging.getLogger("tensorflow").setLevel(logging.ERROR)


def mirrored(replicas: int, *, gradient_accumulation_steps: int | None = None, **options: int) -> dict:
    """Batches of 1 and 3: with two replicas, one each."""
    names = [device.name.replace("/physical_device:", "") for device in tf.config.list_logical_devices("CPU")]
    with tf.distribute.MirroredStrategy(names[:replicas]).scope():
        optimizer = keras.optimizers.SGD(0.5, gradient_accumulation_steps=gradient_accumulation_steps)
        model = falling_weight(optimizer, **options)
    data = np.tile(np.float32([[1.0], [3.0]]), (4, 1))
    watcher = Watcher(Rising(4))
    model.fit(data, data, batch_size=2, epochs=2, callbacks=[watcher], verbose=0, shuffle=False)
    return {
        "learning_rate": watcher.column("learning_rate").tolist(),
        "loss": watcher.column("loss").tolist(),
        "weight": model.get_weights()[0].item(),
        "hands": len(watcher.hands),
    }


def followed() -> list[float]:
    """The rates of a plan on two replicas, at the end of each epoch."""
    names = [device.name.replace("/physical_device:", "") for device in tf.config.list_logical_devices("CPU")]
    with tf.distribute.MirroredStrategy(names).scope():
        model = falling_weight(keras.optimizers.SGD(0.5))
    ones = np.ones((8, 1), np.float32)
    history = model.fit(ones, ones, batch_size=4, epochs=3, callbacks=[kescape.SGDR(t_0=3)], verbose=0).history
    return [float(rate) for rate in history["learning_rate"]]


def refused(**options: int) -> str:
    try:
        mirrored(2, **options)
    except ValueError as error:
        return f"ValueError: {error}"
    return "nothing was refused"


def deterministic(*, tapped: bool, **options: int) -> dict:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="mse", **options)
    x = np.random.default_rng(0).normal(size=(48, 8, 8, 1)).astype(np.float32)
    watcher = Watcher()
    callbacks = [watcher] if tapped else []
    model.fit(x, x.mean((1, 2)), batch_size=8, epochs=2, callbacks=callbacks, verbose=0)
    return {
        "loss": watcher.column("loss").tolist() if tapped else None,
        "weights": [array.tolist() for array in model.get_weights()],
    }


def main() -> None:
    cpus = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpus[0], [tf.config.LogicalDeviceConfiguration()] * 2)
    found: dict = {f"mirrored {replicas}": mirrored(replicas) for replicas in (1, 2)}
    found["followed"] = followed()
    found["refused steps_per_execution"] = refused(steps_per_execution=2)
    found["refused gradient_accumulation_steps"] = refused(gradient_accumulation_steps=2)

    tf.config.experimental.enable_op_determinism()
    ways: dict = {"plain": {}, "several steps": {"steps_per_execution": 4}, "xla": {"jit_compile": True}}
    for way, options in ways.items():
        found[f"deterministic {way}"] = [deterministic(tapped=tapped, **options) for tapped in (True, True, False)]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
