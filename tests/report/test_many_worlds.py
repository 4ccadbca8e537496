"""What a recommendation for many worlds says first in a report, in both languages."""

from __future__ import annotations

import pandas as pd
import pytest

from optimization.report.language import LANGUAGES, Language, speaker
from optimization.report.many_worlds import rows


def tables() -> dict[str, pd.DataFrame]:
    changes = [
        ("fire", "prefecture", "now", "", None, None),
        ("fire", "prefecture", "now", "", None, None),
        ("waste", "prefecture", "only_if", "realisation", 1.0, 0.25),
        ("schools", "nation", "only_if", "travel", 0.0, 0.75),
    ]
    return {
        "worlds": pd.DataFrame(
            {"world": ["centre", "travel_high"], "breaches": [0, 2], "limits_broken": ["", "R7|F5"]}
        ),
        "robustness": pd.DataFrame(
            {
                "plan": ["recommended", "central"],
                "worst_regret_million_yen": [1371.0, 1898.0],
                "more_than_central_million_yen": [107.0, 0.0],
            }
        ),
        "conditional_changes": pd.DataFrame(
            changes, columns=["service", "tier", "verdict", "group", "above", "level"]
        ),
        "information": pd.DataFrame(
            {
                "group": ["realisation", "travel", "overhead"],
                "expected_value_million_yen": [230.0, 87.0, 0.0],
                "worst_regret_falls_million_yen": [651.0, 0.0, 0.0],
            }
        ),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_to_do_now_only_if_and_what_to_find_out(language: Language) -> None:
    say = speaker(language)
    said = dict(rows(tables(), str.upper, say))
    assert say.money(1371.0) in said[say("worlds_label")] and say.money(1898.0) in said[say("worlds_label")]
    assert said[say("worlds_broken")] == "travel_high (R7, F5)"
    assert said[say("worlds_now")].count("FIRE") == 1 and "2" in said[say("worlds_now")]
    only = said[say("worlds_only_if")]
    above = say("worlds_above", group=say.word("numbers_realisation"), level="0.25")
    below = say("worlds_below", group=say.word("numbers_travel"), level="0.75")
    assert above in only and below in only and only.index("WASTE") < only.index("SCHOOLS")
    assert said[say("worlds_leave")] == say("worlds_none")
    first = said[say("worlds_find_out")]
    assert (
        say.money(230.0) in first and say.money(651.0) in first and say.word("numbers_overhead") not in first
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_both_cuts_of_a_condition_what_giving_up_costs_and_the_bodies(language: Language) -> None:
    say, told = speaker(language), tables()
    changes = told["conditional_changes"]
    told["conditional_changes"] = changes.assign(
        and_group=["", "", "travel", ""], and_above=[None, None, 1.0, None], and_level=[None, None, 0.5, None],
        costs_at_best_million_yen=[-1.0, -2.0, None, None], costs_at_worst_million_yen=[30.0, 40.0, None, None],
    )  # fmt: skip
    told["body_families"] = pd.DataFrame({"verdict": ["now", "only_if", "now"]})
    said = dict(rows(told, str.upper, say))
    assert say("worlds_above", group=say.word("numbers_travel"), level="0.50") in said[say("worlds_only_if")]
    now = said[say("worlds_now")]
    assert say("worlds_costs", low=say.money(-2.0, signed=True), high=say.money(40.0, signed=True)) in now
    assert say("worlds_families", count="2", all="3") in now


def test_of_any_other_run_it_says_nothing() -> None:
    assert rows({"worlds": pd.DataFrame()}, str, speaker("en")) == []
