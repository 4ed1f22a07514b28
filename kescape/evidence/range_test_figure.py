"""The figure of a range test: loss over learning rate, and what the rules pick."""

from __future__ import annotations

from pathlib import Path

from kescape.evidence.range_test import RangeTest, loss_range

__all__ = ["KINDS", "write_figure"]

KINDS = ("png", "svg", "pdf")
"""Formats by the file's suffix."""

# Okabe and Ito's colours, as in the figure of a run.
_RAW, _LOSS, _CHOSEN, _BAD, _QUIET = "#A9CFE6", "#0072B2", "#009E73", "#D55E00", "#595959"


def write_figure(test: RangeTest, path: str | Path, kind: str | None = None) -> None:
    """Draw a range test and write it.

    Args:
        test: What is drawn.
        path: The file.
        kind: One of `KINDS`; by default what the suffix says.

    Raises:
        ValueError: The suffix is another.
        OSError: The file cannot be written.
    """
    # Slow to import. Without pyplot, so that no window system is asked for.
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    kind = kind or path.suffix.removeprefix(".").lower()
    if kind not in KINDS:
        raise ValueError(f"path must end with .png, .svg or .pdf, because these can be drawn; got path={str(path)!r}")
    with mpl.rc_context({"font.size": 7.5, "axes.spines.right": False, "axes.spines.top": False}):
        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.plot(test.rates, test.losses, color=_RAW, linewidth=0.6, label="loss of each batch")
        axes.plot(test.rates, test.smoothed, color=_LOSS, linewidth=1.4, label="smoothed")
        if test.low is not None and test.high is not None and test.suggestion is not None:
            axes.axvspan(test.low, test.high, color=_CHOSEN, alpha=0.1, linewidth=0, label="range for the peak")
            axes.axvline(test.suggestion, color=_CHOSEN, linewidth=1.4, label=f"suggested: {test.suggestion:g}")
        if test.edge is not None:
            axes.axvspan(test.edge, test.rates[-1], color=_BAD, alpha=0.12, linewidth=0, label="the loss explodes")
        for rule in test.rules:
            axes.axvline(rule.learning_rate, color=_QUIET, linewidth=0.6, linestyle=":")
            axes.annotate(
                f" {rule.name}",
                (rule.learning_rate, 1.0),
                xycoords=axes.get_xaxis_transform(),
                rotation=90,
                va="top",
                ha="right",
                fontsize=6,
                color=_QUIET,
            )
        axes.set_xscale("log")
        low, high = loss_range(test)
        axes.set_ylim(low, high)
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss")
        axes.legend(frameon=False, fontsize=6.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        axes.set_title(test.sentence, fontsize=7, color=_QUIET, loc="left", wrap=True, parse_math=False)
        figure.savefig(path, format=kind, dpi=300)
