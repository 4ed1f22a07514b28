"""`kescape train`: trains a configuration in an engine process and shows how it goes."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kescape.cli import console
from kescape.cli.consent import AllowCode, ask_for_consent
from kescape.cli.runs_option import RunsOption, chosen_runs
from kescape.cli.setting_options import given_settings, with_setting_options
from kescape.config import RunConfig
from kescape.run.errors import RunError

if TYPE_CHECKING:
    from kescape.cli.follow import Follower
    from kescape.cli.progress import Progress
    from kescape.engine.launch import Engine

__all__ = ["cause_of", "check_data_is_there", "follow_training", "interrupts_noted", "print_heading", "train"]

LOOK_SECONDS = 0.1


@with_setting_options
def train(
    context: typer.Context,
    config_file: Annotated[
        Path | None,
        typer.Argument(metavar="CONFIG.toml", help="Settings to start from; options take their place."),
    ] = None,
    runs: RunsOption = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=r"What to call the run. [dim]\[DATA-MODEL-SCHEDULE][/]", show_default=False),
    ] = None,
    allow_code: AllowCode = False,
    **settings: Any,
) -> None:
    """Train a network and record every step.

    The training has a process of its own: Ctrl+C stops it after the current step, twice at once.
    """
    given = given_settings(settings)
    config = RunConfig(**given) if config_file is None else RunConfig.from_toml(config_file, **given)
    from kescape.engine.launch import prepare_run, spawn_engine
    from kescape.run.folder import check_run_name

    if name is not None:
        try:
            check_run_name(name)
        except ValueError as error:
            console.leave(console.WRONG_USE, str(error))
    check_data_is_there(config)
    ask_for_consent(config.model, given=allow_code)
    folder = prepare_run(config, chosen_runs(context, runs), name)
    print_heading(config, folder)
    raise typer.Exit(follow_training(spawn_engine(folder), folder, config))


def check_data_is_there(config: RunConfig) -> None:
    """Leave with a sentence where the data would have to be downloaded and cannot be."""
    from kescape.data.download import check_available
    from kescape.data.errors import DataUnreachable

    if config.facts().kind == "download":
        try:
            check_available(config.dataset)
        except DataUnreachable as error:
            console.leave(console.FAILED, str(error))


def print_heading(config: RunConfig, folder: Path) -> None:
    """Say what is about to be trained, and where."""
    from rich.text import Text

    from kescape.config.landing_words import landing_words
    from kescape.models.choice import find_model
    from kescape.run.folder import storage_warning

    data, model = config.facts(), find_model(config.model)
    weights = model.count_parameters(data.shape, data.outputs)
    facts = (
        f"{model.title} on {data.title.lower() if data.kind == 'bundled' else data.title}",
        *([] if weights is None else [f"{weights:,} weights"]),
        f"{config.steps_per_epoch()} steps an epoch",
    )
    out = console.out()
    out.print(Text.assemble((folder.name, "bold"), "  " + ", ".join(facts)), soft_wrap=True)
    for note in data.notes:
        out.print(note, soft_wrap=True)
    out.print(landing_words(config.plan(), config.epochs).sentence + ".", soft_wrap=True)
    out.print(str(folder), style="dim", soft_wrap=True)
    warning = storage_warning(folder)
    if warning is not None:
        console.complain(warning)


def follow_training(engine: Engine, folder: Path, config: RunConfig, from_step: int = 0) -> int:
    """Show how the engine trains until it ends; returns the exit code of the command."""
    from kescape.cli.follow import Follower
    from kescape.cli.progress import progress_for

    with (
        contextlib.closing(Follower(folder, config, from_step)) as follower,
        interrupts_noted() as interrupts,
    ):
        try:
            with progress_for(config.epochs) as progress:
                _watch(engine, follower, progress, interrupts)
        except RunError as error:
            # The command was right; the folder has gone, or been damaged, since.
            console.complain(f"{folder.name} failed: {error}")
            return console.FAILED
        if len(interrupts) > 1:
            console.complain(f"{folder.name} was killed; what it recorded is kept.")
            return console.INTERRUPTED
        return _say_how_it_ended(engine, follower, from_step, interrupted=bool(interrupts))


def _watch(engine: Engine, follower: Follower, progress: Progress, interrupts: list[int]) -> None:
    """Look at the run until its engine has ended; the first interrupt stops it, the second kills it."""
    told_to_stop = announced = False
    while True:
        ended = engine.poll() is not None
        # After that question, so that nothing an engine wrote before its end is missed.
        progress.show(follower.look())
        if ended:
            return
        if interrupts and not announced:
            announced = True
            progress.say("Stopping after this step; Ctrl+C again ends it at once.")
        if interrupts and not told_to_stop:
            told_to_stop = _tell_to_stop(follower.run.path)
        if len(interrupts) > 1:
            engine.kill()
            continue
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(LOOK_SECONDS)


def _tell_to_stop(folder: Path) -> bool:
    from kescape.run.commands import send_command
    from kescape.run.errors import RunNotRunning

    try:
        send_command(folder, "stop")
    except RunNotRunning:
        return False  # still importing TensorFlow; there will be a next look
    return True


def _say_how_it_ended(engine: Engine, follower: Follower, from_step: int, *, interrupted: bool) -> int:
    from kescape.cli.cycles import cycle_rows, cycle_table

    run = follower.run
    end = run.end
    out = console.out()
    if end is None or end.outcome == "failed" or engine.poll() != 0:
        console.complain(f"{run.name} failed: {cause_of(engine, run.path, run.error)}")
        return console.FAILED
    rows = cycle_rows(run)
    if len(rows) > 1 and run.steps_per_epoch:
        out.print()
        out.print(cycle_table(rows, run.steps_per_epoch))
        out.print()
    steps, seconds = f"{run.steps:,} steps", end.time
    if from_step:
        # Between its sessions a run does not train, perhaps for days.
        steps += f", the last {run.steps - from_step:,}"
        seconds -= run.sessions[-1].started - run.created
    out.print(f"{run.name} {end.outcome} after {steps} in {_clock(seconds)}.", soft_wrap=True)
    return console.INTERRUPTED if interrupted else console.DONE


def _clock(seconds: float) -> str:
    """A length of time, with hours where there are any.

    Example:
        >>> _clock(75.2), _clock(90_000)
        ('01:15', '25:00:00')
    """
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}".removeprefix("00:")


def cause_of(engine: Engine, folder: Path, error: str | None) -> str:
    """Why an engine that has ended failed, in words; `error` is what it wrote down itself."""
    from kescape.run.folder import ENGINE_LOG

    if error:
        return error
    if not folder.exists():
        return f"its folder {str(folder)!r} was deleted or moved while it trained"
    code = engine.poll()
    if code is not None and code < 0:
        return f"its process was ended by {signal.Signals(-code).name}; what it recorded is kept"
    complaint = engine.complaint.splitlines()[-1:]
    return complaint[0] if complaint else f"see {folder / ENGINE_LOG}"


@contextlib.contextmanager
def interrupts_noted() -> Iterator[list[int]]:
    """Collects Ctrl+C, and being asked to end, instead of dying of it: the engine needs a word first."""
    seen: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
