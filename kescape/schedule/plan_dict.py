"""A plan from the dictionary that `to_dict` made of it, as it is kept in a run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kescape.schedule.constant import Constant
from kescape.schedule.cosine_restarts import CosineRestarts
from kescape.schedule.exponential_rise import ExponentialRise
from kescape.schedule.one_cycle import OneCycle
from kescape.schedule.plan import Plan
from kescape.schedule.step_decay import StepDecay

__all__ = ["plan_from_dict"]

_KINDS: dict[str, Callable[..., Plan]] = {
    "constant": Constant,
    "cosine_restarts": CosineRestarts,
    "exponential_rise": ExponentialRise,
    "one_cycle": OneCycle,
    "step_decay": StepDecay,
}


def plan_from_dict(values: Mapping[str, Any]) -> Plan:
    """Return the plan that `to_dict` was called on.

    Example:
        >>> plan = CosineRestarts(10, 1.1, eta_max=0.1, warmup=0.5)
        >>> plan_from_dict(plan.to_dict()) == plan
        True
    """
    arguments = dict(values)
    kind = arguments.pop("kind", None)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError(
            f"kind must be one of {', '.join(sorted(_KINDS))}, because these are the plans there are; got kind={kind!r}"
        )
    try:
        return _KINDS[kind](**arguments)
    except TypeError as error:
        raise ValueError(f"this is no {kind} plan: {error}; got {dict(values)!r}") from error
