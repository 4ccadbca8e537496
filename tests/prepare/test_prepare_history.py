"""All years in one table, and a case of another year that is whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import selfmade
from copies import Copy

from optimization.case.face import DEFAULT_CASE, HISTORY
from optimization.case.history import load_history
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.prepare.command import run
from optimization.prepare.history import prepare_history
from optimization.prepare.other_year import section_of, taken_from
from optimization.prepare.rate import fitted_rate
from optimization.prepare.renumbered import renumbered
from optimization.reading.table_file import text_table

# All governments, 0.1 billion yen, as the ministry and the workbooks state them (initial decision).
NEED = {
    2016: (235_258, 221_489),
    2018: (243_640, 213_294),
    2020: (255_963, 222_330),
    2021: (264_214, 212_800),
    2022: (266_869, 232_150),
}
REVENUE = {
    2016: (178_053, 139_457),
    2018: (186_970, 134_755),
    2020: (197_213, 139_484),
    2021: (189_498, 121_834),
    2022: (200_468, 144_321),
}
PAID = {
    2016: (71_390, 85_759),
    2018: (69_045, 81_622),
    2020: (70_961, 84_965),
    2021: (74_645, 89_276),
    2022: (78_662, 91_042),
}


@pytest.mark.parametrize(
    ("item", "due"),
    [("need_after_transfer", NEED), ("standard_revenue", REVENUE), ("ordinary_allocation", PAID)],
)
def test_the_shipped_table_has_the_official_totals(item: str, due: dict[int, tuple[int, int]]) -> None:
    """Sums by year and tier to the last published digit; one figure a government."""
    table = load_history(HISTORY, items=[item])
    sums = table.groupby(["fiscal_year", "tier"])["thousand_yen"].sum() / 1e5
    assert {(year, tier) for year, tier in sums.index} == {
        (y, t) for y in due for t in ("municipal", "prefectural")
    }
    for (year, tier), amount in sums.items():
        assert abs(amount - due[year][tier == "prefectural"]) <= 1, (year, tier)
    assert not table.duplicated(["fiscal_year", "tier", "code"]).any()
    assert table.groupby(["fiscal_year", "tier"])["code"].size().unique().tolist() == [1719, 47]


def test_items_sum_to_the_need_in_every_year() -> None:
    """In the shipped table too, government by government."""
    table, kinds = load_history(HISTORY), text_table(HISTORY / "history_items.csv")
    kinds = kinds[(kinds["table"] == "need") & (kinds["kind"] == "item")]
    need = table[table["table"] == "need"]
    parts = need.merge(kinds[["tier", "item"]], on=["tier", "item"])
    keys = ["fiscal_year", "tier", "code"]
    summed = parts.groupby(keys)["thousand_yen"].sum()
    whole = need[need["item"] == "need_before_transfer"].set_index(keys)["thousand_yen"]
    pd.testing.assert_series_equal(summed.sort_index(), whole.sort_index(), check_names=False)


def test_a_vintage_stands_in_where_only_the_other_was_published() -> None:
    """The municipal need of 2021 is the revised one in both; the prefectural one differs."""
    initial, revised = (
        load_history(HISTORY, years=[2021], items=["need_after_transfer"], vintage=name).set_index(
            ["tier", "code"]
        )
        for name in ("initial", "revised")
    )
    gap = revised["thousand_yen"] - initial["thousand_yen"]
    assert (gap["municipal"] == 0).all() and (gap["prefectural"] > 0).all()
    assert set(initial.loc["municipal", "vintage"]) == {"revised"}


def test_the_shipped_table_is_what_prepare_writes(official: Path, tmp_path: Path) -> None:
    """Figure by figure; if this fails, run `make history` and look at the difference."""
    prepare_history(official / "allocation_tax", tmp_path / "japan-history")
    pd.testing.assert_frame_equal(load_history(tmp_path / "japan-history"), load_history(HISTORY))
    for name in ("history_items.csv", "README.md", "datapackage.json"):
        assert (tmp_path / "japan-history" / name).read_bytes() == (HISTORY / name).read_bytes(), name


def test_another_folder_is_refused(tmp_path: Path) -> None:
    """No file, a file of another kind, workbooks of no year."""
    with pytest.raises(InputError, match="is missing"):
        load_history(tmp_path)
    (tmp_path / "history.parquet").write_bytes(b"PAR1 is not enough")
    with pytest.raises(InputError, match="cannot be read"):
        load_history(tmp_path)
    pd.DataFrame({"fiscal_year": [2022]}).to_parquet(tmp_path / "history.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        load_history(tmp_path)
    with pytest.raises(InputError, match="holds no workbooks"):
        prepare_history(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def of_year(book: Copy, year: int) -> Copy:
    """The same figures under the title of another year of Reiwa."""
    for name in ("need", "revenue"):
        grid = getattr(book, name)
        grid[0][0] = str(grid[0][0]).replace("令和４年度", f"令和{year - 2018}年度")
    book.year = year
    if book.tier == "municipal":
        book.result[5][3] = f"R{year - 2018}"
    return book


def test_a_year_of_our_own_joins_the_table(tmp_path: Path) -> None:
    """Two years of workbooks of our own: an item of one year only, told once, and a town that became a city."""
    for year in (2022, 2023):
        for tier in ("municipal", "prefectural"):
            book = of_year(selfmade.workbooks(tier), year)
            if year == 2023 and tier == "municipal":
                for row, cells in enumerate(book.need):
                    cells.append("新しい経費" if row == 2 else 0 if row >= 5 else None)
            book.save(tmp_path)
    lines = prepare_history(tmp_path, tmp_path / "out")
    assert sum("新しい経費" in line for line in lines) == 1
    table = load_history(tmp_path / "out")
    new = table[table["item"].str.startswith("unmapped_")]
    assert set(new["fiscal_year"]) == {2023} and len(new) == len(selfmade.workbooks().result) - 6
    items = text_table(tmp_path / "out" / "history_items.csv").set_index("name_ja")
    assert items.loc["新しい経費", "years"] == "2023"


def test_a_town_that_became_a_city_keeps_its_name() -> None:
    """By name within the prefecture, and only where one stands for it."""
    known = {"40231": "那珂川市", "04216": "富谷市", "09411": "那珂川町"}
    assert renumbered({"40305": "那珂川町", "09411": "那珂川町"}, known) == {"40305": "40231"}
    assert renumbered({"04423": "富谷町"}, known) == {"04423": "04216"}
    assert renumbered({"04999": "無名町"}, known) == {}


def test_a_case_of_another_year_says_what_it_took(tmp_path: Path) -> None:
    """The embedded allocation tax without one item, under an earlier year: its service goes, all else is taken over."""
    names = [f"{t}_{n}" for t in ("municipal", "prefectural") for n in ("need", "revenue", "allocation")]
    frames = {
        name: pd.read_csv(DEFAULT_CASE / f"{name}.csv", dtype={"code": str, "prefecture_code": str})
        for name in names
    }
    frames["municipal_need"] = frames["municipal_need"].drop(columns="waste_thousand_yen")
    taken = taken_from(DEFAULT_CASE, frames, tmp_path, 2017, ["amounts are of July"])
    assert not set(names) & set(taken.frames) and {"municipalities", "settlements", "readings"} <= set(
        taken.frames
    )
    for name in ("services", "allowed_tiers", "parameters"):
        assert "waste" not in set(taken.frames[name]["service"]) and "fire" in set(
            taken.frames[name]["service"]
        )
    national = taken.frames["national"].set_index("item")["value"]
    assert national.to_dict() == {
        **text_table(DEFAULT_CASE / "national.csv").set_index("item")["value"].to_dict(),
        "fiscal_year": "2017",
        "adjustment_rate": "0.000827104",
        "register_year": "2022",
        "indicator_year": "2018",
    }
    assert "no such need item: waste" in taken.section and "- amounts are of July." in taken.section
    (tmp_path / "README.md").write_text(f"# A case\n\n{taken.section}\n## Credits\n", encoding="utf-8")
    assert section_of(tmp_path / "README.md") == taken.section
    assert section_of(DEFAULT_CASE / "README.md") == ""


def test_a_case_of_another_year_opens(official: Path, tmp_path: Path) -> None:
    """FY2016, the farthest from the embedded case: services without an item are left out, years are stated."""
    out = tmp_path / "japan-2016"
    lines = run(official / "allocation_tax", None, None, 2016, out, base=DEFAULT_CASE)
    assert (
        "services left out, FY2016 has no such need item: city_teachers, digital, prefectural_digital"
        in lines
    )
    case = load_case(out)
    assert case.fiscal_year == 2016 and len(case.services) == 41
    assert (case.national["register_year"], case.national["indicator_year"]) == (2022, 2018)
    assert case.national["adjustment_rate"] == pytest.approx(0.000822657, abs=1e-9)
    need = case.governments["need_million_yen"]
    assert round(need.drop("13+13100")[case.governments["tier"] == "municipality"].sum() / 1e3, 1) == 21_934.1
    pd.testing.assert_frame_equal(case.growth, load_case(DEFAULT_CASE).growth)
    text = (out / "README.md").read_text(encoding="utf-8")
    assert "From `japan-2022` (FY2022) this case takes" in text and "Debt ratios are those of FY2018" in text
    run(official / "allocation_tax", None, None, 2016, out, base=DEFAULT_CASE)
    assert (out / "README.md").read_text(encoding="utf-8") == text


def test_the_rate_is_that_of_one_decision_and_of_what_is_exact() -> None:
    """Amounts in million yen are met to half a million; amounts of another decision than the need tell nothing."""
    need = np.array([100_000_000, 250_000_000, 730_000_000])
    revenue = np.array([40_000_000, 100_000_000, 300_000_000])
    due = (need - revenue - 0.0008 * need).round().astype(int)
    exact = (need, revenue, due)
    rounded = (need, revenue, (due / 1000).round().astype(int) * 1000)
    assert fitted_rate([exact]) == 0.0008
    assert fitted_rate([exact, (need, revenue, (due * 0.9).astype(int))]) == 0.0008
    assert fitted_rate([rounded]) == pytest.approx(0.0008, abs=5e-6)
    assert fitted_rate([rounded, exact]) == 0.0008
