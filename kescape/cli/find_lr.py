"""`kescape find-lr`: a short training whose rate rises until the loss explodes, and what that tells."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kescape.cli import console
from kescape.cli.consent import AllowCode, ask_for_consent
from kescape.cli.runs_option import RunsOption, chosen_runs
from kescape.cli.setting_options import given_settings, with_setting_options
from kescape.config import SETTINGS, RunConfig

if TYPE_CHECKING:
    from kescape.engine.launch import Engine
    from kescape.engine.range_request import Sweep
    from kescape.evidence.range_test import RangeTest

__all__ = ["find_lr"]

FORMATS = ("text", "json")
SUFFIXES = (".csv", ".png", ".svg", ".pdf")
LOOK_SECONDS = 0.1
COLUMNS = 64
"""Width of the curve, in characters."""


@with_setting_options
def find_lr(
    context: typer.Context,
    config_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="CONFIG.toml",
            help="Settings to start from; options take their place. With --escape also a run's name or folder.",
        ),
    ] = None,
    low: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Learning rate of the first step. [default: 1e-6]", show_default=False),
    ] = None,
    high: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Learning rate of the last step. [default: 10]", show_default=False),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="STEPS", help="How many steps that takes. [default: 200]", show_default=False)
    ] = None,
    escape: Annotated[
        bool,
        typer.Option(
            "--escape",
            help="Instead: from the end of a run's last cycle, or of the first cycle of the settings, which is trained "
            "then, try restarts with rising peaks (--low to --high, by default a tenth to ten times the highest rate) "
            "and see which of them leave its minimum.",
        ),
    ] = False,
    probes: Annotated[int, typer.Option(metavar="COUNT", help="With --escape: how many peaks are tried.")] = 6,
    probe_epochs: Annotated[int, typer.Option(metavar="EPOCHS", help="With --escape: the length of each restart.")] = 5,
    format: Annotated[str, typer.Option(metavar="text|json", help="What to print.")] = "text",  # noqa: A002 (the option)
    output: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Also write the curve: .csv, .png, .svg or .pdf.", show_default=False),
    ] = None,
    runs: RunsOption = None,
    allow_code: AllowCode = False,
    **settings: Any,
) -> None:
    """Find the learning rates that a training can have.

    The network of the settings is trained for a few steps, the rate rising at each until the loss explodes. No run is
    made of it; the plan of the settings is not followed.
    """
    given = given_settings(settings)
    folder = None
    if escape and config_file is not None and config_file.suffix != ".toml":
        folder, config = _run_named(str(config_file), chosen_runs(context, runs), given)
    else:
        config = RunConfig(**given) if config_file is None else RunConfig.from_toml(config_file, **given)
    _check_output(format, output)
    from kescape.cli.train import check_data_is_there

    if escape:
        if steps is not None:
            console.leave(console.WRONG_USE, f"--steps is not for --escape, which takes --probe-epochs; got {steps}")
        from kescape.cli.find_escape import find_escape

        check_data_is_there(config)
        ask_for_consent(config.model, given=allow_code)
        find_escape(
            config, folder=folder, low=low, high=high, probes=probes, epochs=probe_epochs, as_json=format == "json",
            output=output,
        )  # fmt: skip
        return
    sweep = _sweep(1e-6 if low is None else low, 10.0 if high is None else high, 200 if steps is None else steps)
    from kescape.engine.launch import spawn_engine
    from kescape.engine.range_request import prepare_range_test, remove_range_test

    check_data_is_there(config)
    ask_for_consent(config.model, given=allow_code)
    folder = prepare_range_test(config, chosen_runs(context, runs), sweep)
    try:
        engine = spawn_engine(folder)
        try:
            _wait(engine)
        finally:
            if engine.poll() is None:
                engine.kill()  # Ctrl+C: there is nothing to be kept
        found = _read(engine, folder, sweep)
    finally:
        remove_range_test(folder)
    if format == "json":
        # Plain print: no line may be broken.
        print(json.dumps(_as_json(found), indent=2))
    else:
        typed = runs if runs is not None else context.obj
        _show(found, config, _command(config_file, settings, typed, found.suggestion))
    if output is not None:
        # Last: what was found is not lost where no file can be written.
        _write(found, output)


def _run_named(name: str, runs: Path, given: Mapping[str, Any]) -> tuple[Path, RunConfig]:
    """The folder of a run to probe, and its settings."""
    from kescape.run.folder import find_run
    from kescape.run.reader import open_run

    folder = find_run(name, runs)
    if given:
        flags = ", ".join(SETTINGS[setting].flag for setting in given)
        console.leave(console.WRONG_USE, f"A run is probed with the settings that it has; got {flags}")
    with open_run(folder) as run:
        if not run.sessions or run.sessions[-1].kind != "engine":
            console.leave(
                console.WRONG_USE,
                f"The run {run.name!r} was not trained here, so its data and model are not known: call "
                "kescape.find_escape_rate in its script.",
            )
        # Where it started from may be gone.
        return folder, RunConfig(**{**run.config, "start_from": None})


def _check_output(format_name: str, output: Path | None) -> None:
    """Leave with a sentence if what was found could not be printed or written."""
    if format_name not in FORMATS:
        console.leave(console.WRONG_USE, f"--format must be text or json; got {format_name!r}")
    if output is not None and output.suffix.lower() not in SUFFIXES:
        console.leave(console.WRONG_USE, f"--output must end with .csv, .png, .svg or .pdf; got {str(output)!r}")
    if output is not None and not output.absolute().parent.is_dir():
        console.leave(console.WRONG_USE, f"The folder {str(output.absolute().parent)!r} does not exist.")


def _sweep(low: float, high: float, steps: int) -> Sweep:
    """The sweep; leaves with a sentence if something that was typed cannot be."""
    from kescape.engine.range_request import Sweep

    try:
        return Sweep(low, high, steps)
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))


def _wait(engine: Engine) -> None:
    out = console.out()
    waiting = out.status("Starting TensorFlow, then testing ...") if out.is_terminal else contextlib.nullcontext()
    with waiting:
        while engine.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                engine.wait(LOOK_SECONDS)


def _read(engine: Engine, folder: Path, sweep: Sweep) -> RangeTest:
    from kescape.cli.train import cause_of
    from kescape.evidence.range_test import half_life_for, judge
    from kescape.run.reader import open_run

    with open_run(folder) as run:
        if run.status != "finished":
            console.leave(console.FAILED, f"the range test failed: {cause_of(engine, folder, run.error)}")
        curves = run.curves(names=["learning_rate", "loss"])
        return judge(curves["learning_rate"], curves["loss"], half_life_for(sweep.steps))


def _write(found: RangeTest, output: Path) -> None:
    from kescape.evidence.range_test_figure import write_figure
    from kescape.run.export.csv import write_csv
    from kescape.run.export.registry import whole_file

    kind = output.suffix.removeprefix(".").lower()
    with whole_file(output.absolute()) as temporary:
        if kind == "csv":
            write_csv({"learning_rate": found.rates, "loss": found.losses, "smoothed": found.smoothed}, temporary)
        else:
            write_figure(found, temporary, kind)


def _as_json(found: RangeTest) -> dict[str, Any]:
    def numbers(values: Any) -> list[float | None]:
        # JSON has no word for what is not finite.
        return [value if abs(value) < float("inf") else None for value in values.tolist()]

    return {
        "suggestion": found.suggestion,
        "low": found.low,
        "high": found.high,
        "edge": found.edge,
        "rough": found.rough,
        "sentence": found.sentence,
        "rules": [{"name": r.name, "learning_rate": r.learning_rate, "how": r.how} for r in found.rules],
        "rates": numbers(found.rates),
        "losses": numbers(found.losses),
        "smoothed": numbers(found.smoothed),
    }


def _show(found: RangeTest, config: RunConfig, command: str | None) -> None:
    from rich.text import Text

    from kescape.cli.sparkline import sparkline
    from kescape.models.choice import find_model

    out = console.out()
    data, model = config.facts(), find_model(config.model)
    about = f"{data.title.lower() if data.kind == 'bundled' else data.title}, batches of {config.batch_size}"
    out.print(f"{model.title} on {about}, momentum {config.momentum:g}, {len(found.rates)} steps", soft_wrap=True)
    if len(found.rates):
        width = min(COLUMNS, out.width - 6)
        first, last = f"{found.rates[0]:.2g}", f"{found.rates[-1]:.2g}"
        out.print(Text.assemble(("loss  ", "dim"), (sparkline(found.smoothed, width), "cyan")))
        out.print(Text.assemble(("rate  ", "dim"), first + last.rjust(max(0, width - len(first)))))
    out.print()
    out.print(found.sentence, soft_wrap=True)
    if found.rules:
        table = console.plain_table("rule", "rate", "how", numbers=("rate",))
        for rule in found.rules:
            table.add_row(rule.name, f"{rule.learning_rate:.2g}", rule.how)
        out.print()
        out.print(table)
    if command is not None:
        out.print()
        out.print(command, soft_wrap=True)


def _command(
    config_file: Path | None, settings: Mapping[str, Any], runs: Path | None, suggestion: float | None
) -> str | None:
    """The line that trains what was tested at the rate that was found, options as they were typed."""
    if suggestion is None:
        return None
    words = ["kescape", "train", *([] if config_file is None else [str(config_file)])]
    for name, typed in settings.items():
        if typed is None or name == "eta_max":
            continue
        flag = SETTINGS[name].flag
        if isinstance(typed, bool):
            words.append(flag if typed else f"--no-{flag[2:]}")
        else:
            words += [flag, str(typed)]
    words += [*([] if runs is None else ["--runs", str(runs)]), SETTINGS["eta_max"].flag, f"{suggestion:g}"]
    return shlex.join(words)
