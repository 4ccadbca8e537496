"""Commands that look something up: one municipality in a run, and the names that packages and options take."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from optimization.archive import read_decided
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.packages import shelf
from optimization.case.rule_groups import size_class
from optimization.cli.console import out, show_frame
from optimization.cli.options import AnyCase, CaseFolder, Json, load_case
from optimization.cli.plain import print_json
from optimization.dictionary.settings import load_settings
from optimization.dictionary.tiers import TIERS
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.applied import apply
from optimization.outcome.place_table import RESIDENT, places_of
from optimization.reading.whereabouts import DEFAULT_CASE, PACKAGES, input_folder
from optimization.report.view import solved_part
from optimization.web.towns import Town, find_towns, nearest_towns, town_index

Tables = Mapping[str, pd.DataFrame]
MOST_ROWS = 2_000
DIGITS = 6
"""Decimals of what residents have: beyond are roundings."""
SHOWN = 8
"""Municipalities of one name that are told."""


class Kind(StrEnum):
    """What can be listed."""

    SERVICES = "services"
    CLASSES = "classes"
    TAXES = "taxes"
    SETTINGS = "settings"
    PACKAGES = "packages"
    PREFECTURES = "prefectures"


def list_names(
    kind: Annotated[Kind, typer.Argument(help="|".join(Kind), metavar="KIND")],
    word: Annotated[str, typer.Argument(help="Only rows that hold this.")] = "",
    case_folder: CaseFolder = DEFAULT_CASE,
    as_json: Json = False,
) -> int:
    """List the names that packages and options take."""
    table = LISTS[kind](case_folder)
    if word:
        holds = table.astype(str).apply(lambda column: column.str.contains(word, case=False, regex=False))
        table = table[holds.any(axis=1)]
    if as_json:
        print_json(json.loads(table.to_json(orient="records")))
        return 0
    show_frame(table, f"{kind}, {len(table)} of them", rows=MOST_ROWS)
    return 0


def services_of(folder: Path) -> pd.DataFrame:
    """Services with their labels, today's tier, the tiers open to some class, and whether bodies may provide them."""
    case = load_case(folder)
    kinds = case.municipalities["city_class"].unique()
    table = case.services[["label_en", "label_ja", "home_tier"]].reset_index(names="service")
    opened = [
        ", ".join(t for t in TIERS if any(t in case.allowed_tiers[s, kind] for kind in kinds))
        for s in case.services.index
    ]
    return table.assign(
        tiers_open=opened, bodies=case.services["wide_area"].map({1: "yes", 0: "no"}).to_numpy()
    )


def classes_of(folder: Path) -> pd.DataFrame:
    """Classes of municipalities (rule groups of by_class), how many there are and who lives there."""
    places = load_case(folder).municipalities
    people = places.groupby(size_class(places))["population_persons"].agg(["size", "sum"])
    return people.reset_index(names="class").rename(columns={"size": "places", "sum": "residents"})


def taxes_of(folder: Path) -> pd.DataFrame:
    """Taxes of the standard revenue and national taxes of the pool: share counted (or in the pool) and yield."""
    case = load_case(folder)
    local = pd.DataFrame(
        {
            "tax": case.tax_bases.columns.get_level_values("source"),
            "share": case.tax_bases.columns.get_level_values("counted_share").to_numpy(float),
            "of": "counted in standard revenue",
            "million_yen": case.tax_bases.to_numpy(float).sum(axis=0),
        }
    )
    national = case.national_taxes.reset_index(names="tax")
    national = national.rename(columns={"pool_share": "share", "yield_million_yen": "million_yen"})
    return pd.concat([local, national.assign(of="of the pool")[local.columns]], ignore_index=True)


def settings_of(_: Path) -> pd.DataFrame:
    """Settings of packages: default, bounds, unit and Japanese label."""
    rows = [
        (
            key,
            each.label_ja,
            each.type,
            json.dumps(each.default, ensure_ascii=False).strip('"'),
            "" if each.minimum is None else f"{each.minimum:.12g} to {each.maximum:.12g}",
            each.unit,
        )
        for key, each in load_settings().items()
    ]
    return pd.DataFrame(rows, columns=["setting", "label_ja", "type", "default", "bounds", "unit"])


def packages_of(_: Path) -> pd.DataFrame:
    """Packages on the shelf with their titles."""
    found, faults = shelf(PACKAGES)
    raise_if_any(faults)
    rows = [(each.name, each.title, each.called("ja")) for each in found]
    return pd.DataFrame(rows, columns=["package", "title", "title_ja"])


def prefectures_of(folder: Path) -> pd.DataFrame:
    """Prefectures of a case by code and name, and how many municipalities each has."""
    case = load_case(folder)
    table = case.prefectures[["name_en", "name_ja"]].reset_index(names="code")
    count = case.municipalities["prefecture_code"].value_counts()
    return table.assign(municipalities=table["code"].map(count).to_numpy())


LISTS: Mapping[Kind, Callable[[Path], pd.DataFrame]] = {
    Kind.SERVICES: services_of,
    Kind.CLASSES: classes_of,
    Kind.TAXES: taxes_of,
    Kind.SETTINGS: settings_of,
    Kind.PACKAGES: packages_of,
    Kind.PREFECTURES: prefectures_of,
}


# ---- one municipality


def town(
    name: Annotated[str, typer.Argument(help="Name, romaji or code; NAME, PREFECTURE where two share it.")],
    run: Annotated[Path | None, typer.Argument(help="Run folder; today's arrangement if left out.")] = None,
    case_folder: AnyCase = None,
    as_json: Json = False,
) -> int:
    """One municipality: who does what, leeway, accounts, debts."""
    tables, case = looked_at(run, case_folder)
    found = the_town(name, case)
    parts = {
        "residents": residents_of(tables, case, found.code),
        "accounts": accounts_of(tables, case, found.code),
        "duties": duties_of(tables, found.code),
    }
    about = {
        "code": found.code,
        "name_ja": found.name_ja,
        "name_romaji": found.romaji,
        "prefecture": found.prefecture_en,
        "class": str(size_class(case.municipalities)[found.code]),
        "population_persons": int(case.municipalities.at[found.code, "population_persons"]),
    }
    if as_json:
        listed = {key: json.loads(table.to_json(orient="records")) for key, table in parts.items()}
        print_json({**about, **listed})
        return 0
    what = "today's arrangement" if run is None else f"run {run}"
    people, kind = about["population_persons"], about["class"]
    out.print(
        f"{found.name_ja} {found.romaji} ({found.code}), {found.prefecture_en}; {kind}, {people:,} residents; {what}",
        style="bold",
    )
    titles = {
        "residents": "What residents have of both tiers, yen per resident and ratios",
        "accounts": "Accounts, million yen a year, and debts",
        "duties": "Who does what",
    }
    for key, table in parts.items():
        show_frame(table, titles[key], rows=MOST_ROWS)
    return 0


def looked_at(run: Path | None, case_folder: Path | None) -> tuple[Tables, Case]:
    """The tables of a run and the part of its case that it is of; without a run those of today's arrangement. Raises
    InputError where a run holds no decision."""
    if run is None:
        case = load_case(case_folder or DEFAULT_CASE)
        return apply(case, load_package(case, "status_quo")).tables, case
    record, tables = read_decided(run)
    case = load_case(case_folder or input_folder(str(record["case"])))
    return tables, solved_part(case, record)


def the_town(name: str, case: Case) -> Town:
    """The one municipality that a name means. Raises InputError where none or several do."""
    towns = town_index(case)
    found = find_towns(towns, name)
    if len(found) == 1:
        return found[0]
    told = [
        f"{each.name_ja} {each.romaji} ({each.code})" for each in (found or nearest_towns(towns, name, 3))
    ]
    listed = ", ".join(told[:SHOWN]) + (f" and {len(told) - SHOWN} more" if len(told) > SHOWN else "")
    if found:
        message, remedy = f"means {len(found)} municipalities: {listed}", "give the code, or NAME, PREFECTURE"
    else:
        message, remedy = "is no municipality of the case", f"did you mean {listed}?"
    raise InputError([Problem("command line", message, remedy, column="NAME", value=name[:80])])


def residents_of(tables: Tables, case: Case, code: str) -> pd.DataFrame:
    """Leeway, cover and tax price of a place, today and under the package, and what the change of leeway comes from."""
    place = places_of(dict(tables), case.municipalities).set_index("code").loc[code]
    rows = [
        (name, place.get(f"{name}_today{end}"), place.get(f"{name}{end}"))
        for name, end in (("leeway", RESIDENT), ("cover", "_ratio"), ("tax_price", "_ratio"))
    ]
    table = pd.DataFrame(rows, columns=["", "today", "package"])
    table["change"] = table["package"] - table["today"]
    parts = [
        (
            f"of which {name.removeprefix('change_by_').removesuffix(RESIDENT)}",
            np.nan,
            np.nan,
            float(place[name]),
        )
        for name in place.index
        if str(name).startswith("change_by_")
    ]
    whole = pd.DataFrame([*table.itertuples(index=False), *parts], columns=table.columns)
    return whole.round(dict.fromkeys(("today", "package", "change"), DIGITS))


LINES = ("need", "capacity", "grant", "own_revenue", "funds", "standard_cost", "spending", "margin")
RATIOS = ("coverage", "real_debt_service", "future_burden")


def accounts_of(tables: Tables, case: Case, code: str) -> pd.DataFrame:
    """The account of a municipality's government beside that of its prefecture, today and under the package."""
    table = tables["governments"].set_index("government")
    joint = {part: key for key in table.index for part in str(key).split("+")}
    own = table.loc[joint[code]]
    above = table.loc[joint[str(case.municipalities.at[code, "prefecture_code"])]]
    names = [(name, f"{name}{{}}_million_yen") for name in LINES]
    names += [(name, f"{name}{{}}_ratio") for name in RATIOS] + [("debt_stage", "debt_stage{}")]
    rows = [
        (name, *(who[form.format(when)] for who in (own, above) for when in ("_today", "")))
        for name, form in names
        if form.format("") in table
    ]
    return pd.DataFrame(rows, columns=["", "today", "package", "prefecture today", "prefecture"])


def duties_of(tables: Tables, code: str) -> pd.DataFrame:
    """Who answers for every service of a place and who provides it, those that change first."""
    rows = tables["provision"]
    rows = rows[rows["code"] == code]
    home = tables["services"].set_index("service")["home_tier"]
    members = dict(zip(tables["bodies"]["body"], tables["bodies"]["members"], strict=True))
    table = pd.DataFrame(
        {
            "service": rows["service"],
            "answers today": rows["service"].map(home),
            "answers": rows["responsible_tier"],
            "provided by": [
                f"a body of {members[row.provider]}" if row.provider in members else row.provider_kind
                for row in rows.itertuples()
            ],
            "minutes": rows["travel_minutes"],
        }
    )
    return table.sort_values(
        "service", key=lambda _: table["answers today"] == table["answers"], kind="stable", ignore_index=True
    )
