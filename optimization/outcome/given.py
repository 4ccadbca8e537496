"""What is given to be applied: bodies, and a plan whose decisions hold wherever a package prescribes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from optimization.case.prescribed import GivenBody
from optimization.geography.existing import TODAY


@dataclass(frozen=True)
class GivenPlan:
    """The decisions of a plan, as the tables of its run tell them: the tier of every place and service (indexed by code
    and service), its bodies, the parameters of its formula by name, of every tax the share that is counted and assigned
    (columns counted_ratio and assigned_ratio), and who leads in crises by service, rule group and kind."""

    tiers: pd.Series
    bodies: tuple[GivenBody, ...]
    formula: Mapping[str, float]
    taxes: pd.DataFrame
    leads: Mapping[tuple[str, str, str], str] = field(default_factory=dict)


def plan_of(tables: Mapping[str, pd.DataFrame]) -> GivenPlan:
    """The plan that the tables of a run tell."""
    provision, formula = tables["provision"], tables["formula"]
    leads = tables.get("crisis_protocol")
    keys = ["service", "rule_group", "crisis_type"]
    return GivenPlan(
        tiers=provision.set_index(["code", "service"])["responsible_tier"],
        bodies=tuple(
            GivenBody(tuple(row.services.split("|")), tuple(row.member_codes.split("|")), row.source == TODAY)
            for row in tables["bodies"].itertuples()
        ),
        formula=dict(zip(formula["parameter"], formula["under_package"].astype(float), strict=True)),
        taxes=tables["taxes"].set_index("tax")[["counted_ratio", "assigned_ratio"]].astype(float),
        leads={} if leads is None else leads.set_index(keys)["lead"].to_dict(),
    )
