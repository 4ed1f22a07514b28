"""A fit in a cell of a notebook, in a process of its own: an IPython shell stays for good."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(
    importlib.util.find_spec("IPython") is None, reason="needs IPython, which pip install .[dev] brings"
)
def test_a_fit_is_over_with_its_cell(tmp_path):
    """Interrupted in Keras' own hands, its traceback held: when the cell has ended the run is closed, 8 steps in it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.step_tap.cells", str(tmp_path / "first")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython"), "TF_CPP_MIN_LOG_LEVEL": "2"},
    )

    assert done.returncode == 0, done.stderr
    found, kinds = json.loads(done.stdout.splitlines()[-1])
    assert kinds == ["NoneType", "KeyboardInterrupt", "NoneType", "NoneType", "NoneType"]
    assert found == ["interrupted", 8, 0.5, "KeyboardInterrupt", "finished"]
