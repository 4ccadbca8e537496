"""What a search asks, each answer archived whole the moment it is there.

A question is named by all that its answer depends on: the tables of the case, settings and assumptions, the levels of
the worlds that weigh something and their weights, and the program itself. Killed at any moment, a search goes on with
what is archived and takes the same way; another search of the package takes over what they have in common.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.worlds import World
from optimization.reading.units import MILLION_IN_BILLION
from optimization.recommend.blended import Blends, Evaluated, Plan, read_plan
from optimization.recommend.costs import costs_by_service, costs_together
from optimization.recommend.criteria import Criterion
from optimization.recommend.exchanged import Ways
from optimization.recommend.held import held
from optimization.recommend.recombined import Recombined, few, recombined, whole
from optimization.recommend.workers import Asked, Task, Workers
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits, Status
from optimization.studies import store
from optimization.studies.study import Study

EACH_SECONDS: Final = 120.0
"""Most time for one question: what it has found by then counts, with the gap it has reached."""

TOGETHER_SECONDS: Final = 30.0
"""Most time for putting one plan together of others."""

MOST_HELD: Final = 6
"""Plans of exchanged ways, the best first, of which it is asked whether a formula keeps all limits."""

EXCHANGED: Final = "exchanged"
"""What names an answer about exchanged ways in the archive."""


def asked(case: Case, package: ResolvedPackage, codes: tuple[str, ...], limits: Limits, method: str) -> Asked:
    """A question, named without the time it may take."""
    study = Study("recommend", "", codes, limits.gap, 0.0, method, limits.seed, ())
    return Asked(case, package, codes, limits, method, store.key_of(case, package, study))


@dataclass
class Solving:
    """Answers of one question at weights of its worlds (an `Evaluator` of `search`), archived in a folder."""

    asked: Asked
    blends: Blends
    folder: Path
    workers: Workers
    priced: dict[object, dict[object, np.ndarray]] = field(default_factory=dict, repr=False)

    @property
    def at_a_time(self) -> int:
        """Questions that are answered at a time."""
        return self.workers.count

    def over(self, drawn: Sequence[World]) -> Solving:
        """The answers over other worlds."""
        return replace(self, blends=self.blends.over(drawn))

    def cheapest(
        self, weights: Sequence[np.ndarray], deadline: Deadline, part: float = 1.0
    ) -> list[Evaluated]:
        """The cheapest plan at each of some weights, to a part of the gap asked, as far as there is time: those without
        an answer are missing, and all behind the first of them."""
        gap = part * self.asked.limits.gap
        tasks = [self._task(each, gap) for each in weights]
        keys = [
            _digest(self.asked.key, [world.key for world in task.drawn], task.weights.tolist(), gap)
            for task in tasks
        ]
        answers: dict[int, Evaluated] = {}
        for n, key in enumerate(keys):
            if (row := store.read(self.folder, key)) is not None:
                answers[n] = evaluated(row, weights[n])
        waiting = [n for n in range(len(keys)) if n not in answers]
        while waiting and not deadline.over:
            now, waiting = waiting[: self.workers.count], waiting[self.workers.count :]
            for n, fresh in self._answered(now, tasks, deadline.left):
                answers[n] = replace(fresh, weights=weights[n])
                if fresh.status == Status.OPTIMAL or (fresh.plan is not None and not deadline.over):
                    store.write(self.folder, keys[n], as_row(fresh))
        known = next((n for n in range(len(keys)) if n not in answers), len(keys))
        return [answers[n] for n in range(known)]

    def _task(self, weights: np.ndarray, gap: float) -> Task:
        weighing = np.flatnonzero(weights)
        drawn = tuple(self.blends.drawn[w] for w in weighing.tolist())
        return Task(drawn, weights[weighing], gap, EACH_SECONDS)

    def _answered(
        self, numbers: Sequence[int], tasks: Sequence[Task], seconds: float
    ) -> Iterator[tuple[int, Evaluated]]:
        until = time.time() + seconds
        timed = [tasks[n]._replace(until=until) for n in numbers]
        for k, fresh in self.workers.answers(self.blends, timed):
            yield numbers[k], fresh

    def costs(self, plans: Sequence[Plan]) -> np.ndarray:
        """What plans cost in every world, their formula left out, (plans, W)."""
        questions = self.blends.questions
        costs = [self._by_service(plan).sum(axis=1) + costs_together(plan, questions) for plan in plans]
        return np.array(costs).reshape(len(plans), len(questions))

    def _by_service(self, plan: Plan) -> np.ndarray:
        """What each service of a plan costs in every world, (W, S), each worked out once."""
        drawn, known = self.blends.drawn, self.priced.setdefault(plan.name, {})
        missing = [world for world in drawn if world.key not in known]
        fresh = costs_by_service(
            self.blends.instance, plan, [self.blends.question(world) for world in missing]
        )
        known |= {world.key: row for world, row in zip(missing, fresh, strict=True)}
        return np.array([known[world.key] for world in drawn])

    def together(
        self,
        criterion: Criterion,
        least: np.ndarray,
        plans: Sequence[Plan],
        gap: float,
        seconds: float,
    ) -> Recombined | None:
        """The best plan that can be put together of some, to a gap in million yen."""
        names = [_digest(_plan_row(plan)) for plan in plans]
        limits = self._limits(gap, min(seconds, TOGETHER_SECONDS))
        return self._kept(
            (criterion.name, criterion.most.tolist(), least.tolist(), names),
            lambda: recombined(self.blends, criterion, least, plans, limits),
        )

    def exchanged(
        self, criterion: Criterion, least: np.ndarray, plans: Sequence[Plan], judged: Sequence[float]
    ) -> Recombined | None:
        """The best plan met by exchanging how some plans have each service whose limits of money some formula keeps;
        None where none is better than theirs, or none of the best keeps them. `judged` is what the objective counts of
        the formula of each plan."""

        def answer() -> Recombined | None:
            parts = np.array([self._by_service(plan) for plan in plans])
            ways = Ways(self.blends.questions, criterion, least, plans, parts, np.array(judged))
            for _, plan in ways.better()[:MOST_HELD]:
                if (found := held(self.blends, plan, self.asked.limits)) is not None:
                    return Recombined(*read_plan(*found))
            return None

        names = [_digest(_plan_row(plan)) for plan in plans]
        key = (EXCHANGED, criterion.name, criterion.most.tolist(), least.tolist(), names)
        return self._kept(key, answer)

    def whole(self, criterion: Criterion, least: np.ndarray, gap: float, seconds: float) -> Recombined | None:
        """The best plan of all and its bound, to a gap in million yen, where the program is small enough; else None."""
        if not few(self.blends):
            return None
        limits = self._limits(gap, seconds)
        return self._kept(
            (criterion.name, criterion.most.tolist(), least.tolist(), gap),
            lambda: whole(self.blends, criterion, least, limits),
        )

    def _limits(self, gap: float, seconds: float) -> Limits:
        absolute = MILLION_IN_BILLION * gap
        return replace(self.asked.limits, gap=0.0, absolute=absolute, seconds=max(1.0, seconds), threads=1)

    def _kept(self, named: tuple[object, ...], answer: Callable[[], Recombined | None]) -> Recombined | None:
        """An answer of a program over all worlds, archived."""
        worlds = [world.key for world in self.blends.drawn]
        key = _digest(self.asked.key, worlds, *named)
        row = store.read(self.folder, key)
        if row is None:
            found = answer()
            if found is None:  # for want of time: the next who asks may have more
                return None
            bound = found.bound if np.isfinite(found.bound) else None
            row = {"plan": _plan_row(found.plan), "judged": found.judged, "bound": bound}
            store.write(self.folder, key, row)
        if row["plan"] is None:
            return None
        bound = -np.inf if row["bound"] is None else row["bound"]
        return Recombined(_plan(row["plan"]), row["judged"], bound)


def as_row(found: Evaluated) -> dict[str, Any]:
    """An answer as it is archived."""
    return {
        "bound": found.bound,
        "plan": None if found.plan is None else _plan_row(found.plan),
        "judged": found.judged,
        "status": found.status,
    }


def evaluated(row: dict[str, Any], weights: np.ndarray) -> Evaluated:
    """An archived answer at some weights."""
    plan = None if row["plan"] is None else _plan(row["plan"])
    return Evaluated(weights, row["bound"], plan, row["judged"], row["status"])


def _plan_row(plan: Plan) -> dict[str, Any]:
    return {
        "tier": [[s, k, tier] for (s, k), tier in sorted(plan.tier.items())],
        "joint": [list(pair) for pair in plan.joint],
    }


def _plan(row: dict[str, Any]) -> Plan:
    return Plan(
        {(s, k): tier for s, k, tier in row["tier"]}, tuple((body, column) for body, column in row["joint"])
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:24]
