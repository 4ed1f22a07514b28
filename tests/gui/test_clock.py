"""Times of a run, as a clock shows them."""

import pytest
from kescape_gui.clock import clock
from kescape_gui.curves.axes import format_seconds


@pytest.mark.parametrize(
    ("seconds", "places", "shown"),
    [
        (0, 0, "0:00"),
        (59.9996, 3, "1:00.000"),
        (119.97, 1, "2:00.0"),
        (3599.96, 1, "1:00:00.0"),
        (90_061.5, 1, "25:01:01.5"),
        (-0.2, 0, "0:00"),
        (-90, 0, "−1:30"),
    ],
)
def test_sixty_seconds_are_a_minute_however_it_is_rounded(seconds, places, shown):
    assert clock(seconds, places) == shown


def test_labels_half_a_second_apart_differ():
    assert [format_seconds(seconds, 0.5) for seconds in (59.5, 60, 60.5, 3600.5)] == [
        "59.5 s",
        "1:00.0",
        "1:00.5",
        "1:00:00.5",
    ]


def test_what_lies_before_the_start_is_told_with_a_sign():
    assert [format_seconds(-30), format_seconds(-7200, 3600)] == ["−0:30", "−2:00 h"]
