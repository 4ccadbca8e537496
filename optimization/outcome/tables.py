"""The result tables: who does what, for whom, at what cost, paid by whom, today and under the package.

Money is million yen per year; every column carries its unit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.costs.provision import COMPONENTS
from optimization.dictionary.tiers import MUNICIPALITY, NATION, PREFECTURE, TIERS
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import jointly
from optimization.ledger.flows import pool_factor
from optimization.ledger.hold_harmless import YEARS, top_ups
from optimization.ledger.measures import all_measures, retention
from optimization.ledger.travel import minutes_to_seat, people_within
from optimization.outcome.breach_table import breach_table
from optimization.outcome.bundle_table import bundle_table
from optimization.outcome.crisis_tables import crisis_tables
from optimization.outcome.debt_table import debt_tables
from optimization.outcome.existing_table import existing_table
from optimization.outcome.flow_tables import flow_tables
from optimization.outcome.function_table import function_table
from optimization.outcome.government_tables import governments, hold_harmless
from optimization.outcome.horizon_tables import horizon_tables
from optimization.outcome.outlook_table import outlook
from optimization.outcome.place_table import place_table
from optimization.outcome.result import APPLIED, Result
from optimization.outcome.savings_table import savings_table
from optimization.outcome.sharing_table import sharing_table
from optimization.outcome.spending_table import spending_tables

MIL = "_million_yen"


def result_tables(result: Result) -> dict[str, pd.DataFrame]:
    """All tables of a run, each with plain columns (no index)."""
    assert result.accounts is not None
    after, before = result.accounts, result.baseline
    path = {"hold_harmless": hold_harmless(after)} if after.instance.settings[YEARS] > 0 else {}
    return {
        "responsibility": responsibility(after, before),
        "provision": provision(after, before),
        "bodies": bodies(after),
        "formula": formula(after, before),
        "taxes": taxes(after, before),
        "governments": governments(result, after, before),
        **debt_tables(after, before),
        "places": place_table(after, before),
        "measures": measures_table(after, before),
        "services": services(after, before),
        "tiers": tiers(after, before),
        "outlook": outlook(after, before),
        **flow_tables(after, before),
        **bundle_table(after, before),
        **function_table(after, before),
        **existing_table(after),
        **sharing_table(after),
        **path,
        **_breaches(result),
        **_priced_changes(result, after),
        **spending_tables(after, before),
        **savings_table(result, after, before),
        **crisis_tables(after, before),
        **horizon_tables(after, before, result.courses),
        **_second_phase(after, before),
    }


def _breaches(result: Result) -> dict[str, pd.DataFrame]:
    """The limits that a decision which was given does not keep; no table where it keeps them all."""
    given = result.method == APPLIED and bool(result.breaches)
    return {"breaches": breach_table(result.breaches, result.instance)} if given else {}


def _priced_changes(result: Result, after: Accounts) -> dict[str, pd.DataFrame]:
    """What every change of a duty saves, where the package asks each for a least saving."""
    stay, instance = result.stay, after.instance
    threshold = instance.settings["choice.change_threshold_million_yen"]
    if stay is None or not stay.kept or threshold is None:
        return {}
    rows = [
        (
            instance.services[each.duty[0]],
            instance.groups.labels[each.duty[1]],
            instance.groups.home[each.duty[0]],
            each.tier,
            each.saving if np.isfinite(each.saving) else np.nan,
            each.together if np.isfinite(each.together) else np.nan,
            float(threshold),
            int(each.needed or np.isposinf(each.saving)),
        )
        for each in sorted(stay.given, key=lambda given: given.duty)
    ]
    money = [f"{of}{MIL}" for of in ("saving", "service_saving", "threshold")]
    columns = ["service", "rule_group", "tier_today", "tier", *money, "needed"]
    return {"priced_changes": pd.DataFrame(rows, columns=columns)}


def _second_phase(after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """Roles, provision, bodies and taxes from the second phase on, in its first year."""
    horizon = after.instance.horizon
    if horizon is None or after.decision.second is None:
        return {}
    now, today = (each.in_later_year[horizon.second] for each in (after, before))
    return {
        "responsibility_second": responsibility(now, today),
        "provision_second": provision(now, today),
        "bodies_second": bodies(now),
        "taxes_second": taxes(now, today),
    }


def responsibility(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Responsible tier of every service in every rule group, today and under the package."""
    instance = after.instance
    people = instance.case.municipalities["population_persons"].to_numpy(float)
    groups = instance.groups
    rows = []
    for (s, k), options in sorted(groups.options.items()):
        here = groups.members[k]
        here = here[instance.today[here, s] > 0]
        today, now = before.decision.tier[s, k], after.decision.tier[s, k]
        rows.append(
            {
                "service": instance.services[s],
                "rule_group": groups.labels[k],
                "tier_today": today,
                "tier": now,
                "changed": int(now != today),
                "tiers_open": "|".join(options),
                "municipalities": len(here),
                "population_persons": int(people[here].sum()),
                f"cost_today{MIL}": float(sum(before.components[c][here, s].sum() for c in COMPONENTS)),
                f"cost{MIL}": float(sum(after.components[c][here, s].sum() for c in COMPONENTS)),
            }
        )
    return pd.DataFrame(rows)


def provision(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Who provides every service to every municipality, and the parts of its cost there."""
    instance = after.instance
    case = instance.case
    i, s = np.nonzero(instance.today > 0)
    provider, kind = _providers(after)
    minutes = minutes_to_seat(after)
    frame = pd.DataFrame(
        {
            "code": case.codes.to_numpy()[i],
            "service": instance.services.to_numpy()[s],
            "responsible_tier": after.tiers[i, s],
            "provider_kind": kind[i, s],
            "provider": provider[i, s],
            "travel_minutes": np.round(minutes[i, s], 1),
        }
    )
    for component in COMPONENTS:
        frame[f"{component}{MIL}"] = after.components[component][i, s]
    frame[f"cost_today_standard{MIL}"] = before.components["standard"][i, s]
    return frame


def _providers(after: Accounts) -> tuple[np.ndarray, np.ndarray]:
    """Provider (code or body id) and its kind, shape (I, S) each."""
    instance = after.instance
    case = instance.case
    provider = np.full(after.tiers.shape, "", dtype=object)
    for tier in TIERS:
        here = after.tiers == tier
        provider[here] = np.broadcast_to(case.area_of(tier).to_numpy(object)[:, None], here.shape)[here]
    kind = np.where(after.tiers == MUNICIPALITY, "alone", after.tiers).astype(object)
    ids = instance.bodies.table.index.to_numpy(object)
    for each in jointly(instance, after.decision):
        provider[each.members, each.service] = ids[each.body]
        kind[each.members, each.service] = "wide_area_body"
    return provider, kind


def bodies(after: Accounts) -> pd.DataFrame:
    """The wide-area bodies that exist: hub, members, services, and what they save."""
    instance = after.instance
    costs = instance.costs
    together = costs.bodies.social(instance.settings)
    codes, names = instance.case.codes.to_numpy(object), costs.wide_services.to_numpy(object)
    services: dict[int, list[int]] = {}
    for b, w in after.decision.joint:
        services.setdefault(b, []).append(w)
    members = {b: instance.bodies.members(b) for b in services}
    table = instance.bodies.table.iloc[list(services)]
    hubs = instance.case.municipalities.loc[table["hub"]]
    alone = [costs.own[np.ix_(members[b], costs.wide_columns[ws])].sum() for b, ws in services.items()]
    social = [together[b, ws].sum() for b, ws in services.items()]
    return pd.DataFrame(
        {
            "body": table.index,
            "hub_code": hubs.index,
            "hub_name_ja": hubs["name_ja"].to_numpy(),
            "prefecture_code": hubs["prefecture_code"].to_numpy(),
            "source": table["source"].to_numpy(),
            "members": table["members"].to_numpy(),
            "population_persons": table["population_persons"].to_numpy(int),
            "max_distance_km": [round(km, 1) for km in table["max_km"]],
            "services": ["|".join(names[ws]) for ws in services.values()],
            "member_codes": ["|".join(codes[members[b]]) for b in services],
            f"cost_alone{MIL}": np.array(alone, dtype=float),
            f"cost_together{MIL}": np.array(social, dtype=float),
        }
    )


def formula(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Parameters of the allocation formula, today and under the package."""
    paid = [a.paid for a in (before, after)]
    rows = [("adjustment_rate", "ratio", *(a.adjustment_rate for a in (before, after)))]
    years = zip(before.in_later_year.items(), after.in_later_year.values(), strict=True)
    rows += [
        (f"adjustment_rate.{year}", "ratio", a.adjustment_rate, b.adjustment_rate) for (year, a), b in years
    ]
    rows.append(("spread_by_rate", "million yen per year", *(a.spread for a in (before, after))))
    kept = [retention(a) for a in (before, after)]
    for t, tier in enumerate(("municipal", "prefectural")):
        rows.append((f"retention_{tier}", "ratio", *(float(k[t]) for k in kept)))
    rows.append(("pool", "million yen per year", *(a.pool for a in (before, after))))
    rows.append(("ordinary_allocation", "million yen per year", *paid))
    rows.append(("released", "million yen per year", *(a.released for a in (before, after))))
    rows.append(("pool_factor", "ratio", *(pool_factor(a) for a in (before, after))))
    for name, values in (
        ("unit_cost_revision", [a.decision.revision for a in (before, after)]),
        ("guarantee_share", [a.decision.guarantee for a in (before, after)]),
    ):
        rows += [
            (f"{name}.{service}", "ratio", float(values[0][s]), float(values[1][s]))
            for s, service in enumerate(after.instance.services)
        ]
    shares = [a.decision.pool_share for a in (before, after)]
    rows += [
        (f"pool_share.{tax}", "ratio", float(shares[0][n]), float(shares[1][n]))
        for n, tax in enumerate(after.instance.case.national_taxes.index)
    ]
    return pd.DataFrame(rows, columns=["parameter", "unit", "today", "under_package"])


def taxes(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Every tax of the standard revenue: its base, what is counted of it and what is local."""
    tax = after.instance.tax
    receiving = after.instance.receiving_today
    return pd.DataFrame(
        {
            "tax": tax.names,
            "tier": np.where(tax.tier == 0, MUNICIPALITY, PREFECTURE),
            f"base{MIL}": tax.total,
            f"base_of_receiving_today{MIL}": tax.base[receiving].sum(axis=0),
            "counted_in_part": tax.partial.astype(int),
            "counted_today_ratio": before.decision.counted,
            "counted_ratio": after.decision.counted,
            "assigned_today_ratio": before.decision.assigned,
            "assigned_ratio": after.decision.assigned,
        }
    )


def services(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Cost of every service by component, today and under the package, and who provides it."""
    instance = after.instance
    table = pd.DataFrame(
        {
            "service": instance.services,
            "label_en": instance.case.services["label_en"].to_numpy(),
            "label_ja": instance.case.services["label_ja"].to_numpy(),
            "home_tier": instance.case.services["home_tier"].to_numpy(),
        }
    )
    for label, accounts in (("_today", before), ("", after)):
        for component in COMPONENTS:
            table[f"{component}{label}{MIL}"] = accounts.components[component].sum(axis=0)
        table[f"units{label}{MIL}"] = sum(unit.sum(axis=0) for unit in accounts.units.values())
        columns = [f"{c}{label}{MIL}" for c in (*COMPONENTS, "units")]
        table[f"total{label}{MIL}"] = table[columns].sum(axis=1)
    people = instance.case.municipalities["population_persons"].to_numpy(float)
    served = ((instance.today > 0) * people[:, None]).sum(axis=0)
    joint = np.zeros(after.tiers.shape, dtype=bool)
    joint[:, instance.costs.wide_columns] = after.bodies >= 0
    for tier in TIERS:
        here = after.held_by[tier] & ~joint
        name = "alone" if tier == MUNICIPALITY else tier
        table[f"population_served_by_{name}_ratio"] = part_of((here * people[:, None]).sum(axis=0), served)
    together = ((after.tiers == MUNICIPALITY) & joint) * people[:, None]
    table["population_served_by_wide_area_body_ratio"] = part_of(together.sum(axis=0), served)
    return table


def part_of(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part over whole, elementwise; missing (NaN, an empty cell) where there is nothing to be a part of."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def tiers(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Money by tier: what it answers for, what the nation earmarks, its taxes and its allocation."""
    instance = after.instance
    is_prefecture = (instance.case.governments["tier"] == PREFECTURE).to_numpy()
    rows = []
    for tier in TIERS:
        row: dict[str, object] = {"tier": tier}
        for label, accounts in (("_today", before), ("", after)):
            here = accounts.held_by[tier]
            earmarked = instance.costs.by_tier[tier].standard * instance.national_share
            row[f"services{label}"] = int(here.any(axis=0).sum())
            row[f"gross_spending{label}{MIL}"] = float(accounts.budget[here].sum())
            row[f"earmarked{label}{MIL}"] = 0.0 if tier == NATION else float(earmarked[here].sum())
            of_tier = {MUNICIPALITY: ~is_prefecture, PREFECTURE: is_prefecture}.get(tier)
            grant = 0.0 if of_tier is None else float(accounts.grant[of_tier].sum())
            row[f"grant{label}{MIL}"] = grant
            own = 0.0 if of_tier is None else float(accounts.own_revenue[of_tier].sum())
            row[f"own_revenue{label}{MIL}"] = own
        rows.append(row)
    return pd.DataFrame(rows)


def measures_table(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Measures of equity, discipline and clarity, today and under the package; the sums of the
    hold-harmless path year by year."""
    today, now = all_measures(before), all_measures(after, before)
    for limit in (30, 60):
        name = f"people_within_{limit}_minutes_of_every_seat"
        today[name], now[name] = ((people_within(a, limit), "ratio") for a in (before, after))
    for year, paid in enumerate(top_ups(after), start=1):
        name = f"hold_harmless_top_up_year_{year}"
        today[name], now[name] = ((amount, "million yen per year") for amount in (0.0, float(paid.sum())))
    rows = [(name, unit, today[name][0], value) for name, (value, unit) in now.items()]
    return pd.DataFrame(rows, columns=["measure", "unit", "today", "under_package"])
