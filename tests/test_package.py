"""What a user imports, and what an import must not load."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kescape

CHECKOUT = Path(__file__).resolve().parents[1]


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_every_public_name_can_be_had():
    """`kescape.__all__` is what the documentation promises, and each name loads."""
    assert set(kescape.__all__) == {
        *("SGDR", "sgd_momentum", "RunRecorder", "CosineRestarts", "fit_cycles", "WarmRestarts", "FollowPlan"),
        *(
            "Constant",
            "StepDecay",
            "OneCycle",
            "single_cosine",
            "open_run",
            "list_runs",
            "Run",
            "train",
            "resume",
            "start_from",
            "build_model",
        ),
        *("PlanEdit", "import_run", "load_data", "Preprocessing", "epoch_order", "FigureOptions"),
        *("find_learning_rate", "RangeTest", "loss_barrier", "Barrier", "Escape", "EscapeLedger"),
        *("CycleEarlyStopping", "EscapeController", "find_escape_rate", "EscapeRates"),
        *("Ensemble", "Snapshots", "loss_landscape", "Landscape"),
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
            "import kescape.schedule, kescape.run.reader, kescape.config, kescape.data, kescape.models.catalogue, "
            "kescape.evidence.range_test, kescape.landscape.figure, kescape.landscape.launch",
            {"keras", "tensorflow", "PySide6", "matplotlib", "polars", "sklearn"},
        ),
        (
            "import kescape.cli.main, kescape.evidence.bench.problems, kescape.evidence.bench.report",
            {"keras", "tensorflow", "PySide6", "matplotlib", "polars", "sklearn"},
        ),
        ("import kescape_gui.app, kescape_gui.main_window", {"keras", "tensorflow", "jax", "torch"}),
        ("import kescape.callbacks.sgdr, kescape.callbacks.run_recorder, kescape.optimizers", {"PySide6"}),
    ],
)
def test_an_import_loads_only_what_it_needs(statement, never):
    assert modules_after(statement) & never == set()


def test_the_wheel_holds_both_packages_and_the_apps_icon(tmp_path):
    """Unpacked elsewhere, the app finds its icon beside itself; from this checkout, in `assets/`."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("kescape-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "unpacked")
        (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
        scripts = archive.read(entry_points).decode()
    assert {name.partition("/")[0] for name in names if not name.startswith("kescape-")} == {"kescape", "kescape_gui"}
    assert {"kescape/py.typed", "kescape_gui/py.typed"} <= set(names)
    shared = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    assert shared == {
        "share/applications/kescape.desktop",
        "share/metainfo/io.github.kescape.metainfo.xml",
        "share/icons/hicolor/scalable/apps/kescape.svg",
    }
    assert "kescape = kescape.cli.main:main" in scripts
    assert "kescape-app = kescape_gui.app:main" in scripts

    def icon(folder):
        code = "import kescape_gui.icons as icons; print(icons.asset('icons/kescape.svg'))"
        # The folder comes first on the path, before the editable install.
        run = f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"
        done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True, cwd=tmp_path)
        return Path(done.stdout.strip())

    assert icon(tmp_path / "unpacked") == tmp_path / "unpacked/kescape_gui/assets/icons/kescape.svg"
    assert icon(CHECKOUT / "gui") == CHECKOUT / "assets/icons/kescape.svg"
