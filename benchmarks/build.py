"""Time to build one rung's program and hand it to HiGHS: in Pyomo, as we do, and in linopy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import highspy

from benchmarks.ladder import ladder
from benchmarks.programs import Stopwatch, built, index_tables, write_mps
from benchmarks.question import missing
from benchmarks.rows import phases
from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from optimization.model.columns import Columns
from optimization.solving.highs import Limits, load
from optimization.solving.standard_form import StandardForm

SIZE = ("columns", "rows", "nonzeros", "integer_columns")


def measure_pyomo(name: str, prefectures: Sequence[str], mps: Path) -> dict[str, Any]:
    """Build with Pyomo, compile, load into HiGHS; then write the program for the other solvers.

    `compile_seconds` and `constant` (million yen) are for those solvers' clocks and objectives.
    """
    lacking = missing(ladder()[name])
    if lacking:
        return {"status": "skipped", "note": f"the tool does not have {lacking}"}
    watch = Stopwatch()
    table = index_tables(load_case(DEFAULT_CASE), ladder()[name], prefectures, watch)
    form = built(table, watch)
    compiled = watch.seconds["hand_off"]
    with watch.phase("hand_off"):
        load(form, Limits())
    write_mps(form, mps)
    return {
        "status": "built",
        **phases(watch.seconds["build"], watch.seconds["hand_off"], 0.0),
        "layout_seconds": watch.seconds["layout"],
        "compile_seconds": compiled,
        "constant": form.constant,
        **size_of_form(form),
        **size_of_question(table),
        "version": f"Pyomo {version('pyomo')}",
    }


def measure_linopy(name: str, prefectures: Sequence[str], pyomo: Mapping[str, Any]) -> dict[str, Any]:
    """Build with linopy and load into HiGHS; `differs` when the program has not the size of Pyomo's."""
    from benchmarks.twin import build_twin, warm_up

    warm_up()
    watch = Stopwatch()
    table = index_tables(load_case(DEFAULT_CASE), ladder()[name], prefectures, watch)
    with watch.phase("build"):
        model = build_twin(table)
    with watch.phase("hand_off"):
        solver = model.to_highspy()
    size = size_of_solver(solver)
    differing = [f"{key} {size[key]} and not {pyomo[key]}" for key in SIZE if size[key] != pyomo[key]]
    return {
        "status": "differs" if differing else "built",
        **phases(watch.seconds["build"], watch.seconds["hand_off"], 0.0),
        "layout_seconds": watch.seconds["layout"],
        **size,
        **size_of_question(table),
        "version": f"linopy {version('linopy')}",
        "note": "; ".join(differing),
    }


def size_of_form(form: StandardForm) -> dict[str, int]:
    """Columns, rows, non-zeros and integer columns of a program in arrays."""
    rows, columns = form.matrix.shape
    return dict(zip(SIZE, (columns, rows, int(form.matrix.nnz), int(form.integer.sum())), strict=True))


def size_of_solver(solver: highspy.Highs) -> dict[str, int]:
    """Columns, rows, non-zeros and integer columns of a program that HiGHS holds."""
    lp = solver.getLp()
    integer = sum(kind == highspy.HighsVarType.kInteger for kind in lp.integrality_)
    return dict(zip(SIZE, (lp.num_col_, lp.num_row_, len(lp.a_matrix_.value_), integer), strict=True))


def size_of_question(table: Columns) -> dict[str, int]:
    """Candidate bodies, pairs of body and service in the program, rule groups."""
    instance = table.instance
    return {
        "candidate_bodies": len(instance.bodies),
        "pairs": len(table.pair_body),
        "rule_groups": len(instance.groups.labels),
    }
