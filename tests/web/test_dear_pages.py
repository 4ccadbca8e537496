"""Pages that take seconds to make keep nobody from the others; the server may open the files it needs."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse, Response
from visitor import LOCAL, OWN, Page

from optimization.web.jobs import Jobs
from optimization.web.patience import FILES, room_for_files
from optimization.web.routes import DEAR_AT_ONCE, Site
from optimization.web.server import application

MANY = 60
"""More than there are threads to answer in (40)."""


class Held:
    """A report that is not done until it is let go; how many are being made, and were."""

    def __init__(self) -> None:
        self.go, self.lock = threading.Event(), threading.Lock()
        self.now = self.most = self.made = 0

    def __call__(self, site: Site, request: object) -> Response:
        with self.lock:
            self.now, self.made = self.now + 1, self.made + 1
            self.most = max(self.most, self.now)
        assert self.go.wait(30)
        with self.lock:
            self.now -= 1
        return PlainTextResponse("done")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    report = Held()
    monkeypatch.setattr(Site, "report", lambda site, request: report(site, request))
    yield report
    report.go.set()


def test_sixty_reports_leave_room_for_other_pages(tmp_path: Path, held: Held) -> None:
    with (
        Page(application(tmp_path, jobs=Jobs(tmp_path)), base_url=LOCAL) as page,
        ThreadPoolExecutor(MANY) as pool,
    ):
        reports = [pool.submit(page.get, f"/runs/{OWN}/report") for _ in range(MANY)]
        end = time.monotonic() + 10
        while held.now < DEAR_AT_ONCE:
            assert time.monotonic() < end
            time.sleep(0.02)
        try:
            assert page.get("/about").status_code == 200
        finally:
            held.go.set()
        assert {report.result().text for report in reports} == {"done"}
    assert held.most == DEAR_AT_ONCE and held.made == MANY


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ((256, resource.RLIM_INFINITY), (FILES, resource.RLIM_INFINITY)),
        ((1_024, 524_288), (FILES, 524_288)),
        ((256, 2_048), (2_048, 2_048)),
        ((FILES, FILES), None),
        ((20_000, 20_000), None),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None),
    ],
)
def test_the_limit_of_files_is_raised_and_never_lowered(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], wanted: tuple[int, int] | None
) -> None:
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: asked.append(pair))
    room_for_files()
    assert asked == ([wanted] if wanted else [])
