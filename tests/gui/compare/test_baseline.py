"""The control of a run: the same without restarts; no Qt."""

import pytest
from kescape_gui.compare.baseline import name_without_restarts, no_control_because, without_restarts

from kescape.config import RunConfig
from kescape.run.folder import check_run_name
from tests.gui.compare.compared import CONFIG, ended_run, watched
from tests.gui.recorded import record


def test_everything_but_the_schedule_is_the_same():
    config = RunConfig(dataset="digits", model="cnn", epochs=35, t_0=5.0, eta_max=0.1, eta_min=1e-4, seed=7)

    control = without_restarts(config)

    assert control.model_dump() == {**config.model_dump(), "schedule": "cosine"}


def test_its_rate_falls_from_the_same_peak_to_the_same_floor_over_the_same_epochs():
    """A cosine is half-way between peak and floor in the middle: (0.1 + 0.02) / 2 at epoch 10 of 20."""
    plan = without_restarts(RunConfig(epochs=20, eta_max=0.1, eta_min=0.02)).plan()

    assert [plan.learning_rate(epoch) for epoch in (0, 10, 20)] == pytest.approx([0.1, 0.06, 0.02])
    assert plan.restarts(until=20) == []


@pytest.mark.parametrize("name", ["first", "é" * 120, "a" * 240])
def test_its_name_can_be_a_folder(name):
    made = name_without_restarts(name)

    check_run_name(made)
    assert made.endswith("-no-restarts")
    assert made.startswith(name[:60])


def test_only_a_run_with_restarts_and_known_settings_has_a_control(tmp_path):
    folders = [
        ended_run(tmp_path / "sgdr"),
        ended_run(tmp_path / "step", schedule="step"),
        ended_run(tmp_path / "one", t_0=7.0),
        record(tmp_path / "script", outcome="finished"),
    ]

    assert [no_control_because(run) for run in watched(*folders)] == [
        None,
        "It has no restarts: its schedule is “Falling in steps”",
        "It has no restarts: its first cycle is as long as the training",
        "Its settings are not known here: a script recorded it, or it was imported",
    ]
    assert CONFIG.epochs == 7
