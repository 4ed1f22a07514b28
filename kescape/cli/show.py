"""`kescape show RUN`: how a run goes, what its plan is and what the restarts did."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import typer

from kescape.cli.console import number, out
from kescape.cli.cycles import SHOWN, cycle_rows, cycle_table, val_metrics
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.sparkline import sparkline
from kescape.cli.verdicts import print_verdicts
from kescape.config import SETTINGS
from kescape.run.labels import read_labels
from kescape.run.reader import Run

__all__ = ["print_run", "show"]

STEERING = ("restart_now", "eta_max", "snapshot", "note", "pause", "resume")
"""Events of what somebody did or wrote while the run trained; how it ended is said elsewhere."""


def show(context: typer.Context, run: RunArgument, runs: RunsOption = None) -> None:
    """Show how a run goes and what its restarts did."""
    from kescape.run.folder import find_run
    from kescape.run.reader import open_run

    with open_run(find_run(run, chosen_runs(context, runs))) as opened:
        print_run(opened)


def print_run(run: Run) -> None:
    """Print what is known of a run."""
    from rich.text import Text

    from kescape.cli.runs import COLOURS

    status = str(run.status)
    begun = dt.datetime.fromtimestamp(run.created).astimezone()
    heading = Text.assemble(
        (run.name, "bold"), "  ", (status, COLOURS[status] or "bold"), f"  begun {begun:%d %b %H:%M}"
    )
    out().print(heading)
    out().print(str(run.path), style="dim", soft_wrap=True)
    if run.error:
        out().print(run.error, style="red", soft_wrap=True)
    labels = read_labels(run.path)
    facts = [
        ("plan", _plan_sentence(run)), ("trained", _progress(run)), ("settings", _settings(run)),
        ("tags", " ".join(labels.tags)), ("note", " ".join(labels.note.split())), ("labels", labels.problem),
    ]  # fmt: skip
    for name, value in facts:
        if value:
            out().print(Text.assemble((f"{name:<10}", "dim"), value), soft_wrap=True)
    _print_steering(run)
    _print_curves(run)
    rows = cycle_rows(run)
    if rows and run.steps_per_epoch:
        out().print()
        out().print(cycle_table(rows, run.steps_per_epoch))
        if rows[0].first_step > 0:
            out().print(f"The last {SHOWN} cycles.", style="dim")
        out().print("One run: no spread shown.", style="dim")
    print_verdicts(run)


def _plan_sentence(run: Run) -> str:
    from kescape.config.landing_words import landing_words

    epochs = run.config.get("epochs")
    if run.plan is None or not isinstance(epochs, int):
        return ""
    return landing_words(run.plan, epochs).sentence


def _progress(run: Run) -> str:
    done, metrics = run.epoch_state()
    if not run.steps and not done:
        return "no step yet"
    # An imported log may hold its epochs alone.
    parts = [f"{run.steps:,} steps"] if run.steps else []
    parts.append(f"{done} epochs")
    shown = ["loss", "accuracy", *val_metrics(metrics)]
    parts += [f"{name.replace('_', ' ')} {number(metrics[name])}" for name in shown if name in metrics]
    return ", ".join(parts)


def _settings(run: Run) -> str:
    """What was chosen; what has its usual value, or is not used by the schedule, is left out."""
    config = run.config
    schedule = str(config.get("schedule"))
    words = []
    for name, value in config.items():
        known = SETTINGS.get(name)
        if value is None or (known and not known.read_by(schedule)):
            continue
        if known and known.level == "more" and value == known.default:
            continue
        words.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return ", ".join(words)


def _print_steering(run: Run) -> None:
    """What was done by hand, and what was noted."""
    from rich.text import Text

    events = [event for event in run.events() if event.kind in STEERING]
    for event in events[-SHOWN:]:
        words = " ".join(event.text.split())
        out().print(Text.assemble((f"{'by hand':<10}", "dim"), f"step {event.step:,}: {words}"), soft_wrap=True)
    if len(events) > SHOWN:
        out().print(f"The last {SHOWN} of {len(events)}.", style="dim")


def _print_curves(run: Run) -> None:
    from rich.text import Text

    lines = {name: values for name, values in _curves(run).items() if np.isfinite(values).any()}
    if not lines:
        return
    width = min(out().width - 12, 100)
    out().print()
    for title, name, log in (("loss, log", "loss", True), ("rate", "learning_rate", False)):
        if name in lines:
            out().print(Text.assemble((f"{title:<10}", "dim"), sparkline(lines[name], width, log=log)))


def _curves(run: Run) -> dict[str, npt.NDArray[Any]]:
    """Loss and rate of the steps, or of the epochs where no steps are known."""
    wanted = ("loss", "learning_rate")
    if run.steps:
        known = [column.name for column in run.columns if column.name in wanted]
        return run.curves(names=known)
    rows = run.epochs()
    return {name: np.array([row.values.get(name, np.nan) for row in rows]) for name in wanted}
