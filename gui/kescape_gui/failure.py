"""What to tell a user whose run failed: headline, cause, what to try; no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kescape_gui.engine_end import EngineEnd, telling_lines
from kescape_gui.words import tr

_LAST_LINES = 3
_FATAL = re.compile(r"\bfatal\b|\bcheck failed\b|: F |^F\d{4} ", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """One failure in words."""

    headline: str
    cause: str
    advice: str
    repeats: bool = False
    """Whether the same would only happen again: then other settings are needed, not another try."""


def cut_off(cannot_go_on: str | None, checkpoint: int | None, end: EngineEnd | None = None, log: str = "") -> Failure:
    """What to tell of a run whose process ended without a last word.

    Args:
        cannot_go_on: Why it cannot go on, if it cannot.
        checkpoint: How many steps its newest checkpoint has.
        end: How the process ended, if that is known.
        log: The end of its output.
    """
    if cannot_go_on is not None:
        advice = tr("{why}. What there is can be exported.").format(why=cannot_go_on)
    elif checkpoint is None:
        advice = tr("Resume goes on from its newest checkpoint; the steps behind it are trained again.")
    else:
        advice = tr("Resume goes on from its newest checkpoint, at step {step}; the steps behind it are trained again.")
        advice = advice.format(step=f"{checkpoint:,}")
    cause = tr("Its process ended without a last word; every step up to then is here.")
    if end is not None and end.was_killed:
        cause = tr(_WAS_KILLED)
        advice = tr("{memory} {going_on}").format(memory=tr(_MEMORY), going_on=advice)
    elif end is not None and end.has_crashed:
        cause = _crash_words(log)
    return Failure(tr("The training was cut off"), cause, advice)


_WAS_KILLED = "Something outside of KEscape ended its process, most likely the system because the memory was full."
_MEMORY = "Close other programs; a new run with a smaller batch size needs less memory."

NOT_A_NUMBER = "The loss is no longer a number"

# Headline and advice are in the source language, and translated where they are used.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"\bnan\b|not finite|infinite|\binf\b",
        NOT_A_NUMBER,
        "Branch from its last good weights with a lower highest rate, or clip the gradient under More settings.",
    ),
    (
        r"out of memory|\boom\b|memoryerror|bad_alloc|resourceexhausted|cannot allocate",
        "The memory is full",
        "Try a smaller batch size, or close other programs.",
    ),
    (
        r"no space left|disk is full|disk full",
        "The disk is full",
        "Make room and start again; what was recorded stays readable.",
    ),
    (
        r"read-only|permission denied",
        "The run folder cannot be written",
        "Choose another runs folder, or change its permissions.",
    ),
    (
        r"no module named|importerror|cannot import",
        "A part of the engine is missing",
        "Install it in the environment that KEscape runs in: pip install --upgrade kescape",
    ),
)


def explain(error: str, log: str = "", end: EngineEnd | None = None) -> Failure:
    """Say what went wrong, from the run's error, the end of the engine's output, and how its process ended.

    Example:
        >>> explain("MemoryError: cannot allocate 8 GiB").headline
        'The memory is full'
    """
    lines = telling_lines(log)
    if end is not None and not error.strip():
        if end.was_killed:
            return Failure(tr("The training was cut off"), tr(_WAS_KILLED), tr(_MEMORY))
        if end.has_crashed:
            advice = tr("The Log tab has the engine's own words; an update of TensorFlow or of a driver may help.")
            return Failure(tr("The engine crashed"), _crash_words(log), advice)
    wordless = tr("The engine process ended without a word.")
    if end is not None:
        wordless = tr("The engine process ended with code {code}.").format(code=end.code)
    cause = error.strip() or next(reversed(lines), wordless)
    cause = cause[0].upper() + cause[1:]
    for pattern, headline, advice in _KNOWN:
        if re.search(pattern, cause, re.IGNORECASE):
            return Failure(tr(headline), cause, tr(advice), repeats=headline == NOT_A_NUMBER)
    return Failure(tr("The training failed"), cause, tr("The Log tab has the engine's own words."))


def _crash_words(log: str) -> str:
    """That native code has crashed, with the last that was printed."""
    crashed, lines = tr("Native code in its process crashed."), telling_lines(log)
    fatal = [line for line in lines if _FATAL.search(line)]
    return "\n".join([crashed, *(fatal or lines)[-_LAST_LINES:]])


def report(name: str, failure: Failure, settings: str, log: str) -> str:
    """All of it as text to paste into a message."""
    return (
        f"KEscape run {name}\n{failure.headline}: {failure.cause}\n\n"
        f"Settings\n{settings}\n\nEnd of engine.log\n{log[-6000:]}\n"
    )
