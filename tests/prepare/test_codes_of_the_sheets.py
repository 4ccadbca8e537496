"""Codes of workbooks as people save them: six digits as text or number, a prefecture's name on its first row alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import selfmade

from optimization.errors import InputError

if TYPE_CHECKING:
    from copies import Copy

    from optimization.prepare.workbook import Cell

SHEETS = ("need", "debt", "revenue")
CODE, PREFECTURE = 0, 1


@pytest.fixture(scope="module")
def original() -> Copy:
    """Municipalities of three prefectures; the codes of one begin with a zero."""
    return selfmade.workbooks(prefectures=("03", "16", "18"))


def six(code: str) -> str:
    return code[1:7]


def number(code: str) -> int:
    return int(code[1:7])


def computed(code: str) -> float:
    return float(code[1:7])


def full_width(code: str) -> str:
    return code[1:7].translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def as_it_is(code: str) -> str:
    return code


@pytest.mark.parametrize("first_row_only", [False, True], ids=["each row", "first row"])
@pytest.mark.parametrize("form", [six, number, computed, full_width, as_it_is])
def test_codes_are_told_and_nothing_else_changes(
    original: Copy, form: Callable[[str], Cell], first_row_only: bool
) -> None:
    book = copy.deepcopy(original)
    for name in SHEETS:
        last = None
        for cells in getattr(book, name)[book.first[name] :]:
            if isinstance(cells[CODE], str):
                cells[CODE] = form(cells[CODE])
            if first_row_only and cells[PREFECTURE] == last:
                cells[PREFECTURE] = None
            last = cells[PREFECTURE] or last
    assert book.tables() == original.tables()


def first_code(book: Copy, change: Callable[[str], Cell]) -> None:
    cells = book.need[book.first["need"] + 1]
    cells[CODE] = change(str(cells[CODE]))


def blank(book: Copy) -> str:
    """A row of Toyama that lost its name below the rows of Iwate."""
    row = next(row for row, cells in enumerate(book.need) if cells[PREFECTURE] == "富山県")
    book.need[row][PREFECTURE] = None
    return "the code belongs to another prefecture than none"


def wrong_digit(book: Copy) -> str:
    first_code(book, lambda code: f"{code[1:6]}{(int(code[6]) + 1) % 10}")
    return "the check digit of the code is wrong"


def five_digits(book: Copy) -> str:
    first_code(book, lambda code: code[1:6])
    return "not a code"


def six_digits_beside(book: Copy) -> str:
    book.extra = [[six(str(cells[CODE])), *cells[1:]] for cells in book.need[5:12]]
    return "the sheet is none that is read"


@pytest.mark.parametrize("change", [blank, wrong_digit, five_digits, six_digits_beside])
def test_what_proves_nothing_is_refused(original: Copy, change: Callable[[Copy], str]) -> None:
    book = copy.deepcopy(original)
    words = change(book)
    with pytest.raises(InputError, match=words):
        book.read()
