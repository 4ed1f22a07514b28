"""Reports of comparisons that nobody has trained, for the models and views of these tests."""

from kescape.compare.comparison import Comparison
from kescape.compare.report import Report
from kescape.config import RunConfig
from tests.compare.made_up import outcomes

BASE = RunConfig(dataset="wine", model="logistic", epochs=7, t_0=1.0, t_mult=2.0)
"""Cycles of 1, 2 and 4 epochs."""


def report_of(curves, *, varied=None, base=BASE, states=None, name="try", **more):
    """What these curves say: by the name of their arm, one a seed, the measure after its epochs."""
    repeats = len(next(iter(curves.values())))
    comparison = Comparison(base, varied or {"schedule": tuple(curves)}, repeats=repeats, **more)
    return Report.from_outcomes(comparison, outcomes(comparison, curves, states), name)


FALLING = [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def two_arms(**more):
    """A cosine, and restarts that end lower; two seeds each, the second 1 above the first."""
    jagged = [6.0, 7.0, 4.0, 8.0, 5.0, 3.0, 0.5]
    curves = {"cosine": [FALLING, [each + 1 for each in FALLING]], "sgdr": [jagged, [each + 1 for each in jagged]]}
    return report_of(curves, **more)


def many_arms(count):
    """So many rates, one seed each; the higher the rate, the better."""
    rates = tuple(round(0.01 * (number + 1), 2) for number in range(count))
    curves = {f"eta_max={rate:g}": [[each + 1 - rate for each in FALLING]] for rate in rates}
    return report_of(curves, varied={"eta_max": rates})
