"""`find_escape_rate`: from which peak on a warm restart leaves the basin that a model is in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kescape.callbacks.follow_plan import FollowPlan, check_optimizer
from kescape.evidence.as_it_was import as_it_was
from kescape.evidence.batches import batches_of
from kescape.evidence.escape_rates import EscapeRates, Probe
from kescape.evidence.judge import EscapeJudge, rows_for, sample
from kescape.schedule import CosineRestarts
from kescape.schedule.checks import checked_number, checked_whole

__all__ = ["find_escape_rate"]

_DECADE = 10.0


def find_escape_rate(
    model: Any,
    x: Any,
    y: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    eta_min: float = 0.0,
    probes: int = 6,
    epochs: int = 5,
    batch_size: int = 32,
    rows: int | None = None,
    seed: int = 0,
    tell: Callable[[Probe], None] = lambda _probe: None,
) -> EscapeRates:
    """Try restarts with rising peaks from the minimum that a model is in, and see which of them leave it.

    Each probe begins with the model as it is now and goes through the same batches: one cosine from its peak down to
    `eta_min`. Then the loss is taken on the straight line from where it began to where it ended, as the ledger does.
    Afterwards everything is as it was, also after an exception or Ctrl+C.

    It costs `probes` times `epochs` epochs of training.

    Args:
        model: Compiled, and trained to the end of a cycle: elsewhere there is no minimum to be left.
        x: Inputs, rows first.
        y: Targets.
        low: The lowest peak, > `eta_min`; by default a tenth of the rate that the optimizer has.
        high: The highest, > low; by default ten times that rate.
        eta_min: The lowest rate of each restart, >= 0.
        probes: How many peaks are tried, >= 2; each is the same number of times the one before.
        epochs: The length of each restart, >= 1.
        batch_size: Rows of a batch, >= 1.
        rows: How many rows the barrier is looked for on; by default as in `EscapeLedger`.
        seed: Decides the order of the data.
        tell: Gets each probe when it is over.

    Returns:
        `smallest_that_crosses`, `largest_that_recovers`, `probes`, `sentence`, and `plot(path)`.

    Raises:
        ValueError: The model is not compiled, its optimizer has no rate that can be set, or an argument is wrong.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(0.1), loss="mse")
        >>> x = np.linspace(-1, 1, 64)[:, None]
        >>> history = model.fit(x, 3 * x, epochs=20, verbose=0)
        >>> found = kescape.find_escape_rate(model, x, 3 * x, probes=2, epochs=1)
        >>> found.smallest_that_crosses is None  # a linear model has one valley
        True
    """
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"model must be compiled, because the probes train it with its own loss and optimizer; got {model!r}"
        )
    check_optimizer("find_escape_rate", model.optimizer)
    if not model.built:
        raise ValueError(f"model must have been trained, because a restart begins in a minimum; got {model!r}")
    rate = float(model.optimizer.learning_rate.numpy())
    low = rate / _DECADE if low is None else low
    eta_min = checked_number("eta_min", eta_min, ">= 0", lambda floor: floor >= 0, "a negative rate climbs the loss")
    rule, why = f"> eta_min={eta_min:g}", "a restart falls from its peak to eta_min"
    low = checked_number("low", low, rule, lambda peak: peak > eta_min, why)
    high = low * _DECADE**2 if high is None else high
    high = checked_number("high", high, f"> low={low:g}", lambda peak: peak > low, "the peaks rise")
    probes = checked_whole("probes", probes, 2, "from one peak to another is a range")
    epochs = checked_whole("epochs", epochs, 1, "a restart takes at least one")
    batch_size = checked_whole("batch_size", batch_size, 1, "a step needs at least one row")
    if rows is not None:
        rows = checked_whole("rows", rows, 1, "a loss is a mean over rows")
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    count = len(keras.tree.flatten(x)[0])
    # One long epoch, so that all of it is a single cosine.
    steps = epochs * max(1, count // batch_size)
    batches = batches_of(x, y, None, steps, batch_size, seed)
    judge = EscapeJudge(model, *sample(x, y, rows or rows_for(model, count), seed))
    start = [np.array(value) for value in model.get_weights()]
    peaks = np.geomspace(low, high, probes).tolist()
    tried: list[Probe] = []
    for peak in peaks:
        with as_it_was(model):
            plan = FollowPlan(CosineRestarts(1, 1, peak, eta_min, cycles=1))
            model.fit(batches, epochs=1, steps_per_epoch=steps, verbose=0, shuffle=False, callbacks=[plan])
            end = [np.array(value) for value in model.get_weights()]
            escape = judge.judge(start, end, cycle=1, step=0, losses=[], lead=0, seconds_per_epoch=None)
        tried.append(Probe(peak, escape))
        tell(tried[-1])
        if not np.isfinite(escape.loss_after):
            break
    return EscapeRates(tuple(tried), tuple(peaks[len(tried) :]), epochs)
