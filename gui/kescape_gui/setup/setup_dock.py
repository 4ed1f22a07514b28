"""The left side of the window: the form above, the plan that it makes below."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDockWidget, QFrame, QLabel, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.plan_preview.plan_preview import PlanPreview
from kescape_gui.plan_preview.plan_preview_view import PlanPreviewView
from kescape_gui.setup.setup import Setup
from kescape_gui.setup.setup_view import SetupView


class SetupDock(QDockWidget):
    """Form and plan of the next run."""

    browse_wanted = Signal(str, str)
    """The name of a setting, and whether a file or a folder is looked for."""
    look_wanted = Signal()
    """The user wants to see what was found in the data."""

    def __init__(self, setup: Setup, preview: PlanPreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setupDock")
        self.setWindowTitle(self.tr("Setup of the next run"))
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self._heading = QLabel(self.windowTitle())
        self._heading.setContentsMargins(12, 10, 12, 2)
        self.setTitleBarWidget(self._heading)
        self._form = SetupView(setup)
        self._setup = setup
        self._form.edited.connect(self._on_edited)
        self._form.browse_wanted.connect(self.browse_wanted)
        self._form.look_wanted.connect(self.look_wanted)
        self._plan = PlanPreviewView(preview)
        self._plan.cured.connect(lambda epochs: setup.set("epochs", epochs))
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

    def _on_edited(self, name: str, value: object) -> None:
        if name == "dataset":
            self._setup.choose_data(str(value))
        else:
            self._setup.set(name, value)

    def refresh(self) -> None:
        """Show setup and plan as they are now."""
        self._form.refresh()
        self._plan.refresh()

    def focus(self, name: str) -> None:
        """Go to one field of the form."""
        self._form.focus(name)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        theme.paint_text(self._heading, theme.colours().muted)
        self._form.recolour()
        self._plan.refresh()
