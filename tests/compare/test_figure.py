"""The figure of a comparison: real files with text in them, from two arms to many."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from kescape import __version__
from kescape.compare.comparison import Comparison
from kescape.compare.figure import _strokes
from kescape.compare.jobs import JobState
from kescape.compare.report import Report
from kescape.compare.report_files import write_report
from kescape.config import RunConfig
from kescape.run.errors import NothingToExport
from kescape.run.export.options import SIZES, FigureOptions
from kescape.run.export.sheet import Look
from kescape.run.export.themes import THEMES
from tests.compare.made_up import outcomes

SVG = "{http://www.w3.org/2000/svg}"


def made(varied, *, epochs=6, states=None, measure="val_loss", ends=None, name="try", repeats=3):
    """A report of arms that come down from 2, the first one lowest."""
    comparison = Comparison(
        RunConfig(epochs=epochs, t_0=2.0, t_mult=1.0, dataset="wine"), varied, repeats=repeats, measure=measure
    )
    curves = {
        arm.name: [
            [2 / epoch + place / 10 + seed / 50 for epoch in range(1, epochs + 1)][: (ends or {}).get(arm.name)]
            for seed in range(repeats)
        ]
        for place, arm in enumerate(comparison.arms)
    }
    return Report.from_outcomes(comparison, outcomes(comparison, curves, states), name=name)


def texts_of(path):
    """The texts of an SVG and where their baselines begin, in points."""
    found = {}
    for node in ET.parse(path).getroot().iter(f"{SVG}text"):
        place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform", ""))
        x, y = place.groups() if place else (node.get("x"), node.get("y"))
        found["".join(node.itertext())] = (float(x), float(y))
    return found


def height_of(path):
    return float(ET.parse(path).getroot().get("height").removesuffix("pt"))


def test_it_names_what_was_compared_and_ranks_the_arms(tmp_path):
    """Its text is text; the best arm stands above the others."""
    report = made({"schedule": ("sgdr", "constant", "cosine")}, name="$a$ and <b>")
    write_report(report, tmp_path / "a.svg")

    texts = texts_of(tmp_path / "a.svg")
    assert "$a$ and <b>" in texts
    assert any("wine" in text and "6 epochs" in text and "3 repeats (seeds 1 to 3)" in text for text in texts)
    assert any("band: its 95 % interval" in text for text in texts)
    assert {"epoch", "best validation loss so far", "validation loss at the end"} <= texts.keys()
    assert texts["sgdr"][1] < texts["constant"][1] < texts["cosine"][1]
    assert not any("schedule" in text for text in texts), "what all arms are told apart by needs no word above it"


def test_what_has_to_be_remarked_stands_beside_an_arm(tmp_path):
    states = {("constant", 1): JobState.DIVERGED}
    report = made({"schedule": ("cosine", "constant", "step")}, states=states, ends={"step": 3})
    write_report(report, tmp_path / "a.svg")

    texts = texts_of(tmp_path / "a.svg")
    assert texts["1 diverged"][1] == pytest.approx(texts["constant"][1], abs=1)
    assert texts["0 of 3 runs"][1] == pytest.approx(texts["step"][1], abs=1)


@pytest.mark.parametrize("size", ["column", "page"])
@pytest.mark.parametrize("momenta", [(0.9,), (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)])
def test_two_arms_and_many_have_room(size, momenta, tmp_path):
    """Nothing stands outside of the figure, and no name on another; many arms make it higher, never wider."""
    schedules = ("cosine", "sgdr") if len(momenta) == 1 else ("cosine", "sgdr", "step", "constant")
    report = made({"schedule": schedules, "momentum": momenta})
    write_report(report, tmp_path / "a.svg", FigureOptions(size=size))

    texts, height = texts_of(tmp_path / "a.svg"), height_of(tmp_path / "a.svg")
    look = SIZES[size]
    assert all(0 <= x < look.width_mm * 72 / 25.4 and 0 < y < height for x, y in texts.values())
    assert height >= look.height_mm * 72 / 25.4 - 0.01
    rows = sorted(y for text, (_, y) in texts.items() if text.startswith(schedules))
    assert len(rows) == len(report.arms)
    assert all(below - above >= look.font for above, below in itertools.pairwise(rows))


def test_long_names_give_way_to_their_values(tmp_path):
    report = made({"schedule": ("cosine", "sgdr"), "momentum": (0.0, 0.9), "eta_max": (0.1, 0.2), "t_0": (2.0, 3.0)})
    write_report(report, tmp_path / "a.svg")

    texts = texts_of(tmp_path / "a.svg")
    assert {"schedule, momentum, eta_max, t_0", "sgdr, 0.9, 0.2, 3", "cosine, 0.9, 0.2, –"} <= texts.keys()


def test_each_momentum_has_a_panel_where_bands_would_hide_each_other(tmp_path):
    """Eight arms in two panels with the same axes, the first value above; 24 arms in one, without bands."""
    eight = made({"schedule": ("cosine", "sgdr", "step", "constant"), "momentum": (0.0, 0.9)})
    many = made({"schedule": ("cosine", "sgdr", "step", "constant"), "momentum": (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)})
    write_report(eight, tmp_path / "eight.svg")
    write_report(many, tmp_path / "many.svg")

    texts = texts_of(tmp_path / "eight.svg")
    assert texts["momentum 0"][1] < texts["momentum 0.9"][1]
    assert any("band: its 95 % interval" in text for text in texts)
    assert not any("band" in text or text == "momentum 0" for text in texts_of(tmp_path / "many.svg"))


@pytest.mark.parametrize("theme", THEMES)
def test_no_two_of_24_arms_are_drawn_alike(theme):
    report = made({"schedule": ("cosine", "sgdr", "step", "constant"), "momentum": (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)})
    look = Look(SIZES["page"], THEMES[theme])

    strokes = _strokes(report, look)
    assert len(set(strokes.values())) == len(strokes) == 24
    assert strokes["sgdr-momentum=0"].color == strokes["sgdr-momentum=0.9"].color
    assert strokes["sgdr-momentum=0"].marker == strokes["cosine-momentum=0"].marker


def test_where_there_are_too_many_the_best_stand_out():
    report = made({"eta_max": tuple(k / 100 for k in range(1, 13))})
    look = Look(SIZES["page"], THEMES["light"])

    strokes = _strokes(report, look)
    assert len({strokes[f"eta_max={k / 100:g}"] for k in range(1, 7)}) == 6
    assert {strokes[f"eta_max={k / 100:g}"].color for k in range(7, 13)} == {look.theme.rule}


@pytest.mark.parametrize(
    "case", ["one repeat", "accuracy", "all diverge", "one epoch", "partly", "all alike", "decades"]
)
def test_odd_comparisons_are_drawn(case, tmp_path):
    """Without a warning."""
    varied = {"schedule": ("constant", "cosine")}
    seeds = (1, 2, 3)
    report = {
        "one repeat": lambda: made(varied, repeats=1),
        "accuracy": lambda: made(varied, measure="val_accuracy", states={("constant", 2): JobState.DIVERGED}),
        "all diverge": lambda: made(varied, states={("constant", seed): JobState.DIVERGED for seed in seeds}),
        "one epoch": lambda: made(varied, epochs=1),
        "partly": lambda: made(varied, ends={"cosine": 2, "constant": 1}),
        "all alike": lambda: made({"schedule": ("cosine",)}, repeats=1, epochs=2),
        "decades": lambda: made(varied, epochs=400),
    }[case]()

    write_report(report, tmp_path / "a.svg")
    assert report.arms[0].title in texts_of(tmp_path / "a.svg")


def test_a_range_is_not_called_an_interval(tmp_path):
    write_report(made({"schedule": ("sgdr", "step")}, repeats=2), tmp_path / "two.svg")

    texts = "".join(texts_of(tmp_path / "two.svg"))
    assert "band: its range" in texts
    assert "interval" not in texts


def test_nothing_to_draw(tmp_path):
    report = made({"schedule": ("sgdr", "cosine")}, ends={"sgdr": 1, "cosine": 1}, name="new")

    with pytest.raises(NothingToExport, match="No run of the comparison 'new' has finished a minimum yet"):
        write_report(report, tmp_path / "a.png")
    assert not [*tmp_path.iterdir()]


def test_a_figure_says_what_it_is_of_and_is_the_same_each_time(tmp_path):
    """With no date in it."""
    report = made({"schedule": ("sgdr", "cosine")})
    options = FigureOptions(dpi=100)
    first, second = (write_report(report, tmp_path / name, options) for name in ("a.png", "b.png"))

    assert first.read_bytes() == second.read_bytes()
    with Image.open(first) as picture:
        assert picture.size == (int(183 / 25.4 * 100), int(112 / 25.4 * 100))
        assert picture.text["Title"] == "try: comparison by validation loss"
        assert re.fullmatch(r"comparison try; settings SHA-256 [0-9a-f]{64}", picture.text["Description"])
        assert picture.text["Software"] == f"KEscape {__version__}"
