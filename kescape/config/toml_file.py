"""Settings as a TOML file: written with a word of explanation, read with the line of each key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from kescape.config.errors import ConfigError
from kescape.config.setting import Setting

__all__ = ["Written", "read", "write"]


@dataclass(frozen=True)
class Written:
    """What a TOML file says, and where."""

    path: Path
    values: dict[str, Any]
    lines: dict[str, int]

    def place(self, name: str) -> str:
        """File and line of a setting, as the start of an error message."""
        line = self.lines.get(name)
        return f"{self.path}" if line is None else f"{self.path}, line {line}"


def write(values: Mapping[str, Any], settings: Mapping[str, Setting]) -> str:
    """One line a setting, grouped; settings that are off are left out."""
    lines: list[str] = []
    group = ""
    for name, known in settings.items():
        if known.group != group:
            group = known.group
            lines += ["", f"# {group}"] if lines else [f"# {group}"]
        if values[name] is None:
            continue
        assignment = tomli_w.dumps({name: values[name]}).rstrip("\n")
        unit = f", {known.unit}" if known.unit else ""
        lines.append(f"{assignment}  # {known.title}{unit}")
    return "\n".join(lines) + "\n"


_LARGEST = 1_000_000
"""Bytes of a settings file at the most; a device such as /dev/zero never ends."""


def read(path: Path | str) -> Written:
    """The values of a TOML file and the line of each key; a `ConfigError` names what is wrong."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise ConfigError({"": f"{path} is not a file of settings: it is larger than {_LARGEST} bytes"})
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError({"": f"{path} is not a text file in UTF-8: {error.reason}"}) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError({"": f"{path} cannot be read: {reason}"}) from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError({"": f"{path} is not a TOML file: {error}"}) from None
    except RecursionError:
        raise ConfigError({"": f"{path} is not a TOML file: nested too deeply"}) from None
    except ValueError:
        # Python reads no whole number as long as that.
        raise ConfigError({"": f"{path}{_line_of_digits(text)} has a number of thousands of digits"}) from None
    return Written(path, values, _key_lines(text))


def _line_of_digits(text: str) -> str:
    """Where the number stands that is too long to be read."""
    found = re.search(r"[\d_]{4301,}", text)
    return "" if found is None else f", line {text.count(chr(10), 0, found.start()) + 1}"


def _key_lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        key = re.match(r"""\s*\[?\s*["']?([\w-]+)["']?\s*[=\].]""", line)
        if key:
            lines.setdefault(key[1], number)
    return lines
