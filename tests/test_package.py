"""What a user imports, and what an import must not load."""

import subprocess
import sys

import pytest

import kescape


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_every_public_name_can_be_had():
    """`kescape.__all__` is what the documentation promises, and each name loads."""
    assert set(kescape.__all__) == {
        *("SGDR", "sgd_momentum", "RunRecorder", "CosineRestarts", "fit_cycles", "WarmRestarts", "FollowPlan"),
        *("Constant", "StepDecay", "OneCycle", "single_cosine", "open_run", "list_runs", "Run", "train"),
    }
    for name in kescape.__all__:
        assert getattr(kescape, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'sgrd'"):
        _ = kescape.sgrd


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        ("import kescape", {"keras", "tensorflow", "numpy", "PySide6"}),
        ("import kescape; kescape.CosineRestarts; kescape.open_run", {"keras", "tensorflow", "PySide6"}),
        (
            "import kescape.schedule, kescape.run.reader, kescape.config, kescape.data, kescape.models.catalogue",
            {"keras", "tensorflow", "PySide6", "matplotlib", "polars", "sklearn"},
        ),
        ("import kescape_gui.app, kescape_gui.main_window", {"keras", "tensorflow", "jax", "torch"}),
        ("import kescape.callbacks.sgdr, kescape.callbacks.run_recorder, kescape.optimizers", {"PySide6"}),
    ],
)
def test_an_import_loads_only_what_it_needs(statement, never):
    assert modules_after(statement) & never == set()
