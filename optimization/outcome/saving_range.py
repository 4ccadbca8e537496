"""How much a plan, and each thing in it, saves where the assumed and estimated numbers are not the central ones.

The plan stays as it is. In every joint draw of the numbers today's arrangement and the plan are both re-counted by the
ledger, and the range is that of the change between the two, which is far narrower than that of either. It tells how
wrong the saving of this plan may be, not what another plan would save in that world. So it is for each change: the plan
is held against itself without the change, with all other duties as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.cost_kinds import BUDGET, of_kind, real_cost
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.factors import Number
from optimization.ledger.instance import Instance
from optimization.ledger.money_spent import ratios_of, saved
from optimization.ledger.provided import Provided
from optimization.ledger.worlds import Worlds, decision_in, joint_draws, only_bodies, value_at
from optimization.outcome.alternatives import Alternatives, Change, Group
from optimization.outcome.conditions import telling
from optimization.outcome.steps import Cover, PriceList, Step, StepCosts

DRAWS: Final = 20
SEED: Final = 0
MONEY: Final = "money"
"""Name of the group of the ratios of money spent."""

ENDS: Final = (0.05, 0.5, 0.95)
"""Shares of the draws that lie below the low end, the middle and the high end of a range."""


@dataclass(frozen=True)
class Savings:
    """What single things save, million yen a year: a column for every change by itself, for every change with all of
    its service, and for every group of municipalities."""

    alone: np.ndarray
    together: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True)
class SavingRange:
    """What a plan saves in each of some draws, million yen a year: `budgets` what the budgets save of the norm, `spent`
    what they save of money spent (None where the case does not tell), `real` what is saved in all, (draws,) each;
    `levels` (draws, groups) of the `groups` of numbers. `each` tells it of the single things, a row for every draw;
    `central` in one row where the central values are right. `worlds` are those drawn from, `held` what the plan is held
    against."""

    budgets: np.ndarray
    real: np.ndarray
    levels: np.ndarray
    worlds: Worlds
    held: Alternatives
    each: Savings
    central: Savings
    first_year: bool = False
    spent: np.ndarray | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of numbers that move."""
        return self.worlds.groups

    @cached_property
    def telling(self) -> dict[str, dict[str, tuple[Number, int]]]:
        """For every service the groups on which it can hang, with the number that tells the level of each."""
        return {service: telling(self.worlds, service) for service in self.worlds.instance.services}

    @cached_property
    def moved_by(self) -> list[tuple[str, float]]:
        """Rank correlation of what is saved in all with the level of each group, the strongest first."""
        told = [
            (group, rank_correlation(self.levels[:, n], self.real)) for n, group in enumerate(self.groups)
        ]
        return sorted(told, key=lambda pair: -abs(pair[1]))

    @property
    def record(self) -> dict[str, Any]:
        """What `run.json` holds of it."""
        return {
            "draws": len(self.real),
            "seed": SEED,
            "first_year": self.first_year,
            "budgets_million_yen": ends_of(self.budgets),
            "spent_million_yen": None if self.spent is None else ends_of(self.spent),
            "real_million_yen": ends_of(self.real),
            "draws_in_which_it_saves": int((self.real > 0).sum()),
            "moved_by": [
                {"group": group, "rank_correlation": round(told, 3)} for group, told in self.moved_by
            ],
        }


def saving_range(
    whole: Case, package: ResolvedPackage, instance: Instance, held: Alternatives, draws: int = DRAWS
) -> SavingRange | None:
    """What a decision saves against today in joint draws, and what each thing in it saves against what it is held
    against; None where no number of the costs is marked as one that is not known. Over a horizon the first year's
    saving. `whole` is the case of which the question may be a part."""
    first, decision = replace(instance, horizon=None), replace(held.decision, second=None)
    worlds = Worlds(whole, package, first)
    if not worlds.groups:
        return None
    drawn = joint_draws(draws, SEED, worlds.groups)
    rows = sorted({*held.rows, *(row for row, *_ in instance.bodies.whole_today)})
    few, cover = only_bodies(instance.bodies, rows), Cover(first)
    place = {row: n for n, row in enumerate(rows)}
    ratios, change, spent, each = ratios_of(first.case), [], [], []
    for world, ratio in zip(drawn, _money(draws), strict=True):
        question = worlds.question_in(world, few)
        today, plan = (
            Provided(question, one) for one in (status_quo(question), decision_in(question, decision))
        )
        change.append(np.array(_costs(today)) - _costs(plan))
        if ratios is not None:
            of_money = ratios.at(partial(value_at, level=ratio))
            spent.append(float(saved(today, plan).spent(of_money).sum()))
        each.append(_each(question, held, cover, place))
    budgets, real = np.array(change).T
    levels = np.array([[world.level(group) for group in worlds.groups] for world in drawn])
    central = _each(first, held, cover, {row: row for row in rows})
    years = instance.horizon is not None
    told = _stacked(each), _stacked([central])
    money = np.array(spent) if spent else None
    return SavingRange(budgets, real, levels, worlds, held, *told, first_year=years, spent=money)


def _money(draws: int) -> list[float]:
    """Level at which each draw takes the ratios of money spent to the norm, all together: no cost is made of them, so
    that they are drawn by themselves."""
    return [world.level(MONEY) for world in joint_draws(draws, SEED + 1, (MONEY,))]


def _costs(provided: Provided) -> tuple[float, float]:
    """What budgets pay in the year, and the real cost, million yen: without what crises and debts cost."""
    parts = provided.provision_parts
    return sum(of_kind(parts, BUDGET).values()), real_cost(parts)


def _each(
    question: Instance, held: Alternatives, cover: Cover, place: Mapping[int, int]
) -> tuple[list[float], list[float], list[float]]:
    """What every change saves by itself and with its service, and every group, in one question over some of the
    bodies; `place` tells where those of the whole list stand there."""
    prices = PriceList(question, cover)
    plan, base = (StepCosts(prices, _on(question, one)) for one in (held.decision, held.base))
    known: dict[int, float] = {}

    def saving(change: Change, step: Step) -> float:
        if id(step) not in known:
            more = (base if change.anew else plan).more(step.among(place))
            known[id(step)] = more if change.inside else -more
        return known[id(step)]

    alone = [saving(change, change.step) for change in held.changes]
    together = [saving(change, change.together) for change in held.changes]
    return alone, together, [_of_group(prices, group, place) for group in held.groups]


def _on(question: Instance, decision: Decision) -> Decision:
    """A decision over the list of bodies of a question."""
    return replace(decision, second=None).on(question.bodies)


def _of_group(prices: PriceList, group: Group, place: Mapping[int, int]) -> float:
    """What municipalities save by acting together as the plan says, and not as today."""
    now, before = (prices.of_pairs([(place[b], w) for b, w in pairs]) for pairs in (group.plan, group.today))
    return before - now - prices.standing(group.more_bodies)


def _stacked(each: list[tuple[list[float], list[float], list[float]]]) -> Savings:
    """What single things save in some questions, a row for each."""
    alone, together, groups = (np.array(rows, dtype=float) for rows in zip(*each, strict=True))
    return Savings(alone, together, groups)


def ends_of(saved: np.ndarray) -> dict[str, float]:
    """Low end, middle and high end of what is saved."""
    return dict(zip(("low", "middle", "high"), np.quantile(saved, ENDS).tolist(), strict=True))


def rank_correlation(one: ArrayLike, other: ArrayLike) -> float:
    """Spearman's, of values (n,) each: the correlation of ranks, equal values sharing theirs; 0 where one does not
    vary."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    from scipy.stats import rankdata  # takes long to load, and a plan that was given needs none

    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])
