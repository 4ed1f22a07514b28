"""Previews: small, in the unit square, with the first rows and images of what there is."""

import numpy as np
import pytest
from PIL import Image

from kescape.data.catalogue import DATASETS
from kescape.data.errors import DataError
from kescape.data.preview import preview

NAMES = [name for name, dataset in DATASETS.items() if not dataset.download]


@pytest.mark.parametrize("name", NAMES)
def test_a_preview_is_small_and_in_the_unit_square(name):
    picture = preview(name)

    assert len(picture.points) == len(picture.labels) <= 400
    assert np.abs(picture.points).max() == pytest.approx(1.0)
    assert set(picture.labels) == set(range(DATASETS[name].classes))
    assert picture.projected == (name in ("digits", "wine", "breast_cancer"))
    assert sum(picture.class_counts) == DATASETS[name].rows
    if name == "digits":
        assert picture.images.shape == (10, 8, 8)
        assert (picture.images.min(), picture.images.max()) == (0, 1)
    else:
        assert picture.images is None


def test_a_table_shows_its_first_rows_as_they_are_written(write):
    path = write("size,made,kind\n" + "".join(f"{i}.50,2024-01-{i % 28 + 1:02d},{'ab'[i % 2]}\n" for i in range(1000)))
    picture = preview(path)

    assert picture.column_names == ("size", "made", "kind")
    assert picture.first_rows[:2] == (("0.50", "2024-01-01", "a"), ("1.50", "2024-01-02", "b"))
    assert len(picture.first_rows) == 8
    assert picture.class_counts == (500, 500)
    assert not picture.projected
    assert picture.points.shape == (400, 2)


def test_a_regression_shows_its_numbers(write):
    picture = preview(write("a,y\n" + "".join(f"{i % 7},{i / 3}\n" for i in range(30))))

    assert picture.labels.tolist() == [i / 3 for i in range(30)]
    assert picture.class_counts == ()
    assert set(picture.points[:, 1]) == {0.0}  # one input: points on a line


def test_a_folder_shows_the_first_image_of_each_class(tmp_path):
    for name, colour in (("blue", (0, 0, 255)), ("red", (255, 0, 0))):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (6, 4), colour).save(tmp_path / name / f"{i}.png")
    picture = preview(str(tmp_path))

    assert picture.images.shape == (2, 4, 6, 3)
    assert picture.images[:, 0, 0].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert picture.class_counts == (3, 3)
    assert picture.points.shape == (6, 2)


def test_images_in_an_npz_file_are_shown(tmp_path):
    x = np.arange(4 * 3 * 5, dtype=np.uint8).reshape(4, 3, 5)
    np.savez(tmp_path / "a.npz", x=x, y=[1, 0, 1, 0])

    assert np.allclose(preview(str(tmp_path / "a.npz")).images * 255, x[[1, 0]])


def test_what_keras_downloads_has_none():
    with pytest.raises(DataError, match="has no preview, because Keras downloads it"):
        preview("mnist")
