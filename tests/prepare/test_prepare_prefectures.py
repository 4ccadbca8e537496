"""Spoilt copies of the prefectural workbooks and of their two kinds of result table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from optimization.errors import InputError
from optimization.prepare.allocation_tax import tier_of
from optimization.prepare.results import era_year, read_prefectural_result
from optimization.prepare.workbook import Sheet, normalise
from optimization.reading.codes import short_name
from optimization.reading.japan import PREFECTURES

if TYPE_CHECKING:
    from copies import Copy, Grid


def csv_of(book: Copy) -> Grid:
    """The result as the ministry's bare csv: short names and million yen."""
    paid = [round(row[9] / 1000) for row in book.result[5:52]]
    names = [short_name(name) for name, _ in PREFECTURES.values()]
    return [[name, amount] for name, amount in zip(names, paid, strict=True)] + [["合計", sum(paid)]]


def test_both_kinds_of_result_agree(prefectural: Copy) -> None:
    """Annex and csv give the same amounts up to half a million yen."""
    read = prefectural.read()
    result, problems = read_prefectural_result(Sheet("pref_2020.csv", "", csv_of(prefectural)), read.need)
    assert not problems
    assert not result.exact
    differences = [abs(result.allocation[code] - read.result.allocation[code]) for code in PREFECTURES]
    assert max(differences) <= 500


def annex_order(book: Copy) -> str:
    """Rows in another order: joined by name, so nothing happens."""
    book.result[5:52] = reversed(book.result[5:52])
    return ""


def annex_shifted(book: Copy) -> str:
    """An empty column and an empty row before everything."""
    for row in book.result:
        row.insert(0, None)
    book.result.insert(0, [None] * len(book.result[0]))
    return ""


def annex_lacks_one(book: Copy) -> str:
    """A prefecture missing."""
    del book.result[7]
    return r"lacks prefectures \(found '03'\)"


def annex_twice(book: Copy) -> str:
    """A prefecture twice."""
    book.result.insert(8, list(book.result[7]))
    return r"row 岩手県: the prefecture stands twice"


def annex_total(book: Copy) -> str:
    """A changed figure: the prefectures do not sum to the total."""
    book.result[7][9] += 1
    return r"the prefectures do not sum to the row 合計"


def annex_without_total(book: Copy) -> str:
    """No row of totals."""
    book.result[52][0] = None
    return r"has no row 合計"


def annex_unit(book: Copy) -> str:
    """Another unit."""
    book.result[1][12] = "（単位　百万円）"
    return r"states another unit than thousand yen \(found '百万円'\)"


def annex_heading(book: Copy) -> str:
    """The column under another heading."""
    book.result[2][9] = "交付税額"
    return r"no column of prefectures with one headed 普通交付税額"


def annex_text(book: Copy) -> str:
    """A dash for a number."""
    book.result[17][9] = "-"
    return r"the allocation is not a whole number of at least 0 \(found '-'\)"


def csv_in_thousand_yen(book: Copy) -> str:
    """A csv in thousand yen instead of million."""
    rows = csv_of(book)
    book.result = [[name, amount * 1000] for name, amount in rows]
    return "far from the shortfall"


def csv_with_more_columns(book: Copy) -> str:
    """A csv whose columns cannot be told apart."""
    book.result = [[name, amount, amount] for name, amount in csv_of(book)]
    return "is not a csv of short names and million yen"


def csv_total(book: Copy) -> str:
    """A csv whose rows do not sum."""
    book.result = csv_of(book)
    book.result[3][1] += 100
    return r"do not sum to the row 合計"


def unknown_prefecture(book: Copy) -> str:
    """A prefecture nobody knows."""
    book.need[8][0] = " 4\u3000仙  台"
    return r"need\]: row line 9: not a prefecture with its number \(found '4仙台'\)"


def wrong_number(book: Copy) -> str:
    """A prefecture with another one's number."""
    book.need[8][0] = " 5\u3000宮  城"
    return r"not a prefecture with its number \(found '5宮城'\)"


def changed_item(book: Copy) -> str:
    """A changed figure of Tokyo."""
    book.revenue[18][1] += 1
    return r"revenue\]: row 13 東京: the items do not sum"


def changed_total_row(book: Copy) -> str:
    """The row of surplus, which proves that only Tokyo does not receive."""
    row = next(row for row in book.need if normalise(row[0]) == "超過")
    row[1] += 1
    return r"need\]: column 警察費・警察職員数: the column does not sum to the row 超過"


def ambiguous_totals(book: Copy) -> str:
    """Without the band above, two columns headed 合計 are told apart by what they sum."""
    for row in book.need[:2]:
        row[:] = [None if "算定経費" in str(cell) else cell for cell in row]
    return ""


CHANGES = [
    annex_order, annex_shifted, annex_lacks_one, annex_twice, annex_total, annex_without_total, annex_unit,
    annex_heading, annex_text, csv_in_thousand_yen, csv_with_more_columns, csv_total, unknown_prefecture,
    wrong_number, changed_item, changed_total_row, ambiguous_totals,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_changes_are_harmless_or_named(prefectural: Copy, change: Callable[[Copy], str]) -> None:
    """An empty pattern means the same table must come out."""
    before = prefectural.read()
    pattern = change(prefectural)
    books = prefectural.books()
    if change.__name__.startswith("csv"):
        books[""] = [Sheet("pref_2020.csv", "", prefectural.result)]
    if not pattern:
        after = tier_of(books, "prefectural", 2020)
        assert after.sheets.keys() == before.sheets.keys()
        assert all(after.sheets[name].values == sheet.values for name, sheet in before.sheets.items())
        assert (after.receives, after.result) == (before.receives, before.result)
        return
    with pytest.raises(InputError) as caught:
        tier_of(books, "prefectural", 2020)
    assert re.search(pattern, str(caught.value)), str(caught.value)[:2000]


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("令和4年度", 2022),
        ("平成30年度 都道府県別", 2018),
        ("R元", 2019),
        ("H30", 2018),
        ("令和元年度", 2019),
        ("決定額", None),
    ],
)
def test_era_years(text: str, year: int | None) -> None:
    """Era years become calendar years."""
    assert era_year(text) == year
