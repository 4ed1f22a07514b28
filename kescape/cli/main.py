"""The entry point `kescape`: puts the commands together and turns errors into sentences and exit codes.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kescape.cli import console
from kescape.cli.bench import bench
from kescape.cli.branch import branch
from kescape.cli.compare import compare
from kescape.cli.datasets import datasets
from kescape.cli.delete import delete
from kescape.cli.doctor import doctor
from kescape.cli.ensemble import ensemble
from kescape.cli.export import export
from kescape.cli.find_lr import find_lr
from kescape.cli.import_run import import_command
from kescape.cli.landscape import landscape
from kescape.cli.models import models
from kescape.cli.note import note
from kescape.cli.open_app import open_app
from kescape.cli.pause import pause
from kescape.cli.rename import rename
from kescape.cli.restart import restart
from kescape.cli.resume import resume
from kescape.cli.runs import runs
from kescape.cli.runs_option import RUNS_HELP
from kescape.cli.set_peak import set_peak
from kescape.cli.show import show
from kescape.cli.snapshot import snapshot
from kescape.cli.stop import stop
from kescape.cli.tag import tag
from kescape.cli.train import train
from kescape.config import ConfigError
from kescape.data.errors import DataError
from kescape.models.errors import ModelUnusable
from kescape.run.errors import (
    ClusterUnusable,
    ExportUnwritable,
    NothingToExport,
    RunError,
    RunNotRunning,
    RunUnwritable,
)

__all__ = ["main", "run"]

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
_COMMANDS = (
    *(train, resume, branch, find_lr, compare),
    *(runs, show, pause, stop, restart, set_peak, snapshot, note),
    *(tag, rename, delete),
    *(ensemble, landscape, export, models, datasets, doctor),
)
for command in _COMMANDS:
    app.command("set" if command is set_peak else None)(command)
app.command("import")(import_command)  # the word is taken in Python
app.add_typer(bench, name="bench")


@app.callback(invoke_without_command=True)
def kescape(
    context: typer.Context,
    runs_at: Annotated[
        Path | None,
        typer.Option("--runs", metavar="DIR", help=RUNS_HELP, show_default=False),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Say the version and leave.")] = False,
) -> None:
    """Warm restarts and momentum for Keras. Without a command: open the app."""
    if version:
        from kescape import __version__

        console.out().print(f"kescape {__version__}")
        raise typer.Exit
    context.obj = runs_at
    if context.invoked_subcommand is None:
        code = open_app(runs_at)
        if code == console.FAILED:
            console.out().print(context.get_help())
        raise typer.Exit(code)


def main() -> None:
    """Run the command that was typed, and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no ▁▂▃ shows ?, instead of ending the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = app(list(arguments), prog_name="kescape", standalone_mode=False)
    except (ConfigError, DataError) as error:
        console.complain(str(error))
        return console.WRONG_USE
    except RunError as error:
        console.complain(str(error))
        return console.FAILED if isinstance(error, _BAD_LUCK) else console.WRONG_USE
    except ModelUnusable as error:
        console.complain(str(error))
        return console.WRONG_USE
    except _USAGE_ERROR as error:
        console.complain(_sentence(error))
        return console.WRONG_USE
    except KeyboardInterrupt:
        return console.INTERRUPTED
    return code if isinstance(code, int) else console.DONE


_BAD_LUCK = (ClusterUnusable, RunNotRunning, RunUnwritable, ExportUnwritable, NothingToExport)
"""What may go wrong although the command was right."""

# The base of typer's usage errors; by name, since newer versions of typer bring their own.
_USAGE_ERROR: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def _sentence(error: Any) -> str:
    sentence = str(error.format_message()).strip()
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "kescape"
    return f"{sentence} (see `{where} --help`)"
