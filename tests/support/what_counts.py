"""All that a resumed run must share with an uninterrupted one, bit for bit."""

from pathlib import Path
from typing import Any

import keras

from kescape.run.reader import open_run


def what_counts(folder: Path) -> tuple[Any, ...]:
    """Curves, epochs, cycles, and the variables of both models."""
    with open_run(folder) as run:
        curves = run.curves()
        epochs = [(row.epoch, row.last_step, row.values) for row in run.epochs()]
        cycles = run.cycles()
    measured = {name: curves[name].tobytes() for name in ("epoch", "learning_rate", "momentum", "loss")}
    models = {
        name: [variable.numpy().tobytes() for variable in keras.saving.load_model(folder / name).variables]
        for name in ("model.keras", "best-validation.keras")
    }
    return measured, epochs, cycles, models
