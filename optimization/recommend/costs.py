"""What plans cost in worlds: the ledger's provision of each plan at the costs of every world, without a program.

cost of a plan = sum over services of (places apart + pairs of the service + offices) + bundles apart + standing bodies

The first sum is told service by service, for the way in which one plan has a service costs the same beside the other
services of any other plan; what remains hangs on several services together.
"""

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


def costs_by_service(central: Instance, plan: Plan, questions: Sequence[Instance]) -> np.ndarray:
    """What each service of a plan costs society at the costs of each question, (questions, S), million yen a year: its
    places apart, its pairs of body and service, and the offices opened for it. The questions differ from the central
    one in costs alone."""
    provided = Provided(central, decision_of(central, plan))
    wide = central.costs.wide_columns
    apart = np.ones(provided.tiers.shape, dtype=bool)
    apart[:, wide] = provided.bodies < 0
    alone = {tier: provided.held_by[tier] & apart for tier in TIERS}
    pairs = np.array(plan.joint, dtype=int).reshape(-1, 2)
    count, found = len(central.services), []
    for question in questions:
        here = with_what_is_known(provided, replace(provided, instance=question), without=OF_COSTS)
        social = question.social
        places = sum(np.where(alone[tier], social.by_tier[tier], 0.0).sum(axis=0) for tier in TIERS)
        joint = np.bincount(wide[pairs[:, 1]], social.bodies[pairs[:, 0], pairs[:, 1]], minlength=count)
        offices = sum(unit.sum(axis=0) for unit in here.units.values())
        found.append(places + joint + question.settings["weights.provision"] * offices)
    return np.array(found).reshape(len(questions), count)


def costs_together(plan: Plan, questions: Sequence[Instance]) -> np.ndarray:
    """What several services of a plan cost together at the costs of each question, (questions,), million yen a year:
    bundles that are apart, and bodies that stand."""
    bodies = len({body for body, _ in plan.joint})
    work = [
        question.settings["weights.joint_work"]
        * float((question.bundles.cost * question.bundles.apart(plan.tier)).sum())
        for question in questions
    ]
    return np.array(work) + bodies * np.array([question.settings[BODY] for question in questions])
