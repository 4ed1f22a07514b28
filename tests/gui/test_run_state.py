"""What the window shows as the state, and what may be done in it."""

import pytest
from kescape_gui.run_state import Facts, RunState, Verb, derive_state, offers


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


ENABLED = {
    RunState.DRAFT: {Verb.START},
    RunState.STARTING: {Verb.STOP_NOW},
    RunState.RUNNING: {Verb.PAUSE, Verb.STOP_AFTER_CYCLE, Verb.STOP_NOW, Verb.RESTART_NOW},
    RunState.PAUSING: {Verb.STOP_NOW},
    RunState.PAUSED: {Verb.PAUSE, Verb.STOP_NOW},
    RunState.RESUMING: {Verb.STOP_NOW},
    RunState.FINISHING_CYCLE: {Verb.PAUSE, Verb.STOP_AFTER_CYCLE, Verb.STOP_NOW},
    RunState.STOPPING: set(),
    RunState.FINISHED: {Verb.START},
    RunState.STOPPED: {Verb.START},
    RunState.FAILED: {Verb.START},
    RunState.INTERRUPTED: {Verb.START},
    RunState.UNKNOWN: {Verb.START},
}


@pytest.mark.parametrize("state", RunState)
def test_each_state_offers_what_can_be_done_in_it(state):
    table = offers(state)

    assert {verb for verb in Verb if table[verb].enabled} == ENABLED[state]
    assert all(table[verb].visible for verb in ENABLED[state])
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
    assert not offers(RunState.RUNNING, has_restarts=False)[Verb.RESTART_NOW].enabled
