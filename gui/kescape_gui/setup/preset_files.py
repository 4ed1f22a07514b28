"""Presets of the user's: settings files by name, which `kescape train FILE.toml` reads as well; no Qt."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import Any

import platformdirs

from kescape.config import SETTINGS, ConfigError, RunConfig, config_errors, toml_file
from kescape.config.start import located_start
from kescape.data.location import located
from kescape.models.choice import located_model
from kescape.run.folder import check_run_name
from kescape_gui.setup.taken_values import can_hold
from kescape_gui.words import tr

SUFFIX = ".toml"

_FOR_THE_FORM = ("dataset", "target", "model", "start_from", "validation_fraction", "backend")
"""Settings that depend on what is there, on disk or installed: the form says under the field what is wrong."""


def presets_folder() -> Path:
    """Where presets are kept: `$KESCAPE_HOME/presets`, else the system's place for what a user has configured."""
    home = os.environ.get("KESCAPE_HOME") or platformdirs.user_config_dir("kescape", appauthor=False)
    return Path(home) / "presets"


def preset_path(name: str) -> Path:
    """The file of a preset."""
    return presets_folder() / f"{name}{SUFFIX}"


def is_preset(name: str) -> bool:
    """Whether there is a preset of that name."""
    try:
        return preset_path(name).is_file()
    except OSError:
        return False


def preset_names() -> list[str]:
    """The presets that there are, in the order of the alphabet."""
    found: list[str] = []
    with contextlib.suppress(OSError):
        found = [path.stem for path in presets_folder().iterdir() if path.suffix == SUFFIX and path.is_file()]
    return sorted((name for name in found if not name.startswith(".")), key=lambda name: (name.casefold(), name))


def name_problem(name: str) -> str | None:
    """Why a preset cannot have this name, or None."""
    try:
        check_run_name(name)
        check_run_name(f"{name}{SUFFIX}")
    except ValueError:
        return tr('A name becomes that of a file: at most 200 letters, none of / \\ : * ? " < > |, no dot at the ends.')
    return None


def save_settings(path: Path, config: RunConfig) -> None:
    """Write settings as a TOML file, in place of what is there.

    Raises:
        OSError: It cannot be written; what was there is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_text(config.to_toml(), "utf-8")
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def read_settings(path: Path) -> dict[str, Any]:
    """What a settings file makes of the form: its settings, and the defaults of those it does not name.

    Data, model and weights that are not there any more are no fault of the file: the form says so under their fields.

    Raises:
        ConfigError: It cannot be read, or a setting is wrong; the sentence names file and line.
    """
    written = toml_file.read(path)
    values = dict(written.values)
    judged = {
        name: value
        for name, value in values.items()
        if name not in _FOR_THE_FORM or not can_hold(SETTINGS[name], value)
    }
    errors = config_errors(judged)
    if errors:
        raise ConfigError({name: f"{written.place(name)}: {sentence}" for name, sentence in errors.items()})
    folder = written.path.absolute().parent
    for name, locate in (("dataset", located), ("model", located_model), ("start_from", located_start)):
        if name in values:
            values[name] = locate(values[name], folder)
    return {name: values.get(name, setting.default) for name, setting in SETTINGS.items()}
