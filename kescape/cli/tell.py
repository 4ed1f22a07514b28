"""Tells a live run something and waits for its answer: what all commands that steer a run share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kescape.cli import console

if TYPE_CHECKING:
    from kescape.run.reader import Ack

__all__ = ["EtaMaxOption", "tell", "tell_to_go_on"]

ANSWER_SECONDS = 3.0
"""An engine looks for commands some 20 times a second; a slow step or a busy computer may take longer."""


def _checked_peak(value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise typer.BadParameter(f"a learning rate must be a finite number > 0; got {value!r}")
    return value


EtaMaxOption = Annotated[
    float | None,
    typer.Option("--eta-max", metavar="RATE", help="The new peak of the learning rate.", callback=_checked_peak),
]


def tell(folder: Path, kind: str, sentence: Callable[[Ack], str], **args: Any) -> None:
    """Send a command and say what came of it; leaves with a word if the run did not obey.

    Args:
        folder: The run's folder.
        kind: One of `COMMAND_KINDS`.
        sentence: What to say once the run has obeyed; begins after the run's name.
        args: What else the command needs.
    """
    from kescape.run.commands import send_command

    try:
        command = send_command(folder, kind, **args)
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))
    answer, ended = _answer(folder, command)
    if answer is None and ended:
        console.leave(console.FAILED, f"{folder.name} ended before it could obey: it is {ended}.")
    if answer is None:
        console.out().print(f"{folder.name} has been told, but has not answered yet.")
    elif answer.outcome != "done":
        console.leave(console.FAILED, f"{folder.name} did not obey: {answer.reason.rstrip('.')}.")
    else:
        console.out().print(f"{folder.name} {sentence(answer)}.", soft_wrap=True)


def tell_to_go_on(folder: Path) -> None:
    """End the pause of a live run, or take back a stop after the cycle."""
    tell(folder, "resume", lambda answer: f"goes on at step {answer.step:,}")


def _answer(folder: Path, command: str) -> tuple[Ack | None, str]:
    """What the run answered, and, where there is no answer to wait for any more, how it ended."""
    from kescape.run.reader import open_run

    until = time.monotonic() + ANSWER_SECONDS
    with open_run(folder) as run:
        while True:
            # Asked first, so that the last word of a run that ends now is read.
            status = run.status
            answer = next((ack for ack in run.acks() if ack.command_id == command), None)
            if answer is not None or not status.is_live or time.monotonic() > until:
                return answer, "" if status.is_live else str(status)
            time.sleep(0.02)
