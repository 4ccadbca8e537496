"""Numbers in each language's habit; every sentence in both languages, none idle."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest
from report_runs import REPO

from optimization.case.load import load_case
from optimization.dictionary.parameters import load_parameters, parameter_label
from optimization.dictionary.settings import OFF, load_settings
from optimization.report.language import PHRASES, speaker

ROOM = REPO / "optimization" / "report"
EN, JA = speaker("en"), speaker("ja")
BUILT = ("h_", "short_", "tier_", "flow_", "question_", "open_owner_", "worlds_", "rule_", "method_")
"""Beginnings of keys that are put together with a word, which the room names."""


@pytest.mark.parametrize(
    ("million", "english", "japanese"),
    [
        (61_159_381.0, "61,159.4 billion yen", "61兆1,594億円"),
        (2_000_000.0, "2,000.0 billion yen", "2兆円"),
        (999_999.9, "1,000.0 billion yen", "10,000億円"),
        (12_345.0, "12.3 billion yen", "123億円"),
        (999.0, "0.999 billion yen", "9.99億円"),
        (4.25, "0.004 billion yen", "0.04億円"),
        (0.0, "0", "0"),
        (-586_000.0, "−586.0 billion yen", "−5,860億円"),
    ],
)
def test_money(million: float, english: str, japanese: str) -> None:
    """1 兆円 is a million million yen, 1 億円 a hundred million."""
    assert (EN.money(million), JA.money(million)) == (english, japanese)


def test_signs_people_shares_and_lists() -> None:
    assert (EN.money(1_500.0, signed=True), JA.money(-1_500.0, signed=True)) == (
        "+1.5 billion yen",
        "−15億円",
    )
    assert (EN.amount(-837_700.0, signed=True), JA.amount(837_700.0, signed=True)) == ("−837.7", "+8,377")
    assert (EN.amount(-0.004), JA.amount(-3.7e-9)) == ("0.0", "0")
    assert (EN.people(88_900_000), JA.people(88_900_000)) == ("88.9 million", "8,890万人")
    assert (EN.people(4_500), JA.people(4_500)) == ("4,500", "4,500人")
    assert (EN.yen(-811.4, signed=True), JA.yen(0.2, signed=True)) == ("−811 yen", "0円")
    assert EN.share(0.00949, 2) == "0.95%"
    assert EN.listed(["a"]) == "a" and EN.listed([]) == ""
    assert EN.listed(["a", "b", "c"]) == "a, b and c" and JA.listed(["a", "b", "c"]) == "a、b、c"
    assert (EN.axis(44_700_000.0), JA.axis(4_750_000.0)) == ("44,700.0 bn", "47,500億")


def test_both_languages_say_the_same_figures() -> None:
    """Every phrase is a pair, both filled, with the same names in braces."""
    for key, pair in tomllib.loads(PHRASES.read_text(encoding="utf-8")).items():
        assert len(pair) == 2 and all(text.strip() for text in pair), key
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in pair]
        assert names[0] == names[1], key
        assert re.search("[ぁ-んァ-ヶ一-龠{%]", pair[1]), f"{key}: no Japanese"


def test_no_sentence_is_idle() -> None:
    files = [*ROOM.glob("*.py"), *(ROOM / "templates").glob("*")]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    choices = {f"option_{name}" for each in load_settings().values() for name in (OFF, *(each.choices or ()))}
    for key in tomllib.loads(PHRASES.read_text(encoding="utf-8")).keys() - choices:
        words = {key, *(key.removeprefix(start) for start in BUILT)}
        assert any(f"{quote}{word}{quote}" in source for word in words for quote in "'\""), (
            f"{key} is said nowhere"
        )


def test_every_parameter_of_the_cases_has_a_name() -> None:
    known = set()
    for case in ("japan-2022", "iwate-2022"):
        known |= set(load_case(Path(REPO / "inputs" / case)).parameters.table["parameter"])
    assert known == set(load_parameters())
    assert parameter_label("detour_factor", "ja") == "道路距離と直線距離の比"
    with pytest.raises(KeyError):
        parameter_label("detour", "en")
