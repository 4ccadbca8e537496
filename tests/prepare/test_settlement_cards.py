"""Reading settlement cards: figures, marks and codes of hand-made cards, and every way they can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimization.errors import InputError
from optimization.prepare.settlement_cards import (
    CONTRIBUTIONS,
    FIRE_STAFF,
    MARKED,
    MARKS,
    PARTS,
    PURPOSES,
    SCALE,
    SPENDING,
    TOTAL,
    read_cards,
)
from optimization.reading.codes import check_digit

MUNICIPAL, PREFECTURAL = "card_2023_municipal.parquet", "card_2023_prefectural.parquet"
CODES = ("03201", "13101", "13102", "13201")
GRANTS = ("利子割交付金", "地方消費税交付金")


YEARS = ("令和5年度", "令和4年度")


def scales(amount: int) -> dict[str, object]:
    """Scale, taxes in it and bonds of both years: the amount and what is left of it."""
    return {
        f"{head}{year}": amount - 10 * n - place
        for n, head in enumerate(SCALE)
        for place, year in enumerate(YEARS)
    }


def municipal() -> pd.DataFrame:
    """Cards of a city, two wards and another city: one thousand yen of welfare, 2,000 of fire, of it 500 of works."""
    rows = []
    for code in CODES:
        row: dict[str, object] = {"都道府県コード": code[:2], "団体コード": code[2:] + check_digit(code)}
        row |= {MARKED + head: head == "ごみ処理" for head in MARKS}
        row |= {FIRE_STAFF: None if code[:2] == "13" else 12.0, CONTRIBUTIONS: "1,800"}
        for head in (*PURPOSES, TOTAL):
            if head != "警察費":
                row |= {f"{SPENDING}{head}.{part}": None for part in PARTS}
        row |= {f"{SPENDING}民生費.決算額": 1_000, f"{SPENDING}民生費.充当一般財源等": "400"}
        row |= {f"{SPENDING}消防費.決算額": 2_000.0, f"{SPENDING}消防費.普通建設事業費": 500}
        row |= {f"{SPENDING}{TOTAL}.決算額": 3_000, f"{SPENDING}{TOTAL}.普通建設事業費": 500}
        rows.append(
            row
            | {f"{SPENDING}{TOTAL}.充当一般財源等": 400, f"{SPENDING}公営事業等への繰出合計_千円": 7}
            | scales(5_000)
        )
    return pd.DataFrame(rows).astype({CONTRIBUTIONS: str})


def prefectural() -> pd.DataFrame:
    """The card of Iwate: police, and grants of two taxes to its municipalities."""
    row: dict[str, object] = {"都道府県コード": 3, **scales(90_000)}
    for head in (*PURPOSES, *GRANTS, TOTAL):
        row |= {f"{SPENDING}{head}.{part}": None for part in PARTS}
    amounts = {"警察費": 10, "利子割交付金": 3, "地方消費税交付金": 4, TOTAL: 17}
    return pd.DataFrame([row | {f"{SPENDING}{head}.決算額": amount for head, amount in amounts.items()}])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the two hand-made tables of cards."""
    municipal().astype(object).map(_as_text).to_parquet(tmp_path / MUNICIPAL)
    prefectural().astype(object).map(_as_text).to_parquet(tmp_path / PREFECTURAL)
    return tmp_path


def _as_text(cell: object) -> str | None:
    return None if cell is None or cell != cell else str(cell)


def spoil(folder: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> str:
    """What is said of cards of which one table has been changed."""
    change(pd.read_parquet(folder / name)).to_parquet(folder / name)
    with pytest.raises(InputError) as caught:
        read_cards(folder, 2022)
    assert all(problem.remedy for problem in caught.value.problems)
    return str(caught.value)


def test_figures_and_marks_of_the_cards(folder: Path) -> None:
    """Thousand yen by purpose with the wards summed, marks and staff ward by ward, taxes handed on as one purpose."""
    cards = read_cards(folder, 2022)
    assert cards.year == 2023
    spent = cards.municipal.set_index(["code", "purpose"])
    assert list(cards.municipal["code"].unique()) == ["03201", "13100", "13201"]
    assert spent.loc[("13100", "fire"), "total_thousand_yen"] == 4_000
    assert spent.loc[("03201", "fire"), "construction_thousand_yen"] == 500
    assert spent.loc[("03201", "welfare"), "general_funds_thousand_yen"] == 400
    assert spent.loc[("03201", "labour"), "total_thousand_yen"] == 0  # a dash of the card
    assert (cards.municipal["fiscal_year"] == 2023).all()
    assert cards.marks.loc["13102", "waste"] == 1
    assert cards.marks.loc["03201", "fire"] == 0
    assert (cards.fire_staff["03201"], cards.fire_staff["13201"]) == (12, 0)
    assert cards.contributions["03201"] == 1_800
    of_prefecture = cards.prefectural.set_index("purpose")["total_thousand_yen"]
    assert (of_prefecture["police"], of_prefecture["tax_grants"], of_prefecture["fire"]) == (10, 7, 0)
    assert set(cards.prefectural["prefecture_code"]) == {"03"}


def test_the_standard_financial_scale_of_both_years_with_the_wards_summed(folder: Path) -> None:
    """Scale, taxes and bonds in thousand yen, one row a government and year."""
    scale = read_cards(folder, 2022).scale.set_index(["level", "code", "fiscal_year"])
    assert scale.loc[("municipality", "03201", 2022)].tolist() == [4_999, 4_989, 4_979]
    assert scale.loc[("municipality", "13100", 2023)].tolist() == [10_000, 9_980, 9_960]
    assert scale.loc[("prefecture", "03", 2022)].tolist() == [89_999, 89_989, 89_979]
    assert len(scale) == 2 * 4


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (("財政指標.標準税収入額等_千円.令和4年度",), "標準税収入額等_千円.令和4年度: the column is missing"),
        (
            tuple(f"地方債現在高_千円.{year}" for year in YEARS),
            "地方債現在高_千円.: has no figure for any year",
        ),
    ],
)
def test_figures_of_the_scale_must_be_there_for_the_same_years(
    folder: Path, gone: tuple[str, ...], words: str
) -> None:
    said = spoil(folder, PREFECTURAL, lambda frame: frame.drop(columns=list(gone)))
    assert words in said and PREFECTURAL in said


def test_cards_of_the_nearest_year_are_taken(folder: Path) -> None:
    """Between two years equally far the earlier one."""
    for name in (MUNICIPAL, PREFECTURAL):
        (folder / name.replace("2023", "2021")).write_bytes((folder / name).read_bytes())
    assert [read_cards(folder, year).year for year in (2019, 2021, 2022, 2023)] == [2021, 2021, 2021, 2023]


def test_purposes_must_add_up(folder: Path) -> None:
    """The government, the part and the gap are named."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[3, f"{SPENDING}民生費.充当一般財源等"] = "399"
        return frame

    said = spoil(folder, MUNICIPAL, change)
    assert "row 13201: the purposes do not add up to the total (充当一般財源等) (found '-1')" in said
    assert "03201" not in said


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (f"{SPENDING}消防費.決算額", "2千", "is not a whole number (found '2千')"),
        (f"{SPENDING}消防費.決算額", "2000.5", "is not a whole number (found '2000.5')"),
        (FIRE_STAFF, "many", "is not a whole number (found 'many')"),
        (MARKED + "常備消防", "maybe", "is no mark (found 'maybe')"),
        ("団体コード", "2010", "is not a code with its check digit (found '032010')"),
        ("都道府県コード", "99", "is not a code with its check digit"),
    ],
)
def test_a_strange_cell_is_named(folder: Path, column: str, value: str, words: str) -> None:
    """Cell by cell, with its column."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[0, column] = value
        return frame

    said = spoil(folder, MUNICIPAL, change)
    assert words in said
    assert MUNICIPAL in said


@pytest.mark.parametrize("column", [FIRE_STAFF, CONTRIBUTIONS, MARKED + "税務事務", "団体コード"])
def test_a_missing_column_is_named(folder: Path, column: str) -> None:
    """Every column that is read is needed."""
    assert f"column {column}: the column is missing" in spoil(
        folder, MUNICIPAL, lambda f: f.drop(columns=column)
    )


def test_a_missing_and_a_new_purpose_are_named(folder: Path) -> None:
    """A purpose that vanished, and one that nobody has named."""
    gone = [f"{SPENDING}土木費.{part}" for part in PARTS]
    assert f"column {SPENDING}土木費.決算額: the column is missing" in spoil(
        folder, MUNICIPAL, lambda frame: frame.drop(columns=gone)
    )
    municipal().astype(object).map(_as_text).to_parquet(folder / MUNICIPAL)
    new = {f"{SPENDING}宇宙費.{part}": None for part in PARTS}
    said = spoil(folder, MUNICIPAL, lambda frame: frame.assign(**new))
    assert f"column {SPENDING}宇宙費: is a purpose not known here" in said


def test_doubled_cards_and_no_prefecture_are_named(folder: Path) -> None:
    """A card that stands twice; a number that is no prefecture's."""
    assert "row 032018: stands twice" in spoil(folder, MUNICIPAL, lambda f: pd.concat([f, f.iloc[[0]]]))
    said = spoil(folder, PREFECTURAL, lambda frame: frame.assign(都道府県コード="48"))
    assert "is not a prefecture (found '48')" in said


def test_files_that_are_none(folder: Path, tmp_path: Path) -> None:
    """No cards, a torn file, a missing level: each is said of its file, both at once."""
    (folder / MUNICIPAL).write_bytes((folder / MUNICIPAL).read_bytes()[:200])
    (folder / PREFECTURAL).unlink()
    with pytest.raises(InputError) as caught:
        read_cards(folder, 2022)
    assert [problem.file for problem in caught.value.problems] == [MUNICIPAL, PREFECTURAL]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no settlement cards"):
        read_cards(tmp_path / "empty", 2022)
