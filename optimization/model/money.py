"""What a government has and owes, as linear expressions over the columns: the quantities that most limits speak of."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from optimization.ledger import debt
from optimization.ledger.borrowing import bond_share
from optimization.model.affine import Affine, block, fixed
from optimization.model.columns import Columns
from optimization.reading.units import MILLION_IN_BILLION

FREE = 1e-12


def is_free(bounds: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Services whose number the package frees, shape (S,)."""
    return bounds[1] - bounds[0] > FREE


def own_revenue(columns: Columns) -> Affine:
    """Own revenue at standard rates, (G,): sum over taxes of base[g, j] x theta[j], fixed or free."""
    tax = columns.instance.tax
    return block("theta", sparse.csr_matrix(tax.base[:, tax.free]), tax.base @ tax.settled + tax.fixed)


def transfer(columns: Columns) -> Affine:
    """What the formula gives or, below 0, takes, (G,)."""
    return block("transfer", sparse.identity(len(columns.instance.case.governments), format="csr"))


def guarantee(columns: Columns) -> Affine:
    """Guarantee grants beyond today's earmarked share, (G,):

    sum over duties of (gamma[s] - earmarked share today[s]) y[n] x gross standard cost[g,n], with e[n] for gamma[s] x
    y[n] where the package frees gamma.
    """
    instance, gross = columns.instance, columns.gross_cost
    service = np.array([s for s, _, _ in columns.duties], dtype=int)
    freed = is_free(instance.guarantee)[service]
    least = np.where(freed, 0.0, instance.guarantee[0][service])
    own = block("y", gross @ sparse.diags(least - instance.national_share[service]))
    return own + block("e", gross[:, np.flatnonzero(freed)])


def bonded(columns: Columns) -> Affine:
    """Each government's part of the year's extraordinary bond, (G,); nothing in the first year."""
    share = columns.instance.bond_share
    if share is None:
        return fixed(np.zeros(len(columns.instance.bond)))
    return block("bond", sparse.csr_matrix(share[:, None] / MILLION_IN_BILLION))


def special(columns: Columns) -> Affine:
    """What is paid out as special allocation of what the formula leaves of the pool, (G,); nothing where another owns
    it."""
    instance = columns.instance
    if not instance.pays_special:
        return fixed(np.zeros(len(instance.bond)))
    return block("left", sparse.csr_matrix(instance.special_share[:, None] / MILLION_IN_BILLION))


def funds(columns: Columns) -> Affine:
    """General funds, (G,): own revenue + transfer + special allocation + guarantee + extraordinary bonds."""
    own = transfer(columns) + special(columns) + own_revenue(columns) + guarantee(columns)
    return own + bonded(columns) + fixed(columns.instance.bond)


def standard_cost(columns: Columns) -> Affine:
    """Standard cost of what a government answers for, net of today's earmarked share, (G,)."""
    return block("y", columns.net_cost, columns.instance.other_cost + columns.instance.bond)


def gross_cost(columns: Columns) -> Affine:
    """Standard cost with the earmarked share, (G,)."""
    return block("y", columns.gross_cost)


def gross_spending(columns: Columns) -> Affine:
    """Gross standard cost, other cost and bond, (G,)."""
    other = fixed(columns.instance.other_cost + columns.instance.bond)
    return gross_cost(columns) + block("y", columns.debt_service_moved) + other


def earmarked(columns: Columns) -> Affine:
    """Today's earmarked shares of the cost and guarantees beyond them, (G,)."""
    service = np.array([s for s, _, _ in columns.duties], dtype=int)
    share = columns.instance.national_share[service]
    return block("y", columns.gross_cost @ sparse.diags(share)) + guarantee(columns)


def debt_base(columns: Columns) -> Affine:
    """What the law divides debts by, (G,): the standard financial scale, which is today's and the change of general
    funds without guarantees, less the debt service that the need recognises."""
    first = columns.first
    scale = debt.scale_today(first.instance) - debt.counted_funds(first.today)
    kept = first.instance.recognised_share
    recognised = block("y", kept * columns.debt_service_moved, kept * first.instance.debt_service)
    return funds(columns) - guarantee(columns) - recognised + fixed(scale)


def debt_service(columns: Columns) -> Affine:
    """Debt service to be borne, (G,): today's amount, for old debts are renewed as they are repaid, what follows duties
    of it, what the need no longer recognises, and in a later year the repayment and cost of each government's part of
    the bonds since then."""
    first, settings = columns.first.instance, columns.instance.settings
    rate = settings["horizon.debt_repayment"] + settings["horizon.debt_cost"]
    dropped = (1.0 - first.recognised_share) * columns.debt_service_moved
    own = _following(columns, debt.debts_today(first).service)
    return own + block("y", dropped, first.dropped_refund) + _since(columns, rate)


def future_burden(columns: Columns) -> Affine:
    """Debts to be borne, (G,): today's amount, what follows duties of it, what of the need to come is no longer
    recognised, and in a later year each government's part of the bonds owed since."""
    first = columns.first.instance
    share, years = 1.0 - first.recognised_share, first.debt_years
    followed = columns.moved(years * first.asset_debt_service)
    unpromised = block("y", share * followed, share * years * first.debt_service)
    return _following(columns, debt.debts_today(first).burden) + unpromised + _since(columns, 1.0)


def _following(columns: Columns, amount: np.ndarray) -> Affine:
    """An amount of today that goes along with duties where it is above 0, (G,)."""
    return block("y", columns.moved(np.maximum(0.0, amount)), amount)


def _since(columns: Columns, rate: float) -> Affine:
    share = columns.instance.bond_share
    if share is None:
        return fixed(np.zeros(len(columns.instance.bond)))
    return block(
        "owed", sparse.csr_matrix(rate * bond_share(columns.first.instance)[:, None] / MILLION_IN_BILLION)
    )
