"""Tables that never end, that swell, or whose figures contradict each other: refused at once, in words."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import optimization.reading.table_file as room
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.reading.files import MOST_TABLE

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
Rows = list[dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the teaching case that a test may spoil."""
    return Path(shutil.copytree(IWATE, tmp_path / "mine"))


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert all(problem.file and problem.remedy for problem in caught.value.problems)
    return str(caught.value)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def hole(path: Path) -> None:
    path.touch()
    os.truncate(path, 40 * 2**30)


@pytest.mark.parametrize(
    ("put", "words"),
    [
        (pipe, "is no regular file"),
        (endless, "is no regular file"),
        (hole, f"is larger than {MOST_TABLE / 1e6:g} MB"),
    ],
)
def test_a_file_without_end_is_not_read(folder: Path, put: Callable[[Path], None], words: str) -> None:
    (folder / "blocs.csv").unlink()
    put(folder / "blocs.csv")
    assert f"mine/blocs.csv: cannot be read: {words}" in refused(folder)


def test_no_more_rows_columns_and_faults_are_held_than_a_table_can_have(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "blocs.csv"
    file.write_text("a" + ",a" * room.MOST_COLUMNS + "\n", encoding="utf-8")
    assert f"blocs.csv: has {room.MOST_COLUMNS + 1:,} columns" in refused(folder)
    monkeypatch.setattr(room, "MOST_ROWS", 10)
    file.write_text("prefecture_code,bloc,label_en,label_ja\n" + "03,a,A,あ\n" * 11, encoding="utf-8")
    assert "blocs.csv: has 12 rows, and no table has more than 10" in refused(folder)


def test_rows_of_other_lengths_are_counted_up_to_a_bound(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_FAULTS", 5)
    with (folder / "blocs.csv").open("a", encoding="utf-8") as file:
        file.write("x\n" * 50)
    assert "mine/blocs.csv: is not CSV" in refused(folder)


def test_a_code_without_end_is_shown_in_part(folder: Path) -> None:
    with (folder / "blocs.csv").open("a", encoding="utf-8") as file:
        file.write(f"{'9' * 50_000},a,A,あ\n")
    assert len(refused(folder)) < 1000


# ---- figures that contradict each other


def figures(
    table: str, column: str, change: Callable[[str], object], key: str = ""
) -> Callable[[Path], None]:
    """Change a column in the first row that holds `key` in one of its first two cells (any row where it is empty)."""

    def spoil(folder: Path) -> None:
        file = folder / f"{table}.csv"
        with file.open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        row = next(row for row in rows if not key or key in row[:2])
        at = header.index(column)
        before, row[at] = row[at], str(change(row[at]))
        assert row[at] != before
        with file.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows([header, *rows])

    return spoil


def more(text: str) -> object:
    return int(text) + 1


TWICE = {
    "residents of a prefecture": (
        figures("prefectures", "population_persons", more),
        "prefectures.csv: row 03, column population_persons: its municipalities sum to 1,206,479",
    ),
    "area of a prefecture": (
        figures("prefectures", "area_km2", lambda text: float(text) + 0.01),
        "prefectures.csv: row 03, column area_km2: its municipalities sum to",
    ),
    "a prefecture above the largest": (
        figures("national", "value", lambda text: 1_000_000, "largest_prefecture_scale"),
        "has more residents than the largest prefecture but Tokyo, 1,000,000 in national.csv",
    ),
    "office of the capital": (
        figures("prefectures", "office_lon_deg", lambda text: float(text) + 0.1),
        "column office_lon_deg: is not that of the capital 03201",
    ),
    "households": (
        figures("municipalities", "households", lambda text: int(text) * 10),
        "row 03201, column households: is above population_persons",
    ),
    "habitable area": (
        figures("municipalities", "habitable_area_km2", lambda text: float(text) * 10),
        "row 03201, column habitable_area_km2: is above area_km2",
    ),
    "the register in two tables": (
        figures("population_history", "register_persons", more),
        "population_history.csv: row 03201, column register_persons: is not the population of municipalities.csv",
    ),
    "a core city without a health centre": (
        figures("municipalities", "has_own_health_centre", lambda text: 0, "03201"),
        "row 03201, column has_own_health_centre: does not fit the class core_city",
    ),
    "a village with one": (
        figures("municipalities", "has_own_health_centre", lambda text: 1, "03503"),
        "row 03503, column has_own_health_centre: does not fit the class village",
    ),
    "an island with a border": (
        figures("municipalities", "is_island", lambda text: 1),
        "adjacency.csv: row 03201/03202, column code_a: is marked as an island",
    ),
    "a medical area elsewhere": (
        figures("medical_areas", "medical_area_code", lambda text: "0401"),
        "row 03201, column medical_area_code: is an area of another prefecture",
    ),
    "a medical area under two names": (
        figures("medical_areas", "medical_area_name_ja", lambda text: "海岸", "0305"),
        "is another name than 0305 has elsewhere",
    ),
    "ten times the allocation": (
        figures("municipal_allocation", "ordinary_allocation_thousand_yen", lambda text: int(text) * 10),
        "municipal_allocation.csv: row 03201, column ordinary_allocation_thousand_yen: is far from what need lacks",
    ),
    "nothing paid to a prefecture": (
        figures("prefectural_allocation", "ordinary_allocation_thousand_yen", lambda text: 0),
        "prefectural_allocation.csv: row 03, column ordinary_allocation_thousand_yen: is far from",
    ),
    "an amount of another row": (
        figures("municipal_allocation", "ordinary_allocation_thousand_yen", lambda text: int(text) // 2),
        "municipal_allocation.csv: row 03201, column ordinary_allocation_thousand_yen: is far from what need lacks",
    ),
    "a rate of per mille": (
        figures("national", "value", lambda text: float(text) * 100, "adjustment_rate"),
        "national.csv: row adjustment_rate, column value: is not the share of need that governments go without",
    ),
    "ten times the rate": (
        figures("national", "value", lambda text: float(text) * 10, "adjustment_rate"),
        "national.csv: row adjustment_rate, column value: is not the share of need that governments go without",
    ),
    "a settlement": (
        figures("settlements", "exp_welfare_thousand_yen", more),
        "column expenditure_total_thousand_yen: the purposes sum to",
    ),
    "taxes above the revenue": (
        figures("settlements", "local_tax_thousand_yen", lambda text: int(text) * 10),
        "column local_tax_thousand_yen: is above the whole revenue",
    ),
    "rings without order": (
        figures("outlines", "ring", lambda text: 77),
        "outlines.csv: row 03201, column ring: the rings are not numbered",
    ),
    "an outline abroad": (
        figures("outlines", "points", lambda text: "9" + text),
        "outlines.csv: row 03201/1, column points: leads out of Japan",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TWICE)
def test_a_figure_that_contradicts_another_is_named(folder: Path, what: str) -> None:
    spoil, words = TWICE[what]
    spoil(folder)
    assert words in refused(folder)


def test_a_capital_lies_in_its_prefecture(tmp_path: Path) -> None:
    from optimization.prepare.case import cut_case

    folder = tmp_path / "two"
    cut_case(IWATE.with_name("japan-2022"), ["03", "04"], folder)
    figures("prefectures", "capital_code", lambda text: "04100", "03")(folder)
    assert "row 03, column capital_code: lies in another prefecture (found '04100')" in refused(folder)


def test_a_year_of_settlements_lacks_nobody(folder: Path) -> None:
    file = folder / "settlements.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^03202,2022,.*\n", "", text), encoding="utf-8")
    assert "settlements.csv: row 03202, column code: has no row of 2022 for this municipality" in refused(
        folder
    )
