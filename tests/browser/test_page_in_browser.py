"""The page in a browser, as its users work with it: by mouse, by keyboard, on a desk and in a hand.

Needs Chromium (found on the path, or named by CHROMIUM); with SCREENSHOTS a folder receives pictures of every page.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import openpyxl
import pytest

sync = pytest.importorskip("playwright.sync_api")
axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

REPO = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESK, HAND = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
START = (
    "import sys; from pathlib import Path; from optimization.web.server import serve; "
    "sys.exit(serve('127.0.0.1', int(sys.argv[1]), Path(sys.argv[2]), False))"
)
SHARP = 60_000
"""Milliseconds within which a run on one prefecture ends, with room for a busy machine."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own on a free port."""
    results = tmp_path_factory.mktemp("results")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", START, str(port), str(results)], cwd=REPO)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{address}/about", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)
    assert not [path for path in results.rglob(".jobs/**/*") if path.is_file()]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync.Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture
def page(browser: sync.Browser, server: str) -> Iterator[sync.Page]:
    """A fresh visitor. At the end nothing has left this machine and nothing has gone wrong in the console."""
    context = browser.new_context(viewport=DESK, locale="en-GB", base_url=server, accept_downloads=True)
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None,
    )
    yield page
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
    # a browser notes every answer of 4xx as an error, even where it is the page that says what to mend
    assert [text for text in wrong if "status of 4" not in text] == []


@pytest.fixture(scope="module")
def runs(browser: sync.Browser, server: str) -> list[str]:
    """Paths of two finished runs: one on the teaching case, one on a prefecture of the country."""
    context = browser.new_context(base_url=server, locale="en-GB")
    page = context.new_page()
    paths = []
    for case, package in (("iwate-2022", "role_division"), ("japan-2022", "wide_area")):
        page.goto("/")
        choose(page, case, package)
        if case == "japan-2022":
            page.locator("#prefectures > summary").click()
            page.get_by_label("Iwate", exact=True).and_(
                page.locator('[name="prefecture:japan-2022"]')
            ).check()
        page.get_by_role("button", name="Start the run").click()
        page.wait_for_selector(".figures", timeout=SHARP)
        paths.append(urlsplit(page.url).path)
    context.close()
    return paths


def choose(page: sync.Page, case: str, package: str) -> None:
    page.check(f"#case-{case}")
    page.check(f"#package-{package}")


def shot(page: sync.Page, name: str) -> None:
    """A picture at both widths, where pictures are asked for."""
    if folder := os.environ.get("SCREENSHOTS"):
        for size in (DESK, HAND):
            page.set_viewport_size(size)
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
        page.set_viewport_size(DESK)


def test_a_run_is_watched_from_start_to_end(page: sync.Page) -> None:
    page.goto("/")
    choose(page, "japan-2022", "role_division")
    page.locator("#prefectures > summary").click()
    page.get_by_label("Iwate", exact=True).and_(page.locator('[name="prefecture:japan-2022"]')).check()
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile(r"/runs/\d{8}T\d{6}Z-\w{8}$"))
    status = page.get_by_role("status")
    sync.expect(status).to_have_attribute("aria-live", "polite")
    sync.expect(page.get_by_role("timer")).to_be_visible()
    seen = set()
    while page.locator(".figures").count() == 0:
        phase = page.locator("[data-field=phase]")
        seen.add(phase.text_content(timeout=2_000) if phase.count() else "")
        page.wait_for_timeout(100)
    assert len(seen - {"", "starting"}) >= 1
    sync.expect(page.locator(".figures")).to_contain_text("Cost under the package")
    sync.expect(page.locator("main")).to_contain_text("japan-2022 (Iwate)")
    page.get_by_role("link", name="Read the report").click()
    page.wait_for_load_state()
    assert "Iwate" in page.content() or "japan-2022" in page.content()


def test_a_slow_run_is_cancelled(page: sync.Page) -> None:
    page.goto("/")
    choose(page, "japan-2022", "role_division")
    page.fill("#gap", "0")
    page.get_by_role("button", name="Start the run").click()
    sync.expect(page.locator("[data-field=phase]")).to_have_text(
        re.compile("building|solving"), timeout=20_000
    )
    shot(page, "running")
    page.get_by_role("button", name="Cancel this run").click()
    sync.expect(page.locator("main")).to_contain_text(
        "The run was cancelled. Nothing was written.", timeout=15_000
    )
    page.goto("/runs")
    sync.expect(page.locator(".state.cancelled").first).to_have_text("cancelled")


def test_a_value_out_of_bounds_is_said_where_it_stands(page: sync.Page) -> None:
    page.goto("/")
    page.locator("summary", has_text=re.compile("^Equity")).click()
    floor = page.get_by_label("Adequacy floor")
    floor.fill("9")
    page.get_by_label("Loss limit").fill("0.5")
    page.get_by_role("button", name="Start the run").click()
    summary = page.get_by_role("alert")
    sync.expect(summary).to_be_focused()
    sync.expect(summary).to_contain_text(
        "is above the most allowed, 2 ratio. Write a number from 0 to 2 (ratio)."
    )
    sync.expect(floor).to_have_value("9")
    sync.expect(floor).to_have_attribute("aria-invalid", "true")
    sync.expect(page.get_by_label("Loss limit")).to_have_value("0.5")
    assert page.title().startswith("Error: ")
    shot(page, "faults")
    page.get_by_role("link", name="Adequacy floor").click()
    sync.expect(floor).to_be_focused()
    page.get_by_role("link", name="日本語").click()
    sync.expect(page.get_by_label("財源充足率の下限")).to_have_value("9")


def test_the_values_shown_follow_the_package(page: sync.Page) -> None:
    page.goto("/")
    floor = page.locator("#f-equity\\.adequacy_floor")
    sync.expect(floor).to_have_attribute("placeholder", "0.97")
    page.check("#package-status_quo")
    sync.expect(floor).to_have_attribute("placeholder", "off")
    page.check("#case-iwate-2022")
    sync.expect(page.locator('fieldset[data-case="japan-2022"]')).to_have_attribute("hidden", "")


@pytest.mark.parametrize("query", ["宮古市", "miyako", "03202", "みやこ", "032026"])
def test_a_town_is_found(page: sync.Page, runs: list[str], query: str) -> None:
    page.goto(f"{runs[0]}")
    page.get_by_label("What about my town?").fill(query)
    page.get_by_role("button", name="Find").click()
    sync.expect(page.get_by_role("heading", level=1)).to_have_text("Miyako-shi (宮古市)")
    sync.expect(page.locator("table.duties").first).to_contain_text("Information systems")
    sync.expect(page.locator("table.duties").first).to_contain_text("Municipal tax collection")


def test_runs_are_compared_and_saved(page: sync.Page, runs: list[str], tmp_path: Path) -> None:
    page.goto("/runs")
    for path in runs:
        page.check(f'input[value="{path.rsplit("/", 1)[1]}"]')
    page.get_by_role("button", name="Compare").click()
    sync.expect(page.locator("caption", has_text="Settings that differ")).to_be_visible()
    sync.expect(page.locator("main")).to_contain_text("not of the same case")
    for link, name in (("Excel file of this comparison", "comparison.xlsx"), ("CSV file", "comparison.csv")):
        with page.expect_download() as saved:
            page.get_by_role("link", name=link).click()
        assert saved.value.suggested_filename == name
    page.goto(runs[0])
    with page.expect_download() as saved:
        page.get_by_role("link", name="Excel file of all tables").click()
    target = tmp_path / "run.xlsx"
    saved.value.save_as(target)
    book = openpyxl.load_workbook(target, read_only=True)
    assert len(book.sheetnames) >= 12
    book.close()


def test_the_language_is_switched_and_kept(page: sync.Page) -> None:
    page.goto("/about")
    page.get_by_role("link", name="日本語").click()
    sync.expect(page.get_by_role("heading", level=1)).to_have_text("数値の意味と限界")
    page.get_by_role("link", name="新しい算定").click()
    sync.expect(page.locator("html")).to_have_attribute("lang", "ja")
    sync.expect(page.get_by_role("button", name="算定を開始")).to_be_visible()
    page.get_by_role("link", name="English").click()
    sync.expect(page.get_by_role("button", name="Start the run")).to_be_visible()


def test_a_run_is_started_by_keyboard_alone(page: sync.Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    sync.expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "case"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.value") == "iwate-2022"
    for _ in range(80):
        page.keyboard.press("Tab")
        place = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.textContent.trim(), s.outlineStyle, e.tagName]; })()"
        )
        assert place[1] != "none", f"the focus on {place} cannot be seen"
        if place[0] == "Start the run":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".figures", timeout=SHARP)


def pages(runs: list[str]) -> dict[str, str]:
    """Every page by a name for its picture."""
    first, second = (path.rsplit("/", 1)[1] for path in runs)
    return {
        "start": "/",
        "runs": "/runs",
        "run": runs[0],
        "town": f"{runs[0]}/town?q=宮古",
        "towns": f"{runs[0]}/town?q=町",
        "none": f"{runs[0]}/town?q=xyz",
        "trace": f"{runs[0]}/trace?code=03208",
        "traced": f"{runs[0]}/trace?q=町",
        "delete": f"{runs[0]}/delete",
        "compare": f"/compare?run={first}&run={second}",
        "workbench": "/workbench?case=iwate-2022&package=status_quo",
        "about": "/about",
        "missing": "/runs/nothing",
    }


TARGETS = """[...document.querySelectorAll(
  'button, select, input:not([type=hidden]), summary, .button, nav a, .ways a, .files > li > a, textarea'
)].filter((e) => e.offsetParent && !e.disabled && !e.closest('#map')).map((e) => {
  const box = ['checkbox', 'radio'].includes(e.type) ? e.closest('label, td') || e.parentElement : e;
  const r = box.getBoundingClientRect();
  return [e.outerHTML.slice(0, 90), Math.round(r.width), Math.round(r.height)];
}).filter(([, width, height]) => width < 44 || height < 44).slice(0, 5)"""
"""What a finger must hit and is less than 44 pixels wide or high."""


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_fits_and_is_open_to_all(page: sync.Page, runs: list[str], language: str) -> None:
    axe = axe_module.Axe()
    grave, small = [], []
    for name, path in pages(runs).items():
        for size in (DESK, HAND):
            page.set_viewport_size(size)
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
            wider = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wider <= 0, f"{name} is {wider} pixels too wide at {size['width']}"
            grave += [
                (name, size["width"], found["id"], [node["html"][:160] for node in found["nodes"][:3]])
                for found in axe.run(page).response["violations"]
            ]
            small += [(name, size["width"], each) for each in page.evaluate(TARGETS)]
        for width in (320, 640):  # 640 pixels are what is left of 1280 at 200%
            page.set_viewport_size({"width": width, "height": 800})
            wider = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wider <= 0, f"{name} is {wider} pixels too wide at {width}"
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = false))")
        shot(page, f"{name}-{language}")
    assert grave == [] and small == []


def test_it_works_without_scripts(browser: sync.Browser, server: str) -> None:
    context = browser.new_context(base_url=server, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto("/")
    choose(page, "iwate-2022", "wide_area")
    page.get_by_role("button", name="Show this package's values below").click()
    sync.expect(page.locator("#package-wide_area")).to_be_checked()
    page.get_by_role("button", name="Start the run").click()
    sync.expect(page.locator("main")).to_contain_text("Cost under the package", timeout=SHARP)
    context.close()


BENCH = "/workbench?case=iwate-2022&package=status_quo&lang=en"


def strip_of(page: sync.Page) -> str:
    """What stands in the result strip once it is counted, without the range of the saving, which comes later; the
    policy of the page lets nothing be evaluated."""
    page.wait_for_timeout(150)
    page.locator("#strip:not(.busy) dl").wait_for(timeout=SHARP)
    figures = page.locator("#strip").inner_text()
    return figures.replace(page.locator("#strip .range").inner_text(), "")


def test_a_draft_by_mouse_and_by_keys(
    page: sync.Page, browser: sync.Browser, server: str, tmp_path: Path
) -> None:
    from optimization.case.package_reader import read_package

    page.goto(BENCH, timeout=SHARP)
    before = strip_of(page)
    cell = page.locator('[data-key="fire@core_city"]')
    cell.click()
    moved = strip_of(page)
    assert moved != before and "moved" in str(cell.get_attribute("class"))
    cell.press("l")
    assert "locked" in str(cell.get_attribute("aria-label"))
    cell.press("+")
    assert strip_of(page) == moved
    cell.press("ArrowRight")
    page.keyboard.press("+")
    both = strip_of(page)
    assert both != moved
    page.keyboard.press("Control+z")
    assert strip_of(page) == moved
    page.keyboard.press("Control+y")
    assert strip_of(page) == both
    field = page.locator('input[type=number][data-key="formula.counted_share"]')
    field.fill("0.3")
    field.press("Tab")
    told = strip_of(page)
    assert told != both
    fresh = browser.new_context(base_url=server).new_page()
    fresh.goto(page.url, timeout=SHARP)
    assert strip_of(fresh) == told
    fresh.context.close()
    with page.expect_download() as saved:
        page.click("#save")
    saved.value.save_as(tmp_path / "draft.toml")
    settings = read_package(tmp_path / "draft.toml").settings
    assert settings["responsibility.fix"]["fire@core_city"] == "prefecture"
    assert settings["formula.counted_share"] == [0.7, 0.7]
    shot(page, "workbench")
    page.set_viewport_size(HAND)
    assert page.evaluate("document.documentElement.scrollWidth") <= HAND["width"]


def test_an_address_of_ill_will_is_no_draft(page: sync.Page) -> None:
    draft = {"tiers": {"<img src=x onerror=alert(1)>": "nation", "fire@core_city": "emperor"}}
    page.goto(f"{BENCH}#{quote(json.dumps(draft))}", timeout=SHARP)
    clean = strip_of(page)
    page.goto("about:blank")
    page.goto(BENCH, timeout=SHARP)
    assert strip_of(page) == clean
