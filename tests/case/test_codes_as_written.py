"""Codes as people and spreadsheets write them: known by arithmetic and by the name beside, never by likeness."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.case.tables import read_tables
from optimization.cli.app import start
from optimization.cli.options import prefecture_codes
from optimization.errors import InputError
from optimization.outcome.terms import METHODS
from optimization.prepare.case import cut_case
from optimization.reading.codes import check_digit, meant, read_prefecture, short_name
from optimization.reading.japan import PREFECTURES
from optimization.studies.study import Study
from optimization.studies.sweep import located
from optimization.web.towns import find_towns, town_index

INPUTS = Path(__file__).parents[2] / "inputs"
IWATE, NATION = INPUTS / "iwate-2022", INPUTS / "japan-2022"


@cache
def iwate() -> Case:
    return load_case(IWATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the teaching case that a test may spoil."""
    return Path(shutil.copytree(IWATE, tmp_path / "mine"))


def rewrite(folder: Path, table: str, old: str, new: str) -> None:
    """Write a code otherwise wherever it stands as a whole cell of a table."""
    file = folder / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert any(old in row for row in rows)
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([[new if cell == old else cell for cell in row] for row in rows])


def bodies(folder: Path, *codes: str) -> None:
    lines = "\n".join(f"north,{code}" for code in codes)
    (folder / "bodies.csv").write_text(f"body_id,code\n{lines}\n", encoding="utf-8")


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert all(problem.remedy for problem in caught.value.problems)
    return str(caught.value)


def test_every_code_of_the_country_is_known_in_every_shape() -> None:
    with (NATION / "municipalities.csv").open(encoding="utf-8") as lines:
        codes = [row["code"] for row in csv.DictReader(lines)]
    for code in codes:
        digit = check_digit(code)
        assert next(iter(meant(code, 5).items())) == (code, "")
        assert code in meant(code + digit, 5)
        if code.startswith("0"):
            assert meant(code[1:], 5) == {code: "is a code that lost its leading zero"}
            assert code in meant(code[1:] + digit, 5)
    assert meant("032017", 5) == meant("abcde", 5) == meant("３２０１", 5) == {}
    assert [next(iter(meant(text, 2))) for text in ("3", "03", "03000", "3000", "030007", "30007")] == [
        "03"
    ] * 6
    assert meant("4", 2) != meant("48", 2)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("32018", "it is a code that lost its leading zero and has its check digit: write 03201"),
        ("3201", "is a code that lost its leading zero (found '3201'). Remedy: write 03201"),
        (
            "032018",
            "is a code with its check digit (found '032018'). Remedy: write its first five digits, 03201",
        ),
        ("032017", "the check digit of 03201 is 8"),
        ('="03201"', "write 03201: keep the column as text"),
        ("０３２０１", "write 03201"),
        ("03202 盛岡市", "names 盛岡市, and 03202 is 宮古市"),
        ("99999 盛岡市", "names 盛岡市 beside a code that is not known here"),
    ],
)
@pytest.mark.parametrize("table", ["municipal_need", "adjacency", "indicators", "projections"])
def test_a_code_of_another_shape_is_told_by_arithmetic(
    folder: Path, table: str, written: str, words: str
) -> None:
    rewrite(folder, table, "03201", written)
    said = refused(folder)
    assert words in said
    assert "03208" not in said  # Tono: alike, and another place


def test_an_unknown_code_brings_no_likeness(folder: Path) -> None:
    rewrite(folder, "settlements", "03201", "03204")
    said = refused(folder)
    assert "did you mean" not in said
    assert "Remedy: Else" not in said


@pytest.mark.parametrize(
    "written",
    [
        "03201 盛岡市",
        "盛岡市(03201)",
        "０３２０１　盛岡市",
        "32018 盛岡市",
        "3201 岩手県盛岡市",
        "盛岡市（032018）",
    ],
)
def test_a_name_beside_the_code_proves_it(folder: Path, tmp_path: Path, written: str) -> None:
    for table in ("municipal_need", "municipalities", "prefectures", "adjacency", "outlines"):
        rewrite(folder, table, "03201", written)
    for table in ("blocs", "prefectures"):
        rewrite(folder, table, "03", "3 岩手")
    one, other = read_tables(folder), read_tables(IWATE)
    assert all(one[name].equals(other[name]) for name in other)
    cut_case(folder, ["03"], tmp_path / "part")
    assert load_case(tmp_path / "part").codes.equals(iwate().codes)


AS_CALLED = (
    *(
        "03",
        "03 岩手県",
        "岩手県(03)",
        "3 岩手",
        "030007 岩手県",
        " 03 , 03岩手",
        "3",
        "０３",
        "岩手",
        "岩手縣",
    ),
    *("iwate", "Iwate-ken", "ＩＷＡＴＥ", "Iwate Prefecture", "3 Iwate", "岩手県、iwate,3"),
)


@pytest.mark.parametrize("text", AS_CALLED)
def test_prefectures_of_a_command_line(text: str) -> None:
    assert prefecture_codes(text, iwate()) == ["03"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("03000", "it is a prefecture in five digits: write 03"),
        ("30007", "it is a code that lost its leading zero and has its check digit: write 03"),
        ("03 青森県", "names 青森県, and 03 is 岩手県"),
        ("13", "is not a prefecture of the case, which lacks 13 東京都 (Tokyo)"),
        ("宮城", "is not a prefecture of the case, which lacks 04 宮城県 (Miyagi)"),
        ("Iwaate City", "did you mean 03 岩手県 (Iwate)?"),
        ("岩手市", "did you mean 03 岩手県 (Iwate)?"),
        (
            "京",
            "may be more than one prefecture (found '京'). Remedy: write which: 13 東京都 (Tokyo) or 26 京都府",
        ),
    ],
)
def test_other_prefectures_of_a_command_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        prefecture_codes(text, iwate())
    assert words in str(caught.value)
    assert start(["validate", "status_quo", "--case", str(IWATE), "--prefectures", text]) == 2


@pytest.mark.parametrize(
    "query", ["03201", "032018", "32018", "3201", "03201 盛岡市", "盛岡市(03201)", "３２０１８"]
)
def test_a_town_is_found_by_its_code_in_every_shape(query: str) -> None:
    assert [town.code for town in find_towns(town_index(iwate()), query)] == ["03201"]


def test_a_town_is_not_found_by_a_code_and_the_name_of_another() -> None:
    assert find_towns(town_index(iwate()), "03201 宮古市") == []


def test_every_prefecture_is_known_by_code_name_and_romaji() -> None:
    for code, (name, latin) in PREFECTURES.items():
        kind = {"都": "-to", "府": "-fu", "県": "-ken", "道": ""}[name[-1]]
        for asked in (code, int(code), code.lstrip("0"), name, short_name(name), latin, latin.upper() + kind):
            assert read_prefecture(asked, PREFECTURES) == code, asked
    for asked, code in (
        ("Ōita", "44"),
        ("Hyougo", "28"),
        ("Tōkyō-to", "13"),
        ("Gumma", "10"),
        ("Hirosima", "34"),
    ):
        assert read_prefecture(asked, PREFECTURES) == code


@pytest.mark.parametrize(
    ("asked", "near"),
    [("川", ["神奈川", "石川", "香川"]), ("miya", ["宮城", "宮崎"]), ("京", ["東京", "京都"])],
)
def test_a_name_of_several_prefectures_is_none_of_them(asked: str, near: list[str]) -> None:
    wrong, remedy = read_prefecture(asked, PREFECTURES)
    assert wrong == "may be more than one prefecture" and all(name in remedy for name in near)


def test_every_prefecture_that_cannot_be_told_is_a_fault() -> None:
    with pytest.raises(InputError) as caught:
        prefecture_codes("Iwate,京,宮城,zzzz", iwate())
    assert [problem.value for problem in caught.value.problems] == ["京", "宮城", "zzzz"]


def test_a_part_is_cut_by_name(tmp_path: Path) -> None:
    arguments = ["cut", "--case", str(IWATE), "--prefectures", "岩手県", "--out", str(tmp_path / "cli")]
    assert start(arguments) == 0
    cut_case(IWATE, ["Iwate"], tmp_path / "library")
    for part in ("cli", "library"):
        assert load_case(tmp_path / part).codes.equals(iwate().codes)


def test_a_study_names_its_prefectures() -> None:
    study = Study("s", "", ("Iwate", "3"), 1e-3, 60.0, METHODS[0], 0, ())
    assert located(study, iwate()).prefectures == ("03",)
    with pytest.raises(InputError, match="study: column prefectures: is not a prefecture of the case"):
        located(replace(study, prefectures=("Miyagi",)), iwate())


# ---- bodies


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(NATION, tmp_path_factory.mktemp("nation") / "japan"))


def test_a_body_that_may_be_another_one_says_which_is_meant(nation: Path) -> None:
    """Shibetsu and Nayoro without their zeros are Ichikawa and Narita."""
    bodies(nation, "12203", "12211")
    said = refused(nation)
    assert "row north/12203, column code: can be read as 12203 市川市 or" in said
    assert "as 01220 士別市, 9" in said
    assert "as 01221 名寄市, 971 km away" in said
    bodies(nation, "12203", "01221")  # one of the two: 900 km from the other
    assert "row north/12203, column code: can be read as 12203 市川市 or" in refused(nation)
    for meant_codes, written in (
        (["01220", "01221"], ["12203 士別市", "12211 名寄市"]),
        (["12203", "12211"], ["12203 市川市", "成田市(12211)"]),
        (["12203", "12204"], ["12203", "12204"]),
    ):
        bodies(nation, *written)
        assert load_case(nation).user_bodies["code"].tolist() == meant_codes
