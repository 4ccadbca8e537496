"""Reading a case: tables in, every fault reported once, one immutable `Case` out.

A case is a folder with one CSV file for each table of `dictionary/tables.toml` (`case.tables.OPTIONAL`
names those it may lack). Other files in the folder (`datapackage.json`, `README.md`, further CSV files) belong to
people and are neither read nor counted among the inputs of a run.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import pandas as pd

from optimization.case.agreement import KEYS, NEED_OF, UNIT, Tables
from optimization.case.bundles import bundle_parameters, bundles_of
from optimization.case.case import Case
from optimization.case.check import check_examined
from optimization.case.crisis import crisis_parameters, crisis_tables
from optimization.case.fiscal import (
    DEDUCTIONS,
    government_accounts,
    joint_bases,
    tax_bases,
    tier_accounts,
)
from optimization.case.functions import functions_of
from optimization.case.indicators import debt_ratios
from optimization.case.parameters import Parameters
from optimization.case.projections import projected
from optimization.case.sharing import preferences_from
from optimization.case.standard_scale import debt_notices, scale_of
from optimization.case.tables import examined_tables
from optimization.case.today import bodies_of, joint_of, spending_of
from optimization.dictionary.families import GIVEN, family_parameters
from optimization.dictionary.tables import load_tables
from optimization.dictionary.tiers import AREA_COLUMNS, TIERS
from optimization.errors import InputError, Problem
from optimization.reading.files import MOST_TABLE, bare_name, read_bytes
from optimization.reading.units import MILLION_IN_THOUSAND


def load_case(path: str | Path) -> Case:
    """Read the case folder `path`. The order of rows in its files makes no difference.

    Raises `InputError` listing every fault of its tables: missing file or column, wrong code,
    duplicate row, missing or impossible number, names that other tables do not know, sums that
    do not hold.

    >>> case = load_case("inputs/iwate-2022")
    >>> case.fiscal_year, len(case.municipalities), len(case.services)
    (2022, 33, 44)
    """
    path = Path(path)
    before = digests_of(path)
    found = examined_tables(path)
    if (digests := digests_of(path)) != before:
        remedy = "read the case again when nobody writes into it"
        raise InputError([Problem(str(path), "was changed while it was read", remedy)])
    check_examined(found, path)
    tables = found.frames
    municipalities = tables["municipalities"].set_index("code").sort_index()
    income = _income(tables, municipalities["population_persons"])
    prefectures = tables["prefectures"].set_index("prefecture_code").sort_index()
    areas = tables["blocs"].set_index("prefecture_code")[list(AREA_COLUMNS)]
    national = tables["national"].set_index("item")["value"].sort_index()
    bases = {tier: _bases(tables, tier) for tier in KEYS}
    governments = _governments(tables, bases, municipalities, prefectures)
    return Case(
        name=bare_name(path),
        path=path,
        fiscal_year=int(national["fiscal_year"]),
        municipalities=municipalities.assign(income_tax_million_yen=income),
        prefectures=prefectures.join(areas),
        projections=projected(tables),
        adjacency=_sorted(tables["adjacency"], "code_a", "code_b"),
        medical_areas=_sorted(tables["medical_areas"], "code", "medical_area_code"),
        user_bodies=_sorted(tables["bodies"], "body_id", "code"),
        municipal_need=_needs(tables["municipal_need"], "code"),
        prefectural_need=_needs(tables["prefectural_need"], "prefecture_code"),
        governments=governments,
        tax_bases=joint_bases(bases["municipal"], bases["prefectural"], governments.index),
        services=_services(tables),
        allowed_tiers=_allowed(tables["allowed_tiers"]),
        parameters=Parameters(_parameters(tables), {}),
        national=national.to_dict(),
        national_taxes=tables["national_taxes"].set_index("tax").sort_index(),
        crises=crisis_tables(tables),
        outlines=_sorted(tables["outlines"], "code", "ring"),
        readings=tables["readings"].set_index("code").sort_index(),
        joint_today=joint_of(tables),
        bodies_today=bodies_of(tables),
        sharing_preferences=preferences_from(tables),
        spending=spending_of(tables),
        bundles=bundles_of(tables),
        functions=functions_of(tables),
        sha256=digests,
        notices=(*found.notices, *debt_notices(tables)),
    ).remembering()


def digests_of(path: Path) -> dict[str, str]:
    """Sum of every file that the case is read from, by name; '' for one that cannot be read, as the reader will say."""
    digests: dict[str, str] = {}
    with suppress(OSError, ValueError):
        for name in sorted(load_tables()):
            file = path / f"{name}.csv"
            if file.exists():
                digests[file.name] = _digest(file)
    return digests


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(read_bytes(file, MOST_TABLE)).hexdigest()
    except (OSError, ValueError):
        return ""


def _income(tables: Tables, people: pd.Series) -> pd.Series:
    """Counted inhabitant income tax by code, million yen. Where corrections leave nothing of it, the least per head of
    all others stands in: it is read for how residents' incomes compare, and somebody lives there."""
    income = (
        tables["municipal_revenue"].set_index("code")["inhabitant_income" + UNIT].reindex(people.index)
        / MILLION_IN_THOUSAND
    )
    least = (income / people)[income > 0].min()
    return income.where(income > 0, least * people)


def _sorted(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
    return table.sort_values(list(keys), ignore_index=True)


def _parameters(tables: Tables) -> pd.DataFrame:
    """The table of parameters, what formula families bring along, what scenarios of crises and bundles add to it."""
    given = tables["parameters"]
    offered = [
        {"parameter": name, "service": "", **entry.model_dump(include=set(GIVEN))}
        for name, entry in family_parameters().items()
        if entry.given_here and name not in set(given["parameter"])
    ]
    whole = pd.concat([given, pd.DataFrame(offered)], ignore_index=True) if offered else given
    table = _sorted(whole, "parameter", "service")
    added = [
        rows(tables)
        for name, rows in (("crisis_scenarios", crisis_parameters), ("bundles", bundle_parameters))
        if len(tables[name])
    ]
    return pd.concat([table, *added], ignore_index=True)


def _governments(
    tables: Tables, bases: Tables, municipalities: pd.DataFrame, prefectures: pd.DataFrame
) -> pd.DataFrame:
    """Accounts of all fiscal governments with their names and prefectures."""
    figures = tables["national"].set_index("item")["value"]
    year = figures.get("indicator_year", figures["fiscal_year"])
    ratios = debt_ratios(tables["indicators"], year)
    accounts = {tier: _tier(tables, tier, bases[tier], ratios) for tier in KEYS}
    municipal = accounts["municipal"].join(municipalities[["name_ja", "prefecture_code"]])
    prefectural = accounts["prefectural"].join(prefectures[["name_ja"]])
    return government_accounts(municipal, prefectural.assign(prefecture_code=prefectural.index))


def _tier(tables: Tables, tier: str, bases: pd.DataFrame, ratios: pd.DataFrame) -> pd.DataFrame:
    """Accounts of one tier, rows in the order of codes."""
    names = ("need", "revenue", "allocation")
    need, revenue, paid = (tables[f"{tier}_{name}"].set_index(KEYS[tier]).sort_index() for name in names)
    return tier_accounts(need, revenue, paid, bases, ratios.join(scale_of(tables, tier), how="right"))


def _bases(tables: Tables, tier: str) -> pd.DataFrame:
    """Tax bases of one tier, rows in the order of codes."""
    revenue = tables[f"{tier}_revenue"].set_index(KEYS[tier]).sort_index()
    return tax_bases(revenue, _counted_shares(tables, tier), tier)


def _counted_shares(tables: Tables, tier: str) -> pd.Series:
    """Counted share of each revenue item of a tier, in the order of the revenue table's columns;
    what the sheet deducts is no tax and left out."""
    items, table = tables["items"], f"{tier}_revenue"
    deducted = items["column"].str.removesuffix(UNIT).isin(DEDUCTIONS)
    rows = items[(items["table"] == table) & (items["kind"] == "item") & ~deducted]
    shares = rows.set_index("column")["counted_share"]
    return shares.reindex([column for column in tables[table].columns if column in shares.index])


def _needs(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Standard need by code and item, million yen, item names without their unit."""
    frame = table.set_index(key).sort_index() / MILLION_IN_THOUSAND
    return frame.rename(columns=lambda column: column.removesuffix(UNIT))


def _services(tables: Tables) -> pd.DataFrame:
    """Services in the order of the official budget: municipal first, then by their first need item."""
    services = tables["services"].set_index("service")
    columns = {
        tier: {c.removesuffix(UNIT): place for place, c in enumerate(tables[table].columns)}
        for tier, table in NEED_OF.items()
    }
    order = [
        (TIERS.index(row.home_tier), min(columns[row.home_tier][item] for item in row.need_items.split("+")))
        for row in services.itertuples()
    ]
    return services.iloc[sorted(range(len(services)), key=order.__getitem__)]


def _allowed(table: pd.DataFrame) -> dict[tuple[str, str], tuple[str, ...]]:
    """Allowed tiers by service and legal class, in the order of the tiers."""
    return {
        (service, city_class): tuple(tier for tier in TIERS if tier in text.split("|"))
        for service, row in table.set_index("service").to_dict("index").items()
        for city_class, text in row.items()
    }
