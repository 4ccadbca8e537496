"""The result of a run: what was asked, what was found, how sure it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.instance import Instance
from optimization.ledger.rests_on import Rests, rests_on
from optimization.outcome.alternatives import alternatives
from optimization.outcome.choices import FormulaChoice, GivenBack, StayPut
from optimization.outcome.saving_range import SavingRange, saving_range
from optimization.outcome.verdict import REASONS, NoPlanError, Worth
from optimization.rules.checks import Breach
from optimization.solving.highs import Outcome, Status


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


APPLIED = "applied"
"""Method of the result of a decision that was given."""

TODAY, PLAN = "today", "plan"
"""Names of two courses: today's arrangement, and the plan itself."""


@dataclass(frozen=True)
class Course:
    """A course beside the plan over a horizon: `decided_for` a year, `today` or the plan; `from_year` in which it takes
    today's place (the first year: at once); its accounts over the whole horizon."""

    decided_for: str
    from_year: int
    accounts: Accounts


def no_tables(result: Result) -> dict[str, pd.DataFrame]:
    """The tables of a result that stands for no decision."""
    return {}


@dataclass(frozen=True)
class Result:
    """One run. `accounts` is None without a feasible decision; `arguments` are then the counting
    arguments that say why (may be empty when only the solver could tell). Over a horizon `courses` are those
    that the plan is held against. `formula` tells how the formula was chosen, for each phase of the plan,
    `stay` how the plan was chosen among those that cost almost as little: the gap of the outcome is then that of the
    least cost. `tabulated` makes the tables of a result that has accounts, `judged` those of its verdicts. `whole` is
    the case of which the question may be a part (None: it is the whole), `ranged` whether it is asked what is saved
    under other numbers."""

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
    courses: list[Course] = field(default_factory=list)
    formula: tuple[FormulaChoice, ...] = ()
    stay: StayPut | None = None
    tabulated: Callable[[Result], dict[str, pd.DataFrame]] = no_tables
    judged: Callable[[Result], dict[str, pd.DataFrame]] = no_tables
    whole: Case | None = None
    ranged: bool = False

    @property
    def worth(self) -> Worth:
        """What may be said of it: the solver's status, unless the decision breaks a rule; of one that was given its
        breaches are told, and are no fault of it."""
        if self.outcome.status is Status.APPLIED:
            return Worth.APPLIED
        return Worth.BROKEN if self.breaches else Worth(str(self.outcome.status))

    @property
    def cheapest(self) -> Outcome:
        """The cheapest plan found, with its certificate: what every other question is held against."""
        return self.outcome if self.stay is None else self.stay.least

    @property
    def reason(self) -> str:
        """Why it is no plan that keeps the rules; '' where it is one."""
        if self.worth is Worth.BROKEN:
            rules = ", ".join(sorted({breach.rule for breach in self.breaches}))
            return f"the decision breaks rules in {len(self.breaches)} places: {rules}"
        return " ".join(self.arguments) or REASONS[self.worth]

    @cached_property
    def baseline(self) -> Accounts:
        """Accounts of the status quo under the same weights and assumptions."""
        return todays_accounts(self.instance)

    @cached_property
    def saving_range(self) -> SavingRange | None:
        """What the plan saves against today where the assumed and estimated numbers are others; None without a plan
        that keeps the rules, where no number of the costs is uncertain, or nobody asks."""
        return None if not self.ranged or self.breaches else self.saved_in_draws

    @cached_property
    def saved_in_draws(self) -> SavingRange | None:
        """What the decision saves against today in joint draws, whether it keeps the rules or not; None without a
        decision, or where no number of the costs is uncertain."""
        if self.accounts is None:
            return None
        instance, back = self.accounts.instance, GivenBack() if self.stay is None else self.stay.back
        held = alternatives(instance, self.accounts.decision, back)
        return saving_range(self.whole or instance.case, self.package, instance, held)

    @cached_property
    def rests_on(self) -> Rests:
        """The marked assumptions that the answer can depend on."""
        asked = self.instance if self.accounts is None else self.accounts.instance
        return rests_on(self.whole or asked.case, self.package, asked)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The result tables by name; empty without a feasible decision. They are the caller's own: what he changes in
        them changes nothing that is written."""
        return {name: table.copy(deep=False) for name, table in self._tables.items()}

    @cached_property
    def verdicts(self) -> dict[str, pd.DataFrame]:
        """The tables of what to do now, only if and not, and of what to find out first; none where the saving has no
        range. Not among `tables`: they take as long as the range."""
        return self.judged(self)

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return self.tabulated(self) if self.accounts is not None else {}


def planned(result: Result) -> Result:
    """The result, which is a plan that keeps every rule; else raises NoPlanError."""
    if result.worth.planned:
        return result
    raise NoPlanError(result.package.name, result.worth, result.reason)
