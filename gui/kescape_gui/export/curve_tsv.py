"""The steps in view as a table for the clipboard; no Qt."""

from __future__ import annotations

import math

import numpy as np

from kescape.run.errors import ExportError
from kescape.run.export.csv import texts
from kescape_gui.curves.curve import Curve

MOST_ROWS = 200_000

HEADER = ("step", "epoch", "time", "learning_rate", "loss", "smoothed")


def curve_tsv(curve: Curve, first: int, last: int) -> str:
    r"""A row for each known step from `first` to `last`; every number is written so that it comes back as it was.

    Positions in epochs are left empty where no length of an epoch is known.

    Args:
        curve: What is known of a run.
        first: The first step wanted.
        last: The last one, which is in the table.

    Raises:
        ExportError: There is no step there, or there are too many.

    Example:
        >>> import numpy as np
        >>> curve = Curve(steps_per_epoch=2)
        >>> curve.append({"step": np.arange(2), "loss": np.array([0.5, 3.2e-11])})
        >>> curve_tsv(curve, 1, 9).splitlines()[1].split("\t")[:5]
        ['1', '0.5', 'nan', 'nan', '3.2e-11']
    """
    part = slice(max(0, first), max(0, min(last + 1, len(curve))))
    count = max(0, part.stop - part.start)
    if not count:
        raise ExportError("No step is in view, so there is no table to copy.")
    if count > MOST_ROWS:
        raise ExportError(
            f"{count:,} steps are in view, and a table on the clipboard takes {MOST_ROWS:,} at most: zoom in or export."
        )
    steps = range(part.start, part.stop)
    per_epoch = curve.steps_per_epoch
    smoothed = np.full(count, math.nan)
    # A long curve may be smoothed anew at the moment, and not have got there yet.
    known = curve.smoothed[part]
    smoothed[: len(known)] = known
    columns = (
        [str(step) for step in steps],
        [repr(step / per_epoch) for step in steps] if per_epoch else [""] * count,
        *(texts(values[part]) for values in (curve.time, curve.learning_rate, curve.loss)),
        texts(smoothed),
    )
    return "".join("\t".join(row) + "\n" for row in (HEADER, *zip(*columns, strict=True)))
