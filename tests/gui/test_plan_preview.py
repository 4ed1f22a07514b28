"""The plan of the draft, drawn from the object that trains."""

import numpy as np
import pytest
from kescape_gui.plan_preview.plan_preview import PlanPreview, planned_line

from kescape.config import RunConfig
from kescape.schedule import CosineRestarts


def test_the_preview_shows_the_rates_that_train():
    config = RunConfig(epochs=7, t_0=1.0)
    preview = PlanPreview()
    preview.show(config)

    steps, rates = preview.line(10_000)

    placed = config.plan().on_steps(config.steps_per_epoch())
    assert len(steps) == preview.steps == 7 * config.steps_per_epoch()
    assert rates.tolist() == [placed.learning_rate(int(step)) for step in steps]
    assert preview.restarts == [config.steps_per_epoch(), 3 * config.steps_per_epoch()]


@pytest.mark.parametrize("total", [5_000, 5_000_000])
def test_few_points_keep_both_ends_of_each_jump(total):
    """Three cycles of which the second and third begin at 1/7 and 3/7 of the way, however long that is."""
    placed = CosineRestarts(1, 2, 0.1).on_steps(total // 7)

    steps, rates = planned_line(placed, 0, total - 1, 300)

    assert len(steps) <= 310
    for restart in placed.restarts(total):
        assert rates[steps == restart].tolist() == [0.1]
        assert rates[steps == restart - 1].max() < 1e-3
    assert np.all(np.diff(steps) > 0)
    assert (steps[0], steps[-1]) == (0, total - 1)


def test_a_wrong_form_keeps_the_last_plan_without_a_sentence():
    preview = PlanPreview()
    preview.show(RunConfig())
    preview.show(None)

    assert preview.words is None
    assert preview.placed is not None
