"""On small questions the plan recommended is the best of all decisions under all worlds, for every criterion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimization.recommend.criteria import CRITERIA, criterion_named
from optimization.recommend.evaluating import Solving, asked
from optimization.recommend.search import Search
from optimization.recommend.workers import Here
from optimization.solving.deadline import Deadline
from tests.recommend.world_case import WorldCase
from tests.seeds import seeds
from tests.small_case import EXACT

ROUNDING = 1e-4
"""Million yen by which costs that reach tens of thousands may differ between program and ledger."""


class Unarchived(Solving):
    """Answers of which nothing is kept."""

    def cheapest(self, weights, deadline, part=1.0):  # type: ignore[no-untyped-def]
        return [self.blends.cheapest(each, deadline.left) for each in weights]


@pytest.mark.parametrize("seed", seeds(2, 60))
@pytest.mark.parametrize("method", ["plain", "decomposed"])
def test_the_plan_is_the_best_of_all_decisions_under_all_worlds(
    seed: int, method: str, tmp_path: Path
) -> None:
    case = WorldCase(seed)
    blends, costs = case.blends, case.enumerated
    blends.method = method
    if not len(costs):
        found = blends.cheapest(np.eye(case.worlds)[0], 60.0)
        assert found.plan is None
        return
    regrets = costs - costs.min(axis=0)
    question = asked(case.question.case, case.question.package, (), EXACT, method)
    for name in CRITERIA:
        criterion = criterion_named(name, case.worlds, tail=0.5)
        least = min(criterion.of(row) for row in regrets)
        search = Search(criterion, Unarchived(question, blends, tmp_path, Here()), 0.0, Deadline(60.0))
        end = search.run(lambda least: 1e-3)
        reached = float(search.criteria[search.best])
        assert search.bound <= least + ROUNDING <= reached + 2 * ROUNDING
        assert end == "gap reached" and reached <= least + 2e-3
