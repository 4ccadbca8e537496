"""A plan of two phases, each a question of its own.

Nothing but what has moved (H5) and the debt handed on binds the two, so the sum of the bounds of both, each free of the
other, is a bound of the whole. Plans come from either side: the second phase decided after the first, and the first
ahead of the second; where debt ceilings let neither stand, one decision for all years is tried. Where a duty moves and
would move again, the search branches on it: it stays as today in the first phase, or it goes to one of the tiers in
both.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.instance import Instance
from optimization.ledger.phases import (
    Options,
    after,
    ahead_of,
    broken_order,
    first_phase,
    restricted,
    second_phase,
)
from optimization.outcome.certificate import BOUND, overstatement
from optimization.outcome.choices import FormulaChoice
from optimization.outcome.result import Result, stopped_with
from optimization.outcome.unlisted import with_bodies_of
from optimization.rules.checks import Breach, breaches
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits, Outcome, Status, gap_reached

Solver = Callable[[Instance], Result]


@dataclass(frozen=True)
class Branch:
    """Tiers open for some duties in either phase, and both phases solved under them."""

    open_first: Options
    open_second: Options
    first: Result
    second: Result

    @property
    def bound(self) -> float:
        """What no plan of this branch costs less than."""
        results = (self.first, self.second)
        if any(each.outcome.status is Status.INFEASIBLE for each in results):
            return float("inf")
        return sum(each.outcome.bound for each in results)


@dataclass(frozen=True)
class Joined:
    """A plan of two phases: its accounts, the result of the first phase, on whose model it stands, and how the formula
    of each phase was chosen."""

    accounts: Accounts
    first: Result
    formula: tuple[FormulaChoice, ...]


@dataclass
class Search:
    """The question of two phases, the phases solved so far, and the best plan that joins two of them."""

    instance: Instance
    part: Solver
    solved: dict[tuple[int, object], Result] = field(default_factory=dict)
    best: Joined | None = None

    @property
    def overstated(self) -> list[Breach]:
        """What the phases say of bounds above their plans."""
        return [breach for each in self.solved.values() for breach in each.breaches if breach.rule == BOUND]

    @property
    def value(self) -> float:
        """Cost of the best plan."""
        return self.best.accounts.objective if self.best else float("inf")

    def branch(self, open_first: Options, open_second: Options) -> Branch:
        """Both phases under fewer open tiers, each solved once."""
        phases = (first_phase, open_first), (second_phase, open_second)
        results = []
        for number, (phase, options) in enumerate(phases):
            key = (number, frozenset(options.items()))
            if key not in self.solved:
                self.solved[key] = self.part(restricted(phase(self.instance), options))
            results.append(self.solved[key])
        return Branch(open_first, open_second, *results)

    def try_plans(self, branch: Branch) -> None:
        """The second phase after the first and the first ahead of the second."""
        first, second = branch.first.accounts, branch.second.accounts
        if first is not None:
            question = restricted(second_phase(self.instance, first.debts.at_end), branch.open_second)
            self.keep(branch.first, self.part(after(question, first.decision)))
        if second is not None:
            question = restricted(first_phase(self.instance), branch.open_first)
            self.keep(self.part(ahead_of(question, second.decision)), branch.second)

    def try_once(self) -> None:
        """One decision for all years: what it moves stays moved."""
        horizon = self.instance.horizon
        assert horizon is not None
        once = self.part(replace(self.instance, horizon=replace(horizon, second=0)))
        self.keep(once, once)

    def keep(self, first: Result, second: Result) -> bool:
        """Both decisions as one plan, if it keeps every rule; kept if it is the best. Whether it is sound."""
        accounts = together(self.instance, first, second)
        if accounts is None or breaches(accounts):
            return False
        if accounts.objective < self.value:
            formula = first.formula if first is second else (*first.formula, *second.formula)
            self.best = Joined(accounts, first, formula)
        return True

    def below(self, branch: Branch) -> Iterator[Branch]:
        """The branches on the largest duty that both phases move, each elsewhere; none where there is none."""
        joined = together(self.instance, branch.first, branch.second)
        torn = broken_order(self.instance, joined.decision) if joined else []
        if not torn:
            return
        s, k = max(torn, key=self._size)
        home = self.instance.groups.home[s]
        options = branch.open_first.get((s, k), self.instance.groups.options[s, k])
        later = branch.open_second.get((s, k), self.instance.groups.options[s, k])
        yield self.branch({**branch.open_first, (s, k): (home,)}, branch.open_second)
        for tier in options:
            if tier != home and tier in later:
                fixed = {(s, k): (tier,)}
                yield self.branch({**branch.open_first, **fixed}, {**branch.open_second, **fixed})

    def _size(self, duty: tuple[int, int]) -> float:
        s, k = duty
        return float(self.instance.today[self.instance.groups.members[k], s].sum())


def together(instance: Instance, first: Result, second: Result) -> Accounts | None:
    """The decisions of both phases as one, on a list that holds the bodies each has found; None where a phase has
    none."""
    if first.accounts is None or second.accounts is None:
        return None
    instance = with_bodies_of(instance, first.accounts.decision, second.accounts.decision)
    before, then = (each.accounts.decision.on(instance.bodies) for each in (first, second) if each.accounts)
    return Accounts(instance, with_bonds(instance, replace(before, second=then)))


def in_two_phases(instance: Instance, part: Solver, limits: Limits, deadline: Deadline) -> Result:
    """The best plan found, against the least bound of the branches left."""
    search, root = Search(instance, part), None
    try:
        root = search.branch({}, {})
        return _searched(search, root, limits, deadline)
    except KeyboardInterrupt as stop:  # the plan of a phase is none of the whole
        found = _result(search, root, root.bound, limits) if root and search.best else None
        raise stopped_with(found) from stop


def _searched(search: Search, root: Branch, limits: Limits, deadline: Deadline) -> Result:
    """The search from its root."""
    number = count()
    if root.bound == float("inf"):
        hopeless = root.first if root.first.outcome.status is Status.INFEASIBLE else root.second
        return replace(hopeless, instance=search.instance)
    if not search.keep(root.first, root.second):
        search.try_plans(root)
    if search.best is None:
        search.try_once()
    queue, closed = [(root.bound, next(number), root)], float("inf")
    while queue and not deadline.over and not gap_reached(search.value, min(queue[0][0], closed), limits.gap):
        bound, _, branch = heapq.heappop(queue)
        below = list(search.below(branch))
        if not below:  # what is left open here is the phases' own gap, or a debt ceiling that binds the two
            if not search.keep(branch.first, branch.second) and branch is not root:
                search.try_plans(branch)
            closed = min(closed, bound)
        for each in below:
            search.keep(each.first, each.second)
            if max(bound, each.bound) < search.value:
                heapq.heappush(queue, (max(bound, each.bound), next(number), each))
    return _result(search, root, min([closed, search.value, *(bound for bound, *_ in queue)]), limits)


def _result(search: Search, root: Branch, bound: float, limits: Limits) -> Result:
    """The best plan (or none) with its certificate: no less than the bounds of the two phases together."""
    bound = max(bound, root.bound)
    first, second = root.first.outcome, root.second.outcome
    size = {key: root.first.size[key] + root.second.size[key] for key in root.first.size}
    status, end = Status.INCUMBENT, "gap open between the phases"
    if search.best is None:
        status, end = Status.NOTHING, "no plan of two phases found"
        if bound == float("inf"):
            status, end = Status.INFEASIBLE, "no two phases go together"
    elif gap_reached(search.value, bound, limits.gap):
        status, end = Status.OPTIMAL, "gap reached"
    outcome: Outcome = replace(
        first,
        status=status,
        termination=end,
        values=None,
        nodes=first.nodes + second.nodes,
        log=first.log + second.log,
    ).at_cost(search.value, bound)
    if search.best is None:
        nothing = replace(root.first, solver_grants=None, breaches=[])
        return replace(nothing, instance=search.instance, outcome=outcome, accounts=None, size=size)
    accounts, source = search.best.accounts, search.best.first
    found = [*search.overstated, *overstatement(outcome)]
    return replace(
        source,
        instance=accounts.instance,
        outcome=outcome,
        accounts=accounts,
        size=size,
        breaches=found,
        formula=search.best.formula,
    )
