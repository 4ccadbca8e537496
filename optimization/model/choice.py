"""What tells apart formulas of one cost: how unequal they leave places, and how far they change the law of today.

Where cost does not hang on the formula, or hangs on it less than a plan is known to, it would be chosen by accident. It
is chosen by these rules instead, one after the other (L1, L2); `outcome.formula` solves them. What a plan changes for
people is counted here too; `outcome.stay_put` makes it least.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.ledger.allocation import rate_is_free
from optimization.ledger.places import people
from optimization.ledger.tax_sources import SHARES
from optimization.model.affine import Affine, block
from optimization.model.columns import Columns
from optimization.model.horizon import Year
from optimization.model.money import is_free
from optimization.model.places import leeway
from optimization.reading.units import YEN_IN_THOUSAND

PROVISION = ("y", "apart", "x", "v", "z", "u", "used", "q", "reserve", "g", "short", "idle", "received", "sent", "come",
             "eta", "tail")  # fmt: skip
"""Blocks of who answers, who provides and how crises are met: all that is no money."""


@dataclass(frozen=True)
class Distances:
    """A weighted sum of distances, sum over n of weight[n] x |of[n]|, of expressions at a place of the program; from
    their own mean by weight where `around_mean`, else from 0."""

    place: Any
    of: Affine
    weight: np.ndarray
    around_mean: bool = False


def spread(model: pyo.ConcreteModel, columns: Columns) -> Iterator[Distances]:
    """(L1) sum_i people[i] x |leeway[i] - mean leeway| / all people, least

    leeway[i] = (funds - standard cost) a resident of the municipality + the same of its prefecture, in thousand yen;
    the mean is the package's own, by residents. Over a horizon the mean of all years by their weights. It does not
    change when a duty moves with its money. This is the one place that names the criterion.
    """
    for place, part, weight in _years(model, columns):
        if weight > 0:
            yield Distances(
                place, YEN_IN_THOUSAND * leeway(part), weight * people(part.instance), around_mean=True
            )


def _years(model: pyo.ConcreteModel, columns: Columns) -> list[tuple[Any, Columns, float]]:
    """Place in the program, columns and weight of every year."""
    horizon = columns.instance.horizon
    first = 1.0 if horizon is None else float(horizon.weight[0])
    years: list[tuple[Any, Columns, float]] = [(model, columns, first)]
    if horizon is not None:
        parts = zip(columns.later.items(), horizon.weight[1:], strict=True)
        years += [(Year(model, year), part, float(weight)) for (year, part), weight in parts]
    return years


def change_of_law(model: pyo.ConcreteModel, columns: Columns) -> Iterator[Distances]:
    """(L2) sum over the free numbers of the formula of |number - that of today|, least

    rho[t] common counted share; theta[j] assigned part of a tax, and its counted part phi[j] against today's share of
    what is assigned; kappa[s] revision of unit costs against 1; gamma[s] guarantee against today's earmarked share;
    sigma[n] share of a national tax in the pool against the law's; beta part of need that the formula keeps, in every
    year by its weight, against today's. All are ratios, and a hundredth of one weighs as much as a hundredth of any
    other.
    """
    for of in _changes(columns):
        yield Distances(model, of, np.ones(len(of)))
    kept = 1.0 - columns.instance.case.national["adjustment_rate"]
    for place, part, weight in _years(model, columns):
        free = int(rate_is_free(part.instance.settings))
        yield Distances(
            place, block("beta", sparse.identity(free, format="csr"), -kept), np.full(free, weight)
        )


def _changes(columns: Columns) -> Iterator[Affine]:
    instance = columns.instance
    tax = instance.tax
    common = tax.partial & ~tax.own_share
    held = [common & (tax.tier == t) for t in range(len(SHARES))]
    counted = np.array([tax.today[here].mean() if here.any() else 0.0 for here in held])
    known = np.diag([float(here.any()) for here in held])
    yield block("rho", sparse.csr_matrix(known), -counted)
    yield block("theta", sparse.identity(len(tax.free), format="csr"), -1.0)
    own = np.flatnonzero(tax.own_share)
    fixed = tax.today[own] * tax.settled[own]
    assigned = sparse.csr_matrix(np.equal.outer(own, tax.free) * tax.today[own][:, None])
    yield block("phi", sparse.identity(len(own), format="csr"), -fixed) - block("theta", assigned)
    for name, bounds, today in (
        ("kappa", instance.revision, np.ones(len(instance.services))),
        ("gamma", instance.guarantee, instance.national_share),
    ):
        free = np.flatnonzero(is_free(bounds))
        yield block(name, sparse.identity(len(free), format="csr"), -today[free])
    law = instance.case.national_taxes["pool_share"].to_numpy(float)
    yield block("sigma", sparse.identity(len(law), format="csr"), -law)


def people_of_changes(columns: Columns) -> np.ndarray:
    """Residents for whom each duty would change hands, (duties,); 0 for those that stay with today's tier."""
    instance = columns.instance
    residents, home = instance.case.municipalities["population_persons"].to_numpy(float), instance.groups.home

    def served(s: int, k: int) -> float:
        members = instance.groups.members[k]
        return float(residents[members[instance.today[members, s] > 0]].sum())

    return np.array([0.0 if t == home[s] else served(s, k) for s, k, t in columns.duties])


def is_change(columns: Columns) -> np.ndarray:
    """Whether each duty gives a service to another tier than today's, boolean (duties,)."""
    home = columns.instance.groups.home
    return np.array([t != home[s] for s, _, t in columns.duties], dtype=bool)


def is_new_body(columns: Columns) -> np.ndarray:
    """Whether each body that may exist, in the order of the block z, does not exist today, boolean."""
    bodies = columns.instance.bodies
    today = {b for b, *_ in bodies.whole_today} | {b for b, *_ in bodies.standing}
    return ~np.isin(columns.body_rows, sorted(today))
