"""Numbers as people write them, in packages, studies and tables: named for what they are, never taken in silence."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.package_reader import read_package
from optimization.case.packages import check_names
from optimization.case.tables import read_tables
from optimization.errors import InputError
from optimization.reading.numerals import read_numeral, share_meant
from optimization.reading.toml_file import read_toml
from optimization.studies.study import read_study

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
PACKAGE = """[package]
name = "mine"
title = "Mine"
author = "A. Author"
source = "Nowhere"
date = 2026-11-24
baseline = "status_quo"

[[provision]]
number = 1
text = "As the test needs it."
[provision.settings]
"""
FLOOR, POOL = '"equity.adequacy_floor" = ', '"pool.ordinary_million_yen" = '


@pytest.mark.parametrize(
    ("text", "unit", "words", "value"),
    [
        ("０．７５", "ratio", "full-width digits or signs", "0.75"),
        ("75%", "ratio", "a percent sign", "0.75"),
        ("75％", "percent", "full-width digits or signs and a percent sign", "75"),
        ("７割", "fraction", "full-width digits or signs and a unit (割)", "0.7"),
        ("△1,234", "thousand_yen", "a triangle for a minus and separators of thousands", "-1234"),
        ("▲１，２３４", "thousand_yen", "a triangle for a minus", "-1234"),
        ("(1,234)", "million_yen", "brackets for a minus", "-1234"),
        ("−5", "deg", "a dash for a minus", "-5"),
        ("0,75", "ratio", "',' for the decimal point", "0.75"),
        ("0・75", "ratio", "'・' for the decimal point", "0.75"),
        ("100億円", "million yen per year", "a unit (億円)", "10000"),
        ("1兆2,000億円", "million yen", "a unit (兆 億円)", "1200000"),
        ("100 million yen", "thousand_yen", "a unit (million yen)", "100000"),
        ("12万人", "persons", "a unit (万人)", "120000"),
        ("1.5 km", "km", "a unit (km)", "1.5"),
        ("100億円", "ratio", "a unit (億円)", None),
        ("75%", "million yen", "a percent sign", None),
        ("0.75", "ratio", "", "0.75"),
    ],
)
def test_a_number_is_read_in_the_unit_asked_for(text: str, unit: str, words: str, value: str | None) -> None:
    found = read_numeral(text, unit)
    assert found is not None and words in found.words
    assert found.value == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    "text", ["many", "#REF!", "0x1f", "-", "", "1,23,4", "3-4", "2026年11月", "fire", "9" * 99]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_numeral(text) is None


def test_a_share_in_per_cent_is_known_by_its_bounds() -> None:
    assert share_meant(75, "ratio", 0, 1) == "0.75"
    assert share_meant(0.975, "percent", 20, 300) == "97.5"
    assert share_meant(1.2, "fraction", 0, 1) == share_meant(75, "persons", 0, 1) == ""


def refused(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "mine.toml").write_text(PACKAGE + text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_package(tmp_path / "mine.toml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FLOOR + "75", "above the most allowed, 2 ratio (found '75'). Remedy: did you mean 0.75?"),
        (FLOOR + '"０．７５"', "it is a text and has full-width digits or signs (found '０．７５')"),
        (FLOOR + '"75%"', "has a percent sign (found '75%'). Remedy: write 0.75 (ratio), without quotation marks"),
        (FLOOR + '"75"', "did you mean 0.75?"),
        (FLOOR + "０．７５", "row 13, column equity.adequacy_floor: has full-width digits or signs (found '０．７５')"),
        (FLOOR + "75％", "digits or signs and a percent sign (found '75％'). Remedy: write 0.75 (ratio)"),
        (FLOOR + "100億円", "has a unit (億円) (found '100億円'). Remedy: write the figure in ratio, without a unit"),
        (FLOOR.replace("=", "＝") + "0.75", 'signs of full width or of a word processor'),
        (FLOOR.replace('"', "“") + "0.75", 'Remedy: write "equity.adequacy_floor" = 0.75'),
        (FLOOR + "0,75", "has ',' for the decimal point (found '0,75'). Remedy: write 0.75 (ratio)"),
        (FLOOR + "03", "begins with a zero"),
        (POOL + "17,399,000", "separators of thousands (found '17,399,000'). Remedy: write 17399000 (million yen"),
        (POOL + '"17兆円"', "(found '17兆円'). Remedy: write 17000000 (million yen per year), without"),
        (POOL + "17兆3,990億円 # pool", "Remedy: write 17399000 (million yen per year)"),
        (POOL + "△1", "has a triangle for a minus (found '△1'). Remedy: write -1 (million yen per year)"),
        ('"formula.counted_share" = [60%, ０．７５]', "has a percent sign (found '60%'). Remedy: write 0.6"),
        ('"formula.counted_share" = ["60%", 0.75]', "(found '60%'). Remedy: write 0.6"),
        ('[assumptions]\n"detour_factor" = "１．３"', "must be a finite number: it is a text and has full-width"),
        ('[assumptions]\n"coordination_fixed_million_yen" = "5億円"', "write 500 (million yen)"),
    ],
)  # fmt: skip
def test_a_number_of_a_package_is_named_for_what_it_is(tmp_path: Path, text: str, words: str) -> None:
    assert words in "\n".join(refused(tmp_path, text))


def test_lines_that_are_no_toml_hide_no_other_fault(tmp_path: Path) -> None:
    other = '"rules.groups" = "fre"\n"weights.acces" = 1\n[asumptions]\n'
    said = refused(tmp_path, f"{FLOOR}０．７５\n{POOL}1,234\n{other}")
    assert len(said) == 5
    for words in (
        "０．７５",
        "1,234",
        "did you mean 'free'?",
        "weights.access",
        "did you mean 'assumptions'?",
    ):
        assert any(words in line for line in said)


def test_a_line_read_otherwise_leaves_texts_and_comments_alone() -> None:
    text = "a = \"75％、＝\" # ０．７５\nb = ７５\nc = '△'\n"
    document, faults = read_toml(text)
    assert document == {"a": "75％、＝", "b": 75, "c": "△"}
    assert [(fault.line, fault.key) for fault in faults] == [(2, "b")]
    assert read_toml("x = = 1")[0] is None and len(read_toml("x = ０\ny = = 1")[1]) == 2


def test_an_unknown_key_does_not_hide_what_the_case_does_not_know(tmp_path: Path) -> None:
    text = PACKAGE.replace("author", "autor") + '"responsibility.fix" = { fires = "prefecture" }\n'
    text += (
        '[assumptions]\n"fire.scale_realization" = 0.4\n"fire.scale_realisation" = 40\n"discount_rate" = -1\n'
    )
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_package(load_case(IWATE), tmp_path / "mine.toml")
    said = str(caught.value)
    for words in (
        "column autor",
        "column author: is missing",
        "did you mean 'fire'?",
        "fire.scale_realisation'?",
    ):
        assert words in said
    assert "must be between 0 and 1 (found '40'). Remedy: did you mean 0.4?" in said
    assert "discount_rate: must be at least 0 and below 1 (found '-1')" in said
    assert len(caught.value.problems) == 6


def test_a_good_assumption_passes(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(PACKAGE + '[assumptions]\n"detour_factor" = 1.3\n', encoding="utf-8")
    assert check_names(read_package(tmp_path / "mine.toml"), [], ["detour_factor"]) == []


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("gap = 75", "is not allowed (found '75'). Remedy: did you mean 0.75?"),
        (
            'gap = "0.1%"',
            "it is a text and has a percent sign (found '0.1%'). Remedy: write 0.001 (ratio), without",
        ),
        ("gap = 0.1%", "column gap: has a percent sign"),
        ("time_limit = １００", "full-width digits or signs (found '１００'). Remedy: write 100"),
        ("prefectures = [03]", 'write "03" in quotation marks'),
    ],
)
def test_a_number_of_a_study_is_named_for_what_it_is(tmp_path: Path, head: str, words: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f'[study]\nname = "s"\n{head}\n[[cell]]\npackages = "uniform"\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(file)
    assert words in str(caught.value)


def test_every_fault_of_a_study_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('[study]\nnam = "s"\ngap = ２\nseed = -1\n[grid]\npackages = 1\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(file)
    said = str(caught.value)
    for words in (
        "column nam",
        "names no study",
        "'２'",
        "gap: is not allowed",
        "column seed",
        "names no package",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("table", "old", "new", "words"),
    [
        ("municipal_allocation", "03201,14135669", "03201,△14135669", "a triangle for a minus (found '△14135669')"),
        ("municipal_allocation", "03201,14135669", '03201,"１４，１３５，６６９"', "write 14135669 (thousand yen)"),
        ("municipal_allocation", "03201,14135669", "03201,141億円", "(found '141億円'). Remedy: write 14100000 ("),
        ("municipal_allocation", "03201,14135669", "03201,75%", "write the figure in thousand yen, without a unit"),
        ("national_taxes", "0.331", "33.1％", "a percent sign (found '33.1％'). Remedy: write 0.331 (ratio)"),
        ("national_taxes", "0.331", "33.1", "the most it can be (found '33.1'). Remedy: did you mean 0.331?"),
        ("parameters", "0.4,0.5,0.55", "0.4,0.5,55", "and below 1 (found '55'). Remedy: did you mean 0.55?"),
    ],
)  # fmt: skip
def test_a_number_of_a_table_is_named_for_what_it_is(
    tmp_path: Path, table: str, old: str, new: str, words: str
) -> None:
    folder = Path(shutil.copytree(IWATE, tmp_path / "mine"))
    file = folder / f"{table}.csv"
    content = file.read_text(encoding="utf-8")
    assert old in content
    file.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_case(folder) if table == "parameters" else read_tables(folder)
    assert words in str(caught.value)


def test_a_share_is_known_whatever_kind_of_number_holds_it() -> None:
    assert share_meant(np.float64(75), "ratio", 0, 1) == share_meant(75, "ratio", 0, 1) == "0.75"
    assert share_meant(float("nan"), "ratio", 0, 1) == share_meant(float("inf"), "ratio", 0, 1) == ""
