"""Finding a town by name, reading and code."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from optimization.case.load import load_case
from optimization.reading.japanese import folded_romaji
from optimization.web.towns import Town, find_towns, nearest_towns, romaji_of, town_index

JAPAN = Path(__file__).parents[2] / "inputs" / "japan-2022"


@cache
def towns() -> tuple[Town, ...]:
    return town_index(load_case(JAPAN))


def codes(query: str) -> list[str]:
    return [town.code for town in find_towns(towns(), query)]


OSAKA, MORIOKA, YOKKAICHI = "27100", "03201", "24202"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("大阪市", OSAKA),
        ("大阪", OSAKA),
        ("大阪府大阪市", OSAKA),
        ("Osaka", OSAKA),
        ("oosaka", OSAKA),
        ("Ōsaka", OSAKA),
        ("Ôsaka-shi", OSAKA),
        ("OHSAKA SHI", OSAKA),
        ("Osaka City", OSAKA),
        ("ｏｓａｋａ", OSAKA),
        ("おおさか", OSAKA),
        ("オオサカシ", OSAKA),
        ("オーサカ", OSAKA),
        ("27100", OSAKA),
        ("271004", OSAKA),
        ("271009", OSAKA),
        ("２７１００４", OSAKA),
        ("盛岡市", MORIOKA),
        ("盛岡", MORIOKA),
        ("もりおか", MORIOKA),
        ("Morioka-shi", MORIOKA),
        ("岩手県 盛岡市", MORIOKA),
        ("四日市", YOKKAICHI),
        ("四日市市", YOKKAICHI),
        ("Yokkaichi", YOKKAICHI),
        ("Yokkaiti-si", YOKKAICHI),
        ("よっかいちし", YOKKAICHI),
        ("鎌ヶ谷市", "12224"),
        ("鎌ケ谷", "12224"),
        ("鎌が谷", "12224"),
        ("京都宇治市", "26204"),
        ("京都府宇治市", "26204"),
        ("ｳｼﾞ", "26204"),
        ("ｷｮｳﾄ", "26100"),
        ("葛\U000e0100城市", "29211"),
        ("梼原町", "39405"),
        ("檮原町", "39405"),
        ("塩釜市", "04203"),
        ("京都 宇治", "26204"),
        ("北海道札幌", "01100"),
        ("Ichikawa-shi", "12203"),
        ("世田谷区", "13100"),
        ("Setagaya", "13100"),
        ("特別区", "13100"),
        ("Tokyo", "13100"),
    ],
)
def test_one_town_by_any_of_its_names(query: str, code: str) -> None:
    assert codes(query) == [code]


def test_homonyms_give_a_list() -> None:
    assert codes("府中市") == ["13206", "34208"]
    assert codes("府中") == ["13206", "34208", "34302"]
    assert codes("安芸郡府中町") == ["34302"]
    assert {"13206", "34208", "34302"} <= set(codes("Fuchu"))
    assert set(codes("Fuchu Hiroshima")) == {"34208", "34302"}
    assert set(codes("府中 広島県")) == {"34208", "34302"}


def test_a_beginning_gives_all_that_begin_so() -> None:
    hits = codes("Kitakami")
    assert "03206" in hits
    assert all("津軽" in town.county_ja + town.name_ja for town in find_towns(towns(), "津軽"))


@pytest.mark.parametrize("query", ["", "   ", "99999", "000000", "zzzzqqq", "<script>", "%", "龘"])
def test_nothing_where_nothing_is_meant(query: str) -> None:
    assert codes(query) == []


def test_the_nearest_names_come_first() -> None:
    assert nearest_towns(towns(), "Moryoka")[0].code == MORIOKA
    assert nearest_towns(towns(), "盛丘市")[0].name_ja.startswith("盛")
    assert len(nearest_towns(towns(), "qqq", 3)) == 3


def test_every_town_is_found_by_each_of_its_names() -> None:
    for town in towns()[::7]:
        for name in (town.name_ja, town.kana, town.romaji, town.code, town.code + "0"):
            assert town in find_towns(towns(), name), (town, name)


def test_readings_fold_to_one_spelling() -> None:
    assert romaji_of("しゅうなん") == "syuunan"
    assert folded_romaji("Shūnan") == folded_romaji("Syuunan") == folded_romaji(romaji_of("シュウナン"))
    assert folded_romaji("Gumma") == folded_romaji("Gunma")
    assert folded_romaji("Matsuyama") == folded_romaji("Matuyama") == folded_romaji(romaji_of("まつやま"))
    assert folded_romaji("Jōetsu") == folded_romaji("Zyouetu") == folded_romaji(romaji_of("ジョウエツ"))
