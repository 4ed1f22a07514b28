"""The race is what Keras' own SGD does."""

import keras
import numpy as np
import pytest

import kescape
from kescape.landscape.escape_rate import escape_rates, random_starts
from kescape.landscape.race import METHODS, Race, racers
from kescape.landscape.surfaces import SURFACES, find_surface
from kescape.schedule import CosineRestarts


def test_the_rates_of_restarts_are_those_of_the_plan():
    race = Race(find_surface("bowl"), racers(0.01, 0.1, 0.9, t_0=10, t_mult=2), [(1.0, 1.0)])

    of_sgdr = race.rates(0, 40)[3]

    plan = CosineRestarts(10, 2, 0.1)
    np.testing.assert_allclose(of_sgdr, [plan.learning_rate(step) for step in range(40)], atol=1e-15)
    assert race.rates(0, 40)[0].tolist() == [0.01] * 40


@pytest.mark.parametrize("method", range(len(METHODS)), ids=[method.name for method in METHODS])
@pytest.mark.parametrize("name", ["bowl", "himmelblau", "ackley"])
def test_each_method_moves_as_keras_does(method, name):
    """Keras' optimizer gets the gradient at its own float64 variable, and the rate of the plan."""
    surface = find_surface(name)
    # A momentum that float32, through which Keras takes it, holds exactly.
    figures = racers(surface.rate, surface.eta_max, 0.875, t_0=20)
    race = Race(surface, figures, [surface.start])
    racer = figures[method]
    optimizer = keras.optimizers.SGD(0.1, racer.momentum, nesterov=racer.method.is_nesterov)
    variable = keras.Variable(np.array(surface.start), dtype="float64")
    optimizer.build([variable])
    optimizer._learning_rate = keras.Variable(0.1, dtype="float64")  # float32 would round the rate

    for step in range(60):
        optimizer.learning_rate = float(race.rates(step, 1)[method, 0])
        slopes = np.array([float(part) for part in surface.gradient(*variable.numpy())])
        optimizer.apply([keras.ops.convert_to_tensor(slopes, "float64")])
        race.advance()
        np.testing.assert_allclose(race.positions[method, 0], variable.numpy(), atol=1e-6)


def test_momentum_by_hand():
    """f = w**2 / 2 from 1 with momentum 0.9 and rate 0.1: 0.9, 0.72, 0.486, as the bowl's x does."""
    race = Race(find_surface("bowl"), racers(0.1, 0.1, 0.9), [(1.0, 0.0)])
    seen = []
    for _ in range(3):
        race.advance()
        seen.append(race.positions[1, 0, 0])
    assert seen == pytest.approx([0.9, 0.72, 0.486])


def test_nesterov_by_hand():
    """The golden values of f = w**2 / 2: 0.81, 0.5751 at rate 0.1."""
    race = Race(find_surface("bowl"), racers(0.1, 0.1, 0.9), [(1.0, 0.0)])
    race.advance()
    first = race.positions[2, 0, 0]
    race.advance()
    assert [first, race.positions[2, 0, 0]] == pytest.approx([0.81, 0.5751])


def test_all_see_the_same_noise():
    """After one step at the same rate, methods without velocity so far are at the same place."""
    race = Race(find_surface("ackley"), racers(0.1, 0.1, 0.9), [(1.0, 2.0), (3.0, 1.0)], noise=3.0, seed=4)
    race.advance()
    np.testing.assert_allclose(race.positions[0], race.positions[1])
    np.testing.assert_allclose(race.positions[0], race.positions[3])


def test_steps_one_by_one_or_together_are_the_same():
    def race():
        return Race(find_surface("ackley"), racers(0.1, 0.2, 0.9), [(1.0, 2.0)], noise=1.0, seed=1)

    one, many = race(), race()
    for _ in range(30):
        one.advance()
    many.advance(30)
    np.testing.assert_array_equal(one.positions, many.positions)


def test_who_is_lost_stays_and_is_marked():
    """At a rate over 2 / 25 the bowl throws SGD out; the loss there is infinite, and nothing overflows."""
    race = Race(find_surface("bowl"), racers(0.2, 0.01, 0.5), [(0.0, 1.0)])
    race.advance(200)
    assert 0 < race.diverged_at[0, 0] < 200
    assert race.losses()[0, 0] == np.inf
    assert np.isfinite(race.positions).all()
    assert race.diverged_at[3, 0] == -1


@pytest.mark.parametrize("surface", [pytest.param(surface, id=surface.name) for surface in SURFACES])
def test_the_suggested_figures_throw_nobody_out(surface):
    figures = racers(surface.rate, surface.eta_max, surface.momentum)
    race = Race(surface, figures, [surface.start], noise=surface.noise)
    race.advance(700)
    assert (race.diverged_at == -1).all()


def test_restarts_reach_ackleys_global_basin_and_a_small_constant_rate_does_not():
    """A small rate comes down where it starts: the basin of the global minimum is a small part of the square."""
    surface = find_surface("ackley")
    rates = escape_rates(
        surface, racers(surface.rate, surface.eta_max, surface.momentum), steps=700, noise=surface.noise, starts=200
    )
    by_name = {rate.method.name: rate for rate in rates}
    assert by_name["sgd"].share < 0.1
    assert by_name["sgdr"].share > 0.8
    assert by_name["sgdr"].low > by_name["sgd"].high


def test_on_one_bowl_everybody_arrives():
    """The honest case: where there is one minimum, restarts bring nothing."""
    surface = find_surface("bowl")
    rates = escape_rates(surface, racers(0.02, 0.06, 0.8), steps=300, noise=0, starts=50)
    assert [rate.reached for rate in rates] == [50] * len(METHODS)


def test_a_race_can_be_ended():
    told = []

    def tell(share):
        told.append(share)
        return len(told) < 3

    assert escape_rates(find_surface("bowl"), racers(0.02, 0.06, 0.8), steps=500, noise=0, tell=tell) is None
    assert told == [0, 0.05, 0.1]


def test_random_starts_are_on_the_surface_and_the_same_for_a_seed():
    surface = find_surface("camel")
    starts = random_starts(surface, 500, seed=3)
    assert np.abs(starts[:, 0]).max() <= 2.2
    assert np.abs(starts[:, 1]).max() <= 1.3
    np.testing.assert_array_equal(starts, random_starts(surface, 500, seed=3))


def test_wrong_figures_are_refused_by_name():
    surface = find_surface("bowl")
    with pytest.raises(ValueError, match=r"rate must be > 0.*got rate=0"):
        racers(0, 0.1, 0.9)
    with pytest.raises(ValueError, match=r"momentum must be in \[0, 1\).*got momentum=1"):
        racers(0.1, 0.1, 1)
    with pytest.raises(ValueError, match="starts must be pairs of finite numbers"):
        Race(surface, racers(0.1, 0.1, 0.9), [(np.nan, 1.0)])
    with pytest.raises(ValueError, match="racers must be one or more"):
        Race(surface, [], [(1.0, 1.0)])
    with pytest.raises(ValueError, match=r"count must be >= 1.*got count=0"):
        random_starts(surface, 0)
    with pytest.raises(ValueError, match=r"noise must be >= 0.*got noise=-1"):
        Race(surface, racers(0.1, 0.1, 0.9), [(1.0, 1.0)], noise=-1)
    assert kescape.CosineRestarts is CosineRestarts
