"""The steps of a grant on the page and in the workbook: every total is the sum of the lines above it, to the yen."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import openpyxl
import pytest
from latin import latin
from visitor import OWN, Page, stranger, undecided

from optimization.dictionary.results import text
from optimization.outcome.trace import BLOCKS
from optimization.report.trace_table import HEADS

JA, EN = ({"cookie": f"optimization-lang={language}"} for language in ("ja", "en"))


class Steps(HTMLParser):
    """The tables of steps: of each its rows, whether a total, and the amount in yen."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[tuple[bool, int]]] = []
        self.total = self.amount = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.total = found.get("class") == "total"
        self.amount = tag == "td" and found.get("class") == "n"

    def handle_data(self, data: str) -> None:
        if self.amount and data.strip():
            number = re.sub(r"[^\d−-]", "", data).replace("−", "-")
            self.tables[-1].append((self.total, int(number)))


def steps(html: str) -> list[list[tuple[bool, int]]]:
    page = Steps()
    page.feed(html)
    return page.tables


@pytest.mark.parametrize("code", ["03201", "03208", "03"])
def test_every_step_on_the_page_adds_up_to_the_yen(page: Page, code: str) -> None:
    answer = page.get(f"/runs/{OWN}/trace?code={code}", headers=EN)
    assert answer.status_code == 200
    tables = steps(answer.text)
    assert len(tables) == len(BLOCKS)
    for rows in tables:
        assert rows[-1][0], "a block ends with its total"
        sum_of, since = 0, 0
        for total, amount in rows:
            if total:
                assert abs(amount - sum_of) <= since / 2 + 1, (
                    amount,
                    sum_of,
                )  # each line is rounded to the yen
                sum_of, since = amount, 0
            else:
                sum_of, since = sum_of + amount, since + 1
    assert "muni_2022-demand" in answer.text or "pref_2022-demand" in answer.text


def test_the_way_to_the_source_is_three_clicks(page: Page) -> None:
    town = page.get(f"/runs/{OWN}/town?code=03208", headers=JA).text
    assert f'href="/runs/{OWN}/trace?code=03208"' in town
    traced = page.get(f"/runs/{OWN}/trace?code=03208", headers=JA).text
    assert "見出し「" in traced and f'href="/runs/{OWN}/trace?code=03"' in traced
    assert f"/runs/{OWN}/trace.xlsx?code=03208" in traced


def test_the_sheet_of_a_town_holds_what_the_page_shows(page: Page) -> None:
    answer = page.get(f"/runs/{OWN}/trace.xlsx?code=03208", headers=JA)
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    shown = [amount for table in steps(page.get(f"/runs/{OWN}/trace?code=03208").text) for _, amount in table]
    assert [round(float(str(row[-1])) * 1e6) for row in rows] == shown
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)]
    assert not [cell for cell in cells if latin(re.sub(r"(?:muni|pref)_\d{4}(?:-[a-z]+)?", "", cell))]


def test_the_workbook_holds_every_step_of_every_government(page: Page) -> None:
    """A row a government: each total is the sum of the columns since the total before it in its block."""
    answer = page.get(f"/runs/{OWN}/workbook.xlsx", headers=JA)
    rows = list(
        openpyxl.load_workbook(io.BytesIO(answer.content))[text("trace", "ja")].iter_rows(values_only=True)
    )
    assert len(rows) == HEADS + 34
    blocks, labels = rows[0], rows[1]
    for row in rows[HEADS:]:
        sum_of, block = 0.0, ""
        for column in range(2, len(row)):
            sum_of, block = (0.0 if blocks[column] != block else sum_of), str(blocks[column])
            value = float(str(row[column]))
            if str(labels[column]).startswith("= "):
                assert abs(value - sum_of) < 5e-7, (row[0], labels[column])
                sum_of = value
            else:
                sum_of += value


@pytest.mark.parametrize("code", ["99999", "0", "../..", "<b>", "03201' or 1", "9" * 5000])
def test_what_is_no_government_is_not_found(page: Page, code: str) -> None:
    for path in ("trace", "trace.xlsx"):
        answer = page.get(f"/runs/{OWN}/{path}", params={"code": code})
        assert answer.status_code == 404
        assert "<b>" not in answer.text


def test_a_run_without_a_plan_has_no_steps(page: Page) -> None:
    assert page.get(f"/runs/{undecided(page)}/trace").status_code == 404
    assert page.get("/runs/nothing/trace.xlsx?code=03201").status_code == 404
    asked = stranger(page).get(f"/runs/{OWN}/trace", params={"q": "<script>"})
    assert asked.status_code == 200 and "&lt;script&gt;" in asked.text
