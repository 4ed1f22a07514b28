"""A range test by the engine: in a folder of its own, exact, and nothing but its curve is kept."""

import os
import time

import numpy as np
import pytest

from kescape.config import RunConfig
from kescape.engine.launch import prepare_run
from kescape.engine.range_request import (
    RANGE_TESTS,
    Sweep,
    is_range_test,
    prepare_range_test,
    read_sweep,
    remove_range_test,
)
from kescape.engine.trainer import train_folder
from kescape.run.errors import RunNotFound, RunUnreadable
from kescape.run.folder import find_run
from kescape.run.listing import list_runs
from kescape.run.lock import EngineLock
from kescape.run.reader import open_run

CONFIG = RunConfig(dataset="digits", model="logistic", batch_size=64, epochs=3, t_0=1, momentum=0.5)
"""1437 rows to train on: 22 whole batches and a rest."""


def test_a_range_test_follows_its_own_plan_and_keeps_only_the_curve(tmp_path):
    """Sixty steps are two epochs and a part of the third."""
    folder = prepare_range_test(CONFIG, tmp_path, Sweep(1e-5, 1e-1, 60))
    train_folder(folder)

    with open_run(folder) as run:
        curves = run.curves()
        assert (run.status, run.error, run.steps, run.steps_per_epoch) == ("finished", None, 60, 22)
        np.testing.assert_allclose(curves["learning_rate"], np.geomspace(1e-5, 1e-1, 60), rtol=1e-12)
        assert set(curves["momentum"]) == {0.5}
        assert curves["epoch"].tolist() == [0] * 22 + [1] * 22 + [2] * 16
        assert 2 < curves["loss"][0] < 4  # ten classes: about log 10
        assert [event.kind for event in run.events()] == ["stage"] * 3
        assert run.checkpoints() == run.snapshots() == []
    assert {path.name for path in folder.iterdir()} <= {
        *("commands", "config.toml", "engine.lock", "range-test.json", "run.db", "preprocessing.json"),
    }


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_range_test_is_as_exact_as_is_wanted(tmp_path, monkeypatch, deterministic):
    """What TensorFlow is told holds for the rest of a process, hence not in this one."""
    told = []
    monkeypatch.setattr("kescape.engine.trainer.make_deterministic", lambda: told.append(True))
    train_folder(prepare_range_test(CONFIG.changed(deterministic=deterministic), tmp_path, Sweep(steps=20)))

    assert told == [True] * deterministic


def test_a_range_test_is_no_run(tmp_path):
    """It is not listed, not found by its name, and a run's folder is no test."""
    folder = prepare_range_test(CONFIG, tmp_path, Sweep())
    run = prepare_run(CONFIG, tmp_path)

    assert [summary.path for summary in list_runs(tmp_path)] == [run]
    assert folder.name == run.name
    assert find_run(folder.name, tmp_path) == run
    with pytest.raises(RunNotFound):
        find_run(RANGE_TESTS, tmp_path)
    assert (read_sweep(folder), read_sweep(run)) == (Sweep(), None)
    (run / "range-test.json").write_text("{}")
    assert (is_range_test(folder), is_range_test(run)) == (True, False)


def test_a_range_test_ends_when_the_loss_explodes(tmp_path):
    config = CONFIG.changed(momentum=0.9, model="mlp")
    folder = prepare_range_test(config, tmp_path, Sweep(1e-3, 1e6, 5000))
    train_folder(folder)

    with open_run(folder) as run:
        assert run.status == "finished"
        assert run.steps < 5000


@pytest.mark.parametrize(
    "text", ["", "{}x", '{"low": 1, "high": 0.5, "steps": 50}', '{"what": 1}', "[1, 2, 3]", "[" * 100_000]
)
def test_a_damaged_request_is_said_in_the_folder(tmp_path, text):
    folder = prepare_range_test(CONFIG, tmp_path, Sweep())
    (folder / "range-test.json").write_text(text, "utf-8")
    with pytest.raises(RunUnreadable, match=r"range-test\.json' cannot be read"):
        train_folder(folder)

    with open_run(folder) as run:
        assert run.status == "failed"
        assert "range-test.json" in run.error


def test_only_range_tests_are_removed(tmp_path):
    run = prepare_run(CONFIG, tmp_path)
    folder = prepare_range_test(CONFIG, tmp_path, Sweep())
    for wrong in (run, tmp_path, tmp_path / RANGE_TESTS, folder / "config.toml", tmp_path / RANGE_TESTS / ".."):
        with pytest.raises(ValueError, match="no run is ever removed"):
            remove_range_test(wrong)
    assert folder.is_dir()

    remove_range_test(folder)
    assert list(tmp_path.iterdir()) == [run]
    remove_range_test(folder)  # gone already


def test_what_a_killed_window_left_is_removed_by_the_next_test(tmp_path):
    """Not what somebody records into, nor what an engine may be about to begin with."""
    young, old, live = (prepare_range_test(CONFIG, tmp_path, Sweep()) for _ in range(3))
    lock = EngineLock(live)
    assert lock.acquire()
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / RANGE_TESTS / "link").symlink_to(outside)
    for folder in (old, live, outside):
        os.utime(folder, (time.time() - 3600,) * 2)
    try:
        new = prepare_range_test(CONFIG, tmp_path, Sweep())
    finally:
        lock.release()

    assert {path.name for path in (tmp_path / RANGE_TESTS).iterdir()} == {young.name, live.name, new.name, "link"}
    assert new.name == old.name
    assert outside.is_dir()


def test_what_is_no_range_test_is_not_removed_with_them(tmp_path):
    """A folder that only lies where they are kept, also where that place is a link to another one."""
    photos = tmp_path / "elsewhere" / "photos"
    photos.mkdir(parents=True)
    (photos / "sea.jpg").write_bytes(b"sea")
    (tmp_path / RANGE_TESTS).symlink_to(photos.parent)
    os.utime(photos, (time.time() - 3600,) * 2)

    folder = prepare_range_test(CONFIG, tmp_path, Sweep())
    remove_range_test(photos.parent.with_name(RANGE_TESTS) / "photos")
    remove_range_test(folder)

    assert (photos / "sea.jpg").read_bytes() == b"sea"
    assert not folder.exists()


@pytest.mark.parametrize(
    ("sweep", "sentence"),
    [
        ((0, 1, 50), "low must be > 0"),
        ((1, 1, 50), "high must be > low=1, because the rate rises; got high=1"),
        ((1e-6, 10, 19), "steps must be >= 20, because fewer tell nothing; got steps=19"),
        ((1e-6, 10, 10**6), "steps must be <= 10000, because a range test is short; got steps=1000000"),
    ],
)
def test_sweeps_that_there_are_not(sweep, sentence):
    with pytest.raises(ValueError, match=sentence):
        Sweep(*sweep)
