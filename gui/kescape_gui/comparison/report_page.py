"""Follows a comparison and reports it: progress above, the plot in the middle, ranking and sentences below."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from kescape.compare.report import Report
from kescape_gui import theme
from kescape_gui.comparison.design import base_words, halving_words, size_words
from kescape_gui.comparison.place_fields import PlaceFields
from kescape_gui.comparison.plot_panel import PlotPanel
from kescape_gui.comparison.ranking import headings, ranking
from kescape_gui.comparison.ranking_view import RankingView
from kescape_gui.comparison.reader import Look
from kescape_gui.comparison.sentences import as_html, as_plain_text
from kescape_gui.comparison.standing import Stage, Standing, counts_words, now_words
from kescape_gui.short_label import ShortLabel

_PROGRESS_HEIGHT = 6


class ReportPage(QWidget):
    """Shows what is known of a comparison. Takes no decisions."""

    stop_wanted = Signal()
    go_on_wanted = Signal(object)
    """Where: a `Where`."""
    export_wanted = Signal()
    run_wanted = Signal(object)
    """The path of the run that the user wants to see."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._said = ""
        self._stands: str | None = None
        self._title = QLabel(name)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        theme.font(self._title, scale=1.15, bold=True)
        self._about = ShortLabel()
        self._about.setObjectName("comparisonAbout")
        self._bar = QProgressBar()
        self._bar.setObjectName("comparisonProgress")
        self._bar.setAccessibleName(self.tr("Epochs that all runs together have trained"))
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(_PROGRESS_HEIGHT)
        self._counts = ShortLabel()
        self._counts.setObjectName("comparisonCounts")
        self._now = ShortLabel()
        self._now.setObjectName("comparisonNow")
        self._problem = QLabel()
        self._problem.setObjectName("comparisonProblem")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._state = ShortLabel()
        self._state.setObjectName("comparisonState")
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._place = PlaceFields()
        self._stop = QPushButton(self.tr("&Stop"))
        self._stop.setObjectName("compareStopButton")
        self._stop.setToolTip(self.tr("End each run after its present step; all can go on later"))
        self._go_on = QPushButton(self.tr("&Go on"))
        self._go_on.setObjectName("compareGoOnButton")
        self._copy = QPushButton(self.tr("&Copy"))
        self._copy.setObjectName("comparisonCopyButton")
        self._export = QPushButton(self.tr("&Export…"))
        self._export.setObjectName("comparisonExportButton")
        self._export.setToolTip(self.tr("Write the report as text or table, or its figure (Ctrl+E)"))
        self._panel = PlotPanel()
        self._ranking = RankingView()
        self._words = QTextBrowser()
        self._words.setObjectName("comparisonWords")
        self._words.setAccessibleName(self.tr("What the comparison has found"))
        self._words.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._words.setOpenLinks(False)
        self._words.document().setDocumentMargin(10)
        self._fill_copy_menu()
        self._lay_out()
        self._stop.clicked.connect(self.stop_wanted)
        self._go_on.clicked.connect(lambda: self.go_on_wanted.emit(self._place.value()))
        self._place.changed.connect(self._show_place)
        self._export.clicked.connect(self.export_wanted)
        self._ranking.run_wanted.connect(self.run_wanted)
        self._show_nothing_yet()
        self.recolour()

    @property
    def report(self) -> Report | None:
        """What is shown; None before the first look."""
        return self._look.report if self._look is not None else None

    def show_look(self, look: Look, standing: Standing) -> None:
        """Show what is known now."""
        is_new = self._look is None or look.report is not self._look.report
        self._look = look
        self._bar.setRange(0, max(1, look.seen.total))
        self._bar.setValue(look.seen.total if standing.stage is Stage.COMPLETE else look.seen.epochs)
        self._counts.setText(counts_words(look.seen))
        self._now.setText(now_words(look))
        self.show_standing(standing)
        if is_new:
            self._show_report(look.report)

    def show_standing(self, standing: Standing) -> None:
        """Show where it stands, and offer what can be done."""
        if standing.words != self._stands:
            # Not else: what was said of an export is to be read.
            self.tell(standing.words)
            self._stands = standing.words
        self._problem.setText(standing.problem)
        self._problem.setVisible(bool(standing.problem))
        self._stop.setVisible(standing.stage in (Stage.STARTING, Stage.WORKING, Stage.STOPPING))
        self._stop.setEnabled(standing.can_stop)
        self._stop.setText(self.tr("Stopping…") if standing.stage is Stage.STOPPING else self.tr("&Stop"))
        again = standing.stage is Stage.COMPLETE
        self._go_on.setText(self.tr("&Try again what failed") if again else self.tr("&Go on"))
        for part in (self._go_on, self._place):
            part.setVisible(standing.can_go_on)
        self._now.setVisible(bool(self._now.text()))
        self._show_place()

    def tell(self, words: str, *, is_problem: bool = False) -> None:
        """Say a sentence, until the comparison stands elsewhere or something else is to be said."""
        now = theme.colours()
        self._state.setText(words)
        theme.paint_text(self._state, now.error if is_problem else now.muted)

    def tell_unreadable(self, why: str) -> None:
        """Say why there is nothing to see, until there is."""
        self.tell(why, is_problem=True)
        self._stands = None

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        for label in (self._about, self._now, self._state):
            theme.paint_text(label, now.muted)
        theme.paint_text(self._problem, now.error)
        self._panel.recolour()
        if self._look is not None:
            self._show_report(self._look.report)

    def _show_report(self, report: Report) -> None:
        comparison = report.comparison
        parts = [size_words(comparison), base_words(comparison.base), halving_words(comparison)]
        self._about.setText(" · ".join(filter(None, parts)))
        for button in (self._copy, self._export):
            button.setEnabled(True)
        # In three turns of the event loop: nobody waits for one.
        self._panel.show_report(report)
        QTimer.singleShot(0, self, self._show_ranking)
        QTimer.singleShot(0, self, lambda: QTimer.singleShot(0, self, self._show_words))

    def _show_ranking(self) -> None:
        if self._look is not None:
            report = self._look.report
            self._ranking.show_ranking(headings(report), ranking(report, self._panel.swatches))

    def _show_words(self) -> None:
        said = as_html(self._look.report, theme.colours()) if self._look is not None else ""
        if said != self._said:
            bar, self._said = self._words.verticalScrollBar(), said
            at = bar.value()
            self._words.setHtml(said)
            bar.setValue(at)

    def _show_nothing_yet(self) -> None:
        self._state.setText(self.tr("Reading the runs…"))
        for button in (self._copy, self._export):
            button.setEnabled(False)
        for part in (self._go_on, self._place, self._stop, self._problem, self._now):
            part.hide()

    def _show_place(self) -> None:
        problem = self._place.problem
        self._go_on.setEnabled(not problem)
        self._go_on.setToolTip(problem or self.tr("Train what is missing; what is there is left as it is"))

    def _fill_copy_menu(self) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("The &sentences"), self._copy_sentences).setObjectName("copySentencesAction")
        menu.addAction(self.tr("The &table"), self._ranking.copy).setObjectName("copyTableAction")
        menu.addAction(self.tr("The &plot as a picture"), self._copy_plot).setObjectName("copyPlotAction")
        self._copy.setMenu(menu)

    def _copy_sentences(self) -> None:
        if self._look is not None:
            QGuiApplication.clipboard().setText(as_plain_text(self._look.report))

    def _copy_plot(self) -> None:
        QGuiApplication.clipboard().setPixmap(self._panel.picture())

    def _lay_out(self) -> None:
        heading = QHBoxLayout()
        heading.setSpacing(12)
        heading.addWidget(self._title)
        heading.addWidget(self._about, 1)
        heading.addWidget(self._copy)
        heading.addWidget(self._export)
        state = QHBoxLayout()
        state.setSpacing(10)
        state.addWidget(self._counts, 3)
        state.addWidget(self._state, 2)
        state.addWidget(self._place)
        state.addWidget(self._go_on)
        state.addWidget(self._stop)
        top = QVBoxLayout()
        top.setContentsMargins(14, 10, 14, 8)
        top.setSpacing(6)
        top.addLayout(heading)
        top.addWidget(self._bar)
        top.addLayout(state)
        top.addWidget(self._now)
        top.addWidget(self._problem)
        below = QSplitter(Qt.Orientation.Horizontal)
        below.addWidget(self._ranking)
        below.addWidget(self._words)
        below.setSizes([720, 440])
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(self._panel)
        whole.addWidget(below)
        whole.setSizes([420, 260])
        for splitter in (below, whole):
            splitter.setChildrenCollapsible(False)
            splitter.setStretchFactor(0, 3)
            splitter.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(whole, 1)
