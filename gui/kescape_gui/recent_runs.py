"""The runs that were looked at last; no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MOST = 10


@dataclass(frozen=True)
class RecentRun:
    """One entry of the list."""

    path: Path
    is_there: bool


class RecentRuns:
    r"""Paths, the latest first. They are kept as text, a line each.

    Example:
        >>> recent = RecentRuns("/runs/a\n/runs/b")
        >>> recent.add(Path("/runs/b"))
        >>> str(recent)
        '/runs/b\n/runs/a'
    """

    def __init__(self, text: str = "") -> None:
        self._paths = [Path(line) for line in text.splitlines() if line.strip() and "\0" not in line][:_MOST]

    def __str__(self) -> str:
        return "\n".join(map(str, self._paths))

    def add(self, path: Path) -> None:
        """A run is being looked at. A path of several lines cannot be kept."""
        if len(str(path).splitlines()) == 1:
            self._paths = [path, *(known for known in self._paths if known != path)][:_MOST]

    def entries(self, is_run: Callable[[Path], bool]) -> list[RecentRun]:
        """The list, and which of them are there still, as `is_run` says of a path."""
        return [RecentRun(path, is_run(path)) for path in self._paths]
