"""The search for the plan of the best criterion: a level bundle over the weights of the worlds, and the restricted
master over what its plans hold.

    L(lambda) = min over plans x of sum_w lambda_w c_w(x)  -  sum_w lambda_w c*_w      for lambda in Lambda

bounds the criterion of every plan from below, is concave, and is one ordinary question for each lambda. Each answer is
a plan, whose regrets in all worlds cut off what L can be elsewhere. Least costs c*_w are known to a gap only: below by
the bound of each world's own question, above by the cheapest plan met. L is taken against the upper, the criterion of
a plan against the lower, so that the one never lies above, nor the other below, what is true.

Two weights are tried at a time, whatever the number of processes, so that the way does not depend on it: the nearest
to the best ones that promise enough (the level), and those that promise most. Worlds may join a search that has ended
(`recommend.corners`): it goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol

import numpy as np

from optimization.ledger.worlds import World
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

CLOSER: Final = 0.5
"""Part of the gap of all questions at which those are asked again that decide."""

NEARLY: Final = 0.25
"""Part of the asked gap that mixtures may still promise when the search turns to putting plans together."""


class Evaluator(Protocol):
    """What a search over some worlds asks; so many questions are answered at a time."""

    @property
    def at_a_time(self) -> int:
        """How many."""

    def over(self, drawn: Sequence[World]) -> Evaluator:
        """The answers over other worlds."""

    def cheapest(
        self, weights: Sequence[np.ndarray], deadline: Deadline, part: float = 1.0
    ) -> list[Evaluated]:
        """The cheapest plan at each of some weights, in order, as many as there was time for, to a part of its gap."""

    def costs(self, plans: Sequence[Plan]) -> np.ndarray:
        """What plans cost in every world, their formula left out, (plans, W)."""

    def together(
        self, criterion: Criterion, least: np.ndarray, plans: Sequence[Plan], gap: float, seconds: float
    ) -> Recombined | None:
        """The best plan that can be put together of some."""

    def exchanged(
        self, criterion: Criterion, least: np.ndarray, plans: Sequence[Plan], judged: Sequence[float]
    ) -> Recombined | None:
        """The best plan in which some have their services exchanged, better than any of theirs; None where there is
        none."""

    def whole(self, criterion: Criterion, least: np.ndarray, gap: float, seconds: float) -> Recombined | None:
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
    must come to the bound, `own` holds the answer of every world alone, `found` those and all at other weights,
    `judged` what the objective counts of the formula of each plan, and `known` is a bound on the criterion found
    otherwise than by weights."""

    criterion: Criterion
    evaluator: Evaluator
    gap: float
    deadline: Deadline
    tell: OnMoment = lambda moment: None
    own: list[Evaluated] = field(default_factory=list)
    found: list[Evaluated] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    judged: list[float] = field(default_factory=list)
    costs: list[np.ndarray] = field(default_factory=list)
    names: set[object] = field(default_factory=set)
    known: float = 0.0

    @property
    def worlds(self) -> int:
        """W."""
        return len(self.criterion.most)

    def join(self, drawn: Sequence[World], criterion: Criterion, own: Sequence[Evaluated]) -> None:
        """Further worlds join, behind those there are: what was asked weighs them nothing, and every plan met is priced
        in them. `drawn` are all worlds, `criterion` is that over them, `own` the answers of the new ones alone."""
        before, self.criterion = self.worlds, criterion
        more = np.zeros(len(drawn) - before)
        for some in (self.own, self.found):
            some[:] = [replace(each, weights=np.append(each.weights, more)) for each in some]
        fresh = self.evaluator.over(drawn[before:]).costs(self.plans)
        self.costs = [
            np.append(row, other + judged)
            for row, other, judged in zip(self.costs, fresh, self.judged, strict=True)
        ]
        self.evaluator = self.evaluator.over(drawn)
        ends = np.eye(len(drawn))[before:]
        answers = [replace(each, weights=weights) for each, weights in zip(own, ends, strict=True)]
        self.own += answers
        self._found(answers)

    def take(self, answers: Sequence[Evaluated]) -> None:
        """The plans of answers about other worlds join those met."""
        self._take([(each.plan, each.judged) for each in answers if each.plan is not None])

    def cost_of_best(self, evaluator: Evaluator) -> np.ndarray:
        """What the best plan costs in the worlds of other answers, (their W,)."""
        return np.asarray(evaluator.costs([self.plans[self.best]])[0] + self.judged[self.best])

    @property
    def table(self) -> np.ndarray:
        """Cost of every plan met in every world, (plans, W)."""
        return np.array(self.costs)

    @property
    def whole(self) -> bool:
        """Whether every world's own question has a plan and a bound."""
        return len(self.own) == self.worlds and all(
            each.plan is not None and np.isfinite(each.bound) for each in self.own
        )

    @property
    def least(self) -> np.ndarray:
        """What no plan can cost less than in each world, (W,)."""
        return np.array([each.bound for each in self.own])

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
            self._look_closer()
        if not self.reached:
            self._ask_whole()
        return "gap reached" if self.reached else "gap open"

    def _own_plans(self) -> bool:
        """The cheapest plan of every world that has none yet; whether there was time for all."""
        missing, step = list(np.eye(self.worlds)[len(self.own) :]), max(BATCH, self.evaluator.at_a_time)
        for n in range(0, len(missing), step):
            self.own += self._ask(missing[n : n + step])
            if self.deadline.over:
                break
        return self.whole

    def _look_closer(self) -> None:
        """What decides is asked again to a narrower gap: the weights at which the bound is highest, and the worlds in
        which the best plan regrets most."""
        regrets = self.table[self.best] - self.least
        near = np.flatnonzero(regrets >= regrets.max() - self.gap)
        worlds = near[np.argsort(-regrets[near], kind="stable")][: 2 * BATCH - 1]
        asked = [self.steepest, *np.eye(self.worlds)[worlds]]
        for each in self._ask(asked, CLOSER):
            alone = np.flatnonzero(each.weights == 1.0)
            for w in alone.tolist():
                self.own[w] = replace(self.own[w], bound=max(self.own[w].bound, each.bound))
        self._put_together()

    def _ask(self, weights: Sequence[np.ndarray], part: float = 1.0) -> list[Evaluated]:
        """The answers at some weights, as many as there was time for, to a part of the gap at which questions are
        asked."""
        answers = self.evaluator.cheapest(weights, self.deadline, part)
        self._found(answers)
        best, bound = (float(self.criteria[self.best]), self.bound) if self.whole else (np.inf, 0.0)
        self.tell(Moment(len(self.found), best, bound))
        return answers

    def _found(self, answers: Sequence[Evaluated]) -> None:
        """Answers join those there are, with their plans."""
        self.found += answers
        self.take(answers)

    def _take(self, plans: Sequence[tuple[Plan, float]]) -> None:
        """Plans join those met, unless they are there."""
        fresh: dict[tuple[object, ...], tuple[Plan, float]] = {}
        for plan, judged in plans:
            if (name := plan.name) not in self.names:
                fresh.setdefault(name, (plan, judged))
        if not fresh:
            return
        new = list(fresh.values())
        self.names.update(fresh)
        self.plans += [plan for plan, _ in new]
        self.judged += [judged for _, judged in new]
        costs = self.evaluator.costs([plan for plan, _ in new])
        self.costs += [row + judged for row, (_, judged) in zip(costs, new, strict=True)]

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
        gap, left = NEARLY * self.gap, self.deadline.left
        self._meet(self.evaluator.together(self.criterion, self.least, self.plans, gap, left))
        self._meet(self.evaluator.exchanged(self.criterion, self.least, self.plans, self.judged))

    def _meet(self, found: Recombined | None) -> None:
        """A plan that was put together joins those met."""
        if found is not None:
            self._take([(found.plan, found.judged)])

    def _ask_whole(self) -> None:
        """What weights of the worlds cannot settle, a mixture of plans being better than any one of them, the program
        with a row for every world does, where it is small enough."""
        least = self.least
        found = self.evaluator.whole(self.criterion, least, NEARLY * self.gap, self.deadline.left)
        self._meet(found)
        if found is not None:
            unsure = float((self.most - least).max())  # by which least costs may be too low
            self.known = max(self.known, found.bound - unsure)


def _apart(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() > SAME)
