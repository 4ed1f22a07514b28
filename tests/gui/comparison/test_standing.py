"""Where a comparison stands and what can be done with it; no window."""

import pytest
from kescape_gui.comparison.reader import Look
from kescape_gui.comparison.standing import Stage, counts_words, now_words, standing_of

from kescape.compare.folder import ComparisonState
from kescape.compare.jobs import JobState
from kescape.compare.overview import Seen
from tests.gui.comparison.told import FALLING, report_of, two_arms


def look_at(report, *, at_work=False, stopping=False, state=None, problems=None):
    progress = {outcome.job.name: outcome.progress for arm in report.arms for outcome in arm.outcomes}
    progress |= problems or {}
    seen = Seen(progress, sum(one.epochs for one in progress.values()), 7 * len(progress), None)
    return Look(seen, report, at_work, stopping, state or ComparisonState())


HALF_WAY = {"cosine": [FALLING, None], "sgdr": [[6.0, 7.0, 4.0], None]}


def half_way(**more):
    return look_at(report_of(HALF_WAY, states={("sgdr", 1): JobState.LIVE}), **more)


@pytest.mark.parametrize(
    ("look", "is_starting", "stage", "can_stop", "can_go_on"),
    [
        (half_way(), True, Stage.STARTING, False, False),
        (half_way(at_work=True), True, Stage.WORKING, True, False),
        # Somebody else has started it, a command line perhaps.
        (half_way(at_work=True), False, Stage.WORKING, True, False),
        (half_way(at_work=True, stopping=True), True, Stage.STOPPING, False, False),
        (half_way(), False, Stage.CUT_OFF, False, True),
        (look_at(two_arms()), False, Stage.COMPLETE, False, False),
    ],
)
def test_what_can_be_done(look, is_starting, stage, can_stop, can_go_on):
    standing = standing_of(look, is_starting=is_starting)

    assert (standing.stage, standing.can_stop, standing.can_go_on) == (stage, can_stop, can_go_on)
    assert standing.problem == ""


def test_a_run_that_failed_can_be_tried_again():
    """With its sentence; nothing else is missing."""
    states = {("sgdr", 2): JobState.FAILED}
    report = report_of({"cosine": [FALLING] * 2, "sgdr": [FALLING, [6.0]]}, states=states)
    failed = {"try-sgdr-2": report.arms[1].outcomes[1].progress.__class__(JobState.FAILED, 1, "The disk is full")}
    standing = standing_of(look_at(report, problems=failed), is_starting=False)

    assert standing.stage is Stage.COMPLETE
    assert standing.can_go_on
    assert standing.problem == "try-sgdr-2 failed: The disk is full."


def test_the_same_failure_is_told_once():
    report = report_of({"cosine": [None] * 3, "sgdr": [None] * 3})
    kind = report.arms[0].outcomes[0].progress.__class__
    failed = {f"try-sgdr-{seed}": kind(JobState.FAILED, 0, "There is no such file.") for seed in (1, 2, 3)}

    standing = standing_of(look_at(report, problems=failed), is_starting=False)

    assert standing.problem == "try-sgdr-1 and 2 more failed: There is no such file."


def test_why_the_process_ended_is_told_once_it_has():
    state = ComparisonState(2, "2 engines", "There is no cluster at 10.0.0.1:6379.")

    assert standing_of(half_way(state=state), is_starting=False).problem == "There is no cluster at 10.0.0.1:6379."
    assert standing_of(half_way(state=state, at_work=True), is_starting=False).problem == ""
    assert standing_of(half_way(), is_starting=False, complaint="It broke.").problem == "It broke."


def test_where_it_is_trained_is_told_while_it_is():
    state = ComparisonState(2, "2 engines with 1 thread each")

    assert standing_of(half_way(state=state, at_work=True), is_starting=True).words == (
        "Training on 2 engines with 1 thread each"
    )


def test_the_runs_that_train_now_are_named():
    assert now_words(half_way()) == "Now: sgdr, seed 1 (epoch 3 of 7)"
    assert now_words(look_at(two_arms())) == ""
    live = {(arm, seed): JobState.LIVE for arm in ("cosine", "sgdr") for seed in (1, 2)}
    many = look_at(report_of({"cosine": [[1.0]] * 2, "sgdr": [[1.0]] * 2}, states=live))
    assert now_words(many).count(";") == 3
    assert now_words(many).endswith("; and 1 more")


def test_counts_are_told_in_one_line():
    assert counts_words(half_way().seen) == "1 of 4 runs done · 1 training · 10 of 28 epochs"
