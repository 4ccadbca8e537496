"""Reading a case: tables in, every fault reported once, one immutable `Case` out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from optimization.case.case import TIERS, Case
from optimization.case.check import check_case
from optimization.case.fiscal import (
    DEDUCTIONS,
    MILLION,
    UNIT,
    government_accounts,
    joint_bases,
    tax_bases,
    tier_accounts,
)
from optimization.case.parameters import Parameters
from optimization.case.tables import read_tables

KEYS = {"municipal": "code", "prefectural": "prefecture_code"}


def load_case(path: str | Path) -> Case:
    """Read the case folder `path`.

    Raises `InputError` listing every fault of its tables: missing file or column, wrong code,
    duplicate row, missing or impossible number, names that other tables do not know.
    """
    path = Path(path)
    tables = read_tables(path)
    check_case(tables, path)
    counted = _counted_shares(tables["items"])
    need = {t: tables[f"{t}_need"].set_index(key) for t, key in KEYS.items()}
    revenue = {t: tables[f"{t}_revenue"].set_index(key) for t, key in KEYS.items()}
    paid = {t: tables[f"{t}_allocation"].set_index(key) for t, key in KEYS.items()}
    bases = {t: tax_bases(revenue[t], counted[f"{t}_revenue"], t) for t in KEYS}
    accounts = {t: tier_accounts(need[t], revenue[t], paid[t], bases[t]) for t in KEYS}
    prefectures = tables["prefectures"].set_index("prefecture_code").sort_index()
    places = tables["municipalities"].set_index("code")[["name_ja", "prefecture_code"]]
    municipal = accounts["municipal"].join(places)
    prefectural = accounts["prefectural"].join(prefectures[["name_ja"]])
    prefectural["prefecture_code"] = prefectural.index
    governments = government_accounts(municipal, prefectural)
    national = tables["national"].set_index("item")["value"].astype(float)
    municipalities = tables["municipalities"].set_index("code").sort_index()
    income = tables["municipal_revenue"].set_index("code")["inhabitant_income_thousand_yen"] / MILLION
    services = tables["services"].set_index("service")
    return Case(
        name=path.name,
        path=path,
        fiscal_year=int(national["fiscal_year"]),
        municipalities=municipalities.assign(income_tax_million_yen=income),
        prefectures=prefectures.assign(
            bloc=tables["blocs"].set_index("prefecture_code")["bloc"].reindex(prefectures.index)
        ),
        adjacency=tables["adjacency"],
        medical_areas=tables["medical_areas"],
        user_bodies=tables["bodies"],
        municipal_need=_needs(tables["municipal_need"], "code").reindex(municipalities.index),
        prefectural_need=_needs(tables["prefectural_need"], "prefecture_code"),
        governments=governments,
        tax_bases=joint_bases(bases["municipal"], bases["prefectural"], governments.index),
        services=services,
        allowed_tiers=_allowed(tables["allowed_tiers"]),
        parameters=Parameters(tables["parameters"], {}),
        national=national.to_dict(),
        national_taxes=tables["national_taxes"].set_index("tax"),
        sha256={
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(path.glob("*.csv"))
        },
    )


def _counted_shares(items: pd.DataFrame) -> dict[str, pd.Series]:
    """Counted share of every revenue item by revenue table, indexed by column name."""
    deducted = items["column"].str.removesuffix(UNIT).isin(DEDUCTIONS)
    rows = items[(items["kind"] == "item") & items["counted_share"].notna() & ~deducted]
    return {
        table: part.set_index("column")["counted_share"].astype(float)
        for table, part in rows.groupby("table")
    }


def _needs(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Standard need by code and item, million yen, item names without their unit."""
    frame = table.set_index(key).sort_index() / MILLION
    return frame.rename(columns=lambda column: column.removesuffix(UNIT))


def _allowed(table: pd.DataFrame) -> dict[tuple[str, str], tuple[str, ...]]:
    """Allowed tiers by service and legal class, in the order of the tiers."""
    classes = table.columns.drop("service")
    return {
        (row["service"], c): tuple(t for t in TIERS if t in row[c].split("|"))
        for _, row in table.iterrows()
        for c in classes
    }
