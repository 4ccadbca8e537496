"""Statements on who answers, who provides and who leads, read from the written tables of a run."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimization.dictionary.tiers import TIERS
from optimization.dictionary.typed_settings import Settings


def roles(
    tables: dict[str, pd.DataFrame], record: dict[str, Any], settings: Settings, suffix: str
) -> dict[str, bool]:
    """The statements on who answers and who provides, in one phase."""
    statute, provision = tables[f"responsibility{suffix}"], tables[f"provision{suffix}"]
    return {
        "every municipality and service is provided exactly once": _provided_once(provision, record),
        "bodies per municipality": not crowded(tables, settings, suffix),
        "responsible tier is open to the group": _tiers(statute),
        "provision follows responsibility": _follows(provision),
        "as many places are provided for by each tier as the statute names": _counts(statute, provision),
    }


def _provided_once(provision: pd.DataFrame, record: dict[str, Any]) -> bool:
    places = record["municipalities"] + record["joint_wards"]
    return bool(
        not provision.duplicated(["code", "service"]).any()
        and (provision["provider"] != "").all()
        and provision["code"].nunique() == places
    )


def crowded(tables: dict[str, pd.DataFrame], settings: Settings, suffix: str = "") -> list[str]:
    """Codes of the municipalities that belong to more bodies than the package allows, or than services they share
    today where bodies of today are kept (R4)."""
    count = _memberships(tables[f"bodies{suffix}"])
    most = pd.Series(settings["wide_area.bodies_per_municipality"], index=count.index)
    if "bodies_today" in tables and settings.get("wide_area.keep_existing", True):
        today = _memberships(tables["bodies_today"])
        most = most.clip(lower=today.reindex(count.index, fill_value=0))
    return sorted(count.index[count > most])


def _memberships(table: pd.DataFrame) -> pd.Series:
    """How many rows of a table of bodies each municipality stands in, by code."""
    members = table["member_codes"].astype(str).str.split("|").explode()
    return members[members != ""].value_counts()


def _tiers(table: pd.DataFrame) -> bool:
    opened = table["tiers_open"].str.split("|")
    once = not table.duplicated(["service", "rule_group"]).any()
    return bool(once and all(t in o for t, o in zip(table["tier"], opened, strict=True)))


def _follows(table: pd.DataFrame) -> bool:
    """A municipality alone or in a body where the municipal tier is responsible, else the tier itself."""
    municipal = table["responsible_tier"] == "municipality"
    local = table["provider_kind"].isin(["alone", "wide_area_body"])
    return bool(
        (municipal == local).all() and (table["provider_kind"] == table["responsible_tier"])[~municipal].all()
    )


def _counts(statute: pd.DataFrame, provision: pd.DataFrame) -> bool:
    """Municipalities by service and responsible tier, once from the statute's groups and once place by place."""
    named = statute.groupby(["service", "tier"])["municipalities"].sum()
    found = provision.groupby(["service", "responsible_tier"]).size()
    return bool(named[named > 0].sort_index().to_dict() == found.sort_index().to_dict())


def leads_are_open(tables: dict[str, pd.DataFrame], settings: Settings) -> bool:
    """One lead for every service, group and kind, open to it and not below who is responsible; prefectures add
    up to the nation; no scenario leaves more unserved than the package allows."""
    if "crisis_protocol" not in tables:
        return True
    table, short = tables["crisis_protocol"], tables["crisis_shortage"]
    order = {tier: rank for rank, tier in enumerate(TIERS)}
    opened = all(t in o.split("|") for t, o in zip(table["lead"], table["leads_open"], strict=True))
    above = (table["lead"].map(order) >= table["responsible_tier"].map(order)).all()
    once = not table.duplicated(["service", "rule_group", "crisis_type"]).any()
    nation = short["prefecture_code"] == "all"
    parts = short[~nation].groupby("scenario")["shortage_million_yen"].sum()
    whole = short[nation].set_index("scenario")
    adds_up = (parts - whole["shortage_million_yen"]).abs() <= 1e-6 * (1.0 + whole["shortage_million_yen"])
    most = settings["crisis.worst_case_share"]
    worst = most is None or (whole["unserved_ratio"] <= most + 1e-6).all()
    return bool(opened and above and once and adds_up.all() and worst)
