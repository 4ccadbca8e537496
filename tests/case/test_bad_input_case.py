"""The zoo of bad cases: each breaks one thing of a good case and must be named with its remedy."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from optimization.case.load import load_case
from optimization.errors import InputError

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
Break = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the teaching case that a test may spoil."""
    return Path(shutil.copytree(IWATE, tmp_path / "mine"))


def refused(folder: str | Path) -> str:
    """What is said of a case that must be refused: every problem has its file and remedy."""
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert all(problem.file and problem.message and problem.remedy for problem in caught.value.problems)
    return str(caught.value)


# ---- ways of breaking


def raw(table: str, content: bytes) -> Break:
    return lambda folder: (folder / f"{table}.csv").write_bytes(content)


def text(table: str, old: str, new: str) -> Break:
    """Replace the first occurrence of a text."""

    def spoil(folder: Path) -> None:
        file = folder / f"{table}.csv"
        content = file.read_text(encoding="utf-8")
        assert old in content
        file.write_text(content.replace(old, new, 1), encoding="utf-8")

    return spoil


def rows(table: str, change: Callable[[list[list[str]]], object]) -> Break:
    """Change the rows (the header is the first) as lists of cells."""

    def spoil(folder: Path) -> None:
        file = folder / f"{table}.csv"
        with file.open(encoding="utf-8", newline="") as lines:
            cells = list(csv.reader(lines))
        change(cells)
        with file.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(cells)

    return spoil


def cell(table: str, key: str, column: str, value: str) -> Break:
    """Set a cell of the first row that holds `key` in one of its first two cells."""

    def change(cells: list[list[str]]) -> None:
        row = next(row for row in cells if key in row[:2])
        assert row[cells[0].index(column)] != value
        row[cells[0].index(column)] = value

    return rows(table, change)


def without(table: str, key: str) -> Break:
    """Take out the rows that hold `key` in one of their first two cells."""

    def change(cells: list[list[str]]) -> None:
        kept = [row for row in cells if key not in row[:2]]
        assert len(kept) < len(cells)
        cells[:] = kept

    return rows(table, change)


def append(table: str, *row: str) -> Break:
    return rows(table, lambda cells: cells.append(list(row)))


def header(table: str, column: str, *names: str) -> Break:
    """Write other names for a column: none takes the column out, two doubles it."""

    def change(cells: list[list[str]]) -> None:
        place = cells[0].index(column)
        for row in cells:
            row[place : place + 1] = [row[place]] * len(names)
        cells[0][place : place + len(names)] = names

    return rows(table, change)


def no_file(table: str) -> Break:
    return lambda folder: (folder / f"{table}.csv").unlink()


def file_is_folder(folder: Path) -> None:
    (folder / "blocs.csv").unlink()
    (folder / "blocs.csv").mkdir()


def twice(table: str) -> Break:
    return rows(table, lambda cells: cells.append(cells[1]))


NEED, REVENUE, PAID = "municipal_need", "municipal_revenue", "municipal_allocation"
AFTER, BEFORE = "need_after_transfer_thousand_yen", "need_before_transfer_thousand_yen"
FIRE, GRANT = "fire_thousand_yen", "ordinary_allocation_thousand_yen"
INCOME = "inhabitant_income_thousand_yen"

FILES = {
    "missing_file": (no_file(NEED), "mine/municipal_need.csv: no such file"),
    "file_is_a_folder": (file_is_folder, "mine/blocs.csv: is a folder, not a file"),
    "empty_file": (raw("blocs", b""), "mine/blocs.csv: is empty"),
    "blank_file": (raw("blocs", b"\xef\xbb\xbf\r\n \n"), "mine/blocs.csv: is empty"),
    "only_a_header": (
        rows("municipalities", lambda cells: cells.__delitem__(slice(1, None))),
        "mine/municipalities.csv: has no rows",
    ),
    "shift_jis": (raw("blocs", "名\n岩手\n".encode("cp932")), "is not UTF-8 text (line 1)", "CSV UTF-8"),
    "utf_16": (raw("blocs", "a,b\n".encode("utf-16")), "mine/blocs.csv: is not UTF-8 text"),
    "zero_byte": (raw("blocs", b"prefecture_code,bloc\n03,\0\n"), "zero byte"),
    "a_workbook": (raw("blocs", b"PK\x03\x04\xff\xfe"), "mine/blocs.csv: is not UTF-8 text"),
    "semicolons": (raw("blocs", b"prefecture_code;bloc\n03;tohoku\n"), "separated by ';'", "commas"),
    "tabs": (raw("blocs", b"prefecture_code\tbloc\n03\ttohoku\n"), r"separated by '\t'"),
    "short_row": (
        text(PAID, "\n03202,10061821,1\n", "\n03202,10061821\n"),
        "mine/municipal_allocation.csv: row line 3: has 2 fields, the header 3. Remedy: mend its commas",
    ),
    "long_row": (text(PAID, "10061821,1", "10,061,821,1"), "row line 3: has 5 fields, the header 3"),
    "empty_row": (text(PAID, "\n03203,", "\n\n03203,"), "row line 4: ", "Remedy: "),
    "row_of_commas": (text(PAID, "\n03203,", "\n,,\n03203,"), "row line 4: the row is empty. Remedy: delete"),
    "open_quotation_mark": (
        text("municipalities", "盛岡市", '"盛岡市'),
        "mine/municipalities.csv: row line 2: has 3 fields, the header 27. Remedy: close the quotation mark",
    ),
    "open_quotation_mark_at_the_end": (
        text("allowed_tiers", ",municipality|prefecture\n", ',"municipality|prefecture\n'),
        "allowed_tiers.csv: row fire, column wards: holds a line break",
    ),
    "open_quotation_mark_in_the_header": (
        text("blocs", ",bloc", ',"bloc'),
        "header with a quotation mark left open",
    ),
}
COLUMNS = {
    "missing_column": (header(PAID, GRANT), f"column {GRANT}: the column is missing", "add it"),
    "missing_item": (header(NEED, FIRE), f"municipal_need.csv: column {FIRE}: the column is missing"),
    "no_key": (header(PAID, "code"), "column code: the column is missing. Remedy: add it: five-digit"),
    "unknown_column": (header("blocs", "bloc", "bloc", "colour"), "column colour: is not a column"),
    "unlisted_item": (
        header(NEED, FIRE, FIRE, "space_thousand_yen"),
        "space_thousand_yen",
        "list it in items",
    ),
    "misspelt_column": (header(PAID, GRANT, "ordinary_alocation_thousand_yen"), f"did you mean '{GRANT}'?"),
    "capitals": (header("blocs", "bloc", "Bloc"), "column Bloc: is not a column", "did you mean 'bloc'?"),
    "nameless_column": (header("blocs", "bloc", "bloc", ""), "column (without a name): is not a column"),
    "double_column": (header("blocs", "bloc", "bloc", "bloc"), "column bloc: stands 2 times. Remedy: keep"),
    "wrong_unit": (
        header(NEED, FIRE, "fire_million_yen"),
        "column fire_million_yen: the unit is million yen, the table wants thousand yen",
        "convert the figures and name the column 'fire_thousand_yen'",
    ),
    "no_unit": (header("municipalities", "area_km2", "area"), "the unit is not named, the table wants km2"),
    "unit_not_wanted": (
        header("blocs", "bloc", "bloc_km"),
        "column bloc_km: the unit is km, the table wants none",
    ),
    "item_of_no_table": (
        cell("items", FIRE, "table", "municipal_needs"),
        "'municipal_needs'",
        "municipal_need'?",
    ),
    "items_missing": (no_file("items"), "mine/items.csv: no such file"),
}
CELLS = {
    "text_for_a_number": (
        cell(PAID, "03201", GRANT, "many"),
        f"mine/municipal_allocation.csv: row 03201, column {GRANT}: must be a number (found 'many'). Remedy: ",
    ),
    "full_width_digits": (cell(PAID, "03201", GRANT, "１２３"), "full-width digits", "'１２３'", "write 123"),
    "thousands": (cell(PAID, "03201", GRANT, "14,135,669"), "separators of thousands", "write 14135669"),
    "blanks": (cell(PAID, "03201", GRANT, " 14135669"), "blanks around the number", "write 14135669"),
    "decimals": (cell(PAID, "03201", GRANT, "1.5"), "must be a whole number", "'1.5'", "thousand_yen"),
    "exponent": (cell(PAID, "03201", GRANT, "1e7"), "must be a whole number", "'1e7'"),
    "hexadecimal": (cell(PAID, "03201", GRANT, "0x1f"), "must be a number", "'0x1f'"),
    "too_long": (cell(PAID, "03201", GRANT, "9" * 30), "at most 15 digits"),
    "empty_number": (cell(PAID, "03201", GRANT, ""), "row 03201", "is empty. Remedy: fill in: ordinary"),
    "nan": (cell(PAID, "03201", GRANT, "NaN"), "is no figure (found 'NaN')", "never taken as zero"),
    "infinite": (cell("national", "special_share", "value", "inf"), "is no figure (found 'inf')"),
    "excel_error": (cell(PAID, "03201", GRANT, "#REF!"), "must be a number (found '#REF!')"),
    "negative_need": (cell(NEED, "03201", FIRE, "-1"), f"column {FIRE}: is below 0", "'-1'"),
    "nobody": (cell("municipalities", "03201", "population_persons", "0"), "row 03201", "is below 1", "'0'"),
    "lon_and_lat_swapped": (cell("municipalities", "03201", "office_lon_deg", "39.7"), "is below 122", "deg"),
    "above_the_bound": (cell("medical_areas", "03201", "population_share", "1.2"), "is above 1", "'1.2'"),
    "mark_of_two": (cell(PAID, "03201", "marked_receiving", "2"), "marked_receiving: is above 1"),
    "unknown_class": (
        cell("municipalities", "03201", "city_class", "core-city"),
        "did you mean 'core_city'?",
    ),
    "unknown_mark": (
        cell("parameters", "detour_factor", "mark", "guess"),
        "row detour_factor",
        "use one of: sourced",
    ),
    "lost_zero": (
        cell(PAID, "03201", "code", "3201"),
        "row line 2",
        "lost its leading zero (found '3201')",
        "03201",
    ),
    "lost_zero_of_a_prefecture": (cell("blocs", "03", "prefecture_code", "3"), "leading zero", "write 03"),
    "code_with_decimals": (cell(PAID, "03201", "code", "3201.0"), "lost its leading zero", "write 03201"),
    "check_digit": (cell(PAID, "03201", "code", "032018"), "with its check digit", "03201"),
    "full_width_code": (cell(PAID, "03201", "code", "０３２０１"), "full-width digits", "write 03201"),
    "no_code": (cell(PAID, "03201", "code", "盛岡"), "is not a code of 5 digits (found '盛岡')"),
    "empty_code": (cell(PAID, "03201", "code", ""), "row line 2, column code: is empty"),
    "name_of_blanks": (cell("municipalities", "03201", "name_ja", "  "), "column name_ja: is empty"),
    "bad_service_id": (cell("services", "fire", "service", "Fire Brigade"), "does not have the form"),
    "double_row": (twice(PAID), "row 03201, column code: stands more than once: lines 2 and 35"),
    "double_pair": (twice("adjacency"), "row 03201/03202", "stands more than once: lines 2 and 77"),
    "double_parameter": (twice("parameters"), "row detour_factor", "stands more than once"),
}
PLACES = {
    "municipality_missing": (
        without(NEED, "03202"),
        "municipal_need.csv: row 03202",
        "has no row",
        "add its row",
    ),
    "municipality_extra": (
        append(PAID, "03999", "1", "1"),
        "row 03999",
        "does not stand in municipalities.csv",
    ),
    "revenue_missing": (
        without(REVENUE, "03202"),
        "municipal_revenue.csv: row 03202, column code: has no row",
    ),
    "prefecture_missing": (without("prefectural_allocation", "03"), "prefectural_allocation.csv: row 03"),
    "prefecture_extra": (append("prefectural_allocation", "04", "1", "1"), "row 04", "prefectures.csv"),
    "wrong_prefecture": (
        cell("municipalities", "03201", "prefecture_code", "04"),
        "municipalities.csv: row 03201, column prefecture_code: is another prefecture (found '04')",
        "write 03",
    ),
    "wrong_capital": (
        cell("prefectures", "03", "capital_code", "03200"),
        "row 03, column capital_code",
        "'03200'",
    ),
    "unknown_neighbour": (append("adjacency", "03201", "03999", "1", "1"), "row 03201/03999, column code_b"),
    "border_backwards": (text("adjacency", "03201,03202", "03202,03201"), "row 03202/03201", "smaller code"),
    "border_both_ways": (append("adjacency", "03202", "03201", "1", "1"), "row 03202/03201", "smaller code"),
    "border_with_itself": (
        append("adjacency", "03202", "03202", "1", "1"),
        "row 03202/03202",
        "smaller code",
    ),
    "border_of_prefectures": (
        cell("adjacency", "03201", "same_prefecture", "0"),
        "same_prefecture",
        "write 1",
    ),
    "no_medical_area": (without("medical_areas", "03202"), "medical_areas.csv: row 03202", "no medical area"),
    "half_a_medical_area": (cell("medical_areas", "03202", "population_share", "0.5"), "row 03202", "'0.5'"),
    "no_bloc": (without("blocs", "03"), "blocs.csv: row 03", "has no row"),
    "unknown_member": (raw("bodies", b"body_id,code\nnorth,03999\n"), "bodies.csv: row north/03999"),
    "ages_do_not_sum": (cell("municipalities", "03201", "age_0_14_persons", "1"), "row 03201", "ages sum to"),
    "too_many_old": (
        cell("municipalities", "03201", "age_75_plus_persons", "99999"),
        "more than those of 65",
    ),
}
SERVICES = {
    "unknown_item": (
        cell("services", "fire", "need_items", "fires"),
        "row fire, column need_items",
        "mean 'fire'?",
    ),
    "item_of_the_other_tier": (cell("services", "fire", "need_items", "police"), "(found 'police')"),
    "item_of_two": (
        cell("services", "waste", "need_items", "fire"),
        "row waste",
        "is an item of fire already",
    ),
    "item_twice": (cell("services", "fire", "need_items", "fire+fire"), "is an item of fire already"),
    "total_as_an_item": (
        cell("services", "fire", "need_items", "need_after_transfer"),
        "need_after_transfer",
    ),
    "unknown_basis": (cell("services", "fire", "scale_basis", "people"), "column scale_basis", "'people'"),
    "text_as_a_basis": (
        cell("services", "fire", "scale_basis", "name_ja"),
        "column scale_basis",
        "'name_ja'",
    ),
    "no_spread": (cell("services", "police", "spread_by", ""), "row police, column spread_by: is empty"),
    "unknown_spread": (cell("services", "police", "spread_by", "population"), "mean 'population_persons'?"),
    "unknown_exclusion": (
        cell("services", "rivers", "excluded_classes", "big_city"),
        "'big_city'",
        "did you mean",
    ),
    "home_at_the_bloc": (
        cell("services", "fire", "home_tier", "bloc"),
        "row fire, column home_tier",
        "'bloc'",
    ),
    "wide_area_prefecture": (cell("services", "police", "wide_area", "1"), "row police, column wide_area"),
    "home_not_allowed": (
        cell("allowed_tiers", "fire", "city", "prefecture"),
        "allowed_tiers.csv: row fire, column city: today's tier, municipality, is not among them",
        "add municipality",
    ),
    "unknown_tier": (cell("allowed_tiers", "fire", "city", "municipality|prefectur"), "mean 'prefecture'?"),
    "service_without_tiers": (
        without("allowed_tiers", "waste"),
        "allowed_tiers.csv: row waste",
        "has no row",
    ),
    "tiers_without_service": (
        without("services", "rivers"),
        "allowed_tiers.csv: row rivers",
        "does not stand in services.csv",
    ),
}
FIGURES = {
    "range_not_in_order": (
        cell("parameters", "detour_factor", "low", "1.4"),
        "parameters.csv: row detour_factor, column low, central, high: the range is not in order",
        "'1.4, 1.3, 1.5'",
    ),
    "no_general_parameter": (
        without("parameters", "discount_rate"),
        "parameters.csv: row (general)",
        "discount_rate",
    ),
    "no_service_parameter": (
        text("parameters", "coordination_rate,fire,", "coordination_rat,fire,"),
        "row fire, column parameter: is needed and not given (found 'coordination_rate')",
        "did you mean 'coordination_rate'?",
    ),
    "parameter_of_no_service": (
        text("parameters", "taste_weight,waste", "taste_weight,wast"),
        "mean 'waste'?",
    ),
    "service_left_out": (text("parameters", "taste_weight,waste", "taste_weight,"), "belongs to a service"),
    "service_too_many": (
        text("parameters", "discount_rate,,", "discount_rate,fire,"),
        "has no service",
        "'fire'",
    ),
    "whole_share": (
        text("parameters", "0.75,0.75,0.75", "0.75,0.75,1"),
        "column high: must be at least 0 and below 1",
    ),
    "standing_still": (
        cell("parameters", "travel_speed_km_per_hour", "low", "0"),
        "column low: must be above 0",
    ),
    "no_national_figure": (
        without("national", "special_share"),
        "national.csv: row special_share",
        "missing",
    ),
    "unknown_figure": (cell("national", "special_share", "item", "specal_share"), "mean 'special_share'?"),
    "impossible_rate": (cell("national", "adjustment_rate", "value", "1.5"), "row adjustment_rate", "'1.5'"),
    "half_a_year": (cell("national", "fiscal_year", "value", "2022.5"), "row fiscal_year", "must be a year"),
    "items_do_not_sum": (
        cell(NEED, "03201", FIRE, "3155314"),
        f"municipal_need.csv: row 03201, column {BEFORE}: want the sum of the items, 55,431,981",
    ),
    "transfer_does_not_fit": (cell(NEED, "03201", AFTER, "52759085"), f"column {AFTER}: want need before"),
    "debt_tables_differ": (
        cell("municipal_debt_service", "03201", "debt_service_thousand_yen", "6118138"),
        "want that of municipal_debt_service.csv, 6,118,138",
        "want the sum of the kinds of bond, 6,118,137",
    ),
    "revenue_does_not_sum": (cell(REVENUE, "03201", INCOME, "12432598"), "less deductions, 38,579,779"),
    "prefecture_does_not_sum": (
        cell("prefectural_need", "03", "police_thousand_yen", "1"),
        "prefectural_need.csv: row 03",
    ),
    "wrong_mark": (
        cell(PAID, "03201", "marked_receiving", "0"),
        "row 03201, column marked_receiving: want 1",
    ),
    "paid_without_a_right": (
        cell(PAID, "03201", "marked_receiving", "0"),
        "0, for it is marked as not receiving",
    ),
    "no_income": (cell(REVENUE, "03201", INCOME, "0"), f"row 03201, column {INCOME}: must be above 0"),
    "item_not_in_thousand_yen": (
        cell("items", FIRE, "unit", "yen"),
        f"row municipal_need/{FIRE}, column unit",
    ),
    "item_of_another_tier": (cell("items", FIRE, "tier", "prefectural"), "column tier: is another tier"),
    "uncounted_tax": (cell("items", INCOME, "counted_share", ""), f"row {REVENUE}/{INCOME}", "counted share"),
    "half_counted_tax": (cell("items", INCOME, "counted_share", "0.5"), "column counted_share", "'0.5'"),
}
BURDEN = "future_burden_ratio_percent"
INDICATORS = {
    "no_indicators_of_a_town": (
        without("indicators", "03202"),
        "indicators.csv: row 03202, column code: has no row for this municipality in 2021",
        "add its row",
    ),
    "no_indicators_of_the_prefecture": (
        without("indicators", "03"),
        "indicators.csv: row 03, column code: has no row for this prefecture in 2021",
    ),
    "indicators_of_later_years_only": (
        cell("national", "fiscal_year", "value", "2017"),
        "indicators.csv: column fiscal_year: holds no year up to 2017",
    ),
    "a_town_left_out_of_the_year_that_counts": (
        text("indicators", "municipality,03202,2021", "municipality,03202,2017"),
        "row 03202, column code: has no row for this municipality in 2021",
    ),
    "burden_neither_given_nor_none": (
        cell("indicators", "03201", BURDEN, ""),
        f"row municipality/03201/2018, column {BURDEN}: is empty and not marked",
    ),
    "burden_given_and_none": (
        cell("indicators", "03201", "no_burden", "1"),
        f"row municipality/03201/2018, column {BURDEN}: stands beside no_burden = 1 (found '",
        "keep one",
    ),
    "no_year": (without("national", "fiscal_year"), "national.csv: row fiscal_year", "missing"),
}
ZOO = FILES | COLUMNS | CELLS | PLACES | SERVICES | FIGURES | INDICATORS


@pytest.mark.parametrize("kind", ZOO)
def test_a_broken_case_is_named_with_its_remedy(folder: Path, kind: str) -> None:
    spoil, *words = ZOO[kind]
    spoil(folder)
    said = refused(folder)
    for word in words:
        assert word in said, said
    assert "Remedy: " in said


def test_accounts_need_their_items(folder: Path) -> None:
    """An item gone from the list and from the table alike is missed by the accounts."""
    header(NEED, AFTER)(folder)
    rows("items", lambda cells: cells.remove(next(row for row in cells if row[:2] == [NEED, AFTER])))(folder)
    assert f"items.csv: row municipal_need/{AFTER}, column column: the accounts need" in refused(folder)


# ---- folders


def test_folders_that_are_no_case(folder: Path) -> None:
    assert "did you mean 'mine'?" in refused(folder.with_name("mime"))
    assert "no such folder" in refused(folder / "a" / "b")
    assert "is a file, not the folder of a case" in refused(folder / "blocs.csv")
    assert "Remedy: give the folder of a case" in refused(folder.parent / ("x" * 5_000))
    assert "Remedy: " in refused("a\0b")
    (folder / "empty").mkdir()
    assert "it holds none of the tables" in refused(folder / "empty")


# ---- many faults at once


def test_faults_of_all_tables_come_together(folder: Path) -> None:
    no_file("blocs")(folder)
    cell(NEED, "03201", FIRE, "-1")(folder)
    cell("national", "special_share", "value", "six")(folder)
    said = refused(folder)
    assert all(word in said for word in ("blocs.csv", "municipal_need.csv: row 03201", "row special_share"))


def test_disagreements_of_all_tables_come_together(folder: Path) -> None:
    without("blocs", "03")(folder)
    cell("services", "fire", "need_items", "fires")(folder)
    cell("national", "special_share", "value", "6")(folder)
    said = refused(folder)
    assert all(word in said for word in ("blocs.csv: row 03", "services.csv: row fire", "row special_share"))


@pytest.mark.parametrize(("column", "value"), [(FIRE, "x"), (FIRE, "1")])
def test_many_faults_of_a_table_are_counted(folder: Path, column: str, value: str) -> None:
    """Twenty are shown, the rest counted: of form and of agreement alike."""

    def spoil(cells: list[list[str]]) -> None:
        for row in cells[1:]:
            row[cells[0].index(column)] = value

    rows(NEED, spoil)(folder)
    said = refused(folder).splitlines()
    assert len(said) == 21
    assert "has 13 more problems" in said[-1]


GARBAGE = (
    "",
    " ",
    "x",
    "-1",
    "0",
    "1e9",
    "nan",
    "３",
    "03201",
    "none",
    "a+b",
    "|",
    "+",
    '"',
    "99999999999999999999",
)


@pytest.mark.parametrize("seed", range(12))
def test_no_garbage_ends_in_anything_but_an_input_error(folder: Path, seed: int) -> None:
    """Cells, headers and rows spoilt at random: refused in words, or good by chance."""
    dice = random.Random(seed)

    def spoil(cells: list[list[str]]) -> None:
        for _ in range(dice.randint(1, 3)):
            row = dice.choice(cells) if dice.random() < 0.9 else cells[0]
            row[dice.randrange(len(row))] = dice.choice(GARBAGE)
        if dice.random() < 0.3:
            del cells[dice.randrange(1, len(cells)) :]

    files = sorted(file.stem for file in folder.glob("*.csv") if file.stem != "projection_members")
    for table in dice.sample(files, 2):
        rows(table, spoil)(folder)
    try:
        load_case(folder)
    except InputError as fault:
        assert all(problem.file and problem.remedy for problem in fault.problems)
