"""The left side of the window: the form above, the plan that it makes below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kescape.config import SETTINGS
from kescape_gui import theme
from kescape_gui.plan_preview.plan_preview import PlanPreview
from kescape_gui.plan_preview.plan_preview_view import PlanPreviewView
from kescape_gui.setup.edits import Edits
from kescape_gui.setup.run_chip import RunChip
from kescape_gui.setup.setup_view import SetupView


class SetupDock(QDockWidget):
    """Form and plan of the next run."""

    browse_wanted = Signal(str, str)
    """The name of a setting, and whether a file or a folder is looked for."""
    look_wanted = Signal()
    """The user wants to see what was found in the data."""
    model_look_wanted = Signal()
    """The user wants to see what is known of the model."""

    def __init__(self, edits: Edits, preview: PlanPreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setupDock")
        self.setWindowTitle(self.tr("Setup of the next run"))
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self._edits = edits
        self._heading = QLabel(self.windowTitle())
        self._chip = RunChip(edits)
        head = QWidget()
        head_layout = QHBoxLayout(head)
        head_layout.setContentsMargins(12, 6, 8, 0)
        head_layout.setSpacing(6)
        head_layout.addWidget(self._heading)
        head_layout.addWidget(self._chip, 1)
        self.setTitleBarWidget(head)
        self._form = SetupView(edits.setup)
        self._form.edited.connect(self._on_edited)
        self._form.left.connect(edits.close_step)
        self._form.default_wanted.connect(self._reset)
        self._form.browse_wanted.connect(self.browse_wanted)
        self._form.look_wanted.connect(self.look_wanted)
        self._form.model_look_wanted.connect(self.model_look_wanted)
        edits.went.connect(self._form.bring_up)
        self._plan = PlanPreviewView(preview)
        self._plan.cured.connect(lambda epochs: edits.set_many({"epochs": epochs}, self.tr("A better end")))
        self._plan.moved.connect(self._on_moved)
        self._plan.let_go.connect(edits.close_step)
        self._plan.fitted.connect(lambda values: edits.set_many(values, self.tr("Fit to")))
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Plain)
        line.setForegroundRole(QPalette.ColorRole.Mid)
        side = QWidget()
        # In letters, so that a larger font of the system has its room.
        side.setMinimumWidth(50 * self.fontMetrics().averageCharWidth())
        side.setMaximumWidth(57 * self.fontMetrics().averageCharWidth())
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._form, 1)
        layout.addWidget(line)
        layout.addWidget(self._plan)
        self.setWidget(side)

    @property
    def looks(self) -> dict[str, bool]:
        """How it looks, to be the same at the next start."""
        return {"unfolded": self._form.is_unfolded, "log_plan": self._plan.is_log}

    def take_looks(self, looks: Mapping[str, bool]) -> None:
        """Look as it did."""
        self._form.unfold(looks.get("unfolded", False))
        self._plan.show_log(looks.get("log_plan", False))

    def refresh(self) -> None:
        """Show setup and plan as they are now."""
        self._form.refresh()
        self._plan.refresh()
        self._chip.refresh()

    def show_run(self, name: str | None, config: Mapping[str, Any], *, trains: bool = False) -> None:
        """Say which run is in view, as long as its settings are others than the draft's; None: none is."""
        self._chip.show_run(name, config, trains=trains)

    def show_speed(self, steps_per_second: float | None) -> None:
        """Say how long the training takes, at the speed of an earlier run with the same data, model and batch size."""
        self._plan.show_speed(steps_per_second)

    def focus(self, name: str) -> None:
        """Go to one field of the form."""
        self._form.focus(name)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._heading, theme.colours().muted)
        self._form.recolour()
        self._plan.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little height, the form needs it more than the picture."""
        super().resizeEvent(event)
        self._plan.fit_into(self.height())

    def _on_edited(self, name: str, value: object) -> None:
        setting = SETTINGS[name]
        if name == "dataset":
            self._edits.choose_data(str(value))
        elif setting.kind in ("bool", "choice"):
            self._edits.set_many({name: value}, self.tr(setting.title))
        else:
            self._edits.type(name, value)

    def _on_moved(self, name: str, value: object) -> None:
        self._edits.set_many({name: value}, self.tr(SETTINGS[name].title), merge=f"drag {name}")

    def _reset(self, name: str) -> None:
        setting = SETTINGS[name]
        if name == "dataset":
            self._edits.choose_data(setting.default)
        else:
            self._edits.set_many({name: setting.default}, self.tr(setting.title))
