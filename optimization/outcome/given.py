"""What is given to be applied: bodies, and a plan whose decisions hold wherever a package prescribes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from optimization.case.case import Case
from optimization.dictionary.settings import nearest
from optimization.errors import Problem
from optimization.geography.existing import TODAY


class GivenBody(NamedTuple):
    """A wide-area body: the services that it provides, and the codes of its members."""

    services: tuple[str, ...]
    members: tuple[str, ...]
    today: bool = False


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


def body_problems(bodies: Sequence[GivenBody], case: Case, file: str = "bodies") -> Iterator[Problem]:
    """What is wrong with bodies that are given, each named by its number from 1: services and codes that there are not,
    services that no body may provide, fewer than two members, a member that stands in two bodies of a service."""
    wide = case.services.index[case.services["wide_area"].astype(bool)]
    known, first = set(case.codes), dict[tuple[str, str], int]()
    for number, body in enumerate(bodies, start=1):
        row = f"body {number}"
        yield from _services(body.services, wide, case.services.index, file, row)
        for code in body.members:
            if code not in known:
                remedy = f"give codes of {case.name}, such as {case.codes[0]}"
                yield Problem(file, "is no municipality of the case", remedy, row, "members", code[:40])
        if len(set(body.members)) < 2:
            yield Problem(file, "has fewer than two members", "name two at least", row, "members")
        for service in dict.fromkeys(body.services):
            for code in body.members:
                other = first.setdefault((service, code), number)
                if other != number or body.members.count(code) > 1:
                    message = f"stands in body {other} of {service} already"
                    yield Problem(file, message, "keep it in one", row, "members", code[:40])


def _services(
    named: Sequence[str], wide: Collection[str], every: Collection[str], file: str, row: str
) -> Iterator[Problem]:
    if not named:
        yield Problem(
            file, "names no service", f"name one, such as {next(iter(wide), 'fire')}", row, "services"
        )
    for service in named:
        if service not in every:
            yield Problem(file, "is not a service", nearest(service, every), row, "services", service[:40])
        elif service not in wide:
            message = "cannot be provided by a body (wide_area in services.csv)"
            yield Problem(file, message, nearest(service, wide), row, "services", service)
