"""Landscapes as files."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kescape.landscape.figure import save_landscape
from kescape.landscape.request import LandscapeRequest
from kescape.landscape.store import Landscape, LineBarrier, PathPoint
from kescape.run.errors import ExportError, ExportUnwritable
from kescape.run.export.themes import THEMES

NAN, INF = np.nan, np.inf


def plane(loss=None, points=9, **changes):
    places = np.linspace(-1, 1, points)
    bowl = places[None, :] ** 2 + 3 * places[:, None] ** 2 + 1 / 3
    path = tuple(PathPoint(step, step / 9, 0.1, 0.5, 0.0, f"end of cycle {step}") for step in (1, 2, 3))
    request = LandscapeRequest("plane", (1, 2, 3), points=points)
    return Landscape(request, places, places, bowl if loss is None else loss, 9, path, **changes)


def line(**changes):
    path = tuple(PathPoint(step, float(number), 0.0, 1.0, 0.0) for number, step in enumerate((10, 20)))
    barrier = LineBarrier(0.5, 0.4, 0.6, 0.5, is_above_noise=True)
    made = {"barriers": (barrier,), "loss": np.array([1.0, 1.5, 1.0])}
    return Landscape(
        LandscapeRequest("line", (10, 20), points=3), np.array([0.0, 0.5, 1.0]), np.empty(0), **{**made, **changes},
        level=3, path=path,
    )  # fmt: skip


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_has_a_row_a_point_and_every_number_comes_back(tmp_path):
    landscape = plane()
    rows = rows_of(save_landscape(landscape, tmp_path / "plane.csv"))

    assert list(rows[0]) == ["alpha", "beta", "loss"]
    assert len(rows) == 81
    for number, row in enumerate(rows):
        up, across = divmod(number, 9)
        assert float(row["alpha"]) == landscape.alpha[across]
        assert float(row["beta"]) == landscape.beta[up]
        assert float(row["loss"]) == landscape.loss[up, across]


def test_on_a_line_beta_is_0_and_what_is_not_known_is_left_out(tmp_path):
    rows = rows_of(save_landscape(line(loss=np.array([0.1, NAN, INF]), barriers=()), tmp_path / "line.csv"))

    assert [(row["alpha"], row["beta"], row["loss"]) for row in rows] == [("0.0", "0.0", "0.1"), ("1.0", "0.0", "inf")]


@pytest.mark.parametrize("made", [plane(), line(), plane(explained=(0.7, 0.2))])
def test_figures_hold_their_words_as_text(made, tmp_path):
    save_landscape(made, tmp_path / "a.png")
    save_landscape(made, tmp_path / "a.pdf")
    words = save_landscape(made, tmp_path / "a.svg").read_text("utf-8")

    with Image.open(tmp_path / "a.png") as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=1)
        assert len(picture.convert("RGB").getcolors(10_000_000)) > 20
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    for text in [">loss<", *([">cycle 3<"] if made.kind == "plane" else [">step 20<", ">barrier 0.500<"])]:
        assert text in words


@pytest.mark.parametrize(
    "loss",
    [
        np.full((9, 9), 0.5),
        np.full((9, 9), INF),
        np.where(np.eye(9) > 0, INF, 1.0),
        np.where(np.eye(9) > 0, 1e30, 1e-12),
        np.where(np.eye(9) > 0, 0.0, 1.0),
        -np.ones((9, 9)) - np.eye(9),
        np.where(np.eye(9) > 0, np.nextafter(1.0, 2.0), 1.0),
    ],
)
def test_any_losses_can_be_drawn(loss, tmp_path):
    assert save_landscape(plane(loss), tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    "values", [[1.0, INF, 1.0], [INF, INF, INF], [1e-9, 1e9, 1.0], [0.0, 0.0, 0.0], [0.0, 1e3, 1.0]]
)
def test_any_line_can_be_drawn(values, tmp_path):
    barrier = LineBarrier(INF, INF, INF, INF, is_above_noise=True)

    assert save_landscape(line(loss=np.array(values), barriers=(barrier,)), tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("low", "high", "levels"),
    [
        # The highest is less than ten times the lowest: linear, every 0.2; then 1, 2, 5 in each decade.
        (0.3, 2.3, [0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2]),
        (0.03, 3.03, [0.05, 0.1, 0.2, 0.5, 1.0, 2.0]),
        # No lower than six decades below the highest; 1 and 3 in each of them are twelve.
        (1e-12, 2.0, [3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0]),
    ],
)
def test_contour_lines_are_at_round_losses(low, high, levels, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("matplotlib.axes.Axes.contour", lambda *_, levels, **__: drawn.append(levels))
    up = np.linspace(0, 1, 9)[:, None] ** 3
    ends = tuple(PathPoint(step, step / 9, 0.1, low, 0.0) for step in (1, 2, 3))
    save_landscape(replace(plane(low + (high - low) * up * np.ones(9)), path=ends), tmp_path / "a.png")

    assert drawn == [levels]


def test_on_a_log_scale_a_loss_of_0_has_the_lowest_colour(tmp_path):
    """Not the grey of an infinite one. Viridis begins with (68, 1, 84)."""
    loss = np.full((9, 9), 100.0)
    loss[:, :4] = 1.0
    loss[:5] = 0.0
    save_landscape(plane(loss), tmp_path / "a.png")

    with Image.open(tmp_path / "a.png") as picture:
        colours = {rgb: count for count, rgb in picture.convert("RGB").getcolors(10_000_000)}
    grey = tuple(int(THEMES["light"].rule[at : at + 2], 16) for at in (1, 3, 5))
    assert colours[68, 1, 84] > 0.2 * sum(colours.values())
    assert colours.get(grey, 0) < 0.01 * sum(colours.values())


def test_what_is_known_so_far_is_drawn(tmp_path):
    loss = np.full((17, 17), NAN)
    loss[::2, ::2] = 1.0
    coarse = plane(loss, points=17)

    assert "81 of 289 points so far" in save_landscape(coarse, tmp_path / "a.svg").read_text("utf-8")


def test_wrong_use_leaves_nothing(tmp_path):
    with pytest.raises(ExportError, match=r"path must end with \.csv, \.png, \.svg or \.pdf"):
        save_landscape(plane(), tmp_path / "a.bmp")
    with pytest.raises(ExportError, match="does not exist"):
        save_landscape(plane(), tmp_path / "nowhere" / "a.png")
    with pytest.raises(ExportError, match="no point that is known yet"):
        save_landscape(plane(np.full((9, 9), NAN)), tmp_path / "a.png")
    (tmp_path / "a.csv").mkdir()
    with pytest.raises((ExportError, ExportUnwritable), match=r"a\.csv"):
        save_landscape(plane(), tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
