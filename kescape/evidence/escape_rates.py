"""From which peak on a restart leaves the basin, and up to which it comes down again: what probes told; no Keras."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kescape.evidence.escape import Escape

__all__ = ["EscapeRates", "Probe"]


@dataclass(frozen=True)
class Probe:
    """One restart that was tried.

    Attributes:
        eta_max: Its peak.
        escape: What it did.
    """

    eta_max: float
    escape: Escape

    @property
    def crossed(self) -> bool:
        """Whether a barrier above noise lies between where it began and where it ended."""
        return self.escape.verdict.startswith("crossed")

    @property
    def recovered(self) -> bool:
        """Whether it ended no higher than it began, or by no more than noise."""
        return self.escape.change_low <= 0


@dataclass(frozen=True)
class EscapeRates:
    """What a few restarts with rising peaks have shown, all from the same minimum.

    Attributes:
        probes: By rising peak.
        untried: Peaks that were left out, because the loss of a lower one was not finite.
        epochs: The length of each restart.
    """

    probes: tuple[Probe, ...]
    untried: tuple[float, ...]
    epochs: float

    @property
    def smallest_that_crosses(self) -> float | None:
        """The lowest peak whose restart crossed a barrier; None if none did."""
        return next((probe.eta_max for probe in self.probes if probe.crossed), None)

    @property
    def largest_that_recovers(self) -> float | None:
        """The highest peak whose restart came down again; None if none did."""
        return next((probe.eta_max for probe in reversed(self.probes) if probe.recovered), None)

    @property
    def sentence(self) -> str:
        """All this in words. One try for each peak is a range, and no more exact than their distances."""
        crosses, recovers = self.smallest_that_crosses, self.largest_that_recovers
        tried = f"{self.probes[0].eta_max:.2g} to {self.probes[-1].eta_max:.2g}"
        parts = []
        if crosses is None:
            parts.append(
                f"No restart of {self.epochs:g} epochs with a peak of {tried} crossed a barrier: try higher ones."
            )
        elif crosses == self.probes[0].eta_max:
            parts.append(f"Every peak from {crosses:.2g} on may cross a barrier: lower ones were not tried.")
        else:
            below = max(probe.eta_max for probe in self.probes if probe.eta_max < crosses)
            parts.append(
                f"A restart begins to cross a barrier somewhere between a peak of {below:.2g} and {crosses:.2g}."
            )
        if recovers is None:
            parts.append(f"None came down again within {self.epochs:g} epochs: longer ones may.")
        elif crosses is not None and recovers < crosses:
            parts.append(f"Those that crossed did not come down again within {self.epochs:g} epochs: longer ones may.")
        else:
            parts.append(f"The highest that came down again within {self.epochs:g} epochs is {recovers:.2g}.")
        if self.untried:
            parts.append(
                f"At {self.probes[-1].eta_max:.2g} the loss was no longer finite; higher peaks were not tried."
            )
        first = self.probes[0].escape
        if first.verdict == "descended" and first.loss_after < 0.9 * first.loss_before:
            parts.append("The lowest peak still lowered the loss by more than a tenth: the start was no minimum yet.")
        parts.append("Each peak was tried once.")
        return " ".join(parts)

    def plot(self, path: str | Path) -> None:
        """Draw barrier and loss over the peaks into a png, svg or pdf file, as the suffix says.

        Raises:
            ValueError: The suffix is another.
            OSError: The file cannot be written.
        """
        from kescape.evidence.escape_rates_figure import write_figure

        write_figure(self, path)
