"""`kescape tag RUN`: says afterwards what a run was good for."""

from __future__ import annotations

from typing import Annotated

import typer

from kescape.cli import console
from kescape.cli.runs_option import RunArgument, RunsOption, chosen_runs

__all__ = ["tag"]


def tag(
    context: typer.Context,
    run: RunArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags to add.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="A tag to take away; may be given several times.")
    ] = None,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What to remember of the run; an empty text removes it.")
    ] = None,
    runs: RunsOption = None,
) -> None:
    """Add or remove tags of a run, and say which it has then."""
    from dataclasses import replace

    from kescape.run.folder import find_run
    from kescape.run.labels import read_labels, split_tags, write_labels

    folder = find_run(run, chosen_runs(context, runs))
    before = read_labels(folder)
    try:
        labels = before.with_tags(split_tags(" ".join(tags or ())), split_tags(" ".join(remove or ())))
        if note is not None:
            labels = replace(labels, note=note.strip())
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))
    asked = bool(tags or remove) or note is not None
    if before.problem is not None:
        console.complain(before.problem + (" It is kept beside the new one." if asked else ""))
    if asked:
        write_labels(folder, labels)
    console.out().print(f"{folder.name}: {' '.join(labels.tags) or 'no tags'}", soft_wrap=True)
    if labels.note:
        console.out().print(labels.note, soft_wrap=True)
