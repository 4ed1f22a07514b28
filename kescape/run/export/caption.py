"""The words of a figure: which run it shows, with what settings, and what its file says about itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kescape.run.export.options import Part

if TYPE_CHECKING:
    from kescape.run.reader import Run

_WORDS = (
    ("dataset", "{}"),
    ("model", "{}"),
    ("schedule", "{}"),
    ("t_0", "T₀ {}"),
    ("t_mult", "T_mult {}"),
    ("eta_max", "η max {}"),
    ("eta_min", "η min {}"),
    ("momentum", "momentum {}"),
    ("batch_size", "batch {}"),
    ("seed", "seed {}"),
)
_LONGEST_NAME = 40


def caption(run: Run, part: Part | None = None) -> tuple[str, str]:
    """The name of a run, and its settings in a line."""
    config = run.config or ({} if run.plan is None else run.plan.to_dict())
    parts = settings_in_words(config)
    # One run shows no spread; a reader should not have to guess that.
    count, what = (run.steps, "step") if run.steps else (len(run.epochs()), "epoch")
    counted = f"{count:,} {what}{'' if count == 1 else 's'}"
    shown = counted if part is None or part.is_all else f"{part} of {counted}"
    parts.append(f"one run, {shown}")
    return shown_name(run.name), printable(", ".join(parts))


def shown_name(name: str) -> str:
    """A name as the title of a figure has room for it."""
    name = printable(name)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def settings_in_words(config: Mapping[str, Any]) -> list[str]:
    """The settings that a reader of a figure needs to know, each in a word or two."""
    return [words.format(_plain(config[key])) for key, words in _WORDS if config.get(key) not in (None, "")]


def settings_hash(run: Run) -> str | None:
    """SHA-256 of the settings; None for a run that has none."""
    return hash_of(run.config) if run.config else None


def hash_of(settings: Mapping[str, Any]) -> str:
    """SHA-256 of settings as JSON with sorted keys and no spaces, in UTF-8."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def metadata(run: Run, kind: str) -> dict[str, Any]:
    """What the figure of a run says about itself in a png, svg or pdf."""
    settings = settings_hash(run)
    about = f"run {printable(run.name)}" + (f"; settings SHA-256 {settings}" if settings else "")
    return metadata_of(f"{printable(run.name)}: loss and learning rate", about, kind)


def metadata_of(title: str, about: str, kind: str) -> dict[str, Any]:
    """What a png, svg or pdf says about itself, in the fields that its kind has.

    No date: the same run gives the same file.
    """
    from kescape import __version__

    program = f"KEscape {__version__}"
    if kind == "png":
        return {"Title": title, "Description": about, "Software": program}
    if kind == "svg":
        return {"Title": title, "Description": about, "Creator": program, "Date": None}
    return {"Title": title, "Subject": about, "Creator": program, "CreationDate": None}


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " ".join(_plain(item) for item in value)
    return str(value)


def printable(text: str) -> str:
    """Names and settings may come with somebody else's run, and a file of vectors holds no control characters."""
    return "".join(char if char.isprintable() else " " for char in text)
