"""One name written in many ways is one; names that differ stay apart; signs that look alike are told apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimization.reading.japan import PREFECTURES
from optimization.reading.japanese import GLYPHS, folded, katakana, signs_apart

NATION = Path(__file__).parents[1] / "inputs" / "japan-2022"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("葛\U000e0100城市", "葛城市"),
        ("葛\ufe00城市", "葛城市"),
        ("梼原町", "檮原町"),
        ("鎌ヶ谷市", "鎌ケ谷市"),
        ("鎌が谷市", "鎌ケ谷市"),
        ("龍ケ崎市", "竜ヶ崎市"),
        ("塩竈市", "塩釜市"),
        ("　盛 岡\u200b市 ", "盛岡市"),
        ("ﾓﾘｵｶ", "モリオカ"),
        ("（単位：千円）", "(単位:千円)"),
    ],
)
def test_what_is_read_as_the_same_is_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_no_two_names_of_the_country_become_one() -> None:
    """鹿嶋市 and 鹿島市 differ by a glyph on purpose."""
    towns = pd.read_csv(NATION / "municipalities.csv", dtype=str)
    assert towns["name_ja"].map(folded).nunique() == towns["name_ja"].nunique()
    assert all(folded(name) == name for name, _ in PREFECTURES.values())


def test_every_pair_ends_at_a_sign_that_stands_for_itself() -> None:
    pairs = GLYPHS.split()
    assert all(len(pair) == 2 for pair in pairs)
    assert len({pair[0] for pair in pairs}) == len(pairs)
    assert not {pair[0] for pair in pairs} & {pair[1] for pair in pairs}


def test_signs_that_look_alike_are_told_by_their_code_points() -> None:
    assert signs_apart("北秋曰市", "北秋田市") == "曰 U+66F0 stands where 田 U+7530 is due"
    assert (
        signs_apart("盛岡市", "盛岡市")
        == signs_apart("盛岡市", "宮古市")
        == signs_apart("盛岡", "盛岡市")
        == ""
    )


def test_kana_of_any_kind_are_full_width_katakana() -> None:
    assert katakana("ｷｮｳﾄｼ") == katakana("きょうとし") == katakana("キョウトシ") == "キョウトシ"
