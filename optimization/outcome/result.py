"""The result of a run: what was asked, what was found, how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from optimization.case.compose import ResolvedPackage
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.instance import Instance
from optimization.ledger.rules import Breach
from optimization.outcome.verdict import Worth, worth_of
from optimization.solving.highs import Outcome

if TYPE_CHECKING:
    from optimization.outcome.waiting import Alternative


class InterruptedRun(KeyboardInterrupt):
    """Ctrl-C in a run: `result` is the best plan found by then, with its certificate; None where there was none."""

    def __init__(self, result: Result | None) -> None:
        kept = "no plan was found by then" if result is None else "its best plan stands in .result"
        super().__init__(f"stopped by hand; {kept}")
        self.result = result


def stopped_with(*plans: Result | None) -> InterruptedRun:
    """Ctrl-C in a run that knows some plans, of which the cheapest is kept."""
    known = [plan for plan in plans if plan is not None and plan.accounts is not None]
    return InterruptedRun(min(known, key=lambda plan: plan.outcome.objective, default=None))


@dataclass(frozen=True)
class Result:
    """One run. `accounts` is None without a feasible decision; `arguments` are then the counting
    arguments that say why (may be empty when only the solver could tell). Over a horizon `alternatives` are the courses
    that the plan is held against."""

    package: ResolvedPackage
    instance: Instance
    outcome: Outcome
    accounts: Accounts | None
    solver_grants: pd.Series | None
    breaches: list[Breach] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    coefficients: pd.DataFrame = field(default_factory=pd.DataFrame)
    method: str = "decomposed"
    alternatives: list[Alternative] = field(default_factory=list)

    @property
    def worth(self) -> Worth:
        """What may be said of it: the solver's status, unless the decision breaks a rule."""
        return worth_of(self)

    @cached_property
    def baseline(self) -> Accounts:
        """Accounts of the status quo under the same weights and assumptions."""
        return todays_accounts(self.instance)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The result tables by name; empty without a feasible decision. They are the caller's own: what he changes in
        them changes nothing that is written."""
        return {name: table.copy(deep=False) for name, table in self._tables.items()}

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        from optimization.outcome.tables import result_tables

        return result_tables(self) if self.accounts is not None else {}
