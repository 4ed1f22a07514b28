"""What is kept of a landscape, whatever happens to its file."""

import os
from dataclasses import replace

import numpy as np
import pytest

from kescape.landscape.request import LandscapeRequest
from kescape.landscape.store import (
    Landscape,
    LineBarrier,
    PathPoint,
    fingerprint_of,
    list_landscapes,
    read_landscape,
    write_landscape,
)
from kescape.run.errors import RunUnwritable

LINE = LandscapeRequest("line", (1, 2), points=3)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "one").write_bytes(b"weights")
    return tmp_path


def line(folder, **changes):
    made = Landscape(
        LINE,
        np.array([0.0, 0.5, 1.0]),
        np.empty(0),
        np.array([0.1, np.inf, 1 / 3]),
        level=3,
        path=(PathPoint(1, 0.0, 0.0, 0.1, 0.0, "end of cycle 1"), PathPoint(2, 1.0, 0.0, 1 / 3, 0.0, "é")),
        barriers=(LineBarrier(np.inf, np.inf, np.inf, np.inf, True),),
        dimensions=42,
        rows=7,
        seconds=1.5,
        fingerprint=fingerprint_of(folder, ["snapshots/one"]),
    )
    return replace(made, **changes)


def test_what_is_kept_comes_back_bit_for_bit(folder):
    kept = line(folder)
    write_landscape(folder, kept)
    found = read_landscape(folder, LINE)

    np.testing.assert_array_equal(found.loss, kept.loss)
    np.testing.assert_array_equal(found.alpha, kept.alpha)
    for name in ("request", "path", "barriers", "level", "dimensions", "rows", "seconds", "explained"):
        assert getattr(found, name) == getattr(kept, name)
    assert found.finished
    assert found.known == 3
    assert [one.request for one in list_landscapes(folder)] == [LINE]


def test_a_point_that_is_not_known_is_no_infinite_one(folder):
    part = line(folder, loss=np.array([0.1, np.nan, np.inf]), level=0)
    write_landscape(folder, part)
    found = read_landscape(folder, LINE)

    assert not found.finished
    assert found.known == 2


def test_another_request_finds_nothing(folder):
    write_landscape(folder, line(folder))

    assert read_landscape(folder, LandscapeRequest("line", (1, 2), points=5)) is None


@pytest.mark.parametrize("change", ["content", "time", "gone"])
def test_of_other_snapshots_nothing_is_believed(folder, change):
    write_landscape(folder, line(folder))
    snapshot = folder / "snapshots" / "one"
    if change == "content":
        snapshot.write_bytes(b"other weights")
    elif change == "time":
        os.utime(snapshot, ns=(1, 1))
    else:
        snapshot.unlink()

    assert read_landscape(folder, LINE) is None
    assert list_landscapes(folder) == []


def test_a_damaged_file_counts_as_none(folder):
    """Cut at any place, or with bytes turned over."""
    write_landscape(folder, line(folder))
    (file,) = (folder / "landscapes").iterdir()
    whole = file.read_bytes()
    for length in range(0, len(whole), 97):
        file.write_bytes(whole[:length])
        assert read_landscape(folder, LINE) is None
    for place in range(0, len(whole), 53):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        found = read_landscape(folder, LINE)
        assert found is None or found.request == LINE


def test_places_that_do_not_fit_the_request_are_damage(folder):
    write_landscape(folder, line(folder, loss=np.zeros(2), alpha=np.zeros(2)))

    assert read_landscape(folder, LINE) is None


def test_what_cannot_be_written_is_said_and_what_was_there_stays(folder):
    write_landscape(folder, line(folder))
    (folder / "other").write_bytes(b"")
    with pytest.raises(RunUnwritable, match="cannot be written"):
        write_landscape(folder / "other", line(folder))
    assert read_landscape(folder, LINE).finished
    assert [file.suffix for file in (folder / "landscapes").iterdir()] == [".npz"]


def test_what_a_killed_process_was_writing_is_removed(folder):
    place = folder / "landscapes"
    place.mkdir()
    (place / ".abc-999999999.tmp").write_bytes(b"half")
    write_landscape(folder, line(folder))

    assert [file.suffix for file in place.iterdir()] == [".npz"]
