"""The figure of a run for papers and slides: loss above learning rate, restarts ruled through both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kescape.run.export.caption import caption, metadata
from kescape.run.export.drawn import Drawn, drawn, half_life
from kescape.run.export.options import FigureOptions, Part
from kescape.run.export.sheet import Look, drawn_width, empty_figure, plain_log_ticks, words_width, wrapped
from kescape.run.export.themes import THEMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kescape.run.reader import Run

_MOST_HIDDEN = 0.05
"""Share of losses at or below 0 with which a log scale is still the better picture."""

# More lines than this are no longer told apart, so only every second, fifth, ... restart gets its
# number.
_NUMBERED = 16
# A curve is drawn as its lowest and highest value in so many parts: more than the dots of a print
# can show.
_PARTS = 1600
_NUMBER, _VERDICT = 0.87, 0.8
"""The size of a restart's number and of its verdict, in ems."""
_NUMBER_AT, _NUMBER_BELOW = 0.33, 0.27
"""How far a restart's number is from its rule and from the top, in ems."""


class _Look(Look):
    """The axes begin and end at the same places, whatever they show."""

    @property
    def left(self) -> float:
        """Where the axes begin, in points."""
        return self.ems(6.2)

    @property
    def right(self) -> float:
        """Where they end; the names of the lines stand beside them."""
        return self.width - self.ems(6.9)

    @property
    def room(self) -> float:
        """How wide the axes are, in points."""
        return self.right - self.left

    @property
    def most_numbers(self) -> int:
        """On an axis: one with its comma takes about five ems."""
        return max(3, min(8, int(self.room / self.ems(5))))


@dataclass(frozen=True)
class _Verdict:
    """What a restart did, in words beside its number: where the restart is, and how far from it in points they are."""

    position: float
    indent: float
    words: str


def write_figure(
    run: Run,
    path: Path | IO[bytes],
    kind: str,
    options: FigureOptions | None = None,
    part: Part | None = None,
    *,
    dpi: float | None = None,
) -> None:
    """Draw a run and write it as png, svg or pdf.

    Args:
        run: An open run.
        path: The file.
        kind: png, svg or pdf.
        options: How it looks; by default as on a page.
        part: Which steps it shows; by default all.
        dpi: Other dots an inch than those of `options`, for a picture on a screen.
    """
    options, part = options or FigureOptions(), part or Part()
    look = _Look(options.look, THEMES[options.theme])
    shown = drawn(run, part)
    with empty_figure(look) as figure:
        _draw(figure, run, shown, part, look)
        figure.savefig(path, format=kind, dpi=dpi or options.dpi, metadata=metadata(run, kind))


def _draw(figure: Figure, run: Run, shown: Drawn, part: Part, look: _Look) -> None:
    from matplotlib.ticker import MaxNLocator

    top = _draw_words(figure, run, shown, part, look)
    top += look.ems(3.9 if shown.in_epochs and not shown.by_epoch else 1.2)
    bottom, gap = look.ems(4.0), look.ems(1.4)
    upper, lower = figure.subplots(
        2,
        1,
        sharex=True,
        gridspec_kw={
            "height_ratios": (65, 35),
            "hspace": 2 * gap / (look.height - top - bottom - gap),
            "left": look.left / look.width,
            "right": look.right / look.width,
            "top": 1 - top / look.height,
            "bottom": bottom / look.height,
        },
    )
    verdicts = _verdicts(figure, shown, look)
    _draw_loss(upper, shown, look, verdicts)
    _draw_rate(lower, shown, look)
    lower.set_xlabel("epoch" if shown.in_epochs else "step")
    lower.set_xlim(shown.begin, shown.end)
    lower.xaxis.set_major_locator(MaxNLocator(nbins=8 if shown.end < 1000 else look.most_numbers, steps=[1, 2, 5, 10]))
    lower.xaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
    _rule_restarts(upper, lower, shown.restarts, look)
    _write_verdicts(upper, verdicts, look)
    if shown.in_epochs and not shown.by_epoch:
        _add_step_axis(upper, shown, look)
    figure.align_ylabels([upper, lower])


def _draw_words(figure: Figure, run: Run, shown: Drawn, part: Part, look: _Look) -> float:
    """Name, settings, and what the lines are; returns how far down they reach, in points."""
    name, settings = caption(run, part)
    if shown.by_epoch:
        lines = "loss of each epoch; no steps were recorded"
    else:
        lines = f"thin: {_loss_words(run)}; thick: smoothed, half-life {half_life(run):g} steps"
    # A dollar sign in a name is no formula.
    words: dict[str, Any] = {"va": "center", "parse_math": False}
    down = look.ems(1.55)

    def place(text: str, em: float, **more: Any) -> Any:
        x = look.right if more.get("ha") == "right" else look.left
        return figure.text(x / look.width, 1 - down / look.height, text, fontsize=look.ems(em), **words, **more)

    title = place(name, 1.13, fontweight="bold")
    legend = place(lines, 0.83, color=look.theme.quiet, ha="right")
    # Beside the name where both have room, else below all.
    below = drawn_width(title) + drawn_width(legend) + look.ems(1.5) > look.room
    if below:
        legend.remove()
    for line in wrapped(
        settings, lambda text: words_width(figure, text, look.ems(0.9)), look.width - look.left - look.ems(1)
    ):
        down += look.ems(1.5)
        place(line, 0.9, color=look.theme.quiet)
    if below:
        down += look.ems(1.5)
        place(lines, 0.83, color=look.theme.quiet)
    return down


def _draw_rate(axes: Axes, shown: Drawn, look: _Look) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_ylabel("learning rate")
    rate = shown.learning_rate
    finite = rate[np.isfinite(rate)]
    if not len(finite):
        axes.set_yticks([])
        middle: dict[str, Any] = {"ha": "center", "va": "center", "color": look.theme.quiet}
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, **middle)
        return
    axes.plot(
        *_thinned(shown.x, rate),
        color=look.theme.rate,
        linewidth=look.lines(1.0),
        linestyle=look.theme.rate_dash,
        **_marker(shown, look),
    )
    axes.set_ylim(bottom=min(0.0, float(finite.min())))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _marker(shown: Drawn, look: _Look) -> dict[str, Any]:
    """A line through one or two points could hardly be seen."""
    return {"marker": "o" if len(shown.x) < 3 else "", "markersize": look.lines(2.5)}


def _loss_words(run: Run) -> str:
    return "true loss of every batch" if run.loss_kind == "batch loss" else f"{run.loss_kind} of the loss"


def _draw_loss(axes: Axes, shown: Drawn, look: _Look, verdicts: list[_Verdict]) -> None:
    theme, x, loss = look.theme, shown.x, shown.loss
    axes.plot(*_thinned(x, loss), color=theme.raw, linewidth=look.lines(0.5), **_marker(shown, look))
    # Broken at each restart, where the average begins afresh.
    for begin, stop in zip([0, *shown.breaks], [*shown.breaks, len(x)], strict=True):
        line = _thinned(x[begin:stop], shown.smoothed[begin:stop])
        axes.plot(*line, color=theme.training, linewidth=look.lines(1.2))
    labels = [("training", theme.training, _last_finite(shown.smoothed))]

    if len(shown.validation):
        axes.plot(
            shown.validation_x,
            shown.validation,
            color=theme.validation,
            linewidth=look.lines(1.0),
            linestyle=theme.validation_dash,
            marker="o",
            markersize=look.lines(2.2),
            markerfacecolor=theme.ground if theme.hollow else theme.validation,
            markeredgewidth=look.lines(0.7) if theme.hollow else 0,
            # Markers that touch would hide the line, and the training's behind it.
            markevery=_few(len(shown.validation), int(look.room / look.lines(7))),
            clip_on=False,
            zorder=3,
        )
        labels.append(("validation", theme.validation, float(shown.validation[-1])))

    values = np.concatenate([loss[np.isfinite(loss)], shown.validation])
    positive = values[values > 0]
    hidden = len(values) - len(positive)
    # A few batches that are learned to the last bit, at a loss of exactly 0, do not make the rest unreadable.
    if len(positive) and hidden <= _MOST_HIDDEN * len(values):
        axes.set_yscale("log", nonpositive="mask")
        plain_log_ticks(axes.yaxis, float(positive.min()), float(positive.max()))
        if hidden:
            axes.annotate(
                f"{hidden:,} value{'s' * (hidden > 1)} ≤ 0 not shown on the log scale",
                (0.995, 0.02),
                xycoords="axes fraction",
                fontsize=look.ems(0.83),
                color=theme.quiet,
                ha="right",
            )
    axes.set_ylabel("loss")
    _make_room(axes, verdicts, look)
    _mark_gaps(axes, x[~np.isfinite(loss)], look)
    _label_ends(axes, labels, look)


def _few(count: int, most: int) -> list[int]:
    """Evenly spaced ones of so many, the last one among them."""
    return list(range(count - 1, -1, -math.ceil(count / most)))


def _last_finite(values: npt.NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else float("nan")


def _mark_gaps(axes: Axes, where: npt.NDArray[np.float64], look: _Look) -> None:
    """A cross on the axis where the loss was NaN or infinite; a long stretch needs one only."""
    if len(where):
        axes.plot(
            where[:1],
            [0.0],
            marker="x",
            color=look.theme.wrong,
            markersize=look.lines(6),
            markeredgewidth=look.lines(1.4),
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            zorder=4,
        )
        axes.annotate(
            "loss not finite",
            (where[0], 0.0),
            (look.ems(0.55), look.ems(0.65)),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            color=look.theme.wrong,
            fontsize=look.ems(0.87),
        )


def _label_ends(axes: Axes, labels: list[tuple[str, str, float]], look: _Look) -> None:
    """Name each line beside its end; names that would overlap move apart."""
    placed: list[tuple[float, str, str]] = []
    for text, color, value in labels:
        if np.isfinite(value):
            point = axes.transData.transform((0.0, value))
            placed.append((float(axes.transAxes.inverted().transform(point)[1]), text, color))
    placed.sort()
    half = look.ems(0.68) / (axes.get_position().height * look.height)
    ends: list[float] = []
    for height, text, color in placed:
        center = min(max(height, half), 1 - half)
        if ends:
            center = max(center, ends[-1] + half)
        ends.append(center + half)
        axes.annotate(
            text,
            (1.0, center),
            (look.ems(0.93), 0),
            xycoords="axes fraction",
            textcoords="offset points",
            color=color,
            fontsize=look.ems(0.93),
            va="center",
        )


def _rule_restarts(upper: Axes, lower: Axes, restarts: list[tuple[int, float]], look: _Look) -> None:
    from matplotlib.collections import LineCollection

    every = _every(restarts)
    for axes in (upper, lower):
        # All of them as one: there may be thousands.
        rules = LineCollection(
            [((position, 0.0), (position, 1.0)) for _, position in restarts],
            colors=look.theme.rule,
            linewidths=look.lines(0.6),
            linestyles=look.theme.rule_dash,
            transform=axes.get_xaxis_transform(),
            zorder=0.5,
        )
        axes.add_collection(rules, autolim=False)
    for number, position in restarts:
        if number % every == 0:
            upper.annotate(
                str(number),
                (position, 1.0),
                (look.ems(_NUMBER_AT), -look.ems(_NUMBER_BELOW)),
                xycoords=upper.get_xaxis_transform(),
                textcoords="offset points",
                color=look.theme.quiet,
                fontsize=look.ems(_NUMBER),
                va="top",
            )


def _every(restarts: list[tuple[int, float]]) -> int:
    """Of how many restarts one gets its number."""
    return next(n for n in (1, 2, 5, 10, 20, 50, 100, 10**9) if len(restarts) <= n * _NUMBERED)


def _verdicts(figure: Figure, shown: Drawn, look: _Look) -> list[_Verdict]:
    """The verdicts that have room between their restart and the next, in one line or else in two."""
    every, points = _every(shown.restarts), look.room / (shown.end - shown.begin)
    stops = [*(position for _, position in shown.restarts), shown.end][1:]
    widths: dict[str, float] = {}
    found = []
    for (number, position), stop in zip(shown.restarts, stops, strict=True):
        words = shown.verdicts.get(number)
        if words is None:
            continue
        indent = look.ems(_NUMBER_AT)
        if number % every == 0:
            indent += words_width(figure, str(number), look.ems(_NUMBER)) + look.ems(0.4)
        for text in dict.fromkeys((words, words.replace(", ", ",\n"))):
            if text not in widths:
                widths[text] = words_width(figure, text, look.ems(_VERDICT))
            if indent + widths[text] + look.ems(_NUMBER_AT) <= (stop - position) * points:
                found.append(_Verdict(position, indent, text))
                break
    return found


def _make_room(axes: Axes, verdicts: list[_Verdict], look: _Look) -> None:
    """Keep the curves below the verdicts: a strip at the top, with the margin that is there already."""
    if not verdicts:
        return
    lines = max(verdict.words.count("\n") + 1 for verdict in verdicts)
    height = axes.get_position().height * look.height
    margin = axes.get_ymargin()
    strip = look.ems(_NUMBER_BELOW + 1.2 * _VERDICT * lines + 0.3) / height - margin / (1 + 2 * margin)
    scale = axes.yaxis.get_transform()
    low, high = scale.transform(np.array(axes.get_ylim()))
    axes.set_ylim(top=float(scale.inverted().transform(np.array([low + (high - low) / (1 - max(0.0, strip))]))[0]))


def _write_verdicts(axes: Axes, verdicts: list[_Verdict], look: _Look) -> None:
    for verdict in verdicts:
        # Line by line: matplotlib sets the first of several lines lower than a single one.
        for place, line in enumerate(verdict.words.split("\n")):
            axes.annotate(
                line,
                (verdict.position, 1.0),
                (verdict.indent, -look.ems(_NUMBER_BELOW + 0.05 + 1.15 * _VERDICT * place)),
                xycoords=axes.get_xaxis_transform(),
                textcoords="offset points",
                color=look.theme.quiet,
                fontsize=look.ems(_VERDICT),
                va="top",
            )


def _add_step_axis(axes: Axes, shown: Drawn, look: _Look) -> None:
    """The same axis counted in steps, above the figure."""
    from matplotlib.ticker import MaxNLocator

    x, steps = shown.x, shown.steps
    # Carried on past both ends: the axes end where the last step does, and ticks may lie beyond.
    slope = (steps[-1] - steps[0]) / (x[-1] - x[0]) if len(x) > 1 else 1.0

    def beyond(values: Any, known: npt.NDArray[Any]) -> Any:
        values = np.asarray(values)
        return np.maximum(values - known[-1], 0) + np.minimum(values - known[0], 0)

    def to_steps(position: Any) -> Any:
        return np.interp(position, x, steps) + beyond(position, x) * slope

    def to_positions(step: Any) -> Any:
        return np.interp(step, steps, x) + beyond(step, steps) / slope

    top = axes.secondary_xaxis("top", functions=(to_steps, to_positions))
    top.set_xlabel("step", labelpad=look.ems(0.3))
    top.spines["top"].set_visible(True)
    top.xaxis.set_major_locator(MaxNLocator(nbins=look.most_numbers, steps=[1, 2, 5, 10], integer=True))
    top.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _thinned(
    x: npt.NDArray[np.float64], y: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The lowest and the highest point of each of many equal parts, so that no peak is lost."""
    size = len(y) // _PARTS
    if size < 4:
        return x, y.astype(float)
    whole = size * _PARTS
    parts = y[:whole].astype(float).reshape(_PARTS, size)
    finite = np.isfinite(parts)
    lowest = np.where(finite, parts, np.inf).argmin(axis=1)
    highest = np.where(finite, parts, -np.inf).argmax(axis=1)
    first = np.arange(0, whole, size)
    kept = np.sort(np.concatenate([first + lowest, first + highest, np.arange(whole, len(y))]))
    return x[kept], y[kept].astype(float)
