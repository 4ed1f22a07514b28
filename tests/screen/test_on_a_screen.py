"""A person's hand: mouse and keyboard events of a real X server, from launch to export of a training."""

import shutil
import time

import pytest

from kescape.run.commands import send_command
from kescape.run.reader import open_run
from tests.screen.screen import NEEDED, opened

MISSING = [program for program in NEEDED if shutil.which(program) is None]
pytestmark = [
    pytest.mark.screen,
    pytest.mark.timeout(400),
    pytest.mark.skipif(bool(MISSING), reason=f"needs a screen: {', '.join(MISSING)} is not installed"),
]


def test_a_training_by_mouse_and_keyboard(tmp_path):
    with opened(tmp_path) as screen:
        screen.wait_for_a_still_window()

        # A number is typed over the old one, with a decimal comma.
        screen.click("etaMaxBox", (0.3, 0.5), times=2)
        screen.press("ctrl+a")
        screen.write("0,02")
        screen.click("epochsBox", (0.3, 0.5), times=2)
        screen.press("ctrl+a")
        screen.write("700")
        screen.press("Tab")

        began = time.monotonic()
        screen.press("ctrl+Return")
        facts = screen.wait_until(lambda facts: facts["drawn_steps"] > 0, "a curve moves")
        first_curve = time.monotonic() - began
        with open_run(facts["run"]) as run:
            assert (run.config["eta_max"], run.config["epochs"]) == (0.02, 700)

        # The mouse pans the plots and lets go of the end; double click follows again.
        whole = facts["steps_in_view"]
        screen.drag("lossPlot", (0.7, 0.5), (0.4, 0.5))
        panned = screen.wait_until(lambda facts: not facts["follows"], "the plots let go")
        assert panned["steps_in_view"][0] > whole[0]
        screen.click("lossPlot", times=2)
        screen.wait_until(lambda facts: facts["follows"], "the plots follow again")
        screen.turn_wheel("learningRatePlot", 3)
        near = screen.wait_until(lambda facts: not facts["follows"], "the wheel lets go")["steps_in_view"]
        assert near[1] - near[0] < whole[1] - whole[0]
        screen.press("f")
        screen.wait_until(lambda facts: facts["follows"], "F follows again")

        screen.click("pauseButton")
        screen.wait_until(lambda facts: facts["state"] == "Paused", "the button pauses")
        screen.press("ctrl+shift+p")
        screen.wait_until(lambda facts: facts["state"] == "Running", "the key goes on")

        # Closed while it trains: the question is asked, and the training goes on without the window.
        screen.press("ctrl+q")
        screen.wait_until(lambda facts: "keepTrainingButton" in facts["places"], "it asks before it closes")
        screen.click("keepTrainingButton")
        assert screen.process.wait(30) == 0
    with open_run(facts["run"]) as run:
        before = run.steps
        assert run.status == "running"
        until = time.monotonic() + 30
        while run.steps <= before:
            assert time.monotonic() < until, "the training goes on without its window"
            time.sleep(0.1)
        send_command(run.path, "stop")
        while str(run.status) == "running":
            assert time.monotonic() < until + 30
            time.sleep(0.1)
    complaints = (tmp_path / "window.log").read_text()
    assert complaints == ""
    print(f"Ctrl+Return to a moving curve: {first_curve:.1f} s")
