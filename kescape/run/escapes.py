"""What a run says of its restarts: noted once in its table, and once in its log, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kescape.evidence.escape import Escape

if TYPE_CHECKING:
    from kescape.run.writer import RunWriter

__all__ = ["note_escape"]


def note_escape(writer: RunWriter, escape: Escape) -> None:
    """Note what a restart did."""
    writer.escape(escape)
    writer.event(
        "verdict",
        escape.end_step,
        f"Restart {escape.cycle}: {escape.verdict}. {escape.sentence()} {escape.barrier_words()}.",
        {"cycle": escape.cycle, "verdict": escape.verdict},
    )
