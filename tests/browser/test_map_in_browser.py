"""The map of the workbench in a browser: painted, locked, looked into, by mouse and by keys, at both widths."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from test_page_in_browser import DESK, HAND, SHARP, axe_module, browser, page, server, shot, strip_of, sync

__all__ = ["browser", "page", "server"]

pytestmark = pytest.mark.browser

IWATE = "/workbench?case=iwate-2022&package=status_quo"
FIVE = ["03201", "03205", "03206", "03207", "03208"]
DRAWN_MS = 100
"""Within which the whole country is drawn again."""


def opened(page: sync.Page, address: str = f"{IWATE}&lang=en") -> dict[str, Any]:
    """The page with its map drawn and a draft counted; what the map is drawn from."""
    with page.expect_response(re.compile("map.json"), timeout=SHARP) as sent:
        page.goto(address, timeout=SHARP)
    page.locator("#map[data-drawn]").wait_for(timeout=SHARP)
    strip_of(page)
    return dict(sent.value.json())


def spot(page: sync.Page, found: dict[str, Any], code: str) -> tuple[float, float]:
    """Where a town hall stands on the map, in pixels from its corner."""
    at = page.locator("#map").evaluate("e => ['k', 'x', 'y'].map((name) => Number(e.dataset[name]))")
    i = found["codes"].index(code)
    x, y = found["office"][2 * i : 2 * i + 2]
    return x * at[0] + at[1], y * at[0] + at[2]


def click(page: sync.Page, found: dict[str, Any], code: str) -> None:
    """Click a town on the map."""
    page.locator("#map").scroll_into_view_if_needed()
    x, y = spot(page, found, code)
    page.locator("#map").click(position={"x": x, "y": y})


def draft(page: sync.Page) -> dict[str, Any]:
    """The state behind the '#' of the address."""
    return dict(json.loads(unquote(urlsplit(page.url).fragment)))


def test_a_body_of_five_towns_is_painted_and_locked_by_mouse(
    page: sync.Page, browser: sync.Browser, server: str
) -> None:
    found = opened(page)
    before = strip_of(page)
    page.select_option("#map-layer", "bodies")
    page.select_option("#map-service", "fire")
    page.get_by_role("button", name="Begin a body").click()
    for code in FIVE:
        click(page, found, code)
    body = draft(page)["bodies"][-1]
    assert set(body["members"]) == set(FIVE) and body["services"] == ["fire"]
    page.get_by_role("button", name="Lock", exact=True).click()
    sync.expect(page.locator("#body-list button").first).to_contain_text("5 in all (locked)")
    told = strip_of(page)
    assert told != before
    click(page, found, "03202")
    sync.expect(page.locator("#map-said")).to_contain_text("locked")
    assert draft(page)["bodies"][-1]["members"] == body["members"]
    page.locator("#reset").click()
    assert [each["members"] for each in draft(page)["bodies"]] == [body["members"]]
    asked = page.request.post(
        "/api/apply",
        data={
            "case": "iwate-2022",
            "settings": {"wide_area.fix": [f"fire:{'|'.join(body['members'])}"]},
            "layers": ["bodies"],
        },
    ).json()
    assert "|".join(sorted(FIVE)) in asked["layers"]["bodies"]["member_codes"]
    fresh = browser.new_context(base_url=server, locale="en-GB").new_page()
    opened(fresh, page.url)
    assert strip_of(fresh) == told
    sync.expect(fresh.locator("#map-service")).to_have_value("fire")
    sync.expect(fresh.locator("#body-list button").first).to_contain_text("(locked)")
    fresh.context.close()
    shot(page, "map-painted")


def test_what_is_painted_and_locked_stands_when_the_rest_is_found(page: sync.Page) -> None:
    found = opened(page, "/workbench?case=iwate-2022&package=role_division&lang=en")
    page.select_option("#map-layer", "bodies")
    page.select_option("#map-service", "fire")
    page.get_by_role("button", name="Begin a body").click()
    for code in FIVE:
        click(page, found, code)
    page.get_by_role("button", name="Lock", exact=True).click()
    page.get_by_role("button", name="Find the rest").click()
    page.locator("#kept a").first.wait_for(timeout=SHARP)
    run = str(page.locator("#kept a").first.get_attribute("href"))
    record = page.request.get(f"{run}/tables/bodies.csv").text()
    assert any("|".join(FIVE) in line and "fire" in line for line in record.splitlines())
    page.locator("#undo").wait_for()
    assert any(set(each["members"]) == set(FIVE) for each in draft(page)["bodies"])
    page.goto(run)
    sync.expect(page.locator("main")).to_contain_text("solved to the asked gap")


def test_the_address_tells_what_is_looked_at(page: sync.Page, browser: sync.Browser, server: str) -> None:
    opened(page)
    page.locator("#zoom-in").click()
    page.locator("#zoom-in").click()
    page.wait_for_timeout(800)
    view = draft(page)["look"]["view"]
    fresh = browser.new_context(base_url=server, locale="en-GB", viewport=DESK).new_page()
    opened(fresh, page.url)
    fresh.wait_for_timeout(800)
    again = draft(fresh)["look"]["view"]
    assert again[0] == pytest.approx(view[0], rel=1e-3)
    assert again[1:] == pytest.approx(view[1:], abs=10)
    fresh.context.close()
    state = {"look": {"layer": "debts", "view": ["x", 1, None]}, "tiers": {"fire@core_city": "prefecture"}}
    page.evaluate("(text) => { location.hash = text; }", quote(json.dumps(state)))
    sync.expect(page.locator("#map-layer")).to_have_value("debts")
    sync.expect(page.locator('[data-key="fire@core_city"]')).to_have_text("Pref")
    sync.expect(page.locator("#map-legend")).to_contain_text("18%")


def test_bodies_are_painted_split_joined_and_locked_by_keys(page: sync.Page) -> None:
    opened(page, f"{IWATE}&lang=ja")
    page.locator("#map-layer").select_option("bodies")
    page.locator("#map-service").select_option("fire")
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.keyboard.press("Space")
    for way in ("ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(way)
        page.keyboard.press("Space")
    painted = set(draft(page)["bodies"][-1]["members"])
    assert len(painted) in (3, 4)
    page.keyboard.press("a")  # the town by itself
    bodies = [set(each["members"]) for each in draft(page)["bodies"]]
    assert sorted(map(len, bodies)) == [1, len(painted) - 1]
    page.keyboard.press("Control+z")
    assert [set(each["members"]) for each in draft(page)["bodies"]] == [painted]
    page.keyboard.press("b")
    page.keyboard.press("l")
    assert draft(page)["bodies"][-1]["locked"] is True
    assert "固定した" in page.locator("#map-said").inner_text()
    page.keyboard.press("l")
    page.locator("#body-members input").first.focus()
    page.keyboard.press("Space")
    page.locator("#body-split").focus()
    page.keyboard.press("Enter")
    assert sorted(len(each["members"]) for each in draft(page)["bodies"]) == [1, len(painted) - 1]
    page.locator("#map").focus()
    page.keyboard.press("m")
    assert [set(each["members"]) for each in draft(page)["bodies"]] == [painted] or len(
        draft(page)["bodies"]
    ) == 2
    page.keyboard.press("Enter")
    sync.expect(page.locator("#town-panel h3")).to_be_focused()


def test_who_is_not_counted_with_a_body_is_said(page: sync.Page) -> None:
    body = {"services": ["fire"], "members": ["03201", "03205", "03302"]}
    state = {"bodies": [body], "tiers": {"fire@town_below_10k": "prefecture"}}
    opened(page, f"{IWATE}&lang=en#{quote(json.dumps(state))}")
    page.locator("#body-list button").first.click()
    sync.expect(page.locator("#body-counted")).to_contain_text("without Kuzumaki-machi")


def test_two_fingers_zoom_and_one_paints(browser: sync.Browser, server: str) -> None:
    context = browser.new_context(
        base_url=server, locale="ja-JP", viewport=HAND, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    found = opened(page, f"{IWATE}&lang=ja")
    page.locator("#map").scroll_into_view_if_needed()
    corner = page.locator("#map").bounding_box()
    assert corner is not None
    before = float(str(page.locator("#map").get_attribute("data-k")))
    sent, middle = context.new_cdp_session(page), (corner["x"] + 150, corner["y"] + 200)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        named = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        sent.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": named})

    for wide in (30, 45, 60, 90):
        kind = "touchStart" if wide == 30 else "touchMove"
        touch(kind, (middle[0] - wide, middle[1]), (middle[0] + wide, middle[1]))
    touch("touchEnd")
    page.wait_for_timeout(200)
    assert float(str(page.locator("#map").get_attribute("data-k"))) > 1.5 * before
    page.locator("#zoom-whole").tap()
    page.locator("[name=map-mode][value=paint]").check()
    page.locator("#map").scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    corner = page.locator("#map").bounding_box()
    assert corner is not None
    way = [spot(page, found, code) for code in ("03201", "03202")]
    ends = [(corner["x"] + x, corner["y"] + y) for x, y in way]
    touch("touchStart", ends[0])
    for part in (0.25, 0.5, 0.75, 1.0):
        touch("touchMove", tuple(a + part * (b - a) for a, b in zip(*ends, strict=True)))
    touch("touchEnd")
    page.wait_for_timeout(200)
    assert {"03201", "03202"} <= set(draft(page)["bodies"][-1]["members"])
    context.close()


def test_whole_sets_are_loaded(page: sync.Page) -> None:
    found = opened(page)
    page.select_option("#map-layer", "bodies")
    page.select_option("#map-service", "fire")
    before = strip_of(page)
    page.locator("#load-today").click()
    assert len(draft(page)["bodies"]) == len(found["today"]["fire"])
    assert strip_of(page) == before
    page.locator("#load-medical").click()
    assert {len(each["members"]) for each in draft(page)["bodies"]} == {
        len(each) for each in found["medical"]
    }
    assert strip_of(page) != before


def test_three_clicks_lead_from_the_map_to_the_official_cell(page: sync.Page) -> None:
    found = opened(page)
    click(page, found, "03208")
    page.locator('#town-panel details[data-part="grant-own"] > summary').click()
    line = page.locator("#town-panel .steps details").first
    line.locator("summary").click()
    sync.expect(line).to_contain_text("muni_2022-demand")
    sync.expect(line).to_contain_text("基準財政需要額")
    sync.expect(line).to_contain_text("03208")
    shot(page, "map-town")


def test_layers_count_every_place_and_leagues_lead_to_towns(page: sync.Page) -> None:
    found = opened(page)
    page.locator('[data-key="elderly_care@town_below_10k"]').click()
    strip_of(page)
    for layer in ("change", "tier", "debts", "travel"):
        page.select_option("#map-layer", layer)
        page.wait_for_timeout(100)
        strip_of(page)
        counts = page.locator("#map-legend .count").all_inner_texts()
        assert sum(int(text.replace(",", "")) for text in counts) == len(found["codes"]), layer
    for kind in ("prefecture", "size", "finance", "class"):
        page.select_option("#league-kind", kind)
        rows = page.locator("#league table").first.locator("tbody tr td:nth-child(2)").all_inner_texts()
        assert sum(map(int, rows)) == len(found["codes"]), kind
    page.fill("#map-find", "とおの")
    page.locator("#map-find").press("Enter")
    sync.expect(page.locator("#town-panel h3")).to_have_text("Tono-shi")
    page.locator("#town-panel [data-way=pin]").click()
    sync.expect(page.locator("#league caption", has_text="Pinned")).to_be_visible()
    page.locator("#town-panel summary", has_text="Towns like").click()
    other = page.locator("#town-panel details[data-part=similar] button").first
    name = other.inner_text().partition(" (")[0]
    other.click()
    sync.expect(page.locator("#town-panel h3")).to_have_text(name)
    assert draft(page)["look"]["pins"] == ["03208"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_map_fits_and_is_open_to_all(page: sync.Page, language: str) -> None:
    axe, grave = axe_module.Axe(), []
    state = {
        "bodies": [{"services": ["fire"], "members": FIVE, "locked": True}],
        "look": {"layer": "bodies", "service": "fire", "town": "03208", "pins": ["03201"]},
    }
    for size in (DESK, HAND):
        page.set_viewport_size(size)
        page.goto("about:blank")
        opened(page, f"{IWATE}&lang={language}#{quote(json.dumps(state))}")
        page.locator("#town-panel h3").wait_for(timeout=SHARP)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], (language, wide)
        grave += [
            (size["width"], each["id"], [node["html"][:160] for node in each["nodes"][:3]])
            for each in axe.run(page).response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        small = page.evaluate(
            "[...document.querySelectorAll('.map-ways button, .ways button')]"
            ".filter((e) => e.offsetParent && e.offsetHeight < 44).map((e) => e.textContent)"
        )
        assert small == []
    assert grave == []
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = false))")
    shot(page, f"map-{language}")


def test_an_address_of_ill_will_paints_nothing(page: sync.Page) -> None:
    opened(page)
    clean = strip_of(page)
    state = {
        "bodies": [{"services": ["<b>"], "members": ["x"]}, {"services": "fire", "members": 7}, None],
        "look": {
            "layer": "__proto__",
            "service": "constructor",
            "when": [],
            "town": "<img src=x onerror=alert(1)>",
            "pins": [{}, "03201<script>"],
        },
    }
    page.goto("about:blank")
    opened(page, f"{IWATE}&lang=en#{quote(json.dumps(state))}")
    assert strip_of(page) == clean
    sync.expect(page.locator("#town-panel")).to_be_hidden()


def test_the_whole_country_is_drawn_within_a_tenth_of_a_second(page: sync.Page) -> None:
    opened(page, "/workbench?case=japan-2022&package=status_quo&lang=en")
    took = page.evaluate(
        """async () => {
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            const canvas = document.querySelector("#map canvas");
            const layer = document.getElementById("map-layer"), took = [];
            for (const name of ["tier", "bodies", "change", "tier", "bodies", "change"]) {
                await frame();
                const start = performance.now();
                layer.value = name;
                layer.dispatchEvent(new Event("change"));
                await frame();
                (await createImageBitmap(canvas)).close(); // waits until all of it is drawn
                took.push(performance.now() - start);
            }
            return took;
        }"""
    )
    assert page.locator("#map").get_attribute("data-drawn") == "1719"
    assert sorted(took)[len(took) // 2] <= DRAWN_MS, took
