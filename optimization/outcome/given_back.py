"""What each change of a plan saves: the plan again with one duty given back to today's tier, and with all changes of a
service given back together.

All other duties are kept and provision is decided anew on both sides, over the pairs of body and service that the run
has let in. Limits of money are left out of the price, so that it is a real saving, and are asked only where a change is
in fact given back. Classes share bodies, so that a service may pay in every class while the others stay moved, and not
in all of them together: both are asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from optimization.outcome.choices import Given, GivenBack
from optimization.outcome.master import MasterProblem
from optimization.outcome.steps import Duty, Pair, Step
from optimization.solving import workers
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import price_choices, solve_part
from optimization.solving.highs import Limits, solve
from optimization.solving.residual import Frame, fix, whole_rest
from optimization.solving.standard_form import StandardForm

PRICED = Limits(gap=1e-7, seconds=20.0, threads=1)
"""How exactly every part of provision is solved, and for how long at most."""


Set = tuple[Duty, ...]
"""Changes that are given back together."""


@dataclass
class Prices:
    """Prices of statutes over the pairs of a master problem: what provision costs at the least, without the limits of
    money, its parts on some processes. `solved` keeps the parts, most of which one statute shares with the next."""

    problem: MasterProblem
    processes: int = 1
    solved: dict[tuple[int, bytes], tuple[float, np.ndarray | None]] = field(default_factory=dict)

    @cached_property
    def duties(self) -> list[tuple[int, int, str]]:
        """(service, group, tier) of every column of the statute, in its order among the columns."""
        _, index = self.problem.form.column_family("y")
        return [self.problem.columns.duties[n] for n in index.tolist()]

    @cached_property
    def home(self) -> tuple[str, ...]:
        """Today's tier of every service."""
        return tuple(self.problem.instance.groups.home)

    @cached_property
    def _provision(self) -> tuple[StandardForm, np.ndarray]:
        """The program of provision alone, and where its statute stands among its columns."""
        form, kept = self.problem.form, self.problem.provision
        money = np.ones(len(form.cost))
        money[kept] = 0.0
        rows = np.flatnonzero(np.abs(form.matrix) @ money == 0.0)
        part = StandardForm(
            cost=form.cost[kept],
            constant=0.0,
            matrix=sparse.csr_matrix(form.matrix[rows][:, kept]),
            row_lower=form.row_lower[rows],
            row_upper=form.row_upper[rows],
            lower=form.lower[kept],
            upper=form.upper[kept],
            integer=form.integer[kept],
            variables=(),
            constraints=(),
        )
        return part, np.searchsorted(kept, form.columns_of("y"))

    def statute(self, values: np.ndarray) -> np.ndarray:
        """The statute of a point of the program, 0 or 1 for every column of it."""
        return np.asarray(np.round(values[self.problem.form.columns_of("y")]))

    def changes(self, statute: np.ndarray) -> dict[Duty, str]:
        """Duties of a statute that are not with today's tier, and the tier they are with."""
        return {
            (s, k): tier
            for (s, k, tier), one in zip(self.duties, statute, strict=True)
            if one > 0.5 and tier != self.home[s]
        }

    def without(self, statute: np.ndarray, given: Set, tier: str | None = None) -> np.ndarray:
        """A statute with some duties given back, or to another tier."""
        of = [(s, k) in given for s, k, _ in self.duties]
        there = [float(each == (tier or self.home[s])) for s, _, each in self.duties]
        return np.where(of, there, statute)

    def price(self, statute: np.ndarray) -> float:
        """What provision really costs under a statute, million yen, without what observed preferences take off;
        infinite where none is possible."""
        cost, values = self._cheapest(statute)
        return cost if values is None else cost + float(self._judged @ values)

    @cached_property
    def _judged(self) -> np.ndarray:
        """What observed preferences take off the cost of every column of provision."""
        columns, form, result = self.problem.columns, self.problem.form, np.zeros(len(self.problem.form.cost))
        numbers, index = form.column_family("v")
        judged = self.problem.instance.social.judged
        result[numbers] = judged[columns.pair_body[index], columns.pair_service[index]]
        return result[self.problem.provision]

    def provision(self, statute: np.ndarray) -> np.ndarray | None:
        """The cheapest provision under a statute, of the problem's `provision` columns; None where none is possible."""
        return self._cheapest(statute)[1]

    @cached_property
    def _frame(self) -> Frame:
        """The program of provision, cut into what is left once the statute is fixed."""
        return Frame(*self._provision)

    def _cheapest(self, statute: np.ndarray) -> tuple[float, np.ndarray | None]:
        """Cost and values of the cheapest provision under a statute."""
        frame = self._frame
        try:
            left = frame.at(statute)
        except ValueError:
            return np.inf, None
        keys = [(n, shift.tobytes()) for n, shift in enumerate(left.shifts)]
        new = [key for key in keys if key not in self.solved]
        tasks = [(frame.part(n, left.shifts[n]), PRICED) for n, _ in new]
        for (n, shift), found in zip(new, workers.each(solve_part, tasks, self.processes), strict=True):
            cost = np.inf if found.values is None else float(frame.parts[n].form.cost @ found.values)
            self.solved[n, shift] = cost, found.values
        cost, values = left.cost, left.known
        for (n, _), (own, point) in zip(keys, map(self.solved.__getitem__, keys), strict=True):
            if point is None:
                return np.inf, None
            cost += own
            values[frame.parts[n].columns] = point
        return cost, values

    def joint(self, statute: np.ndarray) -> tuple[Pair, ...] | None:
        """Pairs of body and service in the cheapest provision under a statute; None where none is possible."""
        point = self.provision(statute)
        return None if point is None else self.pairs_at(point)

    def pairs_at(self, point: np.ndarray) -> tuple[Pair, ...]:
        """Pairs of body and service in a point of the columns of provision."""
        numbers, index = self.problem.form.column_family("v")
        chosen = index[point[np.searchsorted(self.problem.provision, numbers)] > 0.5]
        table = self.problem.columns
        pairs = zip(table.pair_body[chosen].tolist(), table.pair_service[chosen].tolist(), strict=True)
        return tuple(sorted(pairs))

    def step(self, statute: np.ndarray, given: Set) -> Step | None:
        """The step by which some duties are given back, provision decided anew; None where that leaves none."""
        before, after = self.joint(statute), self.joint(self.without(statute, given))
        if before is None or after is None:
            return None
        ended, begun = set(before) - set(after), set(after) - set(before)
        tiers = {(s, k): self.home[s] for s, k in given}
        return Step(tiers, tuple(sorted(ended)), tuple(sorted(begun)))

    def alone(self, statute: np.ndarray) -> list[Set]:
        """Every change of a statute as a set of its own."""
        return [(duty,) for duty in self.changes(statute)]

    def together(self, statute: np.ndarray) -> list[Set]:
        """All changes of a service, for every service that changes."""
        of: dict[int, list[Duty]] = {}
        for duty in self.changes(statute):
            of.setdefault(duty[0], []).append(duty)
        return [tuple(duties) for duties in of.values()]

    def savings(self, statute: np.ndarray, sets: Sequence[Set], deadline: Deadline) -> dict[Set, float]:
        """What sets of changes of a statute save, million yen a year: infinite where today's tiers leave no provision;
        those for which there was no time are missing."""
        base, found = self.price(statute), dict[Set, float]()
        for given in sets:
            if deadline.over:
                break
            found[given] = self.price(self.without(statute, given)) - base
        return found


def giving_back(
    problem: MasterProblem, values: np.ndarray, threshold: float, limits: Limits
) -> tuple[np.ndarray, GivenBack]:
    """The point of a plan with every change given back that saves less than a threshold, million yen a year, and all
    changes of a service whose saving together is less than the threshold for each of them; the worst first, single
    ones before services, as long as all limits can be kept without them. Beside it what every change that is left
    saves. What there is no time for is left as it is."""
    prices, deadline = Prices(problem, limits.processes), Deadline(limits.seconds)
    statute, needed, returned = prices.statute(values), set[Set](), list[Set]()
    while True:
        alone = prices.savings(statute, prices.alone(statute), deadline)
        worst, saved = _worst(alone, threshold, needed), alone
        if worst is None:
            saved = alone | prices.savings(statute, prices.together(statute), deadline)
            worst = _worst(saved, threshold, needed)
        if worst is None or deadline.over:
            break
        fewer = prices.without(statute, worst)
        plan = _plan(prices, values, fewer, deadline.within(limits))
        if plan is not None:
            values, statute = plan, fewer
            returned.append(worst)
        elif deadline.over:
            break
        else:
            needed.add(worst)
    given = tuple(_told(prices, statute, saved, needed))
    return values, GivenBack(given, tuple(returned), prices.joint(statute) if saved else None)


def _worst(saved: Mapping[Set, float], threshold: float, needed: set[Set]) -> Set | None:
    """The set of changes that misses most of what is asked of them, if any does that could be spared."""
    least = threshold - _rounding(threshold)
    short = {given: value - len(given) * threshold for given, value in saved.items()}
    poor = [given for given in short if saved[given] < len(given) * least and given not in needed]
    return min(poor, key=lambda given: (short[given], given), default=None)


def _rounding(threshold: float) -> float:
    """By how much a saving may miss a threshold that the solver has held to its own tolerance."""
    return 1e-6 * max(1.0, threshold)


def _told(
    prices: Prices, statute: np.ndarray, saved: Mapping[Set, float], needed: set[Set]
) -> Iterator[Given]:
    service = {given[0][0]: given for given in prices.together(statute)}
    steps = {given: prices.step(statute, given) for given in saved}
    for duty, tier in prices.changes(statute).items():
        both = (duty,), service[duty[0]]
        alone, together = (saved.get(given, np.nan) for given in both)
        without = (steps.get(given) for given in both)
        yield Given(duty, tier, alone, together, any(given in needed for given in both), *without)


def _plan(prices: Prices, values: np.ndarray, statute: np.ndarray, limits: Limits) -> np.ndarray | None:
    """The cheapest point of the program under a statute; None where its limits leave none, or no time is left. Mostly
    the cheapest provision keeps the limits of money with some formula; else provision and money are sought together."""
    form, deadline = prices.problem.form, Deadline(limits.seconds)
    provision, columns = prices.provision(statute), prices.problem.provision
    if provision is not None:
        held = fix(form, columns, np.where(form.integer[columns], np.round(provision), provision))
        point = _with_money(held, deadline.within(limits))
        if point is not None:
            return point
    guide, columns = values.copy(), form.columns_of("y")
    guide[columns] = statute
    asked = replace(deadline.within(limits), gap=PRICED.gap)
    return price_choices(form, columns, [guide], -np.inf, asked, {}).values


def _with_money(form: StandardForm, limits: Limits) -> np.ndarray | None:
    """The point of a program whose provision is fixed with the cheapest formula; None where none keeps the limits."""
    try:
        part, known = whole_rest(form)
    except ValueError:
        return None
    found = solve(part.form, replace(limits, gap=PRICED.gap))
    if found.values is None:
        return None
    point = np.nan_to_num(known)
    point[part.columns] = found.values
    return point
