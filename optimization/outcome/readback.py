"""From solver values to a decision: integers rounded, names put back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.ledger.decision import Decision
from optimization.model.columns import Columns
from optimization.model.taxes import SHARES
from optimization.solving.standard_form import StandardForm


class Values:
    """Values of Pyomo variables in a solution; a variable that no row uses keeps its lower bound."""

    def __init__(self, form: StandardForm, values: np.ndarray) -> None:
        self._value = dict(zip(map(id, form.variables), values.tolist(), strict=True))

    def of(self, variables: Iterable[Any]) -> np.ndarray:
        """Values in the order of the variables given."""
        return np.array([self._value.get(id(v), v.lb or 0.0) for v in variables])


def read_decision(columns: Columns, model: pyo.ConcreteModel, values: Values) -> Decision:
    """The decision a solution stands for."""
    instance = columns.instance
    y = values.of(model.y.values())
    tier: dict[tuple[int, int], tuple[float, str]] = {}
    for (s, k, t), value in zip(columns.duties, y, strict=True):
        tier[s, k] = max(tier.get((s, k), (-1.0, "")), (value, t), key=lambda pair: pair[0])
    chosen = np.flatnonzero(values.of(model.v.values()) > 0.5)
    joint = sorted(
        zip(columns.pair_body[chosen].tolist(), columns.pair_service[chosen].tolist(), strict=True)
    )
    low, _ = instance.settings["formula.unit_cost_revision"]
    revision = np.full(len(instance.services), float(low))
    revision[list(model.kappa)] = values.of(model.kappa.values())
    bounds = [instance.settings[name] for name in SHARES]
    share = np.clip(values.of(model.rho.values()), [b[0] for b in bounds], [b[1] for b in bounds])
    return Decision(
        tier={duty: name for duty, (_, name) in tier.items()},
        joint=tuple(joint),
        counted_share=(float(share[0]), float(share[1])),
        revision=revision,
    )
