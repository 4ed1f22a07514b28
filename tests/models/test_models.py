"""The bundled models: sizes, seeds, what they take in, and what they refuse."""

import math

import keras
import numpy as np
import pytest

from kescape.data.catalogue import DATASETS
from kescape.models.build import build_model
from kescape.models.catalogue import MODELS

SHAPES = {"any": [(2,), (13,), (5, 3), (8, 8, 1)], "images": [(8, 8, 1), (9, 13, 3)], "sequences": [(7, 3), (9, 13, 3)]}


def trainable(model):
    return sum(math.prod(weights.shape) for weights in model.trainable_variables)


@pytest.mark.parametrize(
    ("name", "shape", "outputs", "weights"),
    [
        ("logistic", (13,), 3, 13 * 3 + 3),
        ("logistic", (8, 8, 1), 10, 64 * 10 + 10),
        ("mlp", (2,), 2, (2 * 64 + 64) + (64 * 64 + 64) + (64 * 2 + 2)),
        ("mlp", (8, 8, 1), 10, (64 * 64 + 64) * 2 + (64 * 10 + 10)),
        ("cnn", (8, 8, 1), 10, (9 * 16 + 16) + (9 * 16 * 32 + 32) + (4 * 4 * 32 * 10 + 10)),
        # The counts of these two are those of the authors' networks; the papers round to 0.27M and 2.7M.
        ("resnet20", (32, 32, 3), 10, 269_722),
        ("wrn16-4", (32, 32, 3), 10, 2_748_890),
        # Four gates, each with 28 inputs, 64 states and a bias, for 64 units.
        ("lstm", (28, 28, 1), 10, 4 * 64 * (28 + 64 + 1) + 64 * 10 + 10),
        ("lstm", (100, 6), 1, 4 * 64 * (6 + 64 + 1) + 64 + 1),
    ],
)
def test_the_catalogue_counts_the_weights(name, shape, outputs, weights):
    assert MODELS[name].count_parameters(shape, outputs) == weights


@pytest.mark.parametrize("name", list(MODELS))
def test_what_the_catalogue_counts_is_what_is_built(name):
    for outputs, shape in enumerate(SHAPES[MODELS[name].inputs], start=1):
        model = build_model(name, shape, outputs, seed=1)

        assert trainable(model) == MODELS[name].count_parameters(shape, outputs)
        assert model.output_shape == (None, outputs)


@pytest.mark.parametrize("name", list(MODELS))
def test_the_seed_alone_decides_the_first_weights(name):
    keras.utils.set_random_seed(5)
    first = build_model(name, (8, 8, 1), 10, 1).get_weights()
    keras.utils.set_random_seed(6)
    again, other = (build_model(name, (8, 8, 1), 10, seed).get_weights() for seed in (1, 2))

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_no_two_layers_start_alike_whatever_the_seed():
    """The 64 by 64 layers of two runs with neighbouring seeds: four different draws."""
    starts = [
        weights.tobytes()
        for seed in (1, 2)
        for weights in build_model("mlp", (64,), 2, seed).get_weights()
        if weights.shape == (64, 64)
    ]

    assert len(set(starts)) == 4


@pytest.mark.parametrize(("name", "least"), [("cnn", 2), ("resnet20", 4), ("wrn16-4", 4)])
def test_the_least_image_is_taken_and_a_smaller_one_refused(name, least):
    assert build_model(name, (least, least, 1), 2).output_shape == (None, 2)
    with pytest.raises(ValueError, match=rf"at least {least} x {least}, not inputs of shape \({least - 1}, 32, 1\)"):
        build_model(name, (least - 1, 32, 1), 2)


@pytest.mark.parametrize(
    ("name", "shape", "sentence"),
    [
        ("cnn", (2,), r"images of shape \(height, width, channels\), at least 2 x 2, not inputs of shape \(2,\)"),
        (
            "wrn16-4",
            (5, 3),
            r"images of shape \(height, width, channels\), at least 4 x 4, not inputs of shape \(5, 3\)",
        ),
        (
            "lstm",
            (2,),
            r"sequences of shape \(steps, features\), or images, read by rows, not inputs of shape \(2,\)",
        ),
    ],
)
def test_data_that_do_not_fit_are_refused_naming_both_shapes(name, shape, sentence):
    with pytest.raises(ValueError, match=f"model '{name}' needs {sentence}"):
        build_model(name, shape, 2, seed=1)


def test_an_unknown_name_is_refused():
    with pytest.raises(
        ValueError, match=r"must be one of mlp, .*, or the path of a \.keras file or .*; got model='resnet'"
    ):
        build_model("resnet", (8, 8, 1), 2)


def test_a_shortcut_without_weights_takes_every_second_pixel_and_adds_zeros():
    """Option A of the paper. All convolutions at zero, each block gives relu(shortcut): only the shortcuts are left."""
    model = build_model("resnet20", (8, 8, 16), 64, seed=1)
    stem = keras.Model(
        model.input, next(layer for layer in model.layers if isinstance(layer, keras.layers.ReLU)).output
    )
    last = next(layer for layer in model.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    for layer in model.layers[3:]:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
    image = np.random.default_rng(0).normal(size=(1, 8, 8, 16)).astype(np.float32)

    before, after = (keras.Model(model.input, output)(image).numpy() for output in (stem.output, last.input))
    np.testing.assert_allclose(after[..., :16], before[:, ::4, ::4], rtol=1e-6)
    assert after.shape == (1, 2, 2, 64)
    assert not after[..., 16:].any()


def test_the_lstm_reads_an_image_row_by_row():
    """An image of 9 rows of 2 pixels of 3 colours is a sequence of 9 steps of 6 numbers."""
    image, sequence = build_model("lstm", (9, 2, 3), 4, seed=1), build_model("lstm", (9, 6), 4, seed=1)
    x = np.random.default_rng(0).normal(size=(2, 9, 2, 3)).astype(np.float32)

    np.testing.assert_allclose(image(x), sequence(x.reshape(2, 9, 6)), rtol=1e-5)


def test_every_model_fits_some_bundled_data():
    for model in MODELS.values():
        assert any(model.problem_with(data.shape) is None for data in DATASETS.values())
