"""Plans as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kescape.schedule import (
    Constant,
    CosineRestarts,
    ExponentialRise,
    OneCycle,
    StepDecay,
    plan_from_dict,
    single_cosine,
)


@pytest.mark.parametrize(
    "plan",
    [
        CosineRestarts(10, 1.1, 0.1),
        CosineRestarts(0.1, 2, 0.1, 1e-300, eta_max_decay=0.7, warmup=0.3, cycles=4),
        CosineRestarts([7, 13.5], 1, 0.1, restart_warmup=0.1),
        single_cosine(70, 0.1),
        Constant(1 / 3),
        StepDecay(0.1, 0.2, (60, 120.5)),
        OneCycle(10, 0.1, 0.25, 20, 1e5),
        ExponentialRise(200 / 36, 1e-6, 10),
    ],
)
def test_a_plan_survives_json(plan):
    """Equal, of the same type, and of the same rates."""
    again = plan_from_dict(json.loads(json.dumps(plan.to_dict(), allow_nan=False)))

    assert again == plan
    assert type(again) is type(plan)
    assert again.on_steps(7).learning_rates(0, 99).tolist() == (plan.on_steps(7).learning_rates(0, 99).tolist())


@given(st.floats(1e-3, 1e3), st.floats(0.1, 10), st.floats(1e-6, 10))
def test_floats_survive_exactly(t_0, t_mult, eta_max):
    """Digit for digit."""
    plan = CosineRestarts(t_0, t_mult, eta_max)
    again = plan_from_dict(json.loads(json.dumps(plan.to_dict())))

    assert (again.t_0, again.t_mult, again.eta_max) == (t_0, t_mult, eta_max)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "kind must be one of constant, cosine_restarts, exponential_rise, one_cycle, step_decay"),
        ({"kind": "poly"}, "got kind='poly'"),
        ({"kind": ["constant"]}, "kind must be one of"),
        ({"kind": "constant"}, "this is no constant plan: .*eta_max"),
        ({"kind": "constant", "eta_max": 0.1, "zeta": 1}, "this is no constant plan: .*zeta"),
        ({"kind": "constant", "eta_max": "high"}, "this is no constant plan: eta_max must be"),
        ({"kind": "constant", "eta_max": -1}, "eta_max must be > 0"),
    ],
)
def test_what_is_no_plan_is_refused(values, message):
    """With one kind of error, as a damaged run file can hold anything."""
    with pytest.raises(ValueError, match=message):
        plan_from_dict(values)
