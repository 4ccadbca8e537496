"""The crisis tables: who leads what, what stays unserved where, who pays, what is kept in reserve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.crisis import PROBABILITY
from optimization.dictionary.tiers import ACCOUNT_TIERS, NATION
from optimization.ledger.accounts import Accounts
from optimization.ledger.pools import pool_names
from optimization.ledger.response import Response
from optimization.outcome.outlook_table import WHOLE

MIL = "_million_yen"


def crisis_tables(after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """All crisis tables of a run; none where the package names no crisis."""
    now, today = after.response, before.response
    if now is None or today is None:
        return {}
    return {
        "crisis_protocol": protocol(now),
        "crisis_shortage": shortage(now, today),
        "crisis_cost": cost(now, today),
        "crisis_reserve": reserve(now),
    }


def protocol(now: Response) -> pd.DataFrame:
    """Lead tier of every service in every kind of crisis, by rule group."""
    instance, crisis = now.instance, now.crisis
    kinds = np.array(crisis.kind)
    rows = []
    for (s, k, kind), options in sorted(crisis.options.items()):
        here, home = instance.groups.members[k], instance.groups.home[s]
        largest = crisis.demand[kinds == kind][:, here, s].sum(axis=1).max()
        lead = now.decision.lead[s, k, kind]
        rows.append(
            {
                "service": instance.services[s],
                "crisis_type": kind,
                "rule_group": instance.groups.labels[k],
                "lead_today": home,
                "lead": lead,
                "changed": int(lead != home),
                "leads_open": "|".join(options),
                "responsible_tier": now.decision.tier[s, k],
                f"largest_surge{MIL}": float(largest),
            }
        )
    return pd.DataFrame(rows)


def shortage(now: Response, today: Response) -> pd.DataFrame:
    """Surge and what of it stays unserved, by scenario for the whole case and each prefecture, under today's
    leads and under the package's."""
    instance, crisis = now.instance, now.crisis
    codes = list(instance.case.prefectures.index)
    rows = []
    for w, name in enumerate(crisis.names):
        by_place = [a[w].sum(axis=1) for a in (crisis.demand, today.shortage, now.shortage)]
        inside = [np.bincount(instance.prefecture, values, minlength=len(codes)) for values in by_place]
        for place, (surge, before, after) in [
            (WHOLE, [float(values.sum()) for values in by_place]),
            *((code, [float(values[p]) for values in inside]) for p, code in enumerate(codes)),
        ]:
            rows.append(
                {
                    "scenario": name,
                    "crisis_type": crisis.kind[w],
                    "probability_per_year": instance.case.parameters(PROBABILITY, name),
                    "prefecture_code": place,
                    f"surge{MIL}": surge,
                    f"shortage_today{MIL}": before,
                    f"shortage{MIL}": after,
                    "unserved_today_ratio": before / surge if surge else 0.0,
                    "unserved_ratio": after / surge if surge else 0.0,
                }
            )
    return pd.DataFrame(rows)


def cost(now: Response, today: Response) -> pd.DataFrame:
    """Cost of serving the surge by scenario and tier that leads, the nation's share of it in the law's steps, and
    the heaviest burden left to a government beside its taxes at standard rates."""
    instance = now.instance
    tier_of = np.where(instance.tiers_held[:, 1] == 1.0, *reversed(ACCOUNT_TIERS))
    tax = instance.tax.base.sum(axis=1) + instance.tax.fixed
    rows = []
    for w, name in enumerate(now.crisis.names):
        for tier in (*ACCOUNT_TIERS, NATION):
            row: dict[str, object] = {"scenario": name, "payer": tier}
            for label, response in (("_today", today), ("", now)):
                served = response.served_by_payer[w]
                local = served[:-1][tier_of == tier]
                borne = response.national_share[w][tier_of == tier]
                direct = float(served[-1]) if tier == NATION else 0.0
                row[f"serving{label}{MIL}"] = float(local.sum()) + direct
                row[f"national_share{label}{MIL}"] = float(borne.sum()) + direct
                burden = (local - borne) / tax[tier_of == tier]
                row[f"heaviest_local_burden{label}_ratio"] = float(burden.max(initial=0.0))
            rows.append(row)
    return pd.DataFrame(rows)


def reserve(now: Response) -> pd.DataFrame:
    """Reserve capacity kept for crises: tier, place and service; empty where none is."""
    instance = now.instance
    unit = instance.case.parameters("reserve_cost_share")
    rows = [
        (tier, pool_names(instance, tier)[pool], instance.services[s], amount, unit * amount)
        for (tier, pool, s), amount in sorted(now.decision.reserve.items())
    ]
    return pd.DataFrame(rows, columns=["tier", "place", "service", f"reserve{MIL}", f"cost{MIL}"])
