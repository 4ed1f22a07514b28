"""The colours of runs that are drawn along, by the published definitions of contrast, difference and blindness."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.compare.series import COLOURS, MOST, Places, swatch_at

LEAST = 12.0
"""In CIEDE2000; 1 is about what a good eye can just tell apart side by side, thin lines need far more."""

# Machado, Oliveira & Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG
# 15(6), 2009, severity 1.0; for linear RGB. https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/
EYES = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# IEC 61966-2-1, sRGB to CIE XYZ under D65.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    share = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2.2, "contrast ratio" and "relative luminance"."""
    light, dark = sorted((float(linear(colour) @ TO_XYZ[1]) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    """CIE 1976 L*a*b* of linear RGB."""
    ratio = TO_XYZ @ rgb / TO_XYZ.sum(axis=1)
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(one, other):
    """CIEDE2000: Sharma, Wu & Dalal, Color Research & Application 30(1), 2005, equations 2 to 22."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))) / 2
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1 = np.degrees(np.arctan2(b1, (1 + g) * a1)) % 360 if c1 else 0.0
    h2 = np.degrees(np.arctan2(b2, (1 + g) * a2)) % 360 if c2 else 0.0
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    delta_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    if c1 * c2 == 0:
        h = h1 + h2
    elif abs(h1 - h2) <= 180:
        h = (h1 + h2) / 2
    else:
        h = (h1 + h2 + (360 if h1 + h2 < 360 else -360)) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(h - 30))
        + 0.24 * np.cos(np.radians(2 * h))
        + 0.32 * np.cos(np.radians(3 * h + 6))
        - 0.20 * np.cos(np.radians(4 * h - 63))
    )
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = (
        -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    )
    parts = (l2 - l1) / s_l, (c2 - c1) / s_c, delta_h / s_h
    return float(np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2]))


@pytest.mark.parametrize(
    ("one", "other", "published"),
    [
        ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
        ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_the_published_one(one, other, published):
    """Pairs 1, 17 and 34 of the table that Sharma, Wu & Dalal give to check an implementation with."""
    assert difference(one, other) == pytest.approx(published, abs=5e-5)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_each_colour_stands_out_from_the_ground_of_the_plots(colours):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert len(colours.series) == COLOURS
    assert all(contrast(colour, colours.base) >= 3 for colour in colours.series)


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_any_two_colours_and_that_of_the_run_in_view_can_be_told_apart(colours, eyes):
    """Those that share a dash style: the six are drawn solid, as the run in view is, or all dashed."""
    seen = [lab(np.clip(EYES[eyes] @ linear(colour), 0, 1)) for colour in (*colours.series, colours.loss)]

    assert min(difference(one, other) for one, other in combinations(seen, 2)) >= LEAST


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_runs_that_were_ticked_one_after_the_other_contrast_most(colours):
    seen = [lab(linear(colour)) for colour in colours.series]

    assert min(difference(one, other) for one, other in pairwise(seen)) >= 2 * LEAST


def test_twelve_runs_are_twelve_lines_and_a_place_has_its_dashes_in_light_and_dark():
    lines = [swatch_at(place, theme.LIGHT.series) for place in range(MOST)]

    assert len(set(lines)) == 12
    assert [line.dashed for line in lines] == [False] * 6 + [True] * 6
    assert [line.dashed for line in lines] == [swatch_at(place, theme.DARK.series).dashed for place in range(MOST)]


def test_a_run_keeps_its_place_while_others_come_and_go_and_gets_it_back():
    places = Places()
    a, b, c, d = (Path(name) for name in "abcd")
    for path in (a, b, c):
        places.take(path)
    places.leave(a)
    places.leave(b)

    assert places.take(b) == 1
    assert places.take(d) == 0
    assert places.take(a) == 3
    assert (places[b], places[c], places[d]) == (1, 2, 0)


def test_the_thirteenth_has_no_place_until_one_is_free():
    places = Places()
    for number in range(12):
        places.take(Path(str(number)))

    with pytest.raises(ValueError, match="at most 12 runs"):
        places.take(Path("12"))
    places.leave(Path("5"))
    assert places.take(Path("12")) == 5
