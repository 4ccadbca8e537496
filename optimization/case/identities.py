"""What the official tables promise of one another beyond their codes: sums of parts, figures that stand twice.

Each check is a generator of problems whose `file` is the table's name, as in `case.check`. The tables have passed the
checks of form and name the same governments, so they can be joined by code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from optimization.case.agreement import KEYS, UNIT
from optimization.case.indicators import ratio_problems
from optimization.case.tables import FORMER
from optimization.errors import Problem
from optimization.reading.japan import (
    EAST,
    JOINT_PREFECTURE,
    NORTH,
    RUNS_HEALTH_CENTRE,
    RUNS_NO_HEALTH_CENTRE,
    SETTLED_TOGETHER,
    SOUTH,
    WEST,
)
from optimization.reading.settled import account, far_from_due, lacking, rate_meant

Tables = Mapping[str, pd.DataFrame]
Problems = Iterator[Problem]

HALF_HECTARE = 0.005
"""Areas are published to a hundredth of a square kilometre."""

THOUSANDTHS = 1_000.0
CORRECT = "correct the figure, or those it is made of"


def _by_code(tables: Tables) -> pd.DataFrame:
    return tables["municipalities"].set_index("code")


def _prefectures(tables: Tables) -> Problems:
    """A prefecture is the sum of its municipalities; none but Tokyo is above the largest of the nation."""
    towns, homes = _by_code(tables), tables["prefectures"].set_index("prefecture_code")
    sums = towns.groupby("prefecture_code")[["population_persons", "area_km2"]].sum().reindex(homes.index)
    for column, apart in (("population_persons", 0.0), ("area_km2", HALF_HECTARE)):
        off = (sums[column] - homes[column]).abs() > apart + 1e-9
        for code in homes.index[off]:
            message = f"its municipalities sum to {sums.at[code, column]:,.10g}"
            yield Problem("prefectures", message, CORRECT, code, column, f"{homes.at[code, column]:.10g}")
    largest = tables["national"].set_index("item")["value"].get("largest_prefecture_scale", np.inf)
    people = homes["population_persons"].drop(JOINT_PREFECTURE, errors="ignore")
    for code, count in people[people > largest].items():
        message = f"has more residents than the largest prefecture but Tokyo, {largest:,.0f} in national.csv"
        yield Problem(
            "prefectures", message, "correct one of the two", code, "population_persons", str(count)
        )


def _capitals(tables: Tables) -> Problems:
    """The office of a prefecture is that of its capital, which lies in it."""
    towns = _by_code(tables)
    for row in tables["prefectures"].to_dict("records"):
        code, capital = row["prefecture_code"], row["capital_code"]
        if capital[:2] != code:
            message, remedy = "lies in another prefecture", "name a municipality of the prefecture"
            yield Problem("prefectures", message, remedy, code, "capital_code", capital)
        elif capital in towns.index:
            for column in ("office_lon_deg", "office_lat_deg"):
                if row[column] != (own := towns.at[capital, column]):
                    message = f"is not that of the capital {capital}, {own:.10g}"
                    yield Problem(
                        "prefectures", message, "correct one of the two", code, column, f"{row[column]:.10g}"
                    )


def _people(tables: Tables) -> Problems:
    """No more households than residents, no more habitable than whole area; the register stands in two tables."""
    towns = _by_code(tables)
    for part, whole in (("households", "population_persons"), ("habitable_area_km2", "area_km2")):
        for code in towns.index[towns[part] > towns[whole]]:
            message = f"is above {whole}, {towns.at[code, whole]:.10g}"
            yield Problem(
                "municipalities",
                message,
                "correct one of the two",
                code,
                part,
                f"{towns.at[code, part]:.10g}",
            )
    national = tables["national"].set_index("item")["value"]
    year = national.get("register_year", national["fiscal_year"])
    column, history = "register_persons", tables["population_history"]
    if history.attrs.get(FORMER, {}).get(column, "") not in ("", f"register_{year:.0f}_persons"):
        return  # an older case may hold the register of another year under its former name
    register = history.set_index("code")[column]
    here = towns["population_persons"].reindex(register.index)
    for code in register.index[here.notna() & (here != register)]:
        message = f"is not the population of municipalities.csv, {here[code]:,.0f}, of the same register"
        yield Problem(
            "population_history",
            message,
            "correct one of the two",
            code,
            column,
            str(register[code]),
        )


def _health_centres(tables: Tables) -> Problems:
    """Large cities run a health centre of their own, towns and villages none."""
    for code, kind, own in tables["municipalities"][
        ["code", "city_class", "has_own_health_centre"]
    ].itertuples(index=False):
        if (kind in RUNS_HEALTH_CENTRE and not own) or (kind in RUNS_NO_HEALTH_CENTRE and own):
            message, remedy = f"does not fit the class {kind}", "correct one of the two"
            yield Problem("municipalities", message, remedy, code, "has_own_health_centre", str(own))


def _islands(tables: Tables) -> Problems:
    """An island has no land border."""
    towns, borders = _by_code(tables), tables["adjacency"]
    islands = set(towns.index[towns["is_island"] == 1])
    for side in ("code_a", "code_b"):
        for row in borders[borders[side].isin(islands)].itertuples():
            message, remedy = "is marked as an island, without land border", "correct one of the two tables"
            yield Problem(
                "adjacency", message, remedy, f"{row.code_a}/{row.code_b}", side, str(getattr(row, side))
            )


def _areas(tables: Tables) -> Problems:
    """A medical area lies in one prefecture and has one name."""
    areas = tables["medical_areas"]
    for row in areas[areas["code"].str[:2] != areas["medical_area_code"].str[:2]].itertuples():
        message, remedy = "is an area of another prefecture", "write the code of one of its own"
        yield Problem("medical_areas", message, remedy, row.code, "medical_area_code", row.medical_area_code)
    first = areas.groupby("medical_area_code")["medical_area_name_ja"].transform("first")
    for row in areas[areas["medical_area_name_ja"] != first].itertuples():
        message, column = (
            f"is another name than {row.medical_area_code} has elsewhere",
            "medical_area_name_ja",
        )
        yield Problem("medical_areas", message, "write one name", row.code, column, row.medical_area_name_ja)


def _paid(tables: Tables) -> Problems:
    """What is paid is near what need lacks of revenue at the nation's rate (Tokyo and its wards are settled together),
    and the rate is that of the amounts."""
    national = tables["national"].set_index("item")["value"]
    year, rate, column = national["fiscal_year"], national["adjustment_rate"], f"ordinary_allocation{UNIT}"
    accounts = {
        f"{tier}_allocation": account(
            tables[f"{tier}_need"].set_index(key)[f"need_after_transfer{UNIT}"],
            tables[f"{tier}_revenue"].set_index(key)[f"standard_revenue{UNIT}"],
            tables[f"{tier}_allocation"].set_index(key)[column],
        ).drop([*SETTLED_TOGETHER], errors="ignore")
        for tier, key in KEYS.items()
    }
    meant = rate_meant([*accounts.values()], rate, year)
    if meant is not None:
        message = f"is not the share of need that governments go without, about {max(0.0, meant):.6f} by the amounts"
        yield Problem("national", message, "correct the rate", "adjustment_rate", "value", f"{rate:g}")
        return
    for name, of in accounts.items():
        due = far_from_due(of, rate, year)
        for code, short in lacking(of)[due.index].items():
            message = f"is far from what need lacks of revenue, {short:,.0f}"
            remedy = "correct the figure; corrections of earlier years are much smaller"
            yield Problem(name, message, remedy, code, column, f"{of.at[code, 'paid']:.0f}")


def _settled(tables: Tables) -> Problems:
    """Purposes sum to what was spent; taxes are a part of the revenue; no year lacks a municipality."""
    table = tables["settlements"]
    label = table["code"] + "/" + table["fiscal_year"].astype(str)
    spent, revenue, tax = (
        table[f"{name}_thousand_yen"] for name in ("expenditure_total", "revenue_total", "local_tax")
    )
    parts = table[[column for column in table if column.startswith("exp_")]].sum(axis=1)
    for at in table.index[parts != spent]:
        message = f"the purposes sum to {parts[at]:,}"
        yield Problem("settlements", message, CORRECT, label[at], str(spent.name), str(spent[at]))
    for at in table.index[tax > revenue]:
        message = f"is above the whole revenue, {revenue[at]:,}"
        yield Problem(
            "settlements", message, "correct one of the two", label[at], str(tax.name), str(tax[at])
        )
    codes = set(tables["municipalities"]["code"])
    for year, rows in table.groupby("fiscal_year"):
        for code in sorted(codes - set(rows["code"])):
            message, remedy = f"has no row of {year} for this municipality", "add its row"
            yield Problem("settlements", message, remedy, code, "code", code)


def _rings(tables: Tables) -> Problems:
    """The rings of an outline are numbered from 1, and lie in Japan."""
    table = tables["outlines"]
    if table.empty:
        return
    counts = table.groupby("code")["ring"].agg(["max", "size"])
    for code in counts.index[counts["max"] != counts["size"]]:
        message, found = "the rings are not numbered 1, 2, 3", str(counts.at[code, "max"])
        yield Problem("outlines", message, "restore the rows, or take the outline out", code, "ring", found)
    for code, ring, points in table[["code", "ring", "points"]].itertuples(index=False):
        place = np.array(points.split(), dtype=float).reshape(-1, 2).cumsum(axis=0) / THOUSANDTHS
        low, high = place.min(axis=0), place.max(axis=0)
        if low[0] < WEST or high[0] > EAST or low[1] < SOUTH or high[1] > NORTH:
            message, remedy = "leads out of Japan", "restore the row, or take the outline out"
            yield Problem("outlines", message, remedy, f"{code}/{ring}", "points", points[:40])


IDENTITIES = (
    _prefectures,
    _capitals,
    _people,
    _health_centres,
    _islands,
    _areas,
    _paid,
    _settled,
    _rings,
    ratio_problems,
)
"""Every promise that the tables may break."""
