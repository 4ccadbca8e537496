"""Seconds of the default run by phase: python benchmarks/phases.py [PACKAGE ...]

One run as `solve.py run` does it, the imports of the interpreter included, in a folder that is thrown away.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
SECONDS: dict[str, float] = {}


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Note the seconds of the block."""
    started = time.perf_counter()
    yield
    SECONDS[name] = time.perf_counter() - started


def main(names: list[str]) -> None:
    """Run once and print the seconds of every phase."""
    with phase("imports"):
        from optimization import load_case, load_package, solve
        from optimization.archive import write_run
        from optimization.case.face import DEFAULT_CASE, DEFAULT_PACKAGE
        from optimization.cli import app  # noqa: F401  what the command line imports beside these
        from optimization.cli.answers import show_result
        from optimization.referee.audit import audit_run
        from optimization.solving.highs import Limits
    with phase("case"):
        case = load_case(DEFAULT_CASE)
        package = load_package(case, names or [DEFAULT_PACKAGE])
    result = solve(case, package, limits=Limits())
    SECONDS.update(result.seconds)
    with phase("tables"):
        result.tables  # noqa: B018  computed on first use
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run"
        with phase("write"):
            write_run(result, folder, Limits(), "decomposed", [])
        with phase("audit"):
            audit_run(folder)
        with phase("show"):
            show_result(result, str(folder))
    SECONDS["all"] = sum(SECONDS.values())
    SECONDS["all but build, hand_off and solve"] = SECONDS["all"] - sum(
        SECONDS[name] for name in ("build", "hand_off", "solve")
    )
    for name, seconds in SECONDS.items():
        print(f"{name:<34} {seconds:7.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
