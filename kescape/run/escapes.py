"""What a run says of its restarts: noted once in its table, and once in its log, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kescape.evidence.escape import Escape

if TYPE_CHECKING:
    from kescape.run.writer import RunWriter

__all__ = ["note_decision", "note_escape"]


def note_escape(writer: RunWriter, escape: Escape) -> None:
    """Note what a restart did."""
    writer.escape(escape)
    writer.event(
        "verdict",
        escape.end_step,
        f"Restart {escape.cycle}: {escape.verdict}. {escape.sentence()} {escape.barrier_words()}.",
        {"cycle": escape.cycle, "verdict": escape.verdict},
    )


def note_decision(writer: RunWriter, sentence: str, data: Mapping[str, Any]) -> None:
    """Note what was done because of the verdicts, by a callback that was asked for it."""
    writer.event("decision", writer.steps, sentence, data)
