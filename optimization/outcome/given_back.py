"""What each change of a plan saves: the plan again with one duty given back to today's tier.

All other duties are kept and provision is decided anew on both sides, over the pairs of body and service that the run
has let in. Limits of money are left out of the price, so that it is a real saving, and are asked only where a change is
in fact given back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from optimization.model.choice import PROVISION
from optimization.outcome.choices import Given
from optimization.outcome.master import MasterProblem
from optimization.solving import workers
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import PartSolution, price_choices, solve_part
from optimization.solving.highs import Limits
from optimization.solving.residual import fix, split
from optimization.solving.standard_form import StandardForm

PRICED = Limits(gap=1e-7, seconds=20.0, threads=1)
"""How exactly every part of provision is solved, and for how long at most."""

Duty = tuple[int, int]


@dataclass
class Prices:
    """Prices of statutes over the pairs of a master problem: what provision costs at the least, without the limits of
    money, its parts on some processes. `solved` keeps the parts, most of which one statute shares with the next."""

    problem: MasterProblem
    processes: int = 1
    solved: dict[bytes, PartSolution] = field(default_factory=dict)

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
        form = self.problem.form
        kept = np.zeros(len(form.cost), dtype=bool)
        for name in PROVISION:
            kept[form.columns_of(name)] = True
        rows = np.flatnonzero(np.abs(form.matrix) @ (~kept).astype(float) == 0.0)
        position = np.cumsum(kept) - 1
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
        return part, position[form.columns_of("y")]

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

    def without(self, statute: np.ndarray, duty: Duty) -> np.ndarray:
        """A statute with one duty given back."""
        of = [(s, k) == duty for s, k, _ in self.duties]
        back = [float(tier == self.home[s]) for s, _, tier in self.duties]
        return np.where(of, back, statute)

    def price(self, statute: np.ndarray) -> float:
        """What provision costs under a statute, million yen; infinite where none is possible."""
        form, columns = self._provision
        try:
            parts, _, cost = split(fix(form, columns, statute))
        except ValueError:
            return np.inf
        new = {part.key: part for part in parts if part.key not in self.solved}
        answers = workers.each(solve_part, [(part.form, PRICED) for part in new.values()], self.processes)
        self.solved.update(zip(new, answers, strict=True))
        for part in parts:
            found = self.solved[part.key]
            if found.values is None:
                return np.inf
            cost += float(part.form.cost @ found.values)
        return cost

    def savings(self, statute: np.ndarray, deadline: Deadline) -> dict[Duty, float]:
        """What every change of a statute saves, million yen a year: infinite where today's tier leaves no provision;
        those for which there was no time are missing."""
        base, found = self.price(statute), dict[Duty, float]()
        for duty in self.changes(statute):
            if deadline.over:
                break
            found[duty] = self.price(self.without(statute, duty)) - base
        return found


def giving_back(
    problem: MasterProblem, values: np.ndarray, threshold: float, limits: Limits
) -> tuple[np.ndarray, list[Given]]:
    """The point of a plan with every change given back that saves less than a threshold, million yen a year, the worst
    first, as long as all limits can be kept without it; and what every change that is left saves. What there is no
    time for is left as it is."""
    prices, deadline = Prices(problem, limits.processes), Deadline(limits.seconds)
    statute, needed = prices.statute(values), set[Duty]()
    while True:
        saved = prices.savings(statute, deadline)
        poor = {duty: value for duty, value in saved.items() if value < threshold - _rounding(threshold)}
        worst = min((duty for duty in poor if duty not in needed), key=lambda d: (poor[d], d), default=None)
        if worst is None or deadline.over:
            break
        fewer = prices.without(statute, worst)
        plan = _plan(problem, values, fewer, deadline.within(limits))
        if plan is None:
            needed.add(worst)
        else:
            values, statute = plan, fewer
    return values, list(_told(prices, statute, saved, needed))


def _rounding(threshold: float) -> float:
    """By how much a saving may miss a threshold that the solver has held to its own tolerance."""
    return 1e-6 * max(1.0, threshold)


def _told(
    prices: Prices, statute: np.ndarray, saved: Mapping[Duty, float], needed: set[Duty]
) -> Iterator[Given]:
    for duty, tier in prices.changes(statute).items():
        yield Given(duty, tier, saved.get(duty, np.nan), duty in needed)


def _plan(
    problem: MasterProblem, values: np.ndarray, statute: np.ndarray, limits: Limits
) -> np.ndarray | None:
    """The cheapest point of the program under a statute; None where its limits leave none, or no time is left."""
    form = problem.form
    columns = form.columns_of("y")
    guide = values.copy()
    guide[columns] = statute
    found = price_choices(form, columns, [guide], -np.inf, replace(limits, gap=PRICED.gap), {})
    return found.values
