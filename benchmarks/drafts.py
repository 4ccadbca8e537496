"""Drafts of the workbench counted on the whole country: one user who changes things, many at once, memory over time.

`python -m benchmarks.drafts` starts the local page, reads from the workbench what may be changed, asks
`POST /api/apply` as the workbench does, and writes a row for each measure: 500 changes one after the other, 20 users at
once, and what the server holds after the first and the last of 2,000 changes. No page is made of its table.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.studies import write

ONE_USER, USERS, EACH, LONG = 500, 20, 10, 2_000
MOST_CHANGES = 12
"""Changes that a draft holds before its user begins anew."""

MOST_SECONDS = 120.0
TOP = Path(__file__).resolve().parents[1]


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """The local page while the block lasts: its port and the number of its process."""
    with subprocess.Popen(
        [sys.executable, "solve.py", "serve", "--port", "0", "--no-browser"],
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            found = re.match(r"Open http://[^:]+:(\d+)/", server.stdout.readline())
            if found is None:
                raise RuntimeError("the page did not start")
            yield int(found[1]), server.pid
        finally:
            server.terminate()


def workbench(port: int) -> dict[str, Any]:
    """What the workbench lets change, as its page holds it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
    connection.request("GET", "/workbench")
    text = connection.getresponse().read().decode("utf-8")
    found = re.search(r'id="bench-data">(.*?)</script>', text, re.DOTALL)
    if found is None:
        raise RuntimeError("the workbench holds no data")
    data: dict[str, Any] = json.loads(found[1])
    return data


def drafts(data: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """Questions of a user: each a change more than the last, until he begins anew."""
    draw = random.Random(seed)
    cells = [(cell, tiers) for cell, tiers in data["open"].items() if len(tiers) > 1]
    sliders = [each for each in data["sliders"] if not each["key"].startswith("formula.counted")]
    while True:
        tiers: dict[str, str] = {}
        settings: dict[str, Any] = {}
        for _ in range(draw.randint(1, MOST_CHANGES)):
            if draw.random() < 0.7:
                cell, open_tiers = draw.choice(cells)
                tiers[cell] = draw.choice(open_tiers)
            else:
                slider = draw.choice(sliders)
                settings[slider["key"]] = round(draw.uniform(slider["low"], slider["high"]), 2)
            yield {
                "case": data["case"],
                "package": data["package"],
                "tiers": dict(tiers),
                "settings": dict(settings),
                "places": list(COLUMNS),
                "layers": list(LAYERS),
            }


COLUMNS = (
    "code", "change_yen_per_resident", "leeway_today_yen_per_resident", "leeway_yen_per_resident",
)  # fmt: skip
LAYERS = ("bodies", "league")
"""What the page asks of every draft: columns of places, and what its map paints."""


class User:
    """One who asks by a connection that stays open."""

    def __init__(self, port: int, data: dict[str, Any], seed: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
        self._drafts = drafts(data, seed)

    def asks(self) -> float:
        """Seconds of one answer. Raises RuntimeError where it is refused."""
        body = json.dumps(next(self._drafts))
        started = time.perf_counter()
        self._connection.request("POST", "/api/apply", body, {"content-type": "application/json"})
        answer = self._connection.getresponse()
        told = answer.read()
        seconds = time.perf_counter() - started
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {told[:300]!r} to {body[:300]}")
        return seconds


def memory_mb(pid: int) -> float:
    """What a process and all that it has started hold in memory, MB, what they share counted once; not a number where
    the system does not tell."""
    held = 0.0
    for each in family(pid):
        rollup = Path(f"/proc/{each}/smaps_rollup")
        found = re.search(r"^Pss:\s+(\d+) kB", rollup.read_text(), re.M) if rollup.exists() else None
        held += float("nan") if found is None else int(found[1]) / 1024
    return held


def family(pid: int) -> list[int]:
    """A process and all that it has started, and these."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [
        pid,
        *(each for file in tasks for child in file.read_text().split() for each in family(int(child))),
    ]


def row(measure: str, seconds: list[float], memory: float) -> dict[str, Any]:
    """A row of the table."""
    middle, slow, slowest = np.quantile(seconds, [0.5, 0.95, 1.0])
    return {
        "measure": measure,
        "answers": len(seconds),
        "seconds_median": round(float(middle), 3),
        "seconds_95": round(float(slow), 3),
        "seconds_most": round(float(slowest), 3),
        "memory_mb": round(memory),
    }


def main() -> None:
    """Ask, and write what came out."""
    rows = []
    with served() as (port, pid):
        data = workbench(port)
        one = User(port, data, 0)
        rows.append(row("first answer", [one.asks()], memory_mb(pid)))
        rows.append(row("one user", [one.asks() for _ in range(ONE_USER)], memory_mb(pid)))
        users = [User(port, data, n) for n in range(1, USERS + 1)]
        with ThreadPoolExecutor(USERS) as pool:
            each = list(pool.map(lambda user: [user.asks() for _ in range(EACH)], users))
        rows.append(row(f"{USERS} users at once", list(chain(*each)), memory_mb(pid)))
        rest = LONG - ONE_USER - USERS * EACH
        one = User(port, data, USERS + 1)  # the server has hung up on who was idle meanwhile
        rows.append(row(f"after {LONG:,} changes", [one.asks() for _ in range(rest)], memory_mb(pid)))
    write("drafts.csv", rows)
    for each_row in rows:
        print(each_row)


if __name__ == "__main__":
    main()
