"""The order of the data: what makes two runs comparable."""

import numpy as np

from kescape.engine.epoch_order import epoch_order


def test_every_epoch_holds_every_row_once_in_an_order_of_its_own():
    """And the order depends on seed and epoch alone, not on what else drew random numbers."""
    orders = [epoch_order(10, 1, epoch).tolist() for epoch in range(3)]
    np.random.seed(5)  # noqa: NPY002 (what a script does)

    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert epoch_order(10, 1, 2).tolist() == orders[2]
    assert epoch_order(10, 2, 0).tolist() != orders[0]
