"""Folders of images of the user's: classes by folder, sizes, grey and colour, and files that are broken."""

import numpy as np
import pytest
from PIL import Image

from kescape.data import memory
from kescape.data.errors import DataError
from kescape.data.facts import facts
from kescape.data.load import load


def paint(path, colour, size=(6, 4), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    """Three red and two blue images of 6 x 4 pixels."""
    for i in range(3):
        paint(tmp_path / "photos é" / "red" / f"{i}.png", (255, 0, 0))
    for i in range(2):
        paint(tmp_path / "photos é" / "blue" / f"{i}.bmp", (0, 0, 51))
    return tmp_path / "photos é"


def test_a_sub_folder_is_a_class(folder):
    (folder / "blue" / "notes.txt").write_text("no image")
    (folder / "empty").mkdir()
    known = facts(str(folder))
    split = load(str(folder), seed=1, validation_fraction=0.0)

    assert (known.rows, known.shape, known.class_names, known.class_counts) == (5, (4, 6, 3), ("blue", "red"), (2, 3))
    assert known.notes == (
        "1 sub-folder without images left out: empty.",
        "1 file of other kinds left out.",
        "Classification: 5 images in colour of 6 x 4 pixels in 2 classes, blue, red, divided by 255.",
    )
    blue = split.x_train[split.y_train == 0]
    assert blue.shape == (2, 4, 6, 3)
    assert np.allclose(blue, [0, 0, 0.2])
    assert np.allclose(split.x_train[split.y_train == 1], [1, 0, 0])


def test_images_of_other_sizes_are_resized_to_the_commonest_and_said(folder):
    paint(folder / "red" / "large.png", (255, 0, 0), size=(60, 40))
    known = facts(str(folder))

    assert known.shape == (4, 6, 3)
    assert known.notes[0] == "The images have 2 sizes: 5 are 6 x 4 pixels, the other 1 are resized to that."
    assert np.allclose(load(str(folder), seed=1, validation_fraction=0.0).x_train[..., 0].max(), 1)


def test_image_size_resizes_all(folder):
    assert facts(str(folder), image_size=8).shape == (8, 8, 3)
    assert load(str(folder), seed=1, validation_fraction=0.4, image_size=8).x_val.shape == (2, 8, 8, 3)


def test_grey_images_have_one_channel_also_with_sixteen_bits(tmp_path):
    """Sixteen bits are scaled down to eight, not cut off: 0x8000 becomes 0x80."""
    paint(tmp_path / "a" / "1.png", 51, mode="L")
    paint(tmp_path / "b" / "1.png", 0x8000, mode="I;16")
    split = load(str(tmp_path), seed=1, validation_fraction=0.0)

    assert split.shape == (4, 6, 1)
    assert split.x_train[split.y_train == 0].max() == pytest.approx(51 / 255)
    assert split.x_train[split.y_train == 1].max() == pytest.approx(128 / 255)


def test_a_photo_is_turned_as_the_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in "ab":
        paint(tmp_path / name / "1.jpg", (9, 9, 9), exif=exif)

    assert facts(str(tmp_path)).shape == (6, 4, 3)
    assert load(str(tmp_path), seed=1, validation_fraction=0.0).x_train.shape == (2, 6, 4, 3)


def test_train_and_val_beside_each_other_are_the_parts(tmp_path):
    for part, count in (("train", 4), ("val", 2)):
        for name in ("cat", "dog"):
            for i in range(count):
                paint(tmp_path / part / name / f"{i}.png", 40 * i, mode="L")
    known = facts(str(tmp_path))

    assert (known.rows, known.validation_rows, known.parts(0.5)) == (12, 4, (8, 4))
    assert known.class_names == ("cat", "dog")
    split = load(str(tmp_path), seed=1, validation_fraction=0.5)
    assert split.y_val.tolist() == [0, 0, 1, 1]

    paint(tmp_path / "val" / "fox" / "1.png", 1, mode="L")
    with pytest.raises(DataError, match=r"val has classes that .*train has not: fox"):
        facts(str(tmp_path))


def test_an_unreadable_image_is_named(folder):
    (folder / "red" / "broken.png").write_bytes(b"no image")
    (folder / "red" / "worse.png").write_bytes(b"")

    with pytest.raises(DataError) as caught:
        facts(str(folder))
    assert str(caught.value) == (
        f"{folder / 'red' / 'broken.png'} is no image that can be read: it is not of the kind that its name says; "
        "1 other file cannot be read either"
    )


def test_a_program_that_is_named_like_an_image_is_not_run(folder):
    """Pillow would give EPS to Ghostscript."""
    (folder / "red" / "evil.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 6 4\n%%EndComments\nshowpage\n"
    )

    with pytest.raises(DataError, match=r"evil\.png is no image that can be read: it is not of the kind"):
        facts(str(folder))


def test_an_image_that_breaks_off_is_named_when_it_is_read(folder):
    whole = (folder / "red" / "0.png").read_bytes()
    (folder / "red" / "0.png").write_bytes(whole[:45])

    with pytest.raises(DataError, match=r"0\.png is no image that can be read: "):
        load(str(folder), seed=1, validation_fraction=0.2)


def test_more_than_memory_holds_is_refused_with_numbers_and_a_cure(folder, monkeypatch):
    monkeypatch.setattr(memory, "MOST_BYTES", 1000)

    with pytest.raises(
        DataError, match=r"5 rows of shape \(4, 6, 3\) take 0\.0 GiB.*--image-size 64 resizes"
    ) as caught:
        facts(str(folder))
    assert caught.value.setting == "image_size"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "it has 0 sub-folders with images"),
        (["a.png"], "it has 1 image and no sub-folder with any"),
        (["cat/a.png"], "it has 1 sub-folder with images, cat"),
    ],
)
def test_a_folder_without_classes_is_one_sentence(tmp_path, files, sentence):
    for file in files:
        paint(tmp_path / file, (0, 0, 0))

    with pytest.raises(DataError) as caught:
        facts(str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path} must have at least two sub-folders with images, one for each class; {sentence}"
    )


def test_a_new_image_is_seen(folder):
    assert facts(str(folder)).rows == 5
    paint(folder / "blue" / "new.png", (0, 0, 51))
    assert facts(str(folder)).rows == 6
