"""Visitors of ill will at drafts, files, names and analyses: nothing runs that is not ours, nothing is deleted that is
not the page's own, nothing is without an end."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.attack.server import REPO, Server, Visitor, served

pytestmark = pytest.mark.attack

EXAMPLE = REPO / "results" / "example"
OWN, LINKED = "20260101T000000Z-0123abcd", "20260101T000001Z-0123abcd"
SCRIPT = "<script>alert(1)</script>"
CASE = "iwate-2022"
BAIT = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "=cmd|'/C calc'!A1",
    "\u202egnp.exe",
    "javascript:alert(1)",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("drafts")
    shutil.copytree(EXAMPLE, root / "results" / "web" / OWN)
    shutil.copytree(EXAMPLE, root / "results" / "theirs")
    shutil.copytree(EXAMPLE, root / "elsewhere")
    os.symlink(root / "elsewhere", root / "results" / "web" / LINKED)
    with served(root / "results") as running:
        yield running


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    with Visitor(server) as client:
        yield client


def draft(**more: Any) -> str:
    return json.dumps({"case": CASE, **more})


CHANGING = (
    ("/workbench/run", {"do": "keep", "draft": draft()}),
    (f"/runs/{OWN}/label", {"name": "taken over"}),
    (f"/runs/{OWN}/delete", {}),
    (f"/runs/{OWN}/analyses", {"kind": "explain"}),
)


def test_another_site_changes_nothing(server: Server, visitor: Visitor) -> None:
    token, ours = visitor.csrf(), server.address
    foreign: list[dict[str, str]] = [
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{server.port + 1}", "sec-fetch-site": "same-site"},
        {},
    ]
    same = {"origin": ours, "sec-fetch-site": "same-origin"}
    for (path, fields), headers in product(CHANGING, foreign):
        assert visitor.post(path, data={"csrf": token, **fields}, headers=headers).status_code == 403, path
    for path, fields in CHANGING:
        for wrong in ("", token[:-1], "0" * 64):
            assert visitor.post(path, data={"csrf": wrong, **fields}, headers=same).status_code == 403, path
        assert visitor.post(path, json=fields, headers=same).status_code == 415, path
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            assert visitor.request(method, path, headers=same).status_code == 405, path
    assert visitor.get("/workbench/run").status_code == 405
    visitor.get(f"/runs/{OWN}/delete")
    assert visitor.get(f"/runs/{OWN}").status_code == 200 and "taken over" not in visitor.get("/runs").text
    assert 'class="state running"' not in visitor.get("/runs").text


def test_only_what_the_page_has_made_is_deleted(server: Server, visitor: Visitor) -> None:
    names = set(re.findall(r'href="/runs/([\w-]+)"', visitor.get("/runs").text))
    assert len(names) == 3
    odd = ("..", "%2e%2e", "..%2ftheirs", ".labels", ".attached", "web", "theirs", "x" * 5_000, "%00")
    for name in {*names - {OWN}, *odd}:
        assert visitor.send_form(f"/runs/{name}/delete", {}).status_code in (404, 405, 414), name
    root = server.results
    assert (root / "theirs" / "run.json").is_file() and (root.parent / "elsewhere" / "run.json").is_file()


def test_names_and_notes_stay_text(visitor: Visitor) -> None:
    for text in BAIT:
        visitor.send_form(f"/runs/{OWN}/label", {"name": text, "note": text})
        for path in ("/runs", f"/runs/{OWN}", f"/runs/{OWN}/delete", f"/compare?run={OWN}&run={OWN}"):
            page = visitor.get(path).text
            assert SCRIPT not in page and "<img src=x" not in page and "\u202e" not in page, (path, text)
            assert 'href="javascript:' not in page
    assert visitor.send_form(f"/runs/{OWN}/label", {"name": "x" * 200_000}).status_code == 413
    assert visitor.send_form(f"/runs/{OWN}/label", {"name": "x" * 300_000}).status_code == 413


def test_drafts_of_ill_will_start_nothing(visitor: Visitor) -> None:
    bad = [
        "", "{", "[" * 50_000, "null", '{"case": NaN}', draft(tiers={SCRIPT: SCRIPT}), draft(package="../x"),
        draft(settings={"equity.adequacy_floor": SCRIPT}), draft(locked=["x"] * 20_001), draft(extra=1),
        draft(settings={"wide_area.fix": [SCRIPT]}), draft(assumptions={"detour_factor": "1"}),
    ]  # fmt: skip
    for text, do in product(bad, ("keep", "find")):
        begun = time.monotonic()
        answer = visitor.send_form("/workbench/run", {"do": do, "draft": text, "name": SCRIPT})
        assert answer.status_code == 422, (text[:80], do, answer.status_code)
        assert answer.headers["content-type"].startswith("application/json")
        assert time.monotonic() - begun < 20.0
    page = visitor.get("/runs").text
    assert 'class="state running"' not in page and 'class="state queued"' not in page


def test_files_have_an_end(visitor: Visitor) -> None:
    head = '[package]\nname = "x"\n'
    bombs = [
        "[" * 60_000, head + "a." * 20_000 + "b = 1", head + "n = " + "9" * 50_000, head + "x = {" * 10_000,
        "\x00" * 1_000, head + 'title = """' + "x" * 60_000, "🗾" * 15_000, head + "[[provision]]\n" * 4_000,
        head + f'title = "{SCRIPT}"\nauthor = "{SCRIPT}"\n',
    ]  # fmt: skip
    for toml in bombs:
        begun = time.monotonic()
        answer = visitor.post("/api/draft", json={"case": CASE, "toml": toml})
        assert answer.status_code == 422, (toml[:60], answer.status_code)
        assert len(answer.content) < 200_000 and time.monotonic() - begun < 20.0
        assert answer.headers["x-content-type-options"] == "nosniff"
    for name in ("../x", "a\nb", "a/b", SCRIPT, "CON:"):
        answer = visitor.post("/api/package", json={"case": CASE, "file": {"name": name}})
        assert answer.status_code == 422
    foreign = {"content-type": "application/json", "origin": "http://evil.example"}
    for path in ("/api/draft", "/api/package"):
        assert visitor.post(path, content="{}", headers=foreign).status_code == 403
        assert (
            visitor.post(
                path, content=" " * 300_000, headers={"content-type": "application/json"}
            ).status_code
            == 413
        )


def test_what_stands_beside_the_runs_is_read_with_care(server: Server, visitor: Visitor) -> None:
    """Labels and analyses that somebody has put there: broken, large, linked, hostile."""
    labels = server.results / "web" / ".labels"
    labels.mkdir(exist_ok=True)
    secret = server.results.parent / "secret.json"
    secret.write_text(json.dumps({"name": "the secret of another folder"}), encoding="utf-8")
    for text in (
        "{",
        "[]",
        '{"name": 1, "draft": [1]}',
        "[" * 100_000,
        json.dumps({"name": SCRIPT, "draft": {"package": SCRIPT}}),
        "x" * 2_000_000,
    ):
        (labels / f"{OWN}.json").write_text(text, encoding="utf-8")
        for path in ("/runs", f"/runs/{OWN}", f"/runs/{OWN}/plan", f"/runs/{OWN}/workbench"):
            answer = visitor.get(path)
            assert answer.status_code in (200, 303, 422, 404), (path, text[:40])
            assert SCRIPT not in answer.text.replace("\\u003c", "")
    folder = server.results / "web" / ".attached" / OWN
    folder.mkdir(parents=True, exist_ok=True)
    os.symlink(server.results.parent, folder / "explain-20260303T000000Z-0123abcd")
    here = folder / "alternatives-20260303T000000Z-0123abcd"
    here.mkdir()
    os.symlink(secret, here / "plans.csv")
    (here / "duties.csv").write_text(f"service,{SCRIPT}\n{SCRIPT},{SCRIPT}\n", encoding="utf-8")
    assert "explain-2026" not in visitor.get(f"/runs/{OWN}").text
    assert visitor.get(f"/runs/{OWN}/analyses/explain-20260303T000000Z-0123abcd").status_code == 404
    page = visitor.get(f"/runs/{OWN}/analyses/{here.name}")
    assert page.status_code == 200 and SCRIPT not in page.text and "the secret" not in page.text
    assert visitor.get(f"/runs/{OWN}/analyses/{here.name}/tables/plans.csv").status_code == 404
