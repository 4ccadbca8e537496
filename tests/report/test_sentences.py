"""What a report says in words, against arithmetic done here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from report_runs import example

from optimization.report import sentences
from optimization.report.language import LANGUAGES, speaker
from optimization.report.sections import costs
from optimization.report.sentences import break_even, realised_share, recommendation, saving, slower
from optimization.report.view import RunView, StudyView

SAY = speaker("en")


def with_parts(today: dict[str, float], now: dict[str, float]) -> RunView:
    """The example with other parts of the cost (million yen)."""
    record: dict[str, Any] = {
        **example().record,
        "baseline_parts_million_yen": today,
        "objective_parts_million_yen": now,
        "baseline_million_yen": sum(today.values()),
        "objective_million_yen": sum(now.values()),
    }
    return replace(example(), record=record)


def test_a_dearer_price_by_hand() -> None:
    """Standard cost 1,000 -> 900, travel 10 -> 30: saves 80. Twice as dear travel costs 20 more for 10 -> 30, so 60 is
    left; at 1 + 80 / 20 = 5 times nothing is. Of the fall of 100, 20 must come true to pay for the travel."""
    run = with_parts({"standard": 1_000.0, "access": 10.0}, {"standard": 900.0, "access": 30.0})
    assert saving(run) == 80.0
    (travel,) = break_even(run)
    assert (travel.part.name, travel.at_double, travel.multiple) == ("access", 60.0, 5.0)
    assert realised_share(run) == pytest.approx(0.2)
    text = recommendation(run, SAY)[-1]
    assert "would still save 0.060 billion yen" in text and "at 5.0 times" in text and "only 20%" in text


def test_terms_of_judgement_are_no_saving() -> None:
    """Budgets 100 -> 90, travel 10 -> 12: really saves 8 of 110. 30 less of a judged loss is nobody's money."""
    today = {"standard": 100.0, "access": 10.0, "soft_budget": 50.0}
    run = with_parts(today, {"standard": 90.0, "access": 12.0, "soft_budget": 20.0})
    assert saving(run) == 8.0
    said = recommendation(run, SAY)[1]
    assert said.startswith("Real cost falls by 0.008 billion yen a year (7.27%)") and "soft" not in said
    assert any("terms of judgement included" in each for each in recommendation(run, SAY))
    assert not any("terms of judgement included" in each for each in recommendation(example(), SAY))
    rows = {row["part"]: row["change"] for row in costs(run, SAY)}
    assert rows["what budgets pay"] == -10.0 and rows["real cost"] == -8.0
    assert rows["judgement, no money: soft budget (grants)"] == -30.0


def test_a_plan_that_travel_would_ruin() -> None:
    """Saves 10 with 40 more travel: twice as dear it costs 30 more than today, and stops paying at 1.25 times."""
    run = with_parts({"standard": 100.0, "access": 10.0}, {"standard": 50.0, "access": 50.0})
    text = recommendation(run, SAY)[-1]
    assert "would cost 0.030 billion yen a year more than today" in text and "at 1.2 times" in text


def test_a_plan_that_costs_more_promises_nothing() -> None:
    run = with_parts({"standard": 100.0, "access": 0.0}, {"standard": 90.0, "access": 40.0})
    assert saving(run) == -30.0 and realised_share(run) is None
    assert break_even(run)[0].multiple == float("inf")
    said = recommendation(run, SAY)
    assert said[1].startswith("Real cost rises by 0.030 billion yen a year (30.00%)")
    assert "stop paying" not in said[-1] and "come true" not in said[-1]


def test_what_the_example_says() -> None:
    """Every figure of the sentences, counted here from the tables."""
    run = example()
    said = recommendation(run, SAY)
    table = run.tables["responsibility"]
    moved = table[table["changed"] == 1]
    assert f"Of {len(table)} duties" in said[0] and f"{len(moved)} change their responsible tier" in said[0]
    services = run.tables["services"].set_index("service")
    change = services["total_million_yen"] - services["total_today_million_yen"]
    service = change[change.index.isin(moved["service"])].idxmin()
    assert f"The largest savings: {run.service(service, SAY)} to the" in said[0]
    record = run.record
    change = saving(run)
    assert f"falls by {change / 1e3:,.1f} billion yen" in said[1]
    governments = run.tables["governments"]
    places = run.tables["places"]
    people, change = places["population_persons"], places["change_yen_per_resident"]
    assert f"changes by {SAY.yen((people * change).sum() / people.sum(), signed=True)} in the mean" in said[4]
    assert f"rises for {SAY.people(people[change > 100].sum())} and falls for" in said[4]
    towns = governments[governments["tier"] == "municipality"]
    assert f"{int(towns['receiving_today'].sum())} municipalities receive it today" in said[2]
    assert f"is {towns['coverage_ratio'].min():.3f}" in said[4]
    assert f"{record['bound_million_yen'] / 1e3:,.1f} billion yen" in said[5]


@pytest.mark.parametrize("language", LANGUAGES)
def test_half_a_page(language: Any) -> None:
    said = recommendation(example(), speaker(language))
    assert len(said) == 7 and all(sentence.strip() for sentence in said)
    most = 2_600 if language == "en" else 1_300
    assert sum(map(len, said)) < most
    assert not any("{" in sentence or "nan" in sentence for sentence in said)


def test_slower_travel_by_hand() -> None:
    """At 25 for 35 km/h a way of 20 minutes takes 28. Bound to 25 minutes it is too far, one of 10 minutes is not."""
    run = example()
    provision = pd.DataFrame(
        {
            "code": ["03201", "03202", "03203"],
            "service": ["fire", "fire", "waste"],
            "provider_kind": ["wide_area_body", "wide_area_body", "alone"],
            "provider": ["B1", "B2", "03203"],
            "travel_minutes": [20.0, 10.0, 99.0],
        }
    )
    assumptions = {"travel_speed_km_per_hour": 35.0, "fire.max_travel_minutes": 25.0}
    package = replace(run.package, assumptions=assumptions)
    found = slower(replace(run, tables={**run.tables, "provision": provision}, package=package))
    assert found == sentences.Slower(speed=35.0, slow=25.0, pairs=2, farther=1, bodies=1)
    alone = provision.assign(provider_kind="alone")
    assert slower(replace(run, tables={**run.tables, "provision": alone})) is None


def test_debts_are_told_where_they_grow_too_heavy() -> None:
    run = example()
    table = run.tables["measures"].set_index("measure")
    table.loc["governments_permission", ["today", "under_package"]] = [1.0, 5.0]
    worse = replace(run, tables={**run.tables, "measures": table.reset_index()})
    assert "5 governments need permission to borrow (today 1)" in recommendation(worse, SAY)[4]
    table.loc["governments_permission", "under_package"] = 1.0
    table.loc["governments_early_warning", "under_package"] = table.loc["governments_early_warning", "today"]
    same = replace(run, tables={**run.tables, "measures": table.reset_index()})
    assert "permission" not in recommendation(same, SAY)[4]


def test_a_study_says_how_stable_the_tiers_are() -> None:
    """Three marks over the duties of the example; the numbers varied are counted, not those left alone."""
    run = example()
    duties = run.tables["responsibility"][["service", "rule_group", "tier"]]
    marks = ["firm"] * (len(duties) - 3) + ["likely"] * 2 + ["open"]
    share = pd.Series(marks).map({"firm": 1.0, "likely": 0.9, "open": 0.5}).to_numpy()
    tables = {
        "recommendations": duties.assign(mark=marks, share_of_draws=share),
        "draws": pd.DataFrame({"draw": range(31), "status": "optimal"}),
        "numbers": pd.DataFrame({"varied": ["True"] * 7 + ["False"]}),
    }
    studied = replace(run, studies=(StudyView(run.folder, {"method": "morris"}, tables),))
    text = recommendation(studied, SAY)[5]
    firm = len(duties) - 3
    assert f"Of {len(duties)} recommended tiers {firm} are firm, 2 likely and 1 open when 7 assumed" in text
    assert "(31 draws)" in text


def test_a_study_of_one_assumption_at_a_time_calls_nothing_firm() -> None:
    """A tornado of an older version, whose marks were shares of its draws, is read as what it is too."""
    run = example()
    duties = run.tables["responsibility"][["service", "rule_group", "tier"]]
    tables = {
        "recommendations": duties.assign(mark=["overturned", *["tested_alone"] * (len(duties) - 1)]),
        "draws": pd.DataFrame({"draw": range(400), "status": "optimal"}),
        "numbers": pd.DataFrame({"varied": ["True"] * 7}),
    }
    alone = StudyView(run.folder, {"method": "tornado"}, tables)
    text = recommendation(replace(run, studies=(alone,)), SAY)[5]
    assert f"1 of {len(duties)} recommended tiers are overturned by one assumption alone" in text
    assert "firm" not in text and "likely" not in text
    joint = StudyView(run.folder, {"method": "morris"}, {**tables, "draws": tables["draws"].head(9)})
    assert replace(run, studies=(alone, joint)).telling_study is joint
