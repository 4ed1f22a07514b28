"""The figure of a comparison for papers and slides: what each arm has to show over the epochs, and how it ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from kescape.compare.comparison import higher_is_better, in_words, written
from kescape.compare.outcome import finished_minima
from kescape.compare.report import ArmReport, Report
from kescape.compare.report_words import counted, measure_in_words, repeats_in_words
from kescape.compare.statistics import FEWEST
from kescape.config import SETTINGS
from kescape.run.errors import NothingToExport
from kescape.run.export.caption import hash_of, metadata_of, printable, settings_in_words, shown_name
from kescape.run.export.options import FigureOptions
from kescape.run.export.sheet import Look, empty_figure, plain_log_ticks, shortened, words_width, wrapped
from kescape.run.export.themes import THEMES, Dash, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["write_figure"]

_MARKERS = "os^Dv*"
_SIDE_BY_SIDE = 45
"""Ems of width from which both panels have room beside each other."""

# In ems.
_LEFT = 5.8
"""For the numbers and the name of an axis."""
_BOTTOM = 3.4
_GAP = 2.0
_LABEL = 0.87
"""The size of the name of an arm."""
_LONGEST = 15.0
"""Of such a name."""
_KEY = 2.6
"""The line beside a name that shows how it is drawn."""
_ROW, _CLOSEST = 1.45, 1.05
"""From one arm to the next in the ranking."""
_FARTHEST = 4.0
_BELOW = 0.48
"""How far the seeds lie below their arm: its interval would hide them."""
_LOWEST = 15.0
"""Of the curves above a ranking."""

_MOST_BANDS = 4
"""More bands than these hide each other."""
_MOST_PANELS = 3
_MOST_PATHS = 12
"""Of seeds through the ranking; more are a tangle."""
_MOST_MARKED = 6
"""Minima of an arm that are marked on its curve."""

_DECADE = 10.0
"""How many times the lowest value the highest is, before a log scale shows more."""


@dataclass(frozen=True)
class _Stroke:
    """How an arm is drawn."""

    color: str
    dash: Dash
    marker: str

    def marked(self, size: float, look: Look) -> dict[str, Any]:
        """Its marker, so many points large on a page, with an edge that sets it off from what it lies on."""
        return {
            "color": self.color,
            "marker": self.marker,
            # A star has little area.
            "markersize": look.lines(1.6 * size if self.marker == "*" else size),
            "markeredgecolor": look.theme.ground,
            "markeredgewidth": look.lines(0.5),
            "clip_on": False,
        }


def write_figure(report: Report, path: Path | IO[bytes], kind: str, options: FigureOptions | None = None) -> None:
    """Draw a report and write it as png, svg or pdf.

    Args:
        report: What is drawn.
        path: The file.
        kind: png, svg or pdf.
        options: How it looks; by default as on a page. Many arms make it higher than its size says.

    Raises:
        NothingToExport: No run has finished a minimum yet.
    """
    if not any(arm.anytime.runs.any() for arm in report.arms):
        raise NothingToExport(
            f"No run of the comparison {report.name!r} has finished a minimum yet, so there is nothing to draw."
        )
    options = options or FigureOptions()
    look = Look(options.look, THEMES[options.theme])
    title = printable(f"{report.name}: comparison by {measure_in_words(report.measure)}")
    about = f"comparison {printable(report.name)}; settings SHA-256 {hash_of(report.comparison.to_dict())}"
    with empty_figure(look) as figure:
        _draw(figure, report, look)
        figure.savefig(path, format=kind, dpi=options.dpi, metadata=metadata_of(title, about, kind))


def _draw(figure: Figure, report: Report, look: Look) -> None:
    strokes = _strokes(report, look)
    panels = _panels(report, strokes)
    lines = _words_above(figure, report, len(panels[0]) <= _MOST_BANDS, look)
    top = look.ems(1.55 + 1.5 * len(lines) + 1.3)
    is_wide = look.width >= look.ems(_SIDE_BY_SIDE)
    longest = min(look.ems(_LONGEST), 0.42 * look.width)

    def width_of(text: str) -> float:
        return words_width(figure, text, look.ems(_LABEL))

    head, labels = _labels(report, width_of, longest)
    remarks = [_remark(arm) for arm in report.ranking]
    rows = len(labels) + bool(head)
    beside = max(map(width_of, (head, *labels))) + look.ems(_KEY + 0.5)
    right = max(look.ems(1.2), *(width_of(remark) + look.ems(1.6) for remark in remarks))
    if is_wide:
        height = max(look.height, top + look.ems(_BOTTOM + _CLOSEST * rows))
        inner = height - top - look.ems(_BOTTOM)
        room = look.width - look.ems(_LEFT + _GAP) - beside - right
        curves = (look.ems(_LEFT), look.ems(_BOTTOM), 0.56 * room, inner)
        ranking = (look.width - right - 0.44 * room, look.ems(_BOTTOM), 0.44 * room, inner)
    else:
        of_ranking = look.ems(_ROW * rows)
        height = max(look.height, top + look.ems(_LOWEST * len(panels) + 2 * _BOTTOM + _GAP) + of_ranking)
        begin = look.ems(2 * _BOTTOM + _GAP) + of_ranking
        curves = (look.ems(_LEFT), begin, look.width - look.ems(_LEFT + 1.2), height - top - begin)
        beside += look.ems(1)
        ranking = (beside, look.ems(_BOTTOM), look.width - beside - right, of_ranking)
    figure.set_size_inches(look.width / 72, height / 72)
    for number, line in enumerate(lines):
        style: dict[str, Any] = {"fontsize": look.ems(0.9), "color": look.theme.quiet}
        _place(figure, line, look.ems(1.55 + 1.5 * (number + 1)), look, **style)
    _place(figure, shown_name(report.name), look.ems(1.55), look, fontsize=look.ems(1.13), fontweight="bold")

    _draw_panels(figure, curves, report, panels, strokes, look)
    axes = _axes(figure, ranking)
    # Two arms do not lie at opposite ends of it.
    of_row = min(ranking[3] / rows, look.ems(_FARTHEST))
    spare = ranking[3] / of_row - rows
    axes.set_ylim(len(labels) - 0.4 + spare / 2, -0.5 - bool(head) - spare / 2)
    _draw_ranking(axes, report, strokes, min(0.3, look.ems(_BELOW) / of_row), look)
    _name_rows(axes, report, (head, *labels), remarks, strokes, look, ranking[2])


def _axes(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    """Axes whose left and lower end, width and height are given in points."""
    width, height = 72 * figure.get_size_inches()
    left, bottom, across, up = place
    return figure.add_axes((left / width, bottom / height, across / width, up / height))


def _place(figure: Figure, text: str, down: float, look: Look, **style: Any) -> None:
    height = 72 * figure.get_size_inches()[1]
    # A dollar sign in a name is no formula.
    figure.text(look.ems(1) / look.width, 1 - down / height, text, va="center", parse_math=False, **style)


def _words_above(figure: Figure, report: Report, has_bands: bool, look: Look) -> list[str]:
    """What was compared, and what the lines are."""
    comparison = report.comparison
    shared = {
        name: value
        for name, value in comparison.base.model_dump().items()
        if name not in (*comparison.varied, "seed")
        and any(SETTINGS[name].read_by(arm.config.schedule) for arm in comparison.arms)
    }
    settings = [*settings_in_words(shared), counted(comparison.base.epochs, "epoch"), repeats_in_words(report)]
    few = any((arm.anytime.runs[arm.anytime.runs > 0] < FEWEST).any() for arm in report.arms)
    band = "range" if few and comparison.repeats < FEWEST else "95 % interval"
    drawn = ["line: median of the best finished minimum so far"]
    if has_bands:
        drawn.append(f"band: its {band}{' (range of fewer than 3 runs)' if few and band != 'range' else ''}")
    drawn.append("small dot: a seed")
    if comparison.repeats <= _MOST_PATHS and len(comparison.seeds) > 1:
        drawn.append("thin line: the same seed")
    drawn.append("large: median" + (" with its 95 % interval" if comparison.repeats >= FEWEST else ""))

    def width_of(text: str) -> float:
        return words_width(figure, text, look.ems(0.9))

    room = look.width - look.ems(2)
    return [line for words in (settings, drawn) for line in wrapped(printable(", ".join(words)), width_of, room)]


def _labels(report: Report, width_of: Callable[[str], float], longest: float) -> tuple[str, list[str]]:
    """The names of the arms, best first; where these are long, what is above them, and the values of that."""
    titles = [printable(arm.title) for arm in report.ranking]
    if max(map(width_of, titles)) <= longest or len(report.comparison.varied) == 1:
        return "", [shortened(title, width_of, longest) for title in titles]
    varied = report.comparison.varied
    values = [
        printable(", ".join(written(name, arm.settings[name]) if name in arm.settings else "–" for name in varied))
        for arm in report.ranking
    ]
    return shortened(", ".join(varied), width_of, 1.2 * longest), [
        shortened(words, width_of, longest) for words in values
    ]


def _remark(arm: ArmReport) -> str:
    """What a reader has to know of an arm, in a word or two."""
    words = [f"{arm.diverged} diverged"] if arm.diverged else []
    if arm.left_behind_at is not None:
        words.append(f"until epoch {arm.left_behind_at}")
    if arm.n < arm.of:
        words.append(f"{arm.n} of {arm.of} runs")
    return ", ".join(words)


def _strokes(report: Report, look: Look) -> dict[str, _Stroke]:
    """How each arm is drawn, by its name: a colour for each value of one setting, a marker for the others'.

    Where there are more than can be told apart, the best ones stand out.
    """
    theme = look.theme
    most = len(theme.arms)
    varied = report.comparison.varied
    coloured = next((name for name in ("schedule", *varied) if len(varied.get(name, range(99))) <= most), None)
    if coloured is not None:
        colors = [repr(value) for value in varied[coloured]]
        others = {arm.arm.name: repr([*_without(arm.settings, coloured).items()]) for arm in report.arms}
        markers = list(dict.fromkeys(others.values()))
        if len(markers) <= len(_MARKERS) and all(coloured in arm.settings for arm in report.arms):
            return {
                arm.arm.name: _stroke(
                    theme, colors.index(repr(arm.settings[coloured])), markers.index(others[arm.arm.name])
                )
                for arm in report.arms
            }
    best = {arm.arm.name: _stroke(theme, place, place) for place, arm in enumerate(report.ranking[:most])}
    return {arm.arm.name: best.get(arm.arm.name, _Stroke(theme.rule, "-", "")) for arm in report.arms}


def _without(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in settings.items() if other != name}


def _stroke(theme: Theme, color: int, marker: int) -> _Stroke:
    return _Stroke(theme.arms[color], theme.arm_dashes[color], _MARKERS[marker])


def _panels(report: Report, strokes: Mapping[str, _Stroke]) -> list[list[ArmReport]]:
    """The arms of each panel of curves, best first: those with one marker, if that leaves few enough for bands."""
    groups: dict[str, list[ArmReport]] = {}
    for arm in report.ranking:
        groups.setdefault(strokes[arm.arm.name].marker, []).append(arm)
    panels = [groups[marker] for marker in _MARKERS if marker in groups]
    together = len(report.arms) <= _MOST_BANDS or len(groups) > _MOST_PANELS or max(map(len, panels)) > _MOST_BANDS
    return [list(report.ranking)] if together else panels


def _draw_panels(
    figure: Figure,
    place: tuple[float, float, float, float],
    report: Report,
    panels: list[list[ArmReport]],
    strokes: Mapping[str, _Stroke],
    look: Look,
) -> None:
    """The curves, in panels one above the other with the same axes."""
    from matplotlib.ticker import MaxNLocator

    left, bottom, across, up = place
    gap, epochs = look.ems(1), report.comparison.base.epochs
    each = (up + gap) / len(panels)
    for number, arms in enumerate(panels):
        lowest = number == len(panels) - 1
        axes = _axes(figure, (left, bottom + (len(panels) - 1 - number) * each, across, each - gap))
        _draw_curves(axes, arms, report, strokes, look)
        axes.set_xlim(0, epochs)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
        axes.tick_params(labelbottom=lowest)
        if lowest:
            axes.set_xlabel("epoch")
        if len(panels) > 1:
            shared = [item for item in arms[0].settings.items() if all(item in arm.settings.items() for arm in arms)]
            up_there = not higher_is_better(report.measure)  # where the curves do not come
            axes.annotate(
                ", ".join(in_words(*item) for item in shared),
                (1, up_there),
                (0, look.ems(-0.2 if up_there else 0.4)),
                xycoords="axes fraction",
                textcoords="offset points",
                ha="right",
                va="top" if up_there else "bottom",
                fontsize=look.ems(_LABEL),
                parse_math=False,
            )
    figure.text(
        look.ems(1.2) / look.width,
        (bottom + up / 2) / (72 * figure.get_size_inches()[1]),
        f"best {measure_in_words(report.measure)} so far",
        rotation=90,
        ha="center",
        va="center",
    )


def _draw_curves(axes: Axes, arms: list[ArmReport], report: Report, strokes: Mapping[str, _Stroke], look: Look) -> None:
    curves = [arm.anytime for arm in report.arms]
    has_bands = len(arms) <= _MOST_BANDS
    ends = ("median", "low", "high") if has_bands else ("median",)
    seen = np.concatenate([getattr(curve, end) for curve in curves for end in ends])
    low, high = _scaled(axes, "y", seen, report.measure)
    for arm in reversed(arms):  # the best on top
        stroke, curve = strokes[arm.arm.name], arm.anytime
        known = np.isfinite(curve.median)
        x, median = curve.epochs[known], curve.median[known]
        if not len(x):
            continue
        bottom, top = (np.clip(ends[known], low, high) for ends in (curve.low, curve.high))
        if has_bands and len(x) == 1:
            axes.vlines(x, bottom, top, color=stroke.color, linewidth=look.lines(1.2), clip_on=False)
        elif has_bands:
            axes.fill_between(x, bottom, top, step="post", color=stroke.color, alpha=0.15, linewidth=0)
        marked = np.flatnonzero(np.isin(x, finished_minima(arm.arm.config, report.comparison.base.epochs)))
        axes.plot(
            x,
            median,
            linestyle=stroke.dash,
            linewidth=look.lines(1.1),
            drawstyle="steps-post",
            markevery=marked[::-1][:: math.ceil(len(marked) / _MOST_MARKED)].tolist(),
            **stroke.marked(4, look),
        )


def _draw_ranking(axes: Axes, report: Report, strokes: Mapping[str, _Stroke], below: float, look: Look) -> None:
    finals = [[arm.finals.get(seed, math.nan) for seed in report.comparison.seeds] for arm in report.ranking]
    values = np.array(finals)
    low, high = _scaled(axes, "x", values, report.measure)
    if values.shape[1] <= _MOST_PATHS:
        shown = np.where(np.isfinite(values), values, math.nan)
        axes.plot(shown, np.arange(len(shown)) + below, color=look.theme.rule, linewidth=look.lines(0.35), zorder=1)
    for row, arm in enumerate(report.ranking):
        stroke, finite = strokes[arm.arm.name], values[row][np.isfinite(values[row])]
        dots: dict[str, Any] = {"color": stroke.color, "markersize": look.lines(2.2), "clip_on": False}
        axes.plot(finite, [row + below] * len(finite), "o", markeredgewidth=0, **dots)
        if arm.final is None or math.isinf(arm.final.median):
            continue
        if arm.n >= FEWEST:
            ends = np.clip(arm.final[1:], low, high)
            axes.hlines(row, *ends, color=stroke.color, linewidth=look.lines(1.6), zorder=2.5)
        median = stroke if stroke.marker else replace(stroke, marker="o")
        axes.plot(arm.final.median, row, zorder=3, **median.marked(4, look))
    axes.set_xlabel(f"{measure_in_words(report.measure)} at the end")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _name_rows(
    axes: Axes,
    report: Report,
    labels: Sequence[str],
    remarks: list[str],
    strokes: Mapping[str, _Stroke],
    look: Look,
    width: float,
) -> None:
    """Before each row of the ranking the arm and how it is drawn, after it what there is to remark."""
    words: dict[str, Any] = {
        "xycoords": axes.get_yaxis_transform(),
        "textcoords": "offset points",
        "va": "center",
        "fontsize": look.ems(_LABEL),
        "parse_math": False,
    }
    head, *labels = labels
    axes.annotate(head, (0, -1), (-look.ems(_KEY + 0.4), 0), ha="right", color=look.theme.quiet, **words)
    begin, middle, end = (-look.ems(ems) / width for ems in (_KEY, 0.5 * _KEY + 0.3, 0.6))
    for row, (arm, label, remark) in enumerate(zip(report.ranking, labels, remarks, strict=True)):
        stroke = strokes[arm.arm.name]
        line: dict[str, Any] = {"color": stroke.color, "transform": axes.get_yaxis_transform(), "clip_on": False}
        axes.plot([begin, end], [row, row], linestyle=stroke.dash, linewidth=look.lines(1.1), **line)
        axes.plot([middle], [row], **{**line, **stroke.marked(4, look)})
        axes.annotate(label, (0, row), (-look.ems(_KEY + 0.4), 0), ha="right", **words)
        if remark:
            axes.annotate(remark, (1, row), (look.ems(0.6), 0), ha="left", color=look.theme.quiet, **words)
        if arm.diverged:
            worst_side = 0.0 if higher_is_better(report.measure) else 1.0
            cross: dict[str, Any] = {**line, "color": look.theme.wrong}
            axes.plot(
                [worst_side], [row], marker="x", markersize=look.lines(4), markeredgewidth=look.lines(1.2), **cross
            )


def _scaled(axes: Axes, which: Literal["x", "y"], values: NDArray[np.float64], measure: str) -> tuple[float, float]:
    """Give an axis limits that hold all finite values, on a log scale where they span decades; returns these."""
    from matplotlib.ticker import MaxNLocator

    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if 0 < _DECADE * low < high and not higher_is_better(measure):
        axes.set(**{f"{which}scale": "log"})
        margin = (high / low) ** 0.04
        low, high = low / margin, high * margin
        plain_log_ticks(getattr(axes, f"{which}axis"), low, high)
    else:
        getattr(axes, f"{which}axis").set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        margin = 0.04 * (high - low) or 0.05 * abs(high) or 1.0
        low, high = low - margin, high + margin
    axes.set(**{f"{which}lim": (low, high)})
    return low, high
