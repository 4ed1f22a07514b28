"""Losses of a landscape against Keras' own evaluation at the same weights."""

import keras
import numpy as np
import pytest
from keras import layers

import kescape
from kescape.evidence.loss_of_weights import LossOfWeights
from kescape.landscape.directions import filter_normalised
from kescape.landscape.evaluate import evaluate, space_of
from kescape.landscape.levels import places_of
from kescape.landscape.request import LandscapeRequest

RNG = np.random.default_rng(0)
ROWS = 64
LABELS = {0: "end of cycle 1", 1: "end of cycle 2", 2: "end of cycle 3", 3: "end of cycle 4"}


def dense():
    return keras.Sequential([layers.Input((8,)), layers.Dense(6, "tanh"), layers.Dropout(0.5), layers.Dense(3)])


def normalised():
    return keras.Sequential([layers.Input((8,)), layers.Dense(6), layers.BatchNormalization(), layers.Dense(3)])


def subject(build=dense, count=3):
    keras.utils.set_random_seed(1)
    model = build()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = RNG.normal(size=(ROWS, 8)).astype("float32"), RNG.integers(0, 3, ROWS)
    weights = {
        step: [v + np.abs(RNG.normal(0, 0.3, v.shape)).astype(v.dtype) if v.dtype.kind == "f" else v for v in first]
        for first in [model.get_weights()]
        for step in range(count)
    }
    return model, x, y, weights


def evaluated(model, weights, x, y):
    model.set_weights(weights)
    return model.evaluate(x, y, batch_size=ROWS, verbose=0)


def mixed(*terms):
    """Weights times coefficients, array by array, in double precision."""
    return [sum(c * w[place].astype(float) for c, w in terms) for place in range(len(terms[0][1]))]


@pytest.mark.parametrize("build", [dense, normalised])
def test_a_line_is_what_keras_evaluates_along_it(build):
    """With batch normalisation, after its statistics have been found anew."""
    model, x, y, weights = subject(build)
    found = evaluate(LandscapeRequest("line", (2, 0), points=9), model, x, y, weights, LABELS)

    refreshed = LossOfWeights(model, x, y).refreshed if build is normalised else list
    for alpha, loss in zip(found.alpha, found.loss, strict=True):
        at = mixed((1 - alpha, weights[2]), (alpha, weights[0]))
        assert loss == pytest.approx(evaluated(model, refreshed(at), x, y), abs=1e-5)
    assert found.alpha[[1, -2]].tolist() == [0, 1]
    assert [(point.step, point.alpha) for point in found.path] == [(0, 1.0), (2, 0.0)]
    for point in found.path:
        assert point.loss == pytest.approx(evaluated(model, refreshed(weights[point.step]), x, y), abs=1e-5)


@pytest.mark.parametrize("build", [dense, normalised])
def test_a_plane_is_what_keras_evaluates_in_it(build):
    """At (alpha, beta) in the frame of the three corners, whose places are in the path."""
    model, x, y, weights = subject(build)
    found = evaluate(LandscapeRequest("plane", (0, 1, 2), points=5), model, x, y, weights, LABELS)

    corners = np.array([(point.alpha, point.beta) for point in found.path])
    frame = np.linalg.inv((corners[1:] - corners[0]).T)
    refreshed = LossOfWeights(model, x, y).refreshed if build is normalised else list
    for row, column in ((0, 0), (1, 3), (4, 2), (2, 4)):
        second, third = frame @ (found.alpha[column], found.beta[row])
        at = mixed((1 - second - third, weights[0]), (second, weights[1]), (third, weights[2]))
        assert found.loss[row, column] == pytest.approx(evaluated(model, refreshed(at), x, y), abs=1e-5)
    assert [point.distance for point in found.path] == [0, 0, 0]
    assert found.dimensions == sum(v.shape.num_elements() for v in model.trainable_variables)
    assert found.rows == ROWS


def test_random_directions_move_each_filter_by_its_own_length():
    """Drawn again by hand from the same seed: two kernels and two biases, one direction after the other."""
    model, x, y, weights = subject()
    found = evaluate(LandscapeRequest("random", (1,), points=3, seed=5), model, x, y, weights, LABELS)

    generator, centre = np.random.default_rng(5), weights[1]
    drawn = [[generator.standard_normal(v.shape) for v in centre if v.dtype.kind == "f"] for _ in range(2)]
    floats = [v for v in centre if v.dtype.kind == "f"]
    first, second = (filter_normalised(one, floats) for one in drawn)
    at = [v - a + b for v, a, b in zip(floats, first, second, strict=True)]
    rest = [v for v in centre if v.dtype.kind != "f"]
    assert found.loss[2, 0] == pytest.approx(evaluated(model, at + rest, x, y), abs=1e-5)
    assert found.loss[1, 1] == pytest.approx(evaluated(model, centre, x, y), abs=1e-5)
    assert [point.step for point in found.path] == [1]


def test_other_snapshots_are_projected_and_keep_their_true_loss():
    model, x, y, weights = subject(count=4)
    found = evaluate(LandscapeRequest("plane", (0, 1, 2), points=3), model, x, y, weights, LABELS)

    fourth = found.path[3]
    assert fourth.distance > 0.1
    assert fourth.loss == pytest.approx(evaluated(model, weights[3], x, y), abs=1e-5)
    assert fourth.label == "end of cycle 4"


def test_principal_directions_say_how_much_they_hold():
    model, x, y, weights = subject(count=4)
    found = evaluate(LandscapeRequest("pca", (0, 1, 2, 3), points=3), model, x, y, weights, LABELS)

    assert 1 > sum(found.explained) > found.explained[0] > found.explained[1] > 0
    assert (found.path[3].alpha, found.path[3].beta, found.path[3].distance) == (0, 0, 0)


def test_levels_come_one_after_the_other_and_none_loses_a_point():
    model, x, y, weights = subject()
    kept = []
    request = LandscapeRequest("plane", (0, 1, 2), points=20)
    evaluate(request, model, x, y, weights, LABELS, keep=lambda one: kept.append((one.level, one.loss.copy())))

    at_levels = {level: loss for level, loss in kept if level}
    assert list(at_levels) == [9, 17, 20]
    for level, loss in at_levels.items():
        assert np.isfinite(loss[np.ix_(places_of(level, 20), places_of(level, 20))]).all()
    assert np.isnan(at_levels[9]).sum() == 400 - 81


class StopHereError(Exception):
    pass


def test_it_can_be_stopped_and_goes_on_without_doing_anything_twice():
    """What is known is not looked at again: a value that is none stays."""
    model, x, y, weights = subject()
    request, kept = LandscapeRequest("plane", (0, 1, 2), points=17), []

    def stop(landscape):
        kept.append(landscape)
        raise StopHereError

    with pytest.raises(StopHereError):
        evaluate(request, model, x, y, weights, LABELS, keep=stop)
    (coarse,) = kept
    assert (coarse.level, coarse.known) == (9, 81)
    coarse.loss[0, 0] = 123.0

    found = evaluate(request, model, x, y, weights, LABELS, begun=coarse)
    assert found.finished
    assert found.loss[0, 0] == 123
    whole = evaluate(request, model, x, y, weights, LABELS)
    np.testing.assert_allclose(found.loss[1:], whole.loss[1:], atol=1e-6)


def test_a_convex_loss_has_no_barrier_and_a_double_well_has_one():
    """(w**2 - 1)**2 is 0 at -1 and 1, and 1 between; squares of w are convex."""
    ones = np.ones((8, 1))
    well = keras.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False), layers.Lambda(lambda v: v**2)])
    bowl = keras.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    for model in (well, bowl):
        model.compile("sgd", "mse")
    ends = [[np.array([[value]])] for value in (-1.0, 1.0)]

    (high,) = kescape.loss_landscape(well, ends, ones, ones, points=51).barriers
    (none,) = kescape.loss_landscape(bowl, ends, ones, 0 * ones, points=51).barriers
    assert (high.rise, high.low, high.high, high.above_chord) == pytest.approx((1, 1, 1, 1))
    assert high.is_above_noise
    assert none.rise == 0
    assert not none.is_above_noise


def test_a_line_through_several_has_a_barrier_for_each_piece():
    model, x, y, weights = subject()
    found = evaluate(LandscapeRequest("line", (0, 1, 2), points=11), model, x, y, weights, LABELS)

    assert len(found.barriers) == 2
    assert found.loss.size == found.request.size
    for point in found.path:
        (place,) = np.flatnonzero(found.alpha == point.alpha)
        assert found.loss[place] == pytest.approx(point.loss, abs=1e-6)


def test_a_loss_that_is_no_number_is_infinite_not_unknown():
    model, x, y, weights = subject()
    weights[1] = [np.full_like(v, 1e38) if v.dtype.kind == "f" else v for v in weights[1]]
    found = evaluate(LandscapeRequest("line", (0, 1), points=5), model, x, y, weights, LABELS)

    assert found.finished
    assert np.isinf(found.loss[-1])
    assert np.isinf(found.path[1].loss)


def test_the_model_is_left_as_it_is():
    model, x, y, weights = subject(normalised)
    before = model.get_weights()
    evaluate(LandscapeRequest("plane", (0, 1, 2), points=3), model, x, y, weights, LABELS)

    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_words_of_an_embedding_are_its_filters_and_statistics_do_not_span():
    model = keras.Sequential(
        [layers.Input((4,)), layers.Embedding(5, 3), layers.Flatten(), layers.BatchNormalization(), layers.Dense(2)]
    )
    space = space_of(model)
    names = [v.name for v in model.weights]

    assert [names[place] for place, axis in enumerate(space.filter_axes) if axis == 0] == ["embeddings"]
    assert {names[place] for place, spans in enumerate(space.spans) if not spans} == {"moving_mean", "moving_variance"}


def test_wrong_use_of_the_library_is_refused_by_name():
    model, x, y, weights = subject()
    given = list(weights.values())
    with pytest.raises(ValueError, match="weights must have the shapes of"):
        kescape.loss_landscape(model, [given[0], given[1][::-1]], x, y, points=3)
    with pytest.raises(
        ValueError, match=r"len\(weights\) must be three, because kind 'plane' takes so many; got len\(weights\)=2"
    ):
        kescape.loss_landscape(model, given[:2], x, y, kind="plane")
    with pytest.raises(ValueError, match="x and y must have as many rows"):
        kescape.loss_landscape(model, given, x, y[:-1], points=3)
    with pytest.raises(ValueError, match="compiled with a loss"):
        kescape.loss_landscape(dense(), given, x, y, points=3)
    with pytest.raises(ValueError, match="must not lie on one line"):
        kescape.loss_landscape(model, [given[0], given[0], given[1]], x, y)
    with pytest.raises(ValueError, match=r"len\(weights\) must be one"):
        kescape.loss_landscape(model, [], x, y)
