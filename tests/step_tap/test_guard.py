"""Which exceptions end a fit, and which are none of its business."""

import pytest

from kescape.step_tap.guard import Guard


class OutOfRangeError(Exception):
    """As TensorFlow names the end of data."""


def raises(error):
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x"), SystemExit(1)])
def test_whatever_leaves_a_call_is_told_and_goes_on_its_way(error):
    told = []
    guard = Guard(lambda name, arguments: told.append((name, arguments)))

    with pytest.raises(type(error)) as found:
        guard.wrap("train_function", raises)(error)

    assert found.value is error
    assert told == [("train_function", (error,))]


@pytest.mark.parametrize("error", [StopIteration(), OutOfRangeError()])
def test_the_end_of_data_is_no_failure(error):
    told = []
    guard = Guard(lambda *call: told.append(call))

    with pytest.raises(type(error)):
        guard.wrap("train_function", raises)(error)

    assert told == []


def test_what_a_guarded_call_tries_and_catches_is_its_own_matter():
    """And once it is over, the next call is the outermost again."""
    told = []
    guard = Guard(lambda name, arguments: told.append(name))
    evaluate = guard.wrap("evaluate", raises)

    def hook():
        with pytest.raises(ValueError, match="x"):
            evaluate(ValueError("x"))
        return "kept"

    assert guard.wrap("on_epoch_end", hook)() == "kept"
    assert told == []
    with pytest.raises(ValueError, match="y"):
        evaluate(ValueError("y"))
    assert told == ["evaluate"]
