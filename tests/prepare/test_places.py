"""Outlines drawn by hand, and of every municipality against its official area; names as they are read."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.prepare.places import BOUNDARIES, outlines, readings, romaji

CASE = Path(__file__).parents[2] / "inputs" / "japan-2022"
KM_PER_DEGREE = 111.195  # 6,371 km x pi / 180


def topology(folder: Path, **changes: object) -> Path:
    """Two unit squares side by side that share the arc between them; the right one has a hole.

    Arc 0 is the shared side (1,0)-(1,1); 1 the rest of the left square; 2 the rest of the right; 3 the hole.
    """
    document = {
        "transform": {"scale": [0.01, 0.01], "translate": [130.0, 30.0]},
        "arcs": [
            [[100, 0], [0, 100]],
            [[100, 100], [-100, 0], [0, -100], [100, 0]],
            [[100, 0], [100, 0], [0, 100], [-100, 0]],
            [[140, 40], [0, 20], [20, 0], [0, -20], [-20, 0]],
        ],
        "objects": {
            "municipalities": {
                "geometries": [
                    {"id": "13101", "type": "Polygon", "arcs": [[0, 1]]},
                    {"id": "03201", "type": "MultiPolygon", "arcs": [[[2, -1], [3]]]},
                ]
            }
        },
        **changes,
    }
    (folder / BOUNDARIES).write_text(json.dumps(document), encoding="utf-8")
    return folder


def corners(points: str) -> np.ndarray:
    return np.array(points.split(), dtype=int).reshape(-1, 2).cumsum(axis=0)


def test_two_squares_share_their_side(tmp_path: Path) -> None:
    """The left square belongs to a ward, so to 13100; the right one walks the shared arc backwards."""
    frame = outlines(topology(tmp_path))
    assert frame[["code", "ring"]].to_numpy().tolist() == [["03201", 1], ["03201", 2], ["13100", 1]]
    right, hole, left = (corners(points).tolist() for points in frame["points"])
    assert left == [[131000, 30000], [131000, 31000], [130000, 31000], [130000, 30000]]
    assert right == [[131000, 30000], [132000, 30000], [132000, 31000], [131000, 31000]]
    assert hole == [[131400, 30400], [131400, 30600], [131600, 30600], [131600, 30400]]


@pytest.mark.parametrize("changes", [{"arcs": []}, {"objects": {}}, {"transform": None}])
def test_a_broken_topology_is_named(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="municipalities.topojson.*cannot be read as a topology"):
        outlines(topology(tmp_path, **changes))


def test_a_missing_topology_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"municipalities\.topojson"):
        outlines(tmp_path)


def test_the_outlines_enclose_the_official_areas() -> None:
    """Second route: shoelace areas of the drawn rings against the areas of the official register.

    Habitable islets are simplified away, so a small island may be drawn too small; the nation is not.
    """
    case = load_case(CASE)
    assert set(case.outlines["code"]) == set(case.codes)
    areas: dict[str, float] = {}
    for code, points in case.outlines[["code", "points"]].itertuples(index=False):
        lon, lat = corners(points).T / 1_000
        x = lon * math.cos(math.radians(lat.mean())) * KM_PER_DEGREE
        y = lat * KM_PER_DEGREE
        signed = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
        areas[code] = areas.get(code, 0.0) + signed
    drawn = pd.Series(areas).abs()
    ratio = drawn / case.municipalities["area_km2"]
    assert drawn.sum() == pytest.approx(case.municipalities["area_km2"].sum(), rel=0.02)
    assert ratio.median() == pytest.approx(1.0, abs=0.01)
    assert ((ratio > 0.9) & (ratio < 1.1)).mean() > 0.97


@pytest.mark.parametrize(
    ("name", "kana", "latin"),
    [
        ("札幌市", "サッポロシ", "Sapporo-shi"),
        ("大阪市", "オオサカシ", "Osaka-shi"),
        ("倶知安町", "クッチャンチョウ", "Kutchan-cho"),
        ("飯塚市", "イイヅカシ", "Iizuka-shi"),
        ("大町町", "オオマチチョウ", "Omachi-cho"),
        ("読谷村", "ヨミタンソン", "Yomitan-son"),
        ("つがる市", "ツガルシ", "Tsugaru-shi"),
    ],
)
def test_romaji(name: str, kana: str, latin: str) -> None:
    assert romaji(kana, name) == latin


def address(code: str, kana: str, city: str) -> str:
    return ",".join([code, "", "0000000", "", kana, "", "", city, "", *"000000"])


PLACES = pd.DataFrame(
    {
        "code": ["01100", "13100", "40344"],
        "name_ja": ["札幌市", "特別区", "須恵町"],
        "county_ja": [None, None, "糟屋郡"],
    }
)


def test_a_city_of_wards_and_a_town_of_a_county(tmp_path: Path) -> None:
    lines = [
        address("01101", "サッポロシチュウオウク", "札幌市中央区"),
        address("01104", "サッポロシシロイシク", "札幌市白石区"),
        address("40344", "カスヤグンスエマチ", "糟屋郡須惠町"),
    ]
    file = tmp_path / "utf_ken_all.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert readings(file, PLACES).to_numpy().tolist() == [
        ["01100", "サッポロシ", "Sapporo-shi"],
        ["13100", "トクベツク", "Tokubetsu-ku"],
        ["40344", "スエマチ", "Sue-machi"],
    ]
    file.write_text("\n".join(lines[:2]), encoding="utf-8")
    with pytest.raises(InputError, match="40344.*lacks a municipality"):
        readings(file, PLACES)


def test_half_width_kana_and_other_glyphs_are_read(tmp_path: Path) -> None:
    """The older file of Japan Post has half-width kana; a name may stand in it with other glyphs than in the case."""
    lines = [
        address("01101", "ｻｯﾎﾟﾛｼﾁｭｳｵｳｸ", "札幌市中央区"),
        address("01104", "ｻｯﾎﾟﾛｼｼﾛｲｼｸ", "札幌市白石区"),
        address("40344", "ｶｽﾔｸﾞﾝｽｴﾏﾁ", "糟屋郡須惠町"),
    ]
    file = tmp_path / "utf_ken_all.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert readings(file, PLACES).to_numpy().tolist() == [
        ["01100", "サッポロシ", "Sapporo-shi"],
        ["13100", "トクベツク", "Tokubetsu-ku"],
        ["40344", "スエマチ", "Sue-machi"],
    ]
    forked = PLACES.replace("札幌市", "札\U000e0100幌市")
    assert readings(file, forked)["name_kana"].tolist() == ["サッポロシ", "トクベツク", "スエマチ"]


@pytest.mark.parametrize("text", ["code,name\n", "01101,too,short\n", "abc" + "," * 14 + "\n"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "utf_ken_all.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="Japan Post"):
        readings(file, PLACES)


def test_every_name_of_the_nation_is_read() -> None:
    case = load_case(CASE)
    assert set(case.readings.index) == set(case.codes)
    assert case.readings["name_kana"].str.fullmatch("[ァ-ヴー]+").all()
    assert case.readings["name_romaji"].str.fullmatch("[A-Z][a-z]*(-(shi|cho|machi|son|mura|ku))?").all()
