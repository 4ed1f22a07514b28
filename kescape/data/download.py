"""Where Keras keeps the data sets that it downloads, and whether one can be had: no Keras needed to say so.

`kescape.engine.load_data` loads them; this knows beforehand, within seconds, that it would fail.
"""

from __future__ import annotations

import os
import tempfile
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from kescape.data.errors import DataUnreachable

__all__ = ["check_available", "is_cached"]

PATIENCE_SECONDS = 8.0
"""How long a network may take to show that it is there."""

_GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"


@dataclass(frozen=True)
class _Download:
    origin: str
    files: tuple[str, ...]
    """Under Keras' folder of data sets; all are there once it has been downloaded."""


_CLOTHES = ("train-labels-idx1", "train-images-idx3", "t10k-labels-idx1", "t10k-images-idx3")

_DOWNLOADS = {
    "mnist": _Download(f"{_GOOGLE}mnist.npz", ("mnist.npz",)),
    "fashion_mnist": _Download(
        f"{_GOOGLE}train-labels-idx1-ubyte.gz", tuple(f"fashion-mnist/{name}-ubyte.gz" for name in _CLOTHES)
    ),
    "cifar10": _Download(f"{_TORONTO}cifar-10-python.tar.gz", ("cifar-10-batches-py-target_archive",)),
    "cifar100": _Download(f"{_TORONTO}cifar-100-python.tar.gz", ("cifar-100-python-target_archive",)),
}


def is_cached(name: str) -> bool:
    """Whether Keras has downloaded a data set already."""
    return all((_keras_folder() / file).is_file() for file in _DOWNLOADS[name].files)


def check_available(name: str) -> None:
    """Make sure that a data set is here or can be downloaded.

    Raises:
        DataUnreachable: It is not here, and its server does not answer within some seconds.
    """
    if is_cached(name):
        return
    origin = _DOWNLOADS[name].origin
    problem: list[str] = ["it does not answer"]

    def ask() -> None:
        request = urllib.request.Request(origin, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):
                problem.clear()
        except urllib.error.URLError as error:
            problem[:] = [str(error.reason)]
        except OSError as error:
            problem[:] = [str(error)]

    # In a thread of its own: looking up an address has no time limit.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_SECONDS)
    if problem:
        host = origin.split("/")[2]
        raise DataUnreachable(
            f"dataset={name!r} has to be downloaded once, and {host} cannot be reached: {problem[0]}. Where there is a "
            f"network it comes by itself; Keras keeps it in {_keras_folder()}"
        )


def _keras_folder() -> Path:
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    # As Keras does where it may not write.
    writable = home if os.access(home, os.W_OK) or not home.exists() else None
    return (writable or Path("/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir(), ".keras")) / "datasets"
