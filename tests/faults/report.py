"""What came of trying one promise, and the table of all."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.table import Table

HEADINGS = ("", "what was done to it", "tried", "lost", "worst seen", "kept")


@dataclass
class Report:
    """What was tried on one promise, and what it cost.

    Attributes:
        promise: Its number, e.g. `P1`.
        fault: What was done, in a few words.
        tried: How often, and by what means where there are several.
        lost: What was lost of what had been trained or written.
        worst: The worst figure that was seen.
        problems: Where the promise was not kept, a sentence each.
        seconds: How long it took.
    """

    promise: str
    fault: str
    tried: str = ""
    lost: str = "nothing"
    worst: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def expect(self, holds: object, problem: str) -> bool:
        """Note a problem unless it holds; returns whether it does."""
        if not holds:
            self.problems.append(problem)
        return bool(holds)

    @property
    def verdict(self) -> str:
        """Whether the promise was kept, in a word or two."""
        return "no: " + self.problems[0] if self.problems else "yes"

    @property
    def cells(self) -> tuple[str, ...]:
        """The report as a row of the table."""
        return (self.promise, self.fault, self.tried, self.lost, self.worst, self.verdict)


def table(reports: list[Report]) -> Table:
    """The reports for a terminal."""
    shown = Table(show_lines=True)
    for heading in HEADINGS:
        shown.add_column(heading, overflow="fold", no_wrap=heading == "")
    for report in reports:
        shown.add_row(*report.cells)
    return shown


def markdown(reports: list[Report]) -> str:
    """The reports as the README has them."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(report.cells for report in reports)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
