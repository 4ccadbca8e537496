"""The linopy twin is the Pyomo model: `make bench-test`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import highspy
import pytest

from benchmarks.build import measure_linopy, size_of_form, size_of_solver
from benchmarks.ladder import Rung, ladder
from benchmarks.programs import Stopwatch, built, index_tables
from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from optimization.solving.highs import solve
from tests.small_case import EXACT

pytestmark = pytest.mark.bench

RUNGS = ("base", "neighbours_8", "groups_1", "groups_prefecture", "groups_class_x_prefecture", "kappa_free")


@pytest.fixture(scope="module")
def japan() -> Case:
    return load_case(DEFAULT_CASE)


def both(case: Case, rung: Rung, codes: list[str]) -> tuple[dict[str, int], dict[str, int], float, float]:
    """Sizes of the program by Pyomo and by linopy, and the optima of their relaxations."""
    from benchmarks.twin import build_twin

    table = index_tables(case, rung, codes, Stopwatch())
    form = built(table, Stopwatch())
    solver: highspy.Highs = build_twin(table).to_highspy()
    solver.silent()
    solver.setOptionValue("solve_relaxation", True)
    solver.run()
    relaxed = solve(form, EXACT, relax=True).objective
    return size_of_form(form), size_of_solver(solver), relaxed, solver.getInfo().objective_function_value


@pytest.mark.parametrize("codes", [["03"], ["13", "47"]], ids=["Iwate", "Tokyo and Okinawa"])
@pytest.mark.parametrize("name", RUNGS)
def test_size_and_relaxation_are_the_same(name: str, codes: list[str], japan: Case) -> None:
    size, twin, optimum, other = both(japan, ladder()[name], codes)
    assert size == twin
    assert other == pytest.approx(optimum, rel=1e-6)


def test_a_family_the_twin_lacks_is_noticed(japan: Case) -> None:
    rung = replace(ladder()["base"], settings={"equity.coverage_ceiling": 1.5})
    size, twin, *_ = both(japan, rung, ["03"])
    assert twin["rows"] < size["rows"]


def test_a_twin_of_another_size_is_reported() -> None:
    size = {"columns": 1, "rows": 1429, "nonzeros": 7009, "integer_columns": 1341}
    found = measure_linopy("base", ["03"], size)
    assert (
        found["status"] == "differs" and found["note"].endswith("and not 1") and "rows" not in found["note"]
    )
    json.dumps(found)


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    from benchmarks.plot import draw
    from benchmarks.report import NAMES, grouped
    from tests.benchmarks.test_report import ROWS

    path = tmp_path / "performance.svg"
    assert draw(grouped(ROWS), NAMES, path)
    first = path.read_bytes()
    assert draw(grouped(ROWS), NAMES, path) and path.read_bytes() == first
    assert not draw(grouped([{**row, "prefectures": "03"} for row in ROWS]), NAMES, tmp_path / "none.svg")
