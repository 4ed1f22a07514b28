"""What the restarts of a run did, in words for the terminal: a table, what it suggests, and what it cost."""

from __future__ import annotations

from rich.table import Table

from kescape.cli.console import fitting_table, out
from kescape.cli.cycles import SHOWN
from kescape.evidence.advice import advise, peaks_of
from kescape.evidence.escape import Escape
from kescape.run.reader import Run

__all__ = ["print_verdicts", "verdict_line", "verdict_table"]


def print_verdicts(run: Run) -> None:
    """Print what is known of the restarts, if anybody looked."""
    rows, ensembles = run.escapes(), run.ensembles()
    if not rows and not ensembles:
        return
    out().print()
    if rows:
        out().print(verdict_table(rows[-SHOWN:], run.steps_per_epoch))
        if len(rows) > SHOWN:
            out().print(f"The last {SHOWN} of {len(rows)} restarts with a verdict.", style="dim")
    sessions = run.sessions
    advice = advise(rows, peaks_of(rows, run.placed, sessions[-1].plan_step if sessions else 0))
    if advice is not None:
        out().print(advice.sentence())
    if ensembles:
        out().print(ensembles[-1].score.sentence())
    out().print(_cost(run), style="dim")


def verdict_table(rows: list[Escape], steps_per_epoch: int | None) -> Table:
    """A line per restart, in as many columns as the terminal has room for.

    Args:
        rows: The restarts.
        steps_per_epoch: > 0; None where it is not known, and restarts are told by their steps.
    """
    where = "restart\nat epoch" if steps_per_epoch else "restart\nat step"
    barrier, back, differ = "barrier\n(95 % interval)", "steps\nback", "differ\non"
    lines = [
        {
            "": f"{row.cycle}",
            "restart": f"{row.cycle}",
            where: f"{row.step / steps_per_epoch:.4g}" if steps_per_epoch else f"{row.step:,}",
            "verdict": row.verdict,
            barrier: _barrier(row),
            "loss": f"{row.loss_before:.3g} → {row.loss_after:.3g}",
            back: "" if row.recovery_steps is None else f"{row.recovery_steps:,}",
            differ: "" if row.disagreement is None else f"{100 * row.disagreement:.1f} %",
        }
        for row in rows
    ]
    always = ("verdict", barrier, "loss")
    # Where a restart lies, the table of cycles says too.
    choices = (
        ("", where, *always, back, differ),
        ("restart", *always, back, differ),
        ("restart", *always, back),
        ("restart", *always),
    )
    return fitting_table(lines, choices, numbers=("", "restart", where, back, differ), gap=2)


def verdict_line(row: Escape) -> str:
    """What is said when the cycle of a restart ends; cycles count from 1, as in the rest of the display."""
    return f"cycle {row.cycle + 1} ends: {row.verdict}. {row.sentence()} {row.barrier_words()}."


def _barrier(row: Escape) -> str:
    if row.barrier == float("inf"):
        return "not finite"
    return f"{row.barrier:.2g} ({row.low:.2g} to {row.high:.2g})"


def _cost(run: Run) -> str:
    """What all of it took; epochs are a share of the time that those of the training take."""
    rows, ensembles = run.escapes(), run.ensembles()
    parts = []
    if rows:
        epochs = [row.epochs for row in rows if row.epochs is not None]
        share = f", {sum(epochs):.2g} epochs" if len(epochs) == len(rows) else ""
        parts.append(f"judging {sum(row.seconds for row in rows):.2g} s on {rows[-1].rows:,} rows{share}")
        parts.append(f"compiling {sum(row.compile_seconds for row in rows):.2g} s")
    if ensembles:
        parts.append(f"ensembles {sum(row.seconds for row in ensembles):.2g} s")
    words = "; ".join(parts)
    return f"{words[:1].upper()}{words[1:]}."
