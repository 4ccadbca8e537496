"""A statute lightened of the changes by which debts would break a limit.

Over a horizon a statute may be sound but for a few governments whose debts reach a limit in some year: a duty that
leaves takes its money along, and what debts are held against shrinks. Where duties are settled, who receives does not
hang on the statute, so that with the formula and the bonds as they are every such row is linear in the duties alone:

    slack[r] + sum over given back m of worth[r, m] >= room        least  sum over m of price[m]

The changes given back are those that cost least by the prices of the relaxation. Bonds move a little with them; the
ledger tells, and more room is asked for where it does not do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from optimization.dictionary.tiers import rank
from optimization.ledger.accounts import Accounts
from optimization.ledger.allocation import SETTLED
from optimization.model.horizon import block_name
from optimization.outcome.master import MasterProblem
from optimization.outcome.steps import Duty
from optimization.rules.accounts import AccountsReading, later_readings
from optimization.rules.debts import STATEMENTS
from optimization.solving.highs import Limits, Outcome, solve
from optimization.solving.standard_form import StandardForm

ROOMS = (1e-4, 1e-3, 5e-3)
"""Parts of what debts are held against that are asked for in turn as room beyond a limit."""

SECONDS = 20.0
"""Time for the choice of what is given back."""

LEAST = 1.0
"""Million yen that giving a change back costs at least, so that no more of them go than must."""

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Number of each row in the program, its government, its slack in the row's unit, what its debts are held against."""


def lightened(
    problem: MasterProblem, accounts: Accounts, values: np.ndarray, relaxed: Outcome, room: float
) -> np.ndarray | None:
    """The values of a point with the statute lightened, as far as the rows of debts ask for it, with some room; None
    where duties are not settled, or no changes given back keep these rows."""
    form, table = problem.form, problem.columns
    if not table.instance.settings[SETTLED] or relaxed.row_duals is None:
        return None
    numbers, index = form.column_family("y")
    duties = [table.duties[n] for n in index.tolist()]
    home = table.instance.groups.home
    of: dict[Duty, dict[str, int]] = {}
    for at, (s, k, tier) in zip(numbers.tolist(), duties, strict=True):
        of.setdefault((s, k), {})[tier] = at
    moves = [
        (duty, at, tiers[home[duty[0]]])
        for duty, tiers in of.items()
        for tier, at in tiers.items()
        if values[at] > 0.5 and tier != home[duty[0]] and home[duty[0]] in tiers
    ]
    if not moves:
        return None
    there, back = (np.array([move[n] for move in moves]) for n in (1, 2))
    parts = [_worth(form, rows, prefix, there, back) for prefix, rows in _rows(problem, accounts)]
    worth = sparse.vstack([matrix for matrix, _, _ in parts], format="csr")
    slack = np.concatenate([own for _, own, _ in parts])
    base = np.concatenate([each for _, _, each in parts])
    reduced = form.cost - form.matrix.T @ relaxed.row_duals
    price = LEAST + np.maximum(0.0, reduced[back])
    given = cheapest_given_back(worth, slack - room * np.abs(base), price)
    if given is None:
        return None
    point = values.copy()
    point[there[given]], point[back[given]] = 0.0, 1.0
    return _with_leads(problem, point, {moves[m][0] for m in np.flatnonzero(given)})


def _rows(problem: MasterProblem, accounts: Accounts) -> Iterator[tuple[str, Rows]]:
    """The rows of debts in every year, by the prefix of the year."""
    form, table = problem.form, problem.columns
    years = [("", AccountsReading(accounts))]
    prefixes = (f"{block_name(year)}." for year in table.later)
    years += zip(prefixes, later_readings(accounts), strict=True)
    for prefix, reading in years:
        for statement in STATEMENTS:
            if not statement.in_force(reading.settings):
                continue
            rows, member = form.family(f"{prefix}{statement.component}")
            (side,) = statement.sides(reading)
            slack = np.broadcast_to(
                np.asarray(statement.scaled(reading)) * (side.left - side.right), side.left.shape
            )
            yield prefix, (rows, member, slack[member], reading.debts.base[member])


def _worth(
    form: StandardForm, rows: Rows, prefix: str, there: np.ndarray, back: np.ndarray
) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """What each change given back is worth to each row, (rows, moves), with slack and base: by itself, and by the need
    that comes with it, which is transferred in full."""
    numbers, _, slack, base = rows
    own = form.matrix[numbers]
    transfers, needs = (form.columns_of(f"{prefix}{name}") for name in ("transfer", "need"))
    law = form.matrix[form.rows_of(f"{prefix}F1")]
    per_need = sparse.csr_matrix(law[:, needs])
    # need[g] - sum of coefficients x y = constant: one need for each row of the law, in the order of governments
    assert (per_need.data == 1.0).all() and per_need.nnz == len(needs) == len(transfers)
    order = np.argsort(per_need.indices)
    come = -law[order]
    both = sparse.csr_matrix(own + own[:, transfers] @ come)
    return sparse.csr_matrix(both[:, back] - both[:, there]), slack, base


def cheapest_given_back(worth: sparse.csr_matrix, slack: np.ndarray, price: np.ndarray) -> np.ndarray | None:
    """The changes given back at the least price that leave every row its slack, boolean (moves,); None where none do,
    and where none need be."""
    if (slack >= 0).all():
        return None
    loss = np.asarray(worth.minimum(0.0).sum(axis=1)).ravel()
    near = np.flatnonzero(slack + loss < 0)
    count = len(price)
    form = StandardForm(
        cost=price,
        constant=0.0,
        matrix=sparse.csr_matrix(worth[near]),
        row_lower=-slack[near],
        row_upper=np.full(len(near), np.inf),
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, dtype=bool),
        variables=(),
        constraints=(),
    )
    found = solve(form, Limits(gap=1e-2, seconds=SECONDS, threads=1))
    return None if found.values is None else found.values > 0.5


def _with_leads(problem: MasterProblem, point: np.ndarray, given: set[Duty]) -> np.ndarray:
    """The point whose leads in crises are not below who answers (C2) where duties were given back: there today's tier
    leads."""
    table, form = problem.columns, problem.form
    if table.crisis is None:
        return point
    numbers, index = form.column_family("q")
    home, of = table.instance.groups.home, dict[tuple[int, int, str], dict[str, int]]()
    for at, n in zip(numbers.tolist(), index.tolist(), strict=True):
        s, k, kind, tier = table.crisis.leads[n]
        of.setdefault((s, k, kind), {})[tier] = at
    for (s, k, _), tiers in of.items():
        own = home[s]
        led = max(tiers, key=lambda tier: point[tiers[tier]])
        if (s, k) in given and rank(led) < rank(own) and own in tiers:
            point[list(tiers.values())] = 0.0
            point[tiers[own]] = 1.0
    return point
