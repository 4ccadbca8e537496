"""The brief: every figure is the report's, it fits two pages, is read by an office program, and says what it lacks."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from report_runs import CASE, Html, copied, example

from optimization.archive.seal import seal
from optimization.cli.app import start
from optimization.dictionary.results import LANGUAGES, Language
from optimization.outcome.verdicts import VERDICT_TABLES
from optimization.report.brief import Brief, brief_of, brief_page
from optimization.report.brief_docx import brief_document
from optimization.report.language import speaker
from optimization.report.page import rendered
from optimization.report.titles import titled
from optimization.report.view import view_run

AMOUNT = re.compile(r"[−+]?[\d,]+(?:\.\d+)?(?: billion yen|億円|円| yen)")
CODE = re.compile(r"\b[A-Z]\d{1,2}\b")
LONGEST = {"en": 7_500, "ja": 3_900}
"""Signs that two A4 pages hold beside the tables and the map."""


def texts(brief: Brief) -> list[str]:
    found = [brief.title, brief.about, *brief.check]
    for block in brief.blocks:
        found += [block.heading, *block.text, *(text for _, each in block.points for text in each)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_amount_of_the_brief_stands_in_the_report(language: Language) -> None:
    run = example()
    report = Html(rendered(run, language)).text
    brief = Html(brief_page(run, language)).text
    amounts = set(AMOUNT.findall(brief))
    assert len(amounts) > 10
    assert not {amount for amount in amounts if amount not in report}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_built_around_what_to_do(language: Language) -> None:
    say, run = speaker(language), example()
    brief = brief_of(run, language)
    said = dict(next(block.points for block in brief.blocks if block.heading == say("brief_do")))
    assert list(said)[:2] == [say("verdict_now"), say("verdict_only_if")]
    assert say("verdict_leave") in said and say("verdict_find_out") in said
    everything = " ".join(texts(brief))
    assert not CODE.search(everything), "a rule is called by what it says"
    assert titled("role_division", speaker(language)) in everything and "solve.py rerun" in everything


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_short_enough_for_two_pages(language: Language) -> None:
    brief = brief_of(example(), language)
    assert sum(map(len, texts(brief))) < LONGEST[language]


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints_on_two_pages(language: Language, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium")
    page, paper = tmp_path / "brief.html", tmp_path / "brief.pdf"
    page.write_text(brief_page(example(), language), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--print-to-pdf={paper}",
    ]
    subprocess.run([chromium, *options, page.as_uri()], check=True, capture_output=True, timeout=120)
    assert re.findall(rb"/Count (\d+)", paper.read_bytes()) == [b"2"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_says_what_the_page_says(language: Language) -> None:
    docx = pytest.importorskip("docx")
    brief = brief_of(example(), language)
    document = docx.Document(io.BytesIO(brief_document(brief)))
    found = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert all(text in found for text in texts(brief))
    cells = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert all(row in cells for block in brief.blocks for row in block.rows)
    assert round(document.sections[0].page_height.cm, 1) == 29.7


def test_two_documents_of_one_run_are_the_same_at_any_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("docx")
    brief = brief_of(example(), "en")
    now = brief_document(brief)
    later = time.localtime(time.time() + 7200)
    monkeypatch.setattr(time, "localtime", lambda *seconds: later)
    assert brief_document(brief) == now


def test_without_the_library_the_pages_are_written_and_the_document_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copied(tmp_path / "run")
    monkeypatch.setitem(sys.modules, "docx", None)
    assert start(["brief", str(folder)]) == 0
    assert {path.name for path in folder.glob("brief*")} == {"brief.html", "brief.ja.html"}
    assert 'pip install "role-division[brief]"' in " ".join(capsys.readouterr().err.split())
    assert start(["brief", str(folder), "--out", str(tmp_path / "one.docx")]) == 2
    assert not (tmp_path / "one.docx").exists()
    assert start(["brief", str(folder), "--out", str(tmp_path / "one.pdf")]) == 2


def test_a_run_of_before_says_that_it_tells_no_verdicts(tmp_path: Path) -> None:
    folder = copied(tmp_path / "run")
    for name in VERDICT_TABLES:
        for path in folder.glob(f"{name}.*"):
            path.unlink()
    (folder / "SHA256SUMS").unlink()
    seal(folder)
    run = view_run(folder, CASE)
    assert speaker("en")("brief_no_verdicts") in brief_page(run, "en")
    assert 'id="verdicts"' not in rendered(run, "en")
