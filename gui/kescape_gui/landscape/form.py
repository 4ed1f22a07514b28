"""What of a landscape is to be computed: the kind, the minima, how fine, and on which rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from kescape.landscape.request import LandscapeRequest
from kescape.run.reader import Snapshot
from kescape_gui import theme
from kescape_gui.landscape.kinds import Kind, facts_of
from kescape_gui.landscape.minima import short_name
from kescape_gui.setup.choice_box import ChoiceBox
from kescape_gui.setup.number_box import IntegerBox

_SURFACE_POINTS = (9, 17, 33, 51)
_LINE_POINTS = (13, 25, 49, 97)
"""A third of them lies beyond the two minima."""
_ROWS = 512
_MOST_ROWS = 100_000


class LandscapeForm(QWidget):
    """Asks for it. What is picked at first can be computed at once."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshots: Sequence[Snapshot] = ()
        self._is_filling = False
        self._kinds = ChoiceBox({kind.value: facts_of(kind).title for kind in Kind})
        self._kinds.setObjectName("landscapeKindBox")
        self._tells = QLabel()
        self._tells.setWordWrap(True)
        theme.font(self._tells, scale=0.92)
        self._tells.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Room for the longest, so that nothing below it jumps.
        self._tells.setMinimumHeight(4 * self._tells.fontMetrics().lineSpacing())
        self._picks = [QComboBox() for _ in range(3)]
        self._surface_points = ChoiceBox({str(count): f"{count} × {count}" for count in _SURFACE_POINTS})
        self._surface_points.setValue("33")
        self._line_points = ChoiceBox(
            {str(count): self.tr("{count} points").format(count=count) for count in _LINE_POINTS}
        )
        self._line_points.setValue("49")
        self._parts = ChoiceBox({"training": self.tr("Training data"), "validation": self.tr("Validation data")})
        self._rows = IntegerBox(minimum=1, maximum=_MOST_ROWS, doubles=True)
        self._rows.setValue(_ROWS)
        self._seed = IntegerBox(minimum=0, maximum=2**31 - 1, step=1)
        self._seed.setValue(0)
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        self._problem.setObjectName("landscapeProblem")
        self._lay_out()
        for box in (self._kinds, self._surface_points, self._line_points, self._parts):
            box.valueChanged.connect(self._on_changed)
        for pick in self._picks:
            pick.currentIndexChanged.connect(self._on_changed)
        for number in (self._rows, self._seed):
            number.edited.connect(self._on_changed)
        self.show_snapshots(())

    def show_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Offer these; what is picked stays picked, and at first it is the last of them."""
        if snapshots and list(snapshots) == list(self._snapshots):
            return
        self._is_filling = True
        kept = [pick.currentData() for pick in self._picks]
        self._snapshots = snapshots
        steps = [snapshot.step for snapshot in snapshots]
        for number, pick in enumerate(self._picks):
            pick.clear()
            for snapshot in snapshots:
                words = self.tr("{name} · step {step}")
                pick.addItem(words.format(name=short_name(snapshot), step=f"{snapshot.step:,}"), snapshot.step)
            wanted = kept[number] if kept[number] in steps else None
            if wanted is not None:
                pick.setCurrentIndex(steps.index(wanted))
        if None in kept:
            self._pick_last()
        model = self._kinds.model()
        assert isinstance(model, QStandardItemModel)
        for row, kind in enumerate(Kind):
            model.item(row).setEnabled(len(snapshots) >= facts_of(kind).least)
        self._is_filling = False
        self._show()

    @property
    def kind(self) -> Kind:
        """The kind that is chosen."""
        return Kind(self._kinds.value())

    @property
    def problem(self) -> str:
        """Why it cannot be computed as it stands; empty if it can."""
        facts = facts_of(self.kind)
        if len(self._snapshots) < facts.least:
            words = self.tr("This takes {least} snapshots; the run has {count}.")
            return words.format(least=facts.least, count=len(self._snapshots))
        if len(set(self._picked)) < len(self._picked):
            return self.tr("Pick different snapshots: through one point alone there is no line and no plane.")
        rows, seed = self._rows.typed(), self._seed.typed()
        if not isinstance(rows, int) or not 1 <= rows <= _MOST_ROWS:
            words = self.tr("Rows must be a whole number from 1 to {most}; got {value}.")
            return words.format(most=f"{_MOST_ROWS:,}", value=repr(rows))
        if self.kind is Kind.RANDOM and (not isinstance(seed, int) or seed < 0):
            return self.tr("Seed must be a whole number >= 0; got {value}.").format(value=repr(seed))
        return ""

    @property
    def request(self) -> LandscapeRequest | None:
        """What to compute; None while there is a problem."""
        if self.problem:
            return None
        facts, rows, seed = facts_of(self.kind), self._rows.typed(), self._seed.typed()
        assert isinstance(rows, int), "no problem was found"
        points = self._line_points if facts.is_flat else self._surface_points
        return LandscapeRequest(
            kind="line" if facts.is_flat else self.kind.value,
            steps=tuple(self._picked or [snapshot.step for snapshot in self._snapshots]),
            points=int(points.value()),
            rows=rows,
            part=self._parts.value(),
            seed=seed if self.kind is Kind.RANDOM and isinstance(seed, int) else 0,
        )

    def name_of(self, step: int) -> str:
        """What the snapshot of a step is called."""
        known = (short_name(snapshot) for snapshot in self._snapshots if snapshot.step == step)
        return next(known, self.tr("step {step}").format(step=f"{step:,}"))

    def set_enabled(self, enabled: bool) -> None:
        """While something is computed nothing else can be asked for."""
        for box in (self._kinds, *self._picks, self._surface_points, self._line_points, self._parts):
            box.setEnabled(enabled)
        for number in (self._rows, self._seed):
            number.setEnabled(enabled)

    def recolour(self) -> None:
        """Take the colours of the palette that the app has now."""
        now = theme.colours()
        theme.paint_text(self._tells, now.muted)
        theme.paint_text(self._problem, now.error)

    @property
    def _picked(self) -> list[int]:
        return [pick.currentData() for pick in self._picks[: facts_of(self.kind).picks]]

    def _pick_last(self) -> None:
        """For two, the last two; for three, the last three, each in the order of the training."""
        count = len(self._snapshots)
        picks = facts_of(self.kind).picks
        for number, pick in enumerate(self._picks):
            pick.setCurrentIndex(max(0, count - picks + number) if number < picks else 0)

    def _on_changed(self) -> None:
        if self._is_filling:
            return
        if self.sender() is self._kinds:
            self._is_filling = True
            self._pick_last()
            self._is_filling = False
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        facts = facts_of(self.kind)
        self._tells.setText(facts.tells)
        for number, pick in enumerate(self._picks):
            self._form.setRowVisible(pick, number < facts.picks)
        first = self._form.labelForField(self._picks[0])
        assert isinstance(first, QLabel)
        first.setText(self.tr("First minimum") if facts.picks > 1 else self.tr("Minimum"))
        self._picks[0].setAccessibleName(first.text())
        self._form.setRowVisible(self._surface_points, not facts.is_flat)
        self._form.setRowVisible(self._line_points, facts.is_flat)
        self._form.setRowVisible(self._seed, self.kind is Kind.RANDOM)
        self._problem.setText(self.problem)
        self._problem.setVisible(bool(self.problem))

    def _lay_out(self) -> None:
        form = self._form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(5)
        form.setContentsMargins(0, 0, 0, 0)
        names = (self.tr("First minimum"), self.tr("Second minimum"), self.tr("Third minimum"))
        rows: list[tuple[str, QWidget]] = [(self.tr("What to look at"), self._kinds)]
        rows += list(zip(names, self._picks, strict=True))
        rows += [
            (self.tr("Points"), self._surface_points),
            (self.tr("Points on each line"), self._line_points),
            (self.tr("Loss on"), self._parts),
            (self.tr("Rows"), self._rows),
            (self.tr("Seed of the directions"), self._seed),
        ]
        for name, box in rows:
            form.addRow(name, box)
            box.setAccessibleName(name)
            if box is self._kinds:
                form.addRow(self._tells)
        self._rows.setToolTip(
            self.tr("The same rows at every point; more rows tell the loss more exactly, and take longer")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self._problem)
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.recolour()
