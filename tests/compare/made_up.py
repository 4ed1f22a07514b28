"""Outcomes of runs that nobody has trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kescape.compare.comparison import Comparison
from kescape.compare.jobs import JobState, Progress, jobs_of
from kescape.compare.outcome import Outcome, finished_minima


def outcomes(
    comparison: Comparison,
    curves: Mapping[str, Sequence[Sequence[float] | None]],
    states: Mapping[tuple[str, int], JobState] | None = None,
    steered: Sequence[tuple[str, int]] = (),
) -> list[Outcome]:
    """What came of each run: by the name of its arm, one a seed, the measure after its last epochs.

    Fewer values than epochs are those of the first epochs; where the state is not said, such a run is unfinished.
    None is a run that nobody has begun.
    """
    epochs, found = comparison.base.epochs, []
    for job in jobs_of(comparison, Path("runs/try")):
        curve = curves[job.arm.name][job.seed - comparison.base.seed]
        if curve is None:
            found.append(Outcome(job, Progress(JobState.MISSING), comparison.measure))
            continue
        values = dict(enumerate(curve, start=1))
        state = JobState.DONE if len(values) == epochs else JobState.UNFINISHED
        state = (states or {}).get((job.arm.name, job.seed), state)
        minima = tuple(end for end in finished_minima(job.config, epochs) if end <= len(values))
        progress = Progress(state, len(values))
        found.append(Outcome(job, progress, comparison.measure, values, minima, (job.arm.name, job.seed) in steered))
    return found
