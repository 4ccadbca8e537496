"""From a Pyomo model to arrays, once.

Pyomo's own interfaces to HiGHS cost seconds per 100,000 columns; its compiler to standard form and
HiGHS's array interface do the same in a fraction of that. Columns and rows keep their Pyomo objects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

if TYPE_CHECKING:  # a second to load, which who only reads runs does not wait for
    import pyomo.core as pyo


@dataclass(frozen=True)
class StandardForm:
    """minimise cost @ x + constant  subject to  row_lower <= A x <= row_upper,  lower <= x <= upper.

    `matrix` is CSR, `integer` marks integral columns; `variables` and `constraints` name the
    Pyomo object of each column and row, which keep their names only while `owner`, their model, lives.
    """

    cost: np.ndarray
    constant: float
    matrix: sparse.csr_matrix
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    variables: tuple[Any, ...]
    constraints: tuple[Any, ...]
    owner: Any = None

    def family(self, rule: str) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers of a rule with a single index, and that index."""
        return self._members(self.rows_by_rule, self.constraints, rule)

    def rows_of(self, rule: str) -> np.ndarray:
        """Row numbers of a rule."""
        return self.rows_by_rule.get(rule, np.zeros(0, dtype=int))

    def column_family(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Column numbers of a block of variables with a single index, and that index."""
        return self._members(self._columns_by_name, self.variables, name)

    def columns_of(self, name: str) -> np.ndarray:
        """Column numbers of a block of variables, whatever its index."""
        return self._columns_by_name.get(name, np.zeros(0, dtype=int))

    @staticmethod
    def _members(
        numbers: dict[str, np.ndarray], objects: tuple[Any, ...], name: str
    ) -> tuple[np.ndarray, np.ndarray]:
        found = numbers.get(name, np.zeros(0, dtype=int))
        return found, np.array([objects[n].index() for n in found], dtype=int)

    @cached_property
    def rows_by_rule(self) -> dict[str, np.ndarray]:
        """Row numbers of every rule."""
        return _by_parent(self.constraints)

    def column_of(self, variable: Any) -> int:
        """Column number of a variable; -1 where it is no column."""
        return self._column_of.get(id(variable), -1)

    @cached_property
    def _column_of(self) -> dict[int, int]:
        return {id(variable): n for n, variable in enumerate(self.variables)}

    @cached_property
    def _columns_by_name(self) -> dict[str, np.ndarray]:
        return _by_parent(self.variables)


def _by_parent(objects: tuple[Any, ...]) -> dict[str, np.ndarray]:
    """Positions of the objects by the name of the Pyomo component they belong to."""
    numbers: dict[str, list[int]] = {}
    for n, item in enumerate(objects):
        numbers.setdefault(item.parent_component().name, []).append(n)
    return {name: np.array(found, dtype=int) for name, found in numbers.items()}


def compile_model(model: pyo.ConcreteModel) -> StandardForm:
    """Compile a linear Pyomo model; variables that no row and no cost uses are left out."""
    from pyomo.core.base.objective import minimize
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    form = LinearStandardFormCompiler().write(
        model, mixed_form=True, set_sense=minimize, show_section_timing=False
    )
    kind = np.array([bound_type for _, bound_type in form.rows])
    rhs = np.asarray(form.rhs, dtype=float)
    bounds = [variable.bounds for variable in form.columns]
    return StandardForm(
        cost=np.asarray(form.c.todense()).ravel() if form.c.shape[0] else np.zeros(len(form.columns)),
        constant=float(form.c_offset[0]) if len(form.c_offset) else 0.0,
        matrix=sparse.csr_matrix(form.A),
        row_lower=np.where(kind == 1, -np.inf, rhs),
        row_upper=np.where(kind == -1, np.inf, rhs),
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=float),
        upper=np.array([np.inf if up is None else up for _, up in bounds], dtype=float),
        integer=np.array([variable.is_integer() for variable in form.columns], dtype=bool),
        variables=tuple(form.columns),
        constraints=tuple(constraint for constraint, _ in form.rows),
        owner=model,
    )


def with_rows(form: StandardForm, rule: str, rows: list[Any]) -> StandardForm:
    """A program with the rows of one rule written anew, in the order and number of the old ones.

    Raises ValueError when their number is another, or one uses a variable that is no column.
    """
    from pyomo.core.expr.numvalue import value as value_of

    numbers = form.rows_of(rule)
    if len(rows) != len(numbers):
        raise ValueError(f"{rule} has other rows than before")
    column = form._column_of
    entries = [
        (n, column.get(id(variable), -1), coefficient)
        for n, row in zip(numbers, rows, strict=True)
        for coefficient, variable in zip(row.body.linear_coefs, row.body.linear_vars, strict=True)
    ]
    at, where, value = (
        (np.array(part) for part in zip(*entries, strict=True)) if entries else [np.zeros(0)] * 3
    )
    if (where < 0).any():
        raise ValueError(f"{rule} uses a variable that is no column")
    kept = np.ones(form.matrix.shape[0])
    kept[numbers] = 0.0
    new = sparse.csr_matrix((value, (at.astype(int), where.astype(int))), shape=form.matrix.shape)
    matrix = sparse.csr_matrix(sparse.diags(kept) @ form.matrix + new)
    matrix.eliminate_zeros()
    lower, upper, names = form.row_lower.copy(), form.row_upper.copy(), list(form.constraints)
    for n, row in zip(numbers, rows, strict=True):
        lower[n] = -np.inf if row.lower is None else value_of(row.lower)
        upper[n] = np.inf if row.upper is None else value_of(row.upper)
        names[n] = row
    return changed(form, matrix=matrix, row_lower=lower, row_upper=upper, constraints=tuple(names))


def with_cost(form: StandardForm, objective: Any) -> StandardForm:
    """A program under another linear objective."""
    cost = np.zeros_like(form.cost)
    for coefficient, variable in zip(objective.expr.linear_coefs, objective.expr.linear_vars, strict=True):
        if id(variable) in form._column_of:
            cost[form._column_of[id(variable)]] += coefficient
    return changed(form, cost=cost, constant=float(objective.expr.constant))


def changed(form: StandardForm, **parts: Any) -> StandardForm:
    """A form of the same rows and columns with other numbers; what is known of their names stays known."""
    result = replace(form, **parts)
    for name in ("rows_by_rule", "_columns_by_name", "_column_of"):
        result.__dict__[name] = getattr(form, name)
    return result


def coefficient_ranges(form: StandardForm) -> pd.DataFrame:
    """Rows, non-zeros and the smallest and largest absolute coefficient and right-hand side of each
    family of rows: columns rule, unit, rows, nonzeros, smallest_coefficient, largest_coefficient,
    largest_right_hand_side (in each row's own unit)."""
    names = np.empty(len(form.constraints), dtype=object)
    for rule, numbers in form.rows_by_rule.items():
        names[numbers] = rule
    size = np.abs(form.matrix.data)
    row_of = np.repeat(np.arange(len(names)), np.diff(form.matrix.indptr))
    entries = pd.DataFrame({"rule": names[row_of], "size": size}).groupby("rule")["size"]
    sides = np.maximum(*(np.where(np.isfinite(b), np.abs(b), 0.0) for b in (form.row_lower, form.row_upper)))
    by_rule = pd.DataFrame({"rule": names, "side": sides}).groupby("rule")["side"]
    table = pd.DataFrame(
        {
            "unit": "of the row",
            "rows": by_rule.size(),
            "nonzeros": entries.size(),
            "smallest_coefficient": entries.min(),
            "largest_coefficient": entries.max(),
            "largest_right_hand_side": by_rule.max(),
        }
    )
    return table.rename_axis("rule").reset_index()


def with_slack(
    form: StandardForm, rows: np.ndarray, each: np.ndarray | None = None, sign: np.ndarray | None = None
) -> StandardForm:
    """The program in which some rows may be missed at a cost of 1 a unit, or of `each` (rows,), and nothing else
    costs. `sign` (rows,) says whether a row is helped up or down; without it up where it has a lower end."""
    count = len(rows)
    if sign is None:
        sign = np.where(np.isfinite(form.row_lower[rows]), 1.0, -1.0)
    slack = sparse.csr_matrix((sign, (rows, np.arange(count))), shape=(form.matrix.shape[0], count))
    return changed(
        form,
        cost=np.concatenate([np.zeros(len(form.cost)), np.ones(count) if each is None else each]),
        constant=0.0,
        matrix=sparse.csr_matrix(sparse.hstack([form.matrix, slack])),
        lower=np.concatenate([form.lower, np.zeros(count)]),
        upper=np.concatenate([form.upper, np.full(count, np.inf)]),
        integer=np.concatenate([form.integer, np.zeros(count, dtype=bool)]),
    )
