"""`kescape landscape RUN`: the loss on lines and planes through the minima of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from kescape.cli import console
from kescape.cli.consent import AllowCode, ask_for_consent
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs

if TYPE_CHECKING:
    from kescape.landscape.request import LandscapeRequest
    from kescape.landscape.store import Landscape
    from kescape.run.reader import Run

__all__ = ["landscape"]

LOOK_SECONDS = 0.1


def landscape(
    context: typer.Context,
    run: RunArgument,
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="line|plane|random|pca",
            help=r"Through two or more, three, one, or all snapshots. [dim]\[what they suffice for][/]",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option(metavar="N,N,...|all", help=r"Which snapshots. [dim]\[the last ones][/]", show_default=False),
    ] = None,
    points: Annotated[int, typer.Option(metavar="N", help="Along each axis.")] = 51,
    rows: Annotated[int, typer.Option(metavar="N", help="Of data, drawn once, of which the loss is the mean.")] = 2000,
    part: Annotated[str, typer.Option(metavar="training|validation", help="Which data.")] = "training",
    seed: Annotated[int, typer.Option(metavar="N", help="Decides the rows and the random directions.")] = 0,
    margin: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help=r"How far beyond the snapshots; of random, in lengths of the filters. [dim]\[0.25, 1][/]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write it: .csv, .png, .svg or .pdf.", show_default=False),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE.keras", help="Of a script's run: its compiled model.", show_default=False),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz", help="Of a script's run: x and y as its model takes them.", show_default=False
        ),
    ] = None,
    runs: RunsOption = None,
    allow_code: AllowCode = False,
) -> None:
    """Look at the loss on lines and planes through the minima of a run.

    What was computed is kept in the run's folder; the same command shows it again, or goes on where it was interrupted.
    """
    from kescape.landscape.figure import SUFFIXES
    from kescape.landscape.request import check_known
    from kescape.landscape.store import read_landscape
    from kescape.run.folder import find_run
    from kescape.run.reader import open_run

    if output is not None and output.suffix.lower() not in SUFFIXES:
        console.leave(console.WRONG_USE, f"--output must end with .csv, .png, .svg or .pdf; got {str(output)!r}")
    if output is not None and not output.absolute().parent.is_dir():
        console.leave(console.WRONG_USE, f"The folder {str(output.absolute().parent)!r} does not exist.")
    for file in (model, data):
        if file is not None and not file.is_file():
            console.leave(console.WRONG_USE, f"There is no file {str(file)!r}.")
    folder = find_run(run, chosen_runs(context, runs))
    with open_run(folder) as opened:
        options = {"points": points, "rows": rows, "part": part, "seed": seed, "margin": margin}
        request = _request(opened, kind, steps, {**options, "model": model, "data": data})
        check_known(opened, request)
        chosen_model = opened.config.get("model")
    console.out().print(_what(request), soft_wrap=True)
    found = read_landscape(folder, request)
    if found is None or not found.finished:
        if isinstance(chosen_model, str):
            ask_for_consent(chosen_model, given=allow_code)
        found = _compute(folder, request)
    _show(found)
    if output is not None:
        from kescape.landscape.figure import save_landscape

        written = save_landscape(found, output)
        console.out().print(f"{written} ({written.stat().st_size / 1000:,.1f} kB)", soft_wrap=True)


def _request(run: Run, kind: str | None, steps: str | None, options: dict[str, Any]) -> LandscapeRequest:
    """What is asked for; leaves with a sentence if it cannot be."""
    from kescape.landscape.request import kept_weights, request_for

    chosen = None
    if steps == "all":
        chosen = tuple(snapshot.step for snapshot in kept_weights(run)) or None
    elif steps is not None:
        words = [word.strip().replace("_", "") for word in steps.split(",")]
        if not all(word.isascii() and word.isdigit() for word in words):
            console.leave(console.WRONG_USE, f"--steps must be steps with commas between them, or all; got {steps!r}")
        chosen = tuple(map(int, words))
    try:
        return request_for(run, kind, chosen, **options)
    except ValueError as error:
        console.leave(console.WRONG_USE, f"--{error}")


def _compute(folder: Path, request: LandscapeRequest) -> Landscape:
    """Let it be computed, and show how far that is."""
    from kescape.landscape.launch import LandscapeProcess
    from kescape.landscape.store import read_landscape

    process = LandscapeProcess(folder, request)
    try:
        with _progress(request) as progress:
            while (code := process.wait(LOOK_SECONDS)) is None:
                progress.show(read_landscape(folder, request))
            found = read_landscape(folder, request)
            progress.show(found)
        if code != 0:
            console.leave(console.FAILED, process.complaint)
    except KeyboardInterrupt:
        process.close()
        known = read_landscape(folder, request)
        if known is not None:
            console.complain(
                f"interrupted: {known.known:,} of {request.size:,} points are kept; the same command goes on from there"
            )
        raise
    finally:
        process.close()
    if found is None or not found.finished:
        console.leave(console.FAILED, "The snapshots have changed while they were looked at; try again.")
    return found


class _Progress(Protocol):
    def show(self, found: Landscape | None) -> None: ...


@contextlib.contextmanager
def _progress(request: LandscapeRequest) -> Iterator[_Progress]:
    """A bar in a terminal, a line for each level elsewhere."""
    if not console.out().is_terminal:
        yield _Lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console.out(), transient=True) as bar:
        task = bar.add_task("Starting TensorFlow ...", total=None)

        class Bar:
            def show(self, found: Landscape | None) -> None:
                if found is not None:
                    bar.update(task, description=_level(found), completed=found.known, total=request.size)

        yield Bar()


class _Lines:
    def __init__(self) -> None:
        self._level = 0

    def show(self, found: Landscape | None) -> None:
        if found is not None and found.level > self._level:
            self._level = found.level
            console.out().print(f"{_level(found)}  {found.known:,} of {found.request.size:,} points", soft_wrap=True)


def _level(found: Landscape) -> str:
    return f"{found.level} points" if found.request.is_line else f"{found.level} x {found.level}"


def _what(request: LandscapeRequest) -> str:
    steps = [f"{step:,}" for step in request.steps]
    of_all = f"steps {', '.join(steps[:-1])} and {steps[-1]}" if len(steps) > 1 else f"step {steps[0]}"
    return {
        "line": f"line through the snapshots of {of_all}",
        "plane": f"plane through the snapshots of {of_all}",
        "random": f"two random directions through the snapshot of {of_all}",
        "pca": f"plane in which the snapshots of {of_all} lie farthest apart",
    }[request.kind]


def _show(found: Landscape) -> None:
    out = console.out()
    part = found.request.part
    out.print(f"{found.rows:,} rows of the {part} data; {found.dimensions:,} dimensions in all", soft_wrap=True)
    if found.explained:
        first, second = (f"{100 * share:.1f} %" for share in found.explained)
        out.print(f"the two axes hold {first} and {second} of how they differ", soft_wrap=True)
    is_flat = found.request.is_line
    names = ("snapshot", "step", "alpha", *(() if is_flat else ("beta", "off")), "loss")
    table = console.plain_table(*names, numbers=names[1:])
    for point in found.path:
        places = (point.alpha,) if is_flat else (point.alpha, point.beta, point.distance)
        table.add_row(point.label, f"{point.step:,}", *(f"{value:.4g}" for value in places), console.number(point.loss))
    out.print(table)
    labels = {point.step: point.label for point in found.path}
    for number, barrier in enumerate(found.barriers):
        first, last = (labels[step] for step in found.request.steps[number : number + 2])
        words = f"{barrier.rise:.4g} ({barrier.low:.4g} to {barrier.high:.4g})" if barrier.is_above_noise else "none"
        out.print(f"barrier from {first} to {last}: {words}", soft_wrap=True)
