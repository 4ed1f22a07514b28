"""The settings in which a run and the draft differ, side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from kescape_gui import theme
from kescape_gui.rows import Column, Row, RowsModel, RowsView
from kescape_gui.setup.taken_values import Difference, dropped_words


class DifferencesDialog(QDialog):
    """`use_wanted` asks that the draft becomes as the run was.

    Args:
        name: Of the run.
        found: What is different, first of the run, second of the draft.
        dropped: Settings of the run that this version does not know.
    """

    use_wanted = Signal()

    def __init__(self, name: str, found: list[Difference], dropped: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("differencesDialog")
        self.setWindowTitle(self.tr("Settings of {name}").format(name=name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        told = QLabel(
            self.tr("“{name}” was started with these; the form has others for the next run.").format(name=name)
        )
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setWordWrap(True)
        headings = (Column(self.tr("Setting")), Column(self.tr("This run")), Column(self.tr("The form")))
        model = RowsModel(headings, self)
        model.show_rows([Row(each.name, (each.title, each.first, each.second)) for each in found])
        letter = self.fontMetrics().averageCharWidth()
        table = RowsView(model, (20 * letter, 24 * letter, 24 * letter))
        table.setObjectName("differencesTable")
        table.setAccessibleName(self.tr("Settings that differ"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        use = QPushButton(self.tr("Use the settings of the run"))
        use.setObjectName("useSettingsButton")
        use.setAutoDefault(False)
        buttons.addButton(use, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(told)
        layout.addWidget(table, 1)
        left_out = dropped_words(dropped)
        if left_out:
            note = QLabel(left_out)
            note.setWordWrap(True)
            note.setTextFormat(Qt.TextFormat.PlainText)
            theme.paint_text(note, theme.colours().muted)
            layout.addWidget(note)
        layout.addWidget(buttons)
        self.resize(74 * letter, 16 * self.fontMetrics().lineSpacing() + 60)

    def _on_accepted(self) -> None:
        self.accept()
        self.use_wanted.emit()
