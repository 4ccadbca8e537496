"""Verdicts as tables of a report, and the map of places where all that changes is sure."""

from __future__ import annotations

import pandas as pd
import pytest
from report_runs import Html, example

from optimization.dictionary.results import LANGUAGES, Language
from optimization.report.language import speaker
from optimization.report.open_matters import open_places, planned, staying, tells, together
from optimization.report.page import names_of, rendered
from optimization.report.verdicts import rows, said, valued


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_shows_every_change_with_its_verdict(language: Language) -> None:
    run, say = example(), speaker(language)
    names, page = names_of(run, say), Html(rendered(run, language))
    assert "verdicts" in page.ids
    table = run.tables["change_verdicts"]
    shown = planned(run.tables, names, say)
    assert len(shown) == (table["in_plan"] == 1).sum() > 0
    flat = [row for found in page.tables for row in found]
    for row in [*shown, *together(run.tables, names, say), *staying(run.tables, names, say)]:
        assert [cell.strip() for cell in row] in flat
    for label, texts in said(run.tables, names, say):
        assert [label, "".join(texts)] in flat


def test_places_are_sure_where_all_that_changes_is() -> None:
    run = example()
    changes, both = run.tables["change_verdicts"], run.tables["together_verdicts"]
    found = open_places(run)
    assert set(found) == set(run.case.codes)
    inside = changes[changes["in_plan"] == 1]
    moved = run.tables["provision"].merge(run.tables["services"][["service", "home_tier"]], on="service")
    moved = moved[moved["responsible_tier"] != moved["home_tier"]]
    open_services = set(inside.loc[inside["verdict"] != "now", "service"])
    for code, number in found.items():
        mine = moved.loc[moved["code"] == code, "service"]
        groups = both[both["member_codes"].str.split("|").map(lambda members, c=code: c in members)]
        assert (number == 0) == (mine.empty and groups.empty), code
        if number == 1:
            assert (groups["verdict"] == "now").all()
        if number == 4:
            assert (groups["verdict"] != "now").all() and set(mine) <= open_services


def test_verdicts_of_many_worlds_take_the_place_of_those_of_draws_and_differences_are_told() -> None:
    run, say = example(), speaker("en")
    names = names_of(run, say)
    one = run.tables["change_verdicts"].iloc[[0]]
    certified = pd.DataFrame(
        {
            **{name: one[name].tolist() for name in ("service", "rule_group", "tier")},
            "verdict": ["now"], "group": [""], "above": [None], "level": [None],
        }
    )  # fmt: skip
    worlds = {
        "conditional_changes": certified,
        "worlds": pd.DataFrame({"world": ["centre"], "breaches": [0], "limits_broken": [""]}),
        "robustness": pd.DataFrame({"plan": ["recommended"], "worst_regret_million_yen": [1.0],
                                    "more_than_central_million_yen": [0.0]}),
        "information": pd.DataFrame(
            {"group": [], "expected_value_million_yen": [], "worst_regret_falls_million_yen": []}
        ),
    }  # fmt: skip
    both = {**run.tables, **worlds}
    assert not tells(both)
    said = dict(rows(both, names, say))
    assert say("worlds_label") in said
    assert (one["verdict"].iloc[0] != "now") == (say("verdict_apart") in said)
    certified["verdict"] = "leave" if one["verdict"].iloc[0] != "leave" else "now"
    assert say("verdict_apart") in dict(rows(both, names, say))


def test_a_value_is_told_in_a_readers_unit() -> None:
    say = speaker("en")
    assert valued(0.46, "ratio of the fitted slope", say) == "46%"
    assert valued(57.6, "million yen per body and year", say) == "0.058 billion yen"
    assert valued(24.0, "yen", say) == "24.00"
