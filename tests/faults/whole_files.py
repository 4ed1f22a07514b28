"""Files of each kind that are as they should be, for others to break."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np


def keras_file(path: Path, layer: dict[str, object] | None = None) -> Path:
    """A network of two dense layers as Keras writes it, for 64 inputs and 10 outputs; `layer` comes between them."""
    dense = [
        {
            "module": "keras.layers",
            "class_name": "Dense",
            "config": {"name": name, "trainable": True, "dtype": "float32", "units": units, "activation": kind},
            "registered_name": None,
            "build_config": {"input_shape": [None, inputs]},
        }
        for name, inputs, units, kind in (("dense", 64, 16, "relu"), ("dense_1", 16, 10, "softmax"))
    ]
    start = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 64], "dtype": "float32", "sparse": False, "name": "input_layer"},
        "registered_name": None,
    }
    layers = [start, dense[0], *([] if layer is None else [layer]), dense[1]]
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "trainable": True, "dtype": "float32", "layers": layers},
        "registered_name": None,
        "build_config": {"input_shape": [None, 64]},
    }
    weights = io.BytesIO()
    generator = np.random.default_rng(0)
    with h5py.File(weights, "w") as file:
        for name, inputs, units in (("dense", 64, 16), ("dense_1", 16, 10)):
            file[f"layers/{name}/vars/0"] = generator.normal(size=(inputs, units)).astype("f4")
            file[f"layers/{name}/vars/1"] = np.zeros(units, "f4")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.0", "date_saved": "2026-01-01@00:00:00"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())
    return path


def table(rows: int = 40) -> list[list[str]]:
    """Cells of a table with a heading, two columns of numbers, one of words, and the classes to be learned."""
    generator = np.random.default_rng(0)
    heading = [["width", "height", "colour", "kind"]]
    return heading + [
        [f"{a:.3f}", f"{b:.3f}", ("red", "green", "blue")[row % 3], ("cat", "dog")[row % 2]]
        for row, (a, b) in enumerate(generator.normal(size=(rows, 2)))
    ]


def arrays(path: Path) -> Path:
    """An `.npz` of 60 rows with 5 inputs and 3 classes."""
    generator = np.random.default_rng(0)
    np.savez(path, x=generator.normal(size=(60, 5)).astype("f4"), y=np.arange(60) % 3)
    return path
