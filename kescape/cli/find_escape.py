"""`kescape find-lr --escape`: restarts with rising peaks from the end of a cycle, and which leave its minimum."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kescape.cli import console
from kescape.cli.quiet import quiet
from kescape.config import ConfigError, RunConfig
from kescape.data.errors import DataError
from kescape.models.errors import ModelUnusable
from kescape.schedule import CosineRestarts

if TYPE_CHECKING:
    from kescape.evidence.escape_rates import EscapeRates, Probe
    from kescape.run.reader import Snapshot

__all__ = ["find_escape"]


def find_escape(
    config: RunConfig,
    *,
    folder: Path | None,
    low: float | None,
    high: float | None,
    probes: int,
    epochs: int,
    as_json: bool,
    output: Path | None,
) -> None:
    """Probe from a minimum of a network, in this process, and print what that told.

    Args:
        config: The settings, of the run if there is one.
        folder: The run, from whose last finished cycle to probe; None: the first cycle of the settings is trained.
        low: The lowest peak.
        high: The highest.
        probes: How many.
        epochs: The length of each.
        as_json: What to print.
        output: A file to write, too.
    """
    if probes < 2 or epochs < 1:
        console.leave(console.WRONG_USE, f"--probes must be >= 2 and --probe-epochs >= 1; got {probes} and {epochs}")
    first, snapshot = (_checked_first(config), None) if folder is None else (0.0, _last_cycle(folder))
    if "keras" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        os.environ["KERAS_BACKEND"] = config.backend
    out = console.out()

    def say(line: str) -> None:
        if not as_json:
            out.print(line, soft_wrap=True)

    tries = f"{probes} restarts of {epochs} {'epoch' if epochs == 1 else 'epochs'} ..."
    if snapshot is None:
        say(f"Training the first cycle, {first:g} epochs, then {tries}")
    else:
        say(f"From the {snapshot.label}, step {snapshot.step:,}: {tries}")
    try:
        with quiet():
            from kescape.engine.backend import check_backend
            from kescape.evidence.find_escape_rate import find_escape_rate

            check_backend(config)
            if folder is None:
                model, x, y = _first_cycle(config, math.ceil(first))
            else:
                assert snapshot is not None, "the run has one"
                model, x, y = _put_back(folder, folder / snapshot.file)
            found = find_escape_rate(
                model, x, y, low=low, high=high, eta_min=config.eta_min, probes=probes, epochs=epochs,
                batch_size=config.batch_size, seed=config.seed, tell=lambda probe: say(_line(probe)),
            )  # fmt: skip
    except ValueError as error:
        if isinstance(error, (ConfigError, DataError, ModelUnusable)):
            raise
        console.leave(console.WRONG_USE, str(error))
    if as_json:
        print(json.dumps(_as_json(found), indent=2))
    else:
        out.print()
        out.print(found.sentence, soft_wrap=True)
    if output is not None:
        _write(found, output)


def _checked_first(config: RunConfig) -> float:
    """How many epochs the first cycle has."""
    plan = config.plan()
    first = float(plan.timeline.start(1)) if isinstance(plan, CosineRestarts) else math.inf
    if first > config.epochs:
        console.leave(
            console.WRONG_USE,
            "--escape needs a first cycle that ends within the training, because it probes from there; got "
            f"schedule={config.schedule}, epochs={config.epochs}",
        )
    return first


def _last_cycle(folder: Path) -> Snapshot:
    """The newest end of a cycle whose weights a run still has."""
    from kescape.run.reader import open_run

    with open_run(folder) as run:
        ends = [row for row in run.snapshots() if row.kind == "cycle" and (folder / row.file).is_file()]
    if not ends:
        console.leave(
            console.WRONG_USE,
            f"--escape needs the end of a cycle, because it probes from there; the run {folder.name!r} has none yet.",
        )
    return ends[-1]


def _put_back(folder: Path, weights: Path) -> tuple[Any, Any, Any]:
    """The model of a run with these weights, and the training part."""
    from kescape.engine.rebuild import rebuilt
    from kescape.engine.start import start_from
    from kescape.run.reader import open_run

    with open_run(folder) as run:
        model, data = rebuilt(run)
    start_from(model, weights)
    return model, data.x_train, data.y_train


def _first_cycle(config: RunConfig, epochs: int) -> tuple[Any, Any, Any]:
    """The model at the end of its first cycle, and the training part."""
    import keras

    from kescape.callbacks.follow_plan import FollowPlan
    from kescape.engine.assemble import compiled_model, loaded_data
    from kescape.engine.backend import make_deterministic
    from kescape.engine.loop import TrainingLoop

    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        make_deterministic()
    data = loaded_data(config)
    model = compiled_model(config, data, tell=lambda _sentence: None)
    loop = TrainingLoop(model, data, config.batch_size, config.seed, deterministic=config.deterministic)
    plan = config.plan()
    assert isinstance(plan, CosineRestarts), "checked before"
    # After its end the rate stays at the lowest, until the epoch is over.
    loop.run(epochs, [FollowPlan(dataclasses.replace(plan, cycles=1))])
    return model, data.x_train, data.y_train


def _line(probe: Probe) -> str:
    escape = probe.escape
    came = "came down again" if probe.recovered else "did not come down"
    return (
        f"peak {probe.eta_max:<8.2g} {escape.verdict:<16} barrier {escape.barrier:.2g} "
        f"({escape.low:.2g} to {escape.high:.2g})  loss {escape.loss_before:.3g} to {escape.loss_after:.3g}, {came}"
    )


def _as_json(found: EscapeRates) -> dict[str, Any]:
    return {
        "smallest_that_crosses": found.smallest_that_crosses,
        "largest_that_recovers": found.largest_that_recovers,
        "sentence": found.sentence,
        "epochs": found.epochs,
        "untried": list(found.untried),
        "probes": _table(found, None),
    }


def _table(found: EscapeRates, nothing: float | None) -> list[dict[str, Any]]:
    names = ("barrier", "low", "high", "loss_before", "loss_after", "change_low", "change_high")
    return [
        {
            "eta_max": probe.eta_max,
            **{name: value if math.isfinite(value := getattr(probe.escape, name)) else nothing for name in names},
            "verdict": probe.escape.verdict,
            "crossed": probe.crossed,
            "recovered": probe.recovered,
        }
        for probe in found.probes
    ]


def _write(found: EscapeRates, output: Path) -> None:
    import numpy as np

    from kescape.evidence.escape_rates_figure import write_figure
    from kescape.run.export.csv import write_csv
    from kescape.run.export.registry import whole_file

    kind = output.suffix.removeprefix(".").lower()
    rows = _table(found, math.inf)
    with whole_file(output.absolute()) as temporary:
        if kind == "csv":
            names = [name for name in rows[0] if name != "verdict"]
            write_csv({name: np.array([row[name] for row in rows]) for name in names}, temporary)
        else:
            write_figure(found, temporary, kind)
