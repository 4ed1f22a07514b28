"""What the user prefers, kept as TOML where the system keeps settings; no Qt.

What the window remembers by itself, such as its size and what was shown last, is not here.
"""

from __future__ import annotations

import contextlib
import tomllib
import uuid
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from kescape.run.folder import expanded, preferences_path
from kescape_gui.words import tr


class Preferences(BaseModel):
    """One choice for each thing that can be preferred; the defaults are what a new user gets."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    appearance: Literal["system", "light", "dark"] = "system"
    closing: Literal["ask", "background", "stop"] = "ask"
    """What becomes of a training when the window is closed: asked, kept, or stopped after its cycle."""
    spare_engine: bool = True
    """Whether an engine is started ahead, so that Start shows its first point at once."""
    keep_awake: bool = True
    """Whether the computer is kept from falling asleep while a run trains."""
    notify: bool = True
    """Whether the desktop tells when a run ends while the window is not in front."""
    runs_folder: str = ""
    """Where runs are kept, as an absolute path; empty for the default place."""

    @field_validator("runs_folder")
    @classmethod
    def _is_absolute(cls, value: str) -> str:
        if value and ("\0" in value or not expanded(value).is_absolute()):
            raise ValueError("must be an absolute path, because it holds wherever KEscape is started")
        return value


class PreferencesUnwritable(Exception):  # noqa: N818 (says what is the case, like the run's own errors)
    """The preferences cannot be written; the text says where, and why."""


class PreferenceFile:
    """The preferences in their file. Two windows may share it: each change is made to what the file says by then.

    Attributes:
        value: What holds now.
        problem: Why the file does not count and the defaults hold, in one sentence; None if all is well.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or preferences_path()
        self.value, self._unknown, self.problem = _read(self.path)

    def change(self, **changes: Any) -> Preferences:
        """Prefer something else from now on; it holds for this window even where it cannot be written.

        Raises:
            PreferencesUnwritable: It could not be written.
        """
        # A file that is wrong counts for nothing, what this window was told still does.
        found, self._unknown, wrong = _read(self.path)
        base = self.value if wrong is not None else found
        self.value = Preferences.model_validate({**base.model_dump(), **changes})
        try:
            self._write(keep_old=wrong is not None)
        except OSError as error:
            words = tr("The settings cannot be written to {path}: {why}.")
            raise PreferencesUnwritable(words.format(path=self.path, why=error.strerror or error)) from error
        self.problem = None
        return self.value

    def _write(self, *, keep_old: bool) -> None:
        """Whole or not at all; what stood there and was not understood is kept beside it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            temporary.write_text(tomli_w.dumps({**self._unknown, **self.value.model_dump()}), encoding="utf-8")
            if keep_old:
                self.path.replace(self.path.with_name(f"{self.path.name}.damaged"))
            temporary.replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def _read(path: Path) -> tuple[Preferences, dict[str, Any], str | None]:
    """What the file says, what of it only a newer version knows, and why it does not count, if it does not."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
        unknown = {name: value for name, value in found.items() if name not in Preferences.model_fields}
        return Preferences.model_validate(found), unknown, None
    except FileNotFoundError:
        return Preferences(), {}, None
    except OSError as error:
        why = error.strerror or str(error)
    except ValidationError as error:
        first = error.errors()[0]
        rule = first["msg"].removeprefix("Value error, ").replace("Input should be", tr("must be"))
        why = tr("{name} {rule}; got {value!r}").format(name=first["loc"][0], rule=rule, value=first["input"])
    except UnicodeDecodeError:
        why = tr("it is not UTF-8 text")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = tr("it is not TOML ({why})").format(why=error)
    problem = tr("The settings in {path} do not count, and the defaults hold: {why}.").format(path=path, why=why)
    return Preferences(), {}, problem
