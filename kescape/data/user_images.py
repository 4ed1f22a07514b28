"""A folder of images of the user's, as data to train on: one sub-folder for each class.

A folder `train` and one called `val`, `valid`, `validation` or `test` beside it, each with sub-folders for the classes,
bring their own validation part along.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from kescape.data.errors import DataError
from kescape.data.facts import Facts
from kescape.data.location import TRAINING_PART, VALIDATION_PARTS
from kescape.data.memory import check_fits
from kescape.data.source import Source
from kescape.data.words import counted, listed, reason_of

__all__ = ["SUFFIXES", "images_facts", "images_sample", "images_source"]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
"""Files of other kinds are no images, and are left alone."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""What a file may be whatever its name says; Pillow would give an EPS file, which is a program, to Ghostscript."""

_ORIENTATION = 0x0112
"""The EXIF tag that says how a camera was held; 5 to 8: on its side."""


_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class _Listing:
    """The image files of a folder, class by class, in the order of their names."""

    files: list[Path]
    labels: list[int]
    class_names: tuple[str, ...]
    validation: int | None
    """So many of the last files are the validation part that the folder brings along."""
    notes: tuple[str, ...]


def images_facts(path: Path, image_size: int | None) -> Facts:
    """What a folder holds, by the names and headers of its files; no image is decoded.

    Raises:
        DataError: It holds no classes of images, or an image whose header cannot be read.
    """
    listing = _list(path)
    with _quiet_pillow():
        heads = _in_threads(_head, listing.files)
    broken = [(file, head) for file, head in zip(listing.files, heads, strict=True) if isinstance(head, str)]
    if broken:
        file, reason = broken[0]
        more = f"; {counted(len(broken) - 1, 'other file')} cannot be read either" if len(broken) > 1 else ""
        raise DataError(f"{file} is no image that can be read: {reason}{more}")
    whole = [head for head in heads if not isinstance(head, str)]
    channels = 3 if any(head.colour for head in whole) else 1
    sizes = Counter((head.height, head.width) for head in whole)
    (height, width), most = sizes.most_common(1)[0]
    notes = list(listing.notes)
    if image_size is not None:
        height = width = image_size
        notes.append(f"Every image is resized to {width} x {height} pixels.")
    elif len(sizes) > 1:
        notes.append(
            f"The images have {counted(len(sizes), 'size')}: {most:,} are {width} x {height} pixels, the other "
            f"{len(whole) - most:,} are resized to that."
        )
    shape = (height, width, channels)
    cure = (
        "--image-size 64 resizes the images to 64 x 64 pixels" if image_size is None else "a smaller image_size will do"
    )
    check_fits(path.name, len(whole), shape, cure, "image_size")
    colour = "in colour" if channels == 3 else "in grey"
    counts = np.bincount(listing.labels, minlength=len(listing.class_names))
    notes.append(
        f"Classification: {counted(len(whole), 'image')} {colour} of {width} x {height} pixels in "
        f"{counted(len(counts), 'class', 'classes')}, {listed(listing.class_names)}, divided by 255."
    )
    return Facts(
        dataset=str(path),
        title=path.name,
        kind="images",
        rows=len(whole),
        shape=shape,
        task="classification",
        outputs=len(listing.class_names),
        class_names=listing.class_names,
        class_counts=tuple(int(count) for count in counts),
        validation_rows=listing.validation,
        notes=tuple(notes),
    )


def images_source(path: Path, known: Facts) -> Source:
    """Decode every image of a folder to the size that its facts say; each takes height x width x channels bytes.

    Raises:
        DataError: A file that looked like an image is broken.
    """
    listing = _list(path)
    pixels = np.empty((len(listing.files), *known.shape), np.uint8)

    def decode(number: int) -> str | None:
        try:
            pixels[number] = decoded(listing.files[number], known.shape)
        except Exception as error:  # noqa: BLE001 (on a broken file each decoder fails in its own way)
            return _reason(error)
        return None

    with _quiet_pillow():
        problems = _in_threads(decode, range(len(listing.files)))
    for file, problem in zip(listing.files, problems, strict=True):
        if problem is not None:
            raise DataError(f"{file} is no image that can be read: {problem}")
    return Source(known, pixels, np.array(listing.labels, np.int64), divisor=255.0)


def images_sample(
    path: Path, known: Facts, rows: int, most_classes: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8]]:
    """Small versions of some images, the class of each, and the first image of each of the first classes.

    Args:
        path: The folder.
        known: Its facts.
        rows: As many images as that, evenly spread, at 32 x 32 pixels or less.
        most_classes: As many first images as that, of shape (classes, height, width) or (classes, height, width, 3).
    """
    listing = _list(path)
    some = np.linspace(0, len(listing.files) - 1, min(rows, len(listing.files))).astype(np.int64)
    first = [listing.labels.index(label) for label in range(min(most_classes, known.outputs))]
    height, width, channels = known.shape
    small = (min(height, 32), min(width, 32), channels)
    with _quiet_pillow():
        try:
            x = np.stack([decoded(listing.files[i], small) for i in some])
            images = np.stack([decoded(listing.files[i], known.shape) for i in first])
        except Exception as error:  # noqa: BLE001 (on a broken file each decoder fails in its own way)
            raise DataError(f"{path} holds an image that cannot be read: {_reason(error)}") from None
    return x, np.array(listing.labels, np.int64)[some], images[..., 0] if channels == 1 else images


def decoded(file: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """One image as (height, width, channels) bytes: upright, resized if it is of another size."""
    height, width, channels = shape
    with Image.open(file, formats=_FORMATS) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            # Sixteen bits of grey; Pillow would cut off all above 255.
            values = np.asarray(upright)
            upright = Image.fromarray((values >> 8 if values.max() > 255 else values).astype(np.uint8))
        upright = upright.convert("RGB" if channels == 3 else "L")
        if upright.size != (width, height):
            upright = upright.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(upright, np.uint8).reshape(shape)


@dataclass(frozen=True)
class _Head:
    height: int
    width: int
    colour: bool


def _head(file: Path) -> _Head | str:
    """Size and colour of an image, upright; or why it cannot be read."""
    try:
        with Image.open(file, formats=_FORMATS) as image:
            width, height = image.size
            if image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8):
                width, height = height, width
            return _Head(height, width, image.mode not in ("1", "L", "LA") and not image.mode.startswith("I"))
    except Exception as error:  # noqa: BLE001 (on a broken file each decoder fails in its own way)
        return _reason(error)


def _list(path: Path) -> _Listing:
    try:
        folders = _folders(path)
        training = next((f for f in folders if f.name.lower() == TRAINING_PART), None)
        given = next((f for f in folders if f.name.lower() in VALIDATION_PARTS), None)
        if training is None or given is None:
            return _list_classes(path, folders)
        first, second = _list_classes(training, _folders(training)), _list_classes(given, _folders(given))
    except OSError as error:
        raise DataError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None
    strange = [name for name in second.class_names if name not in first.class_names]
    if strange:
        raise DataError(f"{given} has classes that {training} has not: {listed(strange)}")
    places = [first.class_names.index(name) for name in second.class_names]
    note = f"{counted(len(second.files), 'image')} in {given.name} judge the network."
    return _Listing(
        first.files + second.files,
        first.labels + [places[label] for label in second.labels],
        first.class_names,
        len(second.files),
        (*first.notes, *second.notes, note),
    )


def _list_classes(path: Path, folders: list[Path]) -> _Listing:
    files: list[Path] = []
    labels: list[int] = []
    names: list[str] = []
    empty: list[str] = []
    ignored = 0
    for folder in folders:
        images, others = _images(folder)
        ignored += others
        if images:
            files += images
            labels += [len(names)] * len(images)
            names.append(folder.name)
        else:
            empty.append(folder.name)
    if len(names) < 2:
        loose, _ = _images(path)
        found = (
            f"it has {counted(len(loose), 'image')} and no sub-folder with any"
            if loose and not names
            else (f"it has {counted(len(names), 'sub-folder')} with images" + (f", {names[0]}" if names else ""))
        )
        raise DataError(f"{path} must have at least two sub-folders with images, one for each class; {found}")
    notes = []
    if empty:
        notes.append(f"{counted(len(empty), 'sub-folder')} without images left out: {listed(empty)}.")
    if ignored:
        notes.append(f"{counted(ignored, 'file')} of other kinds left out.")
    return _Listing(files, labels, tuple(names), None, tuple(notes))


def _folders(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _images(folder: Path) -> tuple[list[Path], int]:
    """The image files of a folder in the order of their names, and how many other files lie there."""
    images: list[Path] = []
    others = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not entry.is_file():
                continue
            if entry.name.lower().endswith(SUFFIXES):
                images.append(Path(entry.path))
            else:
                others += 1
    return sorted(images), others


def _in_threads(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, items))


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Without Pillow's remarks on odd metadata; a bomb, an image of more than 89 million pixels, is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombWarning | Image.DecompressionBombError):
        return "it has too many pixels"
    if isinstance(error, UnidentifiedImageError):
        return "it is not of the kind that its name says"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return reason_of(error)
