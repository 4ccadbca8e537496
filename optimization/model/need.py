"""Standard financial need follows responsibility (F1), guarantees come off it (F3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.ledger.allocation import SETTLED, rate_is_free, rate_range
from optimization.model.affine import Affine, block, constraint, fixed, rows
from optimization.model.columns import Columns
from optimization.model.expressions import linear, total
from optimization.model.money import bonded, guarantee, is_free


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """kappa[s] revision of the unit cost and w[n] = kappa[s] x y[n]; gamma[s] guarantee share and e[n] = gamma[s] x
    y[n], for freed services; and the accounts."""
    add_accounts(model, columns)
    _freed(model, columns, "kappa", "w", columns.instance.revision)
    _freed(model, columns, "gamma", "e", columns.instance.guarantee)


def _freed(
    model: pyo.ConcreteModel,
    columns: Columns,
    number: str,
    product: str,
    bounds: tuple[np.ndarray, np.ndarray],
) -> None:
    """A number for each service that the package frees within its bounds, and its product with every duty."""
    low, high = bounds
    free = is_free(bounds)
    duties = [n for n, (s, _, _) in enumerate(columns.duties) if free[s]]
    services = np.flatnonzero(free).tolist()
    model.add_component(number, pyo.Var(services, bounds=lambda _, s: (float(low[s]), float(high[s]))))
    most = [float(high[s]) for s, _, _ in columns.duties]
    model.add_component(product, pyo.Var(duties, bounds=lambda _, n: (0.0, most[n])))


def add_accounts(model: pyo.ConcreteModel, columns: Columns) -> None:
    """need[g] need the formula recognises, net of guarantees beyond today's share."""
    model.need = pyo.Var(range(len(columns.instance.case.governments)))


def standard_need(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F1, F3) need[g] = other_need[g] + sum over duties of kappa[s] y[n] x recognised need[g,n]
    - sum over duties of (gamma[s] - earmarked share today[s]) y[n] x gross standard cost[g,n]

    and what the need recognises of the debt service that goes along with duties (`debt.follows_duty_share`), at no
    kappa. Fixed kappa and gamma are numbers; freed, w[n] and e[n] stand for the products. In a later year of a horizon
    its extraordinary bond comes off too (H1). Where the adjustment rate is free, need[g] is the part that the formula
    keeps: b[n] stands for beta x y[n], and a bond comes off at the highest rate, at which alone there is one (H4).
    """
    if rate_is_free(columns.instance.settings) and not columns.instance.settings[SETTLED]:
        model.F1 = constraint(_kept_need(model, columns))
        return
    count = len(columns.instance.other_need)
    own = block("need", sparse.identity(count, format="csr"))
    model.F1 = constraint(rows(model, range(count), own - net_need(columns), 0.0, "=="))


def net_need(columns: Columns) -> Affine:
    """Need that the formula recognises, net of guarantees beyond today's share, over the decisions themselves, (G,)."""
    instance = columns.instance
    service = np.array([s for s, _, _ in columns.duties], dtype=int)
    freed = is_free(instance.revision)[service]
    least = np.where(freed, 0.0, instance.revision[0][service])
    recognised = block("y", columns.recognised_need @ sparse.diags(least))
    recognised += block("w", columns.recognised_need[:, np.flatnonzero(freed)])
    recognised += block("y", instance.recognised_share * columns.debt_service_moved)
    return fixed(instance.other_need) + recognised - bonded(columns) - guarantee(columns)


def _kept_need(model: pyo.ConcreteModel, columns: Columns) -> dict[Any, Any]:
    """need[g] = beta x other_need[g] + sum over duties of b[n] x (kappa[s] x recognised need[g,n] - guarantees + debt
    service that goes along)."""
    instance = columns.instance
    service = np.array([s for s, _, _ in columns.duties], dtype=int)
    more = (instance.guarantee[0] - instance.national_share)[service]
    net = columns.recognised_need @ sparse.diags(instance.revision[0][service])
    net = (
        net - columns.gross_cost @ sparse.diags(more) + instance.recognised_share * columns.debt_service_moved
    )
    kept = block("b", sparse.csr_matrix(net))
    kept += block("beta", sparse.csr_matrix(instance.other_need[:, None]))
    kept += -(1.0 - rate_range(instance.settings)[1]) * bonded(columns)
    own = block("need", sparse.identity(len(instance.other_need), format="csr"))
    return rows(model, range(len(instance.other_need)), own - kept, 0.0, "==")


def exact_products(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(F1, F3) w[n] = kappa[s] x y[n] and e[n] = gamma[s] x y[n] exactly, a number in [lo, hi] times a
    binary, using that exactly one tier of a (service, group) is chosen:

    lo y[n] <= w[n] <= hi y[n],   sum over the tiers of (s, k) of w[n] = kappa[s]
    """
    instance = columns.instance
    exact_product(model, columns, "F1w", model.w, lambda s: model.kappa[s], instance.revision)
    exact_product(model, columns, "F3e", model.e, lambda s: model.gamma[s], instance.guarantee)


def exact_product(
    model: pyo.ConcreteModel,
    columns: Columns,
    name: str,
    product: pyo.Var,
    number_of: Callable[[int], Any],
    bounds: tuple[np.ndarray, np.ndarray],
) -> None:
    """The rows, under a name, of a freed number times the choice of a tier: `product` (by duty) is the number of its
    service, within `bounds` (S,) each, where the duty is chosen, and 0 where it is not."""
    low, high = bounds
    by_choice: dict[tuple[int, int], list[int]] = {}
    for n in product:
        by_choice.setdefault(columns.duties[n][:2], []).append(n)

    def between(_: Any, n: int, side: str) -> Any:
        edge = float((low if side == "least" else high)[columns.duties[n][0]])
        row = linear([1.0, -edge], [product[n], model.y[n]])
        return row >= 0.0 if side == "least" else row <= 0.0

    def whole(_: Any, s: int, k: int) -> Any:
        return total([(-1.0, number_of(s)), *((1.0, product[n]) for n in by_choice[s, k])]) == 0.0

    model.add_component(name, pyo.Constraint(list(product), ["least", "most"], rule=between))
    model.add_component(f"{name}_sum", pyo.Constraint(list(by_choice), rule=whole))


def choice_bounds(matrix: sparse.csr_matrix, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of a sum over duties when one tier is chosen for each service and group, row by
    row of `matrix` (rows, duties), each row on its own."""
    number: dict[tuple[int, int], int] = {}
    choice = np.array([number.setdefault((s, k), len(number)) for s, k, _ in columns.duties], dtype=int)
    size = np.bincount(choice, minlength=len(number))
    entries = matrix.tocoo()
    key = entries.row.astype(np.int64) * len(number) + choice[entries.col]
    order = np.argsort(key, kind="stable")
    at, first, count = np.unique(key[order], return_index=True, return_counts=True)
    low, high = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[0])
    if not len(at):
        return low, high
    row, with_zero = at // len(number), count < size[at % len(number)]
    for sums, extreme in ((low, np.minimum), (high, np.maximum)):
        found = extreme.reduceat(entries.data[order], first)
        np.add.at(sums, row, np.where(with_zero, extreme(found, 0.0), found))
    return low, high


def need_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most recognised need, net of guarantees, each government can have, shape (G,) each."""
    instance = columns.instance
    service = np.array([s for s, _, _ in columns.duties])
    need, gross = columns.recognised_need, columns.gross_cost
    today = instance.national_share[service]
    (k_low, k_high), (g_low, g_high) = instance.revision, instance.guarantee
    moved = instance.recognised_share * columns.debt_service_moved
    least = need.multiply(k_low[service]) - gross.multiply(g_high[service] - today) + moved
    most = need.multiply(k_high[service]) - gross.multiply(g_low[service] - today) + moved
    low, _ = choice_bounds(sparse.csr_matrix(least), columns)
    _, high = choice_bounds(sparse.csr_matrix(most), columns)
    return instance.other_need + low - columns.most_bonded, instance.other_need + high
