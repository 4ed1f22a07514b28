"""The bundled models: sizes, seeds, and what they refuse."""

import numpy as np
import pytest

from kescape.data.catalogue import DATASETS
from kescape.models.build import build
from kescape.models.catalogue import MODELS


@pytest.mark.parametrize(
    ("name", "dataset", "weights"),
    [
        ("logistic", "wine", 13 * 3 + 3),
        ("logistic", "digits", 64 * 10 + 10),
        ("mlp", "spirals", (2 * 64 + 64) + (64 * 64 + 64) + (64 * 2 + 2)),
        ("mlp", "digits", (64 * 64 + 64) * 2 + (64 * 10 + 10)),
        ("cnn", "digits", (9 * 16 + 16) + (9 * 16 * 32 + 32) + (4 * 4 * 32 * 10 + 10)),
    ],
)
def test_the_catalogue_counts_the_weights_that_are_built(name, dataset, weights):
    data = DATASETS[dataset]
    model = build(name, data.shape, data.classes, seed=1)

    assert MODELS[name].count_parameters(data.shape, data.classes) == weights
    assert model.count_params() == weights
    assert model.output_shape == (None, data.classes)


@pytest.mark.parametrize("name", list(MODELS))
def test_the_seed_decides_the_first_weights(name):
    first, again, other = (build(name, (8, 8, 1), 10, seed).get_weights() for seed in (1, 1, 2))

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_no_two_layers_start_alike():
    weights = build("mlp", (64,), 2, seed=1).get_weights()

    assert not np.array_equal(weights[0], weights[2])


def test_a_cnn_on_points_is_refused_naming_both_shapes():
    with pytest.raises(ValueError, match=r"\(height, width, channels\), not inputs of shape \(2,\)"):
        build("cnn", (2,), 2, seed=1)
