"""The report of a comparison in plain sentences, none of which says more than its numbers do. No Keras and no Qt."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kescape.compare.comparison import higher_is_better, in_words, written
from kescape.compare.jobs import JobState
from kescape.compare.outcome import finished_minima
from kescape.compare.statistics import FEWEST, holm, share_of_false_findings

if TYPE_CHECKING:
    from kescape.compare.report import ArmReport, Interval, PairReport, Report

__all__ = [
    "counted",
    "figure",
    "interval",
    "measure_in_words",
    "notes_of",
    "repeats_in_words",
    "sentence_of",
    "summary_of",
    "title_of",
]

_MEASURES = {
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "loss": "training loss",
    "accuracy": "training accuracy",
}

_SURE = 0.05
"""Chance, after Holm's correction for all pairs, above which a finding may be chance."""


def measure_in_words(measure: str) -> str:
    """For example `validation loss` for `val_loss`."""
    return _MEASURES[measure]


def counted(count: int, what: str) -> str:
    """For example `1 run` and `2 runs`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def repeats_in_words(report: Report) -> str:
    """For example `5 repeats (seeds 1 to 5)`."""
    seeds = report.comparison.seeds
    return (
        f"{len(seeds)} repeats (seeds {seeds[0]} to {seeds[-1]})" if len(seeds) > 1 else f"1 repeat (seed {seeds[0]})"
    )


def figure(value: float, digits: int = 4) -> str:
    """A number in a sentence or a table.

    Example:
        >>> figure(0.123456), figure(1e-7), figure(-float("inf"))
        ('0.1235', '1e-07', '-∞')
    """
    return f"{value:.{digits}g}" if math.isfinite(value) else "∞" if value > 0 else "-∞"


def interval(values: Interval, digits: int = 4) -> str:
    """A median with its interval, which is left out where there are too few values for one.

    Example:
        >>> interval((0.25, 0.2, 0.3)), interval((0.25, -float("inf"), float("inf")))
        ('0.25 (0.2 to 0.3)', '0.25')
    """
    median, low, high = values
    if low == -math.inf and high == math.inf:
        return figure(median, digits)
    return f"{figure(median, digits)} ({figure(low, digits)} to {figure(high, digits)})"


def title_of(pair: PairReport) -> str:
    """What is held against what, for example `sgdr against cosine (momentum 0.9)`."""
    ours, theirs, setting = pair.arm.settings, pair.control.settings, pair.setting
    arm = [in_words(name, value) for name, value in ours.items() if name == setting or name not in theirs]
    control = [written(setting, theirs[setting])]
    control += [in_words(name, value) for name, value in theirs.items() if name not in ours]
    shared = [in_words(name, value) for name, value in ours.items() if name != setting and name in theirs]
    return f"{', '.join(arm)} against {', '.join(control)}" + (f" ({', '.join(shared)})" if shared else "")


def sentence_of(pair: PairReport) -> str:
    """The verdict on a pair, with the numbers that it rests on."""
    title = title_of(pair)
    if pair.epochs < pair.arm.config.epochs:
        title += f" after {counted(pair.epochs, 'epoch')}"
    if pair.difference is None:
        return f"{title}: no seed has ended in both yet."
    median, low, high = pair.difference
    n, verdict = pair.n, pair.verdict
    if verdict == "too few":
        return f"{title}: too few repeats to tell, {FEWEST} are needed; {_seeds(pair)}.{_diverged(pair)}"
    if verdict == "no difference seen":
        size = f"{figure(abs(median), 3)} {_side(median > 0)}" if median else "the median is the same"
        return (
            f"{title}: no difference seen with {n} repeats: {size} ({figure(low, 3)} to {figure(high, 3)})."
            f"{_diverged(pair)}"
        )
    near, far = sorted((abs(low), abs(high)))
    size = f", by {figure(abs(median), 3)} ({figure(near, 3)} to {figure(far, 3)})" if math.isfinite(median) else ""
    return (
        f"{title}: {verdict}: {_seeds(pair)}{size}; without any difference this happens in {often(pair.chance)} "
        f"comparisons.{_diverged(pair)}"
    )


def _seeds(pair: PairReport) -> str:
    """On how many it is what it is on most, such as `lower on 4 of 5 seeds`."""
    up = higher_is_better(pair.measure) == (pair.better >= pair.worse)
    return f"{_side(up)} on {max(pair.better, pair.worse)} of {counted(pair.n, 'seed')}"


def _side(up: bool) -> str:
    return "higher" if up else "lower"


def often(chance: float) -> str:
    """A chance in words.

    Example:
        >>> often(0.0625), often(0.2266), often(0.45), often(1e-9)
        ('1 of 16', 'about 1 of 4', '45 of 100', 'less than 1 of 1,000,000')
    """
    if chance < 1e-6:
        return "less than 1 of 1,000,000"
    tries = 1 / chance
    if tries < 3:
        return f"{100 * chance:.0f} of 100"
    return f"{'' if tries.is_integer() else 'about '}1 of {tries:,.0f}"


def _diverged(pair: PairReport) -> str:
    sides = zip((pair.arm, pair.control), pair.diverged, strict=True)
    found = [f"{in_words(pair.setting, arm.settings[pair.setting])} on {count}" for arm, count in sides if count]
    return f" Diverged: {' and '.join(found)} of {pair.n} seeds." if found else ""


def summary_of(report: Report) -> str:
    """Whether restarts and momentum help, where these are compared; else which arm is the best."""
    raised = holm([pair.chance for pair in report.pairs])
    findings: dict[str, list[_Finding]] = {"schedule": [], "momentum": []}
    for pair, chance in zip(report.pairs, raised, strict=True):
        more = _has_more(pair)
        if more is not None:
            # A verdict on the arm with less of it is the opposite one on the arm with more.
            verdict = pair.verdict if more else _OPPOSITE.get(pair.verdict, pair.verdict)
            findings[pair.setting].append(_Finding(verdict, chance))
    none_of_it = all(0 in pair.values for pair in report.pairs if pair.setting == "momentum")
    questions = {
        "Do restarts help here?": ("with them", findings["schedule"]),
        "Does momentum help here?": ("with it" if none_of_it else "with more of it", findings["momentum"]),
    }
    answers = [f"{question} {_answer(report.measure, *found)}" for question, found in questions.items() if found[1]]
    return " ".join(answers) or _best(report)


class _Finding(NamedTuple):
    """What a pair says on a question."""

    verdict: str
    chance: float
    """Of as much in any of the pairs if there were no difference: raised for their number."""


_OPPOSITE = {"better": "worse", "worse": "better"}


def _has_more(pair: PairReport) -> bool | None:
    """Whether it is the arm that has restarts, or more momentum; None for a pair that is about neither."""
    ours, theirs = pair.values
    if pair.setting == "schedule" and {ours, theirs} == {"sgdr", "cosine"}:
        return bool(ours == "sgdr")
    return bool(ours > theirs) if pair.setting == "momentum" else None


def _answer(measure: str, with_it: str, findings: Sequence[_Finding]) -> str:
    told = [finding for finding in findings if finding.verdict != "too few"]
    if not told:
        return f"Too few repeats to tell: {FEWEST} seeds have to end in both arms of a pair."
    differing = [finding for finding in told if finding.verdict in _OPPOSITE]
    if not differing:
        return "No difference is seen" + (f" in any of {len(told)} pairs." if len(told) > 1 else ".")
    counts = Counter(finding.verdict for finding in told)
    up = higher_is_better(measure)
    sides = [
        _side(side) + (f" in {counts[verdict]} of {len(told)} pairs" if len(told) > 1 else "")
        for verdict, side in (("better", up), ("worse", not up))
        if counts[verdict]
    ]
    chance, is_everywhere = max(finding.chance for finding in differing), len(differing) == len(told)
    leads = {
        (True, True): ("Yes", "No"),
        (True, False): ("In part", "No"),
        (False, True): ("It seems so", "It seems not"),
        (False, False): ("Perhaps", "Perhaps not"),
    }[chance <= _SURE, is_everywhere]
    lead = "That depends" if len(sides) > 1 else leads[not counts["better"]]
    words = f"{lead}: {with_it} the {measure_in_words(measure)} is {', '.join(sides)}"
    if not is_everywhere:
        words += f", and no difference is seen in {len(told) - len(differing)}"
    if chance > _SURE:
        words += f"; chance alone does as much in {often(chance)} comparisons"
    return f"{words}."


def _best(report: Report) -> str:
    best = report.ranking[0]
    if best.final is None:
        return "No run has come to its end yet."
    side = "highest" if higher_is_better(report.measure) else "lowest"
    found = sum(pair.verdict in _OPPOSITE for pair in report.pairs)
    words = f"The {side} {measure_in_words(report.measure)}: {best.title}, {interval(best.final)}"
    return f"{words} of {counted(best.n, 'run')}; in {found} of {len(report.pairs)} pairs a difference is seen."


def notes_of(report: Report) -> tuple[str, ...]:
    """What has to be known to believe neither too much nor too little of a report."""
    return tuple(filter(None, (note(report) for note in _NOTES)))


def _missing(report: Report) -> str:
    missing = [outcome.progress.state for arm in report.arms for outcome in arm.missing]
    live = missing.count(JobState.LIVE)
    all_runs = sum(arm.of for arm in report.arms)
    if not missing:
        return ""
    return f"Still to be trained: {len(missing)} of {all_runs} runs{f', {live} of which are at it' if live else ''}."


def _left_out(report: Report) -> str:
    outcomes = [outcome for arm in report.arms for outcome in arm.outcomes]
    states = Counter(outcome.progress.state for outcome in outcomes)
    counts = {
        "failed": states[JobState.FAILED],
        "that cannot be read, or with other settings": states[JobState.FOREIGN],
        "steered by hand, and so not what the arm says": sum(run.steered for run in outcomes),
    }
    words = [f"{count} {why}" for why, count in counts.items() if count]
    return f"Runs that are left out: {'; '.join(words)}." if words else ""


def _diverging(report: Report) -> str:
    count = sum(arm.diverged for arm in report.arms)
    return f"{counted(count, 'run')} diverged, which counts as worse than any value." if count else ""


_ALMOST = 0.9
"""With five repeats it is 94 %, which is near enough to 95."""


def _few(report: Report) -> str:
    repeats = report.comparison.repeats
    if repeats < FEWEST:
        return f"With fewer than {FEWEST} repeats nothing can be told of differences."
    # Each of n values lies above the true median as often as a coin shows heads.
    held = 1 - 2 / 2**repeats
    if held >= _ALMOST:
        return ""
    return (
        f"The interval of {repeats} repeats is from the lowest to the highest, which holds the true median in "
        f"{100 * held:.0f} % of cases, not in 95 %."
    )


def _many_pairs(report: Report) -> str:
    told = [pair for pair in report.pairs if pair.verdict != "too few"]
    expected = sum(share_of_false_findings(pair.n) for pair in told)
    if len(told) < 2:
        return ""
    return (
        f"Of {len(told)} pairs, chance alone makes about {expected:.1g} better or worse where there is no difference "
        "at all."
    )


def _halved(report: Report) -> str:
    left = sum(arm.left_behind_at is not None for arm in report.arms)
    if report.comparison.halving is None:
        return ""
    return (
        f"Halving left {left} of {len(report.arms)} arms behind, by the values that are reported here: those of the "
        "arms that trained on are flattered. Two arms are compared after the epoch at which the first of them was left."
    )


def _same_rate(report: Report) -> str:
    momenta = sorted({float(arm.arm.config.momentum) for arm in report.arms})
    if len(momenta) < 2 or "eta_max" in report.comparison.varied:
        return ""
    longer = (1 - momenta[0]) / (1 - momenta[-1])
    return (
        f"All arms have the highest rate {report.comparison.base.eta_max:g}; momentum {momenta[-1]:g} takes steps up "
        f"to {longer:.3g} times as long as momentum {momenta[0]:g} at the same rate, so that another rate may turn the "
        "order."
    )


def _same_epochs(report: Report) -> str:
    if "batch_size" not in report.comparison.varied:
        return ""
    return "Arms with larger batches take fewer steps in the same epochs."


def _cut_cycles(report: Report) -> str:
    cut: dict[tuple[int, int], list[str]] = {}
    for arm in report.arms:
        last, complete = _last_minimum(arm)
        if not complete:
            cut.setdefault((last, arm.epochs), []).append(arm.title)
    return " ".join(
        f"The first cycle of {_listed(titles)} does not end within {epochs} epochs: it is judged in the middle of it."
        if last == epochs
        else f"The last cycle of {_listed(titles)} is cut off by the budget: its last finished minimum, by which it is "
        f"judged, is at epoch {last} of {epochs}."
        for (last, epochs), titles in cut.items()
    )


def _last_minimum(arm: ArmReport) -> tuple[int, bool]:
    """After which epoch an arm is judged, and whether its last cycle is finished."""
    config = arm.arm.config
    complete = config.schedule in ("constant", "step") or config.plan().landing(arm.epochs).complete
    return finished_minima(config, arm.epochs)[-1], complete


def _constant_rate(report: Report) -> str:
    schedules = {arm.arm.config.schedule for arm in report.arms}
    if "constant" not in schedules or len(schedules) < 2:
        return ""
    return "A constant rate is judged at its last epoch, where its rate is still high and its loss is noisy."


def _other_weights(report: Report) -> str:
    if "model" not in report.comparison.varied:
        return ""
    return "Arms with different models do not start from the same weights."


def _rows(report: Report) -> str:
    measure = measure_in_words(report.measure)
    if not report.measure.startswith("val_"):
        return f"The {measure} is of the rows that are trained on: it does not tell how an arm does on new ones."
    words = f"The {measure} is of rows held out of training, the same for all arms of a seed"
    return f"{words}; they chose which arms trained on." if report.comparison.halving else f"{words}."


def _flattered(report: Report) -> str:
    counts = {len(finished_minima(arm.arm.config, report.comparison.base.epochs)) for arm in report.arms}
    if len(counts) < 2:
        return ""
    return (
        "The best so far, and with it the epochs to the target, flatters arms with many minima (in a constant rate and "
        "step decay each epoch is one): they choose among more. The values at the end choose nothing."
    )


_NOTES: Sequence[Callable[[Report], str]] = (
    *(_missing, _left_out, _diverging, _few, _many_pairs, _halved, _same_rate, _same_epochs),
    *(_cut_cycles, _constant_rate, _other_weights, _rows, _flattered),
)


def _listed(titles: Sequence[str]) -> str:
    return "; ".join(titles) if len(titles) <= 2 else f"{titles[0]} and {len(titles) - 1} more"
