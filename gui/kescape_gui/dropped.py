"""What a file or folder is that was dropped on the window, or chosen in a dialog; no Qt, and nothing of it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kescape.data.location import kind_of
from kescape.models.python_file import builders
from kescape.run.folder import is_run_folder


@dataclass(frozen=True)
class Dropped:
    """What is done with it.

    Attributes:
        what: Shown as a run, chosen as data or as model, made a run of, as a zip that was exported is, or settings that
            the form is filled with.
        value: A run's folder, or what the setting is then, as the configuration writes it.
    """

    what: Literal["run", "dataset", "model", "zip", "settings"]
    value: str


def understood(path: Path) -> Dropped | None:
    """What to do with a path; None if it is nothing that KEscape knows.

    Example:
        >>> understood(Path("/data/flowers.csv")).what, understood(Path("/nets/small.keras")).what
        ('dataset', 'model')
        >>> understood(Path("/letters/to-ana.txt")) is None
        True
    """
    if is_run_folder(path):
        return Dropped("run", str(path))
    suffix = path.suffix.lower()
    if suffix == ".keras":
        return Dropped("model", str(path))
    if suffix == ".py":
        return Dropped("model", model_value(path))
    if suffix == ".zip":
        return Dropped("zip", str(path))
    if suffix == ".toml":
        return Dropped("settings", str(path))
    return Dropped("dataset", str(path)) if kind_of(str(path)) in ("table", "arrays", "images") else None


def model_value(path: Path) -> str:
    """What the setting is for a model's file; of a Python file, the function that builds it.

    That is `build_model`, or the only function that can be meant; the configuration says what is wrong where there is
    none.
    """
    if path.suffix.lower() != ".py":
        return str(path)
    found = builders(path)
    function = "build_model" if "build_model" in found or not found else found[0]
    return f"{path}:{function}"
