"""A range test as its dialog shows it; no process is started here."""

import pytest
from kescape_gui.engine_end import EngineEnd
from kescape_gui.range_test.rate_search import RateSearch, Stage

from kescape.config import RunConfig
from kescape.engine.range_request import RANGE_TESTS, Sweep
from kescape.evidence.range_test import half_life_for, judge
from tests.gui.tested import Engines, losses_of

CONFIG = RunConfig(dataset="digits", batch_size=32, eta_max=0.1)
SWEEP = Sweep(steps=120)
LOSSES = losses_of(SWEEP)


@pytest.fixture
def engines(tmp_path):
    return Engines(tmp_path)


@pytest.fixture
def search(engines):
    made = RateSearch(engines, now=lambda: 5.0)
    yield made
    made.end()


def test_a_test_from_its_beginning_to_its_end(search, engines, tmp_path):
    """What is known grows with the folder, which goes when the test is over."""
    search.begin(CONFIG, SWEEP)
    assert (search.stage, search.chosen) == (Stage.WAITING, None)
    assert search.about == "MLP 64-64 on Digits, batches of 32, momentum 0.9"
    assert search.words == "The engine is loading what it needs · 0 s"

    engines.begin()
    assert search.poll()
    assert search.words == "Compiling the first step · 0 s"

    engines.write(LOSSES[:60])
    assert search.poll()
    assert not search.poll()
    assert (search.stage, search.share) == (Stage.RUNNING, 0.5)
    assert search.words.startswith("Step 60 of 120, rate ")

    engines.write(LOSSES[60:])
    engines.end()
    assert search.poll()
    expected = judge(search.found.rates, LOSSES.astype("float32"), half_life_for(120))
    assert (search.stage, search.words) == (Stage.DONE, expected.sentence)
    assert search.chosen == expected.suggestion
    assert list(tmp_path.iterdir()) == []
    assert not search.poll()


def test_what_the_user_chose_stays(search, engines):
    """Until they take the suggestion back, or test again."""
    search.begin(CONFIG, SWEEP)
    engines.begin()
    engines.write(LOSSES)
    search.poll()
    suggested = search.chosen
    search.choose(0.02)
    assert search.chosen == 0.02
    search.choose(None)
    assert search.chosen == suggested
    search.choose(0.02)
    engines.end()
    search.poll()
    assert search.chosen == 0.02

    search.begin(CONFIG, SWEEP)
    assert search.chosen is None


def test_a_form_above_the_edge_is_warned(search, engines):
    """At 5 the loss has long exploded; at 0.1 it has not."""
    for eta_max, ending in ((5.0, "The form's highest rate, 5, is not below that."), (0.1, "the loss explodes.")):
        search.begin(CONFIG.changed(eta_max=eta_max), SWEEP)
        engines.begin()
        engines.write(LOSSES)
        engines.end()
        search.poll()
        assert search.found.edge < 1
        assert search.words.endswith(ending)


def test_why_the_engine_failed(search, engines, tmp_path):
    search.begin(CONFIG, SWEEP)
    engines.begin()
    engines.end("failed", error="The training cannot start from 'a.keras': it is of another model.")
    search.poll()

    assert search.stage is Stage.FAILED
    assert search.words == ("The range test failed: The training cannot start from 'a.keras': it is of another model.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        ("first line\nModuleNotFoundError: No module named 'x'", "ModuleNotFoundError: No module named 'x'."),
        ("", "The engine process ended with code 3."),
    ],
)
def test_an_engine_that_ended_without_a_word(search, engines, complaint, sentence):
    search.begin(CONFIG, SWEEP)
    engines.ended = EngineEnd(engines.folder, 3, complaint)
    assert search.poll()

    assert (search.stage, search.words) == (Stage.FAILED, f"The range test failed: {sentence}")


def test_an_engine_killed_half_way_leaves_what_it_told(search, engines):
    """But no rate is taken for one of a whole test without a word about that."""
    search.begin(CONFIG, SWEEP)
    engines.begin()
    engines.write(LOSSES[:60])
    engines.ended = EngineEnd(engines.folder, -9)
    search.poll()

    assert search.stage is Stage.FAILED
    assert "most likely the system because the memory was full" in search.words
    assert len(search.found.losses) == 60


def test_a_cancelled_test_leaves_nothing(search, engines, tmp_path):
    search.begin(CONFIG, SWEEP)
    engines.begin()
    engines.write(LOSSES[:60])
    search.poll()
    search.end()

    assert (search.stage, list(tmp_path.iterdir())) == (Stage.DONE, [])
    assert not search.poll()


def test_no_room_for_a_test(search, tmp_path):
    """A file lies where the folder of tests would."""
    (tmp_path / RANGE_TESTS).write_text("", "utf-8")
    search.begin(CONFIG, SWEEP)

    assert search.stage is Stage.FAILED
    assert search.words.startswith("The range test failed: The runs folder ")
