"""The colours of the window: one light and one dark set, and the palettes made from them.

Data colours are those of Okabe and Ito, which stay apart for colour-blind eyes; in each set the ones are
chosen that reach a contrast of 3:1 on its background. Nothing is coloured by style sheets: widgets follow the
palette, and what we paint ourselves asks `colours()` each time the palette changes.

Source: Okabe & Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget


class Appearance(Enum):
    """What View > Appearance offers."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Colours:
    """Every colour the app paints with, as `#rrggbb`."""

    dark: bool
    window: str
    base: str
    alternate: str
    button: str
    border: str
    frame: str
    """Of what can be typed in, ticked or chosen."""
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    grid: str
    rule: str
    loss: str
    loss_raw: str
    validation: str
    learning_rate: str
    planned: str
    good: str
    warning: str
    error: str
    warning_base: str
    error_base: str
    series: tuple[str, ...]
    """Of runs that are drawn along with the one in view, whose loss has a colour of its own; neighbours contrast."""
    racers: tuple[str, ...]
    """Of the methods on the playground: `loss` and some of `series`, which can be told apart."""


LIGHT = Colours(
    dark=False,
    window="#f3f4f6",
    base="#ffffff",
    alternate="#f7f8fa",
    button="#fbfbfc",
    border="#c9ced6",
    frame="#858d98",
    text="#1a1f26",
    muted="#59626e",
    disabled="#9aa2ad",
    accent="#0067a3",
    on_accent="#ffffff",
    grid="#e6e9ed",
    rule="#8a93a0",
    loss="#0072b2",
    loss_raw="#a9cde3",
    validation="#d55e00",
    learning_rate="#00875f",
    planned="#87909c",
    good="#00724f",
    warning="#8a5300",
    error="#b3261e",
    warning_base="#fdf3e1",
    error_base="#fdecea",
    # Found by search: whatever the eyes, any two of these and the loss differ by 12 or more in CIEDE2000.
    series=("#b5893c", "#4a12b4", "#b0507c", "#0f6040", "#860c04", "#242424"),
    racers=("#242424", "#0072b2", "#4a12b4", "#b5893c", "#860c04"),
)

DARK = Colours(
    dark=True,
    window="#202327",
    base="#16181b",
    alternate="#1b1e22",
    button="#2e3238",
    border="#454b54",
    frame="#757e8a",
    text="#e8eaed",
    muted="#a3abb6",
    disabled="#6d7580",
    accent="#56b4e9",
    on_accent="#08131a",
    grid="#272b30",
    rule="#7b8592",
    loss="#56b4e9",
    loss_raw="#2c5470",
    validation="#e69f00",
    learning_rate="#1fb88c",
    planned="#8b94a0",
    good="#35c79a",
    warning="#f0b840",
    error="#ff8a80",
    warning_base="#33290f",
    error_base="#3a1c1a",
    series=("#f0e442", "#7a72f0", "#d970a0", "#a8c880", "#e8453c", "#f2f2f2"),
    racers=("#f2f2f2", "#56b4e9", "#7a72f0", "#f0e442", "#e8453c"),
)


_FRAMED = ("QCheckBox", "QAbstractSpinBox", "QComboBox", "QLineEdit", "QProgressBar", "QPlainTextEdit")


def colours() -> Colours:
    """The set that fits the palette the app has now."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def palette_of(colours: Colours) -> QPalette:
    """The Qt palette made of one set of colours."""
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.alternate,
        role.ToolTipBase: colours.base,
        role.ToolTipText: colours.text,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.button,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Light: colours.button if colours.dark else "#ffffff",
        role.Midlight: colours.button,
        role.Mid: colours.border,
        role.Dark: colours.border,
        role.Shadow: "#000000" if colours.dark else colours.rule,
    }.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.border))
    return palette


def apply_appearance(app: QApplication, appearance: Appearance) -> None:
    """Show the app light, dark, or as the system is."""
    hints = app.styleHints()
    if sys.platform in ("win32", "darwin") and app.style().name() != "fusion":
        # These styles bring good light and dark palettes of their own.
        hints.setColorScheme(
            {
                Appearance.SYSTEM: Qt.ColorScheme.Unknown,
                Appearance.LIGHT: Qt.ColorScheme.Light,
                Appearance.DARK: Qt.ColorScheme.Dark,
            }[appearance]
        )
        return
    dark = appearance is Appearance.DARK or (
        appearance is Appearance.SYSTEM and hints.colorScheme() == Qt.ColorScheme.Dark
    )
    chosen = DARK if dark else LIGHT
    app.setPalette(palette_of(chosen))
    for kind in _FRAMED:
        # PySide takes a str here, and says that it wants bytes, which it refuses.
        app.setPalette(_framed(palette_of(chosen), chosen.frame), kind)  # type: ignore[arg-type]


def _framed(palette: QPalette, frame: str) -> QPalette:
    """The palette of inputs: Fusion frames them 1.4 times as dark as their window, which in the dark nobody sees."""
    palette.setColor(QPalette.ColorRole.Window, QColor(frame).lighter(140))
    return palette


def paint_text(widget: QWidget, colour: str) -> None:
    """Give the text of one label a colour of the current set."""
    palette = widget.palette()
    palette.setColor(QPalette.ColorRole.WindowText, QColor(colour))
    palette.setColor(QPalette.ColorRole.Text, QColor(colour))
    widget.setPalette(palette)


def font(widget: QWidget, *, scale: float = 1.0, bold: bool = False) -> QFont:
    """The widget's font, larger or smaller by `scale`."""
    result = QFont(QApplication.font())
    result.setPointSizeF(result.pointSizeF() * scale)
    result.setBold(bold)
    widget.setFont(result)
    return result
