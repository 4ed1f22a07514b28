"""The plan under the form: its picture, how long it is, and the sentence on how it ends."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from kescape.config import SETTINGS
from kescape_gui import icons, theme
from kescape_gui.plan_preview.fit_dialog import FitDialog
from kescape_gui.plan_preview.plan_picture import HEIGHT, PlanPicture
from kescape_gui.plan_preview.plan_preview import PlanPreview
from kescape_gui.short_label import ShortLabel

_LOWEST_PICTURE = 76
_PICTURE_SHARE = 0.19
"""Of the height of form and plan together."""


class PlanPreviewView(QWidget):
    """Picture and words."""

    cured = Signal(int)
    """The number of epochs that the user chose to end well."""
    moved = Signal(str, object)
    """A setting that was changed in the picture, and its value."""
    let_go = Signal()
    """What is moved next is another edit."""
    fitted = Signal(object)
    """The settings that were chosen so that the plan ends well."""
    log_chosen = Signal(bool)

    def __init__(self, preview: PlanPreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self.setObjectName("planPreview")
        self._picture = PlanPicture(preview)
        self._picture.setAccessibleName(self.tr("Planned learning rate"))
        self._picture.moved.connect(self.moved)
        self._picture.let_go.connect(self.let_go)
        self._log = QCheckBox(self.tr("log"))
        self._log.setToolTip(self.tr("Draw the rate on a logarithmic scale"))
        self._log.setObjectName("planLogBox")
        self._log.setAccessibleName(self.tr("Logarithmic scale of the plan"))
        theme.font(self._log, scale=0.9)
        self._log.toggled.connect(self._picture.show_log)
        self._log.toggled.connect(self.log_chosen)
        self._fit = QToolButton()
        self._fit.setText(self.tr("Fit to…"))
        self._fit.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._fit.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.font(self._fit, scale=0.9)
        self._fit.setObjectName("fitButton")
        self._fit.clicked.connect(self._ask_fit)
        self._length = ShortLabel()
        self._length.setObjectName("planLengthLabel")
        theme.font(self._length, scale=0.9)
        self._sign = QLabel()
        self._sentence = QLabel()
        self._sentence.setObjectName("landingLabel")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.RichText)
        self._sentence.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._sentence.linkActivated.connect(lambda link: self.cured.emit(int(link)))
        # Two lines always, so that the form above does not jump while a number is typed.
        self._sentence.setMinimumHeight(2 * self._sentence.fontMetrics().lineSpacing() + 2)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._guard = QLabel()
        self._guard.setObjectName("guardLabel")
        self._guard.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._sentence, 1)
        heading = QLabel(self.tr("Plan of the learning rate"))
        theme.font(heading, bold=True)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(heading, 1)
        top.addWidget(self._log)
        top.addWidget(self._fit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(5)
        layout.addLayout(top)
        layout.addWidget(self._picture)
        layout.addWidget(self._length)
        layout.addLayout(row)
        layout.addWidget(self._guard)
        self.refresh()

    @property
    def is_log(self) -> bool:
        """Whether the rate is drawn on a logarithmic scale."""
        return self._log.isChecked()

    def show_log(self, log: bool) -> None:
        """Draw the rate on a logarithmic scale, or on one from 0."""
        self._log.setChecked(log)

    def show_speed(self, steps_per_second: float | None) -> None:
        """Say how long the training takes, at the speed of an earlier run with the same data, model and batch size."""
        self._preview.speed = steps_per_second
        self._length.setText(self._preview.length_words)

    def fit_into(self, height: int) -> None:
        """Give the form above its share where form and plan have this height together."""
        self._picture.setFixedHeight(max(_LOWEST_PICTURE, min(HEIGHT, round(height * _PICTURE_SHARE))))

    def refresh(self) -> None:
        """Show the plan as it is now."""
        now, words = theme.colours(), self._preview.words
        if words is None and self._preview.waits:
            sign, colour, html = "waits", now.muted, self.tr("Waiting for the data.")
        elif words is None:
            sign, colour, html = "error", now.error, self.tr("Something in the form needs a look first.")
        else:
            sign, colour = ("good", now.good) if words.lands else ("warning", now.warning)
            links = [f"<a href='{cure.epochs}' style='color:{now.accent}'>{cure.text}</a>" for cure in words.cures]
            html = words.text + (": " + self.tr(" or ").join(links) if links else "")
        self._sign.setPixmap(icons.pixmap(sign, colour, 15, self.devicePixelRatioF()))
        self._sentence.setText(html)
        theme.paint_text(self._sentence, now.text if words is not None and words.lands else colour)
        self._length.setText(self._preview.length_words)
        theme.paint_text(self._length, now.muted)
        guard = self._preview.guard_words
        self._guard.setText(guard)
        self._guard.setVisible(bool(guard))
        theme.paint_text(self._guard, now.muted)
        self._offer_fit()
        self._picture.refresh()

    def _offer_fit(self) -> None:
        config = self._preview.config
        fits = config is not None and SETTINGS["t_0"].read_by(config.schedule)
        self._fit.setEnabled(fits)
        if fits:
            self._fit.setToolTip(self.tr("Choose lengths with which the last cycle ends on the last epoch"))
        elif config is None:
            self._fit.setToolTip(self.tr("Something in the form needs a look first"))
        else:
            self._fit.setToolTip(self.tr("This schedule has no restarts: it ends with the training as it is"))

    def _ask_fit(self) -> None:
        config = self._preview.config
        if config is not None:
            dialog = FitDialog(config, self._preview.speed, self.window())
            dialog.chosen.connect(self.fitted)
            dialog.open()
