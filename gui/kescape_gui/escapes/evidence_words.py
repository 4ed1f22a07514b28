"""What is to be known of all verdicts of a run: how many rows they rest on, what they cost, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence

from kescape.evidence.ensemble_score import EnsembleRow
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr


def ledger_words(run: WatchedRun) -> str:
    """A sentence or two about the ledger of a run."""
    if run.escapes:
        latest = run.escapes[-1]
        rests = tr("On {rows} rows of the training data, and on the straight line only.")
        words = [rests.format(rows=f"{latest.rows:,}")]
        milliseconds = f"{1000 * latest.seconds:,.0f}"
        if latest.epochs is None:
            words.append(tr("Judging took {milliseconds} ms.").format(milliseconds=milliseconds))
        else:
            cost = tr("Judging took {milliseconds} ms, {epochs} epochs.")
            words.append(cost.format(milliseconds=milliseconds, epochs=f"{latest.epochs:.2g}"))
        return " ".join(words)
    if run.config.get("escapes") is False:
        return tr("Judging restarts is switched off in the settings of this run: no verdicts.")
    if "script" in run.config:
        return tr("To have the restarts of a script judged, add kescape.EscapeLedger(x, y) to its callbacks.")
    if run.state.is_active:
        return tr("Whether a restart left the basin is judged at the end of its cycle.")
    return tr("No restart was judged: none of their cycles has ended, or the run is older than the ledger.")


def ensemble_words(rows: Sequence[EnsembleRow]) -> str:
    """The latest ensemble against the best single snapshot; empty where there is none."""
    if not rows:
        return ""
    score = rows[-1].score
    if score.accuracy is None or score.best_accuracy is None:
        words = tr("Ensemble of {members} snapshots: validation loss {ours}, best single one {theirs}.")
        shown = {"ours": f"{score.loss:.4g}", "theirs": f"{score.best_loss:.4g}"}
    else:
        words = tr("Ensemble of {members} snapshots: validation accuracy {ours} %, best single one {theirs} %.")
        shown = {"ours": f"{100 * score.accuracy:.1f}", "theirs": f"{100 * score.best_accuracy:.1f}"}
    return f"{words.format(members=len(score.members), **shown)} {score.verdict(tr)}"
