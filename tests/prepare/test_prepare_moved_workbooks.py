"""Moved workbooks (shifted, swapped, renamed, cut off) give the same tables or an error, never others."""

from __future__ import annotations

import copy
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimization.errors import InputError
from optimization.prepare.allocation_tax import read_tier
from optimization.prepare.headings import find_layout
from optimization.prepare.items import UNMAPPED
from optimization.prepare.workbook import Sheet, normalise, read_sheets

if TYPE_CHECKING:
    from copies import Copy, Grid

SHEETS = ("need", "debt", "revenue")


def swap(grid: Grid, a: int, b: int) -> None:
    """Swap two whole columns."""
    for row in grid:
        row[a], row[b] = row[b], row[a]


def fill_headings(grid: Grid, top: int, first: int) -> None:
    """Write out the headings that merging left blank, down to the level above each own heading."""
    carried: list = [None] * (first - top)
    for column in range(5, len(grid[0])):
        own = [grid[row][column] for row in range(top, first)]
        given_level = next((level for level, cell in enumerate(own) if normalise(cell)), None)
        if given_level is not None:
            carried = carried[:given_level] + own[given_level:]
            for level, cell in enumerate(carried):
                grid[top + level][column] = cell


@pytest.fixture(scope="session")
def expected(small_original: Copy) -> dict[str, str]:
    """The tables of the unspoilt copy."""
    return copy.deepcopy(small_original).tables()


def test_the_copy_survives_being_written_and_read(
    small: Copy, expected: dict[str, str], tmp_path: Path
) -> None:
    """Real .xlsx files written from the grids give the same tables."""
    assert small.tables(read_tier(small.save(tmp_path), "municipal", 2022)) == expected


# ---- harmless changes: the same table


def shift_down(book: Copy) -> None:
    """Three rows on top of every sheet."""
    for grid in (book.need, book.debt, book.revenue, book.result):
        for _ in range(3):
            grid.insert(0, [None] * len(grid[0]))


def shift_right(book: Copy) -> None:
    """An empty column to the left of every sheet."""
    for grid in (book.need, book.debt, book.revenue, book.result):
        for row in grid:
            row.insert(0, None)


def blank_row_under_headings(book: Copy) -> None:
    """One more (empty) row between the headings and the data."""
    for name in SHEETS:
        getattr(book, name).insert(book.first[name], [None] * len(getattr(book, name)[0]))


def trailing_zeros(book: Copy) -> None:
    """Columns of zeros without a heading, and rows of zeros under the data."""
    for grid in (book.need, book.debt, book.revenue):
        for row, cells in enumerate(grid):
            cells.extend([0, None, 0] if row >= 6 else [None] * 3)
        grid.append([None] * (len(grid[0]) - 1) + [0])


def swap_filled_columns(book: Copy) -> None:
    """Columns far apart change places, their headings written out."""
    for name in ("need", "revenue"):
        fill_headings(getattr(book, name), book.top[name], book.first[name])
    swap(book.need, book.column("need", "消防費"), book.column("need", "道路の延長"))
    swap(book.need, book.column("need", "児童数"), book.column("need", "農家数"))
    swap(book.revenue, book.column("revenue", "家屋"), book.column("revenue", "事業所税"))
    swap(book.debt, 5, 12)


def spell_headings_otherwise(book: Copy) -> None:
    """Full-width letters, line breaks and spaces inside headings."""
    for name in SHEETS:
        grid = getattr(book, name)
        for row in grid[book.top[name] : book.first[name]]:
            row[:] = [f"\n{cell}\u3000 " if isinstance(cell, str) else cell for cell in row]
    column = book.column("need", "65歳")
    book.need[4][column] = "６５歳　以上\n人　口"


def floats(book: Copy) -> None:
    """Whole numbers stored as floats, as .xls does."""
    for grid in (book.need, book.debt, book.revenue, book.result):
        for row in grid:
            row[:] = [float(cell) if isinstance(cell, int) else cell for cell in row]


def shuffled_rows(book: Copy) -> None:
    """The revenue and debt sheets in another order: they are joined by code."""
    for name in ("debt", "revenue"):
        grid, first = getattr(book, name), book.first[name]
        grid[first:-3] = reversed(grid[first:-3])


def names_in_other_glyphs(book: Copy) -> None:
    """A selector of a variant, an old glyph and spaces in the names of the result and the debt sheet."""
    book.result[8][2] = "魚津\U000e0100市"
    for cells in (*book.result, *book.debt):
        for place, cell in enumerate(cells):
            if cell in ("黒部市", "滑川市"):
                cells[place] = {"黒部市": "黑部市", "滑川市": "滑　川市"}[cell]


def no_rows_of_totals(book: Copy) -> None:
    """The sheets without their own rows of totals."""
    for grid in (book.need, book.debt, book.revenue):
        del grid[-3:]


HARMLESS = [
    shift_down,
    shift_right,
    blank_row_under_headings,
    trailing_zeros,
    swap_filled_columns,
    spell_headings_otherwise,
    floats,
    shuffled_rows,
    names_in_other_glyphs,
    no_rows_of_totals,
]


@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
def test_harmless_changes_give_the_same_tables(
    small: Copy, expected: dict[str, str], change: Callable[[Copy], None]
) -> None:
    """Layout may move; the numbers stay."""
    change(small)
    assert small.tables() == expected


# ---- any change at all


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_figure_passes(small_original: Copy, data: st.DataObject) -> None:
    """Any figure of need, debt service or revenue changed by any amount breaks an identity."""
    book = copy.deepcopy(small_original)
    name = data.draw(st.sampled_from(SHEETS))
    grid: Grid = getattr(book, name)
    row = data.draw(st.integers(book.first[name], len(grid) - 1))
    figures = [
        c
        for c in range(5, len(grid[0]))
        if isinstance(grid[row][c], (int, float)) and _is_headed(book, name, c)
    ]
    column = data.draw(st.sampled_from(figures))
    grid[row][column] += data.draw(st.integers(-(10**6), 10**6).filter(bool))
    with pytest.raises(InputError):
        book.read()


def _is_headed(book: Copy, name: str, column: int) -> bool:
    grid: Grid = getattr(book, name)
    return any(normalise(row[column]) for row in grid[book.top[name] : book.first[name]])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_swapped_raw_columns_never_give_a_wrong_number(
    small_original: Copy, expected: dict[str, str], data: st.DataObject
) -> None:
    """Two columns swapped as they stand, merged headings and all: the right table or an error. A heading that came
    apart by it makes an item of its own, of the right figures.

    Left out: columns under the same cells of heading, which a swap leaves as they were.
    """
    book = copy.deepcopy(small_original)
    name = data.draw(st.sampled_from(SHEETS))
    grid: Grid = getattr(book, name)
    columns = st.integers(0, len(grid[0]) - 1)
    a, b = data.draw(columns), data.draw(columns)
    heads = [[normalise(row[column]) for row in grid[book.top[name] : book.first[name]]] for column in (a, b)]
    if heads[0] == heads[1]:
        return
    swap(grid, a, b)
    try:
        found = book.tables()
    except InputError:
        return
    for table in expected.keys() - {"items"}:
        old, new = (pd.read_csv(io.StringIO(of[table]), dtype={"code": str}) for of in (expected, found))
        shared = [column for column in new if column in old]
        pd.testing.assert_frame_equal(new[shared], old[shared])
        apart, lost = (one[[c for c in one if c not in shared]] for one in (new, old))
        assert all(column.startswith(UNMAPPED) for column in apart)
        assert sorted(map(list, apart.T.to_numpy())) == sorted(map(list, lost.T.to_numpy()))


# ---- files


def test_missing_and_doubled_workbooks_are_named(small: Copy, tmp_path: Path) -> None:
    """A workbook that is not there, and one that is there twice."""
    folder = small.save(tmp_path)
    (folder / "muni_2022-income.xlsx").unlink()
    shutil.copy(folder / "muni_2022.xlsx", folder / "muni_2022.xls")
    with pytest.raises(InputError) as caught:
        read_tier(folder, "municipal", 2022)
    assert [problem.message.split(" in ")[0] for problem in caught.value.problems] == [
        "no such workbook",
        "stands there",
    ]


@pytest.mark.parametrize("part", [0, 3, 100, 5_000, -100])
def test_truncated_files_are_named(official: Path, small: Copy, tmp_path: Path, part: int) -> None:
    """Files cut off anywhere: .xlsx, .xls and an empty file."""
    folder = small.save(tmp_path)
    whole = (folder / "muni_2022-demand.xlsx").read_bytes()
    (folder / "muni_2022-demand.xlsx").write_bytes(whole[:part])
    old = (official / "allocation_tax" / "muni_2022-income.xls").read_bytes()
    (folder / "muni_2022-income.xlsx").write_bytes(old[: part * 20])
    with pytest.raises(InputError, match=r"muni_2022-demand\.xlsx: "):
        read_tier(folder, "municipal", 2022)


def test_kind_is_told_by_content_not_by_suffix(official: Path, tmp_path: Path) -> None:
    """An .xls renamed to .xlsx and an .xlsx renamed to .xls read the same."""
    source = official / "allocation_tax"
    for stem, suffix, other in (("pref_2020-income", ".xls", ".xlsx"), ("pref_2022-demand", ".xlsx", ".xls")):
        renamed = tmp_path / (stem + other)
        shutil.copy(source / (stem + suffix), renamed)
        assert [s.grid for s in read_sheets(renamed)] == [
            s.grid for s in read_sheets(source / (stem + suffix))
        ]


def test_formulas_without_results_are_refused(official: Path, tmp_path: Path) -> None:
    """A library that saves formulas leaves out their results: the totals would read as blank."""
    book = openpyxl.load_workbook(official / "allocation_tax" / "pref_2022-demand.xlsx")
    book.save(tmp_path / "pref_2022-demand.xlsx")
    with pytest.raises(
        InputError, match=r"pref_2022-demand\.xlsx: holds formulas without results \(350, .* AH6\)"
    ):
        read_sheets(tmp_path / "pref_2022-demand.xlsx")


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.6 \n", b"\x00\x01", b"PK\x03\x04 not a zip", b"\xff\xfe\xff\xff", b"a,b\n1,2\n", b"\n"],
)
@pytest.mark.parametrize("part", ["-demand", ""])
def test_other_files_are_refused(small: Copy, tmp_path: Path, part: str, content: bytes) -> None:
    """Anything that is no such table."""
    (small.save(tmp_path) / f"muni_2022{part}.xlsx").write_bytes(content)
    with pytest.raises(InputError, match=rf"muni_2022{part}\.xlsx: "):
        read_tier(tmp_path, "municipal", 2022)


def test_layout_needs_its_key_heading() -> None:
    """An empty sheet has no layout."""
    assert "has no column headed" in str(find_layout(Sheet("book", "page", []), "コード"))
