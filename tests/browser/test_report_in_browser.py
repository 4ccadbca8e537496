"""Reports in a real browser: no error, no request, quick, open to all readers, nothing wider than a phone."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optimization.archive import write_run
from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.dictionary.results import LANGUAGES, Language
from optimization.outcome.solve import solve
from optimization.report.comparison import render_comparison
from optimization.report.page import SECTIONS, render_report
from optimization.solving.highs import Limits

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser
REPO = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDTHS = (1280, 390)
SECONDS, BYTES = 3.0, 8_000_000
"""What a report of the whole country may take to be shown, and its size at most."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    if not CHROMIUM:
        pytest.skip("no chromium: name one in CHROMIUM")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default run: the whole country."""
    folder, case, limits = tmp_path_factory.mktemp("nation") / "run", load_case(DEFAULT_CASE), Limits()
    write_run(solve(case, load_package(case), limits=limits), folder, limits, "auto", [])
    return folder


@pytest.fixture(scope="module", params=LANGUAGES)
def report(run: Path, request: pytest.FixtureRequest) -> Path:
    """Its report in a language."""
    language: Language = request.param
    path = run.parent / f"report.{language}.html"
    path.write_text(render_report(run, language=language), encoding="utf-8")
    return path


def opened(browser: Any, path: Path, width: int) -> tuple[Any, list[str], float]:
    """The page of a file at a width, what went wrong or was asked for, and the seconds until it was painted."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("request", lambda asked: faults.append(asked.url) if asked.url != path.as_uri() else None)
    started = time.perf_counter()
    page.goto(path.as_uri(), wait_until="load")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page, [fault for fault in faults if not fault.startswith("data:")], time.perf_counter() - started


@pytest.mark.parametrize("width", WIDTHS)
def test_the_national_report_opens_without_a_word(browser: Any, report: Path, width: int) -> None:
    assert report.stat().st_size < BYTES
    page, faults, seconds = opened(browser, report, width)
    assert faults == []
    assert seconds < SECONDS
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    found = axe.Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    if folder := os.environ.get("SCREENSHOTS"):
        for section in SECTIONS:
            page.locator(f"#{section}").screenshot(path=f"{folder}/{report.stem}-{width}-{section}.png")
    page.close()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("宮古市", "宮古市"),
        ("morioka", "盛岡市"),
        ("Ōsaka-shi", "大阪市"),
        ("03202", "宮古市"),
        ("倶知安", "倶知安町"),
    ],
)
def test_a_town_is_found_in_the_report(browser: Any, report: Path, text: str, name: str) -> None:
    page, faults, _ = opened(browser, report, 1280)
    page.fill("#town-name", text)
    page.wait_for_selector("#town-answer table")
    assert name in page.inner_text("#town-answer h3 >> nth=0")
    assert page.locator("svg.map use.here").count() == page.locator("svg.map").count() > 0
    assert faults == []
    page.close()


def test_several_towns_of_one_name_are_offered(browser: Any, report: Path) -> None:
    """Date is a city in Hokkaido and one in Fukushima; a choice by keyboard shows its figures."""
    page, _, _ = opened(browser, report, 1280)
    page.fill("#town-name", "伊達市")
    assert page.locator("#town-list button").count() == 2
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "伊達市" in page.inner_text("#town-answer")
    page.close()


def test_the_map_answers_the_pointer(browser: Any, report: Path) -> None:
    page, _, _ = opened(browser, report, 1280)
    page.locator('svg.map use[data-c="01100"] >> nth=0').hover(force=True)
    assert "札幌市" in page.inner_text("#tip")
    page.close()


def test_only_what_changes(browser: Any, report: Path) -> None:
    page, _, _ = opened(browser, report, 1280)
    page.check("#only-changed")
    assert page.locator(".roles tr.same:visible").count() == 0
    assert page.locator(".roles tr.moved:visible").count() > 0
    page.close()


def test_paper_shows_what_is_folded(browser: Any, report: Path, tmp_path: Path) -> None:
    page, _, _ = opened(browser, report, 1280)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 100_000
    page.close()


def test_a_comparison_opens_without_a_word(browser: Any, run: Path) -> None:
    path = run.parent / "comparison.html"
    path.write_text(render_comparison([run, run]), encoding="utf-8")
    for width in WIDTHS:
        page, faults, seconds = opened(browser, path, width)
        assert faults == [] and seconds < SECONDS
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.Axe().run(page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        page.close()
