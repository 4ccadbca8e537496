"""Reading a case: tables in, every fault reported once, one immutable `Case` out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from optimization.case.case import TIERS, Case
from optimization.case.check import check_case
from optimization.case.fiscal import MILLION, government_accounts, tier_accounts
from optimization.case.parameters import Parameters
from optimization.case.tables import read_tables

UNIT = "_thousand_yen"
OPTIONAL = ("bodies",)


def load_case(path: str | Path) -> Case:
    """Read the case folder `path`.

    Raises `InputError` listing every fault of its tables: missing file or column, wrong code,
    duplicate row, missing or impossible number, names that other tables do not know.
    """
    path = Path(path)
    tables = read_tables(path)
    check_case(tables, path)
    counted = _counted_shares(tables["items"])
    municipal = tier_accounts(
        tables["municipal_need"].set_index("code"),
        tables["municipal_revenue"].set_index("code"),
        tables["municipal_allocation"].set_index("code"),
        counted["municipal_revenue"],
        "municipal",
    ).join(tables["municipalities"].set_index("code")[["name_ja", "prefecture_code"]])
    prefectures = tables["prefectures"].set_index("prefecture_code").sort_index()
    prefectural = tier_accounts(
        tables["prefectural_need"].set_index("prefecture_code"),
        tables["prefectural_revenue"].set_index("prefecture_code"),
        tables["prefectural_allocation"].set_index("prefecture_code"),
        counted["prefectural_revenue"],
        "prefectural",
    ).join(prefectures[["name_ja"]])
    prefectural["prefecture_code"] = prefectural.index
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
        governments=government_accounts(municipal, prefectural),
        services=services,
        allowed_tiers=_allowed(tables["allowed_tiers"]),
        parameters=Parameters(tables["parameters"], {}),
        national=national.to_dict(),
        sha256={
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(path.glob("*.csv"))
        },
    )


def _counted_shares(items: pd.DataFrame) -> dict[str, pd.Series]:
    """Counted share of every revenue item by revenue table, indexed by column name."""
    rows = items[(items["kind"] == "item") & items["counted_share"].notna()]
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
