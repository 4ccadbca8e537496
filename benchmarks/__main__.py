"""`python -m benchmarks`: run what the ladder still lacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import REPO, Plan, run
from benchmarks.child import SOLVERS
from benchmarks.ladder import ladder
from benchmarks.rows import RESULTS


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 where the command line or the table is at fault."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--instances", default="all", metavar="NAMES", help=f"of {', '.join(ladder())}")
    parser.add_argument("--solvers", default="all", metavar="NAMES", help=f"of {', '.join(SOLVERS)}")
    parser.add_argument("--limit", type=float, default=600.0, metavar="SECONDS", help="for each pair")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="for all solvers that have them")
    parser.add_argument(
        "--prefectures", default="", metavar="CODES", help="e.g. 03,04; the whole country if left out"
    )
    parser.add_argument(
        "--out", type=Path, default=RESULTS, metavar="FILE", help="table the rows are appended to"
    )
    parser.add_argument(
        "--work", type=Path, default=REPO / "build" / "bench", metavar="DIR", help="for large files"
    )
    asked = parser.parse_args(arguments)
    if asked.limit <= 0 or asked.threads < 1:
        parser.error("--limit and --threads must be positive")
    rungs = _chosen(parser, "--instances", asked.instances, tuple(ladder()))
    solvers = _chosen(parser, "--solvers", asked.solvers, SOLVERS)
    plan = Plan(
        [ladder()[name] for name in rungs],
        solvers,
        asked.prefectures,
        asked.limit,
        asked.threads,
        asked.out,
        asked.work.resolve(),
    )
    try:
        run(plan)
    except ValueError as error:
        parser.error(str(error))
    return 0


def _chosen(parser: argparse.ArgumentParser, option: str, names: str, known: Sequence[str]) -> list[str]:
    """The names of a comma-separated list in the order of `known` (`all`: every one); an unknown one ends
    with exit code 2."""
    wanted = known if names == "all" else [name.strip() for name in names.split(",")]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"{option}: there is no {unknown[0]!r}; use one of: {', '.join(known)}")
    return [name for name in known if name in wanted]


if __name__ == "__main__":
    sys.exit(main())
