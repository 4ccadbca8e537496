"""From solver values to a result: integers rounded, names put back, accounts drawn up, every rule re-checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyomo.core as pyo

from optimization.case.resolved import ResolvedPackage
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.allocation import pool_range, rate_is_free, rate_range
from optimization.ledger.decision import Decision
from optimization.ledger.instance import Instance
from optimization.model.columns import Columns
from optimization.model.horizon import block_name
from optimization.outcome.certificate import overstatement
from optimization.outcome.counting import counting_arguments
from optimization.outcome.master import MasterProblem
from optimization.outcome.result import Result
from optimization.outcome.tables import result_tables
from optimization.outcome.verdicts import verdict_tables
from optimization.reading.units import MILLION_IN_BILLION
from optimization.rules.checks import Breach, breaches
from optimization.solving.highs import Outcome, Status
from optimization.solving.standard_form import StandardForm

TOLERANCE = 1e-6
"""Billion yen of reserve below which there is none."""

APART = 1e-6
"""Part of its need by which a transfer of the model may differ from that of the accounts."""


class Values:
    """Values of Pyomo variables in a solution; a variable that no row uses keeps its lower bound."""

    def __init__(self, form: StandardForm, values: np.ndarray) -> None:
        self._value = dict(zip(map(id, form.variables), values.tolist(), strict=True))

    def of(self, variables: Iterable[Any]) -> np.ndarray:
        """Values in the order of the variables given."""
        return np.array([self._value.get(id(v), v.lb or 0.0) for v in variables])


def read_result(package: ResolvedPackage, problem: MasterProblem, outcome: Outcome) -> Result:
    """The decision an outcome stands for, its accounts, and every rule re-checked on them; without a feasible point
    what addition alone tells of an impossible package."""
    instance, size = problem.instance, size_of(problem)
    if outcome.values is None:
        arguments = counting_arguments(problem.columns) if outcome.status is Status.INFEASIBLE else []
        return Result(package, instance, outcome, None, None, arguments=arguments, size=size)
    values = Values(problem.form, outcome.values)
    decision = with_bonds(instance, read_decision(problem.columns, problem.model, values))
    accounts = Accounts(instance, decision)
    names = instance.case.governments.index
    grants = pd.Series(values.of(problem.model.transfer.values()), index=names)
    found = breaches(accounts)
    apart = np.abs(grants.to_numpy() - accounts.transfer) / np.maximum(1.0, np.abs(accounts.revised_need))
    found += [Breach("F4", str(names[g]), float(apart[g])) for g in np.flatnonzero(apart > APART)]
    checked = outcome.at_cost(accounts.objective, outcome.bound)
    found += overstatement(checked)
    return Result(
        package,
        instance,
        checked,
        accounts,
        grants,
        found,
        size=size,
        tabulated=result_tables,
        judged=verdict_tables,
    )


def size_of(problem: MasterProblem) -> dict[str, int]:
    """How large a master problem is, and the list behind it."""
    form, screening = problem.form, problem.columns.screening
    return {
        "columns": form.matrix.shape[1],
        "rows": form.matrix.shape[0],
        "nonzeros": int(form.matrix.nnz),
        "integer_columns": int(form.integer.sum()),
        "candidate_bodies": len(problem.instance.bodies),
        "pairs_listed": len(screening.listed[0]),
        "pairs_in_model": len(problem.columns.pair_body),
        "pairs_removed_dominated": screening.removed,
        "pairs_beyond_travel_limit": screening.unreachable,
        "pairs_in_reserve": len(screening.reserve[0]),
        "balance_rows_that_can_bind": int(screening.tight.sum()),
    }


def read_decision(columns: Columns, model: pyo.ConcreteModel, values: Values) -> Decision:
    """The decision a solution stands for."""
    instance = columns.instance
    y = values.of(model.y.values())
    tier: dict[tuple[int, int], tuple[float, str]] = {}
    for (s, k, t), value in zip(columns.duties, y, strict=True):
        tier[s, k] = max(tier.get((s, k), (-1.0, "")), (value, t), key=lambda pair: pair[0])
    chosen = np.flatnonzero(values.of(model.v.values()) > 0.5)
    joint = sorted(
        zip(columns.pair_body[chosen].tolist(), columns.pair_service[chosen].tolist(), strict=True)
    )
    tax = instance.tax
    counted, assigned = _taxes(instance, model, values)
    return Decision(
        tier={duty: name for duty, (_, name) in tier.items()},
        joint=tuple(joint),
        bodies=instance.bodies,
        counted=np.clip(counted, *tax.counted),
        assigned=np.clip(assigned, *tax.assigned),
        revision=_with_free(instance.revision, model.kappa, values),
        guarantee=_with_free(instance.guarantee, model.gamma, values),
        pool_share=np.clip(values.of(model.sigma.values()), *pool_range(instance)),
        lead=_leads(columns, model, values),
        reserve=_reserves(columns, model, values),
        adjustment_rates=_rates(columns, model, values),
        bonds=tuple((np.maximum(0.0, values.of(model.bond.values())) / MILLION_IN_BILLION).tolist()),
    )


def _rates(columns: Columns, model: pyo.ConcreteModel, values: Values) -> tuple[float, ...]:
    """The adjustment rate of every year, where the package frees it."""
    if not rate_is_free(columns.instance.settings):
        return ()
    years = [model, *(model.component(block_name(year)) for year in columns.later)]
    low, high = rate_range(columns.instance.settings)
    kept = [float(values.of(year.beta.values())[0]) for year in years]
    return tuple(min(max(1.0 - part, low), high) for part in kept)


def _leads(columns: Columns, model: pyo.ConcreteModel, values: Values) -> dict[tuple[int, int, str], str]:
    """The lead of every service, group and kind of crisis."""
    chosen: dict[tuple[int, int, str], tuple[float, str]] = {}
    if columns.crisis is not None:
        for (s, k, kind, t), value in zip(columns.crisis.leads, values.of(model.q.values()), strict=True):
            best = chosen.get((s, k, kind), (-1.0, ""))
            chosen[s, k, kind] = max(best, (value, t), key=lambda pair: pair[0])
    return {lead: tier for lead, (_, tier) in chosen.items()}


def _reserves(
    columns: Columns, model: pyo.ConcreteModel, values: Values
) -> dict[tuple[str, int, int], float]:
    """Reserves kept, million yen a year; what is less than the solver's tolerance is none."""
    if columns.crisis is None:
        return {}
    amounts = zip(columns.crisis.reserves, values.of(model.reserve.values()), strict=True)
    return {reserve: value / MILLION_IN_BILLION for reserve, value in amounts if value > TOLERANCE}


def _taxes(instance: Instance, model: pyo.ConcreteModel, values: Values) -> tuple[np.ndarray, np.ndarray]:
    """Counted share and assignment of every tax; a tax assigned to nobody keeps its lowest share."""
    tax = instance.tax
    common = values.of(model.rho.values())[tax.tier]
    counted, assigned = np.where(tax.partial, common, 1.0), tax.assigned[0].copy()
    assigned[list(model.theta)] = values.of(model.theta.values())
    for j, phi in zip(model.phi, values.of(model.phi.values()), strict=True):
        counted[j] = phi / assigned[j] if assigned[j] > 0 else tax.counted[0][j]
    return counted, assigned


def _with_free(bounds: tuple[np.ndarray, np.ndarray], variable: Any, values: Values) -> np.ndarray:
    """Fixed numbers, and the solution's where a package freed them."""
    result = bounds[0].copy()
    result[list(variable)] = values.of(variable.values())
    return np.clip(result, *bounds)
