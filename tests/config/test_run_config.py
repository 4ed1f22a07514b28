"""The settings of a run: defaults, plans, and the sentence for each wrong value."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kescape.config import PRESETS, SETTINGS, ConfigError, RunConfig, config_errors
from kescape.schedule import Constant, CosineRestarts, OneCycle, StepDecay


def test_the_default_ends_where_a_cycle_ends():
    """10 + 20 + 40 = 70 epochs."""
    config = RunConfig()

    assert (config.dataset, config.model, config.schedule) == ("spirals", "mlp", "sgdr")
    assert config.plan().restarts(until=config.epochs) == [10, 30]
    assert config.plan().landing(config.epochs).complete


def test_each_schedule_makes_its_plan():
    """Cosine is one cycle over the whole run; step falls to a tenth at a half and three quarters."""
    config = RunConfig(epochs=40, eta_max=0.2, eta_min=0.01)

    assert config.plan() == CosineRestarts(10.0, 2.0, 0.2, 0.01)
    assert config.changed(schedule="constant").plan() == Constant(0.2)
    assert config.changed(schedule="1cycle").plan() == OneCycle(40, 0.2)
    assert config.changed(schedule="step").plan() == StepDecay(0.2, factor=0.1, milestones=(20.0, 30.0))
    cosine = config.changed(schedule="cosine").plan()
    assert [cosine.learning_rate(epoch) for epoch in (0, 20)] == pytest.approx([0.2, 0.105])
    assert cosine.restarts(until=40) == []


def test_every_restart_setting_reaches_the_plan():
    config = RunConfig(eta_max=0.1, t_0=3, t_mult=1.5, eta_max_decay=0.8, warmup=2, restart_warmup=0.5, cycles=4)

    assert config.plan() == CosineRestarts(3, 1.5, 0.1, 0.0, eta_max_decay=0.8, warmup=2, restart_warmup=0.5, cycles=4)


@pytest.mark.parametrize(
    ("dataset", "fraction", "batch_size", "steps"),
    [
        ("spirals", 0.2, 32, 50),  # 1600 rows
        ("digits", 0.2, 32, 45),  # 1797 - 359 = 1438 rows: 44 full batches and one of 30
        ("wine", 0.0, 178, 1),
        ("wine", 0.0, 177, 2),
        ("xor", 0.5, 1000, 1),
    ],
)
def test_steps_per_epoch(dataset, fraction, batch_size, steps):
    config = RunConfig(dataset=dataset, validation_fraction=fraction, batch_size=batch_size)

    assert config.steps_per_epoch() == steps


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        (
            {"t_0": 0},
            "t_0",
            "t_0 must be > 0 epochs, because a cycle needs at least one step; got t_0=0",
        ),
        (
            {"momentum": 1.0},
            "momentum",
            "momentum must be < 1, because a velocity that is kept whole never dies down; got momentum=1.0",
        ),
        (
            {"epochs": "ten"},
            "epochs",
            "epochs must be a whole number >= 1 and <= 100000, because training needs at least one pass over "
            "the data; got epochs='ten'",
        ),
        (
            {"eta_max": float("nan")},
            "eta_max",
            "eta_max must be a finite number > 0, because a rate of zero learns nothing; got eta_max=nan",
        ),
        (
            {"nesterov": 1},
            "nesterov",
            "nesterov must be true or false, because it is either on or off; got nesterov=1",
        ),
        (
            {"dataset": "moon"},
            "dataset",
            "dataset must be one of spirals, moons, xor, digits, wine, breast_cancer, mnist, fashion_mnist, cifar10, "
            "cifar100, or the path of a .csv, .tsv, .parquet, .npz file or a folder of images; got dataset='moon'; "
            "did you mean moons?",
        ),
        (
            {"model": "cnn"},
            "model",
            "model='cnn' needs images of shape (height, width, channels), at least 2 x 2, not inputs of shape (2,), "
            "which dataset='spirals' has; it fits digits, mnist, "
            "fashion_mnist, cifar10, cifar100",
        ),
        ({"batchsize": 8}, "batchsize", "batchsize is not a setting of a run; did you mean batch_size?"),
        ({"lr": 0.1}, "lr", "lr is not a setting of a run; did you mean eta_max?"),
        (
            {"warmup": 70.0},
            "warmup",
            "warmup must be < epochs=70, because the first cycle comes after it; got warmup=70.0",
        ),
        (
            {"dataset": "wine", "validation_fraction": 0.01},
            "validation_fraction",
            "validation_fraction must be 0 or hold out at least 3 rows of 'Wine', because each of its classes "
            "needs one; got validation_fraction=0.01, 2 rows",
        ),
        (
            {"devices": 65},
            "devices",
            "devices must be <= 64, because no machine has more; got devices=65",
        ),
        (
            {"batch_size": 10, "devices": 4},
            "batch_size",
            "batch_size must be a multiple of devices=4, because each gets equally many rows; got batch_size=10",
        ),
    ],
)
def test_a_wrong_value_gets_one_sentence(values, field, sentence):
    assert config_errors(values) == {field: sentence}
    with pytest.raises(ConfigError) as caught:
        RunConfig(**values)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"eta_min": 0.2, "eta_max": 0.1}, "eta_max"),
        ({"eta_min": 0.1, "eta_max": 0.1}, "eta_max"),
        ({"restart_warmup": 20.0}, "restart_warmup"),
        ({"schedule": "cosine", "eta_min": 0.5, "eta_max": 0.2}, "eta_max"),
    ],
)
def test_what_a_plan_refuses_is_said_at_its_setting(values, field):
    """The rule joins two settings; the sentence names both and their values."""
    errors = config_errors(values)

    assert list(errors) == [field]
    assert errors[field].startswith(f"{field} must be ")
    assert f"got {field}={values[field]}" in errors[field]


def test_settings_that_the_schedule_does_not_read_may_be_anything_in_their_range():
    """So that one file can be trained with restarts and with each baseline."""
    assert config_errors({"schedule": "constant", "eta_min": 0.5, "restart_warmup": 20.0}) == {}


def test_all_wrong_settings_are_named_at_once():
    errors = config_errors({"epochs": 0, "batch_size": -1, "eta_min": -1.0, "colour": "red"})

    assert list(errors) == ["epochs", "batch_size", "eta_min", "colour"]


@pytest.mark.parametrize("value", [True, "1", None, [1], {}, pytest.param(10**5000, id="huge"), float("inf"), -1])
@pytest.mark.parametrize("name", ["epochs", "t_0", "seed", "momentum"])
def test_no_value_of_the_wrong_kind_slips_through(name, value):
    """A huge value is cut in the message, which stays one line."""
    errors = config_errors({name: value})

    assert list(errors) == [name]
    assert errors[name].startswith(f"{name} must be ")
    assert "\n" not in errors[name]
    assert len(errors[name]) < 250


def test_every_setting_is_fully_described():
    for setting in SETTINGS.values():
        assert setting.title
        assert setting.help.endswith(".")
        assert setting.because
        assert setting.level in ("basic", "more")
        assert setting.group in ("Data and model", "SGD", "Warm restarts", "Repeatability")
    assert SETTINGS["t_0"].symbol == "T0"
    assert SETTINGS["t_0"].unit == "epochs"
    assert SETTINGS["clipnorm"].optional
    assert not SETTINGS["t_0"].read_by("cosine")
    assert SETTINGS["eta_min"].read_by("cosine")


def test_the_presets_can_be_trained_and_end_with_a_cycle():
    for values in PRESETS.values():
        config = RunConfig(**values)
        assert config.plan().landing(config.epochs).complete


def test_numpy_floats_are_taken():
    assert RunConfig(eta_max=np.float64(0.25)).eta_max == 0.25


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "epochs": st.integers(1, 100_000),
            "batch_size": st.integers(1, 65_536),
            "t_0": st.floats(0.001, 1e6),
            "t_mult": st.floats(0.5, 10),
            "eta_max": st.floats(1e-6, 1e6),
            "momentum": st.floats(0, 0.999),
            "nesterov": st.booleans(),
            "weight_decay": st.floats(0, 1),
            "clipnorm": st.none() | st.floats(1e-9, 1e9),
            "cycles": st.none() | st.integers(1, 100),
            "seed": st.integers(0, 2**32 - 1),
            "dataset": st.sampled_from(["spirals", "digits", "wine"]),
            "schedule": st.sampled_from(["sgdr", "cosine", "step", "constant", "1cycle"]),
        },
    )
)
def test_toml_and_json_round_trip(tmp_path_factory, values):
    config = RunConfig(**values)
    path = tmp_path_factory.mktemp("toml") / "run.toml"
    path.write_text(config.to_toml(), encoding="utf-8")

    assert RunConfig.from_toml(path) == config
    assert RunConfig(**json.loads(json.dumps(config.model_dump()))) == config


def test_steps_per_epoch_count_the_rows_that_are_used(tmp_path):
    """Of 11 rows one has no target; 2 of 10 are held out, so 8 rows make 3 batches of 3."""
    path = tmp_path / "mine.csv"
    path.write_text("a,y\n" + "".join(f"{i},{'uv'[i % 2]}\n" for i in range(10)) + "3,\n")

    assert RunConfig(dataset=str(path), batch_size=3).steps_per_epoch() == 3
    assert RunConfig(dataset=str(path), batch_size=3, validation_fraction=0.0).steps_per_epoch() == 4


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"target": "b"}, "target", "target must be one of the columns of mine.csv, a, y; got target='b'"),
        ({"task": "sort"}, "task", "task must be one of auto, classification, regression"),
        ({"image_size": 8}, "image_size", "image_size resizes the images of a folder"),
        ({"model": "cnn"}, "model", "model='cnn' needs images of shape (height, width, channels)"),
        ({"validation_fraction": 0.1}, "validation_fraction", "hold out at least 2 rows of 'mine.csv'"),
        ({"dataset": "digits", "target": "y"}, "target", "and dataset='digits' has none; got target='y'"),
        (
            {"dataset": "digits", "task": "regression"},
            "task",
            "task must be auto or classification for dataset='digits'",
        ),
        ({"dataset": "nothing.csv"}, "dataset", "There is no file or folder "),
        ({"dataset": "a\0b.csv"}, "dataset", "cannot be read: embedded null byte"),
        ({"dataset": ""}, "dataset", "dataset must be one of spirals, "),
        (
            {"dataset": "/etc/passwd"},
            "dataset",
            "dataset must be the path of a .csv, .tsv, .parquet, .npz file or a folder",
        ),
    ],
)
def test_wrong_words_about_data_are_said_at_their_setting(tmp_path, values, field, sentence):
    path = tmp_path / "mine.csv"
    path.write_text("a,y\n" + "".join(f"{i},{'uv'[i % 2]}\n" for i in range(10)))
    errors = config_errors({"dataset": str(path), **values})

    assert list(errors) == [field]
    assert sentence in errors[field]


def test_settings_about_data_say_which_data_reads_them():
    assert SETTINGS["target"].kind == "text"
    assert (SETTINGS["target"].read_for("table"), SETTINGS["target"].read_for("bundled")) == (True, False)
    assert SETTINGS["image_size"].read_for("images")
    assert SETTINGS["epochs"].read_for("bundled")
    assert SETTINGS["dataset"].other == "the path of a .csv, .tsv, .parquet, .npz file or a folder of images"
    assert (SETTINGS["target"].none, SETTINGS["cycles"].none, SETTINGS["clipnorm"].none) == ("found", "no limit", "off")


def test_a_run_that_starts_from_another_is_called_after_it(tmp_path):
    kept = tmp_path / "first" / "snapshots" / "step-000000070.weights.h5"
    kept.parent.mkdir(parents=True)
    kept.touch()
    elsewhere = tmp_path / "step-000000070.weights.h5"
    elsewhere.touch()

    assert RunConfig(start_from=str(kept)).default_name() == "first-from-70"
    assert RunConfig(start_from=str(elsewhere)).default_name() == "spirals-mlp-sgdr"
