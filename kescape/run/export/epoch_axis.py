"""Steps as positions in epochs, from what was recorded rather than from what was planned."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def epoch_positions(curves: dict[str, npt.NDArray[Any]], steps_per_epoch: int | None) -> npt.NDArray[np.float64] | None:
    """The position of each step in epochs: its epoch, and how much of that is over when it begins.

    None where a position would not be unique, because the epochs of a later segment are counted
    from 0 again, or where no epochs are recorded.

    Args:
        curves: Recorded curves from step 0 on.
        steps_per_epoch: For the last epoch, which may not be over; if None, it is as long as the
            one before.

    Example:
        >>> epoch_positions({"epoch": np.array([0, 0, 1])}, 2).tolist()
        [0.0, 0.5, 1.0]
    """
    epoch = curves.get("epoch")
    if epoch is None or not len(epoch) or (np.diff(epoch) < 0).any():
        return None
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(epoch)) + 1])
    lengths = np.diff(np.concatenate([firsts, [len(epoch)]]))
    usual = steps_per_epoch or (lengths[-2] if len(lengths) > 1 else lengths[-1])
    counts = lengths.copy()
    lengths[-1] = max(lengths[-1], usual)
    within = np.arange(len(epoch)) - np.repeat(firsts, counts)
    positions: npt.NDArray[np.float64] = epoch + within / np.repeat(lengths, counts)
    return positions
