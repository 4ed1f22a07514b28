"""Asks what of a run is to be exported, and shows what that looks like before it is saved or copied."""

from __future__ import annotations

import dataclasses
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QShowEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from kescape.run.errors import RunError
from kescape.run.export.options import SIZES
from kescape_gui import theme
from kescape_gui.export.export import with_suffix
from kescape_gui.export.job import AS_WINDOW, KINDS, Choices, Job
from kescape_gui.export.preview import Preview
from kescape_gui.export.preview_view import PreviewView, size_words
from kescape_gui.export.previewer import Previewer, Seen, Wanted
from kescape_gui.setup.choice_box import ChoiceBox

_SETTLED_MILLISECONDS = 120
"""A window that is being resized is drawn for once it rests."""
_LIVE_MILLISECONDS = 5000
"""So often the preview of a run that trains is renewed."""
_REST = 10
"""And so many times as long as a preview takes, none is made."""
_MESSAGE_MILLISECONDS = 8000
_CHOICES_WIDTH = 268


class ExportDialog(QDialog):
    """The choices to the left, what they give to the right.

    Args:
        run: The run's folder.
        settings: Where choices and folders are remembered.
        visible: The first and the last step that the window shows; None where it shows no step of this run.
    """

    save_wanted = Signal(object, object)
    """A `Job`, and the path that it is to be written to."""

    def __init__(
        self, run: Path, settings: QSettings, visible: tuple[int, int] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("exportDialog")
        self.setWindowTitle(self.tr("Export {name}").format(name=run.name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._run, self._settings, self._visible = run, settings, visible
        self._asked = time.monotonic()
        names = [field.name for field in dataclasses.fields(Choices)]
        self._choices = Choices.recalled({name: settings.value(f"export/{name}") for name in names})
        if visible is None:
            self._choices = dataclasses.replace(self._choices, in_view=False)
        self._previewer = Previewer(self)
        self._previewer.made.connect(self._on_made)
        self._previewer.copied.connect(self._on_copied)
        self._preview = PreviewView()
        self._settled = self._timer(_SETTLED_MILLISECONDS, self._renew)
        self._renewal = self._timer(_LIVE_MILLISECONDS, self._renew)
        self._forgetting = self._timer(_MESSAGE_MILLISECONDS, lambda: self._say(""))
        self._preview.resized.connect(self._settled.start)
        self._build_choices()
        self._build_buttons()
        self._lay_out()
        self._preview.say(self.tr("Drawing…"))
        self._take_choices()

    @property
    def job(self) -> Job:
        """What is chosen."""
        return self._choices.job(str(self._run), self._visible, dark=theme.colours().dark)

    # Building.

    def _timer(self, milliseconds: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    def _build_choices(self) -> None:
        kinds = {
            "figure": (self.tr("Figure"), self.tr("Loss above learning rate, for papers, slides and posters.")),
            "data": (self.tr("Data"), self.tr("The numbers as they were recorded, for sheets and other programs.")),
            "script": (self.tr("Script"), self.tr("Python that trains this run again, with KEscape's public names.")),
            "zip": (self.tr("Everything"), self.tr("One file to hand on; “Import a log” makes a run of it again.")),
            "tensorboard": (self.tr("TensorBoard"), self.tr("A folder that “tensorboard --logdir” opens.")),
        }
        self._words = {kind: words for kind, (_, words) in kinds.items()}
        self._kinds = QListWidget()
        self._kinds.setObjectName("exportWhatList")
        self._kinds.setAccessibleName(self.tr("What to export"))
        self._kinds.addItems([title for title, _ in kinds.values()])
        line = self.fontMetrics().height() + 10
        for row, (_, words) in enumerate(kinds.values()):
            self._kinds.item(row).setToolTip(words)
            self._kinds.item(row).setSizeHint(QSize(0, line))
        self._kinds.setCurrentRow(list(KINDS).index(self._choices.kind))
        self._kinds.setFixedHeight(len(KINDS) * line + 2 * self._kinds.frameWidth())
        self._kinds.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._kinds.currentRowChanged.connect(lambda row: self._choose(kind=list(KINDS)[row]))
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        self._formats = self._box("exportFormatBox", {}, self.tr("How the file is written"))
        sizes = {
            "column": self.tr("Column, {width:g} mm"),
            "page": self.tr("Page, {width:g} mm"),
            "slide": self.tr("Slide, 16:9"),
            "poster": self.tr("Poster, {width:g} mm"),
        }
        sizes = {name: words.format(width=SIZES[name].width_mm) for name, words in sizes.items()}
        self._sizes = self._box("exportSizeBox", sizes, self.tr("How large it is; text and lines fit each size"))
        themes = {
            AS_WINDOW: self.tr("As the window"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
            "grey": self.tr("Grey, for print"),
        }
        self._themes = self._box("exportThemeBox", themes, self.tr("Its colours"))
        self._dpi = QSpinBox()
        self._dpi.setObjectName("exportDpiBox")
        self._dpi.setRange(50, 1200)
        self._dpi.setSingleStep(50)
        self._dpi.setKeyboardTracking(False)
        self._dpi.setToolTip(self.tr("How fine the picture is: 300 for print, 150 for a screen; from 50 to 1200"))
        self._dpi.setValue(self._choices.dpi)
        self._dpi.valueChanged.connect(lambda dpi: self._choose(dpi=dpi))
        levels = {
            "step": self.tr("One for each step"),
            "epoch": self.tr("One for each epoch"),
            "restart": self.tr("One for each restart"),
        }
        self._levels = self._box("exportLevelBox", levels, self.tr("What a row of the table stands for"))
        in_view = self.tr("Only what is in view")
        if self._visible is not None:
            first, last = self._visible
            in_view = self.tr("In view: {first} to {last}").format(first=f"{first:,}", last=f"{last:,}")
        parts = {"all": self.tr("All"), "in view": in_view}
        self._parts = self._box("exportPartBox", parts, self.tr("Which steps of the run"))
        if self._visible is None:
            model = self._parts.model()
            assert isinstance(model, QStandardItemModel), "a combo box has one of its own"
            model.item(1).setEnabled(False)
        self._sizes.setValue(self._choices.size)
        self._themes.setValue(self._choices.theme)
        self._levels.setValue(self._choices.level)
        self._parts.setValue("in view" if self._choices.in_view else "all")
        self._formats.valueChanged.connect(self._choose_format)
        self._sizes.valueChanged.connect(lambda size: self._choose(size=size))
        self._themes.valueChanged.connect(lambda name: self._choose(theme=name))
        self._levels.valueChanged.connect(lambda level: self._choose(level=level))
        self._parts.valueChanged.connect(lambda part: self._choose(in_view=part == "in view"))

    def _box(self, name: str, choices: dict[str, str], tip: str) -> ChoiceBox:
        box = ChoiceBox(choices)
        box.setObjectName(name)
        box.setToolTip(tip)
        return box

    def _build_buttons(self) -> None:
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._buttons.rejected.connect(self.reject)
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        self._save = QPushButton(self.tr("&Save as…"))
        self._save.setObjectName("exportSaveButton")
        self._save.clicked.connect(lambda: self._ask_where())
        self._copy = QPushButton(self.tr("&Copy"))
        self._copy.setObjectName("exportCopyButton")
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(self._ask_copy)
        self._buttons.addButton(self._save, QDialogButtonBox.ButtonRole.ActionRole)
        self._buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        # Once it is in the box: of a default button that comes later, the box forgets to go on to the one before.
        self._save.setDefault(True)
        self._facts = QLabel()
        self._facts.setObjectName("exportFacts")
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._message = QLabel()
        self._message.setObjectName("exportMessage")
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)

    def _lay_out(self) -> None:
        self._form = form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        rows = (
            (self.tr("&Format"), self._formats),
            (self.tr("Si&ze"), self._sizes),
            (self.tr("&Theme"), self._themes),
            (self.tr("&Dots an inch"), self._dpi),
            (self.tr("&Rows"), self._levels),
            (self.tr("Ste&ps"), self._parts),
        )
        for title, box in rows:
            form.addRow(title, box)
            box.setAccessibleName(title.replace("&", ""))
        # The boxes stay where they are, whichever of them are there.
        labels = [form.labelForField(box) for _, box in rows]
        widest = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(widest)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(self._kinds)
        left.addWidget(self._hint)
        left.addLayout(form)
        left.addStretch(1)
        choices = QWidget()
        choices.setLayout(left)
        choices.setFixedWidth(_CHOICES_WIDTH)
        left.setContentsMargins(0, 0, 0, 0)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._preview, 1)
        right.addWidget(self._facts)
        both = QHBoxLayout()
        both.setSpacing(18)
        both.addWidget(choices)
        both.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.setSpacing(18)
        foot.addWidget(self._message, 1)
        foot.addWidget(self._buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(14)
        layout.addLayout(both, 1)
        layout.addLayout(foot)
        order = [self._kinds, *(box for _, box in rows), *self._preview.focusable]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)
        self.setMinimumSize(760, 480)
        self.resize(1020, 620)

    # What is chosen.

    def _choose(self, **changed: object) -> None:
        self._choices = dataclasses.replace(self._choices, **changed)  # type: ignore[arg-type]
        for name, value in self._choices.remembered().items():
            self._settings.setValue(f"export/{name}", value)
        self._take_choices()

    def _choose_format(self, name: str) -> None:
        if name is not None:
            self._choose(**{self._choices.kind: name})

    def _take_choices(self) -> None:
        """Offer what can be chosen for the format, and have it shown."""
        kind, takes = self._choices.kind, self._choices.takes
        self._show_formats(KINDS[kind])
        self._hint.setText(self._words[kind])
        for box, names in (
            (self._sizes, {"size"}),
            (self._themes, {"theme"}),
            (self._dpi, {"dpi"}),
            (self._levels, {"level"}),
            (self._parts, {"steps"}),
        ):
            self._form.setRowVisible(box, bool(names & set(takes)))
        self._form.setRowVisible(self._formats, len(KINDS[kind]) > 1)
        copies = kind not in ("zip", "tensorboard")
        self._copy.setEnabled(copies)
        self._copy.setToolTip(
            (self.tr("The picture onto the clipboard") if kind == "figure" else self.tr("The text onto the clipboard"))
            if copies
            else self.tr("Files cannot be copied from here: save them")
        )
        self._recolour()
        self._renew()

    def _show_formats(self, names: tuple[str, ...]) -> None:
        if [self._formats.itemData(row) for row in range(self._formats.count())] != list(names):
            self._formats.blockSignals(True)
            self._formats.clear()
            for name in names:
                self._formats.addItem(self._format_words(name), name)
            self._formats.blockSignals(False)
        self._formats.blockSignals(True)
        self._formats.setValue(self._choices.format)
        self._formats.blockSignals(False)

    def _format_words(self, name: str) -> str:
        words = {
            "png": self.tr("PNG, a picture"),
            "svg": self.tr("SVG, for the web"),
            "pdf": self.tr("PDF, for LaTeX"),
            "csv": self.tr("CSV, for sheets"),
            "parquet": self.tr("Parquet, for frames"),
            "npz": self.tr("NPZ, for NumPy"),
            "json": self.tr("JSON, with settings"),
        }
        return words.get(name, name)

    # The preview.

    def _renew(self) -> None:
        self._asked = time.monotonic()
        self._previewer.want(self.job, self._preview.width_for(self.job))

    def _on_made(self, wanted: Wanted, answer: Seen | RunError) -> None:
        if wanted.job != self.job:
            self._renew()
            return
        if isinstance(answer, RunError):
            self._preview.say(str(answer))
            self._facts.setText("")
        else:
            self._preview.show_seen(answer)
            self._facts.setText(self._fact_words(wanted.job, answer.preview))
            if answer.preview.is_live:
                # A long run takes long to draw, and its training needs the processor.
                took = 1000 * (time.monotonic() - self._asked)
                self._renewal.start(max(_LIVE_MILLISECONDS, round(_REST * took)))
            if wanted.width != self._preview.width_for(self.job):
                self._settled.start()
        problem = str(answer) if isinstance(answer, RunError) else ""
        self._save.setEnabled(not problem)
        self._save.setToolTip(problem)
        if self._choices.kind not in ("zip", "tensorboard"):
            self._copy.setEnabled(not problem)
        if problem:
            # A run that has just begun will have something soon.
            self._renewal.start(_LIVE_MILLISECONDS)

    def _fact_words(self, job: Job, preview: Preview) -> str:
        facts = []
        if preview.is_live:
            facts.append(self.tr("so far {steps} steps").format(steps=f"{preview.steps:,}"))
        if preview.kind == "figure":
            look = SIZES[job.size]
            facts.append(
                self.tr("{width:g} × {height:g} mm").format(width=look.width_mm, height=look.height_mm),
            )
            across, down = job.options.figure.pixels
            facts.append(
                self.tr("{across} × {down} dots").format(across=f"{across:,}", down=f"{down:,}")
                if job.format == "png"
                else self.tr("text stays text, lines stay lines")
            )
        elif preview.kind == "table":
            facts.append(self.tr("{count} rows").format(count=f"{preview.count:,}"))
            facts.append(self.tr("{count} columns").format(count=len(preview.columns)))
        elif preview.kind == "zip":
            facts.append(self.tr("{count} files").format(count=preview.count))
        elif preview.kind == "tensorboard":
            facts.append(self.tr("{count} tags").format(count=preview.count))
        if preview.size is not None:
            facts.append(self.tr("about {size}").format(size=size_words(preview.size)))
        if job.format == "json":
            facts.append(self.tr("of each curve five numbers are shown"))
        return "  ·  ".join(facts)

    # Copying and saving.

    def _ask_copy(self) -> None:
        self._say(self.tr("Copying…"))
        self._previewer.copy(self.job)

    def _on_copied(self, job: Job, answer: QImage | str | RunError) -> None:
        if isinstance(answer, RunError):
            self._say(str(answer), error=True)
        elif isinstance(answer, QImage):
            QApplication.clipboard().setImage(answer)
            self._say(self.tr("Copied as a picture."))
        else:
            QApplication.clipboard().setText(answer)
            self._say(self.tr("Copied as a table.") if job.is_table else self.tr("Copied as text."))

    def _say(self, words: str, *, error: bool = False) -> None:
        now = theme.colours()
        self._message.setText(words)
        theme.paint_text(self._message, now.error if error else now.text)
        if words:
            self._forgetting.start()

    def _ask_where(self, name: str | None = None) -> None:
        """The system's own dialog; a file that is there already is asked about by it."""
        job, key = self.job, f"export/folder/{self._choices.kind}"
        folder = str(self._settings.value(key, str(Path.home())))
        dialog = QFileDialog(self, self.tr("Save as"), folder)
        dialog.setObjectName("exportFileDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if QApplication.platformName() in ("offscreen", "minimal"):
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilter(f"{self._kinds.item(list(KINDS).index(self._choices.kind)).text()} (*.{job.suffix})")
        dialog.setDefaultSuffix(job.suffix)
        dialog.selectFile(name or f"{self._run.name}.{job.suffix}")
        dialog.fileSelected.connect(partial(self._on_chosen, job, key))
        dialog.open()

    def _on_chosen(self, job: Job, key: str, chosen: str) -> None:
        path = Path(chosen)
        target = with_suffix(path, job.suffix)
        if target != path and target.exists():
            # The system asked about the name that was typed, not about this one.
            self._ask_where(str(target))
            return
        self._settings.setValue(key, str(target.parent))
        self.save_wanted.emit(job, target)
        self.accept()

    # The dialog itself.

    def showEvent(self, event: QShowEvent) -> None:
        """The box puts its buttons into an order of its own when it is shown."""
        super().showEvent(event)
        QWidget.setTabOrder(self._save, self._copy)
        QWidget.setTabOrder(self._copy, self._buttons.button(QDialogButtonBox.StandardButton.Close))

    def changeEvent(self, event: QEvent) -> None:
        """A new palette may mean another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolour()
            self._renew()

    def done(self, result: int) -> None:
        """Nothing more is drawn."""
        for timer in (self._settled, self._renewal, self._forgetting):
            timer.stop()
        self._previewer.close()
        super().done(result)

    def _recolour(self) -> None:
        for label in (self._hint, self._facts):
            theme.paint_text(label, theme.colours().muted)
