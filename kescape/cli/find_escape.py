"""`kescape find-lr --escape`: restarts with rising peaks from the end of the first cycle, and which leave it."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kescape.cli import console
from kescape.config import RunConfig
from kescape.schedule import CosineRestarts

if TYPE_CHECKING:
    from kescape.evidence.escape_rates import EscapeRates, Probe

__all__ = ["find_escape"]


def find_escape(
    config: RunConfig,
    *,
    low: float | None,
    high: float | None,
    probes: int,
    epochs: int,
    as_json: bool,
    output: Path | None,
) -> None:
    """Train the first cycle of the settings in this process, probe from its end, and print what that told."""
    plan = config.plan()
    has_cycles = isinstance(plan, CosineRestarts)
    first = float(plan.timeline.start(1)) if has_cycles else 0.0
    if not has_cycles or first > config.epochs:
        console.leave(
            console.WRONG_USE,
            "--escape needs a first cycle that ends within the training, because it probes from there; got "
            f"schedule={config.schedule}, epochs={config.epochs}",
        )
    if probes < 2 or epochs < 1:
        console.leave(console.WRONG_USE, f"--probes must be >= 2 and --probe-epochs >= 1; got {probes} and {epochs}")
    from kescape.engine.backend import check_backend

    check_backend(config)
    out = console.out()
    if not as_json:
        out.print(f"Training the first cycle, {first:g} epochs, then {probes} restarts of {epochs} epochs ...")
    model, x, y = _first_cycle(config, math.ceil(first))
    from kescape.evidence.find_escape_rate import find_escape_rate

    def tell(probe: Probe) -> None:
        if not as_json:
            out.print(_line(probe), soft_wrap=True)

    try:
        found = find_escape_rate(
            model, x, y, low=low, high=high, probes=probes, epochs=epochs, batch_size=config.batch_size,
            seed=config.seed, tell=tell,
        )  # fmt: skip
    except ValueError as error:
        console.leave(console.WRONG_USE, str(error))
    if as_json:
        print(json.dumps(_as_json(found), indent=2))
    else:
        out.print()
        out.print(found.sentence, soft_wrap=True)
    if output is not None:
        _write(found, output)


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
