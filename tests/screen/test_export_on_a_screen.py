"""The export dialog by keyboard, on a real X server."""

import shutil

import pytest
from PIL import Image

from tests.gui.recorded import record
from tests.screen.screen import NEEDED, opened

MISSING = [program for program in NEEDED if shutil.which(program) is None]
pytestmark = [
    pytest.mark.screen,
    pytest.mark.timeout(400),
    pytest.mark.skipif(bool(MISSING), reason=f"needs a screen: {', '.join(MISSING)} is not installed"),
]


def test_a_figure_and_a_table_are_saved_without_a_mouse(tmp_path):
    """Ctrl+E, the size by its letter, Return, a name without a suffix, Return; then the same for a table."""
    record(tmp_path / "runs" / "first", outcome="finished")

    def save(screen, name, saved):
        screen.press("Return")
        screen.wait_until(lambda facts: "exportFileDialog" in facts["places"], "Return asks where to")
        screen.press("ctrl+a")
        screen.write(str(tmp_path / name))
        screen.press("Return")
        screen.wait_until(lambda facts: f"Saved {saved}" in facts["texts"].get("messageLabel", ""), "it is saved")
        screen.wait_until(lambda facts: "exportDialog" not in facts["places"], "the dialog goes")

    def sees(words):
        return lambda facts: words in facts["texts"].get("exportFacts", "")

    with opened(tmp_path) as screen:
        screen.wait_for_a_still_window()
        screen.press("ctrl+f", "Down", "Down")
        screen.wait_until(lambda facts: facts["run"] == str(tmp_path / "runs" / "first"), "the run is in view")

        screen.press("ctrl+e")
        screen.wait_until(sees("183 × 112 mm"), "a figure is seen")
        screen.press("alt+z")
        screen.wait_until(lambda facts: facts["focus"] == "exportSizeBox", "the size is in reach")
        screen.write("s")
        screen.wait_until(sees("4,000 × 2,250 dots"), "a slide is seen")
        save(screen, "slide", "slide.png")

        screen.press("ctrl+e")
        screen.wait_until(sees("4,000 × 2,250 dots"), "the size is remembered")
        screen.press("Down")
        screen.wait_until(sees("700 rows"), "the next kind are data")
        save(screen, "table", "table.csv")

    with Image.open(tmp_path / "slide.png") as picture:
        assert picture.size == (4000, 2250)
    assert len((tmp_path / "table.csv").read_text("utf-8").splitlines()) == 701
    assert (tmp_path / "window.log").read_text() == ""
