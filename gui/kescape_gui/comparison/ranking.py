"""The ranking of the arms as a table, each with its runs below it; no Qt."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kescape.compare.jobs import JobState
from kescape.compare.outcome import Outcome
from kescape.compare.report import ArmReport, Report
from kescape.compare.report_words import figure, interval, measure_in_words
from kescape_gui.runs.swatch import Swatch
from kescape_gui.words import tr

NOTHING = "–"


@dataclass(frozen=True)
class RankedRun:
    """One run of an arm.

    Attributes:
        path: Its folder, which need not be there yet.
        texts: One a column.
        help: Why it failed or cannot be used; empty where all is well.
        is_there: Whether it can be looked at.
        is_problem: Whether something went wrong with it.
    """

    path: Path
    texts: tuple[str, ...]
    help: str = ""
    is_there: bool = False
    is_problem: bool = False


@dataclass(frozen=True)
class RankedArm:
    """One arm.

    Attributes:
        name: Of the arm.
        texts: One a column.
        help: What is to be said of its figures.
        swatch: How it is drawn; None if it is not.
        runs: Its runs, in the order of the seeds.
    """

    name: str
    texts: tuple[str, ...]
    help: str
    swatch: Swatch | None
    runs: tuple[RankedRun, ...]


@dataclass(frozen=True)
class Heading:
    """One column."""

    title: str
    help: str
    is_number: bool = False


def headings(report: Report) -> tuple[Heading, ...]:
    """The columns."""
    measure = tr(measure_in_words(report.measure))
    target = tr("Epochs to {target}").format(target=figure(report.target)) if report.target is not None else ""
    return (
        Heading(tr("Arm"), tr("Best first: by the epochs that it was trained, then by its median")),
        Heading(tr("Runs"), tr("How many of its runs count by now: those that have come to their end"), True),
        Heading(
            measure[:1].upper() + measure[1:],
            tr("Median at the last finished minimum, with its interval at 95 %, for which 3 runs are needed"),
            True,
        ),
        Heading(
            target or tr("Epochs to target"),
            tr("After how many epochs a finished minimum was as good as that: median, and how many runs got there"),
            True,
        ),
        *(
            [Heading(tr("Left behind"), tr("After how many epochs halving left the arm behind"), True)]
            if report.comparison.halving is not None
            else []
        ),
        Heading(tr("State"), tr("How far its runs are")),
    )


def ranking(report: Report, swatches: Mapping[str, Swatch]) -> list[RankedArm]:
    """The arms, best first.

    Args:
        report: What the runs say so far.
        swatches: How arms are drawn, by name.
    """
    return [
        RankedArm(
            arm.arm.name,
            (
                arm.title,
                f"{arm.n} / {arm.of}",
                interval(arm.final) if arm.final is not None else NOTHING,
                _epochs_to_target(arm),
                *_left_behind(report, NOTHING if arm.left_behind_at is None else str(arm.left_behind_at)),
                _state_of_arm(arm.outcomes),
            ),
            tr("{count} of its runs diverged, which counts as worse than any value.").format(count=arm.diverged)
            if arm.diverged
            else "",
            swatches.get(arm.arm.name),
            tuple(_run_line(outcome, report) for outcome in arm.outcomes),
        )
        for arm in report.ranking
    ]


def as_tsv(titles: Sequence[Heading], lines: Sequence[RankedArm]) -> str:
    r"""The arms for a sheet, each with its runs below it.

    Example:
        >>> run = RankedRun(Path("try-sgdr-1"), ("seed 1", "0.5"))
        >>> as_tsv([Heading("Arm", ""), Heading("Loss", "")], [RankedArm("sgdr", ("sgdr", "0.5"), "", None, (run,))])
        'Arm\tLoss\nsgdr\t0.5\nseed 1\t0.5\n'
    """
    rows = [tuple(heading.title for heading in titles)]
    for line in lines:
        rows += [line.texts, *(run.texts for run in line.runs)]
    # What separates cells and rows cannot stand in one.
    return "".join("\t".join(" ".join(text.split()) for text in row) + "\n" for row in rows)


def state_words(state: JobState) -> str:
    """The state of one run in a word or two."""
    return {
        JobState.MISSING: tr("waiting"),
        JobState.LIVE: tr("training"),
        JobState.UNFINISHED: tr("stopped"),
        JobState.DONE: tr("done"),
        JobState.DIVERGED: tr("diverged"),
        JobState.FAILED: tr("failed"),
        JobState.FOREIGN: tr("not usable"),
    }[state]


def _epochs_to_target(arm: ArmReport) -> str:
    if arm.epochs_to_target is None:
        return NOTHING
    if not arm.reached:
        return tr("not reached")
    median, low, high = arm.epochs_to_target
    epochs = figure(median) if low == high else interval(arm.epochs_to_target)
    words = tr("{epochs}, {count} of {runs}")
    return epochs if arm.reached == arm.n else words.format(epochs=epochs, count=arm.reached, runs=arm.n)


def _left_behind(report: Report, text: str) -> list[str]:
    """What stands in that column, where there is one."""
    return [text] if report.comparison.halving is not None else []


def _state_of_arm(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcome.progress.state for outcome in outcomes)
    if len(counts) == 1:
        return state_words(next(iter(counts)))
    return ", ".join(f"{counts[state]} {state_words(state)}" for state in JobState if counts[state])


def _run_line(outcome: Outcome, report: Report) -> RankedRun:
    progress, job = outcome.progress, outcome.job
    value = outcome.final
    if value is None and outcome.values:
        last = max(outcome.values)
        text = tr("{value} at epoch {epoch}").format(value=figure(outcome.values[last]), epoch=last)
    else:
        text = NOTHING if value is None else figure(value)
    needed = outcome.epochs_to(report.target) if report.target is not None else math.inf
    texts = (
        tr("seed {seed}").format(seed=job.seed),
        "",
        text,
        f"{needed:.0f}" if math.isfinite(needed) else NOTHING,
        *_left_behind(report, ""),
        tr("{state}, {done} / {epochs}").format(
            state=state_words(progress.state), done=progress.epochs, epochs=job.config.epochs
        ),
    )
    return RankedRun(
        job.folder,
        texts,
        tr("Steered by hand: it is not what its arm says, and does not count.")
        if outcome.steered
        else progress.problem or "",
        is_there=progress.state is not JobState.MISSING,
        is_problem=progress.state in (JobState.FAILED, JobState.FOREIGN) or outcome.steered,
    )
