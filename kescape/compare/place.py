"""Where the runs of a comparison are trained: what the one who hands them out needs to know of it. No Keras, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["Ended", "Place"]


@dataclass(frozen=True)
class Ended:
    """A run is not trained any more.

    Attributes:
        folder: The run's folder; how it ended is in there.
        lost: Why its process or its computer went away without a last word, in a sentence; None where the run itself
            came to an end. What was lost goes on from its last checkpoint when it is started again.
    """

    folder: Path
    lost: str | None = None


class Place(Protocol):
    """Something that trains runs: engine processes of this machine, or a cluster.

    A run that is started has its folder, with settings (and perhaps a request to go on), on this machine; whatever
    happens to it appears in that folder while it happens.
    """

    @property
    def at_once(self) -> int:
        """How many runs it trains at a time, as far as is known now."""

    @property
    def where(self) -> str:
        """Where they are trained, in words, for example `2 engines with 1 thread each`."""

    def has_room(self) -> bool:
        """Whether another run can be started now."""

    def start(self, folder: Path) -> None:
        """Train the run in `folder`, or let it go on."""

    def ended(self) -> list[Ended]:
        """The runs that have ended since this was last asked."""

    def stop(self) -> None:
        """Tell all runs to stop after the step that they are in, so that they can go on later."""

    def close(self) -> None:
        """Let go of all processes; what still trains is ended at once, and can go on later."""
