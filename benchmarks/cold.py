"""Commands from cold, the version before and this one in turns: `python -m benchmarks.cold CHECKOUT`.

`CHECKOUT` is a folder with the source of the version before. Each command is a process of its own, begun `TURNS` times
by either version; what is compared is the time that the processor spent on it (of the user), which other work on the
machine changes little, and the wall clock stands beside it. A case that is kept is kept before the first turn.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.studies import write

TOP = Path(__file__).resolve().parents[1]
TURNS = 3
FIX = "responsibility.fix.fire=prefecture"
COMMANDS = (
    ("--help",),
    ("packages",),
    ("validate", "status_quo"),
    ("apply", "status_quo", "--set", FIX, "--out", "OUT"),
)


def seconds(checkout: Path, words: tuple[str, ...], kept: str) -> tuple[float, float]:
    """Seconds of a command: of the processor for the user, and of the wall clock."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "run")
        line = [sys.executable, "solve.py", *(out if word == "OUT" else word for word in words)]
        surroundings = {**os.environ, "PYTHONPATH": str(checkout), "ROLE_DIVISION_CACHE": kept}
        spent, started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
        subprocess.run(line, cwd=checkout, env=surroundings, check=True, capture_output=True)
        took = time.perf_counter() - started
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - spent, took


def main(before: Path) -> None:
    """Measure, and write what came out."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as kept:
        seconds(TOP, ("packages", "status_quo"), kept)
        for words in COMMANDS:
            for _ in range(TURNS):
                for version, checkout in (("before", before), ("after", TOP)):
                    user, took = seconds(checkout, words, kept)
                    told = " ".join(word for word in words if word not in ("--out", "OUT"))
                    rows.append(
                        {
                            "command": told,
                            "version": version,
                            "user_seconds": round(user, 2),
                            "seconds": round(took, 2),
                        }
                    )
                    print(rows[-1], flush=True)
    write("cold.csv", rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
