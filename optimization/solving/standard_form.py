"""From a Pyomo model to arrays, once.

Pyomo's own interfaces to HiGHS cost seconds per 100,000 columns; its compiler to standard form and
HiGHS's array interface do the same in a fraction of that. Columns and rows keep their Pyomo objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse


@dataclass(frozen=True)
class StandardForm:
    """minimise cost @ x + constant  subject to  row_lower <= A x <= row_upper,  lower <= x <= upper.

    `matrix` is CSR, `integer` marks integral columns; `variables` and `constraints` name the
    Pyomo object of each column and row.
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


def compile_model(model: pyo.ConcreteModel) -> StandardForm:
    """Compile a linear Pyomo model; variables that no row and no cost uses are left out."""
    form = LinearStandardFormCompiler().write(
        model, mixed_form=True, set_sense=pyo.minimize, show_section_timing=False
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
    )
