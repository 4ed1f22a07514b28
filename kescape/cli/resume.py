"""`kescape resume RUN`: lets a run go on, exactly from where it was, perhaps for longer."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kescape.cli import console
from kescape.cli.consent import AllowCode, ask_for_consent
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.tell import tell_to_go_on
from kescape.cli.train import follow_training

__all__ = ["resume"]


def resume(
    context: typer.Context,
    run: RunArgument,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="EPOCHS", help="How many epochs the run shall have in all.", show_default=False),
    ] = None,
    cycles: Annotated[
        int | None,
        typer.Option(metavar="INTEGER", help="How many cycles the plan shall have in all.", show_default=False),
    ] = None,
    runs: RunsOption = None,
    allow_code: AllowCode = False,
) -> None:
    """Let a run go on: one that is paused, was interrupted or stopped, or a finished one for longer.

    An ended run goes on from its newest checkpoint, in the middle of an epoch too, as if it had never ended.
    """
    from kescape.engine.go_on import ask_to_go_on
    from kescape.engine.launch import spawn_engine
    from kescape.run.folder import find_run
    from kescape.run.reader import open_run

    changes: dict[str, Any] = {"epochs": epochs, "cycles": cycles}
    folder = find_run(run, chosen_runs(context, runs))
    with open_run(folder) as opened:
        live, model = opened.status.is_live, (opened.config or {}).get("model")
    if live and epochs is None and cycles is None:
        tell_to_go_on(folder)
        return
    if isinstance(model, str):
        ask_for_consent(model, given=allow_code)
    how = ask_to_go_on(folder, **{name: value for name, value in changes.items() if value is not None})
    for problem in how.problems:
        console.complain(problem)
    at = f"step {how.checkpoint.step:,}, epoch {how.checkpoint.epoch + 1} of {how.config.epochs}"
    console.out().print(f"{folder.name} goes on at {at}.", soft_wrap=True)
    raise typer.Exit(follow_training(spawn_engine(folder), folder, how.config, how.checkpoint.step))
