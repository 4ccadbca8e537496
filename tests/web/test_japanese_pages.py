"""Japanese pages, reports, briefs, workbooks and faults hold no English: every page is walked, every fault is looked
up, and what is not on the list of names that are written in Latin letters is told."""

from __future__ import annotations

import re

from latin import latin, latin_of_page
from visitor import OWN, Page, ids, undecided

from optimization.dictionary.in_japanese import ENGLISH_ONLY

FILES = re.compile(r"\.\w+$|^/api/|^/values$|/progress$|/plan$|\}/workbench$|/analyses/")
"""Addresses that answer with no page of text."""
JA = {"cookie": "optimization-lang=ja"}


def paths(page: Page) -> list[str]:
    """Every page that shows text, as a reader comes to it."""
    other = next(name for name in ids(page) if name not in (OWN, undecided(page)))
    runs = f"run={OWN}&run={other}"
    return [
        "/",
        "/runs",
        "/about",
        "/workbench?case=iwate-2022",
        f"/runs/{OWN}",
        f"/runs/{OWN}/town",
        f"/runs/{OWN}/town?q=盛岡市",
        f"/runs/{OWN}/town?q=町",
        f"/runs/{OWN}/trace?code=03201",
        f"/runs/{OWN}/trace?q=町",
        f"/runs/{OWN}/report",
        f"/runs/{OWN}/brief",
        f"/runs/{OWN}/delete",
        f"/runs/{undecided(page)}",
        f"/compare?{runs}",
        f"/compare/page?{runs}",
        "/compare",
        "/nowhere",
    ]


def test_no_page_holds_english(page: Page) -> None:
    found, own = [], {"The pool is <b>too small</b>." + ENGLISH_ONLY}
    for path in paths(page):
        answer = page.get(path, headers=JA)
        assert '<html lang="ja">' in answer.text, path
        found += [(path, *told) for told in latin_of_page(answer.text) if told[0] not in own]
    assert not found, "\n".join(map(str, found))


def test_no_page_is_left_out(page: Page) -> None:
    """Every address that answers with a page is walked above; the others give files, or take what is sent."""
    walked = [path.partition("?")[0].rstrip("/") or "/" for path in paths(page)]
    for route in page.app.routes if hasattr(page.app, "routes") else page.app.app.routes:
        given, takes = getattr(route, "path", ""), getattr(route, "methods", None) or ()
        if "GET" not in takes or FILES.search(given):
            continue
        assert any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", given), path) for path in walked), given


def test_latin_words_are_seen() -> None:
    html = '<p title="of a town">財源 <code>fire</code><b>needed</b><a hreflang="en">English</a></p>'
    assert [words for _, words in latin_of_page(html)] == [["of", "town"], ["needed"]]
    assert latin("CC BY 4.0、solve.py run iwate、docs/data.md、equity.adequacy_floor") == []
    assert latin("単位 million yen") == ["million", "yen"]
