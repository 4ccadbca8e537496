"""Amounts of the result workbook that disagree with need, revenue and rate are named, and no case is written."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import selfmade

from optimization.errors import InputError
from optimization.prepare.allocation_tax import prepare_allocation_tax
from optimization.reading.settled import account, far_from_due, rate_meant

if TYPE_CHECKING:
    from copies import Copy

TOWN, PAID = 2, 3


@pytest.fixture(scope="module")
def own() -> Copy:
    return selfmade.workbooks()


@pytest.fixture(params=["own", "official"])
def book(request: pytest.FixtureRequest, own: Copy) -> Copy:
    """A fresh copy, of our own workbooks and of the official ones."""
    return copy.deepcopy(own if request.param == "own" else request.getfixturevalue("small_original"))


def receivers(book: Copy) -> list[int]:
    return [row for row, cells in enumerate(book.result) if isinstance(cells[PAID], int) and cells[PAID] > 0]


def shifted(book: Copy) -> str:
    rows = [row for row, cells in enumerate(book.result) if isinstance(cells[PAID], int)]
    amounts = [book.result[row][PAID] for row in rows]
    for row, amount in zip(rows, [*amounts[1:], amounts[0]], strict=True):
        book.result[row][PAID] = amount
    return str(book.result[rows[0]][TOWN])


def raised(book: Copy) -> str:
    book.result[receivers(book)[3]][PAID] += 5_000_000  # type: ignore[operator]
    return str(book.result[receivers(book)[3]][TOWN])


def nothing(book: Copy) -> str:
    row = receivers(book)[1]
    book.result[row][PAID] = 0
    return str(book.result[row][TOWN])


def swapped(book: Copy) -> str:
    rows = receivers(book)
    most = max(rows, key=lambda row: book.result[row][PAID])  # type: ignore[arg-type,return-value]
    least = min(rows, key=lambda row: book.result[row][PAID])  # type: ignore[arg-type,return-value]
    book.result[most][PAID], book.result[least][PAID] = book.result[least][PAID], book.result[most][PAID]
    return str(book.result[least][TOWN])


@pytest.mark.parametrize("change", [shifted, raised, nothing, swapped])
def test_the_government_is_named(book: Copy, change: Callable[[Copy], str]) -> None:
    name = change(book)
    with pytest.raises(InputError) as caught:
        book.read()
    told = str(caught.value)
    assert "the amount disagrees with need, revenue and rate of the sheets" in told
    assert name in told
    assert {problem.file for problem in caught.value.problems} == {"muni_2022 [result]"}


def test_nothing_is_written(own: Copy, tmp_path: Path) -> None:
    book, source, out = copy.deepcopy(own), tmp_path / "source", tmp_path / "case"
    raised(book)
    source.mkdir()
    book.save(source)
    selfmade.workbooks("prefectural").save(source)
    with pytest.raises(InputError, match="the amount disagrees"):
        prepare_allocation_tax(source, 2022, out)
    assert not out.exists()


# ---- what years have and what none has


def accounts(gone_without: float, top_up: float = 0.0) -> pd.DataFrame:
    """Twenty governments that go without a share of their need; every other one is paid a top-up."""
    need = pd.Series({f"{number:05d}": 1e6 + 1e5 * number for number in range(20)})
    revenue = 0.4 * need
    paid = (1 - gone_without) * need - revenue
    paid.iloc[::2] += top_up * need.iloc[::2]
    return account(need, revenue, paid)


def test_a_merger_top_up_is_none_after_its_last_year() -> None:
    of = accounts(0.001, 0.15)
    assert far_from_due(of, 0.001, 2020).empty
    assert list(far_from_due(of, 0.001, 2021).index) == list(of.index[::2])
    assert rate_meant([of], 0.001, 2020) is None


def test_amounts_of_july_may_lack_more_of_a_need_of_winter() -> None:
    of = accounts(0.03)
    of.loc["00001", "paid"] -= 0.12 * of.at["00001", "need"]
    assert far_from_due(of, 0.0, 2021).empty
    earlier = accounts(0.001)
    earlier.loc["00001", "paid"] -= 0.12 * earlier.at["00001", "need"]
    assert list(far_from_due(earlier, 0.001, 2021).index) == ["00001"]


def test_who_lacks_nothing_is_paid_nothing() -> None:
    of = accounts(0.001)
    of.loc["00003", "revenue"] = of.at["00003", "need"] + 1
    of.loc["00003", "paid"] = 10
    assert list(far_from_due(of, 0.001, 2022).index) == ["00003"]
    assert far_from_due(of, 0.001, 2020).empty


def test_a_rate_of_few_amounts_is_not_told() -> None:
    of = accounts(0.001)
    assert rate_meant([of], 0.08, 2022) == pytest.approx(0.001)
    assert rate_meant([of.iloc[:5]], 0.08, 2022) is None
    assert rate_meant([of.iloc[:0]], 0.08, 2022) is None
