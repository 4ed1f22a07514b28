"""How much can be made of a comparison, in sentences; no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kescape.config import SETTINGS
from kescape_gui.compare.measures import BEST
from kescape_gui.compare.repeats import Group
from kescape_gui.words import tr

ENOUGH = 3
"""With fewer repeats on a side nothing is said to be better."""


def sentences_on(groups: Sequence[Group], home: Group | None) -> list[str]:
    """What is to be kept in mind when these runs are compared.

    Args:
        groups: The runs, repeats together.
        home: The group of the baseline, if one is pinned.
    """
    runs = [run for group in groups for run in (*group.runs, *group.twins)]
    said = _on_spread(groups, home)
    said += [
        tr("{name} has the settings and the seed of another run: it is no repeat.").format(name=run.name)
        for group in groups
        for run in group.twins
    ]
    said += [
        tr("The settings of {name} are not known.").format(name=run.name)
        for run in runs
        if run.sessions_seen and not SETTINGS.keys() & run.config.keys()
    ]
    if len({run.loss_kind for run in runs if len(run.curve) and not run.counts_epochs}) > 1:
        said.append(tr("Some losses are running means, which look smoother than those of single batches."))
    # Epochs are not held against steps.
    lengths = {(run.counts_epochs, len(run.curve)) for run in runs if not run.state.is_active}
    if len(lengths) > len({by_epoch for by_epoch, _ in lengths}):
        said.append(tr("Not all were trained equally long."))
    return said


def _on_spread(groups: Sequence[Group], home: Group | None) -> list[str]:
    counts = [len(group.runs) for group in groups]
    if counts == [1]:
        return [tr("1 run: no spread shown.")]
    if counts and max(counts) == 1:
        return [tr("1 run each: no spread is known.")]
    if home is None or not counts:
        return [tr("Where there is 1 run, no spread is shown.")] if 1 in counts else []
    others = [group for group in groups if group is not home]
    said = [_verdict(group, home) for group in others if min(len(group.runs), len(home.runs)) >= ENOUGH]
    if len(said) < len(others):
        said.append(tr("With fewer than {count} repeats on a side, a difference may be chance.").format(count=ENOUGH))
    return said


def _verdict(group: Group, home: Group) -> str:
    """By the best validation loss of each run."""
    name = group.runs[0].name
    own, base = BEST.values(group.runs), BEST.values(home.runs)
    if any(run.state.is_active for run in (*group.runs, *home.runs)):
        return tr("Not all repeats of {name} and the baseline have ended.").format(name=name)
    if min(len(own), len(base)) < ENOUGH:
        return tr("Too few repeats of {name} and the baseline have a validation loss.").format(name=name)
    if max(own) < min(base):
        words = tr(
            "Better: all {count} of {name} are below all {base} of the baseline in best val. loss; by chance, once "
            "in {chance}."
        )
    elif min(own) > max(base):
        words = tr(
            "Worse: all {count} of {name} are above all {base} of the baseline in best val. loss; by chance, once "
            "in {chance}."
        )
    else:
        return tr("No clear difference: {name} and the baseline overlap.").format(name=name)
    # Of all ways to deal the values out to two sides, two set them apart completely (the exact rank test, two-sided).
    chance = math.comb(len(own) + len(base), len(own)) // 2
    return words.format(count=len(own), name=name, base=len(base), chance=f"{chance:,}")
