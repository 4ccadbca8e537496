"""Where the questions of a search are answered: here or on processes, each archived whole the moment it is there.

A question is named by all that its answer depends on: the tables of the case, settings and assumptions, the worlds, the
weights, the pairs with which it begins, and the program itself. Killed at any moment, a search goes on with what is
archived and takes the same way, for every question begins from what stood in the program before its batch.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.worlds import World, Worlds
from optimization.outcome.question import laid_out
from optimization.reading.units import MILLION_IN_BILLION
from optimization.recommend.blended import Blends, Evaluated, Plan
from optimization.recommend.criteria import Criterion
from optimization.recommend.recombined import Recombined, few, recombined, whole
from optimization.recommend.search import BATCH
from optimization.solving.highs import Limits, Status
from optimization.solving.workers import as_they_come, at_most, pool_of_its_own
from optimization.studies import store
from optimization.studies.study import Study

TOGETHER_SECONDS: Final = 60.0
"""Most time for putting one plan together of others."""

TOGETHER_GAP: Final = 1e-3
"""How near the best that can be put together a plan must come, as a part of its criterion."""


@dataclass(frozen=True)
class Asked:
    """A question in many worlds, as it travels to processes."""

    case: Case
    package: ResolvedPackage
    codes: tuple[str, ...]
    drawn: tuple[World, ...]
    limits: Limits
    method: str

    def laid_out(self) -> Blends:
        """The question with its costs in every world."""
        instance = laid_out(self.case, self.package, self.codes)
        worlds = Worlds(self.case, self.package, instance)
        return Blends(worlds, self.drawn, self.limits, self.method)

    @property
    def key(self) -> str:
        """Name of the question, without the time it may take."""
        limits = self.limits
        study = Study("recommend", "", self.codes, limits.gap, 0.0, self.method, limits.seed, ())
        levels = [[world.name, sorted(world.levels.items())] for world in self.drawn]
        return _digest(store.key_of(self.case, self.package, study), levels)


@dataclass
class Solving:
    """Answers of one question at weights of its worlds (an `Evaluator` of `search`), archived in a folder."""

    asked: Asked
    blends: Blends
    criterion: Criterion
    folder: Path
    pool: Any = None

    def cheapest(self, weights: Sequence[np.ndarray], inside: np.ndarray, seconds: float) -> list[Evaluated]:
        """The cheapest plan at each of some weights, all from one set of pairs."""
        keys = [_digest(self.asked.key, each.tolist(), inside.tobytes().hex()) for each in weights]
        known = {
            n: found for n, key in enumerate(keys) if (found := store.read(self.folder, key)) is not None
        }
        waiting = [n for n in range(len(keys)) if n not in known]
        answers = {n: evaluated(row, len(inside)) for n, row in known.items()}
        for n, fresh in self._answered(waiting, weights, inside, seconds):
            answers[n] = fresh
            if fresh.status == Status.OPTIMAL:
                store.write(self.folder, keys[n], as_row(fresh))
        return [answers[n] for n in range(len(keys))]

    def _answered(
        self, numbers: Sequence[int], weights: Sequence[np.ndarray], inside: np.ndarray, seconds: float
    ) -> Iterator[tuple[int, Evaluated]]:
        if self.pool is None or len(numbers) < 2:
            for n in numbers:
                yield n, self.blends.cheapest(weights[n], inside, seconds)
            return
        tasks = [(weights[n], inside, seconds) for n in numbers]
        pool, here = nullcontext(self.pool), self.blends.cheapest
        for k, fresh in as_they_come(_cheapest_held, tasks, pool, here):
            yield numbers[k], fresh

    def together(self, least: np.ndarray, plans: Sequence[Plan], seconds: float) -> Recombined | None:
        """The best plan that can be put together of some."""
        names = [_digest(_plan_row(plan)) for plan in plans]
        limits = self._limits(TOGETHER_GAP, min(seconds, TOGETHER_SECONDS))
        return self._kept(
            (least.tolist(), names), lambda: recombined(self.blends, self.criterion, least, plans, limits)
        )

    def whole(self, least: np.ndarray, gap: float, seconds: float) -> Recombined | None:
        """The best plan of all and its bound, to a gap in million yen, where the program is small enough; else None."""
        if not few(self.blends):
            return None
        limits = replace(self._limits(0.0, seconds), absolute=MILLION_IN_BILLION * gap)
        return self._kept((least.tolist(), gap), lambda: whole(self.blends, self.criterion, least, limits))

    def _limits(self, gap: float, seconds: float) -> Limits:
        return replace(self.asked.limits, gap=gap, seconds=max(1.0, seconds), threads=1)

    def _kept(self, named: tuple[object, ...], answer: Callable[[], Recombined | None]) -> Recombined | None:
        """An answer of a program over all worlds, archived."""
        key = _digest(self.asked.key, self.criterion.name, self.criterion.most.tolist(), *named)
        row = store.read(self.folder, key)
        if row is None:
            found = answer()
            row = {"plan": None}
            if found is not None:
                row = {"plan": _plan_row(found.plan), "costs": found.costs.tolist(), "bound": found.bound}
            store.write(self.folder, key, row)
        if row["plan"] is None:
            return None
        return Recombined(_plan(row["plan"]), np.array(row["costs"]), row["bound"])


def as_row(found: Evaluated) -> dict[str, Any]:
    """An answer as it is archived."""
    return {
        "weights": found.weights.tolist(),
        "bound": found.bound,
        "plan": None if found.plan is None else _plan_row(found.plan),
        "costs": found.costs.tolist(),
        "status": found.status,
        "inside": np.flatnonzero(found.inside).tolist(),
    }


def evaluated(row: dict[str, Any], pairs: int) -> Evaluated:
    """An archived answer; `pairs` are those of the list."""
    inside = np.zeros(pairs, dtype=bool)
    inside[row["inside"]] = True
    plan = None if row["plan"] is None else _plan(row["plan"])
    weights, costs = np.array(row["weights"]), np.array(row["costs"])
    return Evaluated(weights, row["bound"], plan, costs, row["status"], inside)


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


_HELD: list[Blends] = []
"""The question of a process of a pool."""


def _hold(packed: str) -> None:
    _HELD[:] = [pickle.loads(Path(packed).read_bytes()).laid_out()]


def _cheapest_held(weights: np.ndarray, inside: np.ndarray, seconds: float) -> Evaluated:
    return _HELD[0].cheapest(weights, inside, seconds)


@contextmanager
def processes_for(asked: Asked, processes: int) -> Iterator[Any]:
    """A pool that holds the question, no more processes than a search asks at a time; None where one is enough."""
    count = min(at_most(processes), BATCH)
    if count <= 1:
        yield None
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        packed = Path(folder) / "question"
        packed.write_bytes(pickle.dumps(asked))
        with pool_of_its_own(count, _hold, str(packed)) as pool:
            yield pool
