"""What is made of escape rates: only what their intervals allow."""

import pytest
from kescape_gui.playground.survey import Survey, percent

from kescape.compare.statistics import wilson_interval
from kescape.landscape.escape_rate import EscapeRate
from kescape.landscape.race import METHODS
from kescape.landscape.surfaces import find_surface


def meaning(surface="ackley", **reached):
    """The words on so many of 400 starts of each method; the others reach 200."""
    rates = []
    for method in METHODS:
        hits = reached.get(method.name, 200)
        rates.append(EscapeRate(method, hits, 400, *wilson_interval(hits, 400)))
    return Survey(find_surface(surface), [], 750, 2.0).meaning(rates)


def test_it_says_what_was_done():
    words = meaning()
    assert words.startswith("From 400 random starts, with 750 steps and the same noise for all")
    assert "basin of the global minimum" in words
    assert "basin of the wide minimum" in meaning("pair")
    assert "basin of a global minimum" in meaning("himmelblau")


@pytest.mark.parametrize(
    ("reached", "words"),
    [
        (
            {"sgd": 8, "sgdr": 392},
            "At these rates restarts escape more often: SGDR 98 % against 2 % of SGD. Another constant rate may",
        ),
        (
            {"sgd": 8, "sgdr": 392, "momentum": 4, "both": 240},
            "restarts escape more often: SGDR 98 % against 2 % of SGD; Momentum + SGDR 60 % against 1 % of Momentum.",
        ),
        ({"momentum": 352, "both": 232}, "restarts escape less often: Momentum + SGDR 58 % against 88 % of Momentum."),
        (
            {"sgd": 8, "sgdr": 392, "momentum": 352, "both": 232},
            "restarts escape more often in one case, less often in the other: SGDR 98 % against 2 % of SGD; "
            "Momentum + SGDR 58 % against 88 % of Momentum.",
        ),
    ],
)
def test_what_the_intervals_show_is_said(reached, words):
    assert words in meaning(**reached)


def test_intervals_that_overlap_show_nothing():
    """Of 400, 200 have 45.1 % to 54.9 %, and 230 have 52.6 % to 62.3 %."""
    assert "is not shown" in meaning(sgd=200, sgdr=230)
    assert "is not shown" in meaning(sgd=400, sgdr=400)


def test_none_and_all_are_said_of_none_and_all_only():
    assert [percent(hits / 1000) for hits in (0, 4, 6, 994, 996, 1000)] == [
        "0 %",
        "<1 %",
        "1 %",
        "99 %",
        ">99 %",
        "100 %",
    ]
