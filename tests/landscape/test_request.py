"""What can be asked for, and what of a run is taken where nothing is said."""

import dataclasses
import json

import pytest

from kescape.landscape.request import LandscapeImpossible, LandscapeRequest, request_for
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from tests.landscape.conftest import STEPS


def test_json_gives_the_request_back():
    request = LandscapeRequest("pca", (3, 5, 9), points=21, rows=100, part="validation", seed=4, margin=0.5)

    assert LandscapeRequest.from_json(request.to_json()) == request


def test_the_key_is_of_what_is_asked_for():
    """The margin that is usual counts as if it had been said."""
    request = LandscapeRequest("line", (1, 2))

    assert LandscapeRequest("line", (1, 2), margin=0.25).key == request.key
    changed = {"steps": (1, 3), "points": 50, "rows": 1, "part": "validation", "seed": 1, "margin": 0.0, "model": "a"}
    assert len({request.key, *(dataclasses.replace(request, **{n: v}).key for n, v in changed.items())}) == 8


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "sphere"}, "kind must be line, plane, random or pca"),
        ({"steps": (1, 2)}, "steps must be three different snapshots, because kind 'plane' takes so many"),
        ({"steps": (1, 2, 2)}, "steps must be three different snapshots"),
        ({"steps": (1, 2, -1)}, "steps must be >= 0"),
        ({"kind": "random"}, "steps must be one snapshot"),
        ({"kind": "pca", "steps": (1, 2)}, "steps must be three or more different snapshots"),
        ({"points": 2}, "points must be >= 3"),
        ({"points": 502}, "points must be <= 501"),
        ({"rows": 0}, "rows must be >= 1"),
        ({"part": "test"}, "part must be training or validation"),
        ({"seed": -1}, "seed must be >= 0"),
        ({"margin": -0.1}, "margin must be >= 0"),
        ({"margin": float("nan")}, "margin must be a finite number"),
        ({"kind": "random", "steps": (1,), "margin": 0}, "margin must be > 0"),
    ],
)
def test_what_cannot_be_is_refused_by_name(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        LandscapeRequest(**{"kind": "plane", "steps": (1, 2, 3), **wrong})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "line", "steps": [1, 2], "colour": 3}', "[" * 100_000])
def test_what_is_no_request_is_refused(text):
    with pytest.raises(ValueError, match="a request must be a JSON object"):
        LandscapeRequest.from_json(text)


@pytest.mark.parametrize("points", [3, 5, 9, 11, 50, 51])
@pytest.mark.parametrize("margin", [0.0, 0.25, 1.0, 100.0])
def test_a_line_has_its_points_whatever_the_margin_and_something_between_its_ends(points, margin):
    request = LandscapeRequest("line", (1, 2), points=points, margin=margin)

    assert request.size == points
    assert points - 2 * request.beyond >= 2


def test_of_a_run_the_last_minima_are_taken(trained):
    with open_run(trained) as run:
        assert request_for(run) == LandscapeRequest("plane", STEPS)
        assert request_for(run, "line").steps == STEPS[1:]
        assert request_for(run, "random").steps == STEPS[2:]
        assert request_for(run, "pca").steps == STEPS
        assert request_for(run, steps=STEPS[:2]).kind == "line"
        assert request_for(run, steps=STEPS[:1]).kind == "random"
        with pytest.raises(
            LandscapeImpossible, match="no snapshot of step 7; it has those of these steps: 90, 180, 270"
        ):
            request_for(run, steps=(7,))


def test_a_run_with_fewer_minima_gets_what_they_suffice_for(copied):
    (copied / "snapshots" / "step-000000090.weights.h5").unlink()
    with open_run(copied) as run:
        assert request_for(run) == LandscapeRequest("line", STEPS[1:])
    (copied / "snapshots" / "step-000000180.weights.h5").unlink()
    with open_run(copied) as run:
        assert request_for(run) == LandscapeRequest("random", STEPS[2:])
        with pytest.raises(LandscapeImpossible, match="has 1 snapshot, but kind 'plane' takes three"):
            request_for(run, "plane")


def test_a_run_without_snapshots_has_no_landscape(tmp_path):
    writer = RunWriter.open(tmp_path / "empty", kind="recorder")
    writer.close()
    with open_run(tmp_path / "empty") as run, pytest.raises(LandscapeImpossible, match="has no snapshot to look at"):
        request_for(run)


def test_paths_are_absolute_since_another_process_reads_them(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_run(trained) as run:
        request = request_for(run, model="a.keras")
    assert json.loads(request.to_json())["model"] == str(tmp_path / "a.keras")
