"""A figure that stands in several places reads the same in all of them, in both languages: one rounding, one unit, in
the report, the comparison, the page, the workbook and on the console."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from report_runs import CASE, EXAMPLE, Html

from optimization.archive.seal import seal
from optimization.cli.app import start
from optimization.cli.held_against import show_comparison
from optimization.dictionary.results import LANGUAGES, Language, load_results, text, word
from optimization.referee.compare import TODAY_OF, compare_runs
from optimization.report import sentences
from optimization.report.comparison import render_comparison
from optimization.report.language import Speaker, speaker
from optimization.report.page import rendered
from optimization.report.view import RunView, view_run
from optimization.report.workbook import write_workbook
from optimization.web.cases import Finished
from optimization.web.language import Voice
from optimization.web.run_view import headline

BILLION, OKU, CHO = "billion yen", "億円", "兆"


@dataclass(frozen=True)
class Shown:
    """A run, what the console said of it ('' where nobody looked), and the folder it lies in."""

    run: RunView
    console: str


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """The kept example, and a run of the teaching case with the console's tables."""
    folder, out = tmp_path_factory.mktemp("figures") / "run", StringIO()
    with redirect_stdout(out):
        asked = [
            "run",
            "wide_area",
            "--case",
            str(CASE),
            "--gap",
            "1e-3",
            "--threads",
            "1",
            "--out",
            str(folder),
        ]
        assert start(asked) == 0
    return {"example": Shown(view_run(EXAMPLE), ""), "solved": Shown(view_run(folder), out.getvalue())}


def bare(text: str) -> str:
    """The digits of an amount as they stand, without sign and unit; 兆円 as 億円."""
    text = text.strip().lstrip("+−-").split("（")[0].split(" (")[0]
    if CHO in text:
        whole, _, rest = text.replace(OKU, "").replace("円", "").partition(CHO)
        return f"{int(whole.replace(',', '')) * 10_000 + int(rest.replace(',', '') or 0):,}"
    return text.removesuffix(OKU).removesuffix(BILLION).removesuffix(" bn").removesuffix("億").strip()


def amounts(sentence: str) -> list[str]:
    """Every amount of a sentence, in its order."""
    found = re.findall(r"[\d,]+兆(?:[\d,]+億)?円|[\d,.]+億円|[\d,.]+ billion yen", sentence)
    return [bare(each) for each in found]


def rows(tables: list[list[list[str]]], head: str) -> list[list[str]]:
    """Every row of the tables that begins with a text."""
    return [row for table in tables for row in table if row and row[0] == head]


def row(tables: list[list[list[str]]], head: str, width: int) -> list[str]:
    """The one row of a width."""
    (found,) = {tuple(row) for row in rows(tables, head) if len(row) == width}
    return list(found)


def report(run: RunView, language: Language) -> tuple[Html, Speaker, list[str]]:
    say = speaker(language)
    return Html(rendered_once(run.folder, language)), say, sentences.recommendation(run, say)


@functools.cache
def rendered_once(folder: Path, language: Language) -> str:
    return rendered(view_run(folder, CASE), language)


@pytest.fixture(params=["example", "solved"])
def one(request: pytest.FixtureRequest, shown: dict[str, Shown]) -> Shown:
    return shown[request.param]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_agrees_with_itself(one: Shown, language: Language) -> None:
    page, say, said = report(one.run, language)
    tables, run = page.tables, one.run
    total = [bare(cell) for cell in row(tables, say("c_real_cost"), 4)[1:]]
    change, today, now, *parts = amounts(said[1]) if language == "en" else _ja_order(amounts(said[1]))
    assert [today, now, change] == total
    largest = sorted(sentences.parts(run), key=lambda part: -abs(part.change))[: len(parts)]
    assert parts == [bare(row(tables, say.word(part.name), 4)[3]) for part in largest]
    last = next(each for each in page.words if say("solved_lead", **_blank()).split("{")[0][:12] in each)
    cost, bound = amounts(last)[:2]
    assert cost == now and amounts(said[5]) == [bound]
    assert say.gap(run.record["gap"]) in last and say.gap(run.record["gap"]) in said[5]
    for service, figure in _named(run, said[0], say):
        assert figure == bare(rows(tables, run.service(service, say))[0][-1])
    floor = sentences.measure(run, "coverage_floor_municipal")
    assert row(tables, say.word("coverage_floor_municipal"), 3)[1:] == [
        say.ratio(floor["today"]),
        say.ratio(floor["under_package"]),
    ]
    assert say.ratio(floor["under_package"]) in said[4] and say.ratio(floor["today"]) in said[4]
    before, after = amounts(said[2])[:2]
    node = bare(say.axis(sentences.granted(run.governments, today=False)))
    drawn = f">{say.axis(sentences.granted(run.governments, today=False))}<"
    assert node == after and drawn in rendered_once(run.folder, language)
    assert [before, after] == [bare(say.money(run.governments[c].sum())) for c in _grants()]
    outlay = row(tables, say.word("national_outlay"), 3) if rows(tables, say.word("national_outlay")) else []
    assert not outlay or bare(outlay[2]) == amounts(said[2])[-1]
    if doubled := rows(tables, say.word("access")):
        at_double = [bare(cells[3]) for cells in doubled if len(cells) == 5]
        assert not at_double or at_double[0] in amounts(said[6])


def _ja_order(found: list[str]) -> list[str]:
    """Japanese names today and now before the change."""
    today, now, change, *rest = found
    return [change, today, now, *rest]


def _blank() -> dict[str, str]:
    return dict.fromkeys(("status", "cost", "bound", "gap", "asked"), "{")


def _grants() -> tuple[str, str]:
    return "grant_today_million_yen", "grant_million_yen"


def _named(run: RunView, sentence: str, say: Speaker) -> Iterator[tuple[str, str]]:
    """The services that a sentence names with what their cost changes by."""
    places = {service: sentence.find(run.service(str(service), say)) for service in run.service_labels.index}
    for service, place in places.items():
        if place >= 0 and (found := amounts(sentence[place:])):
            yield str(service), found[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_unit_in_a_report(one: Shown, language: Language) -> None:
    """What its head says holds for all that follows: nothing but assumptions stands in another unit of money."""
    page, say, _ = report(one.run, language)
    assert say.unit in page.text.split(say("contents"))[0] or say.unit in page.text[:600]
    seen = page.text.split(say("assumptions_lead", marked="{").split("{")[0] or say("h_assumptions"))[0]
    assert not re.search(r"\d (?:million|trillion) yen|\d tn|\d兆\b(?!円|[\d,]+億)", seen)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_and_the_comparison_agree_with_the_report(
    shown: dict[str, Shown], language: Language
) -> None:
    runs = [each.run for each in shown.values()]
    compared = Html(render_comparison([run.folder for run in runs], CASE, language)).tables
    for place, run in enumerate(runs):
        page, say, said = report(run, language)
        total = [bare(cell) for cell in row(page.tables, say("c_real_cost"), 4)[1:]]
        web = headline(Finished("x", run.folder, run.record), Voice(language))
        assert [bare(web[n][1]) for n in range(3)] == total
        assert web[3][1] == say.gap(run.record["gap"])
        before, after = amounts(said[2])[:2]
        assert (bare(web[7][1]), amounts(web[7][2])[0]) == (after, before)
        glance = compared[0]
        cells = {cells[0]: cells[1:] for cells in glance}
        assert bare(cells[say("c_cost")][1 + place]) == total[1]
        assert bare(cells[say("c_cost_today")][1 + place]) == total[0]
        assert bare(cells[say("c_change")][1 + place]) == total[2]
        assert cells[say("c_gap")][1 + place] == say.gap(run.record["gap"])
        assert bare(cells[say("c_grant")][1 + place]) == after
        for name in ("coverage_floor_municipal", "governments_permission"):
            mine = row(page.tables, say.word(name), 3)
            assert [cells[say.word(name)][0], cells[say.word(name)][1 + place]] == mine[1:]
        for cells_of in (cells for table in compared[1:] for cells in table):
            if len(cells_of) == 4 and (mine := rows(page.tables, cells_of[0])) and len(mine[0]) == 3:
                assert cells_of[2 + place] == mine[0][2], cells_of[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_agrees_with_the_report(one: Shown, language: Language, tmp_path: Path) -> None:
    page, say, said = report(one.run, language)
    write_workbook(one.run.folder, tmp_path / "book.xlsx", language)
    book = pd.read_excel(tmp_path / "book.xlsx", sheet_name=None, header=None)
    about = book[text("about", language)]
    facts = dict(zip(about[0], about[1], strict=True))
    total = [bare(cell) for cell in row(page.tables, say("c_real_cost"), 4)[1:]]
    assert [bare(say.money(float(facts[text(name, language)]))) for name in ("cost_today", "cost")] == total[
        :2
    ]
    assert bare(say.money(float(facts[text("bound", language)]))) == amounts(said[5])[0]
    governments = book[load_results()["governments"].said("title", language)]
    column = list(governments.iloc[2]).index("grant_million_yen")
    granted = pd.to_numeric(governments.iloc[3:, column]).sum()
    assert bare(say.money(float(granted))) == amounts(said[2])[1]
    services = book[load_results()["services"].said("title", language)]
    names = list(services.iloc[2])
    for _, cells in services.iloc[3:].iterrows():
        each = dict(zip(names, cells, strict=True))
        mine = rows(page.tables, str(each[f"label_{language}"]))[0][-1]
        change = float(each["total_million_yen"]) - float(each["total_today_million_yen"])
        assert mine == "–" or bare(mine) == bare(say.amount(change)), each["service"]


def test_the_console_agrees_with_the_report(shown: dict[str, Shown]) -> None:
    run, console = shown["solved"].run, shown["solved"].console
    page, say, said = report(run, "en")
    lines = [[cell.strip() for cell in re.split("[│┃]", line)] for line in console.splitlines()]
    costs = {cells[0]: cells[1:] for cells in lines if len(cells) == 4}
    for part in sentences.parts(run):
        assert [bare(cell) for cell in costs[word(part.name, "en")]] == [
            bare(cell) for cell in row(page.tables, say.word(part.name), 4)[1:]
        ]
    for ours, theirs in (("what budgets pay", "c_budget_cost"), ("real cost", "c_real_cost")):
        assert [bare(cell) for cell in costs[ours]] == [
            bare(cell) for cell in row(page.tables, say(theirs), 4)[1:]
        ]
    allocation = [cells[2:] for cells in lines if len(cells) == 8 and cells[1] in ("today", "package")]
    when = say("c_today"), say("c_package")
    mine = [cells[2:] for table in page.tables for cells in table if len(cells) == 8 and cells[1] in when]
    assert allocation and allocation == mine
    closing = next(line for line in console.splitlines() if line.startswith("Status "))
    assert amounts(closing) == amounts(said[5]) and say.gap(run.record["gap"]) in closing


def test_runs_of_two_places_each_stand_beside_their_own_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The today of the first place alone would be read as that of both."""
    other = tmp_path / "other"
    shutil.copytree(EXAMPLE, other)
    record = json.loads((other / "run.json").read_text(encoding="utf-8"))
    record["inputs_sha256"]["items.csv"] = "0" * 64
    (other / "run.json").write_text(json.dumps(record), encoding="utf-8")
    measures = pd.read_csv(other / "measures.csv", dtype=str)
    measures.loc[measures["measure"] == "coverage_floor_municipal", "today"] = "0.75"
    measures.to_csv(other / "measures.csv", index=False)
    seal(other)
    monkeypatch.setattr("optimization.referee.compare.sound_or_refused", lambda *_: None)
    monkeypatch.setattr("optimization.report.view.sound_or_refused", lambda *_: None)
    table = compare_runs([EXAMPLE, other]).set_index("name")
    own = table.loc[f"{TODAY_OF}coverage_floor_municipal"]
    assert own["today"] == "" and [float(each) for each in own.iloc[3:]] == pytest.approx(
        [1.032023, 0.75], abs=1e-6
    )
    show_comparison(table.reset_index()[["kind", "name", "unit", "today", *table.columns[3:]]])
    assert "0.750" in capsys.readouterr().out
    for language in LANGUAGES:
        say, page = speaker(language), Html(render_comparison([EXAMPLE, other], CASE, language))
        glance = {cells[0]: cells[1:] for cells in page.tables[0]}
        name = say.word("coverage_floor_municipal")
        assert glance[say("today_of", name=name)] == ["–", "1.032", "0.750"]
        assert glance[name][0] == "–"
        assert say("compare_apart") in page.text
