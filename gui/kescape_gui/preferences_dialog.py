"""The settings of the app: what is chosen holds at once, as there is nothing in it that cannot be taken back."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from kescape.run.folder import default_runs_folder, expanded, storage_warning
from kescape_gui import theme
from kescape_gui.dialogs import fit_height
from kescape_gui.preferences import Preferences


class PreferencesDialog(QDialog):
    """Shows the preferences; `changed` carries the name of one and its new value.

    Args:
        preferences: What holds now.
        runs: The folder that runs are kept in while this window is open.
        problem: Why the file of the preferences does not count, if it does not.
    """

    changed = Signal(str, object)

    def __init__(
        self, preferences: Preferences, runs: Path, problem: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("preferencesDialog")
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._runs = runs
        self._preferred_runs = preferences.runs_folder
        self._problem = QLabel(problem or "")
        self._problem.setObjectName("preferencesProblem")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setVisible(problem is not None)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(12)
        layout.addWidget(self._problem)
        # Not a form layout, which does not know how high a text becomes that is broken into lines.
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        layout.addLayout(self._grid)
        self._add_choices(preferences)
        self._add_switches(preferences)
        self._add_runs_folder()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.setMinimumWidth(max(104 * self.fontMetrics().averageCharWidth(), layout.totalMinimumSize().width()))
        self.resize(self.minimumWidth(), 0)
        self._show_runs()
        self._recolour()

    def show_appearance(self, appearance: str) -> None:
        """It was chosen elsewhere, in the menu."""
        self._appearance.setCurrentIndex(self._appearance.findData(appearance))

    def tell(self, problem: str) -> None:
        """Say why something could not be kept."""
        self._problem.setText(problem)
        self._problem.show()
        fit_height(self)

    def changeEvent(self, event: QEvent) -> None:
        """With the palette of the app, what is coloured here changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolour()

    def _recolour(self) -> None:
        now = theme.colours()
        theme.paint_text(self._problem, now.error)
        for note in self.findChildren(QLabel, "preferenceNote"):
            theme.paint_text(note, now.muted)

    # Building.

    def _add_row(self, title: str, field: QWidget | QLayout, buddy: QWidget | None, note: QLabel | None = None) -> None:
        row = self._grid.rowCount()
        if buddy is not None:
            label = QLabel(title)
            label.setBuddy(buddy)
            self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if isinstance(field, QLayout):
            self._grid.addLayout(field, row, 1)
        else:
            self._grid.addWidget(field, row, 1)
        if note is not None:
            self._grid.addWidget(note, row + 1, 1)
        self._grid.setRowMinimumHeight(row + 2, 6)

    def _add_choices(self, preferences: Preferences) -> None:
        self._appearance = self._add_choice(
            self.tr("&Appearance"),
            "appearance",
            preferences.appearance,
            {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")},
            self.tr("The colours of the window"),
        )
        self._add_choice(
            self.tr("&Closing while a run trains"),
            "closing",
            preferences.closing,
            {
                "ask": self.tr("Ask what to do"),
                "background": self.tr("Keep training in the background"),
                "stop": self.tr("Stop after the cycle"),
            },
            self.tr("What becomes of the training when the window is closed"),
        )

    def _add_choice(self, title: str, name: str, chosen: str, choices: dict[str, str], tooltip: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(f"{name}Preference")
        for value, words in choices.items():
            box.addItem(words, value)
        box.setCurrentIndex(box.findData(chosen))
        box.setToolTip(tooltip)
        box.currentIndexChanged.connect(lambda: self.changed.emit(name, box.currentData()))
        self._add_row(title, box, box)
        return box

    def _add_switches(self, preferences: Preferences) -> None:
        for name, title, note in (
            (
                "keep_awake",
                self.tr("&Keep the computer awake while a run trains"),
                self.tr("The screen may still turn off. Holds for runs that begin from now on."),
            ),
            ("notify", self.tr("&Tell when a run ends while the window is not in front"), ""),
            (
                "spare_engine",
                self.tr("Keep an &engine ready"),
                self.tr("Start shows its first point at once; it takes some 650 MB of memory meanwhile."),
            ),
        ):
            box = QCheckBox(title)
            box.setObjectName(f"{name}Preference")
            box.setChecked(getattr(preferences, name))
            box.setToolTip(note or title.replace("&", ""))
            box.toggled.connect(lambda on, name=name: self.changed.emit(name, on))
            under = _note(note) if note else None
            if under is not None:
                # Under the words of the box, not under the box itself.
                under.setIndent(box.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth) + 8)
                box.setAccessibleDescription(note)
            self._add_row("", box, None, under)

    def _add_runs_folder(self) -> None:
        self._runs_line = QLineEdit()
        self._runs_line.setObjectName("runsFolderLine")
        self._runs_line.setReadOnly(True)
        browse = QPushButton(self.tr("&Browse…"))
        browse.setObjectName("runsFolderButton")
        browse.setAutoDefault(False)
        browse.setToolTip(self.tr("Choose the folder that runs are kept in"))
        browse.clicked.connect(self._browse)
        self._default = QPushButton(self.tr("&Default"))
        self._default.setObjectName("runsFolderDefaultButton")
        self._default.setAutoDefault(False)
        self._default.setToolTip(self.tr("Keep runs in {path}").format(path=default_runs_folder()))
        self._default.clicked.connect(lambda: self._choose_runs(""))
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self._runs_line, browse, self._default):
            row.addWidget(part)
        self._runs_note = _note("")
        self._add_row(self.tr("&Runs folder"), row, self._runs_line, self._runs_note)

    # The runs folder.

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.tr("Runs folder"), str(self._next_runs()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._choose_runs)
        dialog.open()

    def _choose_runs(self, path: str) -> None:
        self._preferred_runs = path
        self.changed.emit("runs_folder", path)
        self._show_runs()

    def _next_runs(self) -> Path:
        return expanded(self._preferred_runs) if self._preferred_runs else default_runs_folder()

    def _show_runs(self) -> None:
        following = self._next_runs()
        self._runs_line.setText(str(following))
        self._runs_line.setToolTip(str(following))
        self._runs_line.setCursorPosition(0)
        self._default.setEnabled(bool(self._preferred_runs))
        ruling = os.environ.get("KESCAPE_RUNS")
        if ruling:
            words = self.tr("The environment variable KESCAPE_RUNS is set and counts for more: {path}")
        elif following == self._runs:
            words = self.tr("For scripts and the command line, too. Another folder holds from the next start on.")
        else:
            words = self.tr("Holds from the next start on; this window keeps its runs in {path}.")
        words = words.format(path=ruling or self._runs)
        self._runs_note.setText("\n".join(filter(None, (words, storage_warning(following)))))
        fit_height(self)


def _note(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("preferenceNote")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
