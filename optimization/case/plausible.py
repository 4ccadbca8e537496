"""Figures that cannot be, though each has its form and every sum holds: another unit, an office at sea, slipped rows.

What is checked is what people, money and ground have to do with each other. The ranges are those of all municipalities
and prefectures in FY2015 to FY2022 with room on both sides, so that only figures of another unit or another place fall
out. Each check is a generator of problems whose `file` is the table's name; the tables agree in their codes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import pandas as pd

from optimization.case.geometry import area_km2, km_between, km_outside, km_outside_box, rings_of
from optimization.case.indicators import newest_year
from optimization.dictionary.tables import load_tables
from optimization.errors import Problem
from optimization.reading.codes import called, prefecture_spellings
from optimization.reading.japan import (
    CITY_ENDS_AS,
    ENDS_AS,
    PREFECTURES,
    SETTLED_TOGETHER,
)
from optimization.reading.japanese import folded

Tables = Mapping[str, pd.DataFrame]
Problems = Iterator[Problem]

ENOUGH = 300_000
"""Residents of a case from which on the sums of its columns tell their unit; the smallest prefecture has 540,000."""

INCOME = "inhabitant_income_thousand_yen"

PER_RESIDENT = {
    ("municipal", "need", "need_before_transfer_thousand_yen"): ((60.0, 8_000.0), (100.0, 800.0)),
    ("municipal", "revenue", "standard_revenue_thousand_yen"): ((30.0, 4_000.0), (60.0, 400.0)),
    ("municipal", "revenue", INCOME): ((4.0, 300.0), (10.0, 150.0)),
    ("prefectural", "need", "need_before_transfer_thousand_yen"): ((60.0, 900.0), (60.0, 900.0)),
    ("prefectural", "revenue", "standard_revenue_thousand_yen"): ((40.0, 400.0), (40.0, 400.0)),
}
"""Thousand yen a resident: of each government, and of the whole case."""

OF_SETTLEMENT = {
    ("need", "need_before_transfer_thousand_yen", "expenditure_total_thousand_yen"): (0.02, 1.1),
    ("revenue", "standard_revenue_thousand_yen", "local_tax_thousand_yen"): (0.2, 6.0),
}
"""A figure of the allocation tax over one of the settlement of the same year (the nearest): need is most of what is
spent nowhere, and revenue is made of the taxes."""

STRENGTH, STRENGTH_APART = (0.6, 1.7), 0.08
"""Revenue over need by the published index of three years: the ratio, where the two differ by more than a little."""

STARTS = {
    "population_persons": (0.5, 1.7),
    "age_65_plus_persons": (0.5, 2.0),
    "age_75_plus_persons": (0.4, 2.5),
}
FEW = 50
"""The first projected year over the register, but for differences of a few people."""

PAST = {
    "census_2010_persons": 3.0,
    "census_2015_persons": 2.5,
    "census_2020_persons": 1.7,
    "register_2015_persons": 2.5,
    "register_2025_persons": 2.0,
}
"""Most by which a count of another year exceeds the register; places that were evacuated had fewer, down to none."""

DRAWN = (0.5, 2.0)
"""Area within the outline over the official area; islets are left out of outlines."""

NEAR_KM, SEAT_KM = 10.0, 350.0
"""An office lies within the outline of its municipality or this near to it; that of an island may lie in a town of the
mainland, but not further than the second."""

REACH = 3.0
"""Square roots of the area by which an office may be away from the centroid where there are no outlines."""

NEIGHBOUR = 2.0
"""Square roots of the two areas by which the centroids of neighbours may be apart."""

TOUCH_KM = 5.0
"""Kilometres by which the nearest corners of neighbours' outlines may be apart; those of the ministry share corners."""

BORDER = (0.12, 1.5)
"""Length of all borders over the square roots of the areas on both sides."""

HABITABLE = 0.08
"""Least part of a case of a prefecture or more that is habitable."""

OWNERS = (("municipal", "code", "municipalities"), ("prefectural", "prefecture_code", "prefectures"))
READ = {"市": ("シ",), "町": ("チョウ", "マチ"), "村": ("ソン", "ムラ"), "区": ("ク",)}
UNIT = "correct the figures: they may be in another unit, or of another row"
PLACE = "correct the row: its figures may be those of another place"


def possibilities(fiscal_year: float) -> list[Callable[[Tables], Problems]]:
    """Checks that tell every figure that cannot be."""
    by_tier: list[Callable[[Tables], Problems]] = []
    for tier, key, owner in OWNERS:
        by_tier.append(partial(_money, tier=tier, key=key, owner=owner))
        by_tier.append(partial(_strength, tier=tier, key=key, fiscal_year=fiscal_year))
    settled = partial(_settled, fiscal_year=fiscal_year)
    return [_names, _per_resident, *by_tier, settled, _counted, _drawn, _neighbours]


def outside(
    table: str, ratio: pd.Series, ends: tuple[float, float], column: str, value: pd.Series, words: str
) -> Problems:
    """A problem for every row whose ratio leaves its range."""
    ratio = ratio.dropna()
    for row in ratio.index[(ratio < ends[0]) | (ratio > ends[1])]:
        found = f"{value[row]:.10g}"
        message = f"comes to {ratio[row]:,.3g} {words}, {possible(ends)}"
        yield Problem(table, message, PLACE, str(row), column, found)


def possible(ends: tuple[float, float]) -> str:
    """What a message says of a range that a ratio has left."""
    return f"and {ends[0]:g} to {ends[1]:g} is possible"


# ---- names


def _names(tables: Tables) -> Problems:
    """Names end in their kind, as their readings do; prefectures have their own names."""
    places = tables["municipalities"].set_index("code")
    for code, name, kind in places[["name_ja", "city_class"]].itertuples():
        wanted = ENDS_AS.get(kind, CITY_ENDS_AS)
        if name[-1:] != wanted:
            message = f"does not end in {wanted}, and the class is {kind}"
            yield Problem("municipalities", message, "correct one of the two", code, "name_ja", name)
    for code, name in tables["prefectures"][["prefecture_code", "name_ja"]].itertuples(index=False):
        own = PREFECTURES.get(code, (name,))[0]
        if folded(name) != folded(own):
            yield Problem("prefectures", f"is not the name of {code}, {own}", PLACE, code, "name_ja", name)
    for code, latin in tables["prefectures"][["prefecture_code", "name_en"]].itertuples(index=False):
        named = [
            other for other, names in PREFECTURES.items() if called(latin) & prefecture_spellings(*names)
        ]
        if named and code in PREFECTURES and code not in named:
            message = f"is the name of {named[0]}, not of {code}, {PREFECTURES[code][1]}"
            yield Problem("prefectures", message, PLACE, code, "name_en", latin)
    for code, kana in tables["readings"][["code", "name_kana"]].itertuples(index=False):
        name = str(places.at[code, "name_ja"])
        if not kana.endswith(READ.get(name[-1:], ("",))):
            message = f"does not end as {name} is read"
            yield Problem("readings", message, PLACE, code, "name_kana", kana)


# ---- people and money


def _per_resident(tables: Tables) -> Problems:
    """The sum of a column over the residents, where the dictionary bounds it, year by year."""
    bases = {
        "code": tables["municipalities"].set_index("code")["population_persons"],
        "prefecture_code": tables["prefectures"].set_index("prefecture_code")["population_persons"],
    }
    for name, entry in load_tables().items():
        bounded = {
            column: rule.all_per_resident for column, rule in entry.columns.items() if rule.all_per_resident
        }
        key = next((key for key in bases if key in entry.primary_key), None)
        if not bounded or key is None or name not in tables:
            continue
        table = tables[name]
        people = table[key].map(bases[key]).astype(float)
        figures = table[list(bounded)].astype(float).where(people.notna())
        counted = figures.notna().mul(people.fillna(0), axis=0)
        apart = [table[column] for column in entry.primary_key if column != key] or [table[key].str[:0]]
        sums, residents = figures.groupby(apart).sum(), counted.groupby(apart).sum()
        ratio = (sums / residents.where(residents >= ENOUGH)).stack().dropna()
        for (*row, column), value in ratio.items():
            ends = bounded[str(column)]
            if not ends[0] <= value <= ends[1]:
                message = f"the column comes to {value:,.3g} a resident, {possible(ends)}"
                yield Problem(name, message, UNIT, "/".join(map(str, row)), str(column))


def _money(tables: Tables, tier: str, key: str, owner: str) -> Problems:
    """Need and revenue a resident."""
    people = tables[owner].set_index(key)["population_persons"]
    for (of, name, column), (each, whole) in PER_RESIDENT.items():
        if of != tier:
            continue
        figure = tables[f"{tier}_{name}"].set_index(key)[column].astype(float)
        # corrections may leave a village no income tax (FY2021), and the sums say whether they did
        each_one = figure.where(figure > 0) if column == INCOME else figure
        yield from outside(
            f"{tier}_{name}", each_one / people, each, column, figure, "thousand yen a resident"
        )
        total = figure.sum() / people.sum()
        if people.sum() >= ENOUGH and not whole[0] <= total <= whole[1]:
            message = f"the column comes to {total:,.3g} thousand yen a resident, {possible(whole)}"
            yield Problem(f"{tier}_{name}", message, UNIT, column=column)


def _strength(tables: Tables, tier: str, key: str, fiscal_year: float) -> Problems:
    """Revenue over need against the published index of financial strength (Tokyo and its wards stand apart)."""
    table = tables["indicators"]
    level = "municipality" if tier == "municipal" else "prefecture"
    rows = table[(table["fiscal_year"] == newest_year(table, fiscal_year)) & (table["level"] == level)]
    index = rows.set_index("code")["fiscal_strength_index"]
    need = tables[f"{tier}_need"].set_index(key)["need_after_transfer_thousand_yen"]
    revenue = tables[f"{tier}_revenue"].set_index(key)["standard_revenue_thousand_yen"].astype(float)
    own = (revenue / need).drop([*SETTLED_TOGETHER], errors="ignore")
    index = index.reindex(own.index)
    ratio = (own / index.where(index > 0)).where((own - index).abs() > STRENGTH_APART)
    words = "times the published index of financial strength, over need"
    yield from outside(f"{tier}_revenue", ratio, STRENGTH, "standard_revenue_thousand_yen", revenue, words)


def _settled(tables: Tables, fiscal_year: float) -> Problems:
    """Need and revenue against what the same municipality spent and raised."""
    table = tables["settlements"]
    if fiscal_year != fiscal_year or table.empty:
        return
    years = table["fiscal_year"].unique()
    year = years[np.abs(years - fiscal_year).argmin()]
    settled = table[table["fiscal_year"] == year].set_index("code")
    for (name, column, of), ends in OF_SETTLEMENT.items():
        figure = tables[f"municipal_{name}"].set_index("code")[column].astype(float)
        other = settled[of].reindex(figure.index)
        words = f"times {of} of {year} in settlements.csv"
        yield from outside(f"municipal_{name}", figure / other.where(other > 0), ends, column, figure, words)


def _counted(tables: Tables) -> Problems:
    """Problems of places whose residents of other years, or whose first projection, stand to the register in a ratio
    that cannot be (`PAST`, `STARTS`)."""
    register = tables["municipalities"].set_index("code")
    history = tables["population_history"].set_index("code")
    people = register["population_persons"]
    words = "times the register in municipalities.csv"
    for column, most in PAST.items():
        yield from outside(
            "population_history", history[column] / people, (0.0, most), column, history[column], words
        )
    projected = tables["projections"]
    first = projected[projected["year"] == projected["year"].min()].set_index("code")
    for column, ends in STARTS.items():
        start = first[column][first.index.isin(register.index)]
        own = register[column].reindex(start.index)
        ratio = (start / own.where(own > 0)).where((start - own).abs() > FEW)
        yield from outside("projections", ratio, ends, column, start, words)


# ---- ground


def _drawn(tables: Tables) -> Problems:
    """Areas and offices against the outlines; against area and centroid where a municipality has none."""
    places, rings = tables["municipalities"].set_index("code"), rings_of(tables["outlines"])
    drawn = pd.Series({code: area_km2(rings[code]) for code in rings if code in places.index}, dtype=float)
    area = places["area_km2"]
    ratio = area.reindex(drawn.index) / drawn.where(drawn > 0)
    words = "times the area within its outline"
    ends = (1 / DRAWN[1], 1 / DRAWN[0])
    yield from outside("municipalities", ratio, ends, "area_km2", area, words)
    habitable = places["habitable_area_km2"].sum() / area.sum()
    if places["population_persons"].sum() >= ENOUGH and habitable < HABITABLE:
        message = f"the column comes to {habitable:.3g} of the area, and {HABITABLE:g} to 1 is possible"
        yield Problem("municipalities", message, UNIT, column="habitable_area_km2")
    yield from _offices(places, rings)


def _offices(places: pd.DataFrame, rings: Mapping[str, list[np.ndarray]]) -> Problems:
    """Offices and centroids within or near the outline; where there is none, offices near the centroid."""
    ends = ["centroid_lon_deg", "centroid_lat_deg", "office_lon_deg", "office_lat_deg"]
    for place in places[[*ends, "is_island", "area_km2"]].itertuples(name=None):
        code, x, y, lon, lat, is_island, area = place
        away = float(km_between(lon, lat, x, y))
        if code in rings:
            apart, where = km_outside_box(lon, lat, rings[code]), "outside its outline"
            seat = is_island and apart > NEAR_KM and away <= SEAT_KM
            fits = apart <= NEAR_KM or (seat and any(km_outside(lon, lat, r) <= 1.0 for r in rings.values()))
            if (centre := km_outside_box(x, y, rings[code])) > NEAR_KM:
                message = f"lies {centre:,.0f} km outside its outline"
                yield Problem("municipalities", message, PLACE, code, ", ".join(ends[:2]), f"{x:g} {y:g}")
        else:
            apart, where = away, "from its centroid"
            fits = away <= (SEAT_KM if is_island else NEAR_KM + REACH * math.sqrt(area))
        if not fits:
            message = f"lies {apart:,.0f} km {where}"
            yield Problem("municipalities", message, PLACE, code, ", ".join(ends[2:]), f"{lon:g} {lat:g}")


def _neighbours(tables: Tables) -> Problems:
    """Neighbours lie no further apart than their size allows, touch, and share no longer border."""
    places, borders = tables["municipalities"].set_index("code"), tables["adjacency"]
    a, b = places.loc[borders["code_a"]], places.loc[borders["code_b"]]
    size = np.sqrt(a["area_km2"].to_numpy(float)) + np.sqrt(b["area_km2"].to_numpy(float))
    ends = [frame[f"centroid_{axis}_deg"].to_numpy(float) for frame in (a, b) for axis in ("lon", "lat")]
    apart, length = km_between(*ends), borders["shared_boundary_km"].to_numpy(float)
    for at in np.flatnonzero(apart > NEAR_KM + NEIGHBOUR * size):
        message = f"the two lie {apart[at]:,.0f} km apart, too far for neighbours of their size"
        row = f"{borders['code_a'].iloc[at]}/{borders['code_b'].iloc[at]}"
        yield Problem("adjacency", message, PLACE, row, "code_a")
    near = borders[apart <= NEAR_KM + NEIGHBOUR * size]
    yield from _touching(near, rings_of(tables["outlines"]))
    if len(size) and not BORDER[0] <= (part := float(length.sum() / size.sum())) <= BORDER[1]:
        message = f"the borders come to {part:.3g} times the size of the places, {possible(BORDER)}"
        yield Problem("adjacency", message, UNIT, column="shared_boundary_km")


def _touching(borders: pd.DataFrame, rings: Mapping[str, list[np.ndarray]]) -> Problems:
    """The outlines of neighbours touch, where both have one."""
    corners = {code: np.vstack(of) for code, of in rings.items()}
    shared = {code: set(map(tuple, of.round(3).tolist())) for code, of in corners.items()}
    for a, b in borders[["code_a", "code_b"]].itertuples(index=False):
        if a not in corners or b not in corners or shared[a] & shared[b]:
            continue
        (x, y), (lon, lat) = corners[a].T, corners[b].T
        apart = float(km_between(x[:, None], y[:, None], lon, lat).min())
        if apart > TOUCH_KM:
            message = f"the outlines of the two lie {apart:,.0f} km apart, and neighbours touch"
            yield Problem("adjacency", message, PLACE, f"{a}/{b}", "code_b", b)
