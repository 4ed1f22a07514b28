"""Tries the promises small, and says at the end of the tests what was tried and what was lost."""

import time

import pytest
from rich.console import Console

from tests.faults import engines
from tests.faults.report import table

REPORTS = pytest.StashKey()


@pytest.fixture(autouse=True, scope="package")
def _engines():
    """The spare engines of these tests end with them."""
    yield
    engines.dismiss()


@pytest.fixture
def problems(request, tmp_path):
    """Tries a promise small; gives the sentences that say where it was not kept."""

    def try_promise(check):
        began = time.monotonic()
        report = check(tmp_path, full=False)
        report.seconds = round(time.monotonic() - began, 1)
        request.config.stash.setdefault(REPORTS, []).append(report)
        return report.problems

    return try_promise


def pytest_terminal_summary(terminalreporter, config):
    """The table that `python -m tests.faults` prints."""
    if reports := config.stash.get(REPORTS, []):
        terminalreporter.section("promises, tried small")
        Console(file=terminalreporter._tw._file, width=140).print(table(reports))
