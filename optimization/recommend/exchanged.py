"""Plans put together service by service: the way in which one plan has a service beside the ways of others.

A way is the tiers of all classes of a service and the bodies that provide it. What it costs in each world is known from
the plan that has it (`recommend.costs`), so that a plan of ways from several plans is priced exactly without a program.
From the best plans one service after the other takes the way that lowers the criterion most, then two at a time, until
none does. Limits of money are asked of what is found, the best first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from optimization.ledger.instance import Instance
from optimization.recommend.blended import Plan
from optimization.recommend.costs import costs_together
from optimization.recommend.criteria import Criterion

STARTS: Final = 6
"""Best plans from which ways are exchanged."""

MOST_PRICED: Final = 200
"""Exchanges that are priced exactly, those that promise most."""

LEAST: Final = 1.0
"""Million yen by which an exchange must lower the criterion."""

State = tuple[int, ...]
"""The number of the way of each service."""


class Way(NamedTuple):
    """How a plan has one service: the tier of each rule group, and the bodies that provide it."""

    tiers: tuple[tuple[int, str], ...]
    bodies: tuple[int, ...]


class Exchanged(NamedTuple):
    """A plan of ways, and its criterion."""

    value: float
    plan: Plan


@dataclass
class Ways:
    """The ways of some plans. `parts` is what each service of each plan costs in each world, (plans, W, S), `judged`
    what the objective counts of the formula of each plan, (plans,), `least` what no plan can cost less than in each
    world, (W,); million yen a year. `questions` are the worlds."""

    questions: Sequence[Instance]
    criterion: Criterion
    least: np.ndarray
    plans: Sequence[Plan]
    parts: np.ndarray
    judged: np.ndarray
    _shared: dict[State, np.ndarray] = field(default_factory=dict)

    @property
    def _column(self) -> dict[int, int]:
        """Column among the wide-area services, by service."""
        return self.questions[0].costs.wide_position

    @cached_property
    def _of_service(self) -> list[dict[Way, int]]:
        """The distinct ways of every service, and the first plan that has each."""
        found: list[dict[Way, int]] = [{} for _ in range(self.parts.shape[2])]
        for n, plan in enumerate(self.plans):
            for s, way in enumerate(self._ways(plan)):
                found[s].setdefault(way, n)
        return found

    @cached_property
    def _listed(self) -> list[list[Way]]:
        return [list(ways) for ways in self._of_service]

    @cached_property
    def _costs(self) -> list[np.ndarray]:
        """What every way of every service costs in each world, (ways, W) each."""
        return [self.parts[list(ways.values()), :, s] for s, ways in enumerate(self._of_service)]

    def _ways(self, plan: Plan) -> list[Way]:
        """The way of each service."""
        tiers: list[list[tuple[int, str]]] = [[] for _ in range(self.parts.shape[2])]
        bodies: dict[int, list[int]] = {}
        for (s, k), tier in sorted(plan.tier.items()):
            tiers[s].append((k, tier))
        for body, column in plan.joint:
            bodies.setdefault(column, []).append(body)
        return [
            Way(tuple(each), tuple(bodies.get(self._column.get(s, -1), ()))) for s, each in enumerate(tiers)
        ]

    def plan_of(self, state: State) -> Plan:
        """The plan of some ways."""
        ways = [self._listed[s][n] for s, n in enumerate(state)]
        tier = {(s, k): tier for s, way in enumerate(ways) for k, tier in way.tiers}
        return Plan(
            tier, tuple(sorted((b, self._column[s]) for s, way in enumerate(ways) for b in way.bodies))
        )

    def better(self) -> list[Exchanged]:
        """All plans met by exchanging ways that are better than the best of the plans, the best first."""
        values = self.criterion.of_each(self._totals - self.least)
        order, found = np.argsort(values, kind="stable")[:STARTS], dict[State, float]()
        for n in order.tolist():
            state = tuple(
                list(self._of_service[s]).index(way) for s, way in enumerate(self._ways(self.plans[n]))
            )
            for reached, value in self._descent(state, float(self.judged[n])):
                if value < values.min() - LEAST:
                    found[reached] = value
        return [
            Exchanged(value, self.plan_of(state)) for state, value in sorted(found.items(), key=_by_value)
        ]

    @cached_property
    def _totals(self) -> np.ndarray:
        """What the plans cost in each world, (plans, W)."""
        together = np.array([costs_together(plan, self.questions) for plan in self.plans])
        return np.asarray(self.parts.sum(axis=2) + together + self.judged[:, None])

    def _descent(self, state: State, judged: float) -> Iterator[tuple[State, float]]:
        """States from one on, each better than the one before, with their criterion."""
        value = self.criterion.of(self._regrets(state, judged))
        while True:
            moves = self._moves(state)
            for promising in (self._single, self._double):
                others = [self._after(state, moves, chosen) for chosen in promising(state, judged, moves)]
                costs = [self.criterion.of(self._regrets(other, judged)) for other in others]
                best = int(np.argmin(costs)) if costs else -1
                if best >= 0 and costs[best] < value - LEAST:
                    break
            else:
                return
            value, state = costs[best], others[best]
            yield state, value

    def _regrets(self, state: State, judged: float) -> np.ndarray:
        """Regret of the plan of a state in each world, (W,)."""
        if state not in self._shared:
            self._shared[state] = costs_together(self.plan_of(state), self.questions)
        own = sum(self._costs[s][n] for s, n in enumerate(state))
        return np.asarray(own + self._shared[state] + judged - self.least)

    def _moves(self, state: State) -> list[tuple[int, int]]:
        """Every other way of every service."""
        return [(s, n) for s, ways in enumerate(self._listed) for n in range(len(ways)) if n != state[s]]

    @staticmethod
    def _after(state: State, moves: Sequence[tuple[int, int]], chosen: Sequence[int]) -> State:
        new = list(state)
        for n in chosen:
            new[moves[n][0]] = moves[n][1]
        return tuple(new)

    def _changes(self, state: State, moves: Sequence[tuple[int, int]]) -> np.ndarray:
        """By how much each move changes what its service costs in each world, (moves, W)."""
        found = [self._costs[s][n] - self._costs[s][state[s]] for s, n in moves]
        return np.array(found).reshape(len(moves), len(self.least))

    def _single(self, state: State, judged: float, moves: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
        """The moves that promise most; what several services cost together is left out of the promise."""
        promised = self.criterion.of_each(self._regrets(state, judged) + self._changes(state, moves))
        return [(int(n),) for n in np.argsort(promised, kind="stable")[:MOST_PRICED]]

    def _double(self, state: State, judged: float, moves: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
        """The best partner of each move among those behind it, those two first that promise most."""
        service = np.array([s for s, _ in moves])
        regrets, change, promised = self._regrets(state, judged), self._changes(state, moves), []
        for n in range(len(moves)):
            other = n + 1 + np.flatnonzero(service[n + 1 :] != service[n])
            if len(other):
                values = self.criterion.of_each(regrets + change[n] + change[other])
                best = int(np.argmin(values))
                promised.append((float(values[best]), (n, int(other[best]))))
        return [chosen for _, chosen in sorted(promised)[:MOST_PRICED]]


def _by_value(item: tuple[State, float]) -> tuple[float, State]:
    return item[1], item[0]
