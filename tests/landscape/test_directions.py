"""Directions against what can be worked out by hand, and against scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from kescape.landscape.directions import filter_normalised, line_through, plane_through, principal_plane, random_plane

RNG = np.random.default_rng(0)
SPANS = [True, False, True]


def weights():
    """A kernel, a count that no direction moves, a bias."""
    return [RNG.normal(size=(4, 3)).astype(np.float32), np.array(7), RNG.normal(size=3).astype(np.float32)]


def moved(flat, coefficients):
    return [
        origin + sum(c * direction[place] for c, direction in zip(coefficients, flat.directions, strict=True))
        for place, origin in enumerate(flat.origin)
    ]


def test_a_line_goes_through_both_ends():
    a, b = weights(), weights()
    flat = line_through(a, b, SPANS)

    for position, end in ((0.0, a), (1.0, b)):
        for found, wanted in zip(moved(flat, [position]), end, strict=True):
            np.testing.assert_allclose(found, wanted, atol=1e-6)
        at, distance = flat.place(end)
        assert at[0] == pytest.approx(position, abs=1e-7)
        assert distance == pytest.approx(0, abs=1e-6)


def test_all_three_lie_exactly_in_their_plane():
    """By the cosine rule: the third is at angle C from the first axis, where cos C = (a2 + b2 - c2) / 2ab."""
    corners = [weights() for _ in range(3)]
    flat = plane_through(*corners, SPANS)

    def apart(u, v):
        return float(np.sqrt(sum(((x.astype(float) - y) ** 2).sum() for x, y in zip(u, v, strict=True))))

    places = [flat.place(corner) for corner in corners]
    a, b, c = apart(corners[0], corners[1]), apart(corners[0], corners[2]), apart(corners[1], corners[2])
    cosine = (a**2 + b**2 - c**2) / (2 * a * b)
    expected = [(0, 0), (a, 0), (b * cosine, b * np.sqrt(1 - cosine**2))]
    for (at, distance), wanted in zip(places, expected, strict=True):
        np.testing.assert_allclose(at, wanted, atol=1e-6)
        assert distance == pytest.approx(0, abs=1e-6)
    for (at, _), corner in zip(places, corners, strict=True):
        for found, wanted in zip(moved(flat, at), corner, strict=True):
            np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_what_lies_beside_a_plane_is_projected_and_its_distance_known():
    """The plane z = 0; (3, 4, 5) is over (3, 4), 5 away."""
    flat = plane_through([np.zeros(3)], [np.array([1.0, 0, 0])], [np.array([0, 1.0, 0])], [True])
    at, distance = flat.place([np.array([3.0, 4.0, 5.0])])

    assert at.tolist() == [3, 4]
    assert distance == 5


def test_weights_on_one_line_span_no_plane():
    on_a_line = [[np.array([1.0, 2.0]) * number] for number in (1, 2, 5)]
    with pytest.raises(ValueError, match="must not lie on one line"):
        plane_through(*on_a_line, [True])
    with pytest.raises(ValueError, match="must not lie on one line"):
        principal_plane(on_a_line, [True])
    with pytest.raises(ValueError, match="must not lie on one line"):
        plane_through(on_a_line[0], on_a_line[0], on_a_line[1], [True])


def test_filters_have_the_lengths_of_the_weights():
    """The filters of Keras' kernels lie along the last axis, the words of an embedding along the first."""
    convolution, embedding, bias = RNG.normal(size=(3, 3, 2, 5)), RNG.normal(size=(7, 4)), RNG.normal(size=5)
    weights = [convolution, embedding, bias]
    drawn = [RNG.normal(size=value.shape) for value in weights]

    scaled = filter_normalised(drawn, weights, [-1, 0, -1])

    for number in range(5):
        found, wanted = scaled[0][..., number], convolution[..., number]
        assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(wanted))
        np.testing.assert_allclose(found / np.linalg.norm(found), (d := drawn[0][..., number]) / np.linalg.norm(d))
    np.testing.assert_allclose(np.linalg.norm(scaled[1], axis=1), np.linalg.norm(embedding, axis=1))
    assert not scaled[2].any()


def test_a_filter_of_zeros_is_not_moved():
    scaled = filter_normalised([np.ones((2, 2))], [np.array([[0.0, 3.0], [0.0, 4.0]])])

    np.testing.assert_allclose(scaled[0], [[0, 5 / np.sqrt(2)], [0, 5 / np.sqrt(2)]])


def test_random_directions_follow_from_the_seed_and_leave_what_is_not_trained():
    centre = [RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))]
    first, again, other = (random_plane(centre, seed, [True, False], [True, True]) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first.directions[0][0], again.directions[0][0])
    assert not np.array_equal(first.directions[0][0], other.directions[0][0])
    assert not np.array_equal(first.directions[0][0], first.directions[1][0])
    assert not first.directions[0][1].any()


def test_random_directions_are_not_at_right_angles_and_places_are_right_all_the_same():
    flat = random_plane([RNG.normal(size=(2, 1))], 0, [True], [True])
    at, distance = flat.place(moved(flat, (0.3, -0.7)))

    np.testing.assert_allclose(at, (0.3, -0.7), atol=1e-9)
    assert distance == pytest.approx(0, abs=1e-9)


def test_what_has_no_filters_has_no_random_directions():
    with pytest.raises(ValueError, match="must have filters"):
        random_plane([np.ones(3)], 0, [True], [True])


def test_principal_directions_and_their_variances_are_those_of_scikit_learn():
    path = [[RNG.normal(size=(4, 3)) * (5, 2, 1)] for _ in range(6)]
    flat = principal_plane(path, [True])

    known = PCA(2).fit(np.stack([step[0].ravel() for step in path]))
    np.testing.assert_allclose(flat.explained, known.explained_variance_ratio_)
    for direction, wanted in zip(flat.directions, known.components_, strict=True):
        assert abs(direction[0].ravel() @ wanted) == pytest.approx(1)
    assert flat.place(path[-1])[0].tolist() == [0, 0]
    assert (flat.place(path[0])[0] <= 0).all()
