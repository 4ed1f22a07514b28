"""`kescape branch RUN`: a new run that starts from the weights of another, with other settings."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from kescape.cli import console
from kescape.cli.consent import AllowCode, ask_for_consent
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs
from kescape.cli.setting_options import given_settings, with_setting_options
from kescape.cli.train import follow_training, print_heading

__all__ = ["branch"]


@partial(with_setting_options, defaults=False)
def branch(
    context: typer.Context,
    run: RunArgument,
    at: Annotated[
        int | None,
        typer.Option(metavar="STEP", help="Which snapshot or checkpoint; by default the newest.", show_default=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call the new run.", show_default=False)
    ] = None,
    runs: RunsOption = None,
    allow_code: AllowCode = False,
    **settings: Any,
) -> None:
    """Train on from a snapshot of a run as a new run, with its settings except those given.

    Weights and velocity are those of the snapshot; epochs and plan begin anew.
    """
    from kescape.engine.branch import branched
    from kescape.engine.launch import prepare_run, spawn_engine
    from kescape.run.folder import check_run_name, find_run

    where = chosen_runs(context, runs)
    source = find_run(run, where)
    start, config = branched(source, at, given_settings(settings))
    wanted = name or config.default_name()
    try:
        check_run_name(wanted)
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))
    ask_for_consent(config.model, given=allow_code)
    folder = prepare_run(config, where, wanted)
    print_heading(config, folder)
    console.out().print(f"From {source.name} at {start.words}.", soft_wrap=True)
    raise typer.Exit(follow_training(spawn_engine(folder), folder, config))
