"""Trains a comparison in a process of its own: `python -m tests.gui.comparison.trained FOLDER`."""

import subprocess
import sys
from pathlib import Path

from kescape.compare.conduct import Conductor
from kescape.compare.folder import working_on


def train(folder):
    """Until nothing is missing."""
    subprocess.run([sys.executable, "-m", __name__, str(folder)], check=True, timeout=240)


if __name__ == "__main__":
    from tests.compare.here import Here

    path = Path(sys.argv[1])
    with working_on(path):
        Conductor(path, Here()).run()
