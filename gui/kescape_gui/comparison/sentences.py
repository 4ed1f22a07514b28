"""What a comparison has found, as text and as marked-up text; no Qt."""

from __future__ import annotations

import html

from kescape.compare.report import Report
from kescape_gui.theme import Colours


def as_plain_text(report: Report) -> str:
    """The summary, the sentence on each pair, and what has to be kept in mind."""
    parts = [[report.summary], [pair.sentence for pair in report.pairs], list(report.notes)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def as_html(report: Report, colours: Colours) -> str:
    """The same, with a sign before each pair that says what was found, in the colours of the app."""
    signs = {
        "better": ("✓", colours.good),
        "worse": ("✗", colours.error),
        "no difference seen": ("=", colours.muted),
        "too few": ("?", colours.muted),
    }
    parts = [f"<p style='margin:0 0 8px 0'><b>{html.escape(report.summary)}</b></p>"]
    for pair in report.pairs:
        sign, colour = signs[pair.verdict]
        parts.append(
            f"<p style='margin:0 0 5px 0'><span style='color:{colour}'>{sign}</span>&nbsp;"
            f"{html.escape(pair.sentence)}</p>"
        )
    parts += [f"<p style='margin:3px 0 0 0; color:{colours.muted}'>{html.escape(note)}</p>" for note in report.notes]
    return "".join(parts)
