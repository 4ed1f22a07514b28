"""Lets a model be trained for a test, after which everything is as it was.

Keras' own random generator is reached by a private name; `tests/evidence/test_find_learning_rate.py` fails if that
changes.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras.src.backend.common import global_state

from kescape.engine.checkpoint import Kept
from kescape.step_tap import StepTap

__all__ = ["as_it_was"]


@contextlib.contextmanager
def as_it_was(model: Any) -> Iterator[None]:
    """Whatever happens inside, the model and the random generators are as before."""
    state = Kept.of(model, 0, 0, "before the test")
    history, stop_training = vars(model).get("history"), model.stop_training
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (what users may draw from)
    generator = global_state.get_global_attribute("global_seed_generator")
    of_keras = None if generator is None else np.array(generator.state.numpy())
    try:
        yield
    finally:
        StepTap.of(model).died()  # without effect after a fit that came to its end
        state.put_into(model)
        model.reset_metrics()
        model.history, model.stop_training = history, stop_training
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if generator is None:
            global_state.set_global_attribute("global_seed_generator", None)
        else:
            generator.state.assign(of_keras)
