"""The dictionary of settings: every entry complete, every wrong value refused with a remedy."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from optimization.dictionary import Setting, canonical, check_value, load_settings, nearest, status_quo
from optimization.errors import InputError

SERVICES = ("fire", "waste", "school")
CASE = {
    "formula.adjustment_rate": 0.0009,
    "pool.ordinary_million_yen": 16_970_500,
    "nation.limit_million_yen": 3e7,
}
SETTINGS = load_settings()


def said(key: str, value: object, services: tuple[str, ...] | None = SERVICES) -> str:
    return "\n".join(map(str, check_value(SETTINGS[key], value, services)))


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_entry_is_complete(setting: Setting) -> None:
    assert setting.meaning.endswith(".") and len(setting.meaning) > 20
    assert any("\u3040" <= letter <= "\u9fff" for letter in setting.label_ja)
    if setting.type in ("number", "integer", "range"):
        assert setting.unit
        assert setting.minimum is not None and setting.maximum is not None
        assert setting.minimum < setting.maximum
    if setting.mark == "assumption":
        assert setting.low is not None and setting.high is not None and setting.source
        assert setting.minimum <= setting.low <= setting.default <= setting.high <= setting.maximum  # type: ignore[operator]
        assert setting.low < setting.high
    else:
        assert setting.low is None and setting.high is None
    assert (setting.default == "case") == (setting.mark == "case")


def test_dictionary_names_families_once_and_needs_what_exists() -> None:
    assert len(SETTINGS) > 30
    assert all(key.count(".") == 1 for key in SETTINGS)
    assert {s.needs for s in SETTINGS.values()} - {""} <= set(SETTINGS)


def test_loaded_dictionary_cannot_be_spoilt_by_a_caller() -> None:
    load_settings().clear()
    assert load_settings().keys() == SETTINGS.keys()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": ""}, "lacks unit"),
        ({"source": " "}, "lacks source"),
        ({"label_ja": ""}, "lacks label_ja"),
        ({"low": None}, "low <= default"),
        ({"low": 0.5}, "low <= default"),
        ({"high": 2.0}, "low <= default"),
        ({"default": 3.0}, "above the most allowed"),
        ({"default": "case"}, "exactly where the mark"),
        ({"mark": "law"}, "belong to assumptions only"),
        ({"typo": 1}, "Extra inputs"),
        ({"type": "choice"}, "lacks choices"),
    ],
)
def test_faulty_entry_is_refused(change: dict[str, Any], message: str) -> None:
    entry = SETTINGS["weights.soft_budget"].model_dump()
    Setting(**entry)
    with pytest.raises(ValidationError, match=message):
        Setting(**entry | change)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("wide_area.services", "all"),
        ("wide_area.services", ["fire"]),
        ("wide_area.services", []),
        ("equity.adequacy_floor", 1),
        ("equity.adequacy_floor", 2.0),
        ("wide_area.neighbours", 40),
        ("discipline.balance", True),
        ("rules.groups", "free"),
        ("formula.counted_share", [0.6, 0.75]),
        ("responsibility.fix", {"fire": "prefecture"}),
    ],
)
def test_good_value_passes(key: str, value: object) -> None:
    assert said(key, value) == ""


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("equity.adequacy_floor", "0.97", "must be a number"),
        ("equity.adequacy_floor", True, "must be a number"),
        ("equity.adequacy_floor", math.nan, "NaN"),
        ("equity.adequacy_floor", math.inf, "finite"),
        ("equity.adequacy_floor", -0.01, "below the least allowed, 0 ratio"),
        ("equity.adequacy_floor", 10**400, "above the most allowed, 2 ratio"),
        ("wide_area.neighbours", 4.0, "whole number"),
        ("wide_area.neighbours", 0, "below the least allowed, 1 municipalities"),
        ("discipline.balance", 1, "true or false"),
        ("rules.groups", "by_clas", "did you mean 'by_class'?"),
        ("rules.groups", ["uniform"], "must be a name"),
        ("rules.groups", "all", "not one of the names"),
        ("responsibility.free_tiers", "all", "must be a list"),
        ("responsibility.free_tiers", ["village"], "is not one of"),
        ("wide_area.services", "fire", 'or "all" for every service'),
        ("wide_area.services", ["Fires"], "did you mean 'fire'?"),
        ("wide_area.services", ["all"], "stands in a list"),
        ("wide_area.services", ["fire", "fire"], "stands twice"),
        ("wide_area.services", [["fire"]], "must be a name"),
        ("formula.counted_share", 0.75, "range of two numbers"),
        ("formula.counted_share", [0.6], "range of two numbers"),
        ("formula.counted_share", [0.75, 0.6], "lower end above"),
        ("formula.counted_share", [0.6, 1.1], "above the most allowed"),
        ("responsibility.fix", "prefecture", "table by service"),
        ("responsibility.fix", {"fires": "nation"}, "did you mean 'fire'?"),
        ("responsibility.fix", {"fire": "naton"}, "did you mean 'nation'?"),
        ("responsibility.fix", {"fire": 3}, "column responsibility.fix.fire"),
    ],
)
def test_bad_value_is_refused_with_a_remedy(key: str, value: object, words: str) -> None:
    assert words in said(key, value)
    assert "Remedy: " in said(key, value)


def test_services_are_checked_only_when_they_are_known() -> None:
    assert said("wide_area.services", ["unheard_of"], None) == ""
    assert "use one of: fire, waste, school" in said("wide_area.services", ["unheard_of"])


def test_number_by_service_is_checked_entry_by_entry() -> None:
    setting = SETTINGS["weights.soft_budget"].model_copy(update={"type": "number_by_service"})
    assert check_value(setting, {"fire": 0.5}, SERVICES) == []
    (problem,) = check_value(setting, {"fire": 0.5, "waste": 1.5}, SERVICES)
    assert problem.column == "weights.soft_budget.waste"
    assert canonical(setting, {"waste": 1, "fire": 0}, SERVICES) == {"fire": 0.0, "waste": 1.0}


def test_canonical_form_makes_equal_values_equal() -> None:
    services = SETTINGS["wide_area.services"]
    assert canonical(services, "all", SERVICES) == SERVICES
    assert canonical(services, ["waste", "fire"], SERVICES) == ("fire", "waste")
    tiers = SETTINGS["responsibility.free_tiers"]
    assert canonical(tiers, ["nation", "municipality"], SERVICES) == ("municipality", "nation")
    assert canonical(SETTINGS["formula.counted_share"], [0, 1], SERVICES) == (0.0, 1.0)


def test_nearest_offers_a_name_or_the_list() -> None:
    assert nearest("WIDE_AREA", ["wide_area", "uniform"]) == "did you mean 'wide_area'?"
    assert nearest("xyz", [f"s{i}" for i in range(15)]).endswith("and 3 more")


def test_status_quo_takes_the_case_defaults() -> None:
    today = status_quo(SERVICES, CASE)
    assert today.keys() == SETTINGS.keys()
    assert today["pool.ordinary_million_yen"] == 16_970_500.0
    assert today["wide_area.services"] == ()


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({key: CASE[key] for key in list(CASE)[1:]}, "formula.adjustment_rate: the case gives no value"),
        (CASE | {"pool.ordinary": 1.0}, "did you mean 'pool.ordinary_million_yen'?"),
        (CASE | {"formula.adjustment_rate": 2.0}, "above the most allowed"),
    ],
)
def test_wrong_case_defaults_are_refused(case: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        status_quo(SERVICES, case)


def test_off_is_a_value_of_limits_alone_and_its_own_word() -> None:
    known = load_settings()
    floor, pool = known["equity.adequacy_floor"], known["pool.ordinary_million_yen"]
    assert check_value(floor, "off") == [] and canonical(floor, "off", ()) is None
    assert canonical(floor, 0.0, ()) == 0.0
    assert [p.remedy for p in check_value(floor, "Off")] == ['did you mean "off"?']
    assert [p.message for p in check_value(pool, "off")] == ["cannot be switched off"]
    assert ', or "off"' in check_value(floor, 7.0)[0].remedy


def test_every_limit_that_may_be_off_is_off_today() -> None:
    """Those of version 0.1 were switched off by a number, which their packages may still hold."""
    limits = {key: setting for key, setting in load_settings().items() if setting.off}
    assert all(setting.default == "off" for setting in limits.values())
    once = {key for key, setting in limits.items() if setting.once_off is not None}
    assert len(once) == 19 and not any(key.startswith(("equity.place_", "choice.")) for key in once)
