"""The program of a question written in linopy, from the same index tables, to compare the time to build it.

Rows are written family by family under the labels of docs/rules.md, in linopy's own manner: tables of terms,
grouped by row and summed. The twin knows the families of `role_division`, with unit costs fixed or free;
`benchmarks/programs.py` compares its size with the Pyomo model's, so that a family it lacks is noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import linopy
import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from optimization.dictionary.settings import value_of
from optimization.dictionary.tiers import MUNICIPALITY, NATION
from optimization.ledger.allocation import pool_range
from optimization.ledger.tax_sources import SHARES
from optimization.model.bundles import bundled, joint_work
from optimization.model.columns import Columns
from optimization.model.discipline import bindable, spending_matrix
from optimization.model.formulas.japan_lat import gap_bounds
from optimization.model.money import is_free
from optimization.model.objective import duty_cost
from optimization.model.pool import national_cost
from optimization.reading.units import MILLION_IN_BILLION

ROW = "row"


def build_twin(columns: Columns) -> linopy.Model:
    """The linopy model of one instance under japan_lat."""
    linopy.options["semantics"] = "v1"  # the sparse path needs it
    model = linopy.Model(sparse=True)
    gap = gap_bounds(columns)
    _variables(model, columns, gap)
    _responsibility(model, columns)
    _bundles(model, columns)
    _provision(model, columns)
    _need(model, columns)
    _taxes(model, columns)
    _allocation(model, columns, gap)
    _money(model, columns)
    _equity_and_balance(model, columns)
    _objective(model, columns)
    return model


def warm_up() -> None:
    """Build one row and hand it over: linopy loads parts of its libraries when first used."""
    linopy.options["semantics"] = "v1"
    model = linopy.Model(sparse=True)
    _binary(model, "y", 1)
    row = by_row(model.variables["y"], sparse.identity(1, format="csr"))
    add(model, "R1", together(row, row), "=", np.ones(1))
    model.add_objective(row.sum())
    model.to_highspy()


def by_row(
    variable: linopy.Variable, matrix: sparse.csr_matrix, labels: Sequence[int] | np.ndarray | None = None
) -> linopy.LinearExpression:
    """Sum over the columns of matrix[r, n] x variable[n], for the rows that have an entry.

    `labels` names the rows; left out, they are numbered.
    """
    entries = sparse.coo_matrix(matrix)
    used = np.flatnonzero(entries.data)
    labels = np.arange(matrix.shape[0]) if labels is None else np.asarray(labels)
    entry = pd.RangeIndex(len(used), name="entry")
    picked = variable.isel({variable.dims[0]: xr.DataArray(entries.col[used], coords={"entry": entry})})
    terms = picked * xr.DataArray(entries.data[used], coords={"entry": entry})
    return terms.groupby(pd.Series(labels[entries.row[used]], index=entry, name=ROW)).sum()


def one_each(rows: Iterable[int], width: int, value: float = 1.0) -> sparse.csr_matrix:
    """A matrix with `value` at (n, rows[n]): picks one column for each row."""
    column = np.fromiter(rows, int)
    count = len(column)
    return sparse.csr_matrix((np.full(count, value), (np.arange(count), column)), shape=(count, width))


def together(*parts: linopy.LinearExpression) -> linopy.LinearExpression:
    """Sum of expressions over rows; a row that a part lacks gets nothing from it."""
    return linopy.merge([part for part in parts if part.size], join="outer", cls=linopy.LinearExpression)


def add(model: linopy.Model, name: str, left: linopy.LinearExpression, sign: str, right: Any) -> None:
    """Add the rows of an expression; `right` is a number or an array by the expression's rows, in the order
    of their labels."""
    if not np.isscalar(right):
        right = xr.DataArray(np.asarray(right, dtype=float), coords={ROW: left.indexes[ROW]})
    model.add_constraints(left, sign, right, name=name)


def _binary(model: linopy.Model, name: str, size: int) -> None:
    model.add_variables(binary=True, coords=[pd.RangeIndex(size, name=name)], name=name)


def _number(model: linopy.Model, name: str, low: Any, high: Any) -> None:
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    model.add_variables(low, high, coords=[pd.RangeIndex(len(low), name=name)], name=name)


def _variables(model: linopy.Model, columns: Columns, gap: tuple[np.ndarray, np.ndarray]) -> None:
    instance = columns.instance
    count = len(instance.case.governments)
    _binary(model, "y", len(columns.duties))
    _binary(model, "x", len(columns.alone))
    _binary(model, "v", len(columns.pair_body))
    _binary(model, "z", len(columns.body_rows))
    _binary(model, "u", len(columns.unit_rows))
    _binary(model, "d", len(_switched(*gap)))
    infinite = np.full(count, np.inf)
    _number(model, "need", -infinite, infinite)
    _number(model, "capacity", -infinite, infinite)
    _number(model, "transfer", np.zeros(count), np.maximum(0.0, gap[1]))
    _number(model, "grant", np.zeros(count), infinite)
    _number(model, "rho", *np.array([value_of(instance.settings, share) for share in SHARES]).T)
    _number(model, "sigma", *pool_range(instance))
    least, most = instance.revision
    free = np.flatnonzero(is_free(instance.revision))
    _number(model, "kappa", least[free], most[free])
    service = np.array([s for s, _, _ in columns.duties])
    _number(model, "w", np.zeros(len(_free_duties(columns))), most[service[_free_duties(columns)]])


def _switched(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.flatnonzero((low < 0) & (high > 0))


def _free_duties(columns: Columns) -> np.ndarray:
    free = is_free(columns.instance.revision)
    return np.flatnonzero([free[s] for s, _, _ in columns.duties])


def _choices(columns: Columns, duties: np.ndarray) -> tuple[sparse.csr_matrix, list[tuple[int, int]]]:
    """Which of `duties` belong to each (service, group): a matrix (choices, duties) of ones."""
    of = [columns.duties[n][:2] for n in duties]
    choices = list(dict.fromkeys(of))
    number = {choice: row for row, choice in enumerate(choices)}
    rows = np.array([number[choice] for choice in of], dtype=int)
    shape = (len(choices), len(duties))
    return sparse.csr_matrix((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=shape), choices


def _responsibility(model: linopy.Model, columns: Columns) -> None:
    """R1."""
    every, _ = _choices(columns, np.arange(len(columns.duties)))
    add(model, "R1", by_row(model.variables["y"], every), "=", 1.0)


def _provision(model: linopy.Model, columns: Columns) -> None:
    """R2 to R5."""
    y, x, v, z, u = (model.variables[name] for name in "yxvzu")
    instance, wide = columns.instance, columns.instance.costs.wide_columns
    if len(columns.alone):
        place = np.array(columns.alone)
        covered = columns.places[place[:, 0] * len(wide) + place[:, 1]]
        at = np.array([columns.duty_at(int(s), MUNICIPALITY) for s in wide])
        duty = one_each(at[place[:, 1], place[:, 0]], len(columns.duties), -1.0)
        alone = sparse.identity(len(place), format="csr")
        add(model, "R2", together(by_row(x, alone), by_row(v, covered), by_row(y, duty)), "=", 0.0)
        body = one_each(np.searchsorted(columns.body_rows, columns.pair_body), len(columns.body_rows), -1.0)
        pair = sparse.identity(len(columns.pair_body), format="csr")
        add(model, "R3", together(by_row(v, pair), by_row(z, body)), "<=", 0.0)
    limit = instance.settings["wide_area.bodies_per_municipality"]
    covering = instance.bodies.membership[columns.body_rows].T.tocsr()
    crowded = np.flatnonzero(np.diff(covering.indptr) > limit)
    if len(crowded):
        add(model, "R4", by_row(z, covering[crowded]), "<=", float(limit))
    needs = [(m, n) for m, unit in enumerate(columns.unit_rows) for n in unit.duties]
    if needs:
        unit, duties = np.array(needs).T
        opened = by_row(u, one_each(unit, len(columns.unit_rows), -1.0))
        add(model, "R5", together(by_row(y, one_each(duties, len(columns.duties))), opened), "<=", 0.0)


def _need(model: linopy.Model, columns: Columns) -> None:
    """F1, with kappa fixed or free."""
    y, w, need = (model.variables[name] for name in ("y", "w", "need"))
    instance, free = columns.instance, _free_duties(columns)
    service = np.array([s for s, _, _ in columns.duties])
    recognised, fixed = columns.recognised_need, np.setdiff1d(np.arange(len(service)), free)
    revised = recognised @ sparse.diags(np.where(np.isin(np.arange(len(service)), fixed), 1.0, 0.0))
    revised = revised @ sparse.diags(instance.revision[0][service])
    own = sparse.identity(len(instance.other_need), format="csr")
    revised = revised + instance.recognised_share * columns.debt_service_moved
    left = together(by_row(need, own), by_row(y, -revised), by_row(w, -recognised[:, free]))
    add(model, "F1", left, "=", instance.other_need)
    if not len(free):
        return
    pick = sparse.identity(len(free), format="csr")
    for name, sign, bound in (("least", ">=", instance.revision[0]), ("most", "<=", instance.revision[1])):
        edge = sparse.csr_matrix(
            (-bound[service[free]], (np.arange(len(free)), free)), (len(free), len(service))
        )
        add(model, f"F1w_{name}", together(by_row(w, pick), by_row(y, edge)), sign, 0.0)
    sums, choices = _choices(columns, free)
    at = np.searchsorted(np.flatnonzero(is_free(instance.revision)), [s for s, _ in choices])
    kappa = by_row(
        model.variables["kappa"], one_each(at, len(model.variables["kappa"].indexes["kappa"]), -1.0)
    )
    add(model, "F1w_sum", together(by_row(w, sums), kappa), "=", 0.0)


def _taxes(model: linopy.Model, columns: Columns) -> None:
    """F2 and D3."""
    instance, tax = columns.instance, columns.instance.tax
    common = [
        tax.base @ (tax.assigned[0] * (tax.partial & ~tax.own_share & (tax.tier == t))) for t in range(2)
    ]
    full = tax.base @ (tax.assigned[0] * ~tax.partial) + tax.fixed
    own = sparse.identity(len(full), format="csr")
    shares = by_row(model.variables["rho"], -sparse.csr_matrix(np.column_stack(common)))
    add(model, "F2", together(by_row(model.variables["capacity"], own), shares), "=", full)
    floor = instance.settings["discipline.retention_floor"]
    if floor is not None:
        model.add_constraints(1.0 * model.variables["rho"], "<=", 1.0 - floor, name="D3")


def _allocation(model: linopy.Model, columns: Columns, gap: tuple[np.ndarray, np.ndarray]) -> None:
    """F4 under japan_lat, and what is received."""
    names = ("transfer", "grant", "need", "capacity", "d")
    transfer, grant, need, capacity, d = (model.variables[name] for name in names)
    factor = 1.0 - columns.instance.settings["formula.adjustment_rate"][0]
    low, high = gap
    count, switched = len(low), _switched(low, high)

    def less_gap(here: np.ndarray) -> linopy.LinearExpression:
        pick = one_each(here, count)
        return together(by_row(transfer, pick), by_row(need, -factor * pick), by_row(capacity, pick))

    always = np.flatnonzero((low >= 0) & (high > 0))
    if len(always):
        add(model, "F4_always", less_gap(always), "=", 0.0)
    if len(switched):
        where = sparse.diags(-low[switched], format="csr")
        add(model, "F4_lower", less_gap(switched), ">=", 0.0)
        add(model, "F4_upper", together(less_gap(switched), by_row(d, where)), "<=", -low[switched])
        top = by_row(d, sparse.diags(-high[switched], format="csr"))
        add(model, "F4_switch", together(by_row(transfer, one_each(switched, count)), top), "<=", 0.0)
    own = sparse.identity(count, format="csr")
    add(model, "F4_received", together(by_row(grant, own), by_row(transfer, -own)), ">=", 0.0)


def _money(model: linopy.Model, columns: Columns) -> None:
    """F5 and F6, in billion yen."""
    instance, settings = columns.instance, columns.instance.settings
    taxes = instance.case.national_taxes
    ordinary = (1.0 - instance.case.national["special_share"]) * taxes["yield_million_yen"].to_numpy(float)
    law = float(ordinary @ taxes["pool_share"].to_numpy(float))
    corrections = float(instance.residual.sum())
    paid = _single(model.variables["transfer"], np.full(len(instance.residual), MILLION_IN_BILLION))
    pool = together(paid, _single(model.variables["sigma"], -MILLION_IN_BILLION * ordinary))
    room = settings["pool.ordinary_million_yen"] - corrections - law
    add(model, "F5", pool, "<=", MILLION_IN_BILLION * room)
    units = np.asarray(columns.unit_cost.sum(axis=0)).ravel() * [
        unit.tier == NATION for unit in columns.unit_rows
    ]
    outlay = [
        _single(model.variables["y"], MILLION_IN_BILLION * national_cost(columns)),
        _single(model.variables["u"], MILLION_IN_BILLION * units),
    ]
    handed = float(instance.tax.total @ (instance.tax.assigned[0] - 1.0))
    limit = settings["nation.limit_million_yen"] - corrections - handed
    add(model, "F6", together(paid, *outlay), "<=", MILLION_IN_BILLION * limit)


def _single(variable: linopy.Variable, values: np.ndarray) -> linopy.LinearExpression:
    return by_row(variable, sparse.csr_matrix(values))


def _equity_and_balance(model: linopy.Model, columns: Columns) -> None:
    """E1 and D1."""
    y, transfer = model.variables["y"], model.variables["transfer"]
    instance, tax = columns.instance, columns.instance.tax
    own = tax.base @ tax.assigned[0] + tax.fixed + instance.bond
    cost = instance.other_cost + instance.bond
    pick = sparse.identity(len(own), format="csr")
    floor = instance.settings["equity.adequacy_floor"]
    if floor is not None:
        left = together(by_row(transfer, pick), by_row(y, -floor * columns.net_cost))
        add(model, "E1", left, ">=", floor * cost - own)
    rows = bindable(columns)
    if rows:
        spending = -spending_matrix(columns)[rows]
        blocks = np.cumsum([0, *(len(model.variables[name].indexes[name]) for name in "yxvu")])
        spent = [
            by_row(model.variables[name], spending[:, blocks[n] : blocks[n + 1]])
            for n, name in enumerate("yxvu")
        ]
        add(model, "D1", together(by_row(transfer, pick[rows]), *spent), ">=", (cost - own)[rows])


def _bundles(model: linopy.Model, columns: Columns) -> None:
    """Related services for which two tiers answer (R11)."""
    pairs = bundled(columns)
    found = [(p.one.at[t], p.other.at[t]) for p in pairs.values() for t in p.undecided]
    _number(model, "apart", np.zeros(len(found)), np.full(len(found), np.inf))
    if found:
        one, other = (one_each((each[n] for each in found), len(columns.duties)) for n in range(2))
        own = by_row(model.variables["apart"], sparse.identity(len(found), format="csr"))
        add(model, "R11", together(own, by_row(model.variables["y"], (other - one).tocsr())), ">=", 0.0)


def _objective(model: linopy.Model, columns: Columns) -> None:
    """Total cost with the two weights of D6."""
    instance, costs, settings = columns.instance, columns.instance.costs, columns.instance.settings
    place = np.array(columns.alone, dtype=int).reshape(-1, 2)
    alone = costs.by_tier[MUNICIPALITY].social(settings)
    tax = instance.tax
    base = settings["weights.dulled_incentive"] * tax.base[instance.receiving_today].sum(axis=0)
    common = tax.partial & ~tax.own_share
    dulled = [float((base * tax.assigned[0])[common & (tax.tier == t)].sum()) for t in range(2)]
    apart = joint_work(columns)
    cost = {
        "y": duty_cost(columns) + apart.parts["y"].toarray()[0],
        "apart": apart.parts["apart"].toarray()[0],
        "x": alone[place[:, 0], costs.wide_columns[place[:, 1]]],
        "v": instance.social.bodies[columns.pair_body, columns.pair_service],
        "z": np.full(len(columns.body_rows), settings["weights.body_million_yen"]),
        "u": settings["weights.provision"] * np.asarray(columns.unit_cost.sum(axis=0)).ravel(),
        "grant": np.full(len(instance.other_need), settings["weights.soft_budget"]),
        "rho": np.array(dulled),
    }
    parts = [_single(model.variables[name], values) for name, values in cost.items()]
    model.add_objective(together(*parts).sum())
