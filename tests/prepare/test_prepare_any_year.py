"""Years that nobody has seen: items come, go, move and change their names, and people leave working rows behind.

Every change is tried on workbooks of our own and, where the official ones are at hand, on two prefectures of FY2022.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import selfmade

from optimization.errors import InputError
from optimization.prepare import items as registry
from optimization.prepare.allocation_tax import Tier, years_at_hand
from optimization.prepare.items import UNMAPPED

if TYPE_CHECKING:
    from copies import Copy, Grid

SHEETS = ("need", "debt", "revenue")


@pytest.fixture(scope="session")
def own() -> Copy:
    """Workbooks of our own, which no test may change."""
    return selfmade.workbooks()


@pytest.fixture(params=["own", "official"])
def book(request: pytest.FixtureRequest, own: Copy) -> Copy:
    """A fresh copy, of our own workbooks and of the official ones."""
    return copy.deepcopy(own if request.param == "own" else request.getfixturevalue("small_original"))


def rename(grid: Grid, top: int, first: int, column: int, heading: str) -> None:
    """Another name in the lowest heading of a column."""
    row = max(row for row in range(top, first) if grid[row][column] is not None)
    grid[row][column] = heading


def insert(book: Copy, name: str, heading: str, into: tuple[str, ...], beside: str) -> None:
    """A new item with figures, before the column headed `beside`, added to the columns headed `into` in every row."""
    grid: Grid = getattr(book, name)
    at, sums = book.column(name, beside), [book.column(name, total) for total in into]
    plus = 0
    for row, cells in enumerate(grid):
        if row < book.first[name]:
            lowest = book.top[name] + (2 if name == "debt" else 0)
            cells.insert(at, heading if row == lowest else None)
            continue
        value = 100 + 7 * row
        label = next((cell for cell in cells[:5] if cell in ("不足", "超過", "合計")), None)
        if cells[0] is None:  # a row of totals
            rows = [r for r in grid[book.first[name] : row] if r[0] is not None and label in (r[4], "合計")]
            value = sum(r[at] for r in rows)  # type: ignore[misc]
        for column in sums:
            cells[column] += value  # type: ignore[operator]
        plus += value
        cells.insert(at, value)
    assert plus


def added_item(book: Copy) -> str:
    """A new kind of bond, which the debt column and the totals of the need sheet hold too."""
    insert(book, "debt", "感染症対策債償還費", ("合計",), "財源対策債")
    for row, cells in enumerate(book.need[book.first["need"] :]):
        value = book.debt[book.first["debt"] + row][book.column("debt", "感染症対策債")]
        for heading in ("公債費", "個別算定経費合計", "総計", "臨時財政対策債振替後需要額"):
            cells[book.column("need", heading)] += value  # type: ignore[operator]
    return r"debt\]: column \w+ \(感染症対策債償還費\).*group = \"debt\""


def renamed_item(book: Copy) -> str:
    """An item of the middle under another name."""
    rename(book.need, 2, 5, book.column("need", "児童数"), "児童生徒数")
    return r"need\]: column \w+ \(教育費/小学校費/児童生徒数\).*group = \"individual\""


def renamed_chapter(book: Copy) -> str:
    """A whole chapter under another name: every item of it is another one."""
    column = book.column("need", "産業経済費")
    book.need[2][column] = "地域産業費"
    return r"\(地域産業費/農業行政費/農家数\)[\s\S]*\(地域産業費/商工行政費/人口\)"


def renamed_total(book: Copy) -> str:
    """The grand total under another name is known by its sum."""
    rename(book.need, 2, 5, book.column("need", "総計"), "総和")
    return r"need\]: column \w+ \(総和\) is taken as 総計.*by its sum"


def renamed_need(book: Copy) -> str:
    """The last column of the need sheet under another name."""
    rename(book.need, 2, 5, book.column("need", "臨時財政対策債振替後需要額"), "一般財源需要額")
    return r"need\]: column \w+ \(一般財源需要額\) is taken as 臨時財政対策債振替後需要額 by its sum"


def renamed_subtotal(book: Copy) -> str:
    """A sub-total under another name is no item."""
    rename(book.revenue, 2, 6, book.column("revenue", "目的税等計"), "交付金等の総額")
    return r"revenue\]: column \w+ \(交付金等の総額\) is taken as 目的税等計 by its sum"


def renamed_debt_service(book: Copy) -> str:
    """The column of debt service under another name repeats its itemised sheet."""
    rename(book.need, 2, 5, book.column("need", "公債費"), "元利償還金")
    return r"need\]: column \w+ \([^)]*元利償還金\).*it is debt_service, as its sheet shows"


def moved_item(book: Copy) -> str:
    """A renamed item far from its place still finds its sums."""
    at, to = book.column("revenue", "事業所税"), len(book.revenue[0])
    for row in book.revenue:
        row.append(row.pop(at))
    rename(book.revenue, 2, 6, to - 1, "都市事務所税")
    return r"revenue\]: column \w+ \(都市事務所税\).*group = \"purpose_taxes\""


def lost_heading(book: Copy) -> str:
    """An item whose heading is gone is missed in its sums."""
    column = book.column("revenue", "事業所税")
    for row in book.revenue[2:6]:
        row[column] = None
    return r"revenue\]: column \w+ \(見出しなし\(法定普通税計の右\)\).*group = \"purpose_taxes\""


def item_of_zeros(book: Copy) -> str:
    """An item that is nothing for everybody is kept, in the group of its neighbour."""
    for row, cells in enumerate(book.revenue):
        heading = "新税" if row == book.top["revenue"] else None
        cells.append(heading if row < book.first["revenue"] else 0)
    return r"revenue\]: column \w+ \(新税\) is not in the registry"


def memo_column(book: Copy) -> str:
    """Figures under a heading that enter no sum are no item."""
    for row, cells in enumerate(book.need):
        cells.append(
            "(参考)人口割" if row == book.top["need"] else row if row >= book.first["need"] else None
        )
    return r"need\]: column \w+ \(\(参考\)人口割\) left out: it enters no sum"


def unnamed_column(book: Copy) -> str:
    """Figures under no heading."""
    for row, cells in enumerate(book.debt):
        cells.append(7 if row >= book.first["debt"] else None)
    return r"debt\]: column \w+ \(no heading\) left out: it enters no sum"


def remarks_column(book: Copy) -> str:
    """Remarks are no figures."""
    for row, cells in enumerate(book.need):
        cells.append("備考" if row == book.top["need"] else "済" if row >= book.first["need"] else None)
    return r"need\]: column \w+ \(備考\) left out: not whole thousand yen"


def stray_sums(book: Copy) -> str:
    """Sums, marks and rests of sums below the table."""
    for name in SHEETS:
        grid: Grid = getattr(book, name)
        grid.append([None] * 5 + ["※錯誤額は除く"] + [None] * (len(grid[0]) - 6))
        grid.append([None] * len(grid[0]))
        grid.append([None] * 5 + list(grid[-3][5:]))
        grid.append([None, None, "OK", None, None] + [0] * (len(grid[0]) - 5))
        grid.append([None] * 5 + [True] * (len(grid[0]) - 5))
        grid.append([None, "検算", None, None, None] + [-1] * (len(grid[0]) - 5))
    return r"revenue\]: lines of no government left out: \d+, \d+, \d+, \d+"


def doubled_total_row(book: Copy) -> str:
    """A row of totals twice: the first one is the sheet's."""
    book.need.append(list(book.need[-1]))
    return r"need\]: lines of no government left out"


def sums_of_prefectures(book: Copy) -> str:
    """A row of sums between the governments."""
    at = next(row for row, cells in enumerate(book.need) if cells[1] == "福井県")
    book.need.insert(at, [None, None, "富山県計", None, None, *([5] * (len(book.need[0]) - 5))])
    return r"need\]: lines of no government left out"


def rounding_noise(book: Copy) -> str:
    """What a program computed misses its whole number by a hair."""
    book.need[7][5] += 1e-7  # type: ignore[operator]
    return ""


NOTICED = [
    added_item, renamed_item, renamed_chapter, renamed_total, renamed_need, renamed_subtotal, renamed_debt_service,
    moved_item, lost_heading, item_of_zeros, memo_column, unnamed_column, remarks_column, stray_sums, doubled_total_row,
    sums_of_prefectures, rounding_noise,
]  # fmt: skip


@pytest.mark.parametrize("change", NOTICED, ids=lambda change: change.__name__)
def test_what_no_registry_lists_is_imported_with_a_notice(book: Copy, change: Callable[[Copy], str]) -> None:
    """Need, revenue and debt service of every government stay (plus what was added), and the change is told once."""
    before = copy.deepcopy(book).read()
    pattern = change(book)
    after = book.read()
    plus = [0] * len(before.need.codes)
    if change is added_item:
        key = next(item.id for item in after.debt_service.items if item.id.startswith(UNMAPPED))
        plus = after.debt_service.values[key]
        assert sum(plus) > 0
    for name, total in (("need", "need_after_transfer"), ("debt_service", "debt_service")):
        old, new = before.sheets[name].values[total], after.sheets[name].values[total]
        assert new == [a + b for a, b in zip(old, plus, strict=True)], name
    assert after.revenue.values["standard_revenue"] == before.revenue.values["standard_revenue"]
    assert after.result.allocation == before.result.allocation
    for name, sheet in before.sheets.items():
        kept = {item.id for item in sheet.items} & {item.id for item in after.sheets[name].items}
        changed = [item for item in kept if sheet.values[item] != after.sheets[name].values[item]]
        assert (
            set(changed) <= ({"debt_service"} if name == "debt_service" else set(SUMS))
            if any(plus)
            else not changed
        )
    text = "\n".join(after.notices)
    assert len(re.findall(pattern, text)) == 1 if pattern else not text, text


SUMS = ("debt_service", "total_individual", "need_before_transfer", "need_after_transfer")


def test_the_line_to_paste_makes_the_item_a_known_one(own: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pasted into the registry, the line leaves nothing to tell, and the figures are the same ones."""
    book = copy.deepcopy(own)
    renamed_item(book)
    first = copy.deepcopy(book).read()
    line = next(notice.split("columns: ")[1] for notice in first.notices if "columns: " in notice)
    text = registry.REGISTRY.read_text(encoding="utf-8").replace(
        '[municipal_need]\ntier = "municipal"\ncolumns = [\n',
        f'[municipal_need]\ntier = "municipal"\ncolumns = [\n  {line}\n',
    )
    monkeypatch.setattr(registry, "_registry", lambda: tomllib.loads(text))
    registry.load_register.cache_clear()
    try:
        again = copy.deepcopy(book).read()
    finally:
        registry.load_register.cache_clear()
    assert again.notices == []
    assert again.need.values == first.need.values


def test_a_key_is_that_of_the_heading_alone(own: Copy) -> None:
    """At the edge of the sheet or in its middle, the same heading has the same key."""
    keys = set[str]()
    for place in (5, len(own.need[0])):
        book = copy.deepcopy(own)
        for row, cells in enumerate(book.need):
            cells.insert(place, "新しい経費" if row == 2 else 0 if row >= 5 else None)
        keys |= {item.id for item in book.read().need.items if item.id.startswith(UNMAPPED)}
    assert len(keys) == 1 and re.fullmatch(r"unmapped_[0-9a-f]{8}", keys.pop())


# ---- one changed figure is refused, whatever else is new


@pytest.mark.parametrize(
    "change", [renamed_item, moved_item, renamed_total, renamed_subtotal, stray_sums, added_item]
)
@pytest.mark.parametrize("name", SHEETS)
def test_one_changed_figure_is_refused(own: Copy, change: Callable[[Copy], str], name: str) -> None:
    """In a known column and in one the registry does not list."""
    original = copy.deepcopy(own)
    change(original)
    grid: Grid = getattr(original, name)
    row = original.first[name] + 3
    for column in range(5 + SHEETS.index(name), len(grid[0]), 4):
        book = copy.deepcopy(original)
        spoilt: Grid = getattr(book, name)
        spoilt[row][column] += 1  # type: ignore[operator]
        with pytest.raises(InputError, match=rf"{name}\]"):
            book.read()


def test_a_bad_sheet_is_named_and_no_other(own: Copy) -> None:
    """A whole column of other figures: at most a few lines, all of that sheet."""
    book = copy.deepcopy(own)
    for cells in book.revenue[book.first["revenue"] :]:
        cells[book.column("revenue", "家屋")] += 1_000  # type: ignore[operator]
    with pytest.raises(InputError) as caught:
        book.read()
    assert {problem.file for problem in caught.value.problems} == {"muni_2022-income [revenue]"}
    assert len(caught.value.problems) <= 33
    assert "more rows" in str(caught.value)


def test_a_government_that_cannot_be_told_is_refused(own: Copy) -> None:
    """A row of figures among the governments without code and prefecture."""
    book = copy.deepcopy(own)
    book.need[9][0] = book.need[9][1] = None
    with pytest.raises(InputError, match=r"need\]: row line 10 .*not a code"):
        book.read()
    book = copy.deepcopy(own)
    book.need[9][:5] = [None] * 5
    with pytest.raises(InputError, match=r"need\]: row line 10, column F: figures in a row without a code"):
        book.read()


# ---- prefectures


@pytest.fixture(scope="session")
def own_prefectures() -> Copy:
    """Prefectural workbooks of our own."""
    return selfmade.workbooks("prefectural")


def test_a_row_of_surplus_may_be_one_government(own_prefectures: Copy) -> None:
    """Tokyo alone lacks something, and with its wards has a surplus: the row 超過 holds its figures."""
    book = copy.deepcopy(own_prefectures)
    tokyo = next(
        row for row, cells in enumerate(book.need) if "東" in str(cells[0]) and "京" in str(cells[0])
    )
    need, total = book.need[tokyo], book.column("need", "臨時財政対策債振替後需要額")
    lack = book.revenue[tokyo - book.first["need"] + book.first["revenue"]][-1] - need[total] + 10_000  # type: ignore[operator]
    police = book.column("need", "警察費")
    groups = [police, *(book.column("need", text) for text in ("総計", "臨時財政対策債振替後需要額"))]
    groups += [column for column in range(len(need)) if book.need[3][column] == "小計"][:1]
    groups += [
        column for column in range(len(need)) if str(book.need[2][column]).startswith("個別算定経費合計")
    ]
    surplus = next(row for row, cells in enumerate(book.need) if cells[0] == "超過")
    for row in (tokyo, surplus, surplus + 1):
        for column in groups:
            book.need[row][column] += lack  # type: ignore[operator]
    read = book.read()
    assert not read.receives["13"]
    assert book.need[surplus][1:] == need[1:] or read.need.totals["超過"]


def test_a_csv_of_two_decisions_is_read_by_what_is_lacking(own_prefectures: Copy) -> None:
    """Total, initial and added amounts side by side: those count that fit the need."""
    book = copy.deepcopy(own_prefectures)
    exact = copy.deepcopy(book).read().result.allocation
    rows = [(str(cells[0]).lstrip("0123456789"), cells[1]) for cells in book.result[2:]]
    book.result = [
        [name, round(amount / 1000 * 1.2), round(amount / 1000), round(amount / 1000 * 0.2)]
        for name, amount in rows
    ]  # type: ignore[operator]
    books = book.books()
    from optimization.prepare.allocation_tax import tier_of
    from optimization.prepare.workbook import Sheet

    books[""] = [Sheet("pref_2022.csv", "", book.result)]
    found = tier_of(books, "prefectural", 2022).result.allocation
    assert all(abs(found[code] - exact[code]) <= 500 for code in exact)


# ---- vintages


def test_the_revised_workbook_is_read_where_it_lies(own: Copy, own_prefectures: Copy, tmp_path: Path) -> None:
    """`revised` takes the workbook of that name, the others as they are; without any it is refused."""
    from optimization.prepare.allocation_tax import read_allocation_tax

    copy.deepcopy(own).save(tmp_path)
    copy.deepcopy(own_prefectures).save(tmp_path)
    with pytest.raises(InputError, match="no workbook of a revised decision"):
        read_allocation_tax(tmp_path, 2022, "revised")
    later = selfmade.workbooks("prefectural")
    rename(later.need, 2, 5, later.column("need", "警察職員数"), "警察官数")
    (tmp_path / "later").mkdir()
    later.save(tmp_path / "later")
    (tmp_path / "later" / "pref_2022-demand.xlsx").rename(tmp_path / "pref_2022-demand-revised.xlsx")
    assert years_at_hand(tmp_path) == [(2022, "initial"), (2022, "revised")]
    initial, revised = (read_allocation_tax(tmp_path, 2022, name) for name in ("initial", "revised"))
    assert [tier.vintage for tier in initial] == ["initial", "initial"]
    assert [tier.vintage for tier in revised] == ["initial", "revised"]
    assert any("警察官数" in notice for notice in revised[1].notices)


def test_a_year_without_the_bond_needs_no_columns_of_it() -> None:
    """From FY2025 no bond is issued: need is the same before and after."""
    book = selfmade.workbooks()
    for heading in ("臨時財政対策債振替相当額", "臨時財政対策債振替後需要額"):
        column = book.column("need", heading)
        for row in book.need:
            del row[column]
    with pytest.raises(InputError, match="a necessary column is missing"):
        copy.deepcopy(book).read()
    for name in ("need", "revenue"):
        grid: Grid = getattr(book, name)
        grid[0][0] = str(grid[0][0]).replace("令和４年度", "令和７年度")
    book.result[5][3], book.year = "R７", 2025
    gone = [cells[book.column("need", "総計")] for cells in book.need[5:]]
    read = _read_or_marks(book)
    assert read.need.values["need_after_transfer"] == gone[: len(read.need.codes)]


def _read_or_marks(book: Copy) -> Tier:
    """Read with marks that fit need before the transfer."""
    need, revenue = book.column("need", "総計"), len(book.revenue[0]) - 1
    for offset in range(len(book.need) - 5 - 3):
        gap = book.need[5 + offset][need] - book.revenue[6 + offset][revenue]  # type: ignore[operator]
        mark = "不足" if gap > 0 else "超過"
        for name in SHEETS:
            getattr(book, name)[book.first[name] + offset][4] = mark
        book.result[6 + offset][3] = max(0, gap)
    for name in SHEETS:
        del getattr(book, name)[-3:]
    return book.read()
