"""Connections that are opened to take up room: unread answers, bodies that never end, more than the server may hold."""

from __future__ import annotations

import resource
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.attack.server import REPO, Server, Visitor, served

pytestmark = pytest.mark.attack

OWN = "20260101T000000Z-0123abcd"
SECONDS = 2.0
"""The most that a page may take for others meanwhile."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    results = tmp_path_factory.mktemp("connections") / "results"
    for number in range(4):
        shutil.copytree(REPO / "results" / "example", results / "web" / f"{OWN[:-1]}{number}")
    (results / "web" / f"{OWN[:-1]}0" / "large.csv").write_text(
        "a,b,c\n" + "1,2,3\n" * 1_400_000, encoding="utf-8"
    )
    with served(results) as running:
        yield running


def opened(server: Server, count: int, stack: ExitStack, buffer: int = 0) -> list[socket.socket]:
    """Connections, closed with the stack; `buffer` bytes are all that each takes of an answer by itself."""
    lines = []
    for _ in range(count):
        line = stack.enter_context(socket.socket())
        if buffer:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        line.settimeout(5)
        line.connect(("127.0.0.1", server.port))
        lines.append(line)
    return lines


def slowest_page(server: Server, times: int = 5) -> float:
    """Seconds of the slowest of some pages that somebody else asks for."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        with Visitor(server) as visitor:
            assert visitor.get("/about").status_code == 200
        taken.append(time.perf_counter() - begun)
    return max(taken)


def settled(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.5)
    return True


def head(server: Server, method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *lines, "", ""]
    ).encode()


def test_answers_that_nobody_reads(server: Server) -> None:
    """Twenty ask for a table that no buffer of the system holds and take none of it: they are given up."""
    table = f"/runs/{OWN[:-1]}0/tables/large.csv"
    with Visitor(server) as visitor:
        size = len(visitor.get(table).content) / 1e6
    before, memory = server.open_files(), server.memory_mb()
    with ExitStack() as stack:
        for line in opened(server, 20, stack, buffer=4096):
            line.sendall(head(server, "GET", table))
        held = slowest = 0.0
        for _ in range(30):
            slowest = max(slowest, slowest_page(server, 1))
            held = max(held, server.memory_mb() - memory)
            time.sleep(0.5)
        print(f"\n20 unread answers of {size:.0f} MB: at most {held:.0f} MB more, a page {slowest:.2f} s")
        assert slowest < 5.0 and held < 20 * 4 * size
        released = settled(lambda: server.open_files() < before + 10, 60)
    assert released, f"{server.open_files() - before} connections are still held"


def test_bodies_that_nobody_asked_for(server: Server) -> None:
    """A body behind a GET, or behind a POST that was refused, is not waited for, however it drips."""
    before = server.open_files()
    requests = [
        head(server, "GET", "/about", "Content-Length: 1000000"),
        head(server, "POST", "/", "Content-Length: 1000000", "Content-Type: text/plain"),
        head(server, "PUT", "/", "Transfer-Encoding: chunked"),
    ]
    with ExitStack() as stack:
        lines = opened(server, 60, stack)
        for number, line in enumerate(lines):
            line.sendall(requests[number % 3])
        end, slowest = time.monotonic() + 16, 0.0
        while time.monotonic() < end:
            for line in lines:
                try:
                    line.sendall(b"1\r\nx\r\n")
                except OSError:
                    continue
            slowest = max(slowest, slowest_page(server, 1))
            time.sleep(1)
        assert slowest < SECONDS
        assert settled(lambda: server.open_files() < before + 10, 10)


def test_more_connections_than_there_is_room_for(server: Server) -> None:
    """Where all places are taken others are told to come back, far more are hung up on, and all can come again as soon
    as the silent are given up."""
    before = server.open_files()
    with ExitStack() as stack:
        opened(server, 520, stack)
        time.sleep(1)
        answer = server.raw(head(server, "GET", "/about", "Connection: close"))
        assert answer.startswith(b"HTTP/1.1 503"), answer[:80]
        opened(server, 400, stack)
        time.sleep(1)
        assert server.open_files() < before + 560
        assert settled(lambda: server.open_files() < before + 10, 20)
        assert slowest_page(server) < SECONDS


def test_the_dearest_page_asked_for_by_many(server: Server) -> None:
    """Forty ask at once for comparisons with maps: others get their pages, and nothing is made for who has gone."""
    address = "/compare/page?" + "&".join(f"run={OWN[:-1]}{number}" for number in range(4))
    memory = server.memory_mb()
    with ExitStack() as stack:
        for line in opened(server, 40, stack):
            line.sendall(head(server, "GET", address, "Connection: close"))
        time.sleep(0.5)
        slowest = slowest_page(server)
    begun = time.perf_counter()
    with Visitor(server) as visitor:  # behind those that are being made; nobody waits for the others any more
        assert visitor.get(address).status_code == 200
    turn = time.perf_counter() - begun
    print(
        f"\nbeside 40 comparisons: a page {slowest:.2f} s, the next comparison {turn:.2f} s;"
        f" {server.memory_mb() - memory:.0f} MB more"
    )
    assert slowest < 5.0 and turn < 20.0


def test_it_is_begun_with_few_open_files(tmp_path: Path) -> None:
    """Where a shell allows 256 files, 500 silent connections leave enough of them for a run."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        try:
            server = stack.enter_context(served(tmp_path / "results"))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        with Visitor(server) as visitor, ExitStack() as silent:
            fields = {"csrf": visitor.csrf(), "case": "iwate-2022", "package": "wide_area"}
            opened(server, 450, silent)
            answer = visitor.post("/", data=fields, headers={"origin": server.address})
            assert answer.status_code == 303
            address = answer.headers["location"]
            assert settled(lambda: visitor.get(f"{address}/progress").json()["over"], 60)
            assert visitor.get(f"{address}/progress").json()["state"] == "done"
