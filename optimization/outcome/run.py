"""The run: lay out the question, build the model, solve it, read the answer, re-check it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage
from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import lay_out
from optimization.ledger.rules import Breach, breaches
from optimization.model.columns import Columns, columns
from optimization.model.model import build_model
from optimization.model.reserve import worth_bringing_back
from optimization.model.screening import screen
from optimization.outcome.counting import counting_arguments
from optimization.outcome.readback import Values, read_decision
from optimization.outcome.result import Result
from optimization.solving.decomposed import solve_decomposed
from optimization.solving.highs import Limits, Outcome, Progress, Status, relative_gap
from optimization.solving.highs import solve as solve_plain
from optimization.solving.standard_form import StandardForm, coefficient_ranges, compile_model

OnProgress = Callable[[Progress], bool]
METHODS = ("decomposed", "plain")


class Clock:
    """Seconds spent in each phase of a run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of the block to a phase."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


def solve(
    case: Case,
    package: ResolvedPackage,
    prefectures: Sequence[str] = (),
    limits: Limits | None = None,
    method: str = "decomposed",
    log_file: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Result:
    """Solve one reform package on a case (or on some of its prefectures).

    Raises `InputError` when the case lacks a parameter the package needs. The objective reported is
    recomputed outside the solver from the rounded decision, and every hard rule is checked on it.
    """
    clock, limits = Clock(), limits or Limits()
    case = case.with_parameters(package.assumptions)
    with clock.phase("layout"):
        instance = lay_out(case, package.settings, list(prefectures))
        screening = screen(instance)
    reserve = len(screening.reserve[0])
    # the plain method has no relaxation to price the reserve with: all of it enters at once
    restored = np.arange(reserve if method == "plain" else 0)
    while True:
        table = columns(instance, screening, restored)
        with clock.phase("build"), _no_collection():
            model = build_model(table)
        with clock.phase("hand_off"), _no_collection():
            form = compile_model(model)
        left = replace(limits, seconds=max(1.0, limits.seconds - clock.seconds.get("solve", 0.0)))
        with clock.phase("solve"):
            outcome = _solve(table, model, form, left, method, log_file, on_progress)
            more = worth_bringing_back(table, form, outcome, restored)
        if not len(more):
            break
        restored = np.union1d(restored, more)
    if outcome.row_duals is None and len(restored) < reserve:
        outcome = replace(outcome, bound=-np.inf, gap=np.inf)  # nothing is known of the pairs left out
    with clock.phase("read_back"):
        result = _result(package, table, model, form, outcome, clock)
    return replace(result, seconds=clock.seconds, coefficients=coefficient_ranges(form))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: nothing built here becomes garbage, and its scans cost seconds."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _solve(
    table: Columns,
    model: pyo.ConcreteModel,
    form: StandardForm,
    limits: Limits,
    method: str,
    log_file: Path | None,
    on_progress: OnProgress | None,
) -> Outcome:
    if method == "plain":
        return solve_plain(form, limits, log_file, on_progress)
    position = {id(variable): n for n, variable in enumerate(form.variables)}
    national = np.array([position[id(y)] for y in model.y.values() if id(y) in position], dtype=int)
    return solve_decomposed(form, national, limits, log_file, on_progress)


def _result(
    package: ResolvedPackage,
    table: Columns,
    model: pyo.ConcreteModel,
    form: StandardForm,
    outcome: Outcome,
    clock: Clock,
) -> Result:
    instance = table.instance
    size = {
        "columns": form.matrix.shape[1],
        "rows": form.matrix.shape[0],
        "nonzeros": int(form.matrix.nnz),
        "integer_columns": int(form.integer.sum()),
        "candidate_bodies": len(instance.bodies),
        "pairs_kept": len(table.pair_body),
        "pairs_removed_dominated": table.screening.removed,
        "pairs_beyond_travel_limit": table.screening.unreachable,
        "pairs_in_reserve": len(table.screening.reserve[0]),
        "balance_rows_that_can_bind": int(table.screening.tight.sum()),
    }
    if outcome.values is None:
        arguments = counting_arguments(table) if outcome.status is Status.INFEASIBLE else []
        return Result(package, instance, outcome, None, None, [], arguments, clock.seconds, size)
    values = Values(form, outcome.values)
    accounts = Accounts(instance, read_decision(table, model, values))
    names = instance.case.governments.index
    grants = pd.Series(values.of(model.transfer.values()), index=names)
    found = breaches(accounts)
    apart = np.abs(grants.to_numpy() - accounts.transfer) / np.maximum(1.0, np.abs(accounts.revised_need))
    found += [Breach("F4", str(names[g]), float(apart[g])) for g in np.flatnonzero(apart > 1e-6)]
    objective = accounts.objective
    checked = replace(
        outcome,
        objective=objective,
        bound=min(outcome.bound, objective),
        gap=relative_gap(objective, min(outcome.bound, objective)),
    )
    return Result(package, instance, checked, accounts, grants, found, [], clock.seconds, size)
