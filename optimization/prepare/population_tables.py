"""People and places: municipalities, prefectures, adjacency, medical areas, projections, history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare.columns import compiled_names, merge_wards, read_table, shaped
from optimization.reading.japan import CAPITAL_OF_PARTS, JOINT_MUNICIPALITY, JOINT_PARTS, PREFECTURES
from optimization.reading.table_file import text_table

PUBLISHED = {2022: {"population": 125_927_902, "households": 59_761_065}}
"""Published totals of the nation by year of the register, persons and households."""

HISTORY, REGISTER = "population_history.csv", re.compile(r"jbk_([0-9]{4})")
JOINT_NAME = "特別区"
FUTABA, FUTABA_OFFICE = "07546", (141.012, 37.449)
LED_BY_100 = (
    1,
    4,
    11,
    12,
    13,
    14,
    15,
    22,
    23,
    26,
    27,
    28,
    33,
    34,
    43,
)  # capitals numbered 100, most others 201
CAPITALS = {f"{number:02d}": f"{number:02d}100" for number in LED_BY_100} | {"35": "35203", "40": "40130"}
PEOPLE, PLACES = "population_municipality.csv", "municipality_geo.csv"
CLASSES, PROFILE = "city_class.csv", "profile_municipality.csv"
AGES = ("age_0_14", "age_15_64", "age_65_plus", "age_75_plus", "age_not_published")
POINTS = ("centroid_lon", "centroid_lat", "office_lon", "office_lat")
FACILITIES = (
    "elementary_pupils",
    "junior_high_pupils",
    "elementary_schools",
    "junior_high_schools",
    "general_admin_staff",
    "employed_primary",
)


def municipalities(source: Path) -> pd.DataFrame:
    """A row for each municipality and the 23 wards as 13100, persons of the register of `register_year`.

    The joint row: sums, the area-weighted mean of the wards' centroids, the office of Shinjuku (13104).
    Raises `InputError` when the nation does not sum to what was published, where that is known (`PUBLISHED`).
    """
    people = read_table(source / PEOPLE, ("code",), ("population", "households", *AGES))
    places = read_table(source / PLACES, ("code",), ("area_km2", "habitable_area_km2", "is_island", *POINTS))
    classes = read_table(source / CLASSES, ("code",), ("has_own_health_centre",))
    profile = read_table(source / PROFILE, ("code",), FACILITIES)
    others = {PLACES: places, CLASSES: classes, PROFILE: profile}
    problems = _check_nation(people, PUBLISHED.get(register_year(source), {}))
    for file, other in others.items():
        problems += _same_codes(people, other, file)
    raise_if_any(problems)
    frame = people.merge(places, on="code", validate="one_to_one")
    frame = frame.merge(classes[["code", "city_class", "has_own_health_centre"]], on="code")
    frame = _join_wards(frame.merge(profile[["code", *FACILITIES]], on="code"))
    frame.loc[frame["code"] == FUTABA, ["office_lon", "office_lat"]] = FUTABA_OFFICE
    return shaped(frame.rename(columns={"name": "name_ja", "county": "county_ja"}), "municipalities")


def register_year(source: Path) -> int:
    """Year of the register that the compiled tables count people by: that of the history's columns which agrees with
    the population of most municipalities. Raises `InputError` where none agrees with any."""
    people = read_table(source / PEOPLE, ("code",), ("population",)).set_index("code")["population"]
    registers = [name for name in text_table(source / HISTORY).columns if REGISTER.fullmatch(name)]
    history = read_table(source / HISTORY, ("code",), tuple(registers)).set_index("code")[registers]
    agreeing = history.eq(people, axis="index").sum()
    if agreeing.empty or not agreeing.max():
        message, remedy = "no register in it is the population of " + PEOPLE, "add its column, jbk_YEAR"
        raise InputError([Problem(HISTORY, message, remedy)])
    return int(str(agreeing.idxmax()).removeprefix("jbk_"))


def _check_nation(people: pd.DataFrame, published: Mapping[str, int]) -> list[Problem]:
    remedy, problems = "restore the table", list[Problem]()
    for column, due in published.items():
        found = int(people[column].sum())
        if found != due:
            message = f"the nation does not sum to the published {due:,}"
            problems.append(Problem(PEOPLE, message, remedy, column=column, value=f"{found:,}"))
    ages = people["age_0_14"] + people["age_15_64"] + people["age_65_plus"] + people["age_not_published"]
    differing = people.loc[ages != people["population"], "code"]
    message = "the ages do not sum to the population"
    return problems + [Problem(PEOPLE, message, remedy, row=code) for code in differing]


def _same_codes(people: pd.DataFrame, other: pd.DataFrame, file: str) -> list[Problem]:
    """Problems for every code that only one of two tables holds."""
    known, held = set(people["code"]), set(other["code"])
    remedy = "use tables of one date"
    return [
        Problem(file, f"lacks a municipality of {PEOPLE}", remedy, row=code) for code in sorted(known - held)
    ] + [
        Problem(PEOPLE, f"lacks a municipality of {file}", remedy, row=code) for code in sorted(held - known)
    ]


def _join_wards(frame: pd.DataFrame) -> pd.DataFrame:
    wards = frame[frame["code"].isin(JOINT_PARTS)]
    office = wards.set_index("code").loc[CAPITAL_OF_PARTS]
    weights = wards["area_km2"] / wards["area_km2"].sum()
    joint = {
        "name": JOINT_NAME,
        "city_class": "wards",
        "has_own_health_centre": 1,
        "is_island": 0,
        "office_lon": office["office_lon"],
        "office_lat": office["office_lat"],
        "centroid_lon": round(float((wards["centroid_lon"] * weights).sum()), 5),
        "centroid_lat": round(float((wards["centroid_lat"] * weights).sum()), 5),
    }
    merged = merge_wards(frame)
    for name, value in joint.items():
        merged.loc[merged["code"] == JOINT_MUNICIPALITY, name] = value
    areas = ["area_km2", "habitable_area_km2"]
    return merged.assign(**{name: merged[name].astype(float).round(2) for name in areas})


def prefectures(people: pd.DataFrame) -> pd.DataFrame:
    """47 rows from the table of `municipalities`: sums and the office of the prefectural capital."""
    offices = people.set_index("code")[["office_lon_deg", "office_lat_deg"]]
    sums = people.groupby("prefecture_code")[["population_persons", "area_km2"]].sum().round(2)
    rows = []
    for code, (name, english) in PREFECTURES.items():
        capital = CAPITALS.get(code, f"{code}201")
        names = {"prefecture_code": code, "name_ja": name, "name_en": english, "capital_code": capital}
        rows.append(names | sums.loc[code].to_dict() | offices.loc[capital].to_dict())
    return shaped(pd.DataFrame(rows).astype({"population_persons": "Int64"}), "prefectures")


def adjacency(source: Path) -> pd.DataFrame:
    """Land borders as pairs code_a < code_b with their length in km; borders among the wards dropped."""
    frame = read_table(source / "adjacency.csv", ("code_a", "code_b"), ("shared_boundary_km",))
    ends = frame[["code_a", "code_b"]]
    ends = ends.where(~ends.isin(JOINT_PARTS), JOINT_MUNICIPALITY)
    frame = frame.assign(code_a=ends.min(axis=1), code_b=ends.max(axis=1))
    frame = frame[frame["code_a"] != frame["code_b"]]
    frame = frame.groupby(["code_a", "code_b"], as_index=False)["shared_boundary_km"].sum().round(2)
    same = (frame["code_a"].str[:2] == frame["code_b"].str[:2]).astype(int)
    return shaped(frame.assign(same_prefecture=same), "adjacency")


def medical_areas(source: Path) -> pd.DataFrame:
    """Secondary medical area of each municipality; shares of its population, summing to 1.

    The wards lie in seven areas: their shares are by register population.
    """
    file = "medical_area_membership.csv"
    frame = read_table(source / file, ("code", "medical_area_code"), ("population_share",))
    people = read_table(source / PEOPLE, ("code",), ("population",)).set_index("code")["population"]
    at = frame["code"].isin(JOINT_PARTS)
    weights = frame.loc[at, "code"].map(people).astype(float)
    frame.loc[at, "population_share"] *= weights / people[people.index.isin(JOINT_PARTS)].sum()
    frame.loc[at, "code"] = JOINT_MUNICIPALITY
    frame = frame.rename(columns={"medical_area_name": "medical_area_name_ja"})
    keys = ["code", "medical_area_code", "medical_area_name_ja"]
    frame = frame.groupby(keys, as_index=False)["population_share"].sum()
    sums = frame.groupby("code")["population_share"].sum()
    differing = sums.index[(sums - 1).abs() > 1e-6]
    message = "the shares do not sum to 1"
    raise_if_any([Problem(file, message, "restore the rows", row=str(code)) for code in differing])
    return shaped(frame.assign(population_share=frame["population_share"].round(6)), "medical_areas")


def projections(source: Path) -> pd.DataFrame:
    """Population projections, persons; the jointly projected group as rows of its own.

    Every year must sum to the published figures of each prefecture, to the person.
    """
    figures = compiled_names("projections", "persons")
    file, columns = "projection_municipality.csv", ["code", "year", *figures]
    frame = read_table(source / file, ("code", "year"), figures)[columns]
    frame = merge_wards(frame, ("code", "year")).assign(projection_group="")
    group = read_table(source / "projection_hamadori.csv", ("year",), figures)
    frame = pd.concat([frame, group[columns].assign(projection_group=group["code"])], ignore_index=True)
    due = read_table(source / "projection_prefecture.csv", ("prefecture_code", "year"), figures)
    due = due.set_index(["prefecture_code", "year"])[list(figures)]
    keys = [frame["code"].str[:2].rename("prefecture_code"), frame["year"]]
    found, due = frame[list(figures)].groupby(keys).sum().align(due)
    differing = found.index[~(found == due).fillna(False).all(axis=1)]
    message, remedy = "does not sum to projection_prefecture.csv", "restore the rows"
    raise_if_any([Problem(file, message, remedy, row=" ".join(key)) for key in differing])
    return shaped(frame, "projections")


def projection_members(source: Path) -> pd.DataFrame:
    """The municipalities projected only jointly: `projection_group`, `code`."""
    frame = read_table(source / "projection_hamadori.csv", ("year",), ())
    pairs = {(row.code, code) for row in frame.itertuples() for code in row.member_codes.split("|")}
    return pd.DataFrame(sorted(pairs), columns=["projection_group", "code"])


def population_history(source: Path) -> pd.DataFrame:
    """Censuses and registers of several years on present boundaries, persons, `register_persons` among them: the
    register of `register_year`. Wards are summed.

    The registers of 1995 and 2005 leave out foreign residents: use the census for trends.
    """
    names = compiled_names("population_history", "persons")
    compiled = {name: name.replace("register", "jbk") for name in names} | {
        "register": f"jbk_{register_year(source)}"
    }
    frame = read_table(source / HISTORY, ("code",), tuple(compiled.values()))
    frame = merge_wards(frame[["code", *dict.fromkeys(compiled.values())]])
    columns = {name: frame[before] for name, before in compiled.items()}
    return shaped(frame[["code"]].assign(**columns), "population_history")
