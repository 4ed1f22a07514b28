"""What is said of landscapes, against what was put into them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from kescape_gui import theme
from kescape_gui.landscape.slices import lines_of, slice_of
from kescape_gui.landscape.telling import tell

from kescape.landscape.request import LandscapeRequest
from kescape.landscape.store import LineBarrier
from tests.gui.landscape.known import known_landscape, run_with_snapshots


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_with_snapshots(tmp_path_factory.mktemp("runs") / "first")


def name_of(step):
    return f"cycle {(100, 300, 500, 700).index(step) + 1}"


def test_a_line_is_cut_at_its_minima(run):
    """Beyond the first and the last it goes on; each piece begins where the one before ends."""
    lines = lines_of(known_landscape(run, LandscapeRequest("line", (100, 300, 500), points=13)), name_of)

    assert [(line.start, line.end) for line in lines] == [("cycle 1", "cycle 2"), ("cycle 2", "cycle 3")]
    assert lines[0].positions == pytest.approx(np.arange(-2, 9) / 8)
    assert lines[1].positions == pytest.approx(np.arange(0, 11) / 8)
    assert lines[0].chord == lines[1].chord == pytest.approx((0.3, 0.3))
    assert lines[0].peak.rise == pytest.approx(0.5)


def test_a_barrier_and_its_height(run):
    told = tell(known_landscape(run, LandscapeRequest("line", (100, 300), points=13)), name_of)

    assert told.seen == ("Between cycle 1 and cycle 2 the loss rises to 0.8, 0.5 above the higher minimum: a barrier.")
    assert told.limits == (
        "A straight line in a space of 4,810 dimensions, on 500 rows of the training data: a curved path between the "
        "same minima may stay low."
    )


def test_the_highest_of_several_barriers(run):
    found = known_landscape(run, LandscapeRequest("line", (100, 300, 500), points=13))
    none = LineBarrier(0.5, 0.0, 0.9, 0.5, is_above_noise=False)
    told = tell(replace(found, barriers=(none, found.barriers[1])), name_of)
    assert told.seen.startswith("A barrier stands on 1 of 2 lines. The highest, between cycle 2 and cycle 3, ")
    told = tell(replace(found, barriers=(none, none)), name_of)
    assert told.seen.startswith("On none of the 2 lines ")


def test_a_plane_and_what_lies_off_it(run):
    """At (8, 8) the bowl is 0.2 + (64 + 64) / 10 high."""
    told = tell(known_landscape(run, LandscapeRequest("plane", (100, 300, 500), points=21, part="validation")), name_of)

    assert told.seen == (
        "All three minima lie exactly in this plane: cycle 1, cycle 2 and cycle 3. In this plane the loss goes from "
        "0.2 to 13. The other snapshots are projected onto it; the farthest, cycle 4, lies 1.25 away from it."
    )
    assert "500 rows of the validation data" in told.limits


def test_random_directions_and_components(run):
    told = tell(known_landscape(run, LandscapeRequest("random", (100,), points=21)), name_of)
    assert told.seen.startswith("At cycle 1, in the middle, the loss is 0.5.")
    assert "drawn by chance" in told.limits
    told = tell(known_landscape(run, LandscapeRequest("pca", (100, 300, 500), points=21)), name_of)
    assert "holds 87 % of how the snapshots differ: 71 % along α, 16 % along β." in told.seen
    assert "The farthest snapshot from it, cycle 4, lies 1.25 away." in told.seen
    assert "only projected" in told.limits


def test_what_rounding_moves_off_a_plane_lies_in_it(run):
    found = known_landscape(run, LandscapeRequest("pca", (100, 300, 500), points=21))
    flat = replace(found, path=tuple(replace(point, distance=2e-14) for point in found.path))

    assert tell(flat, name_of).seen.endswith(" All snapshots lie in it.")
    assert "projected" not in tell(flat, name_of).limits


def test_before_a_level_is_known_nothing_is_said(run):
    found = known_landscape(run, LandscapeRequest("plane", (100, 300, 500), points=21))

    assert tell(None, name_of).seen == tell(replace(found, level=0), name_of).seen == ""


def test_an_infinite_loss_does_not_hide_the_others(run):
    found = known_landscape(run, LandscapeRequest("random", (100,), points=21))
    found.loss[0] = math.inf
    assert "the loss goes from 0.2 to 13." in tell(found, name_of).seen
    found.loss[:] = math.inf
    assert "Nowhere in this plane" in tell(found, name_of).seen


def test_a_picture_that_refines_is_filled_in(run):
    """Of 33 points an axis each fourth is known: between them lies what is linear."""
    found = known_landscape(run, LandscapeRequest("plane", (100, 300, 500), points=33))
    coarse = np.full_like(found.loss, np.nan)
    coarse[::4, ::4] = found.loss[::4, ::4]
    shown = slice_of(replace(found, loss=coarse, level=9), name_of, theme.LIGHT)

    assert np.isfinite(shown.grid.z).all()
    assert shown.grid.z[0, 2] == pytest.approx((found.loss[0, 0] + found.loss[0, 4]) / 2)
    assert [mark.text for mark in shown.marks] == ["cycle 1", "cycle 2", "cycle 3", "cycle 4"]
    assert shown.paths[0].z.tolist() == [0.5] * 4


def test_around_one_minimum_only_that_is_marked(run):
    shown = slice_of(known_landscape(run, LandscapeRequest("random", (300,), points=9)), name_of, theme.DARK)

    assert [mark.text for mark in shown.marks] == ["cycle 2"]
    assert shown.paths == []
