"""What figures have in common: size and theme, fonts, words that have room, numbers on a log scale."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kescape.run.export.options import Size
from kescape.run.export.themes import Theme

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_POINTS = 72 / 25.4
"""In a millimetre."""

_FURTHER_FONTS = (
    *(
        "Noto Sans CJK SC",
        "Noto Sans CJK JP",
        "Noto Sans CJK KR",
        "PingFang SC",
        "Hiragino Sans",
        "Apple SD Gothic Neo",
    ),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Noto Sans Devanagari", "Nirmala UI", "Arial Unicode MS"),
)
"""For names in scripts that DejaVu, which comes with matplotlib, has not got: asked in this order, where installed."""

_MOST_LINES = 3
"""Of settings above a figure."""


@dataclass(frozen=True)
class Look:
    """A size and a theme; what is measured in ems grows with the text, what is measured in lines with the lines."""

    size: Size
    theme: Theme

    @property
    def width(self) -> float:
        """In points."""
        return self.size.width_mm * _POINTS

    @property
    def height(self) -> float:
        """In points."""
        return self.size.height_mm * _POINTS

    def ems(self, count: float) -> float:
        """So many times the size of the text, in points."""
        return count * self.size.font

    def lines(self, width: float) -> float:
        """A line that is so many points wide on a page."""
        return width * self.size.line

    def style(self) -> Any:
        """All of it that matplotlib takes from its settings."""
        theme, tick = self.theme, self.lines
        return {
            "font.size": self.ems(1),
            "axes.labelsize": self.ems(1),
            "axes.labelpad": self.ems(0.5),
            "axes.linewidth": tick(0.6),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.formatter.useoffset": False,
            "figure.facecolor": theme.ground,
            "axes.facecolor": theme.ground,
            "savefig.facecolor": "auto",
            "axes.edgecolor": theme.axis,
            "axes.labelcolor": theme.text,
            "text.color": theme.text,
            **{
                f"{axis}tick.{what}": value
                for axis in "xy"
                for what, value in {
                    "labelsize": self.ems(0.93),
                    "color": theme.axis,
                    "labelcolor": theme.text,
                    "major.size": self.ems(0.45),
                    "minor.size": self.ems(0.25),
                    "major.pad": self.ems(0.45),
                    "major.width": tick(0.6),
                    "minor.width": tick(0.4),
                }.items()
            },
            # Text stays text, which can be searched and edited.
            "svg.fonttype": "none",
            "pdf.fonttype": 42,
            "svg.hashsalt": "kescape",
        }


@contextlib.contextmanager
def empty_figure(look: Look) -> Iterator[Figure]:
    """A figure to draw on and to save, both within the context."""
    # Slow to import, and rarely wanted. Without pyplot, so that no window system is asked for.
    import matplotlib as mpl
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    installed = set(font_manager.fontManager.get_font_names())
    families = ["DejaVu Sans", *(font for font in _FURTHER_FONTS if font in installed), "sans-serif"]
    with mpl.rc_context({**look.style(), "font.family": families}), warnings.catch_warnings():
        # A sign that no font here has is a box in a picture, which says as much; in SVG it is the sign.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure = Figure(figsize=(look.width / 72, look.height / 72), dpi=72)
        FigureCanvasAgg(figure)
        yield figure


def drawn_width(text: Any) -> float:
    """Of a text that is drawn, in points."""
    return float(text.get_window_extent().width)


def words_width(figure: Figure, text: str, size: float) -> float:
    """Of a text that is drawn for this only, in points."""
    drawn_text = figure.text(0, 0, text, fontsize=size, parse_math=False)
    taken = drawn_width(drawn_text)
    drawn_text.remove()
    return taken


def wrapped(text: str, width_of: Callable[[str], float], room: float) -> list[str]:
    """The text in a few lines that have room, broken at its commas; what is left over ends in dots."""
    lines: list[str] = []
    for piece in text.split(", "):
        longer = f"{lines[-1]}, {piece}" if lines else piece
        if lines and width_of(longer) <= room:
            lines[-1] = longer
        elif len(lines) < _MOST_LINES:
            lines[-1:] = [f"{lines[-1]},"] if lines else []
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]}, …"
            break
    return [shortened(line, width_of, room) for line in lines]


def shortened(line: str, width_of: Callable[[str], float], room: float) -> str:
    """The line, or as much of it as has room, with dots."""
    if width_of(line) <= room:
        return line
    fits = next(count for count in range(len(line) - 1, -1, -1) if count == 0 or width_of(f"{line[:count]}…") <= room)
    return f"{line[:fits]}…"


def plain_log_ticks(axis: Axis, low: float, high: float) -> None:
    """Numbers as people write them: 0.05, 1, 20; powers of ten only over a wide range."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    decades = np.log10(high / low)
    if decades < 4:
        subs = (1.0, 2.0, 5.0) if decades < 2 else (1.0,)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
