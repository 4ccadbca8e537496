"""A fault in a heading hides no other: of its own table, of others, or of what the tables say of one another."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from optimization.case.load import load_case
from optimization.errors import InputError

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
Rows = list[list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the teaching case that a test may spoil."""
    return Path(shutil.copytree(IWATE, tmp_path / "mine"))


def spoil(folder: Path, table: str, change: Callable[[Rows], object]) -> None:
    """Change the rows of a table, the header first."""
    file = folder / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    change(rows)
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)


def heading(old: str, new: str) -> Callable[[Rows], object]:
    return lambda rows: rows[0].__setitem__(rows[0].index(old), new)


def without(column: str) -> Callable[[Rows], object]:
    def change(rows: Rows) -> None:
        place = rows[0].index(column)
        for row in rows:
            del row[place]

    return change


def cell(key: str, column: str, value: str) -> Callable[[Rows], object]:
    def change(rows: Rows) -> None:
        row = next(row for row in rows if key in row[:2])
        row[rows[0].index(column)] = value

    return change


def refused(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_case(folder)
    return [str(problem) for problem in caught.value.problems]


GRANT = "ordinary_allocation_thousand_yen"


def test_what_stands_beneath_a_misspelt_heading_is_read(folder: Path) -> None:
    spoil(folder, "municipal_allocation", cell("03201", GRANT, "△1"))
    spoil(folder, "municipal_allocation", heading(GRANT, "ordinary_alocation_thousand_yen"))
    said = refused(folder)
    assert len(said) == 2
    assert "did you mean 'ordinary_allocation_thousand_yen'?" in said[0]
    assert "a triangle for a minus (found '△1')" in said[1]


def test_a_misspelt_item_and_a_misspelt_list_of_items_hide_no_cell(folder: Path) -> None:
    spoil(folder, "municipal_need", cell("03201", "fire_thousand_yen", "many"))
    spoil(folder, "municipal_need", heading("fire_thousand_yen", "fires_thousand_yen"))
    spoil(folder, "items", heading("column", "colunm"))
    said = "\n".join(refused(folder))
    assert (
        "mine/items.csv: column colunm: is not a column of the table. Remedy: did you mean 'column'?" in said
    )
    assert "mine/municipal_need.csv: column fires_thousand_yen" in said
    assert "must be a number (found 'many')" in said


def test_a_missing_column_hides_no_fault_of_another_column_or_table(folder: Path) -> None:
    spoil(folder, "municipalities", without("area_km2"))
    spoil(folder, "municipalities", cell("03201", "population_persons", "many"))
    spoil(folder, "blocs", cell("03", "prefecture_code", "3"))
    spoil(folder, "parameters", cell("detour_factor", "central", "9"))
    said = "\n".join(refused(folder))
    assert "mine/municipalities.csv: column area_km2: the column is missing" in said
    assert "must be a number (found 'many')" in said
    assert "mine/blocs.csv" in said and "leading zero" in said
    assert "mine/parameters.csv: row detour_factor" in said and "the range is not in order" in said


def test_headings_hide_nothing_that_whole_tables_say_of_one_another(folder: Path) -> None:
    spoil(folder, "municipal_debt_service", without("debt_service_thousand_yen"))
    spoil(folder, "municipal_allocation", heading("marked_receiving", "marked_recieving"))
    spoil(folder, "prefectural_need", cell("03", "need_before_transfer_thousand_yen", "5"))
    spoil(folder, "services", cell("fire", "need_items", "fires"))
    said = "\n".join(refused(folder))
    for words in (
        "column debt_service_thousand_yen: the column is missing",
        "did you mean 'marked_receiving'?",
        "mine/prefectural_need.csv: row 03, column need_before_transfer_thousand_yen: want the sum of the items",
        "mine/services.csv: row fire, column need_items",
    ):
        assert words in said


def test_a_heading_alone_hides_no_sum_that_does_not_hold(folder: Path) -> None:
    spoil(folder, "readings", heading("name_kana", "name_cana"))
    spoil(folder, "prefectures", cell("03", "population_persons", "1200000"))
    said = refused(folder)
    assert "did you mean 'name_kana'?" in said[0]
    assert "its municipalities sum to" in "\n".join(said[1:])


def test_a_column_in_another_unit_is_not_read(folder: Path) -> None:
    """Its figures would be told to be of the wrong size one by one."""
    spoil(folder, "municipal_need", heading("fire_thousand_yen", "fire_million_yen"))
    said = refused(folder)
    assert len(said) == 1 and "the unit is million yen, the table wants thousand yen" in said[0]


def test_an_item_that_a_list_with_faults_has_lost_with_its_column_ends_no_check_in_a_crash(
    folder: Path,
) -> None:
    """The list of items cannot be held against what the accounts need, for another of its rows is faulty."""
    item = "need_after_transfer_thousand_yen"
    spoil(
        folder, "items", lambda rows: rows.remove(next(r for r in rows if r[:2] == ["municipal_need", item]))
    )
    spoil(folder, "items", cell("fire_thousand_yen", "kind", "thing"))
    spoil(folder, "municipal_need", without(item))
    assert any("thing" in said for said in refused(folder))
