"""How much a plan saves where the assumed and estimated numbers are others than the central ones.

The plan stays as it is. In every joint draw of the numbers today's arrangement and the plan are both re-counted by the
ledger, and the range is that of the change between the two, which is far narrower than that of either. It tells how
wrong the saving of this plan may be, not what another plan would save in that world.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.cost_kinds import BUDGET, of_kind, real_cost
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.instance import Instance
from optimization.ledger.provided import Provided
from optimization.ledger.worlds import Worlds, decision_in, joint_draws, only_bodies

DRAWS: Final = 20
SEED: Final = 0
ENDS: Final = (0.05, 0.5, 0.95)
"""Shares of the draws that lie below the low end, the middle and the high end of a range."""


@dataclass(frozen=True)
class SavingRange:
    """What a plan saves in each of some draws, million yen a year: `budgets` what the budgets save, `real` what is
    saved in all, (draws,) each; `levels` (draws, groups) of the `groups` of numbers."""

    budgets: np.ndarray
    real: np.ndarray
    levels: np.ndarray
    groups: tuple[str, ...]
    first_year: bool = False

    @cached_property
    def moved_by(self) -> list[tuple[str, float]]:
        """Rank correlation of what is saved in all with the level of each group, the strongest first."""
        told = [
            (group, _rank_correlation(self.levels[:, n], self.real)) for n, group in enumerate(self.groups)
        ]
        return sorted(told, key=lambda pair: -abs(pair[1]))

    @property
    def record(self) -> dict[str, Any]:
        """What `run.json` holds of it."""
        return {
            "draws": len(self.real),
            "seed": SEED,
            "first_year": self.first_year,
            "budgets_million_yen": _ends(self.budgets),
            "real_million_yen": _ends(self.real),
            "draws_in_which_it_saves": int((self.real > 0).sum()),
            "moved_by": [
                {"group": group, "rank_correlation": round(told, 3)} for group, told in self.moved_by
            ],
        }


def saving_range(
    whole: Case, package: ResolvedPackage, instance: Instance, decision: Decision, draws: int = DRAWS
) -> SavingRange | None:
    """What a decision saves against today in joint draws; None where no number of the costs is marked as one that is
    not known. Over a horizon the first year's saving. `whole` is the case of which the question may be a part."""
    first, decision = replace(instance, horizon=None), replace(decision, second=None)
    worlds = Worlds(whole, package, first)
    if not worlds.groups:
        return None
    drawn = joint_draws(draws, SEED, worlds.groups)
    few = only_bodies(instance.bodies, decision.existing_bodies)
    saved = []
    for world in drawn:
        question = worlds.question_in(world, few)
        plan, today = decision_in(question, decision), status_quo(question)
        before, after = (np.array(_costs(Provided(question, each))) for each in (today, plan))
        saved.append(before - after)
    budgets, real = np.array(saved).T
    levels = np.array([[world.level(group) for group in worlds.groups] for world in drawn])
    return SavingRange(budgets, real, levels, worlds.groups, instance.horizon is not None)


def _costs(provided: Provided) -> tuple[float, float]:
    """What budgets pay in the year, and the real cost, million yen: without what crises and debts cost."""
    parts = provided.provision_parts
    return sum(of_kind(parts, BUDGET).values()), real_cost(parts)


def _ends(saved: np.ndarray) -> dict[str, float]:
    """Low end, middle and high end of what is saved."""
    return dict(zip(("low", "middle", "high"), np.quantile(saved, ENDS).tolist(), strict=True))


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's; 0 where one does not vary."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    first, second = (np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (one, other))
    return float(np.corrcoef(first, second)[0, 1])
