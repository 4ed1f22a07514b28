"""What the window shows as the state, and what may be done in it."""

import pytest
from kescape_gui.run_state import Continuation, Facts, RunState, Verb, derive_state, offers


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (Facts(None), RunState.DRAFT),
        (Facts("starting"), RunState.STARTING),
        (Facts("starting", engine_failed=True), RunState.FAILED),
        (Facts("starting", engine_failed=True, given_up=True), RunState.STOPPED),
        (Facts("running"), RunState.RUNNING),
        (Facts("running", pending={"pause"}), RunState.PAUSING),
        (Facts("running", pending={"restart"}), RunState.RUNNING),
        (Facts("running", pending={"stop_after_cycle"}), RunState.FINISHING_CYCLE),
        (Facts("running", stops_after_cycle=True), RunState.FINISHING_CYCLE),
        (Facts("running", pending={"stop"}, stops_after_cycle=True), RunState.STOPPING),
        (Facts("paused"), RunState.PAUSED),
        (Facts("paused", pending={"pause"}), RunState.PAUSED),
        (Facts("paused", pending={"resume"}), RunState.RESUMING),
        (Facts("paused", pending={"stop"}), RunState.STOPPING),
        (Facts("paused", stops_after_cycle=True), RunState.PAUSED),
        # An end is an end, whatever was still asked.
        (Facts("finished", pending={"stop"}), RunState.FINISHED),
        (Facts("stopped", pending={"pause"}), RunState.STOPPED),
        (Facts("failed"), RunState.FAILED),
        (Facts("interrupted", pending={"stop"}), RunState.INTERRUPTED),
        (Facts("unknown"), RunState.UNKNOWN),
    ],
)
def test_the_state_follows_from_the_facts(facts, state):
    assert derive_state(facts) is state


STEERING = {Verb.NEW_PEAK, Verb.SNAPSHOT, Verb.NOTE}
ENABLED = {
    RunState.DRAFT: {Verb.START},
    RunState.STARTING: {Verb.STOP_NOW},
    RunState.RUNNING: {Verb.PAUSE, Verb.STOP_AFTER_CYCLE, Verb.STOP_NOW, Verb.RESTART_NOW} | STEERING,
    RunState.PAUSING: {Verb.STOP_NOW} | STEERING,
    RunState.PAUSED: {Verb.PAUSE, Verb.STOP_NOW, Verb.RESTART_NOW} | STEERING,
    RunState.RESUMING: {Verb.STOP_NOW} | STEERING,
    RunState.FINISHING_CYCLE: {Verb.PAUSE, Verb.STOP_AFTER_CYCLE, Verb.STOP_NOW, Verb.SNAPSHOT, Verb.NOTE},
    RunState.STOPPING: set(),
    RunState.FINISHED: {Verb.START, Verb.TRAIN_ON},
    RunState.STOPPED: {Verb.START, Verb.RESUME, Verb.TRAIN_ON},
    RunState.FAILED: {Verb.START, Verb.RESUME, Verb.TRAIN_ON},
    RunState.INTERRUPTED: {Verb.START, Verb.RESUME, Verb.TRAIN_ON},
    RunState.UNKNOWN: {Verb.START},
}


@pytest.mark.parametrize("state", RunState)
def test_each_state_offers_what_can_be_done_in_it(state):
    table = offers(state)

    no_weights = state in (RunState.DRAFT, RunState.STARTING, RunState.UNKNOWN)
    over = not state.is_active and state is not RunState.DRAFT
    expected = ENABLED[state] | (set() if no_weights else {Verb.BRANCH}) | ({Verb.WITHOUT_RESTARTS} if over else set())
    assert {verb for verb in Verb if table[verb].enabled} == expected
    in_the_menu = {Verb.TRAIN_ON} - {Verb.TRAIN_ON if state is RunState.FINISHED else None}
    assert all(table[verb].visible for verb in ENABLED[state] - in_the_menu)
    assert all(offer.reason for offer in table.values())
    # They share one place.
    assert table[Verb.START].visible != table[Verb.PAUSE].visible


def test_the_verb_says_the_truth():
    assert offers(RunState.PAUSED)[Verb.PAUSE].text == "Resume"
    assert offers(RunState.STARTING)[Verb.START].text == "Starting…"
    assert offers(RunState.FINISHING_CYCLE)[Verb.STOP_AFTER_CYCLE].text == "Keep going"


def test_a_second_training_is_not_started_beside_one_of_ours():
    start = offers(RunState.FINISHED, elsewhere="first")[Verb.START]

    assert not start.enabled
    assert "“first” is being trained" in start.reason


def test_an_engine_that_does_not_answer_can_be_ended():
    assert not offers(RunState.STOPPING)[Verb.STOP_NOW].enabled

    offer = offers(RunState.STOPPING, unanswered=True)[Verb.STOP_NOW]

    assert (offer.text, offer.enabled) == ("End the engine", True)


def test_a_plan_without_cycles_cannot_be_restarted():
    table = offers(RunState.RUNNING, has_restarts=False)

    assert not table[Verb.RESTART_NOW].enabled
    assert not table[Verb.NEW_PEAK].enabled
    assert table[Verb.NOTE].enabled


def test_what_would_only_end_the_same_again_can_be_resumed_but_is_not_advised():
    exploded = offers(RunState.FAILED, continuation=Continuation(step=18, repeats=True))[Verb.RESUME]

    assert (exploded.enabled, exploded.is_advised) == (True, False)
    assert offers(RunState.FAILED, continuation=Continuation(step=18))[Verb.RESUME].is_advised


def test_what_cannot_go_on_says_why():
    script = Continuation("It was recorded by a script")
    cosine = Continuation(longer_problem="Its schedule was planned for its whole length")

    for state in (RunState.STOPPED, RunState.INTERRUPTED, RunState.FAILED):
        resume = offers(state, continuation=script)[Verb.RESUME]
        assert (resume.enabled, resume.visible, resume.reason) == (False, False, script.problem)
        assert offers(state, continuation=cosine)[Verb.RESUME].enabled
    longer = offers(RunState.FINISHED, continuation=cosine)[Verb.TRAIN_ON]
    assert (longer.enabled, longer.reason) == (False, cosine.longer_problem)


def test_nothing_goes_on_beside_a_training_of_ours():
    table = offers(RunState.STOPPED, elsewhere="first")

    assert "“first” is being trained" in table[Verb.RESUME].reason
    assert not table[Verb.RESUME].enabled
    assert not table[Verb.TRAIN_ON].enabled
