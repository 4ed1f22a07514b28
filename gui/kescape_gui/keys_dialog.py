"""The sheet of keys: all that the window knows, in groups, beside each other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QScrollArea,
    QStyle,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from kescape_gui import theme
from kescape_gui.keys import (
    KeyGroup,
    KeyLine,
    comparison_keys,
    menu_group,
    mouse_gestures,
    playground_keys,
    plot_keys,
    room_group,
)
from kescape_gui.menus import actions_in

_COLUMNS = (3, 2, 1)
"""How many stand beside each other, the first number that the screen has room for."""


def key_groups(window: QMainWindow) -> list[KeyGroup]:
    """What the menus of a window, its rooms and its plots know."""
    groups = [
        menu_group(menu.title(), [(action.text(), _keys(action)) for action in actions_in(menu)])
        for action in window.menuBar().actions()
        if isinstance(menu := action.menu(), QMenu)
    ]
    groups += [room_group(name, _of_a_room(room)) for name, room in _rooms(window)]
    groups = [group for group in groups if group.lines]
    return [*groups, plot_keys(), mouse_gestures(), comparison_keys(), playground_keys()]


def _rooms(window: QMainWindow) -> list[tuple[str, QTableView]]:
    """The lists of a window that have keys of their own, by name."""
    return [(table.accessibleName(), table) for table in window.findChildren(QTableView) if _of_a_room(table)]


def _of_a_room(table: QTableView) -> list[tuple[str, tuple[str, ...]]]:
    """What can be done in a list, and in what it is part of, by keys that hold there alone."""
    actions = list(table.actions())
    around = table.parentWidget()
    while around is not None and not around.isWindow():
        actions += [
            action
            for action in around.actions()
            if action.shortcutContext() is Qt.ShortcutContext.WidgetWithChildrenShortcut
        ]
        around = around.parentWidget()
    return [(action.text(), _keys(action)) for action in actions if action.shortcuts()]


def _keys(action: QAction) -> tuple[str, ...]:
    return tuple(keys.toString(QKeySequence.SequenceFormat.PortableText) for keys in action.shortcuts())


class KeysDialog(QDialog):
    """Shows groups of keys."""

    def __init__(self, groups: list[KeyGroup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keysDialog")
        self.setWindowTitle(self.tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        # As large as what is in it, as far as the screen has room; rather low and wide than long.
        room = self.screen().availableSize() - QSize(80, 160)
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        for columns in _COLUMNS:
            sheet = self._sheet(groups, columns)
            area.setWidget(sheet)
            wanted = sheet.sizeHint() + QSize(bar, bar)
            if wanted.width() <= room.width():
                break
        area.setMinimumSize(wanted.boundedTo(room))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.setContentsMargins(20, 4, 20, 14)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        self._recolour()

    def changeEvent(self, event: QEvent) -> None:
        """With the palette of the app, what is coloured here changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolour()

    def _recolour(self) -> None:
        for label in self.findChildren(QLabel, "keyNames"):
            theme.paint_text(label, theme.colours().accent)

    def _sheet(self, groups: list[KeyGroup], columns: int) -> QWidget:
        sheet = QWidget()
        row = QHBoxLayout(sheet)
        row.setContentsMargins(20, 16, 20, 8)
        row.setSpacing(36)
        for part in _shared_out(groups, columns):
            column = QVBoxLayout()
            column.setSpacing(18)
            for group in part:
                column.addLayout(self._group(group))
            column.addStretch(1)
            row.addLayout(column)
        return sheet

    def _group(self, group: KeyGroup) -> QVBoxLayout:
        title = QLabel(group.title)
        theme.font(title, bold=True)
        lines = QGridLayout()
        lines.setHorizontalSpacing(16)
        lines.setVerticalSpacing(4)
        lines.setColumnStretch(1, 1)
        for row, line in enumerate(group.lines):
            keys = QLabel(_native(line))
            keys.setObjectName("keyNames")
            keys.setMinimumWidth(self.fontMetrics().horizontalAdvance("Ctrl+Shift+P") + 24)
            does = QLabel(line.does)
            does.setTextFormat(Qt.TextFormat.PlainText)
            lines.addWidget(keys, row, 0, Qt.AlignmentFlag.AlignTop)
            lines.addWidget(does, row, 1, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(title)
        column.addLayout(lines)
        return column


def _native(line: KeyLine) -> str:
    """The keys as this system writes them, e.g. ⌘E; combinations under each other, which need more room."""
    native = QKeySequence.SequenceFormat.NativeText
    apart = "\n" if any("+" in key[1:] for key in line.keys) else "   "
    return apart.join(QKeySequence(key).toString(native) or key for key in line.keys)


def _shared_out(groups: list[KeyGroup], columns: int) -> list[list[KeyGroup]]:
    """Groups in their order, so that the columns are about as long as each other."""
    lengths = [len(group.lines) + 2 for group in groups]
    parts: list[list[KeyGroup]] = [[]]
    so_far, full = 0, sum(lengths) / columns
    for group, length in zip(groups, lengths, strict=True):
        if parts[-1] and so_far + length / 2 > full * len(parts) and len(parts) < columns:
            parts.append([])
        parts[-1].append(group)
        so_far += length
    return parts
