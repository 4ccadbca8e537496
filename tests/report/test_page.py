"""The whole page: complete, closed, self-contained, and true to the tables."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from report_runs import CASE, EXAMPLE, Html, copied, example, solved

from optimization.archive.seal import seal
from optimization.case.package import Provision
from optimization.dictionary.results import LANGUAGES
from optimization.errors import InputError
from optimization.report.language import speaker
from optimization.report.page import SECTIONS, render_report, rendered, write_report
from optimization.report.roles import functions, matrix, savings
from optimization.report.setting_values import shortened
from optimization.report.studies import STUDY_TABLES
from optimization.report.towns import KINDS
from optimization.report.view import view_run

SELDOM = (
    "crisis_ready",
    "simple_need",
    "horizon_phased",
    "municipality_2040",
    "regional_blocs",
    "status_quo",
    "uniform",
)
"""Packages whose runs have tables, groups or formulas of their own."""


@pytest.fixture(scope="module")
def pages() -> dict[str, Html]:
    """The report of the example by language."""
    return {language: Html(rendered(example(), language)) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_stands_in_the_page(pages: dict[str, Html], language: str) -> None:
    page = pages[language]
    assert set(SECTIONS) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids)), "an id stands twice"
    inside = [link for link in page.links if link.startswith("#")]
    assert {link[1:] for link in inside} <= set(page.ids)
    text = page.text.replace("None, without a range", "")  # what a source of the case says
    assert not re.search(r"\bnan\b|None|\{\w+\}|Undefined", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched(pages: dict[str, Html], language: str) -> None:
    """No source, style or script from elsewhere: links are within the page."""
    page = pages[language]
    assert page.sources == []
    assert all(link.startswith(("#", "data:")) for link in page.links)
    text = rendered(example(), "en")
    assert "@import" not in text and not re.search(r"url\((?!#)", text)


def test_the_boundary_credit_stands_by_the_map(pages: dict[str, Html]) -> None:
    assert "National Land Numerical Information" in pages["en"].text
    assert "国土数値情報" in pages["ja"].text


def test_the_functions_of_debated_duties_stand_by_the_roles(pages: dict[str, Html]) -> None:
    """Schools and teachers today: the nation sets the standard, prefectures pay, municipalities deliver."""
    rows = {label: (today, now) for label, today, now in functions(example(), speaker("en"))}
    teachers = rows["Teachers of compulsory schools"]
    assert teachers[0].startswith("Nat / Pref / Mun (")
    assert "who sets the standard, who pays, who delivers" in pages["en"].text
    assert "基準を定める主体" in pages["ja"].text


def test_what_each_change_saves_stands_by_the_roles() -> None:
    """Two classes of a service that save 1,200 and 300 million alone, 1,100 together, one of them needed by limits."""
    rows = [
        ("fire", "town", "municipality", "prefecture", 1200.0, 1100.0, 100.0, 0),
        ("fire", "city", "municipality", "prefecture", 300.0, 1100.0, 100.0, 1),
    ]
    names = ["service", "rule_group", "tier_today", "tier"]
    money = [f"{name}_million_yen" for name in ("saving", "service_saving", "threshold")]
    table = pd.DataFrame(rows, columns=[*names, *money, "needed"])
    run = replace(example(), tables={**example().tables, "priced_changes": table})
    (row,) = savings(run, speaker("en"))
    assert row[2:] == ["2", "0.300 billion yen – 1.2 billion yen", "1.1 billion yen", "1 / 2"]
    for language, title in (("en", "What each change saves"), ("ja", "移譲ごとの節減額")):
        assert title in rendered(run, language)
        assert title not in rendered(example(), language)


def test_the_look_up_holds_every_municipality() -> None:
    """Read back from the page: names, figures and who does what are those of the tables."""
    run = example()
    page = Html(rendered(run, "en"))
    data = json.loads(page.scripts[0])
    assert set(data["towns"]) == set(run.case.codes)
    provision = run.tables["provision"].set_index(["code", "service"])["provider_kind"]
    services = list(run.service_labels.index)
    for code, town in data["towns"].items():
        account = run.governments.loc[code]
        assert town[0] == run.case.municipalities.at[code, "name_ja"]
        assert town[1] == run.case.readings.at[code, "name_romaji"]
        assert town[5] == pytest.approx(account["coverage_ratio"], abs=5e-4)
        assert town[7] == round(account["grant_million_yen"] / account["population_persons"] * 1e6)
        for service, sign in zip(services, town[10], strict=True):
            kind = provision.get((code, service))
            assert sign == ("-" if kind is None else KINDS[kind])
        members = [data["bodies"][number][1] for number in town[12]]
        assert all(code in codes for codes in members)
    assert len(data["bodies"]) == len(run.tables["bodies"])


def test_the_look_up_knows_the_bodies_of_today_where_the_run_does() -> None:
    run = example()
    without = {name: table for name, table in run.tables.items() if name != "bodies_today"}
    today = pd.DataFrame(
        {
            "body_today": ["t1"],
            "service": ["waste"],
            "member_codes": ["03202|03482"],
            "fate": ["dissolved"],
            "continued_by": [None],
        }
    )
    for tables, bodies in ((without, []), ({**without, "bodies_today": today}, [["03202", "03482"]])):
        data = json.loads(Html(rendered(replace(run, tables=tables), "en")).scripts[0])
        assert [codes for codes, _ in data["before"]] == bodies
        towns = {code for code, town in data["towns"].items() if town[13]}
        assert towns == {code for codes in bodies for code in codes}
    assert data["services"][data["before"][0][1]][0] == "Waste collection and disposal"


def test_the_matrix_is_the_table_of_responsibility() -> None:
    run = example()
    found = matrix(run, speaker("en"))
    table = run.tables["responsibility"].set_index(["service", "rule_group"])
    groups = {run.group(g, speaker("en")): g for g in run.tables["responsibility"]["rule_group"].unique()}
    cells = 0
    for row in found.rows:
        for label, cell in zip(found.groups, row.cells, strict=True):
            key = (row.service, groups[label])
            assert (cell is None) == (key not in table.index)
            if cell is not None:
                cells += 1
                assert (cell.tier, cell.today) == (table.at[key, "tier"], table.at[key, "tier_today"])
                assert cell.changed == bool(table.at[key, "changed"])
    assert cells == len(table)


@pytest.mark.parametrize("package", SELDOM)
def test_runs_of_other_kinds_are_reported(package: str, tmp_path: Path) -> None:
    folder = solved(package, tmp_path / "run")
    for language in LANGUAGES:
        page = Html(render_report(folder, language=language))
        assert set(SECTIONS) <= set(page.ids)
        assert not re.search(r"\bnan\b|None|\{\w+\}", page.text)
    run = view_run(folder)
    if package == "crisis_ready":
        scenario = run.case.crises.scenarios.at["nankai", "label_ja"]
        assert scenario in page.text or "nankai" not in set(run.tables["crisis_shortage"]["scenario"])
    if package == "status_quo":
        assert "全ての事務の責任主体は現行のままとする" in page.text


def study_of(folder: Path, **record: Any) -> Path:
    """A small study of the example, written as `solve.py sensitivity` writes one."""
    run = example()
    duties = run.tables["responsibility"][["service", "rule_group", "tier"]]
    folder.mkdir()
    tables = {
        "recommendations": duties.assign(
            share_of_draws=[0.5, *[1.0] * (len(duties) - 1)],
            mark=["open", *["firm"] * (len(duties) - 1)],
            rival_tier=["nation", *[""] * (len(duties) - 1)],
            rival_share_of_draws=0.5,
        ),
        "effects": pd.DataFrame(
            {
                "output": ["cost_million_yen", "duties_changed"] * 2,
                "factor": ["detour_factor"] * 2 + ["weights.soft_budget"] * 2,
                "central": [100.0, 0.0] * 2,
                "at_low": [90.0, 1.0, 60.0, 2.0],
                "at_high": [130.0, 4.0, None, None],
            }
        ),
        "numbers": pd.DataFrame({"key": ["detour_factor"], "varied": [True]}),
        "draws": pd.DataFrame({"draw": [0, 1, 2], "status": ["optimal", "optimal", "infeasible"]}),
        "overturns": duties[:1].assign(
            factor="detour_factor", overturned_at_level=0.75, overturned_at_value=1.4, unit="ratio"
        ),
    }
    if record.get("method") == "morris":
        tables["effects"] = tables["effects"][["output", "factor"]].assign(mu_star=2.0)
    assert set(tables) == set(STUDY_TABLES)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    about = {
        "case": "iwate-2022",
        "package": run.record["package"],
        "prefectures_asked": [],
        "method": "tornado",
        **record,
    }
    (folder / "study.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def test_a_study_marks_the_matrix_and_answers_about_travel(tmp_path: Path) -> None:
    joint = render_report(EXAMPLE, studies=[study_of(tmp_path / "joint", method="morris")])
    assert joint.count('class="mark"') == len(example().tables["responsibility"])
    html = render_report(EXAMPLE, studies=[study_of(tmp_path / "study")])
    page = Html(html)
    assert joint.count("○</span>") == html.count("○</span>") == html.count('class="mark"') == 1
    assert "road distance over straight line at 1.4 ratio" in page.text
    assert "● firm" in Html(joint).text and not re.search(r"\b(firm|likely)\b", page.text)
    row = next(row for table in page.tables for row in table if row[0] == "road distance over straight line")
    assert row[1:] == ["−0.010 billion yen", "+0.030 billion yen"]
    travel = next(t for t in page.tables if t[0][0] == "assumption" and len(t[0]) == 5)
    assert travel[1] == [
        "road distance over straight line",
        "−0.010 billion yen",
        "+0.030 billion yen",
        "1",
        "4",
    ]
    assert "weight of soft budget" in page.text and "1 draws leave no plan" in page.text
    soft = next(row for table in page.tables for row in table if row[0].startswith("weight of soft budget"))
    assert soft[1:] == ["−0.040 billion yen", "no plan there"]


@pytest.mark.parametrize(
    "changed", [{"package": "other"}, {"case": "japan-2022"}, {"prefectures_asked": ["03"]}]
)
def test_a_study_of_another_question_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="the study is of another question"):
        view_run(EXAMPLE, studies=[study_of(tmp_path / "study", **changed)])


def test_a_folder_that_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no study.*solve\.py sensitivity"):
        view_run(EXAMPLE, studies=[tmp_path])


def test_a_run_without_a_plan_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path / "run")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(
        json.dumps({**record, "objective_million_yen": None, "status": "infeasible"})
    )
    seal(folder)
    with pytest.raises(InputError, match="holds no decision"):
        render_report(folder)


def test_another_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not the case of the run"):
        view_run(EXAMPLE, CASE.parent / "japan-2022")


def test_changed_tables_of_the_case_are_told(tmp_path: Path) -> None:
    folder = copied(tmp_path / "run")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record["inputs_sha256"]["items.csv"] = "0" * 64
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    seal(folder)
    assert "The case has changed since the run (items.csv)" in Html(render_report(folder)).text


def test_text_of_a_package_cannot_become_markup(tmp_path: Path) -> None:
    """Titles and provisions are shown as they are written, in the page and in its data."""
    evil = '</script><img src=x onerror="alert(1)">'
    run = example()
    package = replace(run.package, title=evil, source=evil, provisions=(Provision(1, evil, evil, {}),))
    municipalities = run.case.municipalities.assign(name_ja=evil)
    page = Html(
        rendered(replace(run, package=package, case=replace(run.case, municipalities=municipalities)), "en")
    )
    assert page.sources == [] and evil in page.text
    assert all(town[0] == evil for town in json.loads(page.scripts[0])["towns"].values())


def test_a_case_without_outlines_has_no_map() -> None:
    run = example()
    bare = replace(run, case=replace(run.case, outlines=run.case.outlines.iloc[:0]))
    page = Html(rendered(bare, "en"))
    assert "there is no map" in page.text and 'svg class="map"' not in rendered(bare, "en")


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    write_report("first", target)
    write_report("second", target)
    assert target.read_text(encoding="utf-8") == "second"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("optimization.archive.folders.os.replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_report("third", target)
    assert target.read_text(encoding="utf-8") == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_two_renderings_are_equal() -> None:
    assert render_report(EXAMPLE) == render_report(EXAMPLE)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ('["a", "b"]', '["a", "b"]'),
        (str(["service"] * 40).replace("'", '"'), "service, service, service, ... (40)"),
    ],
)
def test_long_lists_are_told_by_their_length(text: str, short: str) -> None:
    assert shortened(text) == short
