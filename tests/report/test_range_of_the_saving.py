"""Every headline of a saving tells its range: console, report and page, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimization.archive import read_run
from optimization.archive.form import record_problems
from optimization.report.language import LANGUAGES, Language, speaker
from optimization.report.opening import opening
from optimization.report.page import render_report

EXAMPLE = Path(__file__).parents[2] / "results/example"
IWATE = Path(__file__).parents[2] / "inputs/iwate-2022"


def rows(language: Language, spread: dict[str, object] | None) -> dict[str, str]:
    record, tables = read_run(EXAMPLE)
    parts = [record[f"{when}_parts_million_yen"] for when in ("baseline", "objective")]
    return dict(opening(tables, tables["places"], *parts, "nation", spread, speaker(language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_opening_tells_the_range_of_the_record(language: Language) -> None:
    say, spread = speaker(language), read_run(EXAMPLE)[0]["saving_range"]
    found = rows(language, spread)
    for kind, label in (("budgets", "open_budgets"), ("real", "open_doubt")):
        for end in ("low", "high"):
            amount = say.money(spread[f"{kind}_million_yen"][end], signed=True)
            assert amount in found[say(label)]
    strongest = spread["moved_by"][0]["group"]
    assert say.word(f"numbers_{strongest}") in found[say("open_doubt")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_of_before_tells_none_and_still_opens(language: Language) -> None:
    found = rows(language, None)
    assert speaker(language)("open_doubt") not in found and speaker(language)("open_budgets") in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_tells_it_in_its_recommendation_too(language: Language) -> None:
    say, spread = speaker(language), read_run(EXAMPLE)[0]["saving_range"]
    ends = {name: say.money(spread["real_million_yen"][name], signed=True) for name in ("low", "high")}
    told = say("saves_range", draws=say.number(spread["draws"]), **ends)
    assert told in render_report(EXAMPLE, IWATE, language=language)


@pytest.mark.parametrize(
    "broken",
    [
        {"moved_by": [{"group": "luck", "rank_correlation": 0.5}]},
        {"moved_by": [{"group": "travel", "rank_correlation": 1.5}]},
        {"draws": 0},
        {"real_million_yen": {"low": 1.0}},
    ],
)
def test_a_range_of_another_form_is_refused(broken: dict[str, object]) -> None:
    record = json.loads((EXAMPLE / "run.json").read_text(encoding="utf-8"))
    assert not list(record_problems(record, EXAMPLE / "run.json"))
    record["saving_range"] |= broken
    problems = list(record_problems(record, EXAMPLE / "run.json"))
    assert problems and all(problem.column.startswith("saving_range") for problem in problems)
