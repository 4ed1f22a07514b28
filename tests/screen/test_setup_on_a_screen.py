"""The setup by a person's hand: typed, dragged, undone, and there again after the window was killed."""

import shutil
import time

import pytest
from kescape_gui.setup.draft_file import draft_path, read_draft

from tests.screen.screen import NEEDED, opened

MISSING = [program for program in NEEDED if shutil.which(program) is None]
pytestmark = [
    pytest.mark.screen,
    pytest.mark.timeout(200),
    pytest.mark.skipif(bool(MISSING), reason=f"needs a screen: {', '.join(MISSING)} is not installed"),
]


def landing(words):
    return lambda facts: facts["texts"]["landingLabel"].startswith(words)


def test_a_draft_by_mouse_and_keyboard(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for home in (first, second):
        home.mkdir()
    with opened(first) as screen:
        screen.wait_for_a_still_window()
        assert landing("3 cycles of 10, 20, 40 epochs")(screen.facts())

        # The end of the first cycle is dragged to the left edge: one epoch, and six cycles to 63.
        screen.drag("t_0Handle", (0.5, 0.5), (-1.4, 0.5))
        screen.wait_until(landing("Epoch 70 is 10 % into cycle 7"), "the handle follows the mouse")
        screen.press("ctrl+z")
        screen.wait_until(landing("3 cycles of 10, 20, 40 epochs"), "a drag is undone in one step")

        # With the cursor in a field the form is undone, not the line.
        screen.click("epochsBox", (0.3, 0.5))
        screen.press("ctrl+a")
        screen.write("30")
        screen.wait_until(landing("2 cycles of 10, 20 epochs"), "a number is typed")
        screen.press("ctrl+z")
        screen.wait_until(landing("3 cycles of 10, 20, 40 epochs"), "what was typed is undone in one step")
        screen.press("ctrl+y")
        screen.wait_until(landing("2 cycles of 10, 20 epochs"), "and done again")

        # A handle by keys.
        screen.click("eta_maxHandle")
        screen.press("Up", "Up")
        until = time.monotonic() + 20
        while read_draft(draft_path()).values.get("eta_max") != 0.08:
            assert time.monotonic() < until, "0.05, 0.06, 0.08"
            time.sleep(0.1)
        screen.process.kill()
        screen.process.wait()
    assert (first / "window.log").read_text() == ""

    with opened(second) as screen:
        screen.wait_for_a_still_window()
        screen.wait_until(landing("2 cycles of 10, 20 epochs"), "the draft is there again")
        screen.press("ctrl+q")
        assert screen.process.wait(30) == 0
    assert (second / "window.log").read_text() == ""
