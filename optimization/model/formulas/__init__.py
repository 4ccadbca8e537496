"""Allocation formulas as rows: each family turns need and capacity into transfers.

    add_rows(model, columns, here)      here: positions of the governments the family serves

`transfer[g]` is what the formula gives (or takes). Families whose transfers follow need have rows of
their own, in a module of their name; the others depend on data alone and share `given`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

import numpy as np
import pyomo.core as pyo

from optimization.ledger.allocation import served
from optimization.ledger.formulas import NEED_FAMILIES
from optimization.model.columns import Columns
from optimization.model.expressions import total
from optimization.model.formulas import given


class Rows(Protocol):
    """What a module of a family offers."""

    def bounds(self, columns: Columns, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least and most transfer of the governments at the positions `here`, shape (here,), million yen."""

    def add_rows(self, model: pyo.ConcreteModel, columns: Columns, here: np.ndarray) -> None:
        """The rows that make `transfer[g]` what the family gives the governments at the positions `here`."""


ROWS = {name: cast(Rows, import_module(f"{__name__}.{name}")) for name in NEED_FAMILIES}


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """transfer[g] of every government; d[g] = 1 if g receives, only where that can change."""
    model.transfer = pyo.Var(range(len(columns.instance.case.governments)))
    model.d = pyo.Var(pyo.Any, dense=False, domain=pyo.Binary)


def allocate(model: pyo.ConcreteModel, columns: Columns) -> None:
    """Rows of every family in use for the governments it serves, and

    (F4) grant[g] >= transfer[g], grant[g] >= 0: what is received, for the soft-budget cost
    """
    for name, here in served(columns.instance).items():
        ROWS.get(name, cast(Rows, given)).add_rows(model, columns, here)
    model.grant = pyo.Var(list(model.transfer), bounds=(0.0, None))
    model.F4_received = pyo.Constraint(
        list(model.transfer), rule=lambda m, g: total([(1.0, m.grant[g]), (-1.0, m.transfer[g])]) >= 0.0
    )


def transfer_bounds(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Least and most transfer of each government, shape (G,) each."""
    count = len(columns.instance.case.governments)
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    for name, here in served(columns.instance).items():
        low[here], high[here] = ROWS.get(name, cast(Rows, given)).bounds(columns, here)
    return low, high
