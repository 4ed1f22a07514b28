"""Numbers that make no plan are refused by name, with the rule, the reason and the value."""

import math
import re

import numpy as np
import pytest

from kescape.schedule import Constant, CosineRestarts, OneCycle, StepDecay, single_cosine

GOOD = {"t_0": 10, "t_mult": 2, "eta_max": 0.1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("t_0", 0),
        ("t_0", -1),
        ("t_mult", 0),
        ("t_mult", -2),
        ("eta_max", 0),
        ("eta_min", -0.1),
        ("eta_max_decay", 0),
        ("eta_max_decay", 1.1),
        ("warmup", -1),
        ("restart_warmup", -0.5),
        ("cycles", 0),
        *((name, bad) for name in (*GOOD, "eta_min", "warmup") for bad in (math.nan, math.inf)),
        ("t_0", 10**400),
    ],
)
def test_values_out_of_range(name, value):
    """Name and value are in the message, and so is a reason."""
    with pytest.raises(ValueError, match=rf"^{name} must be .*, because ") as caught:
        CosineRestarts(**{**GOOD, name: value})
    assert str(caught.value).endswith(f"got {name}={value!r}")


@pytest.mark.parametrize("name", [*GOOD, "eta_min", "eta_max_decay", "warmup", "cycles"])
@pytest.mark.parametrize("value", [True, np.True_, "10", 1j])
def test_values_of_a_wrong_type(name, value):
    """A bool is no number here."""
    with pytest.raises(TypeError, match=rf"^{name} must be a .*number .*, because .*{name}="):
        CosineRestarts(**{**GOOD, name: value})


def test_the_whole_sentence():
    """As the style asks for it."""
    message = "t_0 must be > 0 epochs, because a cycle needs at least one step; got t_0=0"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        CosineRestarts(0, 2, 0.1)
    with pytest.raises(ValueError, match=re.escape("t_0[1] must be > 0 epochs")):
        CosineRestarts([5, -5], 2, 0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CosineRestarts(10, 2, 0.1, 0.1), "eta_max must be > eta_min=0.1"),
        (lambda: CosineRestarts([], 2, 0.1), "t_0 must list at least one length"),
        (lambda: CosineRestarts([5, 5], 2, 0.1, cycles=3), "cycles must be <= 2"),
        (lambda: CosineRestarts(10, 0.5, 0.1, restart_warmup=1), "restart_warmup must be 0 for"),
        (lambda: CosineRestarts(2, 2, 0.1, restart_warmup=4), "restart_warmup must be < 4 epochs"),
        (
            lambda: CosineRestarts(8, 0.5, 0.1, restart_warmup=2, cycles=3),
            "restart_warmup must be < 2 epochs",
        ),
        (
            lambda: CosineRestarts([9, 3, 9], 1, 0.1, restart_warmup=3),
            "restart_warmup must be < 3 epochs",
        ),
        (lambda: single_cosine(0, 0.1), "epochs must be > 0"),
        (lambda: Constant(0), "eta_max must be > 0"),
        (lambda: StepDecay(0.1, 1.0), "factor must be > 0 and < 1"),
        (lambda: StepDecay(0.1, 0.1, (5, 5)), "milestones must ascend"),
        (lambda: StepDecay(0.1, 0.1, (0,)), r"milestones\[0\] must be > 0 epochs"),
        (lambda: OneCycle(0, 0.1), "epochs must be > 0"),
        (lambda: OneCycle(5, 0.1, pct_start=1), "pct_start must be > 0 and < 1"),
        (lambda: OneCycle(5, 0.1, div_factor=0.5), "div_factor must be >= 1"),
        (lambda: CosineRestarts(10, 2, 0.1).learning_rate(-1), "epoch must be >= 0 epochs"),
        (lambda: CosineRestarts(10, 2, 0.1).learning_rate(math.nan), "epoch must be a finite"),
        (lambda: CosineRestarts(10, 2, 0.1).restarts(math.inf), "until must be a finite"),
        (lambda: CosineRestarts(10, 2, 0.1).landing(0), "epochs must be > 0"),
    ],
)
def test_rules_between_values(make, message):
    """Every rule has its own sentence."""
    with pytest.raises(ValueError, match=f"^{message}.*, because "):
        make()


@pytest.mark.parametrize(
    "arguments",
    [
        {"t_0": 2, "t_mult": 2, "restart_warmup": 3.9},
        {"t_0": 2, "t_mult": 2, "restart_warmup": 50, "cycles": 1},
        {"t_0": [1, 9, 9], "t_mult": 1, "restart_warmup": 3},
    ],
)
def test_a_restart_warm_up_is_measured_against_the_cycles_it_applies_to(arguments):
    """Cycle 0 has none, however short it is."""
    CosineRestarts(eta_max=0.1, **arguments)
