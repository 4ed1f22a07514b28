"""The problems of the bench, by their names."""

from __future__ import annotations

from kescape.evidence.bench.network_problem import NETWORK_PROBLEMS
from kescape.evidence.bench.problem import Problem
from kescape.evidence.bench.surface_problem import SURFACE_PROBLEMS

__all__ = ["PROBLEMS"]

_ALL: tuple[Problem, ...] = (*NETWORK_PROBLEMS, *SURFACE_PROBLEMS)

PROBLEMS = {problem.name: problem for problem in _ALL}
"""In the order of the tables."""
