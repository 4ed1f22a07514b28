"""How a plan ends, in words."""

import pytest

from kescape.config.landing_words import Cure, landing_words
from kescape.schedule import Constant, CosineRestarts, OneCycle, StepDecay, single_cosine

DOUBLING = CosineRestarts(10, 2, 0.1)


@pytest.mark.parametrize(
    ("plan", "epochs", "sentence"),
    [
        (DOUBLING, 70, "3 cycles of 10, 20, 40 epochs; the last one ends at the lowest rate"),
        (DOUBLING, 10, "1 cycle of 10 epochs; it ends at the lowest rate"),
        (DOUBLING, 120, "Epoch 120 is 62 % into cycle 4: stop at 70 or extend to 150"),
        (DOUBLING, 7, "Epoch 7 is 70 % into cycle 1: extend to 10"),
        (DOUBLING, 69, "3 cycles of 10, 20, 40 epochs; the last one ends close to the lowest rate"),
        (CosineRestarts(10, 1, 0.1), 70, "7 cycles of 10 epochs each; the last one ends at the lowest rate"),
        (CosineRestarts(0.05, 1, 0.1), 300, "6000 cycles of 0.05 epochs each; the last one ends at the lowest rate"),
        (CosineRestarts([3, 5] * 5, 1, 0.1), 32, "8 cycles, from 3 to 5 epochs; the last one ends at the lowest rate"),
        (CosineRestarts(1, 2, 0.1), 63, "6 cycles, from 1 to 32 epochs; the last one ends at the lowest rate"),
        (
            CosineRestarts(10, 2, 0.1, warmup=5),
            35,
            "After 5 epochs of warm-up, 2 cycles of 10, 20 epochs; the last one ends at the lowest rate",
        ),
        (CosineRestarts(10, 2, 0.1, warmup=5), 4, "Epoch 4 is 80 % into the warm-up: extend to 15"),
        (CosineRestarts(10, 2, 0.1, cycles=2), 40, "2 cycles of 10, 20 epochs, then 10 epochs at the lowest rate"),
        # Cycles of 1.5, 3 and 6 epochs end at 1.5, 4.5 and 10.5: no whole number of epochs is near the first two.
        (CosineRestarts(1.5, 2, 0.1), 4, "Epoch 4 is 83 % into cycle 2"),
        (single_cosine(70, 0.1), 70, "1 cycle of 70 epochs; it ends at the lowest rate"),
        (Constant(0.1), 1, "The rate stays the same for 1 epoch; no restarts"),
        (StepDecay(0.1, milestones=(35, 52.5)), 70, "The rate falls in steps, after 35 and 52.5 epochs; no restarts"),
        (OneCycle(70, 0.1), 70, "One rise and one long fall over 70 epochs; no restarts"),
    ],
)
def test_the_sentence_says_how_the_training_ends(plan, epochs, sentence):
    assert landing_words(plan, epochs).sentence == sentence


def test_the_cures_are_numbers_of_epochs():
    words = landing_words(DOUBLING, 120)

    assert not words.lands
    assert words.cures == (Cure(70, "stop at 70"), Cure(150, "extend to 150"))
    assert all(landing_words(DOUBLING, cure.epochs).lands for cure in words.cures)
