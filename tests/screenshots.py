"""Makes the pictures of the README: `python -m tests.screenshots [SCENE ...] [--scale 2]`.

Opens the real window offscreen, trains for real, and writes `assets/screenshots/<scene>.png`, light ones and some dark
ones; with `--scale 2` to `<scene>@2x.png`. One scene leads to the next, so all run up to the last that is named.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "screenshots"
SECONDS = 180.0


class Stage:
    """The window, and the photographer's hand."""

    def __init__(self, home: Path, suffix: str) -> None:
        from kescape_gui import theme
        from kescape_gui.main_window import MainWindow
        from PySide6.QtCore import QSettings
        from PySide6.QtWidgets import QApplication

        self._suffix = suffix
        self.home = home
        self.app = QApplication(["kescape"])
        self.app.setStyle("Fusion")
        theme.apply_appearance(self.app, theme.Appearance.LIGHT)
        settings = QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(home / "runs", settings)
        self.window.show()
        # Offscreen, Qt's own screen is lower than the window is meant to be.
        self.window.resize(1300, 800)

    def find(self, name: str) -> Any:
        """A widget of the window or of a dialog, by its name."""
        from PySide6.QtWidgets import QWidget

        found = self.window.findChild(QWidget, name)
        assert found is not None, f"there is no {name}"
        return found

    @property
    def is_plain(self) -> bool:
        """Whether these are the pictures at one pixel a point."""
        return not self._suffix

    def trigger(self, text: str) -> None:
        """Choose the line of the menus that begins so."""
        from kescape_gui.menus import actions_in

        lines = actions_in(self.window.menuBar())
        next(line for line in lines if line.text().replace("&", "").startswith(text)).trigger()

    def compare(self, *paths: Path, wanted: bool = True) -> None:
        """Draw runs along, or not, as their boxes in the list do."""
        from kescape_gui.runs.runs_view import RunsView

        for path in paths:
            self.window.findChild(RunsView).compare_toggled.emit(path, wanted)

    def wait(self, until: Callable[[], object], what: str) -> None:
        """Let the window live until it is so."""
        end = time.monotonic() + SECONDS
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: the window did not get there in {SECONDS:.0f} s")
            self.app.processEvents()
            time.sleep(0.005)

    def grab(self, name: str, widget: Any = None, *, dark: bool = False, settle: float = 0.8) -> None:
        """Take the picture, of the window or of a dialog, after so many seconds, in the dark too if wanted."""
        from kescape_gui import theme

        self._grab(name, widget, settle)
        if dark:
            self.window.set_appearance(theme.Appearance.DARK)
            self._grab(f"{name}-dark", widget, settle)
            self.window.set_appearance(theme.Appearance.LIGHT)

    def _grab(self, name: str, widget: Any, settle: float) -> None:
        moment = time.monotonic() + settle
        self.wait(lambda: time.monotonic() > moment, "the picture has settled")
        FOLDER.mkdir(parents=True, exist_ok=True)
        (widget or self.window).grab().save(str(FOLDER / f"{name}{self._suffix}.png"))

    def train(self, **settings: Any) -> Any:
        """Start a run with these settings, in the form's own words; returns it."""
        for name, value in settings.items():
            self.find(name).setValue(value)
        before = self.window.shown_run
        self.find("startButton").click()
        self.wait(lambda: self.window.shown_run not in (None, before), "Start shows the run")
        return self.window.shown_run

    def wait_for_the_end(self) -> None:
        """Until the run in view has ended."""
        self.wait(lambda: not self.window.state.is_active, "the training ends")
        self.wait(lambda: self.window.engines.training is None, "the engine has tidied up")

    def close(self) -> None:
        """Close the window and wait for its engines."""
        self.wait(lambda: self.window.engines.training is None, "the engine ends")
        self.window.leave()
        self.window.deleteLater()
        self.app.sendPostedEvents()
        self.app.processEvents()
        self.window.engines.wait_for_ended()


def first_start(stage: Stage) -> None:
    """What a new user sees."""
    stage.wait(lambda: stage.window.engines.is_warm, "the engine is warm")
    stage.grab("first-start")


def range_test(stage: Stage) -> None:
    """Find learning rate, for handwritten digits, where it has something to tell."""
    for name, value in {"datasetBox": "digits", "modelBox": "cnn", "batchSizeBox": 32}.items():
        stage.find(name).setValue(value)
    stage.trigger("Find learning rate")
    dialog = stage.find("rangeTestDialog")
    stage.wait(lambda: stage.find("useRateButton").isEnabled(), "a rate is suggested")
    stage.grab("range-test", dialog)
    dialog.close()
    for _ in range(3):
        stage.trigger("Undo")


def training(stage: Stage) -> None:
    """The default, while it trains: in some three seconds it is over."""
    stage.wait(lambda: stage.window.engines.is_warm, "the engine is warm again")
    run = stage.train()
    stage.wait(lambda: run.total_steps > 0 and len(run.curve) > 0.3 * run.total_steps, "a part of it is trained")
    stage.window.show_tab("escapes")
    stage.grab("window", dark=True, settle=0.5)
    stage.wait_for_the_end()


def escapes(stage: Stage) -> None:
    """What its restarts did."""
    stage.window.show_tab("escapes")
    stage.grab("escapes")


def figure(stage: Stage) -> None:
    """The exported figure of that run."""
    from kescape.run.reader import open_run

    if stage.is_plain:
        with open_run(stage.window.shown_run.path) as run:
            run.export(FOLDER / "curves.png")


def export(stage: Stage) -> None:
    """The export dialog."""
    stage.trigger("Export…")
    dialog = stage.find("exportDialog")
    stage.wait(lambda: stage.find("exportFacts").text(), "the preview is there")
    stage.grab("export", dialog)
    dialog.close()


def compare(stage: Stage) -> None:
    """That run with repeats of it, and the control without restarts that is one click away."""
    first = stage.window.shown_run
    stage.trigger("Run again without restarts")
    stage.wait(lambda: stage.window.shown_run is not first, "the control has begun")
    stage.wait_for_the_end()
    control = stage.window.shown_run
    for seed in (2, 3):
        repeat = stage.train(seedBox=seed)
        stage.wait_for_the_end()
        stage.compare(repeat.path)
    stage.compare(first.path)
    stage.window.show_run(control.path)
    stage.window.show_tab("compare")
    stage.grab("compare", dark=True)


def fold(stage: Stage) -> None:
    """The cycles of that run on top of each other."""
    folders = [folder for folder in (stage.home / "runs").iterdir() if folder.name[0] != "."]
    stage.compare(*folders, wanted=False)
    stage.window.show_run(stage.home / "runs" / "spirals-mlp-sgdr")
    stage.find("xAxisBox").setCurrentIndex(3)
    stage.window.show_tab("escapes")
    stage.grab("fold")
    stage.find("xAxisBox").setCurrentIndex(0)


def runs(stage: Stage) -> None:
    """The list with a filter."""
    stage.window.show_tab("runs")
    stage.find("filterEdit").setText("spirals val<2")
    stage.grab("runs")
    stage.find("filterEdit").clear()


def landscape(stage: Stage) -> None:
    """The plane through the minima of that run, and the lines between them."""
    stage.trigger("Landscape of this run")
    window = stage.find("landscapeWindow")
    for kind in ("plane", "lines"):
        stage.find("landscapeKindBox").setValue(kind)
        stage.find("computeButton").click()
        stage.wait(stage.find("landscapeExportButton").isEnabled, f"the {kind} are computed")
        stage.grab(f"landscape-{kind}", window, dark=kind == "plane")
    window.close()


def playground(stage: Stage) -> None:
    """The methods as they come down the valley; and who escapes from the holes of Ackley's funnel, how often."""
    stage.trigger("Playground")
    window = stage.find("playgroundWindow")
    window.resize(1180, 800)
    stage.wait(lambda: window.playground.step >= 60, "they have raced")
    window.play_or_pause()
    stage.grab("playground", window, dark=True)
    stage.find("surfaceBox").setCurrentIndex(stage.find("surfaceBox").findData("ackley"))
    stage.wait(lambda: window.playground.step >= 150, "they have raced")
    window.play_or_pause()
    stage.find("escapeRateButton").click()
    stage.wait(lambda: window.rates, "the starts are counted")
    stage.grab("playground-escapes", window)
    window.close()


def comparison(stage: Stage) -> None:
    """Four schedules with and without momentum, five times each: as it is set up, while it trains, and its report."""
    settings = {"epochsBox": 30, "batchSizeBox": 32, "t0Box": 2.0, "etaMaxBox": 0.1}
    for name, value in settings.items():
        stage.find(name).setValue(value)
    stage.trigger("New comparison")
    window, start = stage.find("comparisonWindow"), stage.find("compareStartButton")
    window.resize(1180, 800)
    for name in ("compareConstantBox", "compareStepBox"):
        stage.find(name).setChecked(True)
    stage.find("momentaEdit").setText("0, 0.9")
    size = stage.find("comparisonSize")
    stage.wait(lambda: size.text().startswith("8 arms") and start.isEnabled(), "it can be started")
    stage.grab("comparison-setup", window)
    start.click()
    stage.wait(lambda: window.report is not None and window.report.ranking[0].n, "some runs have ended")
    stage.find("comparisonModeBox").setValue("epochs")
    stage.grab("comparison-training", window)
    stage.wait(lambda: window.report.is_complete, "all runs have ended")
    stage.find("comparisonModeBox").setValue("anytime")
    state = stage.find("comparisonState")
    stage.wait(lambda: state.text() == "All runs have come to their end.", "the process has ended")
    stage.grab("comparison", window, dark=True)
    stage.find("comparisonModeBox").setValue("cycles")
    stage.grab("comparison-cycles", window)
    window.close()
    for _ in settings:
        stage.trigger("Undo")


def failure(stage: Stage) -> None:
    """A rate that is far too high."""
    stage.train(etaMaxBox=50.0)
    stage.wait_for_the_end()
    stage.grab("failure")
    stage.trigger("Undo")


SCENES = {
    "first-start": first_start,
    "range-test": range_test,
    "window": training,
    "escapes": escapes,
    "curves": figure,
    "export": export,
    "compare": compare,
    "fold": fold,
    "runs": runs,
    "landscape": landscape,
    "playground": playground,
    "comparison": comparison,
    "failure": failure,
}
"""In the order in which they are played."""


def main() -> int:
    """Play the scenes up to the last that is named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of {', '.join(SCENES)}; all without one")
    parser.add_argument("--scale", type=int, default=1, help="pixels a point; 2 writes window@2x.png")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.scenes) - set(SCENES))
    if unknown:
        parser.error(f"SCENE must be one of {', '.join(SCENES)}; got {', '.join(unknown)}")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(arguments.scale)
    with tempfile.TemporaryDirectory() as home:
        os.environ["KESCAPE_HOME"] = home
        stage = Stage(Path(home), "" if arguments.scale == 1 else f"@{arguments.scale}x")
        try:
            for name, scene in SCENES.items():
                scene(stage)
                if arguments.scenes and list(SCENES).index(name) == max(map(list(SCENES).index, arguments.scenes)):
                    break
        finally:
            stage.close()
    print(f"Pictures in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
