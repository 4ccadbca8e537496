"""Requests that are made to mislead: no link and no redirect to another site, no name that breaks a header, secrets
compared in constant time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from visitor import EXAMPLE, LOCAL, OWN, SAME, Page

from optimization.web import guard
from optimization.web.guard import Door
from optimization.web.jobs import Jobs
from optimization.web.routes import attached
from optimization.web.server import application

NAMES = ["私の算定", 'a"b; x#y?z', "with space", "a..b", "20260101T000000Z-0123abcd copy"]


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "///evil.example", "/%5cevil.example", "//evil.example%2f.."]
)
def test_links_of_a_page_lead_to_this_site(page: Page, path: str) -> None:
    answer = page.get(LOCAL + path)
    assert answer.status_code == 404
    links = re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
    assert any("lang=ja" in link for link in links)
    assert [link for link in links if not re.match(r"/(?![/\\])|#", link)] == []


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example/x", "//evil.example"])
def test_who_shows_the_token_stays_on_this_site(results: Path, path: str) -> None:
    with Page(
        application(results, Door("0.0.0.0", "sesame")), base_url=LOCAL, follow_redirects=False
    ) as page:
        answer = page.get(f"{LOCAL}{path}?token=sesame&lang=en")
        assert answer.status_code == 303
        assert re.match(r"/(?![/\\])", answer.headers["location"])


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Page]:
    """A server over folders that somebody named as he liked, and a table named so too."""
    for name in NAMES:
        shutil.copytree(EXAMPLE, tmp_path / "web" / name)
    shutil.copytree(EXAMPLE, tmp_path / "web" / OWN)
    for name in ("表.csv", 'a"b\r\nSet-Cookie: x=y.csv'):
        shutil.copy(EXAMPLE / "services.csv", tmp_path / "web" / OWN / name)
    jobs = Jobs(tmp_path, threads=1)
    with Page(application(tmp_path, jobs=jobs), base_url=LOCAL, follow_redirects=False) as client:
        yield client


def test_a_folder_may_bear_any_name(named: Page) -> None:
    every = set(re.findall(r'href="(/runs/[^"]*)"', named.get("/runs").text))
    assert all(re.fullmatch(r"/runs/[\w-]+(/workbench|/delete)?", link, re.ASCII) for link in every)
    links = {"/".join(link.split("/")[:3]) for link in every}
    assert len(links) == len(NAMES) + 1
    assert f"/runs/{OWN}" in links
    for link in links:
        assert re.fullmatch(r"/runs/[\w-]+", link, re.ASCII)
        assert named.get(link).status_code in (200, 422)
        answer = named.get(f"{link}/tables/services.csv")
        assert answer.status_code == 200 and "fire" in answer.text


@pytest.mark.parametrize("name", ["表", 'a"b\r\nSet-Cookie: x=y'])
def test_a_table_may_bear_any_name(named: Page, name: str) -> None:
    answer = named.get(f"/runs/{OWN}/tables/{quote(name, safe='')}.csv")
    assert answer.status_code == 200
    assert "x" not in answer.cookies
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''" + OWN)


@pytest.mark.parametrize("name", ["表.csv", 'a".csv', "a\r\nb: c.csv", "a b.csv", "a;b.csv", "é.csv"])
def test_no_name_breaks_a_header(name: str) -> None:
    (value,) = attached(name).values()
    assert value.isascii() and value.isprintable()
    assert not re.search(r'["\s;]', value.removeprefix("attachment; "))


def test_a_plain_name_stands_as_it_is() -> None:
    assert attached("run-1.csv") == {"content-disposition": 'attachment; filename="run-1.csv"'}


def test_secrets_are_compared_in_constant_time_and_in_no_other_way(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where that comparison says no, the right token, cookie and form token are refused: nothing else lets them in."""
    door = Door("0.0.0.0", "sesame")
    with Page(application(results, door), base_url=LOCAL, follow_redirects=False) as page:
        assert page.get("/?token=sesame").status_code == 303
        token, seen = page.token(), []

        def never(shown: bytes, known: bytes) -> bool:
            seen.append(known)
            return False

        with monkeypatch.context() as patched:
            patched.setattr(guard.hmac, "compare_digest", never)
            assert page.get("/?token=sesame").status_code == 403
        assert seen == [door.key.encode(), b"sesame"]
        # past the door, but not past the form
        with monkeypatch.context() as patched:
            patched.setattr(guard.hmac, "compare_digest", lambda shown, known: known == door.key.encode())
            assert page.post("/", data={"csrf": token, "case": "nowhere"}, headers=SAME).status_code == 403
        assert page.post("/", data={"csrf": token, "case": "nowhere"}, headers=SAME).status_code == 422


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-language": "x" * 30_000},
        {"accept-language": ",*" * 5_000},
        {"cookie": "optimization-lang=" + "x" * 9_000},
        {"cookie": "a=" * 4_000},
        {"cookie": "optimization-8000-session=" + "a" * 63 + "/"},
        {"range": "bytes=" + ",".join(f"{number}-" for number in range(5_000))},
    ],
)
def test_odd_headers_change_nothing(page: Page, headers: dict[str, str]) -> None:
    for path in ("/about", "/static/page.css"):
        answer = page.get(path, headers=headers)
        assert answer.status_code == 200 and len(answer.content) < 100_000
