"""The HiGHS adapter: arrays in; status, solution, bound, gap and log out, each kept apart.

A termination is not a solution: `Outcome.status` says what is proven, `Outcome.values` is None
when there is no feasible point. HiGHS keeps one scheduler per thread; the number of its threads is
reset before every solve so that a second value never makes a run fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from optimization.errors import Problem, raise_if_any
from optimization.solving.ends import MOST_SECONDS, MOST_SEED, MOST_THREADS, Status
from optimization.solving.running import Silent, StillRunningError, run
from optimization.solving.standard_form import StandardForm

ROUNDING = 1e-9
"""Relative to a plan's cost: sums of the figures of one plan, made in another order, agree to this."""

TOLERANCE = 1e-6
"""Relative to a plan's cost: as far as the solver keeps its rows; a bound farther above its plan is a defect."""

BY_HAND = "stopped by hand"
"""Termination of a solve that was ended from the keyboard."""

MAY_BE: dict[str, tuple[float, float, bool]] = {
    "gap": (0.0, 1.0, False),
    "absolute": (0.0, np.inf, False),
    "seconds": (0.0, MOST_SECONDS, False),
    "threads": (1, MOST_THREADS, True),
    "seed": (0, MOST_SEED, True),
    "processes": (1, MOST_THREADS, True),
}
"""Least and most of every limit, and whether it is a count."""


def _is_between(value: object, least: float, most: float, whole: bool) -> bool:
    """Whether a value is a number (a truth value is none) within its ends; NaN never is."""
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool) and bool(least <= value <= most)


@dataclass(frozen=True)
class Progress:
    """A moment of the solve: seconds, incumbent, bound (million yen) and relative gap."""

    seconds: float
    incumbent: float
    bound: float
    gap: float


@dataclass(frozen=True)
class Limits:
    """When to stop: relative gap (or absolute gap in the objective's unit, whichever comes first) and
    seconds; and how: threads and seed (both fixed for repeatability), and processes for independent parts
    (which change nothing but the time)."""

    gap: float = 1e-4
    absolute: float = 0.0
    seconds: float = 600.0
    threads: int = 2
    seed: int = 0
    processes: int = 1

    def __post_init__(self) -> None:
        """Raises `InputError` with every figure that the solver could not keep to."""
        raise_if_any(
            [
                Problem(
                    "limits",
                    f"is not a {'whole number' if whole else 'number'} from {least:g} to {most:g}",
                    "give one, or leave it out",
                    column=name,
                    value=repr(getattr(self, name)),
                )
                for name, (least, most, whole) in MAY_BE.items()
                if not _is_between(getattr(self, name), least, most, whole)
            ]
        )


@dataclass(frozen=True)
class Outcome:
    """Result of one solve. `values` has one entry per column (None without a feasible point);
    `row_duals` are those of the linear
    relaxation, `relaxation` its optimal value and `basis` its last basis, where one was solved."""

    status: Status
    termination: str
    values: np.ndarray | None
    objective: float
    bound: float
    gap: float
    seconds: float
    nodes: int
    log: str
    row_duals: np.ndarray | None = None
    relaxation: float = -np.inf
    history: list[Progress] = field(default_factory=list)
    basis: highspy.HighsBasis | None = field(default=None, repr=False, compare=False)

    @property
    def overstated(self) -> float:
        """By how much the bound lies above the plan, in the objective's unit; 0 where it does not beyond the solver's
        tolerance. Never anything else, or one of the two is wrong."""
        if not np.isfinite(self.objective):
            return 0.0
        above = self.bound - self.objective
        return above if above > TOLERANCE * max(1.0, abs(self.objective)) else 0.0

    def at_cost(self, objective: float, bound: float) -> Outcome:
        """The outcome with the cost of its plan and a bound. A bound that lies above the plan by rounding alone is the
        plan's cost; one farther above it stays, so that `overstated` tells."""
        found = replace(self, objective=objective, bound=bound)
        bound = bound if found.overstated else min(bound, objective)
        return replace(found, bound=bound, gap=relative_gap(objective, bound))


class StoppedByHandError(KeyboardInterrupt):
    """Ctrl-C while a program was being solved; `outcome` is what was known by then."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(BY_HAND)
        self.outcome = outcome


def solve(
    form: StandardForm,
    limits: Limits,
    log_file: Path | None = None,
    on_progress: Callable[[Progress], bool] | None = None,
    relax: bool = False,
    start: np.ndarray | None = None,
    basis: highspy.HighsBasis | None = None,
) -> Outcome:
    """Solve the program; `relax` solves its linear relaxation and returns duals; `start` is a point
    (one value per column) from which the search may begin, `basis` that of a relaxation with as many rows and columns.

    `on_progress` is called with the state of the search, in the thread of the caller; returning False stops it, and
    what it raises goes through. Raises `StoppedByHandError` on Ctrl-C.
    """
    solver = load(form, limits, log_file, relax)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start
        solver.setSolution(solution)
    if basis is not None:
        solver.setBasis(basis)
    history: list[Progress] = []
    linear = relax or not form.integer.any()
    plans = _Plans(form)
    if not linear:
        solver.cbMipImprovingSolution.subscribe(plans.take)
    told = None if on_progress is None or linear else _teller(on_progress, history)
    started = time.perf_counter()
    try:
        run(solver, linear, told)
    except KeyboardInterrupt as stop:
        seconds = time.perf_counter() - started
        if isinstance(stop.__cause__, StillRunningError):
            raise StoppedByHandError(plans.outcome(seconds)) from stop
        outcome = _outcome(solver, form, relax, seconds, _log(solver, log_file), history)
        raise StoppedByHandError(replace(outcome, termination=BY_HAND)) from stop
    seconds = time.perf_counter() - started
    outcome = _outcome(solver, form, relax, seconds, _log(solver, log_file), history)
    if start is not None and not _at_its_cost(
        form, outcome
    ):  # HiGHS hands the start back where presolve solves all
        return solve(form, limits, log_file, on_progress, relax)
    return outcome


def _at_its_cost(form: StandardForm, outcome: Outcome) -> bool:
    """Whether the values of an outcome cost what it says, as far as the solver keeps its rows."""
    if outcome.values is None:
        return True
    cost = form.constant + float(form.cost @ outcome.values)
    return abs(cost - outcome.objective) <= TOLERANCE * max(1.0, abs(cost), float(np.abs(form.cost).max()))


def _log(solver: highspy.Highs, log_file: Path | None) -> str:
    """What the solver has written, its file closed."""
    solver.setOptionValue("log_file", "")
    return _words(log_file)


def _words(log_file: Path | None) -> str:
    """What the solver has written of its way; nothing where the file is gone, which no answer hangs on."""
    if log_file is None:
        return ""
    try:
        return log_file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _teller(on_progress: Callable[[Progress], bool], history: list[Progress]) -> Callable[[Any], bool]:
    """Tell of a moment of the search and keep it."""

    def tell(data: Any) -> bool:
        history.append(Progress(data.running_time, data.mip_primal_bound, data.mip_dual_bound, data.mip_gap))
        return on_progress(history[-1])

    return tell


class _Plans:
    """The best point that a search has met and the bound of that moment, for when the solver itself can no longer be
    asked."""

    def __init__(self, form: StandardForm) -> None:
        self._form = form
        self._best: tuple[np.ndarray, float] | None = None

    def take(self, event: highspy.HighsCallbackEvent) -> None:
        """In the solver's thread: a better point."""
        self._best = np.array(event.data_out.mip_solution), float(event.data_out.mip_dual_bound)

    def outcome(self, seconds: float) -> Outcome:
        """What is known of the program."""
        values, bound = self._best or (None, -np.inf)
        objective = np.inf if values is None else self._form.constant + float(self._form.cost @ values)
        status = Status.NOTHING if values is None else Status.INCUMBENT
        gap = relative_gap(objective, bound)
        return Outcome(status, BY_HAND, values, objective, bound, gap, seconds, 0, "")


def load(
    form: StandardForm, limits: Limits, log_file: Path | None = None, relax: bool = False
) -> highspy.Highs:
    """A HiGHS object holding the program (or its linear relaxation), not yet run."""
    solver = quiet(limits, log_file)
    pass_model(solver, form, relax)
    return solver


def quiet(limits: Limits, log_file: Path | None = None) -> highspy.Highs:
    """An empty HiGHS object under the limits, silent on the console."""
    highspy.Highs.resetGlobalScheduler(True)
    solver = Silent()
    _configure(solver, limits, log_file)
    return solver


def _configure(solver: highspy.Highs, limits: Limits, log_file: Path | None) -> None:
    solver.setOptionValue("log_to_console", False)
    solver.setOptionValue("output_flag", log_file is not None)
    if log_file is not None:
        solver.setOptionValue("log_file", str(log_file))
    solver.setOptionValue("mip_rel_gap", max(limits.gap, ROUNDING))
    solver.setOptionValue("mip_abs_gap", limits.absolute)
    solver.setOptionValue("time_limit", float(limits.seconds))
    solver.setOptionValue("threads", int(limits.threads))
    solver.setOptionValue("random_seed", int(limits.seed))


def pass_model(solver: highspy.Highs, form: StandardForm, relax: bool) -> None:
    """Give a program, or its linear relaxation, to HiGHS. Raises RuntimeError where it is refused."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = form.matrix.shape[1], form.matrix.shape[0]
    model.col_cost_, model.offset_ = form.cost, form.constant
    model.col_lower_, model.col_upper_ = form.lower, form.upper
    model.row_lower_, model.row_upper_ = form.row_lower, form.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = form.matrix.indptr
    model.a_matrix_.index_ = form.matrix.indices
    model.a_matrix_.value_ = form.matrix.data
    if not relax:
        kinds = [highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger]
        model.integrality_ = [kinds[int(flag)] for flag in form.integer]
    if solver.passModel(model) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS refused the model: a coefficient, bound or index is not usable")


def _outcome(
    solver: highspy.Highs,
    form: StandardForm,
    relax: bool,
    seconds: float,
    log: str,
    history: list[Progress],
) -> Outcome:
    info, state = solver.getInfo(), solver.getModelStatus()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    status = _status(state, feasible)
    if relax and status is Status.INCUMBENT:
        status = (
            Status.NOTHING
        )  # a point on the way to the least of a relaxation is neither a plan nor a bound
    has_point = feasible and status in (Status.OPTIMAL, Status.INCUMBENT)
    solution = solver.getSolution()
    objective = info.objective_function_value if has_point else np.inf
    bound = objective if relax and status is Status.OPTIMAL else info.mip_dual_bound
    return Outcome(
        status=status,
        termination=solver.modelStatusToString(state),
        values=np.array(solution.col_value) if has_point else None,
        objective=objective,
        bound=-np.inf if relax and status is not Status.OPTIMAL else bound,
        gap=0.0 if relax and has_point else relative_gap(objective, bound),
        seconds=seconds,
        nodes=max(0, int(info.mip_node_count)) if not relax else 0,
        log=log,
        row_duals=np.array(solution.row_dual) if relax and status is Status.OPTIMAL else None,
        relaxation=objective if relax and status is Status.OPTIMAL else -np.inf,
        history=history,
        basis=solver.getBasis() if relax and status is Status.OPTIMAL else None,
    )


def _status(state: highspy.HighsModelStatus, feasible: bool) -> Status:
    kind = highspy.HighsModelStatus
    if state == kind.kOptimal:
        return Status.OPTIMAL
    if state == kind.kInfeasible:
        return Status.INFEASIBLE
    if state in (kind.kTimeLimit, kind.kInterrupt, kind.kIterationLimit, kind.kSolutionLimit):
        return Status.INCUMBENT if feasible else Status.NOTHING
    return Status.FAILED


def gap_reached(objective: float, bound: float, asked: float) -> bool:
    """Whether no plan can cost less than this one by more than the asked part of its cost, but for rounding. The one
    rule for all searches."""
    if not np.isfinite(objective):
        return False
    return bool(objective - bound <= asked * abs(objective) + ROUNDING * max(1.0, abs(objective)))


def relative_gap(objective: float, bound: float) -> float:
    """|objective - bound| / |objective|; infinite without an incumbent, 0 when both are 0."""
    if not np.isfinite(objective) or not np.isfinite(bound):
        return float("inf")
    return abs(objective - bound) / abs(objective) if objective else float(abs(bound) > 0)
