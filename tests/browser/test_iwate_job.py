"""The laboratory in a browser: the whole job of an official of Iwate, the rest of a draft found, a file with a fault.

The job: care of the elderly to the prefecture; who loses, and what does Tono get; two numbers changed; both compared;
two pages and a workbook for the director. An action is one control reached and used.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest

from tests.browser.test_page_in_browser import HAND, SHARP, browser, page, server, shot, strip_of, sync

__all__ = ["browser", "page", "server"]
pytestmark = pytest.mark.browser

BENCH = "/workbench?case=iwate-2022&package=status_quo&lang=en"
CARE = "elderly_care"
FLOOR, RETAINED = "equity.adequacy_floor", "formula.counted_share"
MOST_ACTIONS = 15
DRAFT = {
    "bodies": [
        {"services": ["fire"], "members": ["03205", "03206", "03215", "03366", "03381"], "locked": True}
    ],
    "tiers": {"waste@core_city": "municipality"},
    "locked": ["waste@core_city"],
}


class Mouse:
    """Works by pointing and clicking; text is typed where the pointer has clicked."""

    def __init__(self, page: sync.Page) -> None:
        self.page, self.actions = page, 0

    def press(self, selector: str) -> None:
        self.actions += 1
        self.page.locator(selector).first.click()

    def write(self, selector: str, text: str) -> None:
        self.actions += 1
        self.page.locator(selector).first.fill(text)
        self.page.keyboard.press("Enter")

    def choose(self, selector: str, value: str) -> None:
        self.actions += 1
        self.page.locator(selector).first.select_option(value)

    def turn_row(self, service: str) -> None:
        self.press(f"#matrix tr:has([data-key^='{service}@']) .turner")


class Keys(Mouse):
    """Works by the keyboard alone: Tab leads to every control, the arrow keys lead through the matrix."""

    def reach(self, selector: str) -> None:
        self.actions += 1
        aim = self.page.locator(selector).first
        aim.wait_for(timeout=SHARP)
        for _ in range(500):
            if aim.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached by Tab")

    def press(self, selector: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Enter")

    def write(self, selector: str, text: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def choose(self, selector: str, value: str) -> None:
        self.reach(selector)
        self.page.keyboard.type(value)

    def turn_row(self, service: str) -> None:
        self.reach("#matrix button[tabindex='0']")
        aim = self.page.locator(f"#matrix tr:has([data-key^='{service}@']) .turner")
        self.page.keyboard.press("ArrowLeft")
        for _ in range(60):
            if aim.evaluate("element => element === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")


def other_than(page: sync.Page, before: str) -> str:
    """What stands in the result strip when it is no longer what stood there; the page lets no script wait for it."""
    end = time.monotonic() + SHARP / 1000
    while (now := strip_of(page)) == before:
        assert time.monotonic() < end, before
    return now


def kept(hand: Mouse, name: str) -> None:
    """Keep the draft as a run under a name: Enter in the field does it."""
    hand.write("#keep [name=name]", name)
    link = hand.page.locator("#kept").get_by_role("link", name=name, exact=True)
    sync.expect(link).to_be_visible(timeout=SHARP)


def saved(hand: Mouse, selector: str, folder: Path) -> Path:
    """What a link saves."""
    with hand.page.expect_download(timeout=SHARP) as download:
        hand.press(selector)
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("way", [Mouse, Keys])
def test_the_whole_job_of_iwate(page: sync.Page, tmp_path: Path, way: type[Mouse], language: str) -> None:
    page.goto(f"/?lang={language}")
    hand = way(page)
    hand.press('nav a[href="/workbench"]')
    page.wait_for_selector("#strip dl", timeout=SHARP)
    hand.choose("select[name=case]", "iwate-2022")
    hand.press(".bench-choose button")
    page.wait_for_url(re.compile("case=iwate-2022"), timeout=SHARP)
    before = strip_of(page)
    hand.turn_row(CARE)
    care = other_than(page, before)
    sync.expect(
        page.locator("#league").get_by_text("滝沢市" if language == "ja" else "Takizawa").first
    ).to_be_visible(timeout=SHARP)
    hand.write("#map-find", "遠野" if language == "ja" else "Tono")
    sync.expect(page.locator("#town-panel")).to_contain_text("遠野市" if language == "ja" else "Tono")
    kept(hand, "A")
    sync.expect(page.locator("#compare-kept")).to_be_hidden()
    hand.write(f"input[type=number][data-key='{FLOOR}']", "0.95")
    hand.write(f"input[type=number][data-key='{RETAINED}']", "0.3")
    other_than(page, care)
    kept(hand, "B")
    shot(page, f"job-{way.__name__}-{language}")
    hand.press("#compare-kept")
    page.wait_for_url(re.compile("/compare"), timeout=SHARP)
    sync.expect(page.locator("table.compare").first).to_contain_text("0.95")
    for name in ("A", "B"):
        sync.expect(page.get_by_role("columnheader", name=name, exact=True).first).to_be_visible()
    brief = saved(hand, "li:has(a:text-is('B')) a[href$='/brief.docx']", tmp_path)
    book = saved(hand, "li:has(a:text-is('B')) a[href$='/workbook.xlsx']", tmp_path)
    assert brief.stat().st_size > 5_000
    assert len(openpyxl.load_workbook(book, read_only=True).sheetnames) >= 12
    assert hand.actions <= MOST_ACTIONS, hand.actions


@pytest.fixture
def drafted(page: sync.Page) -> Iterator[sync.Page]:
    """The workbench with a body of five and a cell locked."""
    page.goto(f"{BENCH}#{quote(json.dumps(DRAFT))}", timeout=SHARP)
    strip_of(page)
    yield page


def test_the_rest_is_found_around_what_is_locked(
    drafted: sync.Page, browser: sync.Browser, server: str
) -> None:
    page = drafted
    page.click("#keep [value=find]")
    sync.expect(page.locator("#doing")).to_be_visible()
    sync.expect(page.locator("#keep-faults a")).to_be_visible(timeout=SHARP)
    told = strip_of(page)
    plan = page.request.get(f"{page.locator('#keep-faults a').get_attribute('href')}/plan").json()
    assert "fire:03205|03206|03215|03366|03381" in plan["settings"]["wide_area.fix"]
    assert plan["tiers"]["waste@core_city"] == "municipality" and len(plan["locked"]) == 2
    run = page.request.get(str(page.locator("#keep-faults a").get_attribute("href"))).text()
    assert 'class="state optimal"' in run
    fresh = browser.new_context(base_url=server).new_page()
    fresh.goto(page.url, timeout=SHARP)
    assert strip_of(fresh) == told
    fresh.context.close()
    page.keyboard.press("Control+z")
    other_than(page, told)
    page.set_viewport_size(HAND)
    assert page.evaluate("document.documentElement.scrollWidth") <= HAND["width"]


def test_a_pinned_draft_stands_beside_every_figure(
    drafted: sync.Page, browser: sync.Browser, server: str
) -> None:
    page = drafted
    page.click("#pin")
    sync.expect(page.locator("#strip .against").first).to_contain_text("no difference")
    alone = strip_of(page)
    Mouse(page).turn_row(CARE)
    told = other_than(page, alone)
    assert "pinned: " in told and page.locator("#strip .against").count() == 7
    for link in (".skip", ".bench-jump a[href='#h-money']"):
        page.locator(link).focus()
        page.keyboard.press("Enter")
        assert strip_of(page) == told and "elderly_care" in page.url
    fresh = browser.new_context(base_url=server).new_page()
    fresh.goto(page.url, timeout=SHARP)
    sync.expect(fresh.locator("#strip .against")).to_have_count(7, timeout=SHARP)
    assert strip_of(fresh) == told
    fresh.context.close()
    kept(Mouse(page), "pin me")
    page.get_by_role("button", name="Pin: pin me").click()
    sync.expect(page.locator("#pinned-name")).to_have_text("pin me")
    sync.expect(page.locator("#strip .against").first).to_contain_text("no difference")
    page.click("#unpin")
    sync.expect(page.locator("#strip .against")).to_have_count(0)


def test_looking_for_the_rest_is_cancelled(page: sync.Page) -> None:
    page.goto("/workbench?case=japan-2022&package=role_division&lang=en", timeout=SHARP)
    before = strip_of(page)
    page.click("#keep [value=find]")
    sync.expect(page.locator("#cancel")).to_be_focused(timeout=SHARP)
    sync.expect(page.locator("#doing [data-field=phase]")).to_have_text(
        re.compile("build|solv"), timeout=SHARP
    )
    page.keyboard.press("Enter")
    sync.expect(page.locator("#keep-faults")).to_contain_text("Cancelled", timeout=20_000)
    assert strip_of(page) == before and page.locator("#doing").is_hidden()


FAULTY = (
    '[package]\nname = "mine"\ntitle = "<b>t</b>"\nauthor = "a"\nsource = "s"\ndate = 2026-01-01\n'
    'baseline = "status_quo"\n[[provision]]\nnumber = 1\ntext = "t"\n[provision.settings]\n'
    '"equity.adequacy_floor" = {}\n'
)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_file_with_a_fault_shows_it_where_it_is_and_a_good_one_comes_back(
    page: sync.Page, tmp_path: Path, language: str
) -> None:
    page.goto(f"/workbench?case=iwate-2022&package=status_quo&lang={language}", timeout=SHARP)
    clean = strip_of(page)
    load = page.locator("#load")
    load.set_input_files(
        {"name": "mine.toml", "mimeType": "application/toml", "buffer": FAULTY.format("75").encode()}
    )
    sync.expect(page.locator("#file-faults mark")).to_contain_text('12  "equity.adequacy_floor" = 75')
    assert page.evaluate("document.activeElement.id") == "file-faults"
    shot(page, f"file-fault-{language}")
    assert strip_of(page) == clean
    good = FAULTY.format("1.10").encode()
    load.set_input_files({"name": "mine.toml", "mimeType": "application/toml", "buffer": good})
    told = other_than(page, clean)
    page.reload()
    assert strip_of(page) == told
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "mine.toml")
    assert download.value.suggested_filename == "mine.toml" and (tmp_path / "mine.toml").read_bytes() == good
    load.set_input_files({"name": "x.toml", "mimeType": "application/toml", "buffer": b"\xff\xfe[\x00" * 100})
    sync.expect(page.locator("#file-faults")).to_contain_text("UTF-8")


def test_an_address_of_ill_will_runs_nothing(page: sync.Page) -> None:
    bait = "<img src=x onerror=alert(1)>"
    draft = {
        "tiers": {bait: "nation"},
        "settings": {bait: bait, "equity.x": bait, "wide_area.fix": [f"fire:{bait}"]},
        "assumptions": {bait: 1, "x": bait},
        "locked": [bait, 1, None],
        "bodies": [{"services": [bait], "members": [bait]}],
        "file": {"name": bait, "title": bait, "author": bait, "text": bait, bait: bait},
    }
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{BENCH}#{quote(json.dumps(draft))}", timeout=SHARP)
    page.locator("#strip:not(.busy) p, #strip:not(.busy) dl").first.wait_for(timeout=SHARP)
    page.click("#save")
    time.sleep(0.5)
    assert page.locator("main img").count() == 0 and dialogs == []
    for hash_ in ("[]", "null", "{" * 5_000, json.dumps({"tiers": 5, "bodies": {}, "file": [1]})):
        page.goto("about:blank")
        page.goto(f"{BENCH}#{quote(hash_)}", timeout=SHARP)
        strip_of(page)
