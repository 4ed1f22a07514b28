"""What each restart did, kept up to date while a run grows; no Qt.

While a cycle runs, its restart is seen in the losses of the steps. Once it has ended, the ledger has judged it: its own
losses, of the two minima on the same rows, take their place.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kescape.evidence.escape import Escape
from kescape.run.restarts import WINDOW_STEPS, RestartEffect
from kescape_gui.curves.curve import Curve
from kescape_gui.escapes.running_effect import RunningEffect
from kescape_gui.escapes.verdict import verdict_words
from kescape_gui.setup.numbers import format_number
from kescape_gui.words import tr


@dataclass(frozen=True)
class EscapeLine:
    """One restart as the table shows it.

    Attributes:
        effect: What the losses of the steps say.
        escape: What the ledger found; None until the cycle has ended, or where there is no ledger.
        epoch: Where it was, in epochs.
        verdict: With its sign, or when it is due; empty where none is to come.
        barrier: With its interval.
        before: The loss at the minimum before, or until it is judged the mean of the last steps.
        peak: Highest mean of steps after the restart.
        after: As `before`, at the end of its cycle or so far.
        recovered: How far the loss is back, or how long that took.
        distance: Between the two minima, as a share.
        cosine: Between them as vectors.
        disagreement: Share of rows that they put into different classes.
        words: The verdict in a sentence, or how the loss stands so far.
    """

    effect: RestartEffect
    escape: Escape | None
    epoch: str
    verdict: str
    barrier: str
    before: str
    peak: str
    after: str
    recovered: str
    distance: str
    cosine: str
    disagreement: str
    words: str

    @property
    def number(self) -> int:
        """The restart, counted from 1."""
        return self.effect.cycle

    @property
    def texts(self) -> tuple[str, ...]:
        """In the order of the table's columns."""
        return (
            str(self.number), self.epoch, self.verdict, self.barrier, self.before, self.peak, self.after,
            self.recovered, self.distance, self.cosine, self.disagreement, self.words,
        )  # fmt: skip

    @property
    def helps(self) -> tuple[str, ...]:
        """What lies behind each text, where there is more to know."""
        step = tr("Step {step}").format(step=f"{self.effect.step:,}")
        escape = self.escape
        if escape is None:
            before = tr("Mean of the last {steps} steps before the restart").format(steps=WINDOW_STEPS)
            after = tr("Mean of the last {steps} steps").format(steps=WINDOW_STEPS)
            return ("", step, self.words, "", before, "", after, self.words, "", "", "", "")
        rows = f"{escape.rows:,}"
        verdict = tr("{sentence} On the straight line between them; a curved path may join them.")
        before = tr("Mean over {rows} rows at the minimum before the restart, step {step}")
        after = tr("Mean over the same {rows} rows at the end of the cycle, step {step}; the change is {low} to {high}")
        change = {"low": f"{escape.change_low:+.3g}", "high": f"{escape.change_high:+.3g}"}
        distance = tr("Euclidean distance {distance}, {share} times the length of the weights before")
        differ = "" if escape.disagreement is None else tr("{count} of {rows} rows")
        return (
            "",
            step,
            verdict.format(sentence=escape.sentence(tr)),
            barrier_help(escape),
            before.format(rows=rows, step=f"{escape.step:,}"),
            "",
            after.format(rows=rows, step=f"{escape.end_step:,}", **change),
            "",
            distance.format(distance=f"{escape.distance:.3g}", share=f"{escape.relative_distance:.3g}"),
            "",
            differ.format(count=f"{round((escape.disagreement or 0) * escape.rows):,}", rows=rows),
            "",
        )


class Escapes:
    """The effects of the restarts of one run. Each step is looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, RestartEffect | None]] = {}
        self._running: dict[int, RunningEffect] = {}
        self._judged: tuple[Curve, int, list[int]] | None = None

    def lines(
        self, curve: Curve, *, grows: bool, judged: Sequence[Escape] = (), due: float | None = None
    ) -> list[EscapeLine]:
        """One line for each restart that something is known of.

        Args:
            curve: The steps.
            grows: Whether the run goes on.
            judged: What the ledger says, where there is one.
            due: The epoch at which the ledger will judge the newest restart, if it will.
        """
        if self._judged is None or self._judged[:2] != (curve, curve.cuts) or not _go_on(self._judged[2], curve):
            # Steps that were trained again, or belong to other cycles, may tell something else.
            self._known.clear()
            self._running.clear()
        self._judged = (curve, curve.cuts, list(curve.restarts))
        verdicts = {escape.step: escape for escape in judged}
        borders = [0, *curve.restarts, len(curve)]
        lines = []
        for number, restart in enumerate(curve.restarts, start=1):
            # Of the cycle before, its last steps are all that counts.
            start, end = max(borders[number - 1], restart - WINDOW_STEPS), borders[number + 1]
            latest = number == len(curve.restarts)
            effect = self._effect(curve, (start, restart, end), number)
            if effect is None:
                continue
            escape = verdicts.get(restart)
            if escape is not None:
                lines.append(_judged_line(effect, escape, _epoch(restart, curve.steps_per_epoch)))
            else:
                growing = end - restart if latest and grows else None
                verdict = tr("due at epoch {epoch}").format(epoch=f"{due:.4g}") if latest and due is not None else ""
                lines.append(_line(effect, verdict, growing, _epoch(restart, curve.steps_per_epoch)))
        return lines

    def _effect(self, curve: Curve, cycle: tuple[int, int, int], number: int) -> RestartEffect | None:
        start, restart, end = cycle
        seen = self._known.get(restart)
        if seen is not None and seen[0] == end:
            return seen[1]
        running = self._running.get(restart)
        if running is None:
            running = self._running[restart] = RunningEffect(curve.loss[start:restart], restart, number)
        effect = running.of(curve.loss[restart:end])
        self._known[restart] = (end, effect)
        return effect


def _go_on(before: list[int], curve: Curve) -> bool:
    """Whether the restarts are those of before, but for new ones at the end."""
    return curve.restarts[: len(before)] == before


def _line(effect: RestartEffect, verdict: str, growing: int | None, epoch: str) -> EscapeLine:
    """Of a restart that was not judged; `growing` so many steps that its cycle has had, if it still runs."""
    recovered, words = _recovered(effect), _change(effect, growing is not None)
    if effect.recovery_steps is None and growing is not None:
        share, steps = f"{_regained(effect)} %", f"{growing:,}"
        recovered = tr("{share}, {steps} steps").format(share=share, steps=steps)
        words = tr("{share} of the lost ground regained, {steps} steps").format(share=share, steps=steps)
    return EscapeLine(
        effect, None, epoch, verdict, "", _short(effect.loss_before), _short(effect.loss_peak),
        _short(effect.loss_after), recovered, "", "", "", words,
    )  # fmt: skip


def _judged_line(effect: RestartEffect, escape: Escape, epoch: str) -> EscapeLine:
    return EscapeLine(
        effect,
        escape,
        epoch,
        verdict_words(escape.verdict),
        barrier_words(escape),
        _short(escape.loss_before),
        _short(effect.loss_peak),
        _short(escape.loss_after),
        _recovered(effect),
        f"{100 * escape.relative_distance:.0f} %",
        f"{escape.cosine:.3f}",
        "–" if escape.disagreement is None else f"{100 * escape.disagreement:.1f} %",
        escape.sentence(tr),
    )


def barrier_words(escape: Escape) -> str:
    """The barrier and its interval, as short as a cell: "0.21 (0.18 to 0.25)", or "none seen (0 to 0.003)"."""
    if math.isinf(escape.barrier):
        return tr("loss not finite")
    if not escape.verdict.startswith("crossed"):
        return tr("none seen ({low} to {high})").format(low=f"{escape.low:.2g}", high=f"{escape.high:.2g}")
    height, low, high = alike(escape.barrier, escape.low, escape.high)
    return tr("{height} ({low} to {high})").format(height=height, low=low, high=high)


def alike(height: float, low: float, high: float) -> tuple[str, str, str]:
    """A value and its interval with as many decimals each: two digits of the value, and one of the lower end.

    Example:
        >>> alike(0.2134, 0.18, 0.25), alike(12.3, 0.07, 30.2), alike(2.1e-5, 1e-5, 3e-5)
        (('0.21', '0.18', '0.25'), ('12.30', '0.07', '30.20'), ('2.1e-05', '1e-05', '3e-05'))
    """
    if not 1e-4 <= low <= height <= high < 1e6:
        return f"{height:.2g}", f"{low:.2g}", f"{high:.2g}"
    decimals = max(0, 1 - math.floor(math.log10(height)), -math.floor(math.log10(low)))
    return f"{height:.{decimals}f}", f"{low:.{decimals}f}", f"{high:.{decimals}f}"


def barrier_help(escape: Escape) -> str:
    """The barrier and its interval in a sentence, with what it rests on."""
    words = tr("{barrier}; above the chord {chord}. Mean over {rows} rows, on the straight line only.")
    return words.format(barrier=escape.barrier_words(tr), chord=f"{escape.above_chord:.3g}", rows=f"{escape.rows:,}")


def _recovered(effect: RestartEffect) -> str:
    if effect.recovery_steps is None:
        return tr("not in its cycle")
    if effect.recovery_steps == 0:
        return tr("never rose")
    if effect.recovery_steps == 1:
        return tr("after 1 step")
    return tr("after {steps} steps").format(steps=f"{effect.recovery_steps:,}")


def _regained(effect: RestartEffect) -> int:
    """In percent."""
    lost = effect.loss_peak - effect.loss_before
    share = (effect.loss_peak - effect.loss_after) / lost if math.isfinite(lost) and lost > 0 else 0.0
    return round(100 * min(1.0, max(0.0, share)))


def _change(effect: RestartEffect, growing: bool) -> str:
    before, after = effect.loss_before, effect.loss_after
    if before <= 0:
        return ""
    percent = round(100 * (after - before) / before)
    if percent == 0:
        pattern = tr("as low as before, so far") if growing else tr("as low as before, at the end of its cycle")
    elif percent < 0:
        lower = tr("{percent} % lower than before, at the end of its cycle")
        pattern = tr("{percent} % lower than before, so far") if growing else lower
    else:
        higher = tr("{percent} % higher than before, at the end of its cycle")
        pattern = tr("{percent} % higher than before, so far") if growing else higher
    return pattern.format(percent=f"{abs(percent):,}")


def _epoch(step: int, steps_per_epoch: int | None) -> str:
    return f"{step / steps_per_epoch:.4g}" if steps_per_epoch else "–"


def _short(value: float) -> str:
    return format_number(float(f"{value:.3g}"))


_OF_STEPS = ("step", "loss_before", "loss_peak", "loss_after", "recovery_steps")
_COPIED = (
    "step", "end_step", "verdict", "barrier", "low", "high", "above_chord", "loss_before", "loss_peak", "loss_after",
    "change_low", "change_high", "recovery_steps", "distance", "relative_distance", "cosine", "disagreement", "rows",
)  # fmt: skip


def as_tsv(lines: Sequence[EscapeLine]) -> str:
    """These restarts with a heading, apart by tabs, every number with all its digits.

    The names are those of `Escape`. Of a restart that was not judged, the losses are means of 20 steps.
    """
    rows = ["\t".join(("restart", *_COPIED))]
    for line in lines:
        of_steps: dict[str, Any] = {name: getattr(line.effect, name) for name in _OF_STEPS}
        values = of_steps if line.escape is None else dataclasses.asdict(line.escape)
        cells = [values.get(name) for name in _COPIED]
        shown = ("" if cell is None else cell if isinstance(cell, str) else repr(cell) for cell in cells)
        rows.append("\t".join((str(line.number), *shown)))
    return "\n".join(rows) + "\n"


def empty_sentence(first_restart_epoch: float | None, first_verdict_epoch: float | None = None) -> str:
    """What stands in the table while there is nothing to tell."""
    if first_restart_epoch is None:
        return tr("After each restart, what it did appears here. No restarts are planned.")
    words = tr("After each restart, what it did appears here. The first restart is at epoch {epoch}.")
    sentence = words.format(epoch=f"{first_restart_epoch:g}")
    if first_verdict_epoch is None:
        return sentence
    verdict = tr("Whether it left the basin is judged at the end of its cycle: {when}.")
    return f"{sentence} {verdict.format(when=first_verdict_words(first_verdict_epoch))}"


def first_verdict_words(epoch: float) -> str:
    """When there will be something to be read, inside of a sentence."""
    return tr("first verdict after cycle 2, epoch {epoch}").format(epoch=f"{epoch:.4g}")
