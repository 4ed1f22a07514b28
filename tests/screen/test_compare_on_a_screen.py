"""What is done after training, by a person's hand: two runs are held against each other, on a small screen."""

import shutil

import numpy as np
import pytest

from tests.gui.recorded import record
from tests.screen.screen import NEEDED, opened

MISSING = [program for program in NEEDED if shutil.which(program) is None]
pytestmark = [
    pytest.mark.screen,
    pytest.mark.timeout(200),
    pytest.mark.skipif(bool(MISSING), reason=f"needs a screen: {', '.join(MISSING)} is not installed"),
]

SIZE = (1280, 768)


def test_two_runs_are_compared_on_a_screen_that_is_lower_than_the_window_would_be(tmp_path):
    """Nothing of the window is out of reach; a run is shown by a click, another is drawn along by a key."""
    record(tmp_path / "runs" / "first", outcome="finished")
    record(tmp_path / "runs" / "second", outcome="finished", loss=np.geomspace(2, 0.5, 700))

    def shows(name):
        return lambda facts: facts["run"] == str(tmp_path / "runs" / name)

    with opened(tmp_path, SIZE) as screen:
        screen.wait_for_a_still_window()
        left, top, width, height = screen.facts()["places"]["mainWindow"]
        assert left >= 0
        assert top >= 0
        assert left + width <= SIZE[0]
        assert top + height <= SIZE[1]

        screen.press("ctrl+f", "Down", "Down")
        facts = screen.wait_until(lambda facts: facts["run"] is not None, "a run is in view")
        other = "first" if facts["run"].endswith("second") else "second"
        screen.press("Down")
        screen.wait_until(shows(other), "the next row shows the other run")
        screen.press("space", "Up", "space")
        screen.click("tabs", (0.1, 0.06))
        screen.wait_until(lambda facts: "compareTable" in facts["places"], "the tab shows what is compared")
        words = screen.wait_until(
            lambda facts: facts["texts"].get("compareWords", "").startswith("1 run each"), "one run is no evidence"
        )["texts"]["compareWords"]
        assert words == "1 run each: no spread is known."
    assert (tmp_path / "window.log").read_text() == ""
