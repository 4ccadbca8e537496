"""What is refused, who may ask, and an order from its form to its end."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from visitor import LOCAL, OWN, SAME, SLOW, Page, stranger, undecided

from optimization.errors import InputError
from optimization.web.guard import Door, door_for
from optimization.web.jobs import Order
from optimization.web.server import application, serve


@pytest.mark.parametrize(
    "path",
    [
        "/runs/nothing",
        "/runs/..%2f..%2fpyproject.toml",
        "/runs/%2e%2e/report",
        "/runs/example",
        "/runs/.jobs",
        f"/runs/{OWN}/tables/..%2Frun.json.csv",
        f"/runs/{OWN}/tables/../run.csv",
        f"/runs/{OWN}/tables/nothing.csv",
        f"/runs/{OWN}/tables/%2Fetc%2Fpasswd.csv",
        f"/runs/{OWN}/run.json",
        "/static/../page.py",
        "/static/..%2f..%2fpage.py",
        "/compare?run=../example&run=x",
        "/nowhere",
    ],
)
def test_no_way_out_of_the_known_runs(page: Page, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 404
    assert "There is no such page or run" in answer.text


def test_foreign_hosts_and_origins_are_refused(page: Page) -> None:
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "[::1",
        "",
        "192.0.2.1",
    ):
        assert page.get("/", headers={"host": host}).status_code == 400, host
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert page.get("/about", headers={"host": host}).status_code == 200, host
    fields = {"csrf": page.token(), "case": "nowhere"}
    foreign: list[dict[str, str]] = [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": LOCAL},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9000"},
    ]
    for headers in foreign:
        assert page.post("/", data=fields, headers=headers).status_code == 403, headers
    for headers in ({"origin": LOCAL}, SAME, {**SAME, "origin": "null"}, {**SAME, "origin": LOCAL}):
        assert page.post("/", data=fields, headers=headers).status_code == 422, headers


def test_a_post_needs_its_token(page: Page) -> None:
    for token in ("", "x", "0" * 64):
        assert page.post("/", data={"csrf": token}, headers=SAME).status_code == 403
    token = page.token()
    assert page.post("/", data={"csrf": token}, headers={**SAME, "cookie": ""}).status_code == 403
    foreign = {**SAME, "cookie": "optimization-8000-session=" + "a" * 64}
    assert page.post("/", data={"csrf": token}, headers=foreign).status_code == 403
    cookie = page.get("/about", headers={"cookie": ""}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_forms_are_small_and_nothing_is_uploaded(page: Page) -> None:
    assert page.post_form("/", {"x": "y" * 300_000}).status_code == 413
    assert page.post("/", files={"f": b"x"}, headers=SAME).status_code == 415
    assert page.post("/", json={}, headers=SAME).status_code == 415
    many = {"csrf": page.token(), **{f"x{n}": "1" for n in range(2_500)}}
    assert page.post("/", data=many, headers=SAME).status_code == 400
    assert page.post("/runs", data={"csrf": page.token()}, headers=SAME).status_code == 405
    assert page.put("/", headers=SAME).status_code == 405


def test_another_address_asks_for_the_token(results: Path) -> None:
    door = Door("0.0.0.0", "secret-token")
    app = application(results, door)
    with Page(app, base_url="http://192.0.2.7:8000", follow_redirects=False) as page:
        assert page.get("/").status_code == 403
        assert page.get("/static/page.css").status_code == 403
        assert page.get("/?token=wrong").status_code == 403
        assert page.get("/about", headers={"host": "evil.example"}).status_code == 400
        entered = page.get("/runs?token=secret-token&lang=en")
        assert (entered.status_code, entered.headers["location"]) == (303, "/runs?lang=en")
        cookie = next(
            c for c in entered.headers.get_list("set-cookie") if c.startswith("optimization-8000-key=")
        )
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "secret-token" not in cookie
        answer = page.get("/runs")
        assert answer.status_code == 200
        assert answer.headers["referrer-policy"] == "same-origin"


def test_the_report_brings_its_own_policy(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    from optimization.report import page as report

    html = "<!doctype html><title>r</title><style>p{}</style><p>report {0}</p><script>let a = 1;</script>"
    monkeypatch.setattr(report, "render_report", lambda folder, case, studies, language: html)
    answer = page.get(f"/runs/{OWN}/report?lang=en")
    assert answer.text == html
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert page.get(f"/runs/{undecided(page)}/report").status_code == 404


def test_a_run_from_order_to_cancel_and_a_full_line(page: Page) -> None:
    first = page.post_form("/?lang=en", SLOW)
    assert first.status_code == 303
    address = first.headers["location"]
    waiting = [page.post_form("/", SLOW).headers["location"] for _ in range(2)]
    mine = page.post_form("/", SLOW)
    assert mine.status_code == 429
    other = stranger(page)
    third = other.post_form("/?lang=en", SLOW)
    assert third.status_code == 303
    full = other.post_form("/", SLOW)
    assert full.status_code == 503
    assert "The line of runs is full" in full.text
    assert full.headers["retry-after"]
    assert "Cancel this run" in page.get(address).text
    now = page.get(f"{address}/progress").json()
    assert (now["state"], now["over"]) == ("running", False)
    assert page.get(f"{waiting[0]}/progress").json()["phase"] == "waiting; runs before this one: 1"
    theirs = third.headers["location"]
    assert "Cancel this run" not in page.get(theirs).text
    foreign = page.post_form(f"{theirs}/cancel?lang=en", {})
    assert foreign.status_code == 403 and "Only who started a run" in foreign.text
    assert page.get(f"{theirs}/progress").json()["state"] == "queued"
    assert other.post_form(f"{theirs}/cancel", {}).status_code == 303
    for one in (*waiting, address):
        assert page.post(f"{one}/cancel", headers=SAME).status_code == 415
        assert page.post_form(f"{one}/cancel", {}).status_code == 303
    end = time.monotonic() + 10
    while not page.get(f"{address}/progress").json()["over"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "The run was cancelled" in page.get(address).text
    assert page.get("/runs").text.count('class="state cancelled"') == 4


def test_a_quick_run_ends_on_its_page(page: Page) -> None:
    fields = {"case": "iwate-2022", "package": "wide_area", "set:wide_area.neighbours": "3"}
    fields |= {
        "set:wide_area.services": "fire",
        "low:formula.counted_share": "0.7",
        "high:formula.counted_share": "0.75",
    }
    address = page.post_form("/?lang=en", fields).headers["location"]
    end = time.monotonic() + 30
    while not page.get(f"{address}/progress").json()["over"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    text = page.get(address).text
    assert "Cost under the package" in text
    assert "my settings" in text
    package = page.get(f"{address}/package.toml").text
    assert '"wide_area.services" = ["fire"]' in package
    assert '"formula.counted_share" = [0.7, 0.75]' in package


def test_an_address_in_use_is_bad_input(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="cannot be listened on"):
            serve("127.0.0.1", taken.getsockname()[1], tmp_path, False)


def test_a_token_is_asked_for_where_others_can_reach_the_page() -> None:
    assert not any(door_for(host).token for host in ("127.0.0.1", "localhost", "::1"))
    assert len({door_for(host).token for host in ("0.0.0.0", "::", "192.0.2.1", "2001:db8::1")} - {""}) == 4


def test_orders_are_plain_values() -> None:
    assert Order("a", "b").title == "b"
    assert Order("a", "b", settings={"equity.adequacy_floor": 0.9}).title == "b+my_settings"
