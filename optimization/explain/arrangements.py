"""What the arrangement of a service is worth: the plan beside the same plan with the service elsewhere.

Of a service that moves the question is what it would cost to keep it with today's tier, of one that stays what it would
cost to move it. All other duties and the formula stay as the plan has them, provision is decided anew on both sides,
and the ledger draws up the accounts of both: what is saved and on which side, whose budget gains and whose loses, who
has less left, which limits would be broken. Then every number of which costs are made is taken to either end of its
range, both sides are counted again, and the value is sought at which the saving is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from optimization.case.case import Case
from optimization.ledger import places
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.cost_kinds import BESIDE, BUDGET, JUDGEMENT, RESIDENTS, of_kind, real_cost
from optimization.ledger.flows import GOVERNING, by_sector, side_by_side
from optimization.ledger.provided import Provided
from optimization.ledger.worlds import Worlds, decision_in, only_bodies
from optimization.outcome.given_back import Prices
from optimization.outcome.readback import Values, read_decision
from optimization.outcome.run import Answer
from optimization.outcome.steps import Duty
from optimization.rules.checks import breaches

MIL = "_million_yen"
KINDS = {"budgets": BUDGET, "residents": RESIDENTS, "beside": BESIDE, "judgement": JUDGEMENT}

COUNTS = 1.0
"""Million yen a year by which a number must move a saving to be told of."""

NEAR = 0.01
"""Part of the way to the end of a range to which the value that overturns a saving is found."""

ENDS = ("", "_at_low", "_at_high")
"""A saving with a number as it is, and at either end of its range."""

Report = Callable[[int, int], None]
Savings = Callable[[Mapping[str, float], Sequence[int]], np.ndarray]


@dataclass(frozen=True)
class Arrangement:
    """A service (by position) elsewhere than in the plan: the tier, the duties (service, rule group) that lie there
    then, whether this is today's arrangement, and the decision with its accounts."""

    service: int
    tier: str
    duties: tuple[Duty, ...]
    as_today: bool
    accounts: Accounts


@dataclass(frozen=True)
class Worth:
    """What the plan saves against other arrangements of some services. `plan` holds the accounts of the plan, provision
    decided anew as in the others."""

    plan: Accounts
    others: tuple[Arrangement, ...]


def worth_of(last: Answer, services: Sequence[str]) -> Worth:
    """The plan of the last question beside the same plan with each of some services elsewhere: with today's tier where
    it moves, and with every other tier that is open to some of its duties. Arrangements in which nobody could provide
    the service are left out."""
    accounts = last.result.accounts
    values = last.result.outcome.values
    assert accounts is not None and values is not None
    instance, prices = last.instance, Prices(last.problem)
    statute, chosen = prices.statute(values), accounts.decision.tier
    plan = _counted(last, prices, values, statute)
    assert plan is not None, "the plan's own statute has no provision"
    found = []
    for name in services:
        s = int(instance.services.get_loc(name))
        home = instance.groups.home[s]
        own = {duty: tiers for duty, tiers in instance.groups.options.items() if duty[0] == s}
        for tier in dict.fromkeys((home, *(t for tiers in own.values() for t in tiers))):
            duties = tuple(d for d, tiers in own.items() if tier in tiers and chosen[d] != tier)
            other = _counted(last, prices, values, prices.without(statute, duties, tier)) if duties else None
            if other is not None:
                found.append(Arrangement(s, tier, duties, tier == home, other))
    return Worth(plan, tuple(found))


def _counted(last: Answer, prices: Prices, values: np.ndarray, statute: np.ndarray) -> Accounts | None:
    """The accounts of the cheapest provision under a statute, the formula as in a point of the program (with the bonds
    that later years need then); None where there is no provision."""
    provision = prices.provision(statute)
    if provision is None:
        return None
    point = values.copy()
    point[prices.problem.provision] = provision
    problem = last.problem
    decision = read_decision(problem.columns, problem.model, Values(problem.form, point))
    return Accounts(last.instance, with_bonds(last.instance, decision))


def arrangements(worth: Worth) -> pd.DataFrame:
    """What the plan saves against every other arrangement, a row for each.

    Columns: service, instead (the tier), as_today, rule_groups and population_persons of the duties that lie elsewhere;
    saving (real) and what of it budgets, residents and what stands beside them (crises, debts, bodies) save, judgement;
    what nation, prefectures and municipalities are left with more (million yen a year, the first year's); people and
    places that have more or less left, the most of either (yen a resident) and where less; rules that the other
    arrangement would break.
    """
    return pd.DataFrame([_row(worth.plan, other) for other in worth.others])


def _row(plan: Accounts, other: Arrangement) -> dict[str, object]:
    instance, then = plan.instance, other.accounts
    residents = instance.case.municipalities["population_persons"].to_numpy(float)
    served = [m for _, k in other.duties for m in instance.groups.members[k].tolist()]
    saved = {
        name: sum(of_kind(then.objective_parts, kind).values())
        - sum(of_kind(plan.objective_parts, kind).values())
        for name, kind in KINDS.items()
    }
    sectors = by_sector(side_by_side(plan, then))
    more = sectors[f"balance_package{MIL}"] - sectors[f"balance_today{MIL}"]
    left = places.leeway(plan) - places.leeway(then)
    gains, loses = left > places.STILL, left < -places.STILL
    names = instance.case.municipalities["name_ja"]
    return {
        "service": instance.services[other.service],
        "instead": other.tier,
        "as_today": int(other.as_today),
        "rule_groups": "|".join(str(instance.groups.labels[k]) for _, k in other.duties),
        "population_persons": int(residents[served][instance.today[served, other.service] > 0].sum()),
        f"saving{MIL}": then.real_cost - plan.real_cost,
        **{f"saving_of_{name}{MIL}": saved[name] for name in list(KINDS)[:3]},
        f"judgement{MIL}": saved["judgement"],
        **{f"{sector}{MIL}": float(more[sector]) for sector in GOVERNING},
        "people_with_more": int(residents[gains].sum()),
        "people_with_less": int(residents[loses].sum()),
        "places_with_less": int(loses.sum()),
        "most_more_yen_per_resident": max(0.0, float(left.max())),
        "most_less_yen_per_resident": max(0.0, float(-left.min())),
        "place_with_least": str(names.iloc[int(left.argmin())]) if loses.any() else "",
        "rules_broken": "|".join(sorted({breach.rule for breach in breaches(then)})),
    }


@dataclass(frozen=True)
class _Number:
    """A number of which costs are made: its key, the value in use, its range, and what the table says of it."""

    key: str
    value: float
    low: float
    high: float
    unit: str
    mark: str
    source: str

    @property
    def told(self) -> dict[str, object]:
        """What the table says of it."""
        return {name: getattr(self, name) for name in ("value", "low", "high", "unit", "mark", "source")}


def _numbers(whole: Case, assumptions: Mapping[str, float], service: str) -> Iterator[_Number]:
    """The numbers with a range that the costs of a service can hang on: its own, those of bundles that it is part of,
    and those of all services."""
    table = whole.parameters.table
    for key, row in zip(whole.parameters.keys, table.to_dict("records"), strict=True):
        if row["service"] and service not in str(row["service"]).split("+"):
            continue
        value = float(assumptions.get(key, row["central"]))
        low, high = min(float(row["low"]), value), max(float(row["high"]), value)
        if low < high:
            yield _Number(key, value, low, high, str(row["unit"]), str(row["mark"]), str(row["source"]))


def rests_on(
    worth: Worth, last: Answer, whole: Case, report: Report = lambda done, total: None
) -> pd.DataFrame:
    """Which numbers the saving against every other arrangement hangs on, those that move it most first.

    Columns: service, instead, number (as a package writes it), value, low, high, unit, mark, source, saving,
    saving_at_low, saving_at_high (million yen a year, the first year's, without crises and debts) and overturned_at,
    the value within the range nearest to the one in use at which the sign of the saving changes (empty where there is
    none). `whole` is the case of which the question may be a part.
    """
    first = replace(worth.plan.instance, horizon=None)
    worlds = Worlds(whole, last.result.package, first)
    services = dict.fromkeys(other.service for other in worth.others)
    rows: list[dict[str, object]] = []
    for done, s in enumerate(services):
        report(done, len(services))
        rows += _carried(worlds, worth, s)
    columns = ["service", "instead", "number", "value", "low", "high", "unit", "mark", "source"]
    money = [f"saving{at}{MIL}" for at in ENDS]
    return pd.DataFrame(rows, columns=[*columns, *money, "overturned_at"])


def _carried(worlds: Worlds, worth: Worth, service: int) -> list[dict[str, object]]:
    """The rows of one service."""
    name = str(worlds.instance.services[service])
    others = [other for other in worth.others if other.service == service]
    decisions = [
        replace(each.decision, lead={}, reserve={}, bonds=(), adjustment_rates=(), second=None)
        for each in (worth.plan, *(other.accounts for other in others))
    ]
    few = only_bodies(worlds.instance.bodies, [b for each in decisions for b in each.existing_bodies])

    def savings(values: Mapping[str, float], chosen: Sequence[int]) -> np.ndarray:
        """What the plan saves against some of the others where numbers have other values."""
        question = worlds.question_at(values, few)
        cost = [
            real_cost(Provided(question, decision_in(question, decisions[n])).provision_parts)
            for n in (0, *(1 + n for n in chosen))
        ]
        return np.array(cost[1:]) - cost[0]

    every = range(len(others))
    central, rows = savings({}, every), list[dict[str, object]]()
    for number in _numbers(worlds.whole, worlds.package.assumptions, name):
        ends = np.array([savings({number.key: end}, every) for end in (number.low, number.high)])
        for n, other in enumerate(others):
            if np.abs(ends[:, n] - central[n]).max() < COUNTS:
                continue
            amounts = (central[n], *ends[:, n])
            rows.append(
                {"service": name, "instead": other.tier, "number": number.key, **number.told}
                | {f"saving{at}{MIL}": float(amount) for at, amount in zip(ENDS, amounts, strict=True)}
                | {"overturned_at": _overturned(partial(_one, savings, n), number, amounts)}
            )
    order = {other.tier: n for n, other in enumerate(others)}
    return sorted(rows, key=lambda row: (order[str(row["instead"])], -_width(row)))


def _one(savings: Savings, n: int, values: Mapping[str, float]) -> float:
    """What the plan saves against one arrangement alone."""
    return float(savings(values, [n])[0])


def _width(row: Mapping[str, object]) -> float:
    """How far a number moves a saving."""
    amounts = [float(str(row[f"saving{at}{MIL}"])) for at in ENDS]
    return max(amounts) - min(amounts)


def _overturned(
    saving: Callable[[Mapping[str, float]], float], number: _Number, amounts: tuple[float, ...]
) -> float:
    """The value nearest to the one in use at which a saving changes its sign; not a number where no end has another
    sign."""

    def at(value: float) -> float:
        return saving({number.key: value})

    central, *ends = amounts
    found = [
        float(brentq(at, number.value, end, xtol=NEAR * abs(end - number.value), maxiter=30))
        for end, amount in zip((number.low, number.high), ends, strict=True)
        if amount * central < 0
    ]
    return min(found, key=lambda value: abs(value - number.value), default=float("nan"))
