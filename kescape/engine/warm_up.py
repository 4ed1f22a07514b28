"""What a spare engine does while it waits: whatever is slow only the first time."""

from __future__ import annotations

import keras
import numpy as np

from kescape.callbacks.follow_plan import FollowPlan
from kescape.data.load import Split
from kescape.engine.loop import TrainingLoop
from kescape.models.build import build_model
from kescape.optimizers import sgd_momentum
from kescape.schedule import Constant

__all__ = ["fit_once", "start_threads"]


def start_threads() -> bool:
    """Let TensorFlow start its threads; False, and nothing done, where it would take GPU memory."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return False
    tf.zeros(1)
    return True


def fit_once() -> None:
    """Train a throw-away model for two steps, which halves the time to the first step of a run."""
    model = build_model("mlp", (2,), 2, seed=0)
    model.compile(
        optimizer=sgd_momentum(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    x, y = np.zeros((4, 2), np.float32), np.zeros(4, np.int64)
    TrainingLoop(model, Split(x, y, x, y, (2,), 2), batch_size=2, seed=0).run(1, [FollowPlan(Constant(0.01))])
    keras.backend.clear_session()  # the names of the run's layers start from the beginning
