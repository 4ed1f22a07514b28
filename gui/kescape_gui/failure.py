"""What to tell a user whose run failed: headline, cause, what to try; no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kescape_gui.words import tr


@dataclass(frozen=True)
class Failure:
    """One failure in words."""

    headline: str
    cause: str
    advice: str
    repeats: bool = False
    """Whether the same would only happen again: then other settings are needed, not another try."""


def cut_off(cannot_go_on: str | None, checkpoint: int | None) -> Failure:
    """What to tell of a run whose process ended without a last word.

    Args:
        cannot_go_on: Why it cannot go on, if it cannot.
        checkpoint: How many steps its newest checkpoint has.
    """
    if cannot_go_on is not None:
        advice = tr("{why}. What there is can be exported.").format(why=cannot_go_on)
    elif checkpoint is None:
        advice = tr("Resume goes on from its newest checkpoint; the steps behind it are trained again.")
    else:
        advice = tr("Resume goes on from its newest checkpoint, at step {step}; the steps behind it are trained again.")
        advice = advice.format(step=f"{checkpoint:,}")
    return Failure(
        tr("The training was cut off"),
        tr("Its process ended without a last word; every step up to then is here."),
        advice,
    )


NOT_A_NUMBER = "The loss is no longer a number"

# Headline and advice are in the source language, and translated where they are used.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"\bnan\b|not finite|infinite|\binf\b",
        NOT_A_NUMBER,
        "Branch from its last good weights with a lower highest rate, or clip the gradient under More settings.",
    ),
    (
        r"out of memory|oom|resourceexhausted|cannot allocate",
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


def explain(error: str, log: str = "") -> Failure:
    """Say what went wrong, from the run's error and the end of the engine's output.

    Example:
        >>> explain("MemoryError: cannot allocate 8 GiB").headline
        'The memory is full'
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    cause = error.strip() or (lines[-1] if lines else tr("The engine process ended without a word."))
    cause = cause[0].upper() + cause[1:]
    for pattern, headline, advice in _KNOWN:
        if re.search(pattern, cause, re.IGNORECASE):
            return Failure(tr(headline), cause, tr(advice), repeats=headline == NOT_A_NUMBER)
    return Failure(tr("The training failed"), cause, tr("The Log tab has the engine's own words."))


def report(name: str, failure: Failure, settings: str, log: str) -> str:
    """All of it as text to paste into a message."""
    return (
        f"KEscape run {name}\n{failure.headline}: {failure.cause}\n\n"
        f"Settings\n{settings}\n\nEnd of engine.log\n{log[-6000:]}\n"
    )
