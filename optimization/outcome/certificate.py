"""What an outcome proves: its plan against a bound, and a bound that contradicts its plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimization.rules.checks import Breach
from optimization.solving.highs import Limits, Outcome, Status, gap_reached

BOUND = "bound"
"""Label of the breach of a bound that lies above its plan."""


def proven(plan: Outcome, bound: float, limits: Limits) -> Outcome:
    """A plan against the better of its own and another bound, million yen."""
    bound = max(plan.bound, bound)
    status = Status.OPTIMAL if gap_reached(plan.objective, bound, limits.gap) else Status.INCUMBENT
    return replace(plan, status=status).at_cost(plan.objective, bound)


def without_plan(relaxed: Outcome) -> Outcome:
    """What a relaxation alone establishes: a bound."""
    return replace(
        relaxed, status=Status.NOTHING, termination="time limit", values=None, objective=np.inf, gap=np.inf
    )


def overstatement(outcome: Outcome) -> list[Breach]:
    """A bound above its own plan, million yen: no plan can cost less than what no plan costs less than."""
    return [Breach(BOUND, "objective", outcome.overstated)] if outcome.overstated else []
