"""Drafts of the workbench counted on the whole country: one user who changes things, many at once, memory over time.

`python -m benchmarks.drafts` starts the local page, reads from the workbench what may be changed, asks
`POST /api/apply` as the workbench does, and writes a row for each measure: 500 changes one after the other, 20 users at
once, and what the server holds after the first and the last of 2,000 changes. With the folder of another version's
source both are asked a few questions before, one after the other.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.studies import write

WARM, USERS = 30, 20
ALL, FEW = (500, 10, 2_000), (100, 3, 0)
"""Questions of one user alone, of each of many at once, and in all."""
MOST_CHANGES = 12
"""Changes that a draft holds before its user begins anew."""

MOST_SECONDS = 120.0
TOP = Path(__file__).resolve().parents[1]


@contextmanager
def served(checkout: Path) -> Iterator[tuple[int, int]]:
    """The local page of a version while the block lasts: its port and the number of its process."""
    with subprocess.Popen(
        [sys.executable, "solve.py", "serve", "--port", "0", "--no-browser"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
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

    def __init__(self, port: int, data: dict[str, Any], seed: int, leave: Sequence[str] = ()) -> None:
        """`leave` are parts of a question that the page of an earlier version does not know."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
        self._drafts = ({k: v for k, v in each.items() if k not in leave} for each in drafts(data, seed))

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


def processor_seconds(pid: int) -> float:
    """Seconds that the processor has spent on a process and all that it has started; not a number where the system does
    not tell."""
    spent = 0.0
    for each in family(pid):
        file = Path(f"/proc/{each}/stat")
        if not file.exists():
            return float("nan")
        fields = file.read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def row(measure: str, seconds: list[float], spent: float, memory: float) -> dict[str, Any]:
    """A row of the table: how long answers took, and what the processor spent on each of them."""
    middle, slow, slowest = np.quantile(seconds, [0.5, 0.95, 1.0])
    return {
        "measure": measure,
        "answers": len(seconds),
        "seconds_median": round(float(middle), 3),
        "seconds_95": round(float(slow), 3),
        "seconds_most": round(float(slowest), 3),
        "processor_seconds_each": round(spent / len(seconds), 3),
        "memory_mb": round(memory),
    }


def measured(measure: str, pid: int, work: Callable[[], list[float]]) -> dict[str, Any]:
    """A row of what is done meanwhile."""
    before = processor_seconds(pid)
    seconds = work()
    return row(measure, seconds, processor_seconds(pid) - before, memory_mb(pid))


def at_once(users: list[User], each: int) -> list[float]:
    """Seconds of the answers of users who all ask at the same time."""
    with ThreadPoolExecutor(len(users)) as pool:
        return list(chain(*pool.map(lambda user: [user.asks() for _ in range(each)], users)))


def main(checkout: Path, version: str, alone: int, each: int, long: int) -> list[dict[str, Any]]:
    """Ask the page of a version so often (`long` in all), and tell what came out."""
    rows, leave = [], () if long else ("layers",)
    with served(checkout) as (port, pid):
        data = workbench(port)
        one = User(port, data, 0, leave)
        rows.append(measured("first answer", pid, lambda: [one.asks()]))
        warm = [one.asks() for _ in range(WARM)]
        rows.append(measured("one user", pid, lambda: [one.asks() for _ in range(alone)]))
        users = [User(port, data, n, leave) for n in range(1, USERS + 1)]
        rows.append(measured(f"{USERS} users at once", pid, lambda: at_once(users, each)))
        rest = long - alone - USERS * each - len(warm)
        one = User(port, data, USERS + 1)  # the server has hung up on who was idle meanwhile
        if rest > 0:
            rows.append(measured(f"after {long:,} changes", pid, lambda: [one.asks() for _ in range(rest)]))
    told = [{"version": version, **each} for each in rows]
    for line in told:
        print(line, flush=True)
    return told


if __name__ == "__main__":
    sides = [(Path(sys.argv[1]).resolve(), "before"), (TOP, "after")] if len(sys.argv) > 1 else []
    beside = [each for checkout, version in sides for each in main(checkout, version, *FEW)]
    write("drafts.csv", [*beside, *main(TOP, "after, for long", *ALL)])
