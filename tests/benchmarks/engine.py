"""How fast the engine trains: its own loop, every step recorded, against `model.fit` as it comes."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.util import find_spec

from rich.console import Console

from tests.benchmarks.engine_work import CASES, EPOCHS, steps_of, works, works_on
from tests.benchmarks.measure import Arm, interleave, ratios, shares, table


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the tables, return what the JSON keeps."""
    rounds = 2 if small else 9
    return {**{case: _compare(case, small, rounds, console) for case in CASES}, "target": {"S2": 0.30}}


def _compare(case: str, small: bool, rounds: int, console: Console) -> list[dict[str, object]]:
    with ExitStack() as stack:
        here = stack.enter_context(works(case, small))
        arms = [
            Arm("model.fit as it comes", here["fit"]),
            Arm("the engine's loop, SGDR, every step kept", here["engine"]),
            Arm("its loop alone, without a plan", here["bare"]),
            Arm("its loop with a plan, without looks", here["silent"]),
        ]
        if find_spec("jax") is not None:
            on_jax = stack.enter_context(works_on("jax", case, small))
            arms += [
                Arm("model.fit as it comes, on JAX", on_jax["fit"]),
                Arm("the same engine with --backend jax", on_jax["engine"]),
            ]
        interleave(arms, rounds)
    rows, steps = ratios(arms), steps_of(case, small)
    console.print(
        table(f"{EPOCHS} epochs of {steps} steps, {CASES[case]}; lower quartile of {rounds}", rows, EPOCHS * steps)
    )
    console.print(shares(rows[1], [("the network's own step", rows[2]), ("rate and loss in the step", rows[3])]))
    console.print("Target S2, on the MLP: 0.30x of model.fit or less; on the CNN never slower.\n")
    return rows
