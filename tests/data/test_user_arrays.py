"""NPZ files of the user's: what the arrays are taken for, what is refused and how."""

import io
import zipfile

import numpy as np
import pytest

from kescape.data.errors import DataError
from kescape.data.facts import facts
from kescape.data.load import load

RANDOM = np.random.default_rng(0)


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        path = tmp_path / "mine é.npz"
        np.savez(path, **arrays)
        return str(path)

    return write


def test_rows_of_numbers_are_standardised_and_missing_ones_take_the_median(npz):
    """Nothing held out: column 0 is 1, 2, 3, 6 with the median 2.5 in the fifth row; column 1 never changes."""
    x = np.array([[1, 7], [2, 7], [3, 7], [6, 7], [np.nan, 7]], np.float32)
    path = npz(x=x, y=np.array(["a", "b", "a", "b", "b"]))
    split = load(path, seed=1, validation_fraction=0.0)

    column = np.array([1, 2, 3, 6, 2.5])
    assert np.allclose(np.sort(split.x_train[:, 0]), np.sort((column - column.mean()) / column.std()), atol=1e-6)
    assert set(split.x_train[:, 1]) == {0.0}
    assert split.preprocessing.median == (2.5, 7.0)
    assert facts(path).class_names == ("a", "b")
    assert facts(path).class_counts == (2, 3)
    assert facts(path).notes[1:] == (
        "x of mine é.npz holds rows of 2 numbers, standardised.",
        "1 column of x of mine é.npz is the same in every row.",
        "Missing numbers, 1 of them, take the median of the rows trained on.",
    )


@pytest.mark.parametrize(
    ("x", "shape", "top"),
    [
        (RANDOM.integers(0, 256, (6, 4, 5), np.uint8), (4, 5, 1), 255),
        (RANDOM.integers(0, 256, (6, 4, 5, 3), np.uint8), (4, 5, 3), 255),
        (RANDOM.uniform(0, 1, (6, 4, 5, 3)), (4, 5, 3), 1),
        (RANDOM.uniform(0, 255, (6, 4, 5, 3)), (4, 5, 3), 255),
    ],
)
def test_images_are_scaled_to_0_to_1(npz, x, shape, top):
    split = load(npz(x=x, y=np.arange(6) % 2), seed=1, validation_fraction=0.0)

    assert split.shape == shape
    assert split.x_train.dtype == np.float32
    assert np.allclose(np.sort(split.x_train.ravel()), np.sort((x / top).ravel()), atol=1e-6)


def test_sequences_are_standardised_by_feature(npz):
    x = RANDOM.normal([1, 10], [1, 5], (8, 6, 2))
    split = load(npz(x=x, y=np.arange(8) % 2), seed=1, validation_fraction=0.0)

    assert split.shape == (6, 2)
    assert split.x_train.mean(axis=(0, 1)) == pytest.approx([0, 0], abs=1e-6)
    assert split.x_train.std(axis=(0, 1)) == pytest.approx([1, 1], abs=1e-5)


def test_a_validation_part_that_is_given_is_used_as_it_is(npz):
    """Scaled with mean 2 and deviation 1 of the training part (1, 3); its class 2 is known, for the file holds it."""
    path = npz(
        x_train=np.array([1.0, 3.0, 1.0, 3.0]), y_train=np.array([0, 1, 0, 1]), x_test=np.array([[5.0], [2.0]]),
        y_test=np.array([2, 0]),
    )  # fmt: skip
    split = load(path, seed=9, validation_fraction=0.5)

    assert split.x_train.ravel().tolist() == [-1, 1, -1, 1]
    assert split.x_val.ravel().tolist() == [3, 0]
    assert split.y_val.tolist() == [2, 0]
    assert facts(path).parts(0.5) == (4, 2)
    assert facts(path).outputs == 3


def test_several_numbers_a_row_are_a_regression_with_as_many_outputs(npz):
    y = RANDOM.normal(5, 3, (10, 2))
    split = load(npz(x=RANDOM.normal(size=(10, 3)), y=y), seed=1, validation_fraction=0.0)

    assert (split.task, split.outputs, split.y_train.shape) == ("regression", 2, (10, 2))
    assert np.allclose(np.sort(split.preprocessing.labels(split.y_train), axis=0), np.sort(y, axis=0), atol=1e-5)


def test_one_hot_targets_are_classes(npz):
    y = np.eye(4)[[0, 1, 2, 0, 1, 2]]
    known = facts(npz(x=RANDOM.normal(size=(6, 3)), y=y))

    assert (known.task, known.outputs, known.class_counts) == ("classification", 4, (2, 2, 2, 0))


def archive(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def header(shape):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


X, Y = RANDOM.normal(size=(6, 3)), np.arange(6) % 2


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"a": X, "b": Y}, "must hold the arrays x and y, or x_train and y_train"),
        ({"x": X}, "it holds x"),
        ({"x": X, "y": Y, "x_val": X}, "must hold y_val beside x_val"),
        ({"x": X, "y": Y[:5]}, "x and y must have as many rows; got 6 and 5"),
        (
            {"x": X, "y": Y, "x_val": X[:, :2], "y_val": Y},
            "each row of x_val must have the shape (3,) that one of x has",
        ),
        ({"x": X.astype(complex), "y": Y}, "x must hold numbers; got complex128"),
        ({"x": X, "y": np.array(3)}, "y must have rows; got shape ()"),
        ({"x": X[:0], "y": Y[:0]}, "x must have rows; got shape (0, 3)"),
        ({"x": np.array([{}] * 6), "y": Y}, "array 'x': it holds Python objects, which are never read"),
        ({"x": np.ones((6, 3)), "y": Y}, "is the same in every row: there is nothing to learn from"),
        ({"x": np.zeros((6, 3, 8, 8)), "y": Y}, "np.moveaxis(x, 1, -1) turns them"),
        ({"x": np.full((6, 3, 2), np.nan), "y": Y}, "must hold finite numbers; got nan at [0, 0, 0], and 35 more"),
        ({"x": X, "y": np.full(6, np.nan)}, "has 0 rows with a target"),
        ({"x": X[..., None, None, None], "y": Y}, "x must hold rows, sequences or images; got shape (6, 3, 1, 1, 1)"),
        ({"x": X, "y": np.zeros(6)}, "must hold at least 2 classes"),
    ],
)
def test_arrays_that_cannot_be_trained_on_are_one_sentence(npz, arrays, sentence):
    with pytest.raises(DataError) as caught:
        facts(npz(**arrays))
    assert sentence in str(caught.value)
    assert "mine é.npz" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not an NPZ file of plain arrays"),
        (b"PK\x03\x04 and nothing more", "is not an NPZ file of plain arrays"),
        (archive(x=b"nothing"), "array 'x'"),
        (archive(x=header((10**12, 8))), "1,000,000,000,000 rows of shape (8,) take 29802.3 GiB"),
        (archive(x=header((100,))), "its header speaks of 800 bytes"),
        (archive(x=header((-1, 8))), "its shape is (-1, 8)"),
    ],
)
def test_a_file_that_is_no_npz_is_one_sentence(write, content, sentence):
    with pytest.raises(DataError) as caught:
        facts(write(content, "mine.npz"))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
