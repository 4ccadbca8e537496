"""The search for the plan of the best criterion: a level bundle over the weights of the worlds, and the restricted
master over what its plans hold.

    L(lambda) = min over plans x of sum_w lambda_w c_w(x)  -  sum_w lambda_w c*_w      for lambda in Lambda

bounds the criterion of every plan from below, is concave, and is one ordinary question for each lambda. Each answer is
a plan, whose regrets in all worlds cut off what L can be elsewhere. Least costs c*_w are known to a gap only: below by
the bound of each world's own question, above by the cheapest plan met. L is taken against the upper, the criterion of
a plan against the lower, so that the one never lies above, nor the other below, what is true.

Two weights are tried at a time, whatever the number of processes, so that the way does not depend on it: the nearest
to the best ones that promise enough (the level), and those that promise most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import numpy as np

from optimization.recommend.blended import Evaluated, Plan
from optimization.recommend.criteria import Criterion, best_mixture, nearest_weights
from optimization.recommend.recombined import Recombined
from optimization.solving.deadline import Deadline

BATCH: Final = 2
"""Weights that are tried from one state of the search."""

SAME: Final = 1e-6
"""How far apart weights are of which only one is tried."""

IDLE: Final = 2
"""Rounds without a better plan or bound after which the search ends: what is left is the gap of the solves, and what a
mixture of plans could reach and no plan does."""

LEVEL: Final = 0.3
"""How far from the best bound to what the plans seen allow the next weights must promise to come."""

NEARLY: Final = 0.25
"""Part of the asked gap that mixtures may still promise when the search turns to putting plans together."""


class Evaluator(Protocol):
    """What a search asks: the cheapest plan at each of some weights, all from one set of pairs."""

    def cheapest(self, weights: Sequence[np.ndarray], inside: np.ndarray, seconds: float) -> list[Evaluated]:
        """The answers in order."""

    def together(self, least: np.ndarray, plans: Sequence[Plan], seconds: float) -> Recombined | None:
        """The best plan that can be put together of some."""

    def whole(self, least: np.ndarray, gap: float, seconds: float) -> Recombined | None:
        """The best plan of all and its bound, where the program is small enough to be asked; else None."""


class Moment(NamedTuple):
    """How far a search is: rounds, the best plan's criterion and the bound, million yen a year."""

    done: int
    best: float
    bound: float


OnMoment = Callable[[Moment], None]


@dataclass
class Search:
    """The state of a search over W worlds; money in million yen a year. `gap` is how near the criterion of the plan
    must come to the bound, `known` a bound on it found otherwise than by weights."""

    criterion: Criterion
    evaluator: Evaluator
    inside: np.ndarray
    gap: float
    deadline: Deadline
    tell: OnMoment = lambda moment: None
    found: list[Evaluated] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    costs: list[np.ndarray] = field(default_factory=list)
    names: set[object] = field(default_factory=set)
    known: float = 0.0

    @property
    def worlds(self) -> int:
        """W."""
        return len(self.criterion.most)

    @property
    def table(self) -> np.ndarray:
        """Cost of every plan met in every world, (plans, W)."""
        return np.array(self.costs)

    @property
    def whole(self) -> bool:
        """Whether every world's own question has a plan and a bound."""
        own = self.found[: self.worlds]
        return len(own) == self.worlds and all(
            each.plan is not None and np.isfinite(each.bound) for each in own
        )

    @property
    def least(self) -> np.ndarray:
        """What no plan can cost less than in each world, (W,)."""
        return np.array([each.bound for each in self.found[: self.worlds]])

    @property
    def most(self) -> np.ndarray:
        """Cost of the cheapest plan met in each world, (W,)."""
        return np.asarray(self.table.min(axis=0))

    @property
    def bound(self) -> float:
        """What the criterion of no plan can fall below; at least 0, for no regret is negative."""
        return max(self.known, float(self.bounds.max()))

    @property
    def bounds(self) -> np.ndarray:
        """What each answer says that no plan's criterion can fall below, (answers,)."""
        most = self.most
        return np.array([each.bound - float(each.weights @ most) for each in self.found])

    @property
    def steepest(self) -> np.ndarray:
        """The weights of the worlds (W,) at which the bound is highest."""
        return self.found[int(np.argmax(self.bounds))].weights

    @property
    def criteria(self) -> np.ndarray:
        """Criterion of every plan met, at most, (plans,)."""
        return np.array([self.criterion.of(row) for row in self.table - self.least])

    @property
    def best(self) -> int:
        """Number of the plan with the best criterion, the first of equals."""
        return int(np.argmin(self.criteria))

    @property
    def reached(self) -> bool:
        """Whether the best plan is as near the bound as asked."""
        best = self.criteria[self.best]
        return bool(best - self.bound <= self.gap + SAME * max(1.0, best))

    def run(self, gap: Callable[[np.ndarray], float]) -> str:
        """Search until the best plan is as near the bound as a gap that may hang on the least cost of each world (W,);
        why it ended: "gap reached", "gap open" or "time limit"."""
        if not self._own_plans():
            return "time limit"
        self.gap = gap(self.least)
        idle = 0
        while not self.reached:
            if self.deadline.over:
                return "time limit"
            before = self.criteria[self.best], self.bound
            promised = self._next_weights()
            if promised:
                self._ask(promised)
            if (
                not promised
                or self._promise() - self.bound <= NEARLY * self.gap
                or len(self.found) % 8 < BATCH
            ):
                self._put_together()
            better = self.criteria[self.best] < before[0] - SAME or self.bound > before[1] + SAME
            idle = 0 if better else idle + 1
            if idle >= IDLE or (not promised and not better):
                break
        if not self.reached:
            self._ask_whole()
        return "gap reached" if self.reached else "gap open"

    def _own_plans(self) -> bool:
        """Every world's own cheapest plan, the first world's by itself; whether there was time for all."""
        worlds = np.eye(self.worlds)
        batches = [worlds[:1], *(worlds[n : n + BATCH] for n in range(1, self.worlds, BATCH))]
        for batch in batches:
            if self.deadline.over:
                return False
            self._ask(list(batch))
        return self.whole

    def _ask(self, weights: Sequence[np.ndarray]) -> None:
        for each in self.evaluator.cheapest(weights, self.inside, self.deadline.left):
            self.found.append(each)
            self.inside = self.inside | each.inside
            if each.plan is not None:
                self._take(each.plan, each.costs)
        done = len(self.found)
        best, bound = (float(self.criteria[self.best]), self.bound) if self.whole else (np.inf, 0.0)
        self.tell(Moment(done, best, bound))

    def _take(self, plan: Plan, costs: np.ndarray) -> None:
        if plan.name not in self.names:
            self.names.add(plan.name)
            self.plans.append(plan)
            self.costs.append(costs)

    def _promise(self) -> float:
        """What a mixture of the plans met reaches: the bound cannot rise above it."""
        return best_mixture(self.table - self.most, self.criterion)[0]

    def _next_weights(self) -> list[np.ndarray]:
        """The weights to be tried next, none of which were tried before."""
        regrets, highest = self.table - self.most, float(self.bounds.max())
        value, most_promising = best_mixture(regrets, self.criterion)
        level = highest + LEVEL * (value - highest)
        nearest = nearest_weights(regrets, self.criterion, level, self.steepest)
        wanted: list[np.ndarray] = []
        for each in (nearest, most_promising):
            if each is not None and all(_apart(each, other) for other in self._tried(wanted)):
                wanted.append(each)
        return wanted[:BATCH]

    def _tried(self, more: Iterable[np.ndarray]) -> list[np.ndarray]:
        return [*(each.weights for each in self.found), *more]

    def _put_together(self) -> None:
        found = self.evaluator.together(self.least, self.plans, self.deadline.left)
        if found is not None:
            self._take(found.plan, found.costs)

    def _ask_whole(self) -> None:
        """What weights of the worlds cannot settle, a mixture of plans being better than any one of them, the program
        with a row for every world does, where it is small enough."""
        least = self.least
        found = self.evaluator.whole(least, NEARLY * self.gap, self.deadline.left)
        if found is not None:
            self._take(found.plan, found.costs)
            unsure = float((self.most - least).max())  # by which least costs may be too low
            self.known = max(self.known, found.bound - unsure)


def _apart(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() > SAME)
