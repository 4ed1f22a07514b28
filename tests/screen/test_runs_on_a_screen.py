"""The list of runs by mouse and keyboard, on a real X server."""

import shutil

import pytest

from tests.gui.recorded import record
from tests.screen.screen import NEEDED, opened

MISSING = [program for program in NEEDED if shutil.which(program) is None]
pytestmark = [
    pytest.mark.screen,
    pytest.mark.timeout(400),
    pytest.mark.skipif(bool(MISSING), reason=f"needs a screen: {', '.join(MISSING)} is not installed"),
]


def test_runs_are_found_renamed_and_thrown_away_without_a_mouse(tmp_path, monkeypatch):
    """What is thrown away is brought back by a key."""
    for place in ("HOME", "XDG_DATA_HOME"):
        # Should the offer end before it is taken, no trash of a person's gets the run.
        monkeypatch.setenv(place, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for name in ("first", "second", "third"):
        record(tmp_path / "runs" / name, epochs=1, outcome="finished")

    def shows(name):
        return lambda facts: facts["run"] == str(tmp_path / "runs" / name)

    with opened(tmp_path) as screen:
        screen.wait_for_a_still_window()
        screen.press("ctrl+f")
        screen.wait_until(lambda facts: facts["focus"] == "filterEdit", "Ctrl+F leads to the filter")
        screen.write("loss<1 second")
        screen.wait_until(lambda facts: facts["texts"]["filterCount"] == "1 of 3 runs", "the filter filters")
        screen.press("Down", "Down")
        screen.wait_until(shows("second"), "the list is in reach, and its row shows the run")

        screen.press("F2")
        screen.wait_until(lambda facts: "lineEdit" in facts["places"], "F2 asks for a name")
        screen.press("ctrl+a")
        screen.write("the second")
        screen.press("Return")
        screen.wait_until(shows("the second"), "the run has its new name and stays in view")

        screen.press("Menu")
        screen.wait_until(lambda facts: "runMenu" in facts["places"], "the menu is in reach")
        screen.press("Escape")
        screen.wait_until(lambda facts: "runMenu" not in facts["places"], "the menu goes")

        screen.press("Delete")
        screen.wait_until(lambda facts: facts["run"] is None, "the run goes without a question")
        assert not (tmp_path / "runs" / "the second").exists()
        screen.press("ctrl+z")
        screen.wait_until(shows("the second"), "Ctrl+Z brings it back")
        assert (tmp_path / "runs" / "the second" / "run.db").exists()

        screen.press("ctrl+f", "Escape")
        screen.wait_until(lambda facts: facts["texts"]["filterCount"] == "3 runs", "Escape clears the filter")
        screen.click("runsTable", (0.4, 0.24))
        screen.wait_until(shows("third"), "a click shows a run")
