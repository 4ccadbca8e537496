"""The tables of a horizon: cost, money and debts year by year, coverage by place, and what waiting costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimization.costs.provision import COMPONENTS
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE
from optimization.ledger.accounts import Accounts
from optimization.ledger.allocation import SETTLED
from optimization.outcome.outlook_table import WHOLE
from optimization.outcome.result import TODAY, Course
from optimization.rules.checks import Breach, breaches

MIL = "_million_yen"


def horizon_tables(after: Accounts, before: Accounts, others: Sequence[Course]) -> dict[str, pd.DataFrame]:
    """The tables of a question over several years; none where it is about one."""
    if after.instance.horizon is None:
        return {}
    return {
        "horizon": years(after, before),
        "horizon_services": services_by_year(after),
        "horizon_governments": governments_by_year(after),
        "horizon_coverage": coverage_by_year(after, before),
        "waiting": waiting(others),
    }


def every_year(accounts: Accounts) -> list[tuple[int, Accounts]]:
    """The accounts of each year of the horizon."""
    horizon = accounts.instance.horizon
    assert horizon is not None
    return list(zip(horizon.years, [accounts, *accounts.later], strict=True))


def years(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Cost by component, pool, extraordinary bonds and debts of every year, today's arrangement and the package's; the
    weighted mean of `total` and `debt_cost` together is the objective but for crises."""
    horizon = after.instance.horizon
    assert horizon is not None
    rows: list[dict[str, object]] = [
        {
            "year": year,
            "span_years": horizon.span[n],
            "weight": float(horizon.weight[n]),
            "phase": 2 if horizon.in_second(year) else 1,
        }
        for n, year in enumerate(horizon.years)
    ]
    for label, accounts in (("_today", before), ("", after)):
        debts = accounts.debts
        for n, (_, each) in enumerate(every_year(accounts)):
            tax, decided = each.instance.tax, each.decision
            counted = tax.base[each.instance.receiving_today].sum(axis=0) @ (
                tax.partial * decided.counted * decided.assigned
            )
            money = {
                **each.year_parts,
                "total": sum(each.year_parts.values()),
                "counted_of_receiving": float(counted),
                "need": float(each.revised_need.sum() + each.bonded.sum()),
                "capacity": float(each.capacity.sum()),
                "pool": each.pool,
                "allocation": each.paid,
                "extraordinary_bond": float(debts.bonds[n]),
                "national_outlay": each.national_outlay,
                "national_limit": float(each.instance.settings["nation.limit_million_yen"]),
                "national_shortfall": float(debts.shortfall[n]),
                "extraordinary_bonds_owed": float(debts.local[n]),
                "national_shortfalls_owed": float(debts.national[n]),
                "debt_cost": float(debts.cost[n]),
            }
            rows[n] |= {f"{name}{label}{MIL}": value for name, value in money.items()}
    return pd.DataFrame(rows)


def services_by_year(after: Accounts) -> pd.DataFrame:
    """Cost of every service by component in every year."""
    frames = []
    for year, each in every_year(after):
        frame = pd.DataFrame({"year": year, "service": each.instance.services})
        for component in COMPONENTS:
            frame[f"{component}{MIL}"] = each.components[component].sum(axis=0)
        frame[f"units{MIL}"] = sum(unit.sum(axis=0) for unit in each.units.values())
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def governments_by_year(after: Accounts) -> pd.DataFrame:
    """Accounts of every government in every year. `need` is what the formula recognises before the extraordinary bond
    takes its part out of it."""
    debts, frames = after.debts, []
    for n, (year, each) in enumerate(every_year(after)):
        frame = each.instance.case.governments
        table = pd.DataFrame(
            {
                "year": year,
                "government": frame.index,
                "tier": frame["tier"].to_numpy(),
                "prefecture_code": frame["prefecture_code"].to_numpy(),
            }
        )
        owed = each.instance.bond_share * debts.local[n] if n else np.zeros(len(frame))
        money = {
            "need": each.revised_need + each.bonded,
            "extraordinary_bond": each.bonded,
            "extraordinary_bonds_owed": owed,
            "guarantee": each.guarantee,
            "capacity": each.capacity,
            "grant": each.grant,
            "residual": each.instance.residual,
            "funds": each.funds,
            "standard_cost": each.standard_cost,
            "spending": each.spending,
        }
        if each.instance.settings[SETTLED]:
            money |= {"home_need": each.home_need + each.bonded, "handed_on": each.contribution}
        frames.append(table.assign(**{f"{name}{MIL}": value for name, value in money.items()}))
    return pd.concat(frames, ignore_index=True)


def coverage_by_year(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Grants, extraordinary bonds and coverage (funds over standard cost) of municipalities and prefectures, for the
    whole case and each prefecture in every year, today's arrangement and the package's."""
    rows = []
    for (year, now), (_, today) in zip(every_year(after), every_year(before), strict=True):
        frame = now.instance.case.governments
        tiers, homes = frame["tier"].to_numpy(), frame["prefecture_code"].to_numpy()
        for place in (WHOLE, *sorted(set(homes))):
            for tier in (MUNICIPALITY, PREFECTURE):
                here = (tiers == tier) & ((homes == place) | (place == WHOLE))
                if here.any():
                    row: dict[str, object] = {"year": year, "prefecture_code": place, "tier": tier}
                    row |= {"governments": int(here.sum())}
                    for label, each in (("_today", today), ("", now)):
                        row |= _money_of(each, here, label)
                    rows.append(row)
    return pd.DataFrame(rows)


def _money_of(accounts: Accounts, here: np.ndarray, label: str) -> dict[str, float | int]:
    """Grants, bonds and coverage of some governments together, and how many of them receive."""
    funds, cost = accounts.funds[here].sum(), accounts.standard_cost[here].sum()
    return {
        f"grant{label}{MIL}": float(accounts.grant[here].sum()),
        f"extraordinary_bond{label}{MIL}": float(accounts.bonded[here].sum()),
        f"coverage{label}_ratio": float(funds / cost),
        f"lowest_coverage{label}_ratio": float(accounts.coverage[here].min()),
        f"receiving{label}": int((accounts.grant[here] > 0).sum()),
    }


def waiting(others: Sequence[Course]) -> pd.DataFrame:
    """Cost of every course over the whole horizon (year `all`, weighted) and in each year, crises left out; how many
    places break which rules of the package. Today's arrangement is not held to them."""
    rows = []
    for other in others:
        found = [] if other.decided_for == TODAY else breaches(other.accounts)
        head = {"decided_for": other.decided_for, "from_year": other.from_year}
        rows.append({**head, "year": WHOLE, f"cost{MIL}": other.accounts.objective, **_broken(found)})
        debts = other.accounts.debts
        for n, (year, each) in enumerate(every_year(other.accounts)):
            cost = sum(each.year_parts.values()) + float(debts.cost[n])
            here = [b for b in found if b.where.endswith(f"in {year}") or (n == 0 and " in " not in b.where)]
            rows.append({**head, "year": str(year), f"cost{MIL}": cost, **_broken(here)})
    return pd.DataFrame(rows)


def _broken(found: list[Breach]) -> dict[str, object]:
    return {"rules_broken": len(found), "rules": "|".join(sorted({breach.rule for breach in found}))}
