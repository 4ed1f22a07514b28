"""The bundled data: facts against scikit-learn, and splits."""

import math

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from kescape.data.bundled import raw_arrays
from kescape.data.catalogue import DATASETS
from kescape.data.load import load
from kescape.data.points import make_moons, make_spirals, make_xor

NAMES = [name for name, dataset in DATASETS.items() if not dataset.download]


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_states_what_is_loaded(name):
    x, y = raw_arrays(name)

    assert x.shape == (DATASETS[name].rows, *DATASETS[name].shape)
    assert sorted(set(y)) == list(range(DATASETS[name].classes))


@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
def test_measured_data_is_scikit_learns(name):
    expected = getattr(sklearn_datasets, f"load_{name}")()

    x, y = raw_arrays(name)
    assert np.array_equal(x, expected.data)
    assert np.array_equal(y, expected.target)


def test_digits_are_scaled_to_grey_values_from_0_to_1():
    """scikit-learn counts from 0 to 16; the first image is a 0 whose pixel (0, 3) has 13."""
    expected = sklearn_datasets.load_digits()

    x, y = raw_arrays("digits")
    assert np.array_equal(x[..., 0], expected.images)
    assert x[0, 0, 3, 0] == 13
    assert y[0] == 0
    split = load("digits", seed=1, validation_fraction=0.2)
    assert split.x_train.min() == 0
    assert split.x_train.max() == 1


def test_moons_without_noise_are_scikit_learns():
    expected, labels = sklearn_datasets.make_moons(200, shuffle=False)

    x, y = make_moons(200, noise=0)
    assert np.allclose(x, expected)
    assert np.array_equal(y, labels)


def test_spirals_are_archimedean_and_half_a_turn_apart():
    """At radius r both arms have the angle 2 pi * turns * r, the second one pi further."""
    x, y = make_spirals(100, turns=1.5, noise=0)

    assert np.allclose(x[y == 1], -x[y == 0])
    radius = np.linalg.norm(x[y == 0], axis=1)
    assert radius[[0, -1]] == pytest.approx([0.1, 1.0])
    assert x[y == 0][-1] == pytest.approx([math.cos(3 * math.pi), math.sin(3 * math.pi)])


def test_xor_is_decided_by_the_signs():
    x, y = make_xor(500, noise=0)

    assert np.array_equal(y == 1, np.sign(x[:, 0]) != np.sign(x[:, 1]))


@pytest.mark.parametrize("name", NAMES)
def test_a_split_is_stratified_seeded_and_loses_nothing(name):
    dataset = DATASETS[name]
    split = load(name, seed=3, validation_fraction=0.2)

    held_out = round(dataset.rows * 0.2)
    assert len(split.y_val) == held_out
    assert len(split.y_train) == dataset.rows - held_out
    assert split.x_train.shape[1:] == split.shape == dataset.shape
    assert split.x_train.dtype == split.x_val.dtype == np.float32
    _, y = raw_arrays(name)
    for label in range(dataset.classes):
        share = np.mean(y == label)
        assert abs(np.sum(split.y_val == label) - share * held_out) <= 1
        assert np.sum(split.y_val == label) + np.sum(split.y_train == label) == np.sum(y == label)
    again = load(name, seed=3, validation_fraction=0.2)
    other = load(name, seed=4, validation_fraction=0.2)
    assert np.array_equal(split.x_train, again.x_train)
    assert not np.array_equal(split.x_train, other.x_train)


def test_columns_are_standardised_with_the_training_part_alone():
    split = load("breast_cancer", seed=1, validation_fraction=0.3)

    assert np.allclose(split.x_train.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(split.x_train.std(axis=0), 1, atol=1e-5)
    assert not np.allclose(split.x_val.mean(axis=0), 0, atol=1e-3)


def test_nothing_held_out():
    split = load("wine", seed=1, validation_fraction=0.0)

    assert len(split.y_train) == 178
    assert len(split.y_val) == 0
