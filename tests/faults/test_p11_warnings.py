"""P11: any Qt, Python or log warning fails a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.faults.report import Report

ROOT = Path(__file__).parents[2]

TESTS = """
import logging, warnings
from PySide6.QtCore import qWarning

def test_quiet(qapp):
    logging.getLogger("some").info("nothing to worry about")

def test_python():
    warnings.warn("something is odd", stacklevel=1)

def test_old_python():
    warnings.warn("something will be gone", DeprecationWarning, stacklevel=1)

def test_log():
    logging.getLogger("some.library").warning("something is odd")

def test_qt(qapp):
    qWarning("something is odd")

def test_thrown_away():
    open(__file__)
    import gc
    gc.collect()
"""


def check(folder: Path, full: bool) -> Report:
    """Run tests that warn in each of these ways under the settings of our own tests."""
    report = Report("P11", "tests that warn by Python, by the log, by Qt, and by a file left open")
    file = folder / "test_that_warns.py"
    file.write_text(TESTS, "utf-8")
    own = ("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "-p", "tests.conftest")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *own, str(file)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    passed = sorted(line.split("::")[1] for line in done.stdout.splitlines() if line.startswith("PASSED"))
    report.expect(passed == ["test_quiet"], f"these tests passed: {', '.join(passed)}\n{done.stdout[-500:]}")
    report.tried = f"{TESTS.count('def test_') - 1} tests that warn, and one that does not"
    report.worst = "each warning fails its test"
    return report


def test_warnings(problems):
    assert problems(check) == []
