"""`kescape stop RUN`: tells a live run to stop."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs

__all__ = ["stop"]

ANSWER_SECONDS = 3.0
"""An engine looks for commands some 20 times a second; a paused computer may take longer."""


def stop(
    context: typer.Context,
    run: RunArgument,
    after_cycle: Annotated[
        bool, typer.Option("--after-cycle", help="Let the current cycle end at its lowest rate.")
    ] = False,
    runs: RunsOption = None,
) -> None:
    """Stop a run, now or after the current cycle."""
    from kescape.run.commands import send_command
    from kescape.run.folder import find_run
    from kescape.run.reader import open_run

    folder = find_run(run, chosen_runs(context, runs))
    command = send_command(folder, "stop_after_cycle" if after_cycle else "stop")
    until = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < until:
        with open_run(folder) as opened:
            answer = next((ack for ack in opened.acks() if ack.command_id == command), None)
        if answer is not None:
            if answer.outcome != "done":
                console.leave(console.FAILED, f"{folder.name} did not obey: {answer.reason}.")
            when = "after the current cycle" if after_cycle else f"at step {answer.step:,}"
            console.out().print(f"{folder.name} stops {when}.")
            return
        time.sleep(0.05)
    console.out().print(f"{folder.name} has been told to stop, but has not answered yet.")
