"""A recommendation held against worlds that had no part in it: fresh joint draws, each with its own cheapest plan.

Two things are told of them: what the recommended plan regrets there, beside what the cheapest plan of the central
values does; and how often a change that was called `now` belongs to the fresh world's own cheapest plan, or costs there
no more than the gap where it is made beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from optimization.ledger.worlds import GROUPS, World, joint_draws
from optimization.outcome.clock import Clock
from optimization.outcome.given_back import Prices
from optimization.outcome.master import master_problem
from optimization.outcome.steps import Duty
from optimization.recommend.blended import Evaluated, Plan, costs_of
from optimization.recommend.evaluating import Solving
from optimization.recommend.held import statute_of
from optimization.recommend.recommend import Recommendation
from optimization.recommend.tables import MIL, NOW, changes
from optimization.recommend.workers import workers_for
from optimization.solving.deadline import Deadline
from optimization.solving.standard_form import changed

PREFIX: Final = "fresh"
OTHER_SEED: Final = 10_000
"""Added to the seed of the command, so that fresh draws are none of those that were asked."""

HIGH: Final = 0.95
"""Share of the fresh worlds below which the high end of the regrets lies."""

AT_ONCE: Final = 40
"""Worlds in which the plans met are priced at a time."""

Made = tuple[Duty, str]
"""A change: a duty, and the tier it goes to."""


@dataclass(frozen=True)
class Fresh:
    """Fresh worlds, as many as there was time for: `table` holds a row for each, `asked` how many were wanted."""

    table: pd.DataFrame
    asked: int
    seed: int

    @property
    def record(self) -> dict[str, Any]:
        """What `recommend.json` holds of them."""
        regret, central = (self.table[f"{name}{MIL}"] for name in ("regret", "regret_of_central"))
        held = self.table["now_held_ratio"]
        return {
            "draws": len(self.table),
            "draws_asked": self.asked,
            "seed": self.seed,
            "worst_regret_million_yen": float(regret.max()),
            "worst_regret_of_central_million_yen": float(central.max()),
            "high_regret_million_yen": float(regret.quantile(HIGH)),
            "high_regret_of_central_million_yen": float(central.quantile(HIGH)),
            "mean_regret_million_yen": float(regret.mean()),
            "mean_regret_of_central_million_yen": float(central.mean()),
            "stands": bool(regret.max() < central.max() and regret.quantile(HIGH) < central.quantile(HIGH)),
            "share_of_now_held": None if held.isna().all() else float(held.mean()),
        }


def fresh_draws(count: int, seed: int, groups: Sequence[str]) -> list[World]:
    """Worlds that no search with the same seed has drawn."""
    return joint_draws(count, seed + OTHER_SEED, groups, PREFIX)


def fresh_worlds(
    found: Recommendation,
    folder: Path,
    count: int,
    seed: int,
    seconds: float,
    processes: int = 1,
    scheduler: str = "",
) -> Fresh | None:
    """A recommendation in so many fresh worlds, answered as the search was and archived in its folder; None where there
    was time for none."""
    drawn, deadline = fresh_draws(count, seed, tuple(GROUPS)), Deadline(seconds)
    with workers_for(found.question, processes, scheduler) as workers:
        solving = Solving(found.question, found.blends.over(drawn), folder, workers)
        answers = solving.cheapest(list(np.eye(count)), deadline)
    made, costs = _now(found), _costs_in(found, solving, drawn[: len(answers)])
    rows = [
        _row(found, solving, made, world, own, each)
        for world, own, each in zip(drawn, answers, costs.T, strict=False)
        if own.plan
    ]
    return Fresh(pd.DataFrame(rows), count, seed + OTHER_SEED) if rows else None


def _costs_in(found: Recommendation, solving: Solving, drawn: Sequence[World]) -> np.ndarray:
    """What every plan met costs in some worlds, its formula left out, (plans, worlds); so many worlds at a time as fit
    into the memory."""
    plans = found.search.plans
    parts = [solving.over(drawn[n : n + AT_ONCE]).costs(plans) for n in range(0, len(drawn), AT_ONCE)]
    return np.hstack([np.zeros((len(plans), 0)), *parts])


def _now(found: Recommendation) -> list[Made]:
    """The changes that are called `now`."""
    instance, table = found.blends.instance, changes(found)
    service = {name: s for s, name in enumerate(instance.services)}
    group = {name: k for k, name in enumerate(instance.groups.labels)}
    now = table[table["verdict"] == NOW]
    names = zip(now["service"], now["rule_group"], now["tier"], strict=True)
    return [((service[s], group[k]), str(tier)) for s, k, tier in names]


def _row(
    found: Recommendation,
    solving: Solving,
    made: Sequence[Made],
    world: World,
    own: Evaluated,
    of_plans: np.ndarray,
) -> dict[str, Any]:
    """What is told of one fresh world, in which the plans met cost `of_plans`, their formula left out."""
    assert own.plan is not None
    plans = found.search.plans
    judged = np.array([*found.search.judged, own.judged])
    costs = np.append(of_plans, solving.over([world]).costs([own.plan])[0]) + judged
    least = min(own.bound, float(costs.min()))
    gap = found.gap
    held = [
        own.plan.tier[duty] == tier
        or any(
            plan.tier[duty] == tier and cost - least <= gap for plan, cost in zip(plans, costs, strict=False)
        )
        for duty, tier in made
    ]
    if not all(held):
        forced = _forced(
            found, world, own.plan, [each for each, one in zip(made, held, strict=True) if not one]
        )
        room = gap - (float(costs[-1]) - least)
        held = [one or forced[each] <= room for each, one in zip(made, held, strict=True)]
    return {
        "world": world.name,
        **{f"{group}_level": world.level(group) for group in GROUPS},
        f"least_cost{MIL}": float(costs.min()),
        f"least_cost_bound{MIL}": least,
        f"regret{MIL}": float(costs[found.number] - least),
        f"regret_of_central{MIL}": float(costs[0] - least),
        "now_held_ratio": float(np.mean(held)) if held else np.nan,
    }


def _forced(found: Recommendation, world: World, own: Plan, made: Sequence[Made]) -> dict[Made, float]:
    """What each of some changes costs in a world where it is made beside the world's own plan, provision decided anew,
    over the pairs of that plan and the recommended one."""
    blends = found.blends.over([world])
    master = master_problem(blends.table([own, found.plan]), Clock())
    cost, constant = costs_of(master, blends.questions)
    prices = Prices(replace(master, form=changed(master.form, cost=cost[0], constant=float(constant[0]))))
    statute = statute_of(prices.duties, own)
    before = prices.price(statute)
    return {
        (duty, tier): prices.price(prices.without(statute, (duty,), tier)) - before for duty, tier in made
    }
