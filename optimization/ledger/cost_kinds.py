"""The terms of the objective by who bears them, so that one word of a saving never means two things.

budget      what the budgets of the nation, prefectures and municipalities pay
residents   travel, the loss from giving unlike places one level, joint work between two offices: no budget pays them
beside      what is reckoned beside the accounts of a normal year: standing bodies, debts, crises
judgement   terms that weigh what is thought of a formula (D6), and what sharing is worth to members by the bodies that
            exist: nobody pays them, and no saving holds them

The first three together are the real cost of a plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BUDGET: Final = "budget"
RESIDENTS: Final = "residents"
BESIDE: Final = "beside"
JUDGEMENT: Final = "judgement"

PARTS: Mapping[str, tuple[str, ...]] = {
    BUDGET: ("standard", "coordination", "transition", "units"),
    RESIDENTS: ("access", "uniformity", "joint_work"),
    BESIDE: (
        *("bodies", "debt", "crisis_response", "crisis_shortage"),
        *("crisis_reserve", "crisis_lead", "crisis_apart"),
    ),
    JUDGEMENT: ("soft_budget", "dulled_incentive", "observed_sharing"),
}
"""Every term of the objective once, in the order in which tables show them."""


def of_kind(parts: Mapping[str, float], kind: str) -> dict[str, float]:
    """The terms of one kind among some parts of an objective (million yen a year), in the order of `PARTS`."""
    return {name: float(parts[name]) for name in PARTS[kind] if name in parts}


def real_cost(parts: Mapping[str, float]) -> float:
    """What a plan really costs, million yen a year: all terms but those of judgement."""
    return sum(float(amount) for name, amount in parts.items() if name not in PARTS[JUDGEMENT])
