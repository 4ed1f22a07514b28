"""Writes a landscape to a file: a figure (`.png`, `.svg`, `.pdf`) or its numbers (`.csv`); no Keras, no Qt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kescape.landscape.scale import contour_levels, lowest_on_log, spans_decades
from kescape.landscape.store import Landscape, PathPoint
from kescape.run.errors import ExportError
from kescape.run.export.csv import write_csv
from kescape.run.export.registry import whole_file
from kescape.run.export.themes import THEMES
from kescape.run.folder import expanded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SUFFIXES", "save_landscape"]

SUFFIXES = (".csv", ".png", ".svg", ".pdf")

_MOST_LETTERS = 12
"""Of a name beside a dot."""

_LOOK = THEMES["light"]
_DOT: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.8, "markersize": 6.0}
_BOX: dict[str, Any] = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}


def save_landscape(landscape: Landscape, path: str | Path) -> Path:
    """Write a landscape to `path`, which appears whole or not at all; returns the path.

    A table has the columns `alpha`, `beta` (0 on a line) and `loss`, a row for each point that is known, all numbers so
    that they come back bit for bit. A figure shows the loss as it is known so far, with the snapshots on it.

    Args:
        landscape: What is written.
        path: The file, whose suffix says which kind; an existing one is replaced.

    Raises:
        ExportError: The suffix is none of `.csv`, `.png`, `.svg` and `.pdf`, or nothing is known yet.
        ExportUnwritable: The file cannot be written.
    """
    path = expanded(path).absolute()
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise ExportError(
            f"path must end with .csv, .png, .svg or .pdf, because these can be written; got {path.name!r}"
        )
    if not landscape.known:
        raise ExportError("The landscape has no point that is known yet, so there is nothing to write.")
    with whole_file(path) as temporary:
        if kind == ".csv":
            write_csv(_table(landscape), temporary)
        else:
            _draw(landscape, temporary, kind.removeprefix("."))
    return path


def _table(landscape: Landscape) -> dict[str, NDArray[Any]]:
    alpha, beta = landscape.alpha, np.zeros(len(landscape.alpha))
    if not landscape.request.is_line:
        alpha, beta = (places.reshape(-1) for places in np.meshgrid(landscape.alpha, landscape.beta))
    loss = landscape.loss.reshape(-1)
    is_known = ~np.isnan(loss)
    return {"alpha": alpha[is_known], "beta": beta[is_known], "loss": loss[is_known]}


def _draw(landscape: Landscape, path: Path, kind: str) -> None:
    # Slow to import. Without pyplot, so that no window system is asked for.
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style: Any = {
        "font.size": 7.5,
        "axes.spines.right": not landscape.request.is_line,
        "axes.spines.top": not landscape.request.is_line,
        "axes.linewidth": 0.6,
        "axes.formatter.useoffset": False,
        # Text stays text, which can be searched and edited.
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
        "svg.hashsalt": "kescape",
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=_size(landscape), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        (_draw_line if landscape.request.is_line else _draw_plane)(landscape, axes, figure)
        figure.supxlabel(_caption(landscape), fontsize=6.5, color=_LOOK.quiet, parse_math=False)
        date = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
        figure.savefig(path, format=kind, dpi=300, metadata={"Title": _title(landscape), **date})


def _draw_line(landscape: Landscape, axes: Axes, figure: Figure) -> None:
    is_known = np.isfinite(landscape.loss)
    alpha, loss = landscape.alpha[is_known], landscape.loss[is_known]
    ends = [(point.alpha, point.loss) for point in landscape.path]
    axes.plot(alpha, loss, color=_LOOK.training, linewidth=1.4)
    axes.plot(*zip(*ends, strict=True), color=_LOOK.quiet, linewidth=0.9, linestyle=_LOOK.validation_dash, zorder=1.5)
    axes.plot(*zip(*ends, strict=True), "o", color=_LOOK.training, **_DOT)
    if spans_decades(loss) and (loss > 0).all():
        axes.set_yscale("log")
    for piece, barrier in enumerate(landscape.barriers):
        base = max(loss for _, loss in ends[piece : piece + 2])
        inside = (alpha >= piece) & (alpha <= piece + 1)
        if not np.isfinite(barrier.rise) or not inside.any():
            words, place, top = "the loss is infinite on the way", piece + 0.5, base if np.isfinite(base) else 0.0
        elif not barrier.is_above_noise:
            words, place, top = "no barrier", piece + 0.5, float(loss[inside].max())
        else:
            highest = int(np.argmax(np.where(inside, loss, -np.inf)))
            place, top = float(alpha[highest]), float(loss[highest])
            words = f"barrier {barrier.rise:#.3g}\n({barrier.low:#.3g} to {barrier.high:#.3g})"
            axes.annotate(
                "",
                (place, top),
                (place, base),
                arrowprops={"arrowstyle": "<->", "color": _LOOK.validation, "shrinkA": 0, "shrinkB": 0, "linewidth": 1},
            )
            axes.plot((piece, piece + 1), (base, base), color=_LOOK.validation, linewidth=0.6, linestyle=":")
        axes.annotate(
            words, (place, top), (0, 5), textcoords="offset points", ha="center", va="bottom", color=_LOOK.validation
        )
    axes.margins(y=0.15)
    axes.set_xticks([point.alpha for point in landscape.path], [_short(point) for point in landscape.path])
    quarters = np.arange(np.ceil(landscape.alpha[0] * 4), np.floor(landscape.alpha[-1] * 4) + 1) / 4
    axes.set_xticks(quarters, minor=True)
    axes.set_xlabel("straight line between the minima" if len(ends) == 2 else "straight lines from minimum to minimum")
    axes.set_ylabel("loss")
    axes.set_title(_title(landscape), fontsize=7.5, loc="left", parse_math=False)


def _draw_plane(landscape: Landscape, axes: Axes, figure: Figure) -> None:
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.ticker import LogLocator, MaxNLocator

    loss = np.where(np.isfinite(landscape.shown), landscape.shown, np.nan)
    losses = np.concatenate([loss[np.isfinite(loss)], [p.loss for p in landscape.path if np.isfinite(p.loss)]])
    is_log = spans_decades(loss)
    low, high = (float(losses.min()), float(losses.max())) if len(losses) else (0.0, 1.0)
    if is_log:
        low = lowest_on_log(losses)
    # On a log scale lower losses, and 0, have the lowest colour.
    norm = (LogNorm if is_log else Normalize)(low, high if high > low else low + 1.0, clip=True)
    axes.set_facecolor(_LOOK.rule)  # where the loss is infinite
    shading: Any = "gouraud" if np.isfinite(loss).all() else "nearest"
    image = axes.pcolormesh(
        landscape.alpha, landscape.beta, loss, norm=norm, cmap="viridis", shading=shading, rasterized=True
    )
    ticks = LogLocator(subs=(1, 2, 5)) if is_log else MaxNLocator(8)
    figure.colorbar(
        image, cax=axes.inset_axes((1.04, 0, 0.045, 1)), label="loss", ticks=ticks, format="%g"
    ).ax.minorticks_off()
    if high > low:
        levels = contour_levels(low, high, log=is_log)
        axes.contour(landscape.alpha, landscape.beta, loss, levels=levels, colors="white", linewidths=0.4, alpha=0.6)
    across, up = ([getattr(point, name) for point in landscape.path] for name in ("alpha", "beta"))
    axes.plot(across, up, color="white", linewidth=1.2)
    colours = image.cmap(norm([point.loss for point in landscape.path]))
    axes.scatter(across, up, s=34, c=colours, edgecolors="white", linewidths=1.0, zorder=3)
    extent = (landscape.alpha[0], landscape.alpha[-1], landscape.beta[0], landscape.beta[-1])
    for point in _labelled(landscape, extent):
        right, above = _free_side(landscape, point, extent)
        axes.annotate(
            _short(point),
            (point.alpha, point.beta),
            (5 * right, 5 * above),
            textcoords="offset points",
            ha="left" if right > 0 else "right",
            va="bottom" if above > 0 else "top",
            fontsize=6.5,
            bbox=_BOX,
            parse_math=False,
        )
    axes.set_xlim(extent[0], extent[1])
    axes.set_ylim(extent[2], extent[3])
    axes.set_aspect("equal")
    names = _axis_names(landscape)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.set_title(_title(landscape), fontsize=7.5, loc="left", parse_math=False)


def _labelled(landscape: Landscape, extent: tuple[float, float, float, float]) -> list[PathPoint]:
    """The snapshots that get a name: all of them unless they lie on top of each other, the later ones first."""
    named: list[PathPoint] = []
    near = 0.03 * max(extent[1] - extent[0], extent[3] - extent[2])
    asked = [point for point in landscape.path if point.step in landscape.request.steps]
    others = [point for point in landscape.path if point.step not in landscape.request.steps]
    for point in [*reversed(asked), *reversed(others)]:
        is_in = extent[0] <= point.alpha <= extent[1] and extent[2] <= point.beta <= extent[3]
        if is_in and all(np.hypot(point.alpha - o.alpha, point.beta - o.beta) > near for o in named):
            named.append(point)
    return named


def _free_side(landscape: Landscape, point: PathPoint, extent: tuple[float, float, float, float]) -> tuple[int, int]:
    """Where a name is not in the way of the path, nor beyond the picture: 1 or -1, to the right and above."""
    number = landscape.path.index(point)
    beside = [landscape.path[other] for other in (number - 1, number + 1) if 0 <= other < len(landscape.path)]
    sides = []
    for at, others, low, high in (
        (point.alpha, [other.alpha for other in beside], extent[0], extent[1]),
        (point.beta, [other.beta for other in beside], extent[2], extent[3]),
    ):
        away = 1 if not others or at >= float(np.mean(others)) else -1
        share = (at - low) / (high - low)
        sides.append(-1 if share > 0.85 else 1 if share < 0.15 else away)
    return sides[0], sides[1]


def _axis_names(landscape: Landscape) -> tuple[str, str]:
    if landscape.kind == "pca":
        first, second = (f"{100 * share:.0f} % of the variance" for share in landscape.explained)
        return f"first principal direction ({first})", f"second ({second})"
    if landscape.kind == "random":
        return "first random direction, in lengths of the filters", "second random direction"
    return "distance in the space of weights", "distance"


def _title(landscape: Landscape) -> str:
    names = [_short(point) for point in landscape.path if point.step in landscape.request.steps]
    of_all = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
    if len(names) > 5:
        of_all = f"{len(names)} snapshots"
    return {
        "line": f"Loss on the straight {'line' if len(names) == 2 else 'lines'} through {of_all}",
        "plane": f"Loss on the plane through {of_all}",
        "random": f"Loss around {of_all}, in two random directions",
        "pca": f"Loss on the plane in which {of_all} lie farthest apart",
    }[landscape.kind]


def _caption(landscape: Landscape) -> str:
    shape = "a plane" if not landscape.request.is_line else "a line" if len(landscape.path) == 2 else "lines"
    words = f"{shape} in {landscape.dimensions:,} dimensions; mean of {landscape.rows:,} rows of the "
    words += f"{landscape.request.part} data"
    if not landscape.request.is_line:
        farthest = max((point.distance for point in landscape.path), default=0.0)
        # What is left by rounding is no distance.
        if farthest > 1e-6 * (landscape.alpha[-1] - landscape.alpha[0]):
            words += f"; snapshots up to {farthest:.2g} off the plane"
    return words if landscape.finished else f"{words}; {landscape.known:,} of {landscape.request.size:,} points so far"


def _short(point: PathPoint) -> str:
    short = point.label.removeprefix("end of ")
    return short if 0 < len(short) <= _MOST_LETTERS else f"step {point.step:,}"


def _size(landscape: Landscape) -> tuple[float, float]:
    """Of the figure, in inches."""
    if landscape.request.is_line:
        return 7.2, 3.6
    across = landscape.alpha[-1] - landscape.alpha[0]
    return 5.2, 0.9 + 3.8 * float(np.clip((landscape.beta[-1] - landscape.beta[0]) / across, 0.4, 1.5))
