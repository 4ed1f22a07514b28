"""The public names, and what importing them does not load."""

import subprocess
import sys

import kescape.schedule


def test_the_public_names():
    """Changing this list is changing what users rely on."""
    assert kescape.schedule.__all__ == [
        "Constant",
        "CosineRestarts",
        "CyclePosition",
        "ExponentialRise",
        "FittedCycles",
        "Landing",
        "OneCycle",
        "PlacedPlan",
        "Plan",
        "PlanEdit",
        "StepDecay",
        "fit_cycles",
        "fit_first_cycle",
        "plan_from_dict",
        "single_cosine",
    ]


def test_plans_load_neither_keras_nor_qt():
    """In a process of its own, as this one may have loaded anything."""
    code = (
        "import sys, kescape.schedule; "
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'PySide6', 'pyqtgraph', 'pandas'}; "
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
