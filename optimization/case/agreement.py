"""What one table of a case says must agree with the others: each check is a generator of problems whose `file` is the
table's name. The tables have passed the checks of form in `case.tables`, so types and columns are as the dictionary has
them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from optimization.case.parameters import SPENDING_RATIO
from optimization.case.projections import DRIVERS
from optimization.case.ranges import ALL_BY_SERVICE, ALL_GENERAL, GENERAL, NATIONAL, OFFERED, OTHER_YEARS
from optimization.dictionary.settings import nearest
from optimization.dictionary.tables import Column, load_tables
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE, TIERS
from optimization.errors import SHOWN, Problem
from optimization.reading.codes import PATTERNS, unknown_code_hint
from optimization.reading.japan import (
    LAST_MERGER_TOP_UP,
    SETTLED_TOGETHER,
)

Tables = Mapping[str, pd.DataFrame]
Problems = Iterator[Problem]

UNIT = "_thousand_yen"
NEED_OF = {MUNICIPALITY: "municipal_need", PREFECTURE: "prefectural_need"}
KEYS = {"municipal": "code", "prefectural": "prefecture_code"}
ESSENTIAL = {
    "need": ("debt_service", "transfer_to_extraordinary_bond", "need_before_transfer", "need_after_transfer"),
    "debt_service": ("debt_service",),
    "revenue": ("inhabitant_income", "standard_revenue"),
}
"""Items the accounts read by name, without their unit."""


def essential(table: str) -> list[str]:
    """Columns of items that the accounts read by name in a table, which a list of items with faults may have lost."""
    tier, _, name = table.partition("_")
    return [item + UNIT for item in ESSENTIAL.get(name, ())] if tier in KEYS else []


NO_SCALE, OWN_HEALTH_CENTRE = "none", "own_health_centre"


def _unknown(names: Collection[str], known: Collection[str]) -> list[str]:
    return [name for name in names if name not in known]


# ---- items and codes


def items(tables: Tables) -> Problems:
    """The items the accounts need are listed; units are thousand yen; revenue says how it is counted."""
    items = tables["items"]
    listed = set(zip(items["table"], items["column"], strict=True))
    for tier in KEYS:
        for name, wanted in ESSENTIAL.items():
            for item in wanted:
                if (key := (f"{tier}_{name}", item + UNIT)) not in listed:
                    message, remedy = "the accounts need this item", "add its row here, its column there"
                    yield Problem("items", message, remedy, "/".join(key), "column", key[1])
    for row in items.itertuples():
        label = f"{row.table}/{row.column}"
        if row.unit != "thousand_yen" or not row.column.endswith(UNIT):
            remedy = f"give the amounts in thousand yen and end the column's name in {UNIT}"
            yield Problem("items", "is not in thousand yen", remedy, label, "unit", row.unit)
        if not row.table.startswith(row.tier):
            yield Problem("items", "is another tier", "write that of the table", label, "tier", row.tier)
        if row.kind == "item" and row.table.endswith("_revenue") and not 0.75 <= row.counted_share <= 1:
            message = "a tax counts at 0.75, in full or between"
            share = "" if math.isnan(row.counted_share) else f"{row.counted_share:g}"
            yield Problem("items", message, "give its counted share", label, "counted_share", share)


def codes(tables: Tables) -> Problems:
    """Every municipality and prefecture stands in all tables of its tier (others: see references)."""
    for tier, key in KEYS.items():
        owner = "municipalities" if tier == "municipal" else "prefectures"
        codes = tables[owner][key].tolist()
        names = [f"{tier}_{name}" for name in (*ESSENTIAL, "allocation")]
        names.append("population_history" if tier == "municipal" else "blocs")
        for name in filter(tables.__contains__, names):
            for code in _unknown(codes, set(tables[name][key].tolist())):
                message = f"has no row for this code of {owner}.csv"
                yield Problem(name, message, "add its row, or remove it everywhere", code, key, code)


def references(tables: Tables) -> Problems:
    """Columns that refer to another table name what stands there."""
    for name, table in load_tables().items():
        for column, rule in table.columns.items():
            other, _, field = (rule.references or "").partition(".")
            if name not in tables or other not in tables:
                continue
            known, values = set(tables[other][field].tolist()), tables[name][column].tolist()
            absent = [(at, value) for at, value in enumerate(values) if value and value not in known]
            for count, (position, value) in enumerate(absent):
                key = tables[name][list(table.primary_key)].iloc[position]
                label = "/".join(filter(None, map(str, key)))
                hint = "" if count >= SHOWN else _meant_instead(value, known, rule)
                remedy = (
                    f"{hint} Else add it to {other}.csv" if hint else f"correct it, or add it to {other}.csv"
                )
                yield Problem(name, f"does not stand in {other}.csv", remedy, label, column, value)


def lost_digits(tables: Tables) -> Problems:
    """Codes of columns that may name other places than the case's, where they stand for one of these by arithmetic."""
    known = {*tables["municipalities"]["code"], *tables["prefectures"]["prefecture_code"]}
    for name, table in load_tables().items():
        for column, rule in table.columns.items():
            widths = PATTERNS.get(rule.pattern or "")
            owner = name in ("municipalities", "prefectures")
            if widths is None or rule.references or owner or name not in tables:
                continue
            for value in sorted(set(tables[name][column]) - known):
                if hint := unknown_code_hint(value, known, widths):
                    yield Problem(name, "is no place of the case", hint, value, column, value)


def _meant_instead(value: str, known: Collection[str], rule: Column) -> str:
    """What an unknown value stands for: a code by arithmetic alone, a name by likeness."""
    widths = PATTERNS.get(rule.pattern or "")
    return unknown_code_hint(value, known, widths) if widths else nearest(value, sorted(known), offer=3)


# ---- places


def places(tables: Tables) -> Problems:
    """Municipal codes begin with their prefecture's; ages add up; every prefecture has a municipality."""
    places = tables["municipalities"].set_index("code")
    wrong = places[places["prefecture_code"] != places.index.str[:2]]
    for code, prefecture in wrong["prefecture_code"].items():
        remedy = f"write {code[:2]}, the first two digits of the code"
        yield Problem("municipalities", "is another prefecture", remedy, code, "prefecture_code", prefecture)
    ages = ["age_0_14_persons", "age_15_64_persons", "age_65_plus_persons", "age_not_published_persons"]
    total = places[ages].sum(axis=1)
    for code, people in places.loc[total != places["population_persons"], "population_persons"].items():
        message = f"the ages sum to {total[code]:,}, not to the population"
        remedy = "correct them; withheld ages stand in age_not_published_persons"
        yield Problem("municipalities", message, remedy, code, "population_persons", str(people))
    older = places.loc[places["age_75_plus_persons"] > places["age_65_plus_persons"], "age_75_plus_persons"]
    for code, people in older.items():
        message, remedy = "is more than those of 65 or more", "correct one of the two"
        yield Problem("municipalities", message, remedy, code, "age_75_plus_persons", str(people))
    for code in _unknown(tables["prefectures"]["prefecture_code"], set(places["prefecture_code"])):
        message, remedy = "has no municipality", "add its municipalities or remove the prefecture"
        yield Problem("prefectures", message, remedy, code, "prefecture_code", code)


def borders(tables: Tables) -> Problems:
    """Every border stands once, the smaller code first."""
    table = tables["adjacency"]
    unlike = table["same_prefecture"] != (table["code_a"].str[:2] == table["code_b"].str[:2])
    for row in table[unlike | (table["code_a"] >= table["code_b"])].itertuples():
        label = f"{row.code_a}/{row.code_b}"
        if row.code_a >= row.code_b:
            message, remedy = "the smaller code comes first", "swap the two, or keep the row that is right"
            yield Problem("adjacency", message, remedy, label, "code_a", row.code_a)
        same = int(row.code_a[:2] == row.code_b[:2])
        if row.same_prefecture != same:
            message, found = "does not fit the two codes", str(row.same_prefecture)
            yield Problem("adjacency", message, f"write {same}", label, "same_prefecture", found)


def areas(tables: Tables) -> Problems:
    """Every municipality has a medical area and its shares sum to 1."""
    shares = tables["medical_areas"].groupby("code")["population_share"].sum()
    for code in _unknown(tables["municipalities"]["code"], shares.index):
        yield Problem("medical_areas", "has no medical area", "add a row for it", code, "code", code)
    for code, share in shares[(shares - 1).abs() > 1e-6].items():
        message, remedy = "the shares of a municipality sum to 1", "correct them"
        yield Problem("medical_areas", message, remedy, code, "population_share", f"{share:g}")


# ---- services


def services(tables: Tables) -> Problems:
    """Names in the service table are those of items, of sizes of municipalities and of legal classes."""
    items = tables["items"]
    own = {tier: items[(items["table"] == NEED_OF[tier]) & (items["kind"] == "item")] for tier in NEED_OF}
    known = {tier: [c.removesuffix(UNIT) for c in rows["column"]] for tier, rows in own.items()}
    columns = load_tables()["municipalities"].columns
    sizes = [c for c, rule in columns.items() if rule.type != "string" and rule.unit not in ("0/1", "deg")]
    classes = [*(columns["city_class"].enum or ()), OWN_HEALTH_CENTRE]
    used: dict[tuple[str, str], str] = {}
    for row in tables["services"].itertuples():
        lists = (
            ("need_items", row.need_items.split("+"), known[row.home_tier]),
            ("need_drivers", row.need_drivers.split("+"), DRIVERS),
            ("scale_basis", row.scale_basis.split("+"), [NO_SCALE, *sizes]),
            ("spread_by", row.spread_by.split("+") if row.home_tier == PREFECTURE else [], sizes),
            ("excluded_classes", [c for c in row.excluded_classes.split("|") if c], classes),
        )
        for column, names, allowed in lists:
            for name in _unknown(names, allowed):
                message = "is empty" if not name else "is not a name to use here"
                yield Problem("services", message, nearest(name, allowed), row.service, column, name)
        drivers = row.need_drivers.split("+")
        if len(drivers) != len(row.need_items.split("+")):
            message, remedy = "is not one driver for each need item", "name them in the order of need_items"
            yield Problem("services", message, remedy, row.service, "need_drivers", row.need_drivers)
        for item in row.need_items.split("+"):
            if first := used.get((row.home_tier, item)):
                message, remedy = f"is an item of {first} already", "name it once, in one service of the tier"
                yield Problem("services", message, remedy, row.service, "need_items", item)
            used[row.home_tier, item] = row.service
        if row.wide_area and row.home_tier != MUNICIPALITY:
            message, remedy = "a wide-area body takes municipal services only", "write 0"
            yield Problem("services", message, remedy, row.service, "wide_area", "1")


def allowed(tables: Tables) -> Problems:
    """Every service has its row; tiers are known; today's tier is among them."""
    services, allowed = tables["services"].set_index("service"), tables["allowed_tiers"].set_index("service")
    for service in _unknown(services.index, allowed.index):
        remedy = "add its row with the tiers allowed in each class"
        yield Problem("allowed_tiers", "has no row for this service", remedy, service, "service", service)
    for service, row in allowed[allowed.index.isin(services.index)].to_dict("index").items():
        home = services.at[service, "home_tier"]
        for kind, text in row.items():
            tiers = text.split("|")
            for tier in _unknown(tiers, TIERS):
                remedy, found = nearest(tier, TIERS), tier or text
                yield Problem("allowed_tiers", "is not a tier", remedy, service, kind, found)
            if home not in tiers:
                message, remedy = f"today's tier, {home}, is not among them", f"add {home}"
                yield Problem("allowed_tiers", message, remedy, service, kind, text)


def _movable(tables: Tables) -> set[str]:
    """Services that may leave their tier or go to a body; the same as in `costs.provision`."""
    present = list(set(tables["municipalities"]["city_class"]))
    home = tables["services"].set_index("service")["home_tier"]
    tiers = tables["allowed_tiers"].set_index("service")[present].reindex(home.index, fill_value="")
    allowed = zip(home.items(), tiers.to_numpy(object), strict=True)
    return {s for (s, own), row in allowed if any(set(text.split("|")) - {own, ""} for text in row)}


# ---- figures


def national(tables: Tables) -> Problems:
    """The nation's figures are there, known and possible."""
    figures = tables["national"].set_index("item")["value"]
    for item in _unknown(NATIONAL, figures.index):
        yield Problem("national", "the figure is missing", "add its row", item, "item", item)
    known = NATIONAL | OTHER_YEARS
    for item, value in figures.items():
        if item not in known:
            remedy = nearest(item, known)
            yield Problem("national", "is not a figure known here", remedy, item, "item", item)
        elif not known[item].holds(value) or (item.endswith("_year") and value % 1):
            message, remedy = f"must be {known[item].text}", known[item].remedy(value, "correct the figure")
            yield Problem("national", message, remedy, item, "value", f"{value:g}")


def fiscal_year(tables: Tables) -> float:
    """The case's year; NaN where its row is missing (reported by `national`) or its table not whole."""
    if "national" not in tables:
        return math.nan
    return float(tables["national"].set_index("item")["value"].get("fiscal_year", math.nan))


def year_of(tables: Tables, item: str, fiscal_year: float) -> float:
    """The year of what another one stands in for; the case's own where it does not say."""
    return float(tables["national"].set_index("item")["value"].get(item, fiscal_year))


def parameters(tables: Tables) -> Problems:
    """Every number the costs read is there; low <= central <= high, all within what makes sense."""
    table = tables["parameters"]
    for row in table.itertuples():
        label = f"{row.parameter}/{row.service}" if row.service else row.parameter
        bounds = (ALL_BY_SERVICE if row.service else ALL_GENERAL).get(row.parameter)
        if bounds is None:
            yield _strange(row.parameter, row.service, label)
            continue
        if not row.low <= row.central <= row.high:
            found = f"{row.low:g}, {row.central:g}, {row.high:g}"
            message, remedy = "the range is not in order", "want low <= central <= high"
            yield Problem("parameters", message, remedy, label, "low, central, high", found)
        for column in ("low", "central", "high"):
            if not bounds.holds(value := getattr(row, column)):
                message, remedy = f"must be {bounds.text}", bounds.remedy(value, f"correct it ({row.unit})")
                yield Problem("parameters", message, remedy, label, column, f"{value:g}")
    given = set(zip(table["parameter"], table["service"], strict=True))
    if SPENDING_RATIO in set(table["parameter"]):
        scaled = tables["services"].query("scale_basis != @NO_SCALE")["service"]
        for service in [s for s in scaled if (SPENDING_RATIO, s) not in given]:
            message, remedy = (
                "is given for other services and not for this one",
                "give it for all or for none",
            )
            yield Problem("parameters", message, remedy, service, "parameter", SPENDING_RATIO)
    for parameter, service in _needed(tables["services"], _movable(tables)):
        if (parameter, service) not in given:
            message, remedy = "is needed and not given", "add a row with its range, mark and source"
            yield Problem("parameters", message, remedy, service or "(general)", "parameter", parameter)


def _strange(parameter: str, service: str, label: str) -> Problem:
    """A parameter nothing reads: misspelt, or with a service where it has none and the other way."""
    if parameter in ALL_GENERAL:
        message, remedy, column, found = "has no service", "leave the service empty", "service", service
    elif parameter in ALL_BY_SERVICE:
        message, remedy, column, found = "belongs to a service", "name the service", "service", "(empty)"
    else:
        message, column, found = "is not a parameter known here", "parameter", parameter
        remedy = nearest(parameter, [*ALL_GENERAL, *ALL_BY_SERVICE])
    return Problem("parameters", message, remedy, label, column, found)


def _needed(services: pd.DataFrame, movable: Collection[str]) -> Iterator[tuple[str, str]]:
    """Parameters the costs read, as (parameter, service)."""
    yield from ((parameter, "") for parameter in GENERAL if parameter not in OFFERED)
    for row in services.itertuples():
        names = ["national_share", "taste_weight"]
        if row.scale_basis != NO_SCALE:
            names.append("scale_realisation")
            if row.home_tier == PREFECTURE:
                names.append("prefectural_elasticity")
        if row.wide_area or row.service in movable:
            names += ["trips_to_seat", "unit_fixed_cost_million_yen", "transition_cost"]
        if row.wide_area:
            names += ["coordination_rate", "max_travel_minutes"]
        yield from ((name, row.service) for name in names)


# ---- accounts


def accounts(tables: Tables, fiscal_year: float) -> Problems:
    """The sums of the official sheets hold to the thousand yen, and who receives is who lacks."""
    # Merged municipalities that lacked nothing were still paid a merger top-up until FY2020.
    topped_up = fiscal_year <= LAST_MERGER_TOP_UP
    for tier, key in KEYS.items():
        names = [f"{tier}_{name}" for name in (*ESSENTIAL, "allocation")]
        if not all(name in tables for name in names):
            continue
        frames = {name: tables[name].set_index(key) for name in names}
        bare = [frame.rename(columns=lambda column: column.removesuffix(UNIT)) for frame in frames.values()]
        need, debt, revenue, paid = bare
        total = {name: _item_sum(frames[name], tables["items"], name) for name in names[:3]}
        after = need["need_before_transfer"] - need["transfer_to_extraordinary_bond"]
        gap = (need["need_after_transfer"] - revenue["standard_revenue"]).dropna()
        # Tokyo and its wards are settled together: neither lacks or receives alone
        mark = paid["marked_receiving"].drop([*SETTLED_TOGETHER], errors="ignore")
        amount = paid["ordinary_allocation"]
        allowed = amount.where((paid["marked_receiving"] == 1) | topped_up, 0)
        of_items, of_bonds, of_revenue = total.values()
        need_name, debt_name, revenue_name, paid_name = names
        for table, found, wanted, words in (
            (need_name, need["need_before_transfer"], of_items, "the sum of the items"),
            (need_name, need["need_after_transfer"], after, "need before transfer less the transfer"),
            (need_name, need["debt_service"], debt["debt_service"], f"that of {debt_name}.csv"),
            (debt_name, debt["debt_service"], of_bonds, "the sum of the kinds of bond"),
            (revenue_name, revenue["standard_revenue"], of_revenue, "the sum of the items less deductions"),
            (paid_name, mark, (gap > 0).astype(int), "1 where need is above revenue, else 0"),
            (paid_name, amount, allowed, "0, for it is marked as not receiving"),
        ):
            yield from _unequal(table, found, wanted, words)
    income = tables["municipal_revenue"].set_index("code")["inhabitant_income" + UNIT]
    # corrections of earlier years may leave nothing of it, which then adds up
    whole = tables["municipal_revenue"].set_index("code")
    summed = _item_sum(whole, tables["items"], "municipal_revenue") == whole["standard_revenue" + UNIT]
    for code, amount in income[(income < 0) | ((income == 0) & ~summed)].items():
        message, remedy = "must be above 0: it tells the residents' income", "correct the figure"
        yield Problem("municipal_revenue", message, remedy, code, str(income.name), str(amount))


def _item_sum(frame: pd.DataFrame, items: pd.DataFrame, table: str) -> pd.Series:
    """Sum of a table's items by code; deductions count negative."""
    listed = items[(items["table"] == table) & (items["kind"] == "item")]["column"]
    sign = np.where(listed.str.startswith("deduction_"), -1, 1)
    return pd.Series(frame[list(listed)].to_numpy(np.int64) @ sign, index=frame.index)


def _unequal(table: str, found: pd.Series, wanted: pd.Series, words: str) -> Problems:
    """Where two series differ; codes one of them lacks are reported by `codes`."""
    codes = found.index.intersection(wanted.index)
    found, wanted = found[codes], wanted[codes]
    column = found.name if found.name == "marked_receiving" else f"{found.name}{UNIT}"
    for code in codes[found != wanted]:
        message = f"want {words}, {wanted[code]:,}"
        remedy = "correct the figure, or those it is made of"
        yield Problem(table, message, remedy, code, str(column), str(found[code]))
