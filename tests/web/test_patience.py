"""What the server hangs up on: heads that do not come, answers that are not read, more connections than it holds."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from optimization.web import patience
from optimization.web.downloads import inert_csv

LARGE = 24_000_000
"""Bytes; more than the system takes off our hands."""
ASK = b"GET /%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server of little patience, with a short and a large answer."""
    for name, value in {"HEAD_SECONDS": 0.4, "UNREAD_SECONDS": 0.4, "MOST_CONNECTIONS": 5}.items():
        monkeypatch.setattr(patience, name, value)
    monkeypatch.setattr(patience, "SPARE_CONNECTIONS", 3)

    def short(_: Request) -> Response:
        return PlainTextResponse("short")

    def large(_: Request) -> Response:
        return Response(b"x" * LARGE)

    async def late(_: Request) -> Response:
        await asyncio.sleep(1.0)
        return PlainTextResponse("late")

    app = Starlette(routes=[Route("/short", short), Route("/large", large), Route("/late", late)])
    config = uvicorn.Config(
        app, http=patience.Hurried, limit_concurrency=5, log_level="critical", lifespan="off", ws="none"
    )
    server, listening = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    listening.close()


def line_to(port: int, buffer: int = 0) -> socket.socket:
    line = socket.socket()
    if buffer:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    line.settimeout(5)
    line.connect(("127.0.0.1", port))
    return line


def rest_of(line: socket.socket) -> bytes:
    """All that comes until the other side ends it."""
    answer = b""
    try:
        while chunk := line.recv(1 << 20):
            answer += chunk
    except ConnectionResetError:
        pass
    return answer


def seconds_until(ended: Callable[[], object]) -> float:
    begun = time.monotonic()
    ended()
    return time.monotonic() - begun


@pytest.mark.parametrize("sent", [b"", b"GET /sho", b"GET /short HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_is_given_up(port: int, sent: bytes) -> None:
    with line_to(port) as line:
        line.sendall(sent)
        assert 0.2 < seconds_until(lambda: rest_of(line)) < 3.0


def test_an_answer_that_takes_long_is_waited_for(port: int) -> None:
    with line_to(port) as line:
        line.sendall(ASK % b"late")
        assert rest_of(line).endswith(b"late")


def test_an_answer_that_nobody_takes_is_dropped(port: int) -> None:
    with line_to(port, buffer=4096) as line:
        line.sendall(ASK % b"large")
        time.sleep(1.5)
        assert len(rest_of(line)) < LARGE


class Trickle:
    """A transport, and the clock of its loop: of 100 bytes a reader takes so many in every span of patience."""

    def __init__(self, taken: list[int]) -> None:
        self.left, self.taken, self.aborted, self.spans = 100, iter(taken), False, 0

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True

    def let_pass(self, connection: patience.Hurried) -> None:
        """One span of patience after the other, until it is read or given up."""
        while not self.aborted and self.left > 0:
            self.left, before, self.spans = self.left - next(self.taken), self.left, self.spans + 1
            connection._unless_less_than(before)


@pytest.mark.parametrize(
    ("taken", "aborted", "spans"), [([1] * 100, False, 100), ([40, 40, 0], True, 3), ([0], True, 1)]
)
def test_who_reads_slowly_and_steadily_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, taken: list[int], aborted: bool, spans: int
) -> None:
    trickle = Trickle(taken)
    connection = patience.Hurried.__new__(patience.Hurried)
    monkeypatch.setattr(connection, "transport", trickle, raising=False)
    monkeypatch.setattr(connection, "_look_again", lambda: None)
    trickle.let_pass(connection)
    assert (trickle.aborted, trickle.spans) == (aborted, spans)


def test_more_than_there_is_room_for_are_refused_and_then_hung_up_on(port: int) -> None:
    silent = [line_to(port) for _ in range(5)]
    try:
        time.sleep(0.1)
        with line_to(port) as line:
            line.sendall(ASK % b"short")
            assert rest_of(line).startswith(b"HTTP/1.1 503")
        silent += [line_to(port) for _ in range(3)]
        time.sleep(0.1)
        with line_to(port) as line:
            assert seconds_until(lambda: rest_of(line)) < 0.2
    finally:
        for line in silent:
            line.close()
    time.sleep(0.1)
    with line_to(port) as line:
        line.sendall(ASK % b"short")
        assert rest_of(line).endswith(b"short")


@pytest.mark.parametrize("last", ["1,2\n", "=1,2\n"])  # sent as it is, and written anew
def test_a_large_table_is_disarmed_row_by_row(last: str) -> None:
    text = (",".join(["12345"] * 8) + "\n") * 20_000 + last
    tracemalloc.start()
    sent = inert_csv(text)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent == (text if last[0] == "1" else text.replace("=", "'="))
    assert most < 12 * len(text)
