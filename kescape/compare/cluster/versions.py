"""What must be the same on all computers that train the runs of one comparison. No Ray, no Keras, no Qt."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping

__all__ = ["installed_versions", "version_problem"]

_NAMES = {"kescape": "KEscape", "keras": "Keras", "tensorflow": "TensorFlow"}
"""What is asked for, by the names of the packages; Ray sees to itself and to Python."""


def installed_versions() -> dict[str, str | None]:
    """The versions that are installed here, by package; None for what is not.

    It is sent to nodes as it is, since KEscape itself may be missing there.

    Example:
        >>> sorted(installed_versions())
        ['keras', 'kescape', 'tensorflow']
    """
    versions: dict[str, str | None] = {}
    for name in ("keras", "tensorflow"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    try:
        # A checkout that nobody has installed has no metadata.
        from kescape import __version__
    except ImportError:
        versions["kescape"] = None
    else:
        versions["kescape"] = __version__
    return versions


def version_problem(node: str, there: Mapping[str, str | None], here: Mapping[str, str | None]) -> str | None:
    """What is wrong with the versions of a node, in a sentence; None if they are those of this computer.

    Example:
        >>> here = {"kescape": "0.1.0", "keras": "3.15.0", "tensorflow": "2.21.0"}
        >>> version_problem("node-7", here | {"keras": "3.14.1"}, here)
        'The node node-7 has Keras 3.14.1, and this computer has Keras 3.15.0; a comparison needs the same everywhere.'
        >>> version_problem("node-7", here | {"kescape": None}, here)
        'The node node-7 has no KEscape, and this computer has KEscape 0.1.0; a comparison needs the same everywhere.'
        >>> version_problem("node-7", here, here)
    """
    for package, name in _NAMES.items():
        theirs, ours = there.get(package), here.get(package)
        if theirs != ours:
            return (
                f"The node {node} has {name} {theirs}, and this computer has {name} {ours}; a comparison needs the "
                "same everywhere."
            ).replace(f"{name} None", f"no {name}")
    return None
