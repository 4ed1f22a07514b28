"""Probes from a minimum of a model with two, and that nothing of them is left."""

import math
import random

import keras
import numpy as np
import pytest

import kescape
from kescape.evidence.escape_rates import EscapeRates, Probe
from tests.run.test_escapes import escape

X = np.linspace(0.5, 1.5, 64)[:, None].astype("float32")


class Squared(keras.layers.Layer):
    """w**2 * x: fitted to x, its minima are at w = -1 and 1, with a barrier at 0."""

    def build(self, shape):
        self.w = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(1.0), name="w")

    def call(self, x):
        return self.w**2 * x


def double_well(w=1.0, noise=0.0):
    model = keras.Sequential([keras.layers.Input((1,)), Squared()])
    model.compile(kescape.sgd_momentum(0.01, 0.9), loss="mse")
    model.set_weights([np.array([w], "float32")])
    y = X * (1 + noise * np.random.default_rng(0).normal(size=X.shape)).astype("float32")
    return model, X, y


def test_in_an_exact_minimum_nothing_moves():
    """At w = 1 the gradient of every row is 0: no peak leaves it, and none ends higher."""
    found = kescape.find_escape_rate(*double_well(), low=0.01, high=0.1, probes=3, epochs=1)
    assert found.smallest_that_crosses is None
    assert found.largest_that_recovers == pytest.approx(0.1)
    assert [probe.eta_max for probe in found.probes] == pytest.approx([0.01, 0.1**1.5, 0.1])
    assert [probe.escape.barrier for probe in found.probes] == [0, 0, 0]
    assert found.sentence.startswith("No restart of 1 epochs with a peak of 0.01 to 0.1 crossed a barrier")


def descended_by_hand(c, steps=8):
    """Where gradient descent on (w**2 - 1)**2 * mean(x**2) ends from w**2 = 1.5, at rates c / (4 * mean(x**2)).

    The gradient is 4 * mean(x**2) * w * (w**2 - 1), so that a step at the peak crosses 0 if c * (w**2 - 1) > 1: c > 2.
    """
    w = math.sqrt(1.5)
    for step in range(steps):
        w *= 1 - c * (1 + math.cos(math.pi * step / steps)) / 2 * (w**2 - 1)
    return w


def test_the_peak_from_which_on_a_well_is_left_is_that_of_the_recurrence():
    """All rows in a batch, no momentum: c = 0.55 and 1.1 stay at w > 0, 2.2 crosses to -1, 4.4 never ends."""
    model, x, y = double_well(math.sqrt(1.5))
    model.compile(kescape.sgd_momentum(0.01, 0.0), loss="mse")
    unit = 1 / (4 * float((x**2).mean()))
    assert [math.copysign(1, descended_by_hand(c)) for c in (0.55, 1.1, 2.2)] == [1, 1, -1]

    found = kescape.find_escape_rate(model, x, y, low=0.55 * unit, high=4.4 * unit, probes=4, epochs=8, batch_size=64)

    assert [probe.crossed for probe in found.probes[:3]] == [False, False, True]
    assert [probe.recovered for probe in found.probes] == [True, True, True, False]
    assert found.smallest_that_crosses == pytest.approx(2.2 * unit)
    assert found.largest_that_recovers == pytest.approx(2.2 * unit)
    for c, probe in zip((0.55, 1.1, 2.2), found.probes, strict=False):
        loss = (descended_by_hand(c) ** 2 - 1) ** 2 / (4 * unit)
        assert probe.escape.loss_after == pytest.approx(loss, abs=1e-4)
    # On the line from sqrt(1.5) to about -1 the loss rises from a quarter of mean(x**2), near 0 to nearly all of it.
    line = np.linspace(math.sqrt(1.5), descended_by_hand(2.2), 11)
    rise = ((line**2 - 1) ** 2).max() - 0.25
    assert found.probes[2].escape.barrier == pytest.approx(rise / (4 * unit), rel=1e-3)


def test_the_rate_falls_to_eta_min():
    """One step at the peak and one half-way down to eta_min, each of w *= 1 - 4 * mean(x**2) * rate * (w**2 - 1)."""
    model, x, y = double_well(math.sqrt(1.5))
    model.compile(kescape.sgd_momentum(0.01, 0.0), loss="mse")
    slope = 4 * float((x**2).mean())
    w = math.sqrt(1.5)
    for rate in (0.1, 0.07):
        w *= 1 - slope * rate * (w**2 - 1)

    found = kescape.find_escape_rate(model, x, y, low=0.1, high=0.2, eta_min=0.04, probes=2, epochs=2, batch_size=64)

    assert found.probes[0].escape.loss_after == pytest.approx((w**2 - 1) ** 2 * slope / 4, rel=1e-4)


def test_a_rate_that_explodes_ends_the_rising():
    """The curvature at 1 is 8 * mean(x**2) > 8, so that a rate of 1e3 throws the weight out for good."""
    model, x, y = double_well(noise=0.5)
    found = kescape.find_escape_rate(model, x, y, low=1e-4, high=1e6, probes=6, epochs=2)
    assert len(found.probes) + len(found.untried) == 6
    assert found.untried
    assert not np.isfinite(found.probes[-1].escape.loss_after)
    assert "higher peaks were not tried" in found.sentence


@pytest.mark.parametrize("breaks", [False, True])
def test_everything_is_as_it_was(breaks):
    model, x, y = double_well(0.9, noise=0.5)
    model.fit(x, y, epochs=1, verbose=0)
    before = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002

    def tell(_probe):
        if breaks:
            raise KeyboardInterrupt

    if breaks:
        with pytest.raises(KeyboardInterrupt):
            kescape.find_escape_rate(model, x, y, probes=2, epochs=1, tell=tell)
    else:
        kescape.find_escape_rate(model, x, y, probes=2, epochs=1)
    for old, variable in zip(before, (*model.variables, *model.optimizer.variables), strict=True):
        np.testing.assert_array_equal(old, variable.numpy())
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_the_peaks_are_around_the_rate_of_the_optimizer():
    found = kescape.find_escape_rate(*double_well(), probes=2, epochs=1)
    assert [probe.eta_max for probe in found.probes] == pytest.approx([0.001, 0.1])


def probe(peak, verdict, low=0.0, high=0.0):
    return Probe(peak, escape(verdict=verdict, change_low=low, change_high=high, loss_before=1.0, loss_after=1.0))


def test_a_range_is_told_and_no_false_precision():
    rates = EscapeRates(
        (
            probe(0.01, "stuck", -0.1, 0.1),
            probe(0.1, "crossed, better", -0.2, -0.1),
            probe(1.0, "crossed, worse", 0.1, 0.3),
        ),
        (),
        5,
    )
    assert (rates.smallest_that_crosses, rates.largest_that_recovers) == (0.1, 0.1)
    assert "somewhere between a peak of 0.01 and 0.1" in rates.sentence
    assert "The highest that came down again within 5 epochs is 0.1." in rates.sentence
    assert rates.sentence.endswith("Each peak was tried once.")


def test_where_no_peak_both_crosses_and_recovers_it_says_so():
    rates = EscapeRates((probe(0.01, "stuck", -0.1, 0.1), probe(0.1, "crossed, worse", 0.1, 0.2)), (), 5)
    assert "Those that crossed did not come down again" in rates.sentence
    none = EscapeRates((probe(0.01, "crossed, worse", 0.1, 0.2), probe(0.1, "crossed, worse", 0.1, 0.2)), (), 5)
    assert "lower ones were not tried" in none.sentence
    assert "None came down again within 5 epochs" in none.sentence


def test_the_figure_is_drawn(tmp_path):
    rates = EscapeRates((probe(0.01, "stuck"), probe(0.1, "crossed, better")), (), 5)
    for kind in ("png", "svg", "pdf"):
        rates.plot(tmp_path / f"rates.{kind}")
        assert (tmp_path / f"rates.{kind}").stat().st_size > 1000
    with pytest.raises(ValueError, match=r"path must end with .png, .svg or .pdf"):
        rates.plot(tmp_path / "rates.doc")


def test_wrong_uses_are_named():
    model, x, y = double_well()
    for arguments, sentence in (
        ({"low": 0}, "low must be > eta_min=0"),
        ({"low": 0.1, "eta_min": 0.1}, "low must be > eta_min=0.1"),
        ({"eta_min": -1}, "eta_min must be >= 0"),
        ({"low": 0.1, "high": 0.01}, "high must be > low=0.1"),
        ({"probes": 1}, "probes must be >= 2"),
        ({"epochs": 0}, "epochs must be >= 1"),
        ({"rows": 0}, "rows must be >= 1"),
    ):
        with pytest.raises(ValueError, match=sentence):
            kescape.find_escape_rate(model, x, y, **arguments)
    with pytest.raises(ValueError, match="must be compiled"):
        kescape.find_escape_rate(keras.Sequential([keras.layers.Dense(1)]), x, y)
