"""Fifty users at once: everybody gets his own answer, the line stays bounded, pages stay quick."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.attack.server import Server, Visitor, served

pytestmark = pytest.mark.attack

USERS = 50
WAITING, RUNNING = 20, 1
PATIENCE_SECONDS = 400.0
SLOW = {"case": "japan-2022", "package": "role_division", "gap": "0"}


@dataclass
class Log:
    """What all users met: answers to orders by status, seconds of every page, most jobs seen in the line."""

    orders: Counter[int] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    longest_line: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, what: str, visitor: Visitor, path: str) -> str:
        begun = time.perf_counter()
        answer = visitor.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        with self.lock:
            self.seconds.setdefault(what, []).append(time.perf_counter() - begun)
        return answer.text


def ordered(visitor: Visitor, floor: str, log: Log) -> str:
    """Ask again until there is a place in the line."""
    fields = {"case": "iwate-2022", "package": "wide_area", "set:equity.adequacy_floor": floor}
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        answer = visitor.send_form("/?lang=en", fields)
        with log.lock:
            log.orders[answer.status_code] += 1
        if answer.status_code == 303:
            return answer.headers["location"]
        assert answer.status_code == 503 and "The line of runs is full" in answer.text
        log.timed("list of runs", visitor, "/runs")
        time.sleep(2.0)
    raise AssertionError("no place in the line")


def one_user(number: int, server: Server, log: Log) -> None:
    """A user with a setting of his own: he orders, watches, reads, and finds his own setting in what comes out."""
    floor = f"{0.5 + number / 1000:.3f}"
    with Visitor(server) as visitor:
        log.timed("start", visitor, "/?lang=en")
        address = ordered(visitor, floor, log)
        end = time.monotonic() + PATIENCE_SECONDS
        while not (now := visitor.get(f"{address}/progress").json())["over"]:
            assert time.monotonic() < end
            time.sleep(1.0)
        assert now["state"] == "done", now
        resolved = log.timed("package", visitor, f"{address}/package.toml")
        assert f'"equity.adequacy_floor" = {float(floor)}  # my_settings/1' in resolved
        assert "Cost under the package" in log.timed("result", visitor, f"{address}?lang=en")
        assert "code,service" in log.timed("table", visitor, f"{address}/tables/provision.csv")
        assert "<h1" in log.timed("report", visitor, f"{address}/report")


def watch(server: Server, log: Log, stop: threading.Event) -> None:
    with Visitor(server) as visitor:
        while not stop.wait(0.5):
            text = visitor.get("/runs").text
            queued, running = (text.count(f'class="state {state}"') for state in ("queued", "running"))
            log.longest_line = max(log.longest_line, queued)
            assert running <= RUNNING


def test_fifty_users_at_once(tmp_path: Path) -> None:
    log, stop = Log(), threading.Event()
    with served(tmp_path / "results") as server, ThreadPoolExecutor(USERS + 1) as pool:
        idle = server.memory_mb()
        watching = pool.submit(watch, server, log, stop)
        users = [pool.submit(one_user, number, server, log) for number in range(USERS)]
        try:
            for user in users:
                user.result()
        finally:
            stop.set()
        watching.result()
        busy = server.memory_mb()
        assert len(list((tmp_path / "results" / "web").glob("2*"))) == USERS
    times = np.concatenate([log.seconds[what] for what in log.seconds if what != "report"])
    reports = np.array(log.seconds["report"])
    print(
        f"\norders {dict(log.orders)}; longest line {log.longest_line}; {len(times)} pages, seconds: median"
        f" {np.median(times):.2f}, 95% {np.quantile(times, 0.95):.2f}, most {times.max():.2f}; reports: median"
        f" {np.median(reports):.2f}, most {reports.max():.2f}; server {idle:.0f} MB idle, {busy:.0f} MB after"
    )
    assert log.orders[303] == USERS and log.orders[503] > 0
    assert 10 <= log.longest_line <= WAITING
    assert np.quantile(times, 0.95) < 5.0 and times.max() < 20.0
    assert busy < 1500


def test_one_who_asks_for_much_does_not_keep_others_waiting(tmp_path: Path) -> None:
    with served(tmp_path / "results") as server, Visitor(server) as greedy, Visitor(server) as modest:
        addresses = [greedy.send_form("/", SLOW).headers["location"] for _ in range(6)]
        assert greedy.send_form("/", SLOW).status_code == 429
        mine = modest.send_form("/", {"case": "iwate-2022", "package": "wide_area"}).headers["location"]
        assert modest.send_form(f"{addresses[0]}/cancel", {}).status_code == 403
        assert modest.get(f"{addresses[0]}/progress").json()["state"] == "running"
        assert modest.get(f"{mine}/progress?lang=en").json()["phase"].endswith(": 2")
        for address in addresses[:2]:  # the one that runs, and his next, which is older than mine
            assert greedy.send_form(f"{address}/cancel", {}).status_code == 303
        end = time.monotonic() + 60.0
        while not modest.get(f"{mine}/progress").json()["over"]:
            states = {greedy.get(f"{address}/progress").json()["state"] for address in addresses[2:]}
            assert states == {"queued"}
            assert time.monotonic() < end
            time.sleep(0.2)
        assert modest.get(f"{mine}/progress").json()["state"] == "done"
