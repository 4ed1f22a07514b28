"""Shows a range test while it goes on, and lets the user take a rate over."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from kescape.engine.range_request import MOST_STEPS
from kescape.evidence.range_test import LEAST_STEPS
from kescape_gui import icons, theme
from kescape_gui.curves.legend import Entry, Legend
from kescape_gui.range_test.range_plot import RangePlot
from kescape_gui.range_test.rate_search import RateSearch, Stage
from kescape_gui.setup.number_box import IntegerBox, NumberBox
from kescape_gui.setup.numbers import format_number

_LOOK_MILLISECONDS = 40


class RangeTestDialog(QDialog):
    """`rate_chosen` carries the rate to use, `again_wanted` in how many steps the draft is to be tested again."""

    rate_chosen = Signal(float)
    again_wanted = Signal(int)

    def __init__(self, search: RateSearch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._search = search
        self.setObjectName("rangeTestDialog")
        self.setWindowTitle(self.tr("Find learning rate"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._about = QLabel()
        theme.font(self._about, bold=True)
        self._legend = Legend()
        self._plot = RangePlot()
        self._plot.setMinimumHeight(220)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._progress.setRange(0, 1000)
        keeps_room = self._progress.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(keeps_room)
        self._progress.setAccessibleName(self.tr("Progress of the test"))
        self._sign = QLabel()
        self._sign.setFixedWidth(20)
        self._words = _told("rangeTestWords", lines=3)
        self._rules = _told("rangeTestRules", lines=1)
        self._rules.setTextFormat(Qt.TextFormat.RichText)
        self._rules.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._rules.linkActivated.connect(lambda link: self._choose(float(link)))
        self._box = NumberBox(minimum=0, minimum_allowed=False, optional=True)
        self._box.setObjectName("rangeTestBox")
        self._box.setToolTip(self.tr("The rate at the line"))
        self._steps = IntegerBox(minimum=LEAST_STEPS, maximum=MOST_STEPS, step=100)
        self._steps.setObjectName("rangeTestStepsBox")
        self._steps.setToolTip(self.tr("More steps tell more where single batches differ much"))
        self._steps.setValue(search.sweep.steps)
        self._again = QPushButton(self.tr("Test &again"))
        self._again.setObjectName("testAgainButton")
        self._again.setAutoDefault(False)
        self._use = QPushButton(self.tr("&Use as highest rate"))
        self._use.setObjectName("useRateButton")
        self._use.setDefault(True)
        self._close = QPushButton()
        self._close.setObjectName("rangeTestCloseButton")
        self._close.setAutoDefault(False)
        self._lay_out()
        self._plot.chosen.connect(self._choose)
        self._box.edited.connect(self._on_typed)
        self._steps.edited.connect(self._show)
        self._again.clicked.connect(self._on_again)
        self._use.clicked.connect(self._on_used)
        self._close.clicked.connect(self.reject)
        self.finished.connect(search.end)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._is_showing = False
        self.show_new_test()

    def show_new_test(self) -> None:
        """A test has begun."""
        self._about.setText(self._search.about)
        self._timer.start()
        self._show()

    def _lay_out(self) -> None:
        told = QHBoxLayout()
        told.setSpacing(4)
        told.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        told.addWidget(self._words, 1)
        rate, steps = QLabel(self.tr("Highest &rate")), QLabel(self.tr("&Steps"))
        row = QGridLayout()
        row.setHorizontalSpacing(8)
        for column, (label, box) in enumerate(((rate, self._box), (steps, self._steps))):
            label.setBuddy(box)
            box.setAccessibleName(label.text().replace("&", ""))
            box.setFixedWidth(92)
            row.addWidget(label, 0, 3 * column)
            row.addWidget(box, 0, 3 * column + 1)
            row.setColumnMinimumWidth(3 * column + 2, 8)
        row.addWidget(self._again, 0, 5)
        row.setColumnStretch(6, 1)
        row.addWidget(self._use, 0, 7)
        row.addWidget(self._close, 0, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(8)
        heading = QHBoxLayout()
        heading.addWidget(self._about, 1)
        heading.addWidget(self._legend)
        layout.addLayout(heading)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._progress)
        layout.addLayout(told)
        layout.addWidget(self._rules)
        layout.addSpacing(4)
        layout.addLayout(row)
        self.resize(760, 560)
        self._plot.setFocus()

    # What happens.

    def _look(self) -> None:
        if self._search.poll():
            self._show()
        if not self._search.stage.is_active:
            self._timer.stop()

    def _choose(self, rate: float) -> None:
        self._search.choose(rate)
        self._show()

    def _on_typed(self) -> None:
        if self._is_showing:
            return
        typed = self._box.typed()
        if typed is None or (isinstance(typed, int | float) and typed > 0):
            self._search.choose(typed)
        self._show(but_the_box=True)

    def _on_again(self) -> None:
        steps = self._steps.typed()
        if isinstance(steps, int):
            self.again_wanted.emit(steps)

    def _on_used(self) -> None:
        rate = self._search.chosen
        if rate is not None:
            self.accept()
            self.rate_chosen.emit(rate)

    def changeEvent(self, event: QEvent) -> None:
        """A new palette recolours what we paint ourselves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self._plot.recolour()
            self._show()

    # Drawing.

    def _show(self, *, but_the_box: bool = False) -> None:
        search, now = self._search, theme.colours()
        stage, chosen = search.stage, search.chosen
        self._plot.show_test(search.found, self._in_plot(chosen), search.sweep.low, search.sweep.high)
        self._legend.show_entries(
            [
                Entry(self.tr("each batch"), now.loss_raw, 1.0),
                Entry(self.tr("smoothed"), now.loss),
            ]
        )
        busy = stage is Stage.WAITING
        self._progress.setRange(0, 0 if busy else 1000)
        self._progress.setValue(round(1000 * search.share))
        self._progress.setVisible(stage.is_active)
        sure = search.found.suggestion is not None and not search.found.rough
        sign, colour = ("good", now.good) if sure else ("warning", now.warning)
        if stage is Stage.FAILED:
            sign, colour = "error", now.error
        elif stage.is_active:
            sign, colour = "waits", now.muted
        self._sign.setPixmap(icons.pixmap(sign, colour, 15, self.devicePixelRatioF()))
        self._words.setText(search.words)
        theme.paint_text(
            self._words, now.error if stage is Stage.FAILED else now.muted if stage.is_active else now.text
        )
        self._show_rules(now)
        if not but_the_box:
            self._is_showing = True
            self._box.setValue(chosen)
            self._is_showing = False
        typed, steps = self._box.typed(), self._steps.typed()
        self._use.setEnabled(chosen is not None and typed == chosen)
        self._again.setEnabled(not stage.is_active and isinstance(steps, int) and LEAST_STEPS <= steps <= MOST_STEPS)
        self._close.setText(self.tr("Cancel") if stage.is_active else self.tr("Close"))

    def _in_plot(self, rate: float | None) -> float | None:
        sweep = self._search.sweep
        return rate if rate is not None and sweep.low <= rate <= sweep.high else None

    def _show_rules(self, now: theme.Colours) -> None:
        rules = self._search.found.rules
        links = [
            f"<a href='{rule.learning_rate:.2g}' style='color:{now.accent}'>{rule.name}: "
            f"{format_number(float(f'{rule.learning_rate:.2g}'))}</a>"
            for rule in rules
        ]
        words = self.tr("What the rules say: {rules}").format(rules=" &nbsp;·&nbsp; ".join(links))
        self._rules.setText(words if links else "")
        self._rules.setToolTip("\n".join(f"{rule.name}: {rule.how}" for rule in rules))
        theme.paint_text(self._rules, now.muted)


def _told(name: str, *, lines: int) -> QLabel:
    """A label that keeps room for so many lines, so that nothing below it jumps."""
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.setMinimumHeight(lines * label.fontMetrics().lineSpacing() + 2)
    return label
