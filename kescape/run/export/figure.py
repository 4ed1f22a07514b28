"""The figure of a run for papers and slides: loss above learning rate, restarts ruled through both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kescape.run.errors import NothingToExport
from kescape.run.export.caption import caption
from kescape.run.export.epoch_axis import epoch_positions
from kescape.run.smoothing import smooth

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kescape.run.reader import EpochRow, Run

WIDTH_MM = 183.0
"""The full width of a page in most journals."""

_HEIGHT_MM = 112.0
_MM = 1 / 25.4

# Okabe and Ito's colours, which stay apart for colour-blind readers.
_RAW = "#A9CFE6"
_TRAINING = "#0072B2"
_VALIDATION = "#D55E00"
_RATE = "#009E73"
_QUIET = "#595959"
_RULE = "#9A9A9A"

_MOST_HIDDEN = 0.05
"""Share of losses at or below 0 with which a log scale is still the better picture."""

# More lines than this are no longer told apart, so only every second, fifth, ... restart gets its
# number.
_NUMBERED = 16
# A curve is drawn as its lowest and highest value in so many parts: more than the dots of a print
# can show.
_PARTS = 1600

_STYLE: Any = {
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "axes.formatter.useoffset": False,
    # Text stays text, which can be searched and edited.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "svg.hashsalt": "kescape",
}


def write_figure(run: Run, path: Path, kind: str) -> None:
    """Draw a run and write it as png, svg or pdf."""
    # Slow to import, and rarely wanted. Without pyplot, so that no window system is asked for.
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curves = run.curves() if run.steps else _curves_of_epochs(run)
    if not len(curves.get("loss", ())):
        raise NothingToExport(f"The run {run.name!r} has no recorded loss yet, so there is nothing to draw.")
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_MM * _MM, _HEIGHT_MM * _MM))
        FigureCanvasAgg(figure)
        _draw(figure, run, curves)
        metadata: dict[str, Any] = {"Title": f"{run.name}: loss and learning rate"}
        if kind == "svg":
            metadata["Date"] = None  # the same run gives the same file
        figure.savefig(path, format=kind, dpi=300, metadata=metadata)


def _curves_of_epochs(run: Run) -> dict[str, npt.NDArray[Any]]:
    """A point an epoch, for a run that was imported without its steps."""
    rows = [row for row in run.epochs() if "loss" in row.values]
    curves = {name: np.array([row.values.get(name, np.nan) for row in rows]) for name in ("loss", "learning_rate")}
    return {"step": np.array([row.last_step for row in rows], np.int64), **curves}


def _draw(figure: Figure, run: Run, curves: dict[str, npt.NDArray[Any]]) -> None:
    upper, lower = figure.subplots(
        2,
        1,
        sharex=True,
        gridspec_kw={
            "height_ratios": (65, 35),
            "hspace": 0.09,
            "left": 0.09,
            "right": 0.9,
            "top": 0.835,
            "bottom": 0.095,
        },
    )
    steps = curves["step"]
    by_epoch = not run.steps
    positions = epoch_positions(curves, run.steps_per_epoch)
    if by_epoch:
        # What is known of an epoch is known at its end.
        x = steps + 1.0
        end = x[-1]
    else:
        x = steps.astype(float) if positions is None else positions
        # Where the last step ends, in epochs; a single step has no length to go by.
        end = x[-1] + (x[-1] - x[-2] if len(x) > 1 else 1.0)

    starts = np.array([start.step for start in run.cycles() if start.step > 0], np.int64)
    restarts = run.restarts()
    _draw_loss(upper, x, end, curves["loss"], run, starts)
    _draw_rate(lower, x, curves.get("learning_rate", np.empty(0)))
    lower.set_xlabel("epoch" if by_epoch or positions is not None else "step")
    lower.set_xlim(0.0 if by_epoch else x[0], end)
    _rule_restarts(upper, lower, [float(np.interp(step, steps, x)) for step in restarts])
    if positions is not None:
        _add_step_axis(upper, x, steps)
    figure.align_ylabels([upper, lower])
    name, settings = caption(run)
    # A dollar sign in a name is no formula.
    words: dict[str, Any] = {"va": "center", "parse_math": False}
    figure.text(0.09, 0.963, name, fontsize=8.5, fontweight="bold", **words)
    smoothing = f"light: {_loss_words(run)}; line: smoothed, half-life {_half_life(run):g} steps"
    figure.text(
        0.9,
        0.963,
        "loss of each epoch; no steps were recorded" if by_epoch else smoothing,
        fontsize=6.2,
        color=_QUIET,
        ha="right",
        **words,
    )
    figure.text(0.09, 0.927, settings, fontsize=6.8, color=_QUIET, **words)


def _draw_rate(axes: Axes, x: npt.NDArray[np.float64], rate: npt.NDArray[Any]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_ylabel("learning rate")
    finite = rate[np.isfinite(rate)]
    if not len(finite):
        axes.set_yticks([])
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", va="center", color=_QUIET)
        return
    axes.plot(*_thinned(x, rate), color=_RATE, linewidth=1.0, marker=_marker(x), markersize=2.5)
    axes.set_ylim(bottom=min(0.0, float(finite.min())))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _marker(x: npt.NDArray[np.float64]) -> str:
    """A line through one or two points could hardly be seen."""
    return "o" if len(x) < 3 else ""


def _loss_words(run: Run) -> str:
    return "true loss of every batch" if run.loss_kind == "batch loss" else f"{run.loss_kind} of the loss"


def _half_life(run: Run) -> float:
    return max(10.0, (run.steps_per_epoch or 0) / 20)


def _draw_loss(
    axes: Axes,
    x: npt.NDArray[np.float64],
    end: float,
    loss: npt.NDArray[Any],
    run: Run,
    starts: npt.NDArray[np.int64],
) -> None:
    # The mean of an epoch is drawn as it is.
    smoothed = smooth(loss, _half_life(run), starts) if run.steps else loss
    axes.plot(*_thinned(x, loss), color=_RAW, linewidth=0.5, marker=_marker(x), markersize=2.5)
    # Broken at each restart, where the average begins afresh.
    for begin, stop in zip([0, *starts], [*starts, len(x)], strict=True):
        axes.plot(*_thinned(x[begin:stop], smoothed[begin:stop]), color=_TRAINING, linewidth=1.2)
    labels = [("training", _TRAINING, _last_finite(smoothed))]

    rows = [row for row in run.epochs() if np.isfinite(row.values.get("val_loss", np.nan))]
    validation = np.array([row.values["val_loss"] for row in rows])
    if len(rows):
        axes.plot(
            [_after(run, row, x, end) for row in rows],
            validation,
            color=_VALIDATION,
            linewidth=1.0,
            linestyle=(0, (3.5, 1.8)),
            marker="o",
            markersize=2.2,
            markevery=max(1, len(rows) // 60),
            clip_on=False,
            zorder=3,
        )
        labels.append(("validation", _VALIDATION, float(validation[-1])))

    finite = loss[np.isfinite(loss)]
    shown = np.concatenate([finite, validation])
    positive = shown[shown > 0]
    hidden = len(shown) - len(positive)
    # A few batches that are learned to the last bit, at a loss of exactly 0, do not make the rest unreadable.
    if len(positive) and hidden <= _MOST_HIDDEN * len(shown):
        axes.set_yscale("log", nonpositive="mask")
        _plain_log_ticks(axes, float(positive.min()), float(positive.max()))
        if hidden:
            axes.annotate(
                f"{hidden:,} value{'s' * (hidden > 1)} ≤ 0 not shown on the log scale",
                (0.995, 0.02),
                xycoords="axes fraction",
                fontsize=6.2,
                color=_QUIET,
                ha="right",
            )
    axes.set_ylabel("loss")
    _mark_gaps(axes, x[~np.isfinite(loss)])
    _label_ends(axes, labels)


def _after(run: Run, row: EpochRow, x: npt.NDArray[np.float64], end: float) -> float:
    """Where an epoch ends, which is where its validation takes place."""
    following = row.last_step + (1 if run.steps else 0)
    return float(x[following]) if following < len(x) else end


def _last_finite(values: npt.NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else float("nan")


def _mark_gaps(axes: Axes, where: npt.NDArray[np.float64]) -> None:
    """A cross on the axis where the loss was NaN or infinite; a long stretch needs one only."""
    if len(where):
        axes.plot(
            where[:1],
            [0.0],
            marker="x",
            color="#CC3311",
            markersize=6,
            markeredgewidth=1.4,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            zorder=4,
        )
        axes.annotate(
            "loss not finite",
            (where[0], 0.0),
            (4, 5),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            color="#CC3311",
            fontsize=6.5,
        )


def _label_ends(axes: Axes, labels: list[tuple[str, str, float]]) -> None:
    """Name each line beside its end; names that would overlap move apart."""
    placed: list[tuple[float, str, str]] = []
    for text, color, value in labels:
        if np.isfinite(value):
            point = axes.transData.transform((0.0, value))
            placed.append((float(axes.transAxes.inverted().transform(point)[1]), text, color))
    placed.sort()
    ends: list[float] = []
    for height, text, color in placed:
        half = 0.035 * (text.count("\n") + 1)
        center = min(max(height, half), 1 - half)
        if ends:
            center = max(center, ends[-1] + half)
        ends.append(center + half)
        axes.annotate(
            text,
            (1.0, center),
            (7, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            color=color,
            fontsize=7,
            va="center",
            linespacing=1.15,
        )


def _rule_restarts(upper: Axes, lower: Axes, positions: list[float]) -> None:
    every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 10**9) if len(positions) <= n * _NUMBERED)
    for number, position in enumerate(positions, start=1):
        for axes in (upper, lower):
            axes.axvline(position, color=_RULE, linewidth=0.6, zorder=0.5)
        if number % every == 0:
            upper.annotate(
                str(number),
                (position, 1.0),
                (2.5, -2),
                xycoords=upper.get_xaxis_transform(),
                textcoords="offset points",
                color=_QUIET,
                fontsize=6.5,
                va="top",
            )


def _add_step_axis(axes: Axes, x: npt.NDArray[np.float64], steps: npt.NDArray[np.int64]) -> None:
    """The same axis counted in steps, above the figure."""
    from matplotlib.ticker import MaxNLocator

    # Carried on past the last step, since the axes end where it ends.
    slope = (steps[-1] - steps[0]) / (x[-1] - x[0]) if len(x) > 1 else 1.0

    def to_steps(position: Any) -> Any:
        inside = np.interp(position, x, steps)
        return inside + np.maximum(np.asarray(position) - x[-1], 0) * slope

    def to_positions(step: Any) -> Any:
        inside = np.interp(step, steps, x)
        return inside + np.maximum(np.asarray(step) - steps[-1], 0) / slope

    top = axes.secondary_xaxis("top", functions=(to_steps, to_positions))
    top.set_xlabel("step", labelpad=2)
    top.spines["top"].set_visible(True)
    top.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    top.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _plain_log_ticks(axes: Axes, low: float, high: float) -> None:
    """Numbers as people write them: 0.05, 1, 20; powers of ten only over a wide range."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    decades = np.log10(high / low)
    if decades < 4:
        subs = (1.0, 2.0, 5.0) if decades < 2 else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=subs))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


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
