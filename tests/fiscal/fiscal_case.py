"""What the fiscal tests share: money by government, and a model pushed along an objective of the test's own.

Pushing is how a test learns what the rows allow: whatever the objective wants, the transfers, needs and
revenues of the solution must still be those of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from optimization.ledger.accounts import Accounts
from optimization.ledger.allocation import pool_range
from optimization.ledger.decision import Decision, status_quo
from optimization.model.expressions import total
from optimization.model.model import build_model
from optimization.outcome.readback import Values, read_decision
from optimization.rules.checks import breaches
from optimization.solving.highs import Status, solve
from optimization.solving.standard_form import compile_model
from tests.small_case import EXACT, Prefecture, Service, Small, Town, small

SETTLED = "settled"


def family(municipal: str, prefectural: str | None = None) -> dict[str, Any]:
    """The settings of a family for both tiers (or one for each); `SETTLED` is today's with duties settled."""
    if municipal == SETTLED:
        return family("japan_lat") | {"formula.settles_duties": True}
    return {"formula.family": municipal, "formula.family_prefecture": prefectural or municipal}


def money(accounts: Accounts, values: np.ndarray) -> dict[str, float]:
    """Values of the governments by their codes."""
    return dict(zip(accounts.instance.case.governments.index, values.tolist(), strict=True))


def decided(question: Small, **parts: Any) -> Accounts:
    """Accounts of today's tiers with every range at its lower end, but for the parts named."""
    instance = question.instance
    lowest = {
        "counted": instance.tax.counted[0],
        "assigned": instance.tax.assigned[0],
        "revision": instance.revision[0],
        "guarantee": instance.guarantee[0],
        "pool_share": pool_range(instance)[0],
    }
    decision: Decision = replace(status_quo(instance), **{**lowest, **parts})
    return Accounts(instance, decision)


def with_taxes(question: Small, tier: str, **bases: Mapping[str, float]) -> Small:
    """The question with more taxes counted at 75%: `sales={"01201": 40.0}` moves 40 of a town's common
    tax into a tax of its own, so that its whole revenue stays."""
    common = {"municipal": "municipal.land", "prefectural": "prefectural.business"}[tier]
    frame = question.case.tax_bases.copy()
    for name, amounts in bases.items():
        for code, amount in amounts.items():
            frame.loc[code, (common, 0.75)] -= amount
        column = [float(amounts.get(code, 0.0)) for code in frame.index]
        frame[(f"{tier}.{name}", 0.75)] = column
    return replace(question, case=replace(question.case, tax_bases=frame))


@dataclass(frozen=True)
class Pushed:
    """A solution of the model under another objective, and the ledger's accounts of it."""

    model: pyo.ConcreteModel
    values: Values
    accounts: Accounts

    def of(self, variable: Any) -> np.ndarray:
        """The solver's values of an indexed variable."""
        return self.values.of(variable.values())


def push(question: Small, *wanted: tuple[str, Iterable[float]]) -> Pushed | None:
    """Minimise the sum of coefficient x variable over the named variables; None when infeasible."""
    table = question.columns(keep_dominated=True)
    model = build_model(table)
    pairs = [
        (float(c), v)
        for name, coefficients in wanted
        for c, v in zip(coefficients, getattr(model, name).values(), strict=False)
    ]
    model.total_cost.deactivate()
    model.pushed = pyo.Objective(expr=total(pairs))
    form = compile_model(model)
    outcome = solve(form, EXACT, None, None)
    if outcome.values is None:
        assert outcome.status is Status.INFEASIBLE, outcome
        return None
    values = Values(form, outcome.values)
    return Pushed(model, values, Accounts(question.instance, read_decision(table, model, values)))


def one_town(need: float = 100.0, changes: Mapping[str, Any] | None = None, **town: Any) -> Small:
    """A single town with a single service."""
    own = {"full": 0.0, **town}
    return small([Town("01201", 10_000, {"fire": need}, **own)], [Service("fire")], changes=changes)


def two_of_each(**changes: Any) -> Small:
    """Poor and rich towns (20 and 180 of taxes) in poor and rich prefectures; all have needs of 100 and,
    in one family for each tier, revenues of 100 on the mean."""
    return small(
        [
            Town("01201", 10_000, {"fire": 100.0}, full=20.0),
            Town("02201", 10_000, {"fire": 100.0}, full=180.0),
        ],
        [Service("fire")],
        [
            Prefecture("01", other=100.0, full=20.0),
            Prefecture("02", other=100.0, full=180.0),
        ],
        changes={"pool.ordinary_million_yen": 160.0, **changes},
    )


# grants pushed up or down by a free unit cost ----------------------------------------------------------

STEP = 1e-3
FREE = {"formula.unit_cost_revision": [0.5, 1.5]}
UP, DOWN = -1.0, 1.0


def towns(
    rich: float = 100.0,
    debt: float = 0.0,
    debt_ratio: float = 0.0,
    burden_ratio: float = 0.0,
    scale: float | None = None,
    **changes: Any,
) -> Small:
    """A poor town (fire 100, fees 40, other 0 or its debt), a rich one (fire 50, fees 100) and their
    prefecture (100 of other need, dues 60); populations 10, 10 and 20 thousand. The ratios and
    the standard financial scale are the poor town's; with it, that of the others is their funds.

    Poor: transfer 100 kappa - 40, funds 100 kappa, cost 100; today's coverage 1. Rich: coverage 2, no
    transfer. Prefecture: transfer 40, coverage 1.
    """
    return small(
        [
            Town(
                "01201",
                10_000,
                {"fire": 100.0},
                full=40.0,
                other=debt,
                debt=debt,
                debt_ratio=debt_ratio,
                burden_ratio=burden_ratio,
                scale=scale,
            ),
            Town("01202", 10_000, {"fire": 50.0}, full=rich, scale=None if scale is None else rich),
        ],
        [Service("fire")],
        [Prefecture("01", other=100.0, full=60.0, scale=None if scale is None else 100.0)],
        changes={**FREE, **changes},
    )


def with_kappa(case: Small, kappa: float) -> Accounts:
    """Accounts with everything at its lowest but the unit cost."""
    return decided(case, revision=np.array([kappa]))


def rules_of(accounts: Accounts) -> set[str]:
    """Labels of the rules a decision breaks."""
    return {breach.rule for breach in breaches(accounts)}


def stops_at(case: Small, rule: str, way: float, kappa: float, outward: float) -> None:
    """The model stops at kappa, and so does the ledger's check."""
    pushed = push(case, ("transfer", [way] * 3))
    assert pushed is not None
    assert pushed.of(pushed.model.kappa) == pytest.approx([kappa])
    assert rules_of(pushed.accounts) == set()
    assert rules_of(with_kappa(case, kappa - outward * STEP)) == set()
    assert rules_of(with_kappa(case, kappa + outward * STEP)) == {rule}
