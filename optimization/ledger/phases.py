"""The parts of a horizon: some of its years as a question of their own.

A plan in two phases decides for the years before `horizon.second_phase_year` and, once more, for those from it on:

(H5) tier_2[s, k] = tier_1[s, k] wherever tier_1[s, k] is not today's: what has moved stays moved

Each phase has its own roles, bodies, shares and unit costs, and pays for the transition from today's arrangement in its
own years. Debt is all that the first hands on, and it is linear in what was borrowed: a yen owed when the first phase
ends costs

    lasting = debt_cost x sum over years h of the second phase of weight[h] x (1 - repayment)^(h - second phase year)

so that the cost of the two is the sum of their costs, the first's with `lasting`, the second's with nothing owed
before. Crises are faced by the roles of the first phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from optimization.dictionary.settings import load_settings, setting_key, with_values
from optimization.dictionary.typed_settings import SettingKey
from optimization.ledger.decision import Decision
from optimization.ledger.horizon import ONLY_FIRST
from optimization.ledger.instance import Horizon, Instance

AMOUNTS: tuple[SettingKey, ...] = ("pool.ordinary_million_yen", "nation.limit_million_yen")
"""Limits that are never off: beyond the largest amount that they can be there is no country."""

IN_EVERY_YEAR: tuple[SettingKey, ...] = tuple(
    setting_key(key)
    for key, setting in load_settings().items()
    if setting.off
    and key.startswith(("equity.", "discipline.", "pool."))
    and key != "discipline.retention_floor"
)
"""Limits on the accounts of a year that can be off."""

UNBOUND: Mapping[SettingKey, Any] = {
    **ONLY_FIRST,
    **{key: load_settings()[key].maximum for key in AMOUNTS},
    **dict.fromkeys(IN_EVERY_YEAR, None),
    "discipline.balance": False,
    "discipline.debt_steps_kept": False,
    "pool.released": "nation",
}
"""Settings under which the accounts of a year bind nothing: a first year that belongs to another phase."""

Options = Mapping[tuple[int, int], tuple[str, ...]]


def some_years(instance: Instance, years: Iterable[int]) -> Instance:
    """The question of some years of its horizon, each at its weight in the whole. A first year that is not among them
    binds nothing and weighs nothing."""
    horizon = instance.horizon
    assert horizon is not None
    wanted, after = set(years), horizon.years[1:]
    at = [0, *(n for n, year in enumerate(horizon.years) if n and year in wanted)]
    weight = horizon.weight[at].copy()
    settings = instance.settings
    if horizon.years[0] not in wanted:
        weight[0] = 0.0
        settings = with_values(settings, UNBOUND)
    part = Horizon(
        years=tuple(horizon.years[n] for n in at),
        span=tuple(horizon.span[n] for n in at),
        weight=weight,
        later=tuple(each for year, each in zip(after, horizon.later, strict=True) if year in wanted),
        richer=tuple(growth for year, growth in zip(after, horizon.richer, strict=True) if year in wanted),
    )
    return replace(instance, settings=settings, horizon=part)


def first_phase(instance: Instance) -> Instance:
    """The years before the second phase, with what their debts go on to cost in it."""
    horizon = instance.horizon
    assert horizon is not None and horizon.second
    part = some_years(instance, [year for year in horizon.years if not horizon.in_second(year)])
    kept, cost = 1.0 - instance.settings["horizon.debt_repayment"], instance.settings["horizon.debt_cost"]
    lasting = cost * sum(
        weight * kept ** (year - horizon.second)
        for year, weight in zip(horizon.years, horizon.weight, strict=True)
        if horizon.in_second(year)
    )
    assert part.horizon is not None
    return replace(part, horizon=replace(part.horizon, lasting=float(lasting)))


def second_phase(instance: Instance, before: tuple[float, float] = (0.0, 0.0)) -> Instance:
    """The years of the second phase, with what municipalities and the nation owe at its start, million yen."""
    horizon = instance.horizon
    assert horizon is not None and horizon.second
    part = some_years(instance, filter(horizon.in_second, horizon.years))
    assert part.horizon is not None
    return replace(part, horizon=replace(part.horizon, before=before))


def restricted(instance: Instance, options: Options) -> Instance:
    """The question with fewer tiers open for some duties, in all its years."""
    groups = replace(instance.groups, options={**instance.groups.options, **options})
    horizon = instance.horizon
    if horizon is None:
        return replace(instance, groups=groups)
    later = tuple(replace(each, groups=groups) for each in horizon.later)
    return replace(instance, groups=groups, horizon=replace(horizon, later=later))


def after(instance: Instance, first: Decision) -> Instance:
    """A question whose answer may follow a decision: what has moved stays moved (H5)."""
    home = instance.groups.home
    moved = {duty: (tier,) for duty, tier in first.tier.items() if tier != home[duty[0]]}
    return restricted(instance, moved)


def ahead_of(instance: Instance, second: Decision) -> Instance:
    """A question whose answer a decision may follow: as today or as there (H5)."""
    home = instance.groups.home
    return restricted(
        instance,
        {
            duty: tuple(tier for tier in tiers if tier in (home[duty[0]], second.tier[duty]))
            for duty, tiers in instance.groups.options.items()
        },
    )


def broken_order(instance: Instance, decision: Decision) -> list[tuple[int, int]]:
    """(H5) the duties (service, rule group) that leave in the second phase where the first has moved them."""
    if decision.second is None:
        return []
    home, then = instance.groups.home, decision.second.tier
    return [duty for duty, tier in decision.tier.items() if tier != home[duty[0]] and then[duty] != tier]
