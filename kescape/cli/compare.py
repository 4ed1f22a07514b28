"""`kescape compare`: the same training with other settings, from the same seeds, and what the difference is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kescape.cli import console
from kescape.cli.consent import AllowCode, ask_for_consent
from kescape.cli.runs_option import RunsOption, chosen_runs
from kescape.cli.setting_options import with_setting_options
from kescape.cli.train import check_data_is_there, interrupts_noted

if TYPE_CHECKING:
    from kescape.compare.comparison import Comparison
    from kescape.compare.where import Where

__all__ = ["compare"]

_DEFAULT_SCHEDULES = "cosine,sgdr"
_MOST_ARMS = 12
"""So many are named before the training begins."""

_DESIGN = "What is compared"
_PLACE = "Where it is trained"


@with_setting_options
def compare(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG.toml | NAME", help="Settings to start from; or a comparison, to go on with and to report."
        ),
    ] = None,
    schedules: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help=rf"Schedules to compare, of constant, step, cosine, sgdr, 1cycle. [dim]\[{_DEFAULT_SCHEDULES}][/]",
            show_default=False,
            rich_help_panel=_DESIGN,
        ),
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE,...",
            help="Any other setting and its values; may be given again. A setting's own option takes several, too: "
            "--momentum 0,0.9",
            show_default=False,
            rich_help_panel=_DESIGN,
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help=r"How many seeds every arm is trained from: --seed and those after it. [dim]\[5][/]",
            show_default=False,
            rich_help_panel=_DESIGN,
        ),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=r"What arms are judged by: val_loss, val_accuracy, loss, accuracy. [dim]\[val_loss][/]",
            show_default=False,
            rich_help_panel=_DESIGN,
        ),
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(
            metavar="VALUE",
            help=r"Report after how many epochs this value is reached. [dim]\[what the worst arm ends with][/]",
            show_default=False,
            rich_help_panel=_DESIGN,
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help=r"What other values are held against. [dim]\[schedule=cosine, else the first value][/]",
            show_default=False,
            rich_help_panel=_DESIGN,
        ),
    ] = None,
    halving: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help=r"At each end of a cycle, train only the best 1/K of the arms on. [dim]\[all train to the end][/]",
            show_default=False,
            rich_help_panel=_DESIGN,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help=r"How many runs are trained at once. [dim]\[as many as memory and cores allow][/]",
            show_default=False,
            rich_help_panel=_PLACE,
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help=r"Train on a Ray cluster; local starts one on this machine. [dim]\[this machine, without Ray][/]",
            show_default=False,
            rich_help_panel=_PLACE,
        ),
    ] = None,
    cpus: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help=r"Processors that a run takes on the cluster. [dim]\[1][/]",
            show_default=False,
            rich_help_panel=_PLACE,
        ),
    ] = None,
    gpus: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help=r"GPUs that a run takes on the cluster. [dim]\[0][/]",
            show_default=False,
            rich_help_panel=_PLACE,
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Also write the report: .json, .csv, .md, .txt, or a figure: .png, .svg, .pdf; may be given again.",
            show_default=False,
        ),
    ] = None,
    runs: RunsOption = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help=r"What to call the comparison. [dim]\[DATA-MODEL-compared][/]", show_default=False
        ),
    ] = None,
    allow_code: AllowCode = False,
    **settings: Any,
) -> None:
    """Compare schedules, momenta or any other settings fairly: same seeds, same data, same number of epochs.

    Ctrl+C leaves every run so that it can go on; the same command again trains only what is missing.
    """
    from kescape.compare.folder import find_comparison, read_comparison
    from kescape.compare.report_files import check_suffix
    from kescape.compare.where import Where

    for file in output or []:
        check_suffix(file)
        if not file.absolute().parent.is_dir():
            console.leave(console.WRONG_USE, f"The folder {str(file.absolute().parent)!r} does not exist.")
    place = Where(workers, cluster, cpus, gpus)
    home = chosen_runs(context, runs)
    design = {
        "repeats": repeats,
        "measure": measure,
        "target": reach,
        "halving": halving,
        "baseline": baseline or None,
    }
    if what is not None and not what.lower().endswith(".toml"):
        folder = find_comparison(what, home)
        _refuse_design(what, {**design, "schedules": schedules, "grid": grid, "name": name, **settings})
        comparison = read_comparison(folder)
    else:
        comparison = _designed(what, schedules, grid or [], design, settings)
        folder = _folder_for(comparison, home, name)
    check_data_is_there(comparison.base)
    for model in dict.fromkeys(arm.config.model for arm in comparison.arms):
        ask_for_consent(model, given=allow_code)
    _print_heading(comparison, folder)
    code = _train(comparison, folder, place)
    _report(comparison, folder, output or [])
    raise typer.Exit(code)


def _designed(
    config_file: str | None, schedules: str | None, grid: list[str], design: dict[str, Any], settings: dict[str, Any]
) -> Comparison:
    """What was asked to be compared; leaves with a sentence if that cannot be."""
    from kescape.cli.compared_options import baseline_of, split_values
    from kescape.compare.comparison import Comparison
    from kescape.config import RunConfig

    given, varied = split_values(settings, schedules, grid)
    if not varied:
        _, varied = split_values({}, _DEFAULT_SCHEDULES, [])
        given.pop("schedule", None)
    config = RunConfig(**given) if config_file is None else RunConfig.from_toml(config_file, **given)
    # What is varied has no value of its own; that of the first arm is as good as any, and always fits.
    config = config.changed(**{name: values[0] for name, values in varied.items()})
    varied = {name: tuple(getattr(config.changed(**{name: v}), name) for v in vs) for name, vs in varied.items()}
    chosen = {name: value for name, value in design.items() if value is not None}
    if "baseline" in chosen:
        chosen["baseline"] = baseline_of(chosen["baseline"])
    return Comparison(config, varied, **chosen)


def _folder_for(comparison: Comparison, runs: Path, name: str | None) -> Path:
    """The folder of a comparison: that of the same one, if it has been begun, else a new one."""
    from kescape.compare.comparison import default_name
    from kescape.compare.folder import is_comparison, keep_comparison, new_comparison, read_comparison, working_on
    from kescape.compare.jobs import check_names_are_free
    from kescape.run.folder import check_run_name

    default = default_name(comparison.base)
    wanted = default if name is None else name
    try:
        check_run_name(wanted)
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))
    number = 1
    while is_comparison(folder := runs / (wanted if number == 1 else f"{wanted}-{number}")):
        if read_comparison(folder).can_become(comparison):
            with working_on(folder):  # what somebody trains stays what it is
                check_names_are_free(comparison, folder)
                keep_comparison(folder, comparison)
            return folder
        if name is not None:
            console.leave(
                console.WRONG_USE,
                f"name must be a new one, because {name!r} compares something else (`kescape compare {name}` goes on "
                "with that); give another --name",
            )
        number += 1
    return new_comparison(comparison, runs, name, default)


def _refuse_design(what: str, typed: dict[str, Any]) -> None:
    """Leave where a comparison that exists was to be another."""
    extra = next((name for name, value in typed.items() if value is not None), None)
    if extra is not None:
        console.leave(
            console.WRONG_USE,
            f"--{extra.replace('_', '-').replace('target', 'reach')} must not be given with the name of a comparison, "
            f"because {what!r} says what is compared; give the options without the name to compare something else",
        )


def _print_heading(comparison: Comparison, folder: Path) -> None:
    from rich.text import Text

    from kescape.run.folder import storage_warning

    arms, repeats, epochs = len(comparison.arms), comparison.repeats, comparison.base.epochs
    out = console.out()
    out.print(
        Text.assemble(
            (folder.name, "bold"),
            f"  {arms} {'arm' if arms == 1 else 'arms'} × {repeats} {'repeat' if repeats == 1 else 'repeats'} = "
            f"{arms * repeats} runs of {epochs} epochs, judged by {comparison.measure}",
        ),
        soft_wrap=True,
    )
    for arm in comparison.arms[:_MOST_ARMS]:
        out.print(f"  {arm.title}", style="dim", soft_wrap=True)
    if arms > _MOST_ARMS:
        out.print(f"  and {arms - _MOST_ARMS} more", style="dim")
    if len(comparison.rungs) > 1:
        ends = ", ".join(map(str, comparison.rungs[:-1]))
        out.print(f"After epoch {ends} the best 1/{comparison.halving} of the arms train on.", soft_wrap=True)
    for sentence, titles in _cut_off(comparison).items():
        out.print(f"{'; '.join(titles)}: {sentence}." if len(titles) < arms else f"{sentence}.", soft_wrap=True)
    out.print(str(folder), style="dim", soft_wrap=True)
    warning = storage_warning(folder)
    if warning is not None:
        console.complain(warning)


def _cut_off(comparison: Comparison) -> dict[str, list[str]]:
    """How plans end that do not end with the last epoch, in sentences, each with the arms that it is true of."""
    from kescape.config.landing_words import landing_words

    epochs = comparison.base.epochs
    found: dict[str, list[str]] = {}
    for arm in comparison.arms:
        plan = arm.config.plan()
        if not plan.landing(epochs).complete:
            found.setdefault(landing_words(plan, epochs).sentence, []).append(arm.title)
    return found


def _train(comparison: Comparison, folder: Path, where: Where) -> int:
    """Train what is missing; returns the exit code of the command."""
    from kescape.cli.compare_progress import CompareProgress
    from kescape.compare.conduct import Conductor
    from kescape.compare.folder import working_on

    with working_on(folder), CompareProgress(comparison, folder) as progress, interrupts_noted() as interrupts:
        if progress.is_complete:
            return console.DONE
        with contextlib.closing(where.open(comparison, progress.say)) as place:
            conductor = Conductor(folder, place, progress.say)

            def watch() -> bool:
                progress.look()
                if len(interrupts) > 1:
                    place.close()
                elif interrupts:
                    progress.say_once("Stopping after this step; Ctrl+C again ends all at once.")
                return bool(interrupts)

            complete = conductor.run(watch)
    for problem in conductor.problems.values():
        console.complain(problem)
    if interrupts or not complete:
        console.complain(f"{folder.name} was ended; `kescape compare {folder.name}` goes on with it.")
        return console.INTERRUPTED
    return console.FAILED if conductor.problems else console.DONE


def _report(comparison: Comparison, folder: Path, output: list[Path]) -> None:
    from kescape.compare.report import Report
    from kescape.compare.report_files import as_text, write_report

    report = Report.of(comparison, folder)
    console.out().print()
    console.out().print(as_text(report), soft_wrap=True)
    for file in output:
        write_report(report, file.absolute())
        console.out().print(f"Written: {file}", soft_wrap=True)
