"""Facts about this installation, to read in About and to copy into a report; no Qt, and nothing of it is imported."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from kescape import __version__

CITATION = (
    "The KEscape developers (2026). KEscape {version}: warm restarts and momentum for Keras [software].\n"
    "Loshchilov, I. & Hutter, F. (2017). SGDR: Stochastic gradient descent with warm restarts. ICLR. "
    "https://arxiv.org/abs/1608.03983"
)
"""In the form of a list of references, so not translated."""

_PARTS = {
    "PySide6": ("PySide6-Essentials", "PySide6"),
    "pyqtgraph": ("pyqtgraph",),
    "NumPy": ("numpy",),
    "Keras": ("keras",),
    "TensorFlow": ("tensorflow", "tensorflow-cpu", "tensorflow-macos"),
    "JAX": ("jax",),
}
"""What to name, and the distributions that it may have come with."""


def versions() -> dict[str, str]:
    """The installed versions of what KEscape is built on; what is not installed is left out."""
    found = {"KEscape": __version__, "Python": platform.python_version()}
    for name, distributions in _PARTS.items():
        version = next((known for each in distributions if (known := _version(each)) is not None), None)
        if version is not None:
            found[name] = version
    return found


def diagnostics(*, qt: str, screens: Iterable[str], runs: Path) -> dict[str, str]:
    """All facts, each with its name.

    Args:
        qt: The version of Qt itself.
        screens: Each in words.
        runs: The folder that runs are kept in.
    """
    return {
        **versions(),
        "Qt": qt,
        "System": platform.platform(),
        "Screens": "; ".join(screens),
        "Runs": without_home(runs),
    }


def as_text(facts: dict[str, str]) -> str:
    """The facts as text to paste into a message."""
    return "".join(f"{name}: {value}\n" for name, value in facts.items())


def without_home(path: Path) -> str:
    """A path that does not name its owner, where it lies in the home folder.

    Example:
        >>> without_home(Path.home() / "KEscape" / "runs") == str(Path("~/KEscape/runs"))
        True
    """
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except ValueError:
        return str(path)


def citation() -> str:
    """How to cite KEscape, and the paper that it follows."""
    return CITATION.format(version=__version__)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
