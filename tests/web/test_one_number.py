"""A figure that stands in several places is one: page, steps of a grant, tables, workbook, JSON of the commands and of
the address of drafts."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from visitor import EXAMPLE, OWN, Page

from optimization.cli.app import start
from optimization.dictionary.results import load_results, text
from optimization.report.language import speaker
from optimization.report.trace_table import HEADS

EN = {"cookie": "optimization-lang=en"}
TOWN, RUN = "03208", str(EXAMPLE)


@pytest.fixture(scope="module")
def account() -> pd.Series:
    """The row of a town in the table of governments."""
    table = pd.read_csv(EXAMPLE / "governments.csv", dtype={"government": str})
    return table.set_index("government").loc[TOWN]


def said(*arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """What a command prints for machines."""
    assert start([*arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_towns_account_is_the_same_everywhere(
    page: Page, account: pd.Series, capsys: pytest.CaptureFixture[str]
) -> None:
    """Need, revenue and grant of Tono: table, town on the console, steps on console, page and in both workbooks."""
    lines = said("trace", TOWN, RUN, capsys=capsys)["lines"]
    assert isinstance(lines, list)
    steps = {(line["block"], line["line"]): line["amount_million_yen"] for line in lines}
    town = said("town", TOWN, RUN, capsys=capsys)["accounts"]
    assert isinstance(town, list)
    accounts = {row[""]: row for row in town}
    content = page.get(f"/runs/{OWN}/workbook.xlsx", headers=EN).content
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    sheet = list(book[load_results()["governments"].said("title", "en")].iter_rows(values_only=True))
    row = dict(zip(sheet[2], next(each for each in sheet if each[0] == TOWN), strict=True))
    traced = list(book[text("trace", "en")].iter_rows(values_only=True))
    mine = next(each for each in traced[HEADS:] if each[0] == TOWN)
    columns = {(traced[0][n], traced[1][n]): mine[n] for n in range(2, len(mine))}
    shown, say = page.get(f"/runs/{OWN}/town?code={TOWN}", headers=EN).text, speaker("en")
    steps_shown = page.get(f"/runs/{OWN}/trace?code={TOWN}", headers=EN).text
    for name, block, line, title, label in (
        ("need", "need", "need", "trace_need", "= need under the package"),
        ("capacity", "revenue", "capacity", "trace_revenue", "= revenue under the package"),
        ("grant", "grant", "formula", "trace_grant", "= what the formula gives"),
    ):
        value = float(account[f"{name}_million_yen"])
        assert steps[block, line] == pytest.approx(value, abs=1e-6), name
        assert float(accounts[name]["package"]) == pytest.approx(value, abs=1e-6)
        assert float(str(row[f"{name}_million_yen"])) == pytest.approx(value, abs=1e-9)
        assert float(str(columns[text(title, "en"), label])) == pytest.approx(value, abs=1e-6)
        assert f">{say.money(value)}<" in shown
        assert f">{say.yen(round(steps[block, line] * 1e6))}<" in steps_shown


def test_totals_of_a_run_are_the_same_everywhere(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    """What is saved, gained and lost: record, tables, page, report, brief, workbook and the answer of an address."""
    record = json.loads((EXAMPLE / "run.json").read_text(encoding="utf-8"))
    sectors = pd.read_csv(EXAMPLE / "sectors.csv").set_index("sector")
    change = (sectors["balance_package_million_yen"] - sectors["balance_today_million_yen"]).to_dict()
    say = speaker("en")
    saved = sum(record["baseline_parts_million_yen"].values()) - sum(
        record["objective_parts_million_yen"].values()
    )
    pages = [
        re.sub(r"<[^>]+>", "", page.get(f"/runs/{OWN}{path}", headers=EN).text)
        for path in ("", "/report", "/brief")
    ]
    run, report, brief = pages
    assert say.money(-saved, signed=True) in run and say.money(saved) in report
    for name in ("municipalities", "prefectures"):
        told = say.money(change[name], signed=True)
        assert told in report and told in brief
    asked = {"case": "iwate-2022", "package": "status_quo"}
    answer = page.post(
        "/api/apply",
        json=asked,
        headers={"x-csrf-token": page.token(), "sec-fetch-site": "same-origin"},
    )
    if answer.status_code == 200:
        today = answer.json()["sectors"]
        at = today["sector"].index("municipalities")
        assert today["balance_today_million_yen"][at] == pytest.approx(
            sectors.at["municipalities", "balance_today_million_yen"], abs=1e-6
        )
    assert answer.status_code == 200


def test_the_console_and_the_page_tell_one_gap(page: Page, tmp_path: Path) -> None:
    record = json.loads((EXAMPLE / "run.json").read_text(encoding="utf-8"))
    told = speaker("en").gap(record["gap"])
    for path in ("", "/report", "/brief"):
        assert told in page.get(f"/runs/{OWN}{path}", headers=EN).text
