"""What is to be known of all verdicts of a run: how many rows they rest on, what they cost, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence

from kescape.evidence.ensemble_score import EnsembleRow
from kescape_gui.escapes.escapes import first_verdict_words
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import counted, tr


def ledger_words(run: WatchedRun, first_verdict: float | None = None) -> str:
    """A sentence or two about the ledger of a run; `first_verdict` is the epoch of that, if one is to come."""
    if run.escapes:
        return _on_what(run)
    if run.kind == "imported":
        return tr("No verdicts: an imported log has no weights that could be compared.")
    if run.kind == "recorder":
        return tr("No verdicts: to have the restarts of a script judged, add kescape.EscapeLedger(x, y) to its "
                  "callbacks.")  # fmt: skip
    wanted = run.config.get("escapes")
    if wanted is None:
        return tr("No verdicts: this run is older than the ledger. Train again with its settings to have them.")
    if not wanted:
        return tr("No verdicts: “Judge restarts” is switched off for this run. Tick it under “More settings”.")
    if first_verdict is not None and run.state.is_active:
        words = tr("Whether a restart left the basin is judged at the end of its cycle: {when}.")
        return words.format(when=first_verdict_words(first_verdict))
    if run.state.is_active:
        return tr("Whether a restart left the basin is judged at the end of its cycle.")
    return tr("No verdicts: no cycle that a restart began has ended.")


def _on_what(run: WatchedRun) -> str:
    rests = tr("Judged on {rows} rows of the training data, on the straight line only.")
    words = rests.format(rows=f"{run.escapes[-1].rows:,}")
    epochs = [escape.epochs for escape in run.escapes if escape.epochs is not None]
    if epochs:
        cost = tr("Cost: {epochs} epochs a cycle.").format(epochs=f"{sum(epochs) / len(epochs):.2g}")
    else:
        seconds = sum(escape.seconds for escape in run.escapes) / len(run.escapes)
        cost = tr("Cost: {milliseconds} ms a cycle.").format(milliseconds=f"{1000 * seconds:,.0f}")
    return f"{words} {cost}"


def ensemble_words(rows: Sequence[EnsembleRow]) -> str:
    """The latest ensemble against the best single snapshot; empty where there is none."""
    if not rows:
        return ""
    score = rows[-1].score
    shown = {"members": str(len(score.members)), "rows": f"{score.rows:,}"}
    if score.accuracy is None or score.best_accuracy is None:
        words = tr("Ensemble of {members} snapshots: validation loss {ours}, best single one {theirs} ({rows} rows).")
        shown |= {"ours": f"{score.loss:.4g}", "theirs": f"{min(score.losses):.4g}"}
    else:
        difference = round(abs(score.accuracy - score.best_accuracy) * score.rows)
        words = tr("Ensemble of {members} snapshots: validation accuracy {ours} %, best single one {theirs} % "
                   "({rows} rows; a difference of {difference}).")  # fmt: skip
        shown["difference"] = counted(difference, "row")
        shown |= {"ours": f"{100 * score.accuracy:.1f}", "theirs": f"{100 * score.best_accuracy:.1f}"}
    return f"{words.format(**shown)} {score.verdict(tr)}"
