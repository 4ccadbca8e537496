"""Other solvers on the same MPS file: HiGHS, SCIP and CBC, each as its own users would call it.

A driver reads the file, searches until the gap `GAP` or its seconds are used up, and feeds the clock: from
callbacks where the solver has them, from its log otherwise. It imports its solver only when called.
"""

from __future__ import annotations

import io
import math
import subprocess
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.clock import GapClock, cbc_moments

GAP = 1e-4
"""Relative gap at which every solver may stop: the finest that is timed."""

OVERRUN_SECONDS = 60.0
"""How far CBC may run beyond its limit before it is stopped from outside."""

CBC_ENDS = ("Result - ", "Problem is infeasible", "Bound tightening: infeasibility proved")
"""How the line of CBC's log begins that says how the search ended."""


@dataclass(frozen=True)
class Solved:
    """What a solver claims at its end: objective and bound of the file's program (infinite if it has none),
    seconds for reading the file (0 where it cannot be told from the search), the threads it used."""

    status: str
    objective: float
    bound: float
    reading_seconds: float
    threads: int
    version: str


Driver = Callable[[Path, float, int, GapClock, Path], Solved]


def highs(mps: Path, limit: float, threads: int, clock: GapClock, log: Path) -> Solved:
    """HiGHS with its defaults; `limit` and the clock are in seconds, the log goes to a file."""
    import highspy

    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("output_flag", True)
    solver.setOptionValue("log_to_console", False)
    solver.setOptionValue("log_file", str(log))
    started = time.perf_counter()
    if solver.readModel(str(mps)) == highspy.HighsStatus.kError:
        raise RuntimeError(f"HiGHS cannot read {mps.name}")
    reading = time.perf_counter() - started
    for option, value in (
        ("threads", threads),
        ("mip_rel_gap", GAP),
        ("time_limit", max(0.0, limit - clock.now)),
    ):
        solver.setOptionValue(option, value)

    def report(event: Any) -> None:
        clock.see(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)

    solver.cbMipInterrupt.subscribe(report)
    solver.HandleUserInterrupt = True
    solver.run()
    info, state = solver.getInfo(), solver.modelStatusToString(solver.getModelStatus())
    has_point = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    objective = info.objective_function_value if has_point else math.inf
    clock.see(objective, info.mip_dual_bound)
    return Solved(
        _status(state, has_point),
        objective,
        info.mip_dual_bound,
        reading,
        threads,
        f"HiGHS {solver.version()}",
    )


def scip(mps: Path, limit: float, threads: int, clock: GapClock, log: Path) -> Solved:
    """SCIP with its defaults, on one thread: its ordinary search is sequential."""
    import pyscipopt

    class Report(pyscipopt.Eventhdlr):
        """Tells the clock after every new solution, node and relaxation."""

        kinds = (
            pyscipopt.SCIP_EVENTTYPE.BESTSOLFOUND
            | pyscipopt.SCIP_EVENTTYPE.NODESOLVED
            | pyscipopt.SCIP_EVENTTYPE.LPSOLVED
        )

        def eventinit(self) -> None:
            self.model.catchEvent(self.kinds, self)

        def eventexit(self) -> None:
            self.model.dropEvent(self.kinds, self)

        def eventexec(self, event: Any) -> None:
            clock.see(self.model.getPrimalbound(), self.model.getDualbound())

    model = pyscipopt.Model()
    model.hideOutput()
    model.setLogfile(str(log))
    started = time.perf_counter()
    model.readProblem(str(mps))
    reading = time.perf_counter() - started
    model.includeEventhdlr(Report(), "clock", "first moment of each gap")
    model.setParam("timing/clocktype", 2)  # the clock on the wall
    model.setParam("limits/gap", GAP)
    model.setParam("limits/time", max(0.0, limit - clock.now))
    model.optimize()
    has_point = model.getNSols() > 0
    objective, bound = model.getPrimalbound() if has_point else math.inf, model.getDualbound()
    clock.see(objective, bound)
    state = "optimal" if model.getStatus() == "gaplimit" else model.getStatus()
    name = f"SCIP {model.getMajorVersion()}.{model.getMinorVersion()}.{model.getTechVersion()}"
    return Solved(_status(state, has_point), objective, bound, reading, 1, name)


def cbc(mps: Path, limit: float, threads: int, clock: GapClock, log: Path) -> Solved:
    """CBC's own program (package `cbcbox`) with its defaults, read from its log; reading the file is part
    of its search."""
    import cbcbox

    with redirect_stdout(io.StringIO()):  # it announces the build it picks
        program = cbcbox.cbc_bin_path()
    left = max(0.0, limit - clock.now)
    command = [program, mps, "-threads", threads, "-seconds", left, "-ratioGap", GAP, "-timeMode", "elapsed"]
    before = clock.now
    with log.open("w", encoding="utf-8") as out:
        try:
            subprocess.run(
                [*map(str, command), "-solve", "-quit"],
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=left + OVERRUN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            out.write("\n(stopped from outside)\n")
    text = log.read_text(encoding="utf-8", errors="replace")
    moments = list(cbc_moments(text))
    for moment in moments:
        clock.see(moment.incumbent, moment.bound, before + moment.seconds)
    last = moments[-1] if "Total time (Wallclock seconds)" in text else None
    objective, bound = (last.incumbent, last.bound) if last else (clock.incumbent, clock.bound)
    ends = [line for line in text.splitlines() if line.startswith(CBC_ENDS)]
    build = text.partition("\n")[0].partition(" — ")[0] or "CBC"
    return Solved(
        _status(ends[-1] if ends else "stopped", math.isfinite(objective)),
        objective,
        bound,
        0.0,
        threads,
        f"{build} (cbcbox {version('cbcbox')})",
    )


def _status(state: str, has_point: bool) -> str:
    """One word for a solver's own: optimal (to the gap asked), infeasible, limit (with a plan), nothing."""
    if "optimal" in state.lower():
        return "optimal"
    if "infeasib" in state.lower() and not has_point:
        return "infeasible"
    return "limit" if has_point else "nothing"


DRIVERS: dict[str, Driver] = {"highs": highs, "scip": scip, "cbc": cbc}
MODULES = {"highs": "highspy", "scip": "pyscipopt", "cbc": "cbcbox"}
"""The library of each driver, to be loaded before its clock starts."""
