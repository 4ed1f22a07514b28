"""Learning-rate plans: pure mathematics, shared by training, preview, markers and export.

Positions are in epochs (2.5 is half-way through the third epoch) until a plan is placed on whole
steps. Nothing here imports Keras, Qt or the run folder.

Example:
    >>> plan = CosineRestarts(t_0=10, t_mult=2, eta_max=0.1)
    >>> placed = plan.on_steps(steps_per_epoch=391)
    >>> placed.restarts(until=70 * 391)
    [3910, 11730]
"""

from kescape.schedule.constant import Constant
from kescape.schedule.cosine_restarts import CosineRestarts, single_cosine
from kescape.schedule.cycle_planner import FittedCycles, fit_cycles, fit_first_cycle
from kescape.schedule.exponential_rise import ExponentialRise
from kescape.schedule.one_cycle import OneCycle
from kescape.schedule.placed_plan import PlacedPlan
from kescape.schedule.plan import CyclePosition, Landing, Plan, PlanEdit
from kescape.schedule.plan_dict import plan_from_dict
from kescape.schedule.step_decay import StepDecay

__all__ = [
    "Constant",
    "CosineRestarts",
    "CyclePosition",
    "ExponentialRise",
    "FittedCycles",
    "Landing",
    "OneCycle",
    "PlacedPlan",
    "Plan",
    "PlanEdit",
    "StepDecay",
    "fit_cycles",
    "fit_first_cycle",
    "plan_from_dict",
    "single_cosine",
]
