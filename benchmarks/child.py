"""One instance by one solver, in a process of its own: `python -m benchmarks.child ...`, started by the bench.

What it measures goes to a record file as soon as it is known. Solvers of a file import nothing of ours.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

from benchmarks.clock import GapClock
from benchmarks.rows import Record, ending, moments, phases

BUILDERS = ("pyomo", "linopy")
METHODS = ("decomposed", "auto")
FILES = ("highs", "scip", "cbc")
SOLVERS = (*BUILDERS, *METHODS, *FILES)
"""Builders come first: the solvers of a file need what `pyomo` writes."""

PROGRAM = "program.mps"


def main(arguments: list[str] | None = None) -> None:
    """Measure one pair and write its record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.child")
    parser.add_argument("--instance", required=True)
    parser.add_argument("--solver", required=True, choices=SOLVERS)
    parser.add_argument("--prefectures", default="")
    parser.add_argument("--limit", required=True, type=float, metavar="SECONDS")
    parser.add_argument("--threads", required=True, type=int)
    parser.add_argument("--folder", required=True, type=Path, help="where the instance's files lie")
    asked = parser.parse_args(arguments)
    record = Record(asked.folder / f"{asked.solver}.json")
    measure = _build if asked.solver in BUILDERS else _method if asked.solver in METHODS else _file
    measure(asked, record)


def _build(asked: argparse.Namespace, record: Record) -> None:
    from benchmarks.build import measure_linopy, measure_pyomo

    codes = [code for code in asked.prefectures.split(",") if code]
    if asked.solver == "pyomo":
        record.note(**measure_pyomo(asked.instance, codes, asked.folder / PROGRAM))
    else:
        record.note(**measure_linopy(asked.instance, codes, _built(asked.folder)))


def _method(asked: argparse.Namespace, record: Record) -> None:
    from benchmarks.ours import measure_method

    measure_method(asked, _built(asked.folder), record)


def _file(asked: argparse.Namespace, record: Record) -> None:
    from benchmarks.solvers import DRIVERS, MODULES

    importlib.import_module(MODULES[asked.solver])
    built = _built(asked.folder)
    before = built["build_seconds"] + built["compile_seconds"]
    clock = GapClock(asked.limit, before, record.note_clock)
    if before >= asked.limit:
        record.note(status="nothing", note="building the program took the whole limit")
        return
    solved = DRIVERS[asked.solver](
        asked.folder / PROGRAM, asked.limit, asked.threads, clock, asked.folder / f"{asked.solver}.log"
    )
    total, constant = clock.now, built["constant"]
    hand_off = built["compile_seconds"] + solved.reading_seconds
    record.note(
        status=solved.status,
        **moments(clock, solved.objective),
        **ending(solved.objective + constant, solved.bound + constant),
        **phases(built["build_seconds"], hand_off, total - built["build_seconds"] - hand_off),
        layout_seconds=built["layout_seconds"],
        threads=solved.threads,
        version=solved.version,
    )


def _built(folder: Path) -> dict[str, Any]:
    """What the builder noted of the instance."""
    return dict(json.loads((folder / "pyomo.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
