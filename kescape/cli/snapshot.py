"""`kescape snapshot RUN`: keeps the weights of a live run as they are now."""

from __future__ import annotations

import typer

from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.tell import tell

__all__ = ["snapshot"]


def snapshot(context: typer.Context, run: RunArgument, runs: RunsOption = None) -> None:
    """Keep a run's weights as they are now."""
    from kescape.run.folder import find_run

    folder = find_run(run, chosen_runs(context, runs))
    tell(folder, "snapshot", lambda answer: f"keeps its weights after step {answer.step:,} in {_file(answer.reason)}")


def _file(answer: str) -> str:
    return answer.rpartition(": ")[2].rstrip(".")
