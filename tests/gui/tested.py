"""Range tests for the dialogs of these tests, written as an engine leaves them."""

import numpy as np

from kescape.engine.range_request import prepare_range_test, remove_range_test
from kescape.run.writer import RunWriter
from tests.gui.recorded import COLUMNS


def losses_of(sweep, *, best=0.05):
    """A loss that falls around a tenth of `best` and explodes some way above it."""
    rates = np.geomspace(sweep.low, sweep.high, sweep.steps)
    return 0.3 + 2 / (1 + rates / (0.1 * best)) + (rates / best) ** 2


class Engines:
    """Stands for the engines of a window; tests are written by hand."""

    def __init__(self, runs):
        self.runs = runs
        self.folder = None
        self.ended = None

    def start_range_test(self, config, sweep):
        self.end_range_test()
        self.ended = None
        self.folder = prepare_range_test(config, self.runs, sweep)
        self.sweep = sweep
        self.writer = None
        return self.folder

    def range_test_ended(self):
        return self.ended

    def end_range_test(self):
        if self.folder is not None:
            remove_range_test(self.folder)
            self.folder = None

    def begin(self):
        self.writer = RunWriter.open(self.folder, kind="engine")
        self.writer.describe_columns(COLUMNS)
        self.writer.event("stage", 0, "Compiling the first step")

    def write(self, losses):
        first, count = self.writer.steps, len(losses)
        rates = np.geomspace(self.sweep.low, self.sweep.high, self.sweep.steps)[first : first + count]
        self.writer.append({"time": np.arange(first, first + count) / 200, "learning_rate": rates, "loss": losses})
        self.writer.flush()

    def end(self, outcome="finished", error=None):
        self.writer.end(outcome, error=error)
        self.writer.close()
