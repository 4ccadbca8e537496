"""Provision: who does the work, a municipality alone, a wide-area body or a higher tier (R2-R5).

(R7) travel time, (R8) size of bodies and (R10) bodies that must stand, today's and prescribed ones, are filters on the
columns, not rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo

from optimization.dictionary.tiers import MUNICIPALITY
from optimization.model.columns import Columns
from optimization.model.expressions import linear, row


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """x[j] municipality provides place j = (i, w) alone; v[n] pair n = (body, service) provides;
    z[b] body b exists; u[m] a tier opens the offices m, which the same duties need."""
    may = columns.instance.costs.may_act_alone
    model.x = pyo.Var(
        range(len(columns.alone)),
        domain=pyo.Binary,
        bounds=lambda model, j: (0, int(may[columns.alone[j]])),
    )
    model.v = pyo.Var(range(len(columns.pair_body)), domain=pyo.Binary)
    model.z = pyo.Var(columns.body_rows.tolist(), domain=pyo.Binary)
    model.u = pyo.Var(range(len(columns.unit_rows)), domain=pyo.Binary)


def provided_once(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R2) x[i,s] + sum_{b: i in M(b)} v[b,s] = y[s,k(i),municipality]

    for every place that some body could serve; elsewhere x is y itself.
    """
    wide = columns.instance.costs.wide_columns
    width = max(1, len(wide))
    duty = {int(s): columns.duty_at(int(s), MUNICIPALITY) for s in wide}

    def rule(model: pyo.ConcreteModel, j: int) -> Any:
        i, w = columns.alone[j]
        _, pairs = row(columns.places, i * width + w)
        variables = [model.x[j], *(model.v[n] for n in pairs), model.y[int(duty[int(wide[w])][i])]]
        return linear([1.0] * (len(pairs) + 1) + [-1.0], variables) == 0.0

    model.R2 = pyo.Constraint(range(len(columns.alone)), rule=rule)


def body_exists(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R3) v[b,s] <= z[b], one row for each pair (the summed form is weaker)."""
    body = columns.pair_body.tolist()

    def rule(model: pyo.ConcreteModel, n: int) -> Any:
        return linear([1.0, -1.0], [model.v[n], model.z[body[n]]]) <= 0.0

    model.R3 = pyo.Constraint(range(len(body)), rule=rule)


def bodies_per_municipality(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R4) sum_{b: i in M(b)} z[b] <= bodies_per_municipality, or the number of services i shares today if larger

    for municipalities that belong to more candidates than that.
    """
    limit = columns.instance.most_bodies
    rows = columns.body_rows
    covering = columns.instance.bodies.membership[rows].T.tocsr()
    crowded = np.flatnonzero(np.diff(covering.indptr) > limit).tolist()

    def rule(model: pyo.ConcreteModel, i: int) -> Any:
        _, bodies = row(covering, i)
        return linear([1.0] * len(bodies), [model.z[int(rows[b])] for b in bodies]) <= float(limit[i])

    model.R4 = pyo.Constraint(crowded, rule=rule)


def unit_opened(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(R5) y[s,k,t] <= u[t,a,s]: a tier that takes a service over opens an office in every area where the group has
    members: a unit in every municipality, prefecture or bloc (of the nation in every prefecture), and for tiers above
    the municipality a branch office in every secondary medical area. Areas that the same groups need share one u."""
    needs = [(m, n) for m, unit in enumerate(columns.unit_rows) for n in unit.duties]

    def rule(model: pyo.ConcreteModel, m: int, n: int) -> Any:
        return linear([1.0, -1.0], [model.y[n], model.u[m]]) <= 0.0

    model.R5 = pyo.Constraint(needs, rule=rule)
