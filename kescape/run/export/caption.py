"""The two lines above a figure: which run it shows, and with what settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
# What fits on one line of the figure each.
_LONGEST_NAME = 40
_LONGEST_LINE = 140


def caption(run: Run) -> tuple[str, str]:
    """The name of a run, and its settings in a line."""
    config = run.config or ({} if run.plan is None else run.plan.to_dict())
    parts = [words.format(_plain(config[key])) for key, words in _WORDS if config.get(key) not in (None, "")]
    # One run shows no spread; a reader should not have to guess that.
    count, what = (run.steps, "step") if run.steps else (len(run.epochs()), "epoch")
    parts.append(f"one run, {count:,} {what}{'' if count == 1 else 's'}")
    name = run.name if len(run.name) <= _LONGEST_NAME else f"{run.name[:_LONGEST_NAME]}…"
    line = ", ".join(parts)
    return name, line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " ".join(_plain(item) for item in value)
    return str(value)
