"""Spoilt workbooks give an error that names the fault: never a wrong number."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from optimization.errors import InputError

if TYPE_CHECKING:
    from copies import Copy

SHEETS = ("need", "debt", "revenue")


def remove_item(book: Copy) -> str:
    """An item gone: the sums no longer come out."""
    column = book.column("need", "計画区域人口")
    for row in book.need:
        del row[column]
    return r"heading not in the registry.*公園費|the items do not sum to 総務費・小計"


def remove_item_whole(book: Copy) -> str:
    """An item gone with its own group heading."""
    column = book.column("revenue", "事業所税")
    for row in book.revenue:
        del row[column]
    return r"revenue\]: row 16201 富山市: the items do not sum to 目的税等計"


def remove_total(book: Copy) -> str:
    """A total gone."""
    column = book.column("need", "総計")
    for row in book.need:
        del row[column]
    return r"a necessary column is missing \(found '総計"


def remove_codes(book: Copy) -> str:
    """The column of codes gone."""
    book.need[0][1] = book.need[0][0]
    for row in book.need:
        del row[0]
    return r"need\]: has no column headed コード"


def remove_marks(book: Copy) -> str:
    """The column of marks gone."""
    for row in book.revenue:
        del row[4]
    return r"revenue\]: has no column headed 不足超過の別"


def double_column(book: Copy) -> str:
    """The same heading twice."""
    for row in book.need:
        row.insert(6, row[5])
    return r"column G: heading stands twice \(also column F\) \(found '消防費/人口'\)"


def wrong_check_digit(book: Copy) -> str:
    """A code with a slip of the pen."""
    book.need[7][0] = str(book.need[7][0]).replace("C16204", "C16205")
    return r"need\]: row line 8 魚津市, column コード: the check digit of the code is wrong"


def foreign_code(book: Copy) -> str:
    """A valid code of another prefecture."""
    book.need[7][0] = "C011002110000"
    return r"another prefecture than 富山県"


def not_a_code(book: Copy) -> str:
    """A code that lost its letter."""
    book.need[7][0] = str(book.need[7][0])[1:]
    return r"not a code \(C and twelve digits\)"


def no_code(book: Copy) -> str:
    """A row without a code."""
    book.need[7][0] = None
    return r"not a code \(C and twelve digits\)"


def doubled_code(book: Copy) -> str:
    """A government twice."""
    book.revenue.insert(8, list(book.revenue[7]))
    return r"revenue\]: row 16202: the code stands twice"


def lost_government(book: Copy) -> str:
    """A government missing in one sheet."""
    del book.revenue[8]
    return r"revenue\]: row 16204: lacks the government \(found '魚津市'\)"


def lost_everywhere(book: Copy) -> str:
    """A government missing in all sheets: the rows of totals tell."""
    for name in SHEETS:
        del getattr(book, name)[book.first[name]]
    del book.result[6]
    book.result[6][1] = "富山県"
    return r"the column does not sum to the row 不足"


def changed_name(book: Copy) -> str:
    """The same code under another name."""
    book.revenue[7][2] = "氷見市"
    return r"name or mark differs"


def wrong_mark(book: Copy) -> str:
    """A mark that contradicts the figures."""
    for name in SHEETS:
        getattr(book, name)[book.first[name]][4] = "超過"
    return r"the mark 不足/超過 contradicts need - revenue \(found '超過'\)"


def no_mark(book: Copy) -> str:
    """A mark that is neither."""
    book.need[5][4] = "?"
    return r"the mark is neither 不足 nor 超過 \(found '\?'\)"


def million_yen(book: Copy) -> str:
    """Another unit."""
    for row in book.need[:5]:
        row[:] = [cell.replace("千円", "百万円") if isinstance(cell, str) else cell for cell in row]
    return r"need\]: states another unit than thousand yen \(found '百万円'\)"


def one_unit_differs(book: Copy) -> str:
    """One of several unit notes differs."""
    row = next(row for row in book.debt[:6] if any("千円" in str(cell) for cell in row))
    column = next(column for column, cell in enumerate(row) if "千円" in str(cell))
    row[column] = "（単位：円）"
    return r"debt\]: states another unit than thousand yen \(found '円, 千円'\)"


def no_unit(book: Copy) -> str:
    """No unit note at all."""
    for row in book.revenue[:6]:
        row[:] = [None if isinstance(cell, str) and "千円" in cell else cell for cell in row]
    return r"revenue\]: states no unit"


def text_for_number(book: Copy) -> str:
    """A figure written as text."""
    book.need[9][5] = "1,234,567"
    return r"need\]: row 16206 滑川市, column F \(消防費・人口\): not a whole number.*'1,234,567'"


def broken_number(book: Copy) -> str:
    """Half a thousand yen."""
    book.revenue[9][5] += 0.5
    return r"not a whole number of thousand yen"


def infinite_number(book: Copy) -> str:
    """A figure that is no number."""
    book.need[9][5] = float("nan")
    return r"not a whole number of thousand yen"


def error_cell(book: Copy) -> str:
    """A spreadsheet error."""
    book.need[9][5] = "#REF!"
    return r"not a whole number.*'#REF!'"


def blank_total(book: Copy) -> str:
    """An empty total."""
    book.revenue[9][book.column("revenue", "合計")] = None
    return r"revenue\]: row 16205 氷見市, column AQ \(基準財政収入額合計\): not a whole number"


def changed_digit(book: Copy) -> str:
    """One yen in an item."""
    book.need[9][5] += 1
    return r"need\]: row 16206 滑川市: the items do not sum to 総務費・小計"


def changed_transfer(book: Copy) -> str:
    """Transfer to the bond changed."""
    book.need[9][book.column("need", "臨時財政対策債振替相当額")] += 1
    return r"need before transfer - transfer is not need after transfer"


def changed_debt_item(book: Copy) -> str:
    """A kind of debt service changed."""
    book.debt[9][5] += 1
    return r"debt\]: .*the items do not sum to 公債費合計"


def changed_debt_consistently(book: Copy) -> str:
    """Item and total of the debt sheet changed alike: the need sheet tells."""
    book.debt[9][5] += 1
    book.debt[9][book.column("debt", "合計")] += 1
    return r"debt service differs from its itemised sheet"


def changed_total_row(book: Copy) -> str:
    """A sheet total changed."""
    book.revenue[-1][5] += 1
    return r"the column does not sum to the row 合計"


def missing_sheet(book: Copy) -> str:
    """The sheet of debt service lost its title (or is missing)."""
    book.debt[0] = [None if "内訳" in str(cell) else cell for cell in book.debt[0]]
    return r"no sheet titled 公債費内訳"


def other_year(book: Copy) -> str:
    """The sheet of another year under this year's name."""
    book.need[0][0] = "令和３年度 市町村別（費目別）基準財政需要額　一本算定ベース"
    return r"need\]: is not titled as of FY2022 \(found '2021'\)"


def other_result_year(book: Copy) -> str:
    """The result of another year."""
    book.result[5][3], book.result[5][4] = "R３", "（参考）R２当初算定"
    return r"result\]: has no column 普通交付税 of FY2022"


def result_order(book: Copy) -> str:
    """Two governments of the result sheet in the wrong order."""
    book.result[8], book.result[9] = book.result[9], book.result[8]
    return r"the order differs from .*: 富山県 魚津市 is due here \(found '富山県 氷見市'\)"


def result_of_like_glyphs(book: Copy) -> str:
    """A name of the result sheet with a sign that only looks like the right one."""
    book.result[8][2] = "魚津巿"
    return r"the order differs from .* \(巿 U\+5DFF stands where 市 U\+5E02 is due\)"


def sheet_beside(book: Copy) -> str:
    """Half of the governments in a sheet of their own, without a title."""
    kept = book.need[:5]
    book.extra = [list(row) for row in book.need[len(kept) : len(kept) + 10]]
    return r"muni_2022-demand \[rest\]: the sheet is none that is read"


def result_short(book: Copy) -> str:
    """A government missing in the result sheet."""
    del book.result[8]
    return r"holds 31 governments, .* 32"


def result_unit(book: Copy) -> str:
    """The result in million yen."""
    book.result[3][4] = "（単位：百万円）"
    return r"result\]: states another unit"


def result_scaled(book: Copy) -> str:
    """The result in yen under the note of thousand yen."""
    for row in book.result[6:]:
        row[3] *= 1000
    return r"far from the shortfall"


def result_negative(book: Copy) -> str:
    """A negative amount."""
    book.result[8][3] = -1
    return r"line 9 魚津市, column D: the allocation is not a whole number of at least 0 \(found '-1'\)"


def result_blank(book: Copy) -> str:
    """A missing amount is not zero."""
    book.result[8][3] = None
    return r"the allocation is not a whole number"


HARMFUL = [
    remove_item,
    remove_item_whole, remove_total, remove_codes, remove_marks, double_column, wrong_check_digit,
    foreign_code, not_a_code, no_code, doubled_code, lost_government, lost_everywhere, changed_name,
    wrong_mark, no_mark, million_yen, one_unit_differs, no_unit, text_for_number, broken_number,
    infinite_number, error_cell, blank_total, changed_digit, changed_transfer, changed_debt_item,
    changed_debt_consistently, changed_total_row, missing_sheet,
    other_year, other_result_year, result_order, result_of_like_glyphs,
    sheet_beside, result_short, result_unit, result_scaled,
    result_negative, result_blank,
]  # fmt: skip


@pytest.mark.parametrize("change", HARMFUL, ids=lambda change: change.__name__)
def test_harmful_changes_are_named(small: Copy, change: Callable[[Copy], str]) -> None:
    """Each fault ends in an `InputError` whose text names the place and the value."""
    pattern = change(small)
    with pytest.raises(InputError) as caught:
        small.read()
    assert re.search(pattern, str(caught.value)), str(caught.value)[:2000]
