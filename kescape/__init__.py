"""KEscape: warm restarts and momentum for Keras, recorded step by step.

`import kescape` loads neither Keras nor TensorFlow: each public name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kescape.callbacks.cycle_early_stopping import CycleEarlyStopping
    from kescape.callbacks.escape_controller import EscapeController
    from kescape.callbacks.escape_ledger import EscapeLedger
    from kescape.callbacks.follow_plan import FollowPlan
    from kescape.callbacks.run_recorder import RunRecorder
    from kescape.callbacks.sgdr import SGDR
    from kescape.callbacks.snapshots import Snapshots
    from kescape.data.preprocessing import Preprocessing
    from kescape.engine.epoch_order import epoch_order
    from kescape.engine.load_data import load_data
    from kescape.engine.start import start_from
    from kescape.engine.trainer import resume, train
    from kescape.evidence.barrier import Barrier
    from kescape.evidence.ensemble import Ensemble
    from kescape.evidence.escape import Escape
    from kescape.evidence.escape_rates import EscapeRates
    from kescape.evidence.find_escape_rate import find_escape_rate
    from kescape.evidence.find_learning_rate import find_learning_rate
    from kescape.evidence.loss_barrier import loss_barrier
    from kescape.evidence.range_test import RangeTest
    from kescape.landscape.loss_landscape import loss_landscape
    from kescape.landscape.store import Landscape
    from kescape.models.build import build_model
    from kescape.optimizers import WarmRestarts, sgd_momentum
    from kescape.run.export.options import FigureOptions
    from kescape.run.importing import import_run
    from kescape.run.listing import list_runs
    from kescape.run.reader import Run, open_run
    from kescape.schedule import (
        Constant,
        CosineRestarts,
        OneCycle,
        PlanEdit,
        StepDecay,
        fit_cycles,
        single_cosine,
    )

__version__ = "0.1.0"

_HOMES = {
    "Barrier": "kescape.evidence.barrier",
    "Constant": "kescape.schedule",
    "CosineRestarts": "kescape.schedule",
    "CycleEarlyStopping": "kescape.callbacks.cycle_early_stopping",
    "Ensemble": "kescape.evidence.ensemble",
    "Escape": "kescape.evidence.escape",
    "EscapeController": "kescape.callbacks.escape_controller",
    "EscapeLedger": "kescape.callbacks.escape_ledger",
    "EscapeRates": "kescape.evidence.escape_rates",
    "FigureOptions": "kescape.run.export.options",
    "FollowPlan": "kescape.callbacks.follow_plan",
    "Landscape": "kescape.landscape.store",
    "OneCycle": "kescape.schedule",
    "PlanEdit": "kescape.schedule",
    "Preprocessing": "kescape.data.preprocessing",
    "RangeTest": "kescape.evidence.range_test",
    "Run": "kescape.run.reader",
    "RunRecorder": "kescape.callbacks.run_recorder",
    "SGDR": "kescape.callbacks.sgdr",
    "Snapshots": "kescape.callbacks.snapshots",
    "StepDecay": "kescape.schedule",
    "WarmRestarts": "kescape.optimizers",
    "build_model": "kescape.models.build",
    "epoch_order": "kescape.engine.epoch_order",
    "find_escape_rate": "kescape.evidence.find_escape_rate",
    "find_learning_rate": "kescape.evidence.find_learning_rate",
    "fit_cycles": "kescape.schedule",
    "import_run": "kescape.run.importing",
    "load_data": "kescape.engine.load_data",
    "list_runs": "kescape.run.listing",
    "loss_barrier": "kescape.evidence.loss_barrier",
    "loss_landscape": "kescape.landscape.loss_landscape",
    "open_run": "kescape.run.reader",
    "resume": "kescape.engine.trainer",
    "sgd_momentum": "kescape.optimizers",
    "single_cosine": "kescape.schedule",
    "start_from": "kescape.engine.start",
    "train": "kescape.engine.trainer",
}

__all__ = [
    "SGDR",
    "Barrier",
    "Constant",
    "CosineRestarts",
    "CycleEarlyStopping",
    "Ensemble",
    "Escape",
    "EscapeController",
    "EscapeLedger",
    "EscapeRates",
    "FigureOptions",
    "FollowPlan",
    "Landscape",
    "OneCycle",
    "PlanEdit",
    "Preprocessing",
    "RangeTest",
    "Run",
    "RunRecorder",
    "Snapshots",
    "StepDecay",
    "WarmRestarts",
    "build_model",
    "epoch_order",
    "find_escape_rate",
    "find_learning_rate",
    "fit_cycles",
    "import_run",
    "list_runs",
    "load_data",
    "loss_barrier",
    "loss_landscape",
    "open_run",
    "resume",
    "sgd_momentum",
    "single_cosine",
    "start_from",
    "train",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'kescape' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
