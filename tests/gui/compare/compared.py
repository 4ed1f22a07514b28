"""Runs to compare, as engines leave them: nine steps an epoch, losses by hand."""

import numpy as np
from kescape_gui.compare.overlay import Overlay
from kescape_gui.watched_run import WatchedRun

from kescape.config import RunConfig
from kescape.engine.launch import write_config
from kescape.run.writer import RunWriter
from tests.gui.recorded import COLUMNS, append

CONFIG = RunConfig(dataset="wine", model="logistic", batch_size=16, epochs=7, t_0=1.0, eta_max=0.1)
LENGTH = CONFIG.steps_per_epoch()


def writer_of(folder, config=CONFIG):
    """The writer of a run that has just begun."""
    folder.mkdir(parents=True)
    write_config(folder, config)
    writer = RunWriter.open(
        folder,
        kind="engine",
        config=config.model_dump(),
        plan=config.plan().to_dict(),
        steps_per_epoch=LENGTH,
        backend="TensorFlow 2.21.0, CPU",
    )
    writer.describe_columns(COLUMNS)
    return writer


def grow(writer, losses, config=CONFIG):
    """More steps, to be read at once."""
    append(writer, config.plan().on_steps(LENGTH), losses)
    writer.flush()


def ended_run(folder, losses=None, *, outcome="finished", **changed):
    """A run of these losses, by default 1.0 for seven epochs; each epoch's validation loss is 1.1 times its last."""
    config = CONFIG.changed(**changed)
    writer = writer_of(folder, config)
    grow(writer, np.ones(7 * LENGTH) if losses is None else losses, config)
    writer.end(outcome)
    writer.close()
    return folder


def watched(*folders):
    """The runs, read."""
    runs = [WatchedRun(folder) for folder in folders]
    for run in runs:
        run.poll()
        run.close()
    return runs


def overlaid(*folders, baseline=None):
    """The runs, compared and read."""
    overlay = Overlay()
    for folder in folders:
        overlay.add(folder)
    if baseline is not None:
        overlay.pin(baseline)
    while overlay.is_reading:
        overlay.poll()
    return overlay
