"""The app on a real screen, driven by mouse and keyboard: `pytest -m screen`; needs Xvfb and xdotool."""
