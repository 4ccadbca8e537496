"""The same program handed to other solvers, SCIP and CBC, as a written MPS file."""

from __future__ import annotations

import io
import subprocess
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np

from optimization.solving.standard_form import StandardForm

GAP = 1e-9
SECONDS = 120.0


@dataclass(frozen=True)
class Verdict:
    """What another solver says: `status` optimal, infeasible or its own word; `value` of the objective with its
    constant, infinite without a plan."""

    status: str
    value: float = np.inf


def loaded(form: StandardForm) -> highspy.Highs:
    """The program in a solver of its own, columns and rows named by number; handed over one by one, apart from the way
    in which the tool loads its solver."""
    solver = highspy.Highs()
    solver.silent()
    for n in range(len(form.cost)):
        solver.addCol(float(form.cost[n]), float(form.lower[n]), float(form.upper[n]), 0, [], [])
        if form.integer[n]:
            solver.changeColIntegrality(n, highspy.HighsVarType.kInteger)
        solver.passColName(n, f"c{n}")
    for r in range(form.matrix.shape[0]):
        part = slice(form.matrix.indptr[r], form.matrix.indptr[r + 1])
        low, high = float(form.row_lower[r]), float(form.row_upper[r])
        solver.addRow(low, high, part.stop - part.start, form.matrix.indices[part], form.matrix.data[part])
        solver.passRowName(r, f"r{r}")
    return solver


def write_mps(form: StandardForm, path: Path) -> None:
    """The program as an MPS file."""
    assert loaded(form).writeModel(str(path)) != highspy.HighsStatus.kError


def scip(path: Path, constant: float, gap: float = GAP, seconds: float = SECONDS) -> Verdict:
    """SCIP's verdict on an MPS file."""
    import pyscipopt

    model = pyscipopt.Model()
    model.hideOutput()
    model.readProblem(str(path))
    model.setParam("limits/gap", gap)
    model.setParam("limits/time", seconds)
    model.optimize()
    status = "optimal" if model.getStatus() == "gaplimit" else model.getStatus()
    return Verdict(status, model.getObjVal() + constant if model.getNSols() else np.inf)


def cbc(path: Path, constant: float, gap: float = GAP, seconds: float = SECONDS) -> Verdict:
    """CBC's verdict on an MPS file, from the first line of its solution."""
    import cbcbox

    with redirect_stdout(io.StringIO()):  # it announces the build it picks
        program = cbcbox.cbc_bin_path()
    solution = path.with_suffix(".sol")
    solution.unlink(missing_ok=True)
    # the tolerance of whole numbers is below what a column of millions of yen can hide behind a fraction of a choice
    told = ["-ratioGap", gap, "-allowableGap", 0, "-integerTolerance", 1e-9, "-seconds", seconds, "-solve"]
    done = subprocess.run(
        [*map(str, [program, path, *told, "-solution", solution]), "-quit"],
        capture_output=True,
        text=True,
        timeout=seconds + 60.0,
        check=False,
    )
    first = (
        solution.read_text(encoding="utf-8").partition("\n")[0] if solution.exists() else done.stdout[-500:]
    )
    word, _, rest = first.partition(" - objective value ")
    if "nfeasible" in word:
        return Verdict("infeasible")
    if not word.startswith("Optimal"):
        return Verdict(first)
    return Verdict("optimal", float(rest) + constant)
