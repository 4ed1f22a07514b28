"""The figure of an escape-rate test: barrier and loss after the restart, over its peak."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kescape.evidence.escape_rates import EscapeRates
from kescape.evidence.range_test_figure import KINDS

__all__ = ["write_figure"]

# Okabe and Ito's colours, as in the figure of a run.
_LOSS, _BARRIER, _QUIET = "#0072B2", "#D55E00", "#595959"


def write_figure(rates: EscapeRates, path: str | Path, kind: str | None = None) -> None:
    """Draw an escape-rate test and write it; see `EscapeRates.plot`."""
    # Slow to import. Without pyplot, so that no window system is asked for.
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    kind = kind or path.suffix.removeprefix(".").lower()
    if kind not in KINDS:
        raise ValueError(f"path must end with .png, .svg or .pdf, because these can be drawn; got path={str(path)!r}")
    shown = [probe for probe in rates.probes if np.isfinite(probe.escape.barrier)]
    peaks = [probe.eta_max for probe in shown]
    with mpl.rc_context({"font.size": 7.5, "axes.spines.right": False, "axes.spines.top": False}):
        figure = Figure(figsize=(5.6, 4.0), layout="constrained")
        FigureCanvasAgg(figure)
        above, below = figure.subplots(2, 1, sharex=True)
        barriers = np.array([probe.escape.barrier for probe in shown])
        spread = [barriers - [p.escape.low for p in shown], [p.escape.high for p in shown] - barriers]
        above.errorbar(peaks, barriers, np.clip(spread, 0, None), color=_BARRIER, marker="o", markersize=4, capsize=2)
        above.set_ylabel("barrier, 95 % interval")
        after = np.array([probe.escape.loss_after for probe in shown])
        below.plot(peaks, after, color=_LOSS, marker="o", markersize=4, label="after the restart")
        if shown:
            below.axhline(shown[0].escape.loss_before, color=_QUIET, linewidth=0.8, linestyle="--", label="before it")
        below.set_ylabel("loss")
        below.set_xlabel("peak of the restart")
        below.set_xscale("log")
        below.legend(frameon=False, fontsize=6.5)
        above.set_title(rates.sentence, fontsize=6.5, color=_QUIET, loc="left", wrap=True, parse_math=False)
        figure.savefig(path, format=kind, dpi=300)
