"""The plan of a run as a draft of the workbench: what is decided as tiers, bodies and fixed numbers of the formula.

The draft holds all that the accounts hang on, so that it counts to the last digit what the run counted, in any browser
and without the run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from pydantic import ValidationError

from optimization.archive import read_question, read_settings
from optimization.case.package import STATUS_QUO
from optimization.case.prescribed import FIX_BODIES
from optimization.case.rule_groups import FIX, size_class
from optimization.dictionary.settings import OFF, ends_of, setting_key, value_of
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE
from optimization.errors import InputError, Problem
from optimization.outcome.applied import REVISION, SHARES
from optimization.web.api import Asked, package_asked
from optimization.web.cases import Finished, case_of
from optimization.web.labels import Label

BY_CLASS = "by_class"
NAMED = {"unit_cost_revision": "formula.unit_cost_revision_by_service", "guarantee_share": "guarantee.share",
         "pool_share": "pool.national_tax_shares"}  # fmt: skip
"""Parameters of a formula that are named one by one, and the tables of settings that fix them."""

Draft = dict[str, Any]


def draft_of_run(run: Finished, label: Label) -> Draft:
    """The question of a run with its plan in it: `case`, `package`, `prefectures`, `tiers`, `settings`, `assumptions`,
    `locked`. Raises `InputError` where the plan gives places of one class different tiers, for the workbench sets
    roles by class."""
    draft = _asked_before(label) or _question(run)
    settings = {
        key: value for key, value in draft.get("settings", {}).items() if key not in (FIX, FIX_BODIES)
    }
    settings |= _formula(run)
    if bodies := list(_bodies(run)):
        settings[FIX_BODIES] = bodies
    tiers = _tiers(run, set(draft.get("locked", ())))
    locked = [lock for lock in draft.get("locked", ()) if lock in tiers or lock in bodies]
    return {**draft, "tiers": tiers, "settings": settings, "locked": locked}


def _asked_before(label: Label) -> Draft | None:
    """The draft that a run was asked from, where it can still be asked: packages go, and files are changed."""
    try:
        asked = Asked.model_validate(label.draft)
        package_asked(asked)
    except (ValidationError, InputError):
        return None
    return asked.model_dump(exclude={"places", "bodies"})


def _question(run: Finished) -> Draft:
    """The question of a run that was not asked from the workbench: what differs from today."""
    record = run.record
    package, codes = read_question(run.folder, case_of(str(record["case"])), record)
    today: Mapping[str, Any] = package.today
    settings = {key: plain(value) for key, value in package.settings.items() if value != today[key]}
    return {
        "case": str(record["case"]),
        "package": STATUS_QUO,
        "prefectures": codes,
        "settings": settings,
        "assumptions": dict(package.assumptions),
    }


def plain(value: Any) -> Any:
    """A value of a setting in the kinds that JSON has."""
    if value is None:
        return OFF
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, tuple | list) else value


def _tiers(run: Finished, locked: set[str]) -> dict[str, str]:
    """The tier of every service and class that differs from today's, or is locked."""
    provision, home = run.tables["provision"], run.case.services["home_tier"]
    of = size_class(run.case.municipalities)
    cells = provision.assign(group=provision["code"].map(of))
    here = cells["cost_today_standard_million_yen"].astype(float) > 0
    found = cells[here].groupby(["service", "group"], sort=True)["responsible_tier"].agg(["first", "nunique"])
    if (several := found.index[found["nunique"] > 1]).size:
        service, group = several[0]
        remedy = "open a run whose rules.groups is by_class or uniform"
        message = "has different tiers within a class of municipalities, which the workbench cannot draw"
        raise InputError([Problem("plan", message, remedy, str(group), str(service))])
    return {
        f"{service}@{group}": str(tier)
        for (service, group), tier in found["first"].items()
        if tier != home[service] or f"{service}@{group}" in locked
    }


def _bodies(run: Finished) -> Iterator[str]:
    """The bodies of a plan that are not today's, and who acts alone and does not today, as `wide_area.fix` has them."""
    provision = run.tables["provision"]
    now = {(s, members) for members, services in _sets(run.tables["bodies"], "services") for s in services}
    today = {(s, members) for members, services in _sets(_today(run), "service") for s in services}
    together: defaultdict[str, list[str]] = defaultdict(list)
    for service, members in sorted(now - today):
        together[members].append(service)
    shared = {(s, code) for s, members in today for code in members.split("|")}
    alone = provision[
        (provision["responsible_tier"] == MUNICIPALITY) & (provision["provider_kind"] == "alone")
    ]
    for code, service in zip(alone["code"], alone["service"], strict=True):
        if (service, code) in shared:
            together[str(code)].append(str(service))
    yield from sorted(f"{'|'.join(services)}:{members}" for members, services in together.items())


def _today(run: Finished) -> pd.DataFrame:
    return run.tables.get("bodies_today", pd.DataFrame({"service": [], "member_codes": []}))


def _sets(table: pd.DataFrame, column: str) -> Iterator[tuple[str, list[str]]]:
    """Members in order and services of every row of a table of bodies."""
    for members, services in zip(table["member_codes"], table[column], strict=True):
        yield "|".join(sorted(str(members).split("|"))), str(services).split("|")


def _formula(run: Finished) -> dict[str, Any]:
    """The settings that fix what the package of a run leaves free of the formula, at what was found."""
    _, settings = read_settings(run.folder)
    table = run.tables["formula"]
    value = dict(zip(table["parameter"], table["under_package"].astype(float), strict=True))
    taxes = run.tables["taxes"].set_index("tax")
    counted, assigned = taxes["counted_ratio"].astype(float), taxes["assigned_ratio"].astype(float)
    own = settings["taxes.counted_share"]
    fixed: dict[str, Any] = {}
    for tier, key in zip((MUNICIPALITY, PREFECTURE), SHARES, strict=True):
        common = taxes.index[(taxes["tier"] == tier) & (taxes["counted_in_part"].astype(int) == 1)]
        if _is_free(settings[setting_key(key)]) and (names := [name for name in common if name not in own]):
            fixed[key] = [counted[names[0]]] * 2
    revised = settings["formula.unit_cost_revision_by_service"]
    parameters = [f"unit_cost_revision.{s}" for s in run.tables["services"]["service"] if s not in revised]
    if _is_free(settings["formula.unit_cost_revision"]) and parameters:
        fixed[REVISION] = [value[parameters[0]]] * 2
    for key, found in (("taxes.counted_share", counted), ("taxes.assigned", assigned)):
        fixed |= _table(key, value_of(settings, setting_key(key)), dict(found))
    for name, key in NAMED.items():
        given = value_of(settings, setting_key(key))
        fixed |= _table(key, given, {each: value.get(f"{name}.{each}") for each in given})
    return fixed


def _table(key: str, given: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """A table of ranges with every one that is free at what was found; nothing where none is."""
    if not any(map(_is_free, given.values())):
        return {}
    return {
        key: {
            name: [float(found[name])] * 2 if _is_free(ends) and found.get(name) is not None else plain(ends)
            for name, ends in given.items()
        }
    }


def _is_free(ends: Any) -> bool:
    """Whether a range leaves a choice."""
    if ends is None or isinstance(ends, str):
        return False
    low, high = ends_of(ends)
    return bool(low < high)
