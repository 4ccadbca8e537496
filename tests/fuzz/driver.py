"""Mutations run in a process of their own, and what came of them: counts, a table, the lines to repeat each failure."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[2]
SILENCE = 90.0
"""Seconds without a line after which a process is given up: its own alarm rings after 30."""

OUTCOMES = ("equal", "changed", "refused", "fault")
Line = dict[str, Any]


def mutations(target: str, first: int, count: int) -> list[Line]:
    """What came of the mutations first, first + 1, ...; a process that dies or falls silent is a fault of the mutation
    at which it did, and the next one goes on in a new process."""
    lines: list[Line] = []
    while len(lines) < count:
        start = first + len(lines)
        found, end = _run(f"{target}:{start}:{count - len(lines)}")
        lines += found
        if len(lines) < count:
            lines.append({**_blank(target, first + len(lines)), "error": end})
    return lines


def _blank(target: str, number: int) -> Line:
    return {
        "target": target,
        "number": number,
        "operator": "?",
        "file": "?",
        "outcome": "fault",
        "seconds": SILENCE,
        "peak_mb": 0,
    }


def _run(*asked: str) -> tuple[list[Line], str]:
    """Lines of a process, and how it ended where it did not print them all."""
    told: queue.Queue[str] = queue.Queue()
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz.worker", *asked],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        threads = [
            threading.Thread(target=_passed_on, args=(process.stdout, told)),
            threading.Thread(target=said.extend, args=(process.stderr,)),
        ]
        for thread in threads:
            thread.start()
        lines: list[Line] = []
        end = ""
        try:
            while line := told.get(timeout=SILENCE):
                lines.append(json.loads(line))
        except queue.Empty:
            end = f"silent for {SILENCE:.0f} s"
        process.kill()
        for thread in threads:
            thread.join()
    return lines, end or f"the process ended with {process.returncode}: {''.join(said)[-1500:]}"


def _passed_on(stream: Iterable[str], told: queue.Queue[str]) -> None:
    for line in stream:
        told.put(line)
    told.put("")


def sample(*asked: str) -> tuple[list[Line], str]:
    """A few mutations of several targets in one process."""
    return _run(*asked)


def failures(lines: Iterable[Line]) -> str:
    """Every fault with the line that repeats it; empty where there is none."""
    return "\n\n".join(
        f"python -m tests.fuzz.worker {line['target']}:{line['number']}:1"
        f"   # {line['operator']} of {line['file']}\n{line['error']}"
        for line in lines
        if line["outcome"] == "fault"
    )


def totals(lines: Iterable[Line]) -> Counter[tuple[str, str, str]]:
    """How often each outcome came, by target and operator."""
    return Counter((line["target"], line["operator"], line["outcome"]) for line in lines)


def table(counts: Counter[tuple[str, str, str]]) -> list[str]:
    """Rows of text: a target (all its operators), then each operator (all targets), with the outcomes."""
    head = f"{'':28}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES)
    rows = [head]
    for place, title in ((0, "by target"), (1, "by operator")):
        rows.append(title)
        names = sorted({key[place] for key in counts})
        for name in [*names, "all"] if place == 0 else names:
            mine = [
                sum(n for key, n in counts.items() if (key[place] == name or name == "all") and key[2] == o)
                for o in OUTCOMES
            ]
            rows.append(f"  {name:26}" + "".join(f"{n:9,}" for n in mine))
    return rows
