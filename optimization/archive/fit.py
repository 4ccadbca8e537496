"""What the tables of one run must agree in, so that a reader may join them: names, tiers, providers, rows told apart.

The tables have passed the checks of form. The figures themselves are recomputed by the audit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from optimization.archive.form import AGAIN
from optimization.dictionary.results import load_results
from optimization.dictionary.settings import shown
from optimization.dictionary.tiers import (
    ACCOUNT_TIERS,
    HIGHER_TIERS,
    NATION,
    TIERS,
)
from optimization.errors import Problem
from optimization.ledger.worlds import GROUPS
from optimization.outcome.verdicts import REASONS, VERDICT_TABLES, VERDICTS

Tables = Mapping[str, pd.DataFrame]
Problems = Iterator[Problem]
Disagreement = tuple[str, str, str, object]
"""Table, message, column, value."""

NEEDED = (
    "responsibility", "provision", "bodies", "formula", "taxes", "governments", "measures", "services", "tiers",
    "outlook",
)  # fmt: skip
"""Tables that every run with a decision has."""

TOGETHER = (
    ("crisis_protocol", "crisis_shortage", "crisis_cost", "crisis_reserve"),
    ("horizon", "horizon_services", "horizon_governments", "horizon_coverage", "waiting"),
    ("responsibility_second", "provision_second", "bodies_second", "taxes_second"),
    VERDICT_TABLES,
)
"""Tables of which a run has all or none."""

SECOND = "_second"
ALL = "all"
BODY = "wide_area_body"
KINDS = ("alone", BODY, *HIGHER_TIERS)
FORMULA = ("adjustment_rate", "pool", "ordinary_allocation", "released")
"""Rows of the formula that all readers count on; those of `measures` are asked for by name."""


def presence_problems(folder: Path, tables: Tables) -> Problems:
    """Tables and rows that every reader of a decision counts on, the audit too."""
    missing = [name for name in NEEDED if name not in tables]
    for group in TOGETHER:
        held = [name for name in group if name in tables]
        missing += [name for name in group if held and name not in held]
    for name in missing:
        yield Problem(str(folder / f"{name}.csv"), "is missing", AGAIN)
    if not missing:
        yield from _problems(folder, _rows(tables))


def fit_problems(folder: Path, tables: Tables) -> Problems:
    """Every disagreement between the tables of a run with a decision; they have passed `presence_problems`."""
    for check in (_twice, _services, _tiers, _verdicts, _providers, _bodies):
        yield from _problems(folder, check(tables))


def _problems(folder: Path, faults: Iterator[Disagreement]) -> Problems:
    for table, message, column, value in faults:
        yield Problem(str(folder / f"{table}.csv"), message, AGAIN, column=column, value=shown(value))


def _twice(tables: Tables) -> Iterator[Disagreement]:
    """No row of a table stands twice."""
    for name, table in tables.items():
        key = list(load_results()[name].key)
        again = table[table.duplicated(key)]
        if len(again):
            yield name, "the row stands twice", ", ".join(key), "/".join(map(str, again[key].iloc[0]))


def _outside(
    tables: Tables, table: str, column: str, known: Collection[object], message: str
) -> Iterator[Disagreement]:
    """The first value of a column that is not among those known."""
    if table in tables:
        strange = tables[table][column][~tables[table][column].isin(list(known))]
        if len(strange):
            yield table, message, column, strange.iloc[0]


def _services(tables: Tables) -> Iterator[Disagreement]:
    """Services are those of the table of services; rule groups those of the statute."""
    services = set(tables["services"]["service"])
    for table in ("responsibility", "provision", "crisis_protocol", "crisis_reserve", "horizon_services"):
        for name in (table, table + SECOND):
            yield from _outside(tables, name, "service", services, "does not stand in services.csv")
    for name in ("bodies", "bodies" + SECOND):
        for text in tables[name]["services"] if name in tables else ():
            if strange := set(text.split("|")) - services:
                yield name, "does not stand in services.csv", "services", min(strange)
                break
    for name in ("functions", "change_verdicts", "together_verdicts"):
        yield from _outside(tables, name, "service", services, "does not stand in services.csv")
    for column in ("service", "with_service"):
        yield from _outside(tables, "joint_work", column, services, "does not stand in services.csv")
    groups = set(tables["responsibility"]["rule_group"])
    for name in ("crisis_protocol", "joint_work", "functions", "change_verdicts"):
        yield from _outside(tables, name, "rule_group", groups, "does not stand in responsibility.csv")


def _tiers(tables: Tables) -> Iterator[Disagreement]:
    """Tiers are tiers; those of a government are two."""
    for table, columns in (
        ("responsibility", ("tier", "tier_today")),
        ("responsibility" + SECOND, ("tier", "tier_today")),
        ("provision", ("responsible_tier",)),
        ("provision" + SECOND, ("responsible_tier",)),
        ("functions", ("standard_tier", "paying_tier", "delivering_tier")),
        ("change_verdicts", ("tier", "tier_today")),
        ("joint_work", ("tier", "with_tier", "tier_today", "with_tier_today")),
        ("crisis_protocol", ("lead", "lead_today", "responsible_tier")),
        ("crisis_reserve", ("tier",)),
        ("tiers", ("tier",)),
    ):
        for column in columns:
            yield from _outside(tables, table, column, TIERS, "is not a tier")
    for table, column in (
        ("governments", "tier"),
        ("services", "home_tier"),
        ("horizon_governments", "tier"),
    ):
        yield from _outside(tables, table, column, ACCOUNT_TIERS, "is not a tier of local government")
    spoken_of = {*ACCOUNT_TIERS, NATION, *tables["responsibility"]["tier"]}
    for tier in sorted(spoken_of - set(tables["tiers"]["tier"])):
        yield "tiers", "has no row for this tier", "tier", tier


def _verdicts(tables: Tables) -> Iterator[Disagreement]:
    """Verdicts and groups of numbers are such as there are."""
    changes, together, worth = VERDICT_TABLES
    yield from _outside(tables, changes, "reason", REASONS, "is no reason of a verdict")
    for name in (changes, together):
        yield from _outside(tables, name, "verdict", VERDICTS, "is no verdict")
    for name in VERDICT_TABLES:
        if name in tables:
            known = {name: tables[name].fillna({"group": ""})}
            none = set() if name == worth else {""}
            yield from _outside(known, name, "group", {*none, *GROUPS}, "is no group of numbers")
    places = set(tables["provision"]["code"])
    for members in tables[together]["member_codes"] if together in tables else ():
        if strange := set(members.split("|")) - places:
            yield together, "does not stand in provision.csv", "member_codes", min(strange)
            return


def _providers(tables: Tables) -> Iterator[Disagreement]:
    """A wide-area body that provides stands in its table; whoever is provided for has an account."""
    for ending in ("", SECOND):
        name = "provision" + ending
        if name not in tables:
            continue
        provision = tables[name]
        yield from _outside(tables, name, "provider_kind", KINDS, "is no kind of provider")
        joint = provision[provision["provider_kind"] == BODY]
        bodies = tables["bodies" + ending]["body"]
        strange = joint["provider"][~joint["provider"].isin(bodies)]
        if len(strange):
            yield name, f"does not stand in bodies{ending}.csv", "provider", strange.iloc[0]


def _bodies(tables: Tables) -> Iterator[Disagreement]:
    """Members of a body are places that are provided for, its seat among them."""
    for ending in ("", SECOND):
        name = "bodies" + ending
        if name not in tables:
            continue
        places = set(tables["provision"]["code"])
        for hub, members, count in tables[name][["hub_code", "member_codes", "members"]].itertuples(
            index=False
        ):
            codes = members.split("|")
            if strange := set(codes) - places:
                yield name, "does not stand in provision.csv", "member_codes", min(strange)
                return
            if hub not in codes or len(codes) != count:
                yield (
                    name,
                    "does not fit the members of the body",
                    "hub_code" if hub not in codes else "members",
                    hub,
                )
                return


def _rows(tables: Tables) -> Iterator[Disagreement]:
    """Rows that all readers count on, and residents by whom they divide."""
    names = set(tables["formula"]["parameter"])
    for name in FORMULA:
        if name not in names:
            yield "formula", "has no row for this parameter", "parameter", name
    for table, column in (("governments", "population_persons"), ("outlook", "population_persons")):
        few = tables[table][column][tables[table][column] < 1]
        if len(few):
            yield table, "must be at least 1", column, few.iloc[0]
    for table in ("outlook", "crisis_shortage"):
        if table in tables and len(tables[table]) and ALL not in set(tables[table]["prefecture_code"]):
            yield table, "has no row for the whole case", "prefecture_code", ALL
    for table in ("responsibility", "provision", "governments", "services", "measures", "outlook"):
        if not len(tables[table]):
            yield table, "has no rows", "", ""
