"""Settings files that cannot be trained, from seeds."""

from __future__ import annotations

from random import Random

from kescape.config import SETTINGS, RunConfig
from tests.faults.damage import damaged

_GOOD = RunConfig().to_toml()

_VALUES = (
    "", "nan", "-inf", "-1", "-0.5", "1e999", "0x7fffffffffffffffffff", "9" * 5000, "-" + "9" * 400, "1_000__0",
    "true", "'yes'", '""', '"\\u0000"', '"a\\tb"', '"' + "x" * 3000 + '"', "[]", "[1, 2]", "{}", "{ a = 1 }",
    "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "'''\n'''", '"unclosed', "[[1], [2]]", "=",
    "3 epochs", "0,05", "1e", "None",
)  # fmt: skip
"""None of them is a value that any setting takes, but for a true or false."""

_NAMES = (
    "lr",
    "learning_rate",
    "Epochs",
    "batch size",
    "",
    "epochs.x",
    "'t 0'",
    "__class__",
    "x" * 2000,
    "é",
    "\u202eepochs",
)


def malformed_settings(chance: Random) -> tuple[bytes, str]:
    """A file of settings with something wrong in it, and the name of the setting, where it is about one."""
    lines = _GOOD.splitlines()
    at = chance.randrange(len(lines))
    kind = chance.choice(("damage", "value", "value", "value", "name", "table", "twice", "deep", "line"))
    if kind == "damage":
        return damaged(_GOOD.encode(), chance), ""
    name = chance.choice(list(SETTINGS))
    if kind == "value":
        lines = [line for line in lines if not line.startswith(f"{name} ")]
        lines.insert(min(at, len(lines)), f"{name} = {chance.choice(_VALUES)}")
    elif kind == "name":
        lines.insert(at, f"{chance.choice(_NAMES)} = {chance.choice(_VALUES)}")
        name = ""
    elif kind == "table":
        lines.append(chance.choice((f"[{name}]", f"[[{name}]]", f"[{name}.{name}]", f"[{name}]\nx = 1")))
    elif kind == "twice":
        lines += [f"{name} = 1", f"{name} = 1"]
    elif kind == "deep":
        depth = chance.choice((10, 400, 5000))
        lines.append(f"{name} = " + "[" * depth + "]" * depth)
    else:
        lines.insert(
            at, chance.choice(("epochs 70", "}", "\x07", "epochs = 1 2", '"', "<<<<<<< HEAD", "{}", "\x00", "=1"))
        )
        name = ""
    return "\n".join(lines).encode(), name
