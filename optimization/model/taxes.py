"""Taxes: what local government has and what standard revenue counts of it (F2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.dictionary.settings import value_of
from optimization.ledger.tax_sources import SHARES
from optimization.model.affine import Affine, block
from optimization.model.columns import Columns
from optimization.model.expressions import linear, total


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """rho[t] common counted share of municipal (0) and prefectural (1) taxes; theta[j] assignment of a
    freed tax; phi[j] = rho x theta of a tax with a share of its own; and the accounts."""
    settings, tax = columns.instance.settings, columns.instance.tax
    theta_low, theta_high = tax.assigned
    model.rho = pyo.Var(range(len(SHARES)), bounds=lambda _, t: tuple(value_of(settings, SHARES[t])))
    model.theta = pyo.Var(tax.free.tolist(), bounds=lambda _, j: (float(theta_low[j]), float(theta_high[j])))
    own = np.flatnonzero(tax.own_share).tolist()
    low, high = tax.counted[0] * theta_low, tax.counted[1] * theta_high
    model.phi = pyo.Var(own, bounds=lambda _, j: (float(low[j]), float(high[j])))
    add_accounts(model, columns)


def add_accounts(model: pyo.ConcreteModel, columns: Columns) -> None:
    """capacity[g] standard revenue."""
    model.capacity = pyo.Var(range(len(columns.instance.case.governments)))


def standard_revenue(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F2) capacity[g] = sum_t rho[t] x base of the common taxes[g,t] + sum_j phi[j] x base[g,j]
    + taxes counted in full (theta[j] x base[g,j]) - deductions[g]"""
    tax = columns.instance.tax
    fixed = tax.settled
    common = np.column_stack(
        [tax.base @ (fixed * (tax.partial & ~tax.own_share & (tax.tier == t))) for t in model.rho]
    )
    full = tax.base @ (fixed * ~tax.partial) + tax.fixed
    own = list(model.phi)
    free_full = [j for j in model.theta if not tax.partial[j]]

    def rule(_: Any, g: int) -> Any:
        terms = [(1.0, model.capacity[g])]
        terms += [(-common[g, t], model.rho[t]) for t in model.rho if common[g, t]]
        terms += [(-tax.base[g, j], model.phi[j]) for j in own if tax.base[g, j]]
        terms += [(-tax.base[g, j], model.theta[j]) for j in free_full if tax.base[g, j]]
        return total(terms) == float(full[g])

    model.F2 = pyo.Constraint(range(len(full)), rule=rule)


def counted_of_assigned(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F2) rho_lo[j] x theta[j] <= phi[j] <= rho_hi[j] x theta[j]: the product of two decisions, linear."""
    tax = columns.instance.tax
    both = [j for j in model.phi if j in model.theta]

    def rule(model: pyo.ConcreteModel, j: int, side: str) -> Any:
        share = float(tax.counted[0][j] if side == "least" else tax.counted[1][j])
        row = linear([1.0, -share], [model.phi[j], model.theta[j]])
        return row >= 0.0 if side == "least" else row <= 0.0

    model.F2phi = pyo.Constraint(both, ["least", "most"], rule=rule)


def neutral_swaps(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F2) sum over the taxes of a swap of (theta[j] - 1) x its national sum = 0: revenue neutral in sum, by the
    figures of the case's year whenever the swap takes effect; over later years its taxes may grow apart."""
    tax = columns.instance.tax
    size = tax.total
    scale = [float(np.abs(size[group]).max()) or 1.0 for group in tax.neutral]

    def rule(model: pyo.ConcreteModel, n: int) -> Any:
        group = tax.neutral[n]
        free = [j for j in group if j in model.theta]
        right = float(size[group] @ (1.0 - tax.settled[group])) / scale[n]
        if not free:  # tax_sources refuses a swap of fixed taxes that do not cancel
            return pyo.Constraint.Feasible
        return linear(size[free] / scale[n], [model.theta[j] for j in free]) == right

    model.F2swap = pyo.Constraint(range(len(tax.neutral)), rule=rule)


def common_share(columns: Columns) -> Affine:
    """Common counted share of each tier's taxes, (2,), where it counts some tax."""
    counted = np.zeros(2)
    counted[columns.instance.tax.commonly_counted] = 1.0
    return block("rho", sparse.diags(counted, format="csr"))


def counted_part(columns: Columns) -> Affine:
    """phi[j] of the taxes with a counted share of their own, (J,)."""
    tax = columns.instance.tax
    return block("phi", _pick(np.flatnonzero(tax.own_share), len(tax.names)))


def assigned_part(columns: Columns) -> Affine:
    """Assignment of the taxes with a counted share of their own, (J,): theta[j], or a number where it is fixed."""
    tax = columns.instance.tax
    assigned = np.where(tax.own_share, tax.settled, 0.0)
    free = sparse.diags(tax.own_share.astype(float)) @ _pick(tax.free, len(tax.names))
    return block("theta", free, assigned)


def _pick(numbers: np.ndarray, size: int) -> sparse.csr_matrix:
    """Matrix that puts a block of columns at some of `size` positions."""
    return sparse.csr_matrix(
        (np.ones(len(numbers)), (numbers, np.arange(len(numbers)))), shape=(size, len(numbers))
    )


def capacity_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most standard revenue of each government within the package's shares, shape (G,)."""
    tax = columns.instance.tax
    low, high = (tax.counted[side] * tax.assigned[side] for side in (0, 1))
    return tax.base @ low + tax.fixed, tax.base @ high + tax.fixed
