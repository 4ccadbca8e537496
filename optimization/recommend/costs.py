"""What plans cost in worlds: the ledger's provision of each plan at the costs of every world, without a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from optimization.dictionary.tiers import TIERS
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.instance import Instance
from optimization.ledger.provided import Provided
from optimization.outcome.in_place import with_what_is_known
from optimization.recommend.blended import BODY, Plan

OF_COSTS = ("components", "budget", "units", "provision_parts", "debt_service_moved", "national_debt_service",
            "national_services", "joint_work")  # fmt: skip
"""What is known of a provision that hangs on costs."""


def decision_of(instance: Instance, plan: Plan) -> Decision:
    """A plan under today's formula."""
    return replace(status_quo(instance), tier=plan.tier, joint=plan.joint)


def provision_costs(central: Instance, plans: Sequence[Plan], questions: Sequence[Instance]) -> np.ndarray:
    """What the plans cost society at the costs of each question, (plans, questions), million yen a year. The questions
    differ from the central one in costs alone."""
    return np.array([_of_plan(central, plan, questions) for plan in plans]).reshape(
        len(plans), len(questions)
    )


def _of_plan(central: Instance, plan: Plan, questions: Sequence[Instance]) -> list[float]:
    provided = Provided(central, decision_of(central, plan))
    apart = np.ones(provided.tiers.shape, dtype=bool)
    apart[:, central.costs.wide_columns] = provided.bodies < 0
    alone = {tier: np.flatnonzero(provided.held_by[tier] & apart) for tier in TIERS}
    pairs = np.array(plan.joint, dtype=int).reshape(-1, 2)
    bodies = len(provided.decision.existing_bodies)
    found = []
    for question in questions:
        here = with_what_is_known(provided, replace(provided, instance=question), without=OF_COSTS)
        social, settings = question.social, question.settings
        places = sum(float(social.by_tier[tier].ravel()[alone[tier]].sum()) for tier in TIERS)
        joint = float(social.bodies[pairs[:, 0], pairs[:, 1]].sum())
        units = settings["weights.provision"] * sum(float(unit.sum()) for unit in here.units.values())
        work = settings["weights.joint_work"] * float(here.joint_work.sum())
        found.append(places + joint + settings[BODY] * bodies + units + work)
    return found
