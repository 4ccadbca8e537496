"""One decision of a small question read three times: from the columns of its program, from its accounts, from its
tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimization.ledger.accounts import Accounts
from optimization.model.affine import Affine, variables_of
from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.model import build_model
from optimization.model.quantities import ColumnsReading
from optimization.outcome.in_place import under
from optimization.outcome.readback import Values, read_decision
from optimization.outcome.result import Result
from optimization.outcome.tables import result_tables
from optimization.referee.audit import Floats
from optimization.referee.exact_limits import Fractions
from optimization.rules.accounts import AccountsReading
from optimization.rules.listed import STATEMENTS
from optimization.rules.statement import Reading, Statement
from optimization.rules.written import Written
from optimization.solving.highs import solve
from optimization.solving.standard_form import compile_model
from tests.small_case import EXACT, Small, as_given, settings

LOOSE: dict[str, Any] = {
    "equity.adequacy_floor": 0.0,
    "equity.coverage_ceiling": 10.0,
    "equity.dispersion_ceiling": 5.0,
    "equity.tax_price_spread": 5.0,
    "equity.loss_limit": 0.05,
    "equity.losers_population_ceiling": 1.0,
    "equity.hold_harmless_years": 2,
    "equity.hold_harmless_budget_million_yen": 1e8,
    "equity.place_cover_floor": 0.0,
    "equity.place_windfall_yen_per_resident": 1e7,
    "equity.place_dispersion_ceiling": 10.0,
    "equity.place_loss_yen_per_resident": 500.0,
    "equity.place_losers_population_ceiling": 1.0,
    "equity.place_tax_price_spread": 10.0,
    "discipline.balance": True,
    "discipline.retention_floor": 0.0,
    "discipline.grant_dependence_ceiling": 1.0,
    "discipline.own_source_floor_municipal": 0.0,
    "discipline.own_source_floor_prefectural": 0.0,
    "discipline.match_ceiling": 10.0,
    "discipline.earmarked_ceiling": 1.0,
    "discipline.debt_service_ceiling": 1.0,
    "discipline.future_burden_ceiling": 10.0,
    "clarity.tiers_per_service": 3,
    "clarity.changes_ceiling": 1000,
    "pool.released_min_million_yen": 0.0,
    "pool.released_max_million_yen": 1e8,
}
"""Every limit in force, so that all its variables exist, and none of them near."""

TIGHT: dict[str, Any] = LOOSE | {
    "equity.adequacy_floor": 0.95,
    "equity.coverage_ceiling": 1.1,
    "equity.dispersion_ceiling": 0.1,
    "equity.tax_price_spread": 0.1,
    "equity.losers_population_ceiling": 0.2,
    "equity.hold_harmless_budget_million_yen": 5.0,
    "equity.place_cover_floor": 1.3,
    "equity.place_windfall_yen_per_resident": 100.0,
    "equity.place_dispersion_ceiling": 0.5,
    "equity.place_loss_yen_per_resident": 100.0,
    "equity.place_losers_population_ceiling": 0.2,
    "equity.place_tax_price_spread": 0.05,
    "discipline.retention_floor": 0.3,
    "discipline.grant_dependence_ceiling": 0.3,
    "discipline.own_source_floor_municipal": 0.5,
    "discipline.own_source_floor_prefectural": 0.6,
    "discipline.match_ceiling": 0.05,
    "discipline.earmarked_ceiling": 0.1,
    "discipline.debt_service_ceiling": 0.1,
    "discipline.future_burden_ceiling": 1.0,
    "discipline.debt_steps_kept": True,
    "clarity.changes_ceiling": 1,
    "pool.ordinary_million_yen": 100.0,
    "nation.limit_million_yen": 300.0,
    "pool.released_min_million_yen": 60.0,
    "pool.released_max_million_yen": 70.0,
}
"""The same limits where decisions break them."""

SPOKEN_FOR = (
    "dispersion", "people_losing", "top_ups", "tiers_answering", "shortage", "shortage_at_risk", "place_dispersion",
    "people_let_off",
)  # fmt: skip
"""Quantities that rows bound from one side only: what they are at least is what they are (as units opened, u)."""


@dataclass(frozen=True)
class Read:
    """A solution of the program for a random wish, and the accounts of the decision it stands for."""

    question: Small
    table: Columns
    model: pyo.ConcreteModel
    values: Values
    accounts: Accounts

    @cached_property
    def tight(self) -> Columns:
        """The same columns under limits that the decision breaks."""
        known = settings(self.question.case, **TIGHT)
        kept = ["discipline.balance"]
        if self.question.instance.pays_special:
            kept.append(
                "pool.ordinary_million_yen"
            )  # what it leaves is a decision, made under the loose pool
        changed = {key: known[key] for key in TIGHT if key not in kept}
        return under(self.table, {**self.table.instance.settings, **changed})

    def evaluated(self, expression: Affine) -> np.ndarray:
        """Expressions over the columns at the solution."""
        parts = [
            matrix @ self.values.of(variables_of(self.model, name))
            for name, matrix in expression.parts.items()
        ]
        return expression.constant + sum(parts)

    def from_columns(self) -> Reading:
        """The columns of the program at the solution."""
        return AtColumns(self)

    def from_accounts(self) -> Reading:
        """The accounts of the decision under the tight limits."""
        return AccountsReading(Accounts(self.tight.instance, self.accounts.decision))

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of a run with this decision."""
        instance = self.tight.instance
        accounts = Accounts(instance, self.accounts.decision)
        grants = pd.Series(accounts.transfer, index=instance.case.governments.index)
        package = replace(self.question.package, settings=instance.settings)
        result = Result(package, instance, as_given(accounts), accounts, grants, tabulated=result_tables)
        return result.tables

    def from_tables(self) -> Reading:
        """The tables in floats."""
        return Written(self.tight.instance.settings, Floats(self.tables()))

    def from_fractions(self) -> Reading:
        """The tables in fractions of their digits."""
        rows = {
            name: table.astype(object).map(_digits).to_dict("records")
            for name, table in self.tables().items()
        }
        return Written(self.tight.instance.settings, Fractions(rows))


def _digits(value: object) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)


class AtColumns(ColumnsReading):
    """Quantities over the columns, each evaluated at a solution."""

    def __init__(self, read: Read) -> None:
        super().__init__(read.tight)
        self._read = read

    def quantity(self, name: str) -> Any:
        """The quantity's numbers."""
        return self._read.evaluated(super().quantity(name))

    def summed(self, value: Any, groups: Any) -> Any:
        """Sums of numbers."""
        return np.array([value[group].sum() for group in groups])


def read(question: Small, seed: int) -> Read:
    """A solution for a random wish on who answers, who provides and what is counted, all limits loose."""
    question = question.but(**LOOSE)
    table = question.columns(keep_dominated=True)
    model = build_model(table)
    draw = np.random.default_rng(seed)
    wish = [
        (float(draw.normal()), variable)
        for name in ("y", "v", "rho", "phi", "theta", "kappa", "gamma", "sigma", "beta", "transfer")
        for variable in variables_of(model, name)
    ]
    wish += [(1e3, variable) for variable in variables_of(model, "u")]
    reading = ColumnsReading(table)
    for name in SPOKEN_FOR:
        expression = reading.quantity(name)
        wish += [pair for n in range(len(expression)) for pair in expression.terms(model, n, 1e3)]
    model.total_cost.deactivate()
    model.wish = pyo.Objective(expr=total(wish))
    form = compile_model(model)
    outcome = solve(form, EXACT)
    assert outcome.values is not None, outcome
    values = Values(form, outcome.values)
    return Read(
        question, table, model, values, Accounts(question.instance, read_decision(table, model, values))
    )


def excess(statement: Statement, reading: Reading) -> np.ndarray:
    """By how much a statement is broken, of the size of what it speaks of, by row."""
    return np.concatenate(
        [(beyond / size).astype(float).ravel() for beyond, size in statement.excesses(reading)]
    )


def told(reading: Reading) -> dict[str, np.ndarray]:
    """How far every limit in force is passed, row by row, by setting and component."""
    return {
        f"{each.setting} ({each.component})": excess(each, reading)
        for each in STATEMENTS
        if each.in_force(reading.settings)
    }


APART = ("(E6)", "(P6)", "(D3)", "(D3own)", "(R1_few)")
"""Components that are not read alike row by row: what losers are let off is told by rows from one side, tables do not
tell taxes with a share of their own, rows count the tiers of crowded services alone."""


def worst(reading: Reading) -> dict[str, float]:
    """The largest excess of every rule that is in force."""
    found: dict[str, float] = {}
    for statement in STATEMENTS:
        if statement.in_force(reading.settings) and len(rows := excess(statement, reading)):
            found[statement.label] = max(found.get(statement.label, -np.inf), float(rows.max()))
    return found


def differ(one: Reading, other: Reading) -> list[str]:
    """Limits on which two readings disagree in some row."""
    here, there = told(one), told(other)
    assert here.keys() == there.keys()
    return [
        name
        for name, rows in here.items()
        if not name.endswith(APART) and not np.allclose(rows, there[name], rtol=1e-6, atol=1e-6)
    ]
