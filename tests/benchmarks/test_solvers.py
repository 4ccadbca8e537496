"""The MPS file says what the arrays say, to HiGHS and to SCIP, each through its driver."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.clock import GapClock
from benchmarks.programs import write_mps
from benchmarks.solvers import DRIVERS, GAP, Solved
from optimization.solving.highs import solve
from optimization.solving.standard_form import StandardForm
from tests.model.random_case import random_question
from tests.small_case import EXACT
from tests.solving.programs import program, random_blocks

needs_scip = pytest.mark.skipif(not find_spec("pyscipopt"), reason="needs pyscipopt (extra 'referee')")
SOLVERS = ["highs", pytest.param("scip", marks=needs_scip), pytest.param("cbc", marks=pytest.mark.bench)]


def solved(form: StandardForm, solver: str, folder: Path) -> tuple[Solved, GapClock]:
    """The program written as MPS and solved by a driver within 60 seconds."""
    path = folder / "program.mps"
    write_mps(form, path)
    clock = GapClock(limit=60.0)
    return DRIVERS[solver](path, 60.0, 1, clock, folder / f"{solver}.log"), clock


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", [0, 2, 15, 42])
def test_the_optimum_of_the_file_is_that_of_the_arrays(solver: str, seed: int, tmp_path: Path) -> None:
    form = random_question(seed).form(keep_dominated=True)
    ours = solve(form, EXACT)
    found, clock = solved(form, solver, tmp_path)
    if not math.isfinite(ours.objective):
        assert found.status == "infeasible" and found.objective == math.inf and clock.reached == {}
        return
    assert found.status == "optimal"
    assert found.objective + form.constant == pytest.approx(ours.objective, rel=GAP)
    assert found.bound <= found.objective + 1e-5 * abs(found.objective)
    assert set(clock.reached) == {1e-2, 1e-3, 1e-4}
    assert all(0.0 <= seconds <= clock.now for seconds in clock.reached.values())


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_constant_stays_out_of_the_file(solver: str, tmp_path: Path) -> None:
    form = replace(random_blocks(3)[0], constant=1e4)
    found, _ = solved(form, solver, tmp_path)
    assert found.objective + form.constant == pytest.approx(solve(form, EXACT).objective, rel=GAP)


def test_every_kind_of_row_and_bound_survives_the_file(tmp_path: Path) -> None:
    rows = [
        ([1.0, 1.0, 0.0, 0.0], 2.0, 3.0),
        ([0.0, 1.0, 1.0, 0.0], -math.inf, 4.5),
        ([1.0, 0.0, 0.0, 1.0], 1.25, math.inf),
        ([0.0, 0.0, 1.0, 1.0], 7.0, 7.0),
    ]
    form = program(
        [3.0, -1.0, 2.0, 0.125],
        rows,
        lower=[-5.0, 0.0, -math.inf, 0.0],
        upper=[math.inf, 2.5, 10.0, 6.0],
        integer=[False, True, False, True],
    )
    found, _ = solved(form, "highs", tmp_path)
    assert found.objective == pytest.approx(solve(form, EXACT).objective)
