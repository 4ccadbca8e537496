"""A page served by a process of its own, as `solve.py serve` serves it, and visitors over the network."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

REPO = Path(__file__).parents[2]
TOKEN = re.compile(r'name="csrf" value="(\w+)"')


@dataclass(frozen=True)
class Server:
    """A running server: its address, the token that others must show ('' on loopback), and its results."""

    process: subprocess.Popen[str]
    host: str
    port: int
    token: str
    results: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory_mb(self) -> float:
        """What the process holds now."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        assert found
        return int(found[1]) / 1024

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def raw(self, data: bytes, seconds: float = 5.0) -> bytes:
        """Bytes to the server and all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as line:
            line.sendall(data)
            answer = b""
            while chunk := _received(line):
                answer += chunk
            return answer


def _received(line: socket.socket) -> bytes:
    try:
        return line.recv(65536)
    except (TimeoutError, ConnectionResetError):
        return b""


@contextmanager
def served(results: Path, host: str = "127.0.0.1") -> Iterator[Server]:
    """A server on a free port; afterwards it must end in good order when asked to."""
    command = [sys.executable, "solve.py", "serve", "--host", host, "--port", "0", "--no-browser"]
    log = results.parent / f"{results.name}.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [*command, "--results", str(results)], cwd=REPO, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert process.stdout is not None
        found = re.match(r"Open http://[^:]+:(\d+)/(?:\?token=(\S+))?", process.stdout.readline())
        assert found, "the server did not start"
        yield Server(process, host, int(found[1]), found[2] or "", results)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        if process.stdout is not None:
            process.stdout.close()
    said = log.read_text(encoding="utf-8")
    assert "Traceback" not in said, said[-4000:]


class Visitor(httpx.Client):
    """A browser with a session of its own."""

    def __init__(self, server: Server, **more: Any) -> None:
        super().__init__(base_url=server.address, timeout=60.0, follow_redirects=False, **more)

    def csrf(self) -> str:
        """The token of the session's forms."""
        found = TOKEN.search(self.get("/").text)
        assert found
        return found[1]

    def send_form(self, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        """A form as the page itself sends it."""
        own = {"origin": str(self.base_url).rstrip("/"), "sec-fetch-site": "same-origin", **headers}
        return self.post(path, data={"csrf": self.csrf(), **fields}, headers=own)
