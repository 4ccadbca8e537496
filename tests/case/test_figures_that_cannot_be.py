"""Figures that cannot be, though each has its form and every sum holds; and what all of Japan has is taken."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.identities import IDENTITIES
from optimization.case.load import load_case
from optimization.case.plausible import possibilities
from optimization.case.spent import MONEY_BESIDE
from optimization.case.tables import read_tables
from optimization.dictionary.tables import load_tables
from optimization.errors import InputError

INPUTS = Path(__file__).parents[2] / "inputs"
IWATE = INPUTS / "iwate-2022"
Tables = dict[str, pd.DataFrame]


@cache
def nation() -> Mapping[str, pd.DataFrame]:
    return read_tables(INPUTS / "japan-2022")


def part(prefecture: str) -> Tables:
    """The tables of one prefecture, cut here."""
    found = {}
    for name, table in nation().items():
        keep = pd.Series(True, index=table.index)
        for column in ("code", "code_a", "code_b", "prefecture_code"):
            if column in table:
                keep &= table[column].str[:2] == prefecture
        found[name] = table[keep]
    return found


FIRST = ("01", "13", "47", "27", "03", "32")
"""The largest, the one with wards, the farthest islands, a dense, a wide and an emptying one."""
PREFECTURES_TO_TAKE = sorted((f"{n:02d}" for n in range(1, 48)), key=lambda code: (code not in FIRST, code))


@pytest.mark.parametrize("prefecture", PREFECTURES_TO_TAKE)
def test_every_prefecture_is_taken(prefecture: str) -> None:
    tables = part(prefecture)
    checks = (*IDENTITIES, *possibilities(2022), *MONEY_BESIDE)
    assert [problem for check in checks for problem in check(tables)] == []


def test_every_number_has_bounds_in_the_dictionary() -> None:
    """But for those whose unit stands in another column."""
    bare = [
        f"{name}.{column}"
        for name, table in load_tables().items()
        for column, rule in table.columns.items()
        if rule.type != "string" and rule.unit != "see unit" and (rule.min is None or rule.max is None)
    ]
    assert bare == []


# ---- what was met


def scale(table: str, column: str, factor: float) -> Callable[[Path], None]:
    """A column in another unit."""

    def spoil(folder: Path) -> None:
        file = folder / f"{table}.csv"
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        whole = load_tables()[table].columns[column].type == "integer"
        numbers = pd.to_numeric(frame[column]) * factor
        frame[column] = numbers.round().astype("int64") if whole else numbers.round(6)
        frame.to_csv(file, index=False)

    return spoil


def hectares(folder: Path) -> None:
    """Areas of municipalities and their prefecture in hectares: every sum still holds."""
    for table, column in (
        ("municipalities", "area_km2"),
        ("municipalities", "habitable_area_km2"),
        ("prefectures", "area_km2"),
    ):
        scale(table, column, 100)(folder)


def a_little_less(folder: Path) -> None:
    """A tenth: no area is beyond its bounds, and only the outlines tell."""
    for table, column in (
        ("municipalities", "area_km2"),
        ("municipalities", "habitable_area_km2"),
        ("prefectures", "area_km2"),
    ):
        scale(table, column, 0.3)(folder)


def out_at_sea(folder: Path) -> None:
    change(folder, "municipalities", "03202", "office_lon_deg", "143.94611")


def out_at_sea_without_outlines(folder: Path) -> None:
    (folder / "outlines.csv").unlink()
    out_at_sea(folder)


def all_money(table: str, factor: float) -> Callable[[Path], None]:
    """Every column of money of a table in another unit."""

    def spoil(folder: Path) -> None:
        for column in load_tables()[table].columns:
            if column.endswith("_yen"):
                scale(table, column, factor)(folder)

    return spoil


def next_code(table: str) -> Callable[[Path], None]:
    """The figures of every municipality beside the code of the next one."""

    def spoil(folder: Path) -> None:
        file = folder / f"{table}.csv"
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        codes = sorted(set(frame["code"]))
        frame["code"] = frame["code"].map(dict(zip(codes, [*codes[1:], codes[0]], strict=True)))
        frame.to_csv(file, index=False)

    return spoil


def next_purpose(table: str, key: str) -> Callable[[Path], None]:
    """The figures of every purpose beside the next one."""

    def spoil(folder: Path) -> None:
        file = folder / f"{table}.csv"
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        frame["purpose"] = frame.groupby(key)["purpose"].transform(lambda of: [*of[1:], of.iloc[0]])
        frame.to_csv(file, index=False)

    return spoil


def change(folder: Path, table: str, code: str, column: str, value: str) -> None:
    file = folder / f"{table}.csv"
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    frame.loc[frame["code"] == code, column] = value
    frame.to_csv(file, index=False)


def slipped(*tables: str) -> Callable[[Path], None]:
    """All figures of some tables one row further down, the codes where they were."""

    def spoil(folder: Path) -> None:
        for table in tables:
            file = folder / f"{table}.csv"
            frame = pd.read_csv(file, dtype=str, keep_default_na=False)
            figures = frame.columns.drop("code")
            frame[figures] = frame[figures].iloc[[-1, *range(len(frame) - 1)]].to_numpy()
            frame.to_csv(file, index=False)

    return spoil


def renamed(table: str, code: str, column: str, value: str) -> Callable[[Path], None]:
    return lambda folder: change(folder, table, code, column, value)


def other_prefecture(folder: Path) -> None:
    file = folder / "prefectures.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("岩手県", "青森県"), encoding="utf-8")


def other_latin(folder: Path) -> None:
    file = folder / "prefectures.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Iwate", "Aomori-ken"), encoding="utf-8")


def other_neighbour(folder: Path) -> None:
    file = folder / "adjacency.csv"
    file.write_text(
        file.read_text(encoding="utf-8").replace("03201,03202,", "03201,03485,"), encoding="utf-8"
    )


def ten_years_on(folder: Path) -> None:
    file = folder / "national.csv"
    file.write_text(
        file.read_text(encoding="utf-8").replace("fiscal_year,year,2022", "fiscal_year,year,2032"),
        encoding="utf-8",
    )


MONEY = ("municipal_need", "municipal_debt_service", "municipal_revenue", "municipal_allocation")
IMPOSSIBLE = {
    "hectares": (hectares, "column area_km2: is above 3000, the most it can be"),
    "a third of the area": (
        a_little_less,
        "column area_km2: comes to 0.3",
        "times the area within its outline",
    ),
    "hall at sea": (
        out_at_sea,
        "row 03202, column office_lon_deg, office_lat_deg: lies 1",
        "outside its outline",
    ),
    "hall at sea, no outlines": (out_at_sea_without_outlines, "lies 190 km from its centroid"),
    "slipped money": (slipped(*MONEY), "municipal_need.csv: row 03", "municipal_revenue.csv: row 03"),
    "slipped settlements": (slipped("settlements"), "settlements"),
    "slipped history": (slipped("population_history"), "population_history.csv"),
    "slipped projections": (scale("projections", "age_65_plus_persons", 0.1), "projections.csv"),
    "slipped readings": (
        renamed("readings", "03201", "name_kana", "シズクイシチョウ"),
        "readings.csv: row 03201, column name_kana: does not end as 盛岡市 is read",
    ),
    "half-width reading": (renamed("readings", "03201", "name_kana", "ﾓﾘｵｶｼ"), "Remedy: write モリオカシ"),
    "name of another kind": (
        renamed("municipalities", "03201", "name_ja", "雫石町"),
        "row 03201, column name_ja: does not end in 市, and the class is core_city",
    ),
    "another prefecture": (other_prefecture, "row 03, column name_ja: is not the name of 03, 岩手県"),
    "staff in tens": (
        scale("municipalities", "general_admin_staff", 10),
        "column general_admin_staff: the column",
    ),
    "pupils in tenths": (
        scale("municipalities", "elementary_pupils", 0.1),
        "column elementary_pupils: the column",
    ),
    "settlement in millions": (
        scale("prefectural_settlements", "bonds_outstanding_thousand_yen", 0.001),
        "row municipalities/2022, column bonds_outstanding_thousand_yen: the column comes to",
    ),
    "a neighbour of the coast": (
        other_neighbour,
        "adjacency.csv: row 03201/03485, column code_b: the outlines of the two lie",
    ),
    "debt service as a share": (
        scale("indicators", "real_debt_service_ratio_percent", 0.01),
        "indicators.csv: row municipality/03201/2018, column real_debt_service_ratio_percent: is not that of",
        "indicators.csv: row 03, column real_debt_service_ratio_percent: is far from that of prefectural_settlements",
    ),
    "the Latin name of another prefecture": (
        other_latin,
        "prefectures.csv: row 03, column name_en: is the name of 02, not of 03, Iwate",
    ),
    "a year ten years on": (
        ten_years_on,
        "indicators.csv: column fiscal_year: has 2021 as its newest year, and 2032 counts",
    ),
    "spending in millions": (
        all_money("municipal_spending", 0.001),
        "municipal_spending.csv: row 03201, column total_thousand_yen: comes to 0.00",
    ),
    "spending in tenths": (
        all_money("prefectural_spending", 10),
        "prefectural_spending.csv: row 03, column total_thousand_yen: comes to 9.",
    ),
    "construction in millions": (
        scale("municipal_spending", "construction_thousand_yen", 0.001),
        "municipal_spending.csv: row 03, column construction_thousand_yen: comes to",
    ),
    "general funds in millions": (
        scale("prefectural_spending", "general_funds_thousand_yen", 0.001),
        "prefectural_spending.csv: row 03, column general_funds_thousand_yen: comes to",
    ),
    "spending of the next town": (
        next_code("municipal_spending"),
        "municipal_spending.csv: row 03202, column total_thousand_yen",
    ),
    "spending of the next purpose": (
        next_purpose("municipal_spending", "code"),
        "municipal_spending.csv: row 03/general_admin, column total_thousand_yen: comes to",
    ),
    "a prefecture's spending of the next purpose": (
        next_purpose("prefectural_spending", "prefecture_code"),
        "prefectural_spending.csv: row 03/assembly, column total_thousand_yen: comes to",
    ),
    "joint bodies in millions": (
        all_money("joint_bodies", 0.001),
        "joint_bodies.csv: row 03/2022, column expenditure_total_gap_thousand_yen: is not",
        "row 03/2015, column expenditure_total_gap_thousand_yen: comes to",
    ),
    "taxes in hundreds of millions": (
        scale("national_taxes", "yield_million_yen", 0.01),
        "national_taxes.csv: column yield_million_yen: with its shares the column comes to 0.176 trillion",
    ),
    "borders in metres": (scale("adjacency", "shared_boundary_km", 1000), "shared_boundary_km: is above 300"),
    "borders in tens": (
        scale("adjacency", "shared_boundary_km", 0.1),
        "column shared_boundary_km: the borders",
    ),
    "index in percent": (
        scale("indicators", "fiscal_strength_index", 100),
        "column fiscal_strength_index: is above 5",
    ),
    "index in tenths": (
        scale("indicators", "fiscal_strength_index", 0.1),
        "the published index of financial strength",
    ),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_be_is_refused(tmp_path: Path, what: str) -> None:
    folder = Path(shutil.copytree(IWATE, tmp_path / "mine"))
    spoil, *words = IMPOSSIBLE[what]
    spoil(folder)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    said = str(caught.value)
    for word in words:
        assert word in said, said[:3000]
    assert all(problem.remedy for problem in caught.value.problems)
