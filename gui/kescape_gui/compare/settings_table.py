"""What the table of compared runs says: the settings that differ, how the runs did, and how sure that is; no Qt."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kescape.config import SETTINGS
from kescape_gui.compare.certainty import sentences_on
from kescape_gui.compare.measures import MEASURES, Measure
from kescape_gui.compare.repeats import Group
from kescape_gui.compare.settings import UNKNOWN, help_of, title_of, used_settings, written
from kescape_gui.compare.table import Cell, Heading, Line, Table
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr

_INDENT = "\u2003"

_Column = tuple[Heading, Callable[[WatchedRun], Cell]]


def table_of(
    groups: Sequence[Group],
    *,
    shown: WatchedRun | None = None,
    baseline: Path | None = None,
    problems: Sequence[str] = (),
    all_settings: bool = False,
) -> Table:
    """The table of the runs that are compared, and of the one in view.

    Args:
        groups: The compared runs.
        shown: The run in view; if it is not among them, it comes first.
        baseline: The run among them that the others are held against.
        problems: What else is to be said of them.
        all_settings: Whether the settings that are the same have columns, too.
    """
    if shown is not None and not any(shown in (*group.runs, *group.twins) for group in groups):
        groups = [Group((shown,)), *groups]
    runs = [run for group in groups for run in (*group.runs, *group.twins)]
    used = {run.path: used_settings(run.config) for run in runs}
    names, differing, same = _settings_of(list(used.values()))
    against = next((run for run in runs if run.path == baseline), None)
    home = next((group for group in groups if against in (*group.runs, *group.twins)), None)
    rows = _Rows(
        [_setting_column(name, used) for name in (names if all_settings else differing)],
        [measure for measure in MEASURES if measure.values(runs)],
        against,
        home,
    )
    return Table(
        rows.headings,
        tuple(rows.block(group) for group in groups),
        same,
        (*problems, *sentences_on(groups, home)),
    )


class _Rows:
    """Makes the lines of one table."""

    def __init__(
        self, columns: Sequence[_Column], measures: Sequence[Measure], against: WatchedRun | None, home: Group | None
    ) -> None:
        self._columns = columns
        self._measures = measures
        self._against = against
        self._home = home

    @property
    def headings(self) -> tuple[Heading, ...]:
        return (
            Heading(tr("Run")),
            Heading(tr("State")),
            Heading(tr("Steps"), tr("How many steps are recorded"), number=True),
            *(heading for heading, _ in self._columns),
            *(measure.heading(has_difference=self._against is not None) for measure in self._measures),
        )

    def block(self, group: Group) -> tuple[Line, ...]:
        members = (*group.runs, *group.twins)
        if len(group.runs) == 1:
            return tuple(self._run(run, "") for run in members)
        return (self._median(group), *(self._run(run, _INDENT) for run in members))

    def _run(self, run: WatchedRun, indent: str) -> Line:
        is_baseline = run is self._against
        base = () if is_baseline or self._against is None else (self._against,)
        name = tr("{name} (baseline)").format(name=run.name) if is_baseline else run.name
        state, steps = tr(run.state.value), len(run.curve)
        words = tr("{count} epochs") if run.counts_epochs else "{count}"
        cells = (
            Cell(indent + name, run.name.casefold(), run.name),
            Cell(f"{run.state.symbol} {state}", state, state),
            Cell(words.format(count=f"{steps:,}"), steps, str(steps)),
            *(cell_of(run) for _, cell_of in self._columns),
            *(measure.cell(measure.of(run), measure.median(base)) for measure in self._measures),
        )
        return Line(run.path, cells, help=run.problem or run.error or str(run.path))

    def _median(self, group: Group) -> Line:
        runs = group.runs
        base = self._home.runs if self._home is not None and self._home is not group else ()
        steps = sorted(len(run.curve) for run in runs)
        words = "{few}" if steps[0] == steps[-1] else tr("{few} to {many}")
        words = words.format(few=f"{steps[0]:,}", many=f"{steps[-1]:,}")
        title = tr("{count} repeats: median").format(count=len(runs))
        cells = (
            Cell(title, runs[0].name.casefold(), tr("{name} and others: median").format(name=runs[0].name)),
            Cell("", "", ""),
            Cell(words, statistics.median(steps), repr(statistics.median(steps))),
            *(_joined([cell_of(run) for run in runs]) for _, cell_of in self._columns),
            *(measure.cell(measure.median(runs), measure.median(base)) for measure in self._measures),
        )
        spans = [measure.span(runs) for measure in self._measures]
        return Line(runs[0].path, cells, is_median=True, help="\n".join(filter(None, spans)))


def _joined(cells: Sequence[Cell]) -> Cell:
    """What repeats have in common, or, of the seed, each."""
    if all(cell == cells[0] for cell in cells):
        return cells[0]
    return Cell(", ".join(cell.text for cell in cells), cells[0].order, ", ".join(cell.copied for cell in cells))


def _settings_of(used: Sequence[dict[str, Any]]) -> tuple[list[str], list[str], int]:
    """All settings that any of the runs has, those that differ, and how many are the same."""
    found = dict.fromkeys(name for settings in used for name in settings)
    names = [*(name for name in SETTINGS if name in found), *(name for name in found if name not in SETTINGS)]
    differing, same = [], 0
    for name in names:
        values = [settings[name] for settings in used if name in settings]
        if any(value != values[0] for value in values):
            differing.append(name)
        elif len(values) > 1:
            same += 1
    return names, differing, same


def _setting_column(name: str, used: dict[Path, dict[str, Any]]) -> _Column:
    values = {path: settings[name] for path, settings in used.items() if name in settings}
    texts: dict[str, Any] = {}
    # Two files of the same name are told apart by their folders.
    short = all(texts.setdefault(written(name, value), value) == value for value in values.values())

    def cell_of(run: WatchedRun) -> Cell:
        if run.path not in values:
            return Cell(UNKNOWN)
        value = values[run.path]
        text = written(name, value) if short or value is None else str(value)
        return Cell(text, value if _is_number(value) else text.casefold(), "" if value is None else str(value))

    known = [value for value in values.values() if value is not None]
    number = bool(known) and all(map(_is_number, known))
    return Heading(title_of(name), help_of(name), number=number), cell_of


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
