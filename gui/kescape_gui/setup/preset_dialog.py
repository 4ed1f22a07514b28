"""Asks under which name the draft is kept as a preset."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.setup.preset_files import name_problem


class PresetDialog(QDialog):
    """`chosen` carries the name. That there is such a preset already is said before it is replaced.

    Args:
        name: What is proposed.
        is_taken: Whether the user has such a preset, as the file system sees it: to some, “A” is “a”.
        built_in: Names that are taken.
    """

    chosen = Signal(str)

    def __init__(
        self, name: str, is_taken: Callable[[str], bool], built_in: Collection[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("presetDialog")
        self.setWindowTitle(self.tr("Save draft as preset"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._is_taken, self._built_in = is_taken, built_in
        asked = QLabel(self.tr("&Name of the preset"))
        self._line = QLineEdit(name)
        self._line.setObjectName("presetNameEdit")
        self._line.setAccessibleName(self.tr("Name of the preset"))
        asked.setBuddy(self._line)
        self._words = QLabel()
        self._words.setObjectName("presetWords")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        # Two lines always: the longest rule needs them.
        self._words.setMinimumHeight(2 * self._words.fontMetrics().lineSpacing() + 2)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._do = QPushButton()
        self._do.setObjectName("presetOkButton")
        buttons.addButton(self._do, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self._do.setDefault(True)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for part in (asked, self._line, self._words, buttons):
            layout.addWidget(part)
        self.setMinimumWidth(440)
        self._line.textChanged.connect(self._judge)
        self._line.selectAll()
        self._judge()

    def _judge(self) -> None:
        now, name = theme.colours(), self._line.text().strip()
        problem = name_problem(name)
        if name in self._built_in:
            problem = self.tr("“{name}” comes with KEscape; choose another name.").format(name=name)
        replaces = problem is None and self._is_taken(name)
        words, colour = "", now.muted
        if problem is not None and name:
            words, colour = problem, now.error
        elif replaces:
            words, colour = self.tr("You have a preset “{name}”; it will be replaced.").format(name=name), now.warning
        self._words.setText(words)
        theme.paint_text(self._words, colour)
        self._do.setText(self.tr("Replace") if replaces else self.tr("Save"))
        self._do.setEnabled(problem is None)

    def _on_accepted(self) -> None:
        self.accept()
        self.chosen.emit(self._line.text().strip())
