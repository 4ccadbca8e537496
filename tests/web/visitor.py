"""A visitor of the page, as the tests play one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

REPO = Path(__file__).parents[2]
EXAMPLE = REPO / "results" / "example"
LOCAL = "http://127.0.0.1:8000"
SAME = {"sec-fetch-site": "same-origin"}
SLOW = {"case": "japan-2022", "package": "role_division", "gap": "0"}


class Page(TestClient):
    """A browser of the tests: it knows the token of its session."""

    def post_form(self, path: str, fields: dict[str, Any], **more: Any) -> Any:
        """Send a form as the page itself would."""
        return self.post(path, data={"csrf": self.token(), **fields}, headers={**SAME, **more})

    def token(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.get("/").text)
        assert found
        return found[1]


OWN = "20260101T000000Z-0123abcd"


def stranger(page: Page) -> Page:
    """Another browser at the same server."""
    return Page(page.app, base_url=LOCAL, follow_redirects=False)


def ids(page: Page) -> list[str]:
    return re.findall(r'href="/runs/([\w-]+)"', page.get("/runs").text)


def undecided(page: Page) -> str:
    return next(
        name for name in ids(page) if "Why there is no plan" in page.get(f"/runs/{name}?lang=en").text
    )
