"""Steps per execution from measured time: 25 ms an execution, by hand."""

import pytest

from kescape.engine.pace import MOST_STEPS, Pace


def after(*measured):
    """The pace after executions of the pace's own length, each step taking so many seconds."""
    pace = Pace()
    pace.took(1, 2.0)  # traced
    for seconds in measured:
        pace.took(pace.steps, pace.steps * seconds)
    return pace.steps


def test_the_traced_execution_says_nothing():
    """2 s for the first step is compilation."""
    assert after() == 1


def test_it_grows_fourfold_to_what_fits():
    """Steps of 1 ms: 1, 4, 16, then the 25 that fit into 25 ms."""
    assert [after(*[0.001] * n) for n in (1, 2, 3, 4)] == [4, 16, 25, 25]


def test_it_shrinks_at_once():
    """From steps of 1 ms to steps of 10 ms: 2 fit."""
    assert after(0.001, 0.001, 0.001, 0.01) == 2


@pytest.mark.parametrize("seconds", [0.03, 1.0, 100.0])
def test_a_slow_step_is_an_execution_of_its_own(seconds):
    assert after(seconds) == 1


def test_there_is_a_most():
    """Steps that take no time at all."""
    assert after(*[0.0] * 10) == MOST_STEPS
