"""`kescape bench`: measurements that anybody can repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kescape.cli import console

if TYPE_CHECKING:
    from kescape.evidence.bench.escape_bench import Result
    from kescape.evidence.bench.problem import Problem

__all__ = ["bench"]

SUFFIXES = (".md", ".csv")

bench = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@bench.callback(invoke_without_command=True)
def _bench(context: typer.Context) -> None:
    """Measurements that you can repeat."""
    if context.invoked_subcommand is None:
        console.out().print(context.get_help())


@bench.command()
def escape(
    seeds: Annotated[int, typer.Option(metavar="N", help="How many starts each method is judged on.")] = 20,
    problem: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help=r"One of the problems; may be given again. [dim]\[all][/]", show_default=False
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write everything as JSON.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the tables: .md, or .csv.", show_default=False),
    ] = None,
) -> None:
    """Who gets out of hard small problems: plain SGD, momentum, one cosine, SGDR, and both together.

    XOR with two hidden units, two spirals and toy surfaces, each method at its own best rate, all on the same starts.
    """
    chosen = _checked(seeds, problem or [], json, output)
    from kescape.evidence.bench.escape_bench import run_problem
    from kescape.evidence.bench.report import as_csv, as_json, as_markdown

    results: list[Result] = []
    try:
        for number, one in enumerate(chosen, 1):
            with _watched(f"{one.title} ({number} of {len(chosen)})") as watch:
                results.append(run_problem(one, seeds, watch))
            _show(results[-1])
    except KeyboardInterrupt:
        written = "; no file was written" if json or output else ""
        console.leave(console.INTERRUPTED, f"interrupted: {len(results)} of {len(chosen)} problems are done{written}")
    if output is not None:
        _write(output, as_csv(results) if output.suffix.lower() == ".csv" else as_markdown(results))
    if json is not None:
        _write(json, as_json(results))


def _checked(seeds: int, names: list[str], json: Path | None, output: Path | None) -> list[Problem]:
    """The problems that were asked for; leaves with a sentence if something that was typed cannot be."""
    if output is not None and output.suffix.lower() not in SUFFIXES:
        console.leave(console.WRONG_USE, f"--output must end with .md or .csv; got {str(output)!r}")
    for file in (json, output):
        if file is not None and not file.absolute().parent.is_dir():
            console.leave(console.WRONG_USE, f"The folder {str(file.absolute().parent)!r} does not exist.")
        if file is not None and file.is_dir():
            console.leave(console.WRONG_USE, f"{str(file)!r} is a folder; a file is needed.")
    from kescape.evidence.bench.escape_bench import FEWEST_SEEDS, MOST_SEEDS
    from kescape.evidence.bench.problems import PROBLEMS

    if not FEWEST_SEEDS <= seeds <= MOST_SEEDS:
        console.leave(
            console.WRONG_USE,
            f"--seeds must be between {FEWEST_SEEDS} and {MOST_SEEDS:,}, because fewer show nothing and more take "
            f"hours; got {seeds}",
        )
    for name in names:
        if name not in PROBLEMS:
            console.leave(console.WRONG_USE, f"--problem must be one of {', '.join(PROBLEMS)}; got {name!r}")
    return [one for one in PROBLEMS.values() if not names or one.name in names]


@contextmanager
def _watched(title: str) -> Iterator[Callable[[float], None]]:
    """Shows how much is done: a bar in a terminal, a line elsewhere."""
    out = console.out()
    if not out.is_terminal:
        out.print(f"{title} ...", soft_wrap=True)
        yield lambda _done: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=out, transient=True) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda done: progress.update(task, completed=done)


def _show(result: Result) -> None:
    from kescape.evidence.bench.report import rate, share_interval, steps_interval
    from kescape.evidence.bench.verdicts import best, contrasts

    out = console.out()
    numbers = (f"of {result.seeds}", "share, 95 %", "steps, median", "95 %", "rate")
    table = console.plain_table(result.title, *numbers, numbers=numbers)
    for outcome in result.outcomes:
        median, interval = steps_interval(outcome, result.budget)
        table.add_row(outcome.method, str(outcome.count), share_interval(outcome), median, interval, rate(outcome))
    out.print(table)
    out.print(f"{result.goal} At most {result.budget:,} steps.", style="dim")
    out.print(best(result))
    for contrast in contrasts(result):
        out.print(f"{contrast.sentence}", soft_wrap=True)
    out.print()


def _write(path: Path, text: str) -> None:
    from kescape.run.export.registry import whole_file

    with whole_file(path.absolute()) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    console.out().print(f"Written: {path}", soft_wrap=True)
