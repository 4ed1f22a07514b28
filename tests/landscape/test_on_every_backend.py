"""A landscape on another backend: `KERAS_BACKEND=jax pytest -m backend tests/landscape`."""

import keras
import numpy as np
import pytest
from keras import layers

import kescape
from kescape.evidence.loss_of_weights import LossOfWeights

pytestmark = pytest.mark.backend


def test_a_plane_is_what_keras_evaluates_in_it():
    """With batch normalisation; at the middle of two corners, which is a point of no level but the last."""
    generator = np.random.default_rng(0)
    model = keras.Sequential([layers.Input((8,)), layers.Dense(6), layers.BatchNormalization(), layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = generator.normal(size=(64, 8)).astype("float32"), generator.integers(0, 3, 64)
    corners = [
        [v + np.abs(generator.normal(0, 0.3, v.shape)).astype(v.dtype) for v in model.get_weights()] for _ in range(3)
    ]
    plane = kescape.loss_landscape(model, corners, x, y, points=19)
    line = kescape.loss_landscape(model, corners[:2], x, y, points=5, margin=0)

    refreshed = LossOfWeights(model, x, y).refreshed

    def evaluated(weights):
        model.set_weights(refreshed(weights))
        return model.evaluate(x, y, batch_size=64, verbose=0)

    for point, corner in zip(plane.path, corners, strict=True):
        assert point.loss == pytest.approx(evaluated(corner), abs=1e-5)
    middle = [(a + b) / 2 for a, b in zip(*corners[:2], strict=True)]
    assert line.loss[2] == pytest.approx(evaluated(middle), abs=1e-5)
    assert plane.finished
