"""Numbers as people type them, and the steps that arrows take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kescape_gui.setup.numbers import format_number, next_in_decade, next_multiple, parse_integer, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("0,001", 0.001),
        (".001", 0.001),
        (",5", 0.5),
        ("1E2", 100.0),
        (" 7. ", 7.0),
        ("+3", 3.0),
        ("−2", -2.0),
        ("", None),
        (".", None),
        ("1.2.3", None),
        ("1,000.5", None),
        ("1e", None),
        ("1e999", None),
        ("nan", None),
        ("inf", None),
        ("0x10", None),
        ("٣", 3.0),
    ],
)
def test_a_number_is_read_as_people_write_it(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("64", 64), ("1e3", 1000), ("64.0", 64), ("6.5", None), ("1e999999999", None), ("", None)],
)
def test_a_whole_number_may_be_written_with_an_exponent(text, value):
    assert parse_integer(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (0.001, "0.001"), (0.0001, "1e-4"), (2.5e-7, "2.5e-7"), (10.0, "10"), (0.0, "0"), (1e20, "1e20")],
)
def test_a_number_is_written_short(value, text):
    assert format_number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_written_reads_back_as_the_same_number(value):
    assert parse_number(format_number(value)) == value


def test_arrows_go_1_2_5_in_each_decade():
    up = [0.001]
    for _ in range(6):
        up.append(next_in_decade(up[-1], 1))

    assert up == [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]
    assert [next_in_decade(value, -1) for value in up[1:]] == up[:-1]


@pytest.mark.parametrize(
    ("start", "steps", "end"),
    [(0.3, 1, 0.5), (0.3, -1, 0.2), (0.1, 3, 1.0), (0.0, 1, 1e-6), (1e-6, -1, 0.0), (1000.0, 1, 2000.0)],
)
def test_arrows_go_to_the_nearest_mark(start, steps, end):
    assert next_in_decade(start, steps) == end


@pytest.mark.parametrize(
    ("start", "steps", "width", "end"),
    [(0.9, -1, 0.05, 0.85), (0.9, 1, 0.05, 0.95), (0.92, 1, 0.05, 0.95), (0.92, -1, 0.05, 0.9), (10, 1, 1.0, 11)],
)
def test_even_steps_land_on_multiples(start, steps, width, end):
    assert next_multiple(start, steps, width) == end
