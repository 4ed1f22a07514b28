"""A comparison that is trained before a window opens it."""

import subprocess
import sys


def train(folder):
    """Until nothing is missing."""
    arguments = [sys.executable, "-m", "kescape.compare", str(folder), "--workers", "1"]
    subprocess.run(arguments, check=True, timeout=240)
