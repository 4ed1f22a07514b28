"""Means of probabilities, and an ensemble's score, by hand and against SciPy's formulas written out."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from kescape.evidence.ensemble_score import Rated, score_of
from kescape.evidence.mean_of_outputs import MeanOfOutputs


def mean_of(kind, are_logits, *outputs):
    mean = MeanOfOutputs(SimpleNamespace(kind=kind, are_logits=are_logits))
    for one in outputs:
        mean.add(one)
    return mean


def test_probabilities_are_averaged_not_logits():
    """Shares 1/4, 3/4 and 1/2, 1/2 have the mean 3/8, 5/8; the mean of the logits would give 0.366."""
    mean = mean_of("classes", True, [[0.0, math.log(3)]], [[7.0, 7.0]])

    np.testing.assert_allclose(mean.probabilities, [[3 / 8, 5 / 8]], rtol=1e-12)
    np.testing.assert_allclose(mean.outputs, np.log([[3 / 8, 5 / 8]]), rtol=1e-12)


def test_two_classes():
    """sigmoid(ln 3) = 3/4 and sigmoid(0) = 1/2: mean 5/8, whose logit is ln(5/3)."""
    mean = mean_of("two classes", True, [[math.log(3)]], [[0.0]])

    assert mean.probabilities.item() == pytest.approx(5 / 8, rel=1e-12)
    assert mean.outputs.item() == pytest.approx(math.log(5 / 3), rel=1e-12)


def test_what_is_no_logit_is_averaged_as_it_is():
    assert mean_of("classes", False, [[0.2, 0.8]], [[0.6, 0.4]]).probabilities == pytest.approx(np.array([[0.4, 0.6]]))
    assert mean_of("numbers", False, [[3.0]], [[-1.0]], [[4.0]]).outputs.item() == 2


def test_one_that_is_sure_of_something_wrong_has_a_finite_loss():
    """A share of exp(-2000) is 0 in floating point; two such models still have the logit -2000."""
    mean = mean_of("classes", True, [[-2000.0, 0.0]], [[-2000.0, 0.0]])

    np.testing.assert_allclose(mean.outputs, [[-2000.0, 0.0]])


def rated(losses, right=None):
    return Rated(np.array(losses, float), None if right is None else np.array(right, float))


def test_a_score_by_hand():
    """Member 4 is the best. The ensemble wins the third row and loses none; p = 2 * (1/2) = 1."""
    score = score_of(
        [1, 4],
        [rated([1, 1, 4], [1, 1, 0]), rated([1, 1, 1], [1, 1, 0])],
        rated([0.5, 1.0, 0.6], [1, 1, 1]),
    )

    assert (score.members, score.losses, score.best, score.rows) == ((1, 4), (2.0, 1.0), 1, 3)
    assert (score.accuracies, score.accuracy, score.best_accuracy) == ((2 / 3, 2 / 3), 1.0, 2 / 3)
    assert (score.won, score.lost, score.chance) == (1, 0, 1.0)
    # Differences -0.5, 0, -0.4: mean -0.3, sum of squares about it 0.14, so std 0.264575.
    assert score.change == pytest.approx(-0.3)
    assert score.change_low == pytest.approx(-0.3 - 1.959964 * 0.264575 / math.sqrt(3), abs=1e-6)
    assert score.change_high == pytest.approx(-0.3 + 1.959964 * 0.264575 / math.sqrt(3), abs=1e-6)


def test_the_best_single_one_is_the_most_accurate_and_the_lowest_loss_is_that_of_any():
    """Member 1 has a lower loss, member 0 is right once more; the ensemble's 0.4 is 0.1 below the lowest."""
    members = [rated([1, 1], [1, 1]), rated([0.5, 0.5], [1, 0])]
    score = score_of([0, 1], members, rated([0.4, 0.4], [1, 0]))

    assert (score.best, score.best_loss, score.best_accuracy, score.won, score.lost) == (0, 1.0, 1.0, 0, 1)
    assert score.change == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("won", "lost", "verdict"),
    [
        (1, 0, "no evidence that either is better (McNemar's test, p = 1)"),
        (6, 1, "no evidence that either is better (McNemar's test, p = 0.12)"),  # 2 * (1 + 7) / 2**7
        (8, 0, "The ensemble is better (McNemar's test, p = 0.0078)"),  # 2 / 2**8
        (0, 8, "The best single one is better (McNemar's test, p = 0.0078)"),
        (5, 5, "no evidence that either is better (McNemar's test, p = 1)"),
    ],
)
def test_a_row_more_is_no_evidence(won, lost, verdict):
    rows = 450
    single, both = np.ones(rows), np.ones(rows)
    single[:won] = 0
    both[won : won + lost] = 0
    sentence = score_of([0], [rated(1 - single, single)], rated(1 - both, both)).sentence()

    assert sentence.startswith(f"On 450 rows the ensemble of 1 is right on {won} that")
    assert f"wrong on {lost} that" in sentence
    assert verdict in sentence


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([0.9, 0.9, 0.9, 0.9], "The ensemble is better."),
        ([1.1, 1.1, 1.1, 1.1], "The best single one is better."),
        ([0.9, 1.1, 0.8, 1.1], "That is no evidence that either is better."),
        ([0.9, 1.1, 0.8, np.inf], "That is no evidence that either is better."),
    ],
)
def test_without_classes_the_interval_of_the_loss_decides(losses, verdict):
    assert score_of([0], [rated([1, 1, 1, 1])], rated(losses)).sentence().endswith(verdict)


def test_a_loss_that_is_no_number_is_never_the_best():
    assert score_of([0, 1], [rated([np.nan, 1]), rated([9, 9])], rated([1, 1])).best == 1
